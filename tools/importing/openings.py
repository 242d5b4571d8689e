"""Rows that are job openings: kept with their organisation, and a signal where the job is one of software testing."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import SignalType
from db.models import Account, Signal
from tools.importing.job import ImportJob, Outcome, Refused
from tools.importing.records import Known, opening_key, own_id
from tools.normalise import clean, day, website
from tools.reading import Row
from tools.titles import is_software_testing_job

STALE_AFTER_DAYS = 90


def opening_id(job: ImportJob, row: Row) -> str:
    """What tells an opening apart in its source: its own id or link, else what it says."""
    own = clean(row.cells.get(job.row_id_column)) if job.row_id_column else None
    own = own or clean(job.mapped.cell(row.cells, "opening_url"))
    if own is None:
        said = [job.mapped.cell(row.cells, f) or "" for f in ("opening_title", "opening_location", "opening_posted")]
        own = hashlib.sha256("\n".join([own_id(job, row) or "", *said]).encode()).hexdigest()
    return opening_key(own)


def take_opening(session: Session, job: ImportJob, known: Known, row: Row, outcome: Outcome) -> None:
    """Keeps an opening's record under its organisation, where research can quote it.

    Raises Refused where it has no title or no organisation that is known.
    """
    title = clean(job.mapped.cell(row.cells, "opening_title"))
    if title is None:
        raise Refused("the opening has no title")
    account = known.account_of(row, loose=True)
    prospect = known.prospect_of(account) if account is not None else None
    if account is None or prospect is None:
        raise Refused("the organisation is not known; import it first")
    url = website(job.mapped.cell(row.cells, "opening_url"))
    known.keep(account, opening_id(job, row), row, outcome, url)
    if is_software_testing_job(title):
        _signal(session, job, account, row, title, url, outcome)


def _signal(
    session: Session,
    job: ImportJob,
    account: Account,
    row: Row,
    title: str,
    url: str | None,
    outcome: Outcome,
) -> None:
    place = clean(job.mapped.cell(row.cells, "opening_location"))
    posted = day(job.mapped.cell(row.cells, "opening_posted"))
    description = f"{title}, {place}" if place else title
    known = session.scalars(
        select(Signal.id).where(
            Signal.account_id == account.id,
            Signal.signal_type == SignalType.QA_JOB_POSTING.value,
            Signal.source_url == url if url else Signal.description == description,
        )
    ).first()
    if known is not None:
        return
    seen = posted or job.file.observed_on
    session.add(
        Signal(
            account_id=account.id,
            signal_type=SignalType.QA_JOB_POSTING.value,
            description=description,
            source_url=url,
            detected_at=_midnight(seen) if seen else None,
            expires_at=seen + timedelta(days=STALE_AFTER_DAYS) if seen else None,
        )
    )
    session.flush()
    outcome.created["signals"] += 1


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
