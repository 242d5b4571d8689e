"""Rows that are organisations, and rows that are facts about organisations already known."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from db.base import new_id, utc_now
from db.enums import AccountTier, PrimarySport, ProspectSource, State, VenueType
from db.models import Account, Prospect
from playbooks import ContactFormula
from tools.importing.job import ImportJob, Outcome, Refused
from tools.importing.records import Kept, Known, own_domain, own_id, own_name, own_state, record_key
from tools.importing.venues import classification, plays_football, venue_type
from tools.journal import note
from tools.normalise import (
    account_tier,
    clean,
    day,
    employee_band,
    linkedin,
    territory,
    website,
    whole_number,
)
from tools.reading import Row

AGENT = "prospector"
_FUNDING = re.compile(r"(pre-)?seed|series [a-h]|public|ipo", re.IGNORECASE)
_BANDS = {"1-50", "51-200", "201-1000", "1001-5000", "5000+"}

Value = Any
Read = Callable[[ImportJob, Row], Value]


def _text(field: str) -> Read:
    return lambda job, row: clean(job.mapped.cell(row.cells, field))


def _number(field: str) -> Read:
    # Zero people, seats or students is how directories write that they don't know.
    return lambda job, row: whole_number(job.mapped.cell(row.cells, field)) or None


def _funding(job: ImportJob, row: Row) -> str | None:
    stage = clean(job.mapped.cell(row.cells, "funding_stage"))
    return stage if stage and _FUNDING.fullmatch(stage) else None


def _tools(job: ImportJob, row: Row) -> list[str] | None:
    text = clean(job.mapped.cell(row.cells, "known_tools"))
    return [tool for part in re.split(r"[;,]", text) if (tool := part.strip())] if text else None


def _division(job: ImportJob, row: Row) -> str | None:
    return classification(clean(job.mapped.cell(row.cells, "division")))


# Our column, the field (whose column tells whether the source says something new), and how to read it.
_ACCOUNT: tuple[tuple[str, str, Read], ...] = (
    ("name", "organisation_name", _text("organisation_name")),
    ("domain", "domain", own_domain),
    ("website_url", "website", lambda job, row: website(job.mapped.cell(row.cells, "website"))),
    ("industry", "industry", _text("industry")),
    ("sub_industry", "sub_industry", _text("sub_industry")),
    ("employee_count", "employees", _number("employees")),
    ("annual_revenue", "annual_revenue", _text("annual_revenue")),
    ("funding_stage", "funding_stage", _funding),
    ("last_funding_amount", "last_funding_amount", _text("last_funding_amount")),
    (
        "last_funding_date",
        "last_funding_date",
        lambda job, row: day(job.mapped.cell(row.cells, "last_funding_date")),
    ),
    (
        "linkedin_company_url",
        "company_linkedin",
        lambda job, row: linkedin(job.mapped.cell(row.cells, "company_linkedin")),
    ),
    ("known_tools", "known_tools", _tools),
)
_PROSPECT: tuple[tuple[str, str, Read], ...] = (
    ("name", "organisation_name", _text("organisation_name")),
    ("city", "city", _text("city")),
    ("address", "address", _text("address")),
    ("classification", "division", _division),
    ("enrollment", "enrollment", _number("enrollment")),
)
_VENUE: tuple[tuple[str, str, Read], ...] = (
    ("conference", "conference", _text("conference")),
    ("stadium_name", "stadium_name", _text("stadium_name")),
    ("seating_capacity", "seating_capacity", _number("seating_capacity")),
)


def take_organisation(session: Session, job: ImportJob, known: Known, row: Row, outcome: Outcome) -> Prospect:
    """Creates the organisation of a row with its pursuit, or brings what is known of it up to date.

    Raises Refused where the row names none, gives no venue type that the playbook can use, or was deleted.
    """
    name = own_name(job, row)
    if name is None:
        raise Refused("the row names no organisation")
    key = record_key(job, row)
    account = known.account_of(row, loose=False)
    prospect = known.prospect_of(account) if account is not None else None
    kind = _venue_type(job, row, name) if prospect is None else prospect.venue_type
    new_account = account is None
    if account is None:
        account = Account(id=new_id(), name=name)
        session.add(account)
        outcome.created["accounts"] += 1
    kept = known.keep(account, key, row, outcome, _row_url(job, row))
    changed = _apply(account, _ACCOUNT, job, row, kept, overwrite=kept.before is not None)
    _derive(account, job, row, known_place=prospect)
    if not new_account and changed:
        outcome.updated["accounts"] += 1
    if prospect is None:
        prospect = _new_prospect(job, row, account, kind, name)
        session.add(prospect)
        known.add(account, prospect)
        _apply(prospect, _PROSPECT + _VENUE, job, row, kept, overwrite=False)
        _sport(prospect, job, row)
        session.flush()
        outcome.created["prospects"] += 1
        note(
            session,
            run_id=job.run_id,
            agent=AGENT,
            action="prospect_created",
            prospect_id=prospect.id,
            details={"source": job.file.source, "external_id": key, "row": row.number},
        )
        return prospect
    touched = _apply(prospect, _PROSPECT + _VENUE, job, row, kept, overwrite=kept.before is not None)
    touched = _sport(prospect, job, row) or touched
    _count_update(prospect, outcome, touched, kept.changed)
    return prospect


def take_facts(job: ImportJob, known: Known, row: Row, outcome: Outcome) -> None:
    """Adds a row's venue facts to the organisation that it is about; a blank never overwrites.

    Raises Refused where no such organisation is known.
    """
    account = known.account_of(row, loose=own_id(job, row) is None)
    prospect = known.prospect_of(account) if account is not None else None
    if account is None or prospect is None:
        raise Refused("the organisation is not known; import it first")
    kept = known.keep(account, record_key(job, row), row, outcome, _row_url(job, row))
    touched = _apply(prospect, _VENUE, job, row, kept, overwrite=True)
    touched = _sport(prospect, job, row) or touched
    _count_update(prospect, outcome, touched, kept.changed)


def _row_url(job: ImportJob, row: Row) -> str | None:
    return website(job.mapped.cell(row.cells, "row_source_url"))


def _count_update(prospect: Prospect, outcome: Outcome, touched: bool, kept_changed: bool) -> None:
    if touched:
        outcome.updated["prospects"] += 1
    if touched or kept_changed:
        # What a source says beyond our columns can move a score: hygiene looks at what changed since.
        prospect.updated_at = utc_now()


def _apply(
    target: Account | Prospect,
    fields: tuple[tuple[str, str, Read], ...],
    job: ImportJob,
    row: Row,
    kept: Kept,
    *,
    overwrite: bool,
) -> bool:
    """Sets what the row says. Blanks never overwrite; a value of ours gives way only to news from the source."""
    changed = False
    for attribute, field, read in fields:
        column = job.mapped.columns.get(field)
        if column is None and attribute == "domain":
            column = job.mapped.columns.get("website")
        if column is None or not kept.fresh(row, column):
            continue
        value = read(job, row)
        present = getattr(target, attribute)
        if value is None or value == present or (present is not None and not overwrite):
            continue
        setattr(target, attribute, value)
        changed = True
    return changed


def _derive(account: Account, job: ImportJob, row: Row, known_place: Prospect | None) -> None:
    """What follows from other columns: the band and tier of a company, and where the organisation truly is."""
    if account.employee_count is not None:
        account.employee_band = employee_band(account.employee_count)
        account.tier = account_tier(account.employee_count)
    else:
        band = (clean(job.mapped.cell(row.cells, "employees")) or "").replace("–", "-").replace(",", "")
        if band in _BANDS:
            account.employee_band = band
            account.tier = AccountTier.ENTERPRISE.value if band in {"1001-5000", "5000+"} else account.tier
    if account.hq_location is None or known_place is None:
        parts = [clean(job.mapped.cell(row.cells, field)) for field in ("city", "state", "country")]
        account.hq_location = account.hq_location or ", ".join(part for part in parts if part) or None


def _venue_type(job: ImportJob, row: Row, name: str) -> str:
    if isinstance(job.playbook.scoring, ContactFormula):
        return VenueType.COMPANY.value
    division = clean(job.mapped.cell(row.cells, "division"))
    kind = venue_type(division, clean(job.mapped.cell(row.cells, "sanction")), name)
    if kind is None:
        raise Refused("the division is not given" if division is None else "the division is none that is sold to")
    return kind


def _new_prospect(job: ImportJob, row: Row, account: Account, kind: str, name: str) -> Prospect:
    state = territory(own_state(job, row))
    return Prospect(
        id=new_id(),
        account_id=account.id,
        playbook=job.playbook.name,
        name=name,
        venue_type=kind,
        state=state or State.OTHER.value,
        source=ProspectSource.DIRECTORY_IMPORT.value,
        source_url=_row_url(job, row) or job.file.source_url,
        source_date=job.file.observed_on,
    )


def _sport(prospect: Prospect, job: ImportJob, row: Row) -> bool:
    """A school plays football where its division says so, or where a football stadium of its is known."""
    football = plays_football(job.mapped.cell(row.cells, "division")) or (
        prospect.stadium_name is not None and prospect.venue_type != VenueType.COMPANY.value
    )
    if not football or prospect.primary_sport is not None:
        return False
    prospect.primary_sport = PrimarySport.FOOTBALL.value
    return True
