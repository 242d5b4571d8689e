"""Is the database what it should be? Its comparison, and the head of the audit log's chain kept outside of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach.console import to_json
from outreach.errors import Complaint
from outreach.urls import hide_password

if TYPE_CHECKING:
    from db.audit import Head
    from db.check import Difference
    from outreach.settings import Settings

HEAD_FILE = "audit-head.json"


@dataclass(frozen=True)
class Report:
    """What differs, and the last sealed row of the audit log, which is looked at with all before it.

    `were_unsealed` counts the rows that the check itself sealed: written by a process that was killed, or is at work.
    """

    differences: list[Difference]
    head: Head | None
    were_unsealed: int = 0

    @property
    def sealed(self) -> int:
        """How many rows the chain has."""
        return self.head.seal_no if self.head else 0


def inspect_database(settings: Settings) -> Report:
    """Compares the database with the models, the triggers and the last exported head.

    On PostgreSQL the audit rows that wait are sealed first; nothing else is changed. Raises Complaint where the login
    is not the owner's, who alone can compare.
    """
    from sqlalchemy.exc import DBAPIError

    from db.audit import head, seal, unsealed
    from db.check import check
    from db.errors import RoleRefused, explain
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        waited = database.read_sync(unsealed)
        if waited:
            database.write_sync(seal)
        # Before the comparison, which then has seen the row that may be exported.
        last = database.read_sync(head)
    url = settings.effective_database_url()
    try:
        return Report(check(url, exported_head(settings)), last, waited)
    except DBAPIError as exc:
        if not isinstance(explain(exc), RoleRefused):
            raise
        raise Complaint(
            f"The login at {hide_password(url)} does not own the database, so it cannot compare it.",
            "Check it with the owner's login: OUTREACH_DATABASE_URL=postgresql://OWNER@HOST/NAME outreach db check",
        ) from exc


def exported_head(settings: Settings) -> Head | None:
    """The head that the last clean check of this database left; None before the first one."""
    from db.audit import Head

    kept = _read(settings.home / HEAD_FILE).get(_key(settings))
    if kept is None:
        return None
    try:
        return Head(int(kept["seal_no"]), str(kept["hash"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise _unreadable(settings.home / HEAD_FILE) from exc


def export_head(settings: Settings, report: Report) -> Path | None:
    """Writes the head of a clean database into the home folder and says where; None where there is nothing to say."""
    if report.differences or report.head is None:
        return None
    path = settings.home / HEAD_FILE
    heads = _read(path)
    heads[_key(settings)] = {**report.head.export(), "exported_at": datetime.now(UTC)}
    settings.home.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".json.new")
    beside.write_text(to_json(heads) + "\n", encoding="utf-8")
    # A file that is half written would look like a log that was rewritten.
    beside.replace(path)
    return path


def _key(settings: Settings) -> str:
    return hide_password(settings.effective_database_url())


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as exc:
        raise _unreadable(path) from exc
    if not isinstance(found, dict):
        raise _unreadable(path)
    return found


def _unreadable(path: Path) -> Complaint:
    return Complaint(
        f"{path} cannot be read: it should hold the last head of the audit log.",
        "Put your copy of it back; if there is none, remove it, and the next check begins anew.",
    )
