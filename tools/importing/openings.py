"""Rows that are job openings: kept with their organisation, and a signal where the job is one of software testing."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import SignalType
from tools.importing.cleaning import Clean
from tools.importing.job import ImportJob, Outcome, Refused
from tools.importing.records import Known
from tools.importing.store import SIGNALS, Held, Pending, in_any
from tools.titles import is_software_testing_job

STALE_AFTER_DAYS = 90
_KIND = SignalType.QA_JOB_POSTING.value


class Signals:
    """The job signals that are known already of a chunk's openings."""

    def __init__(self, session: Session, known: Known) -> None:
        columns = (SIGNALS.c.account_id, SIGNALS.c.source_url, SIGNALS.c.description)
        rows = session.execute(
            select(*columns).where(SIGNALS.c.signal_type == _KIND, in_any(SIGNALS.c.account_id, known.accounts))
        )
        self._seen = {(account, url or description) for account, url, description in rows}

    def is_new(self, account: Held, url: str | None, description: str) -> bool:
        """Whether nothing is known of it yet; from now on it is."""
        key = (account.id, url or description)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def take_opening(job: ImportJob, known: Known, signals: Signals, row: Clean, outcome: Outcome, out: Pending) -> None:
    """Keeps an opening's record under its organisation, where research can quote it.

    Raises Refused where it has no organisation that is known.
    """
    opening: dict[str, Any] = row.opening or {}
    account = known.account_of(row, loose=True)
    prospect = known.prospect_of(account) if account is not None else None
    if account is None or prospect is None or row.key is None:
        raise Refused("the organisation is not known; import it first")
    known.keep(account, row.key, row, outcome, opening["url"])
    if not is_software_testing_job(opening["title"]):
        return
    description = f"{opening['title']}, {opening['location']}" if opening["location"] else opening["title"]
    if not signals.is_new(account, opening["url"], description):
        return
    seen = opening["posted"] or job.file.observed_on
    out.add(
        SIGNALS,
        {
            "account_id": account.id,
            "signal_type": _KIND,
            "description": description,
            "source_url": opening["url"],
            "detected_at": _midnight(seen) if seen else None,
            "expires_at": seen + timedelta(days=STALE_AFTER_DAYS) if seen else None,
        },
    )
    outcome.created["signals"] += 1


def _midnight(on: date) -> datetime:
    return datetime.combine(on, time(), UTC)
