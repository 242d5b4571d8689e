"""Rows that are job openings: kept with their organisation, and a signal where the rules of `tools.signals` see one."""

from datetime import UTC, datetime, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import SignalType
from playbooks.feeds import SignalWords, load_signal_words, playbooks_with
from tools.importing.cleaning import Clean
from tools.importing.job import ImportJob, Outcome, RowRefused
from tools.importing.records import StoredOrganisations
from tools.importing.store import SIGNALS, Pending, StoredRow, in_any
from tools.normalise import clean
from tools.signals.found import FoundSignal
from tools.signals.jobs import Opening, read_opening
from tools.signals.reading import fields_of

_KIND = SignalType.QA_JOB_POSTING.value


class Signals:
    """The job signals that are known already of a chunk's openings."""

    def __init__(self, session: Session, known: StoredOrganisations) -> None:
        columns = (SIGNALS.c.account_id, SIGNALS.c.source_url, SIGNALS.c.description)
        rows = session.execute(
            select(*columns).where(SIGNALS.c.signal_type == _KIND, in_any(SIGNALS.c.account_id, known.accounts))
        )
        self._seen = {(account, url or description) for account, url, description in rows}

    def is_new(self, account: StoredRow, url: str | None, description: str) -> bool:
        """Whether nothing is known of it yet; from now on it is."""
        key = (account.id, url or description)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def take_opening(
    job: ImportJob, known: StoredOrganisations, signals: Signals, row: Clean, outcome: Outcome, out: Pending
) -> None:
    """Keeps an opening's record under its organisation, where research can quote it.

    Raises RowRefused where it has no organisation that is known.
    """
    opening: dict[str, Any] = row.opening or {}
    account = known.account_of(row, loose=True)
    prospect = known.prospect_of(account) if account is not None else None
    if account is None or prospect is None or row.key is None:
        raise RowRefused("the organisation is not known; import it first")
    known.keep(account, row.key, row, outcome, opening["url"])
    words = _words(job.playbook.name)
    if words is None or words.jobs is None:
        return
    read = read_opening(_opening(job, row, account), words.jobs)
    if not isinstance(read, FoundSignal) or not signals.is_new(account, read.source_url, read.description):
        return
    out.add(
        SIGNALS,
        {
            "account_id": account.id,
            "signal_type": _KIND,
            "description": read.description,
            "source_url": read.source_url,
            "detected_at": datetime.combine(read.seen_on, time(), UTC) if read.seen_on else None,
            "expires_at": read.expires_on(words),
        },
    )
    outcome.created["signals"] += 1


def _words(playbook: str) -> SignalWords | None:
    """The playbook's words, None for one that looks for no signals."""
    return load_signal_words(playbook) if playbook in playbooks_with("signals.toml") else None


def _opening(job: ImportJob, row: Clean, account: StoredRow) -> Opening:
    """The row as the rules of signals read it: the mapped columns, and by its names what an opening says besides."""
    said: dict[str, Any] = row.opening or {}
    named = fields_of(row.row.cells)
    more = {name: clean(row.row.cells[named[name]]) for name in ("description", "department") if name in named}
    return Opening(
        title=said["title"],
        organisation=account["name"],
        description=more.get("description"),
        department=more.get("department"),
        location=said["location"],
        posted=said["posted"] or job.file.observed_on,
        url=said["url"],
        row=row.row.number,
    )
