"""The journal: what agents did to prospects and contacts, and what a person should look at (SB, agent_audit_log).

An entry's id follows from what it says and from the step that says it, so that a step that is repeated after a crash
writes nothing twice.
"""

import json
import uuid
from functools import cache
from typing import Any, Final, cast

from sqlalchemy import Insert, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from db.columns import Base
from db.models import Activity, AgentAuditLog

SCORED: Final = "prospect_scored"
"""The action of a scoring; its details are `score`, `tier` and `version`."""
_NAMESPACE = uuid.UUID("b1b7f1f4-98a6-5a51-8f0d-7f8f3c9a2d10")


def _entry_id(*parts: object) -> str:
    return uuid.uuid5(_NAMESPACE, json.dumps(parts, sort_keys=True, default=str)).hex


def _write_once(session: Session, model: type[Base], entry: dict[str, Any]) -> None:
    """One statement past the unit of work, which would look for the entry first and take twice as long to write it."""
    if session.new:
        session.flush()  # whom it is about may be new as well
    connection = session.connection()
    connection.execute(_once(model, connection.dialect.name), entry)


@cache
def _once(model: type[Base], dialect: str) -> Insert:
    table = cast(Table, model.__table__)
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing(index_elements=["id"])
    return postgresql.insert(table).on_conflict_do_nothing(index_elements=["id"])


def note(
    session: Session,
    *,
    run_id: str | None,
    agent: str,
    action: str,
    prospect_id: str | None = None,
    contact_id: str | None = None,
    details: dict[str, Any] | None = None,
    requires_review: bool = False,
) -> None:
    """Writes down one action, once. `run_id` is the agent's row in `agent_runs`, None where a person did it;
    `details` must be plain JSON."""
    entry = {
        "id": _entry_id("note", run_id, action, prospect_id, contact_id, details),
        "agent_run_id": run_id,
        "agent_name": agent,
        "action": action,
        "prospect_id": prospect_id,
        "contact_id": contact_id,
        "details": details,
        "requires_review": requires_review,
    }
    _write_once(session, AgentAuditLog, entry)


def running_note(
    session: Session,
    *,
    run_id: str,
    agent: str,
    action: str,
    prospect_id: str | None = None,
    details: dict[str, Any] | None = None,
) -> AgentAuditLog | None:
    """The one entry that a run keeps of an action while it goes on; `details` replace the earlier ones.

    Without `details` the entry as it stands, None where there is none yet.
    """
    entry_id = _entry_id("running", run_id, action)
    entry = session.get(AgentAuditLog, entry_id)
    if details is not None:
        if entry is None:
            entry = AgentAuditLog(
                id=entry_id, agent_run_id=run_id, agent_name=agent, action=action, prospect_id=prospect_id
            )
            session.add(entry)
        entry.details = details
    return entry


def activity(
    session: Session,
    *,
    run_id: str,
    agent: str,
    type: str,  # noqa: A002 (the column's name)
    prospect_id: str,
    **more: Any,
) -> None:
    """Writes down one activity of a prospect, once (SB, activities)."""
    entry_id = _entry_id("activity", run_id, type, prospect_id, None, more)  # None: as ids were always made
    entry = {"id": entry_id, "type": type, "prospect_id": prospect_id, "agent_id": agent}
    _write_once(session, Activity, entry | more)
