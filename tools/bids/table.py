"""Notices of any table: which column means what, by its name, and the rows read by it."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from tools.bids.notices import MAX_TEXT, Notice, Place, Refusal, number_key, order_of
from tools.bids.sam import SOURCE as SAM
from tools.bids.sam import organisations_of, stage_of
from tools.normalise import clean, day, domain_of, name_key, state_code, website

CSV: Final = "csv"

# What each field is called, the surest name first; compared without case and marks.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "title": ("title", "bid title", "solicitation title", "opportunity title", "tender title", "project title",
              "project name", "bid name", "name", "subject", "project", "opportunity", "bid description"),
    "id": ("notice id", "bid id", "opportunity id", "tender id", "event id", "external id", "ref no", "id"),
    "number": ("sol", "solicitation number", "solicitation no", "solicitation", "bid number", "bid no", "rfp number",
               "reference number", "reference", "tender number", "project number", "event number", "number"),
    "description": ("description", "summary", "scope", "scope of work", "details", "synopsis", "bid summary"),
    "organization": ("organization", "organisation", "organization name", "organisation name", "agency", "agency name",
                     "buyer", "buyer name", "owner", "issuing agency", "entity", "institution", "customer",
                     "procuring entity", "contracting authority", "purchaser"),
    "department": ("department ind agency", "department"),
    "subtier": ("sub tier", "subtier"),
    "office": ("office", "office name"),
    "state": ("state", "state code", "buyer state", "agency state", "location state", "st"),
    "city": ("city", "buyer city", "agency city"),
    "site_state": ("pop state", "place of performance state", "project state", "performance state"),
    "site_city": ("pop city", "place of performance city", "project city", "performance city"),
    "posted": ("posted date", "postedon", "posted on", "posted", "publish date", "published", "publication date",
               "date posted", "issue date", "issued", "open date", "start date", "date", "release date"),
    "modified": ("last modified", "lastmodified", "modified", "updated", "last updated", "modified date"),
    "due": ("response deadline", "response dead line", "responsedeadline",
            "response date", "due date", "due", "closing date", "close date",
            "bid due date", "deadline", "closes", "end date", "bid opening date"),
    "url": ("link", "url", "sam url", "ui link", "source url", "bid url", "web link", "permalink"),
    "kind": ("type", "type name", "notice type", "bid type", "procurement type"),
    "active": ("active", "is active", "status", "bid status"),
    "naics": ("naics code", "naics", "naicscode"),
    "psc": ("classification code", "psc", "psc code", "classificationcode"),
    "cpv": ("cpv", "cpv code", "cpv codes"),
    "unspsc": ("unspsc", "unspsc code", "commodity code"),
    "email": ("primary contact email", "contact email", "email", "buyer email"),
}  # fmt: skip
FIELDS: Final = tuple(_NAMES)


class UnknownColumn(ValueError):
    """A mapping names a field or a column that is not there; the message says which there are."""


def _plain(column: str) -> str:
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", column)
    return " ".join(re.sub(r"[\W_]+", " ", parted).casefold().split())


def mapping_of(columns: Sequence[str], given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Field → column by the columns' names; `given` goes before. Raises UnknownColumn."""
    mapping: dict[str, str] = {}
    for name, column in (given or {}).items():
        if name not in _NAMES:
            raise UnknownColumn(f"There is no field '{name}'; there are: {', '.join(FIELDS)}.")
        if column not in columns:
            raise UnknownColumn(f"There is no column '{column}'; there are: {', '.join(columns)}.")
        mapping[name] = column
    by_name = {_plain(column): column for column in reversed(columns)}
    taken = set(mapping.values())
    for name, known in _NAMES.items():
        if name in mapping:
            continue
        found = next((by_name[k] for k in known if k in by_name and by_name[k] not in taken), None)
        if found is not None:
            mapping[name] = found
            taken.add(found)
    return mapping


def is_sam(columns: Sequence[str]) -> bool:
    """Whether a table is an export of SAM.gov."""
    plain = {_plain(column) for column in columns}
    return "sam url" in plain or {"notice id", "sol"} <= plain


def notice_of_row(
    cells: Mapping[str, str], mapping: Mapping[str, str], row: int, source: str, buyer: str | None = None
) -> Notice | Refusal:
    """One row. `buyer` is who buys where no column says it, as in the list of one city."""

    def said(name: str) -> str | None:
        return clean(cells.get(mapping[name])) if name in mapping else None

    title = said("title")
    if title is None:
        return Refusal(row, "the row has no title")
    path = ".".join(part for part in (said("department"), said("subtier"), said("office")) if part)
    organisations = tuple(name for name in (said("organization"),) if name) or organisations_of(path)
    organisations = organisations or ((buyer,) if buyer else ())
    if not organisations:
        return Refusal(row, "the row does not say who buys")
    url, number = website(said("url")), said("number")
    key = number_key(number, organisations)
    notice_id = said("id")
    if notice_id is None and source == SAM and url is not None:
        notice_id = next(iter(re.findall(r"\b[0-9a-f]{32}\b", url)), None)
    notice_id = notice_id or url or _digest(title, organisations[0], said("posted"), number)
    if source != SAM and key is not None:
        # Every portal numbers from 1: the buyer is a part of the number.
        key = f"{key.split('@')[0]}@{name_key(organisations[0])}"
    told = said("modified") or said("posted")
    posted, kind = day(said("posted")), said("kind")
    mail = domain_of(said("email"))
    return Notice(
        source=source,
        key=key or (f"notice:{notice_id}" if source == SAM else notice_id),
        notice_id=notice_id
        if key is None or source == SAM
        else f"{key}/{_digest(notice_id, told, said('due'), title)}",
        number=number,
        title=title,
        kind=kind or "",
        stage=stage_of(kind, said("active"), title),
        description=(said("description") or "")[:MAX_TEXT] or None,
        organisations=organisations,
        place=Place(state_code(said("state")), said("city")),
        site=Place(state_code(said("site_state")), said("site_city")),
        posted=posted,
        due=day(said("due")),
        url=url,
        domains=(mail,) if mail else (),
        codes=tuple((scheme, code) for scheme in ("naics", "psc", "cpv", "unspsc") if (code := said(scheme))),
        order=order_of(told, day(told)),
        row=row,
        payload=dict(cells),
    )


def _digest(*parts: str | None) -> str:
    return hashlib.sha256("\n".join(part or "" for part in parts).encode()).hexdigest()[:32]
