"""What a row says, in one form: pure code, before any table is looked into."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from db.enums import AccountTier, EmployeeBand, values
from tools.importing.job import ImportJob, RowRefused
from tools.importing.venues import classification, plays_football, spelled_out, venue_type
from tools.normalise import (
    account_tier,
    clean,
    country_code,
    day,
    domain_of,
    email,
    employee_band,
    is_free_provider,
    linkedin,
    name_key,
    person_name,
    phone,
    state_code,
    tidy_person,
    website,
    whole_number,
)
from tools.reading import Row

OPENING = "opening:"
BY_NAME = "name:"
BY_PERSON = "person:"
"""What our own keys begin with, for rows without an id of their own."""

_FUNDING: Final = re.compile(r"(pre-)?seed|series [a-h]|public|ipo", re.IGNORECASE)
_GOOD_ADDRESS: Final = {"verified", "valid", "deliverable", "true", "yes"}
_BAD_ADDRESS: Final = {"invalid", "bounced", "bounce", "hard bounce", "hard bounced", "undeliverable"}
_BANDS: Final = frozenset(values(EmployeeBand))
_USUAL_BANDS: Final = {
    "1-10": "1-50", "2-10": "1-50", "11-50": "1-50", "10-50": "1-50", "1-20": "1-50", "51-100": "51-200",
    "50-200": "51-200", "101-200": "51-200", "201-500": "201-1000", "501-1000": "201-1000", "500-1000": "201-1000",
    "1001-2000": "1001-5000", "2001-5000": "1001-5000", "5001-10000": "5000+", "10001+": "5000+", "10000+": "5000+",
}  # fmt: skip


@dataclass(slots=True)
class Person:
    """The person of a row. `said` holds the columns of `contacts` that the row fills."""

    first: str
    last: str
    id: str | None
    email: str | None
    link: str | None
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}".strip()


@dataclass(slots=True)
class Clean:
    """A row in one form. `account`, `prospect` and `venue` hold the columns of our tables that the row fills, each
    with the column of the file that says so; `refused` why the row cannot be taken whatever the tables hold.

    `id` is the organisation's own in the source, `key` what the source's record is kept under: that id, else the
    domain, else name and place. `kind` is the venue type ('company' for a company), `place` the organisation's as one
    text, `band` its headcount's where no number is given.
    """

    row: Row
    name: str | None = None
    domain: str | None = None
    id: str | None = None
    state: str | None = None
    city: str | None = None
    key: str | None = None
    account: dict[str, tuple[Any, str]] = field(default_factory=dict)
    prospect: dict[str, tuple[Any, str]] = field(default_factory=dict)
    venue: dict[str, tuple[Any, str]] = field(default_factory=dict)
    place: str | None = None
    band: str | None = None
    kind: str | None = None
    kind_refused: str | None = None
    football: bool = False
    url: str | None = None
    person: Person | None = None
    opening: dict[str, Any] | None = None
    refused: str | None = None
    notes: tuple[str, ...] = ()


Read = Callable[[str], Any]


def _number(text: str) -> int | None:
    # Zero people, seats or students is how directories write that they don't know.
    return whole_number(text) or None


def _span(text: str | None) -> str:
    """'51 to 200 employees' as '51-200'."""
    told = (clean(text) or "").casefold().replace(",", "").removesuffix(" employees")
    return re.sub(r"\s*(to|–|-)\s*", "-", told)


def _headcount(text: str) -> int | None:
    # Of the bands one reads like a number, and means more than that.
    return None if _span(text) in _BANDS else _number(text)


def _funding(text: str) -> str | None:
    stage = clean(text)
    return stage if stage and _FUNDING.fullmatch(stage) else None


def _tools(text: str) -> list[str] | None:
    found = clean(text)
    return [tool for part in re.split(r"[;,]", found) if (tool := part.strip())] if found else None


# Our column, the field, and how to read its cell.
_ACCOUNT: Final[tuple[tuple[str, str, Read], ...]] = (
    ("name", "organisation_name", clean),
    ("domain", "domain", domain_of),
    ("website_url", "website", website),
    ("industry", "industry", clean),
    ("sub_industry", "sub_industry", clean),
    ("employee_count", "employees", _headcount),
    ("annual_revenue", "annual_revenue", clean),
    ("funding_stage", "funding_stage", _funding),
    ("last_funding_amount", "last_funding_amount", clean),
    ("last_funding_date", "last_funding_date", day),
    ("linkedin_company_url", "company_linkedin", linkedin),
    ("known_tools", "known_tools", _tools),
)
_PROSPECT: Final[tuple[tuple[str, str, Read], ...]] = (
    ("name", "organisation_name", clean),
    ("city", "city", clean),
    ("address", "address", clean),
    ("classification", "division", clean),
    ("enrollment", "enrollment", _number),
)
_VENUE: Final[tuple[tuple[str, str, Read], ...]] = (
    ("conference", "conference", clean),
    ("stadium_name", "stadium_name", clean),
    ("seating_capacity", "seating_capacity", _number),
)


class Cleaner:
    """Brings the rows of one job into one form."""

    def __init__(self, job: ImportJob) -> None:
        self._job = job
        columns = job.mapped.columns
        self._columns = columns
        self._reads = {
            part: [(ours, columns[name], read) for ours, name, read in table if name in columns]
            for part, table in (("account", _ACCOUNT), ("prospect", _PROSPECT), ("venue", _VENUE))
        }

    def clean(self, row: Row) -> Clean:
        """The row in one form; never raises, `refused` tells."""
        found = Clean(row)
        if row.extra:
            found.refused = "the row has more cells than the header"
            return found
        try:
            self._organisation(found)
            if self._job.kind == "contacts":
                found.person = self._person(found)
            elif self._job.kind == "openings":
                found.opening = self._opening(found)
            elif found.key is None or (self._job.kind == "organisations" and found.name is None):
                raise RowRefused("the row names no organisation")
        except RowRefused as refused:
            found.refused = str(refused)
        return found

    def _cell(self, row: Row, name: str) -> str | None:
        column = self._columns.get(name)
        return (row.cells.get(column) or None) if column else None

    def _organisation(self, found: Clean) -> None:
        row, cells, job = found.row, found.row.cells, self._job
        for part, reads in self._reads.items():
            said = getattr(found, part)
            for ours, column, read in reads:
                if (cell := cells.get(column)) and (value := read(cell)) is not None:
                    said[ours] = (value, column)
        found.name = found.account["name"][0] if "name" in found.account else None
        domain = None if "domain" in found.account else domain_of(self._cell(row, "website"))
        if domain is not None:
            found.account["domain"] = (domain, self._columns["website"])
        found.domain = found.account["domain"][0] if "domain" in found.account else None
        if found.domain and (is_free_provider(found.domain) or found.domain.endswith("linkedin.com")):
            del found.account["domain"]
            found.domain = None
        if job.id_column:
            found.id = _first_id(cells.get(job.id_column))
        state = self._cell(row, "state") or self._cell(row, "person_state")
        town, behind = _town_and_state(clean(self._cell(row, "city")))
        found.city, found.state = town, behind or (state_code(state.split(",")[0]) if state else None)
        if behind and "city" in found.prospect:
            found.prospect["city"] = (town, found.prospect["city"][1])
        parts = [found.city, behind or clean(self._cell(row, "state")), clean(self._cell(row, "country"))]
        found.place = ", ".join(part for part in parts if part) or None
        found.key = found.id or found.domain or (name_and_place(found) if found.name else None)
        found.url = website(self._cell(row, "row_source_url"))
        if "employee_count" not in found.account:
            band = _span(self._cell(row, "employees"))
            found.band = band if band in _BANDS else _USUAL_BANDS.get(band)
        division = spelled_out(clean(self._cell(row, "division")), self._columns.get("division"))
        if "classification" in found.prospect:
            # Whose column it is stays, so that news shows.
            found.prospect["classification"] = (classification(division), found.prospect["classification"][1])
        found.football = plays_football(division)
        if job.makes_companies:
            found.kind = "company"
        else:
            found.kind = venue_type(division, clean(self._cell(row, "sanction")), found.name or "")
            if found.kind is None:
                unclear = "the division is not given" if division is None else "the division is none that is sold to"
                found.kind_refused = unclear

    def _person(self, found: Clean) -> Person:
        row = found.row
        first, last = clean(self._cell(row, "first_name")), clean(self._cell(row, "last_name"))
        if first is None:
            first, rest = person_name(clean(self._cell(row, "full_name")) or last or "")
            last = rest or (last if last != first else None)
        else:
            first, last = tidy_person(first, last or "")
        if not first:
            raise RowRefused("the row names nobody")
        address, notes = email(self._cell(row, "email")), []
        if address is None and clean(self._cell(row, "email")):
            notes.append("an e-mail address that is none was left out")
        country = self._cell(row, "person_country") or self._cell(row, "country")
        number = phone(self._cell(row, "phone"), country_code(country) if country else None)
        if number is None and clean(self._cell(row, "phone")):
            notes.append("a phone number that is none was left out")
        link = linkedin(self._cell(row, "linkedin_url"))
        place = [clean(self._cell(row, name)) for name in ("person_city", "person_state")]
        abroad = clean(self._cell(row, "person_country"))
        if abroad and country_code(abroad) != "US":
            place.append(abroad)
        if found.domain is None and found.id is None and found.name is None and address is None:
            raise RowRefused("the row leads to no organisation")
        found.notes = tuple(notes)
        own = clean(row.cells.get(self._job.person_id_column or ""))
        said = {
            "title": clean(self._cell(row, "job_title")),
            "email": address,
            "email_verified": _verified(self._cell(row, "email_status")) if address else None,
            "phone": number,
            "linkedin_url": link,
            "location": ", ".join(part for part in place if part) or None,
        }
        return Person(first, last or "", own, address, link, {k: v for k, v in said.items() if v is not None})

    def _opening(self, found: Clean) -> dict[str, Any]:
        row = found.row
        said = {name: clean(self._cell(row, f"opening_{name}")) for name in ("title", "location", "posted", "url")}
        if said["title"] is None:
            raise RowRefused("the opening has no title")
        own = clean(row.cells.get(self._job.row_id_column or "")) or said["url"]
        if own is None:
            cells = [self._cell(row, f"opening_{name}") or "" for name in ("title", "location", "posted")]
            own = hashlib.sha256("\n".join([found.id or "", *cells]).encode()).hexdigest()
        found.key = f"{OPENING}{own}"
        return {**said, "url": website(said["url"]), "posted": day(said["posted"])}


def _verified(status: str | None) -> bool | None:
    """What a source says of an address: True where it was verified, False where mail comes back, None for the rest."""
    said = (status or "").casefold().strip().replace("_", " ")
    if said in _GOOD_ADDRESS:
        return True
    return False if said in _BAD_ADDRESS else None


def _town_and_state(place: str | None) -> tuple[str | None, str | None]:
    """'Akron, OH' taken apart; a place without a state behind a comma stays as it is."""
    town, comma, behind = (place or "").rpartition(",")
    code = state_code(behind.strip(" .")) if comma else None
    return (town.strip(), code) if code and town.strip() else (place, None)


def _first_id(cell: str | None) -> str | None:
    """An id; of several in one cell ('12;34'), the first, as HubSpot lists the primary company first."""
    found = clean(cell)
    return found.split(";")[0].strip() or None if found else None


def name_and_place(found: Clean) -> str:
    """The key of an organisation that has neither an id nor a domain."""
    return f"{BY_NAME}{name_key(found.name or '')}|{(found.city or '').casefold()}|{found.state or ''}"


def person_key(found: Clean, prospect_id: str) -> str:
    """What tells a person's row apart in its source: their own id, else a digest of address, page or name and place."""
    person = found.person
    if person is None:
        raise TypeError("a row that is no person has no person's key")
    if person.id:
        return person.id
    said = person.email or person.link or f"{person.name.casefold()}@{prospect_id}"
    return f"{BY_PERSON}{hashlib.sha256(said.encode()).hexdigest()[:32]}"


def sizes(count: int | None, band: str | None) -> dict[str, str | None]:
    """The band and the tier of a company, from its headcount or from a band that the source gives."""
    if count is not None:
        return {"employee_band": employee_band(count), "tier": account_tier(count)}
    if band is None:
        return {}
    tiers = {"1-50": AccountTier.SMB, "51-200": AccountTier.SMB, "201-1000": AccountTier.MID_MARKET}
    return {"employee_band": band, "tier": tiers.get(band, AccountTier.ENTERPRISE).value}
