"""What has to be compared for doubles: what is new, or says something else, since a comparison was last completed.

Each hygiene run that ends well leaves in its outputs how far the change log was sealed when it began to compare. The
next one compares the records that were made, or changed in what is compared, since then, with all others. So two
records that both stay as they are are compared once; what a run itself merges or somebody changes meanwhile is
compared by the next.

By the seals, not by the ids: on PostgreSQL an entry gets its id when it is written and is seen when its transaction
ends, after others with higher ids perhaps, and is sealed after that. What is not sealed yet counts as new.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.enums import RunStatus
from db.models import AgentRun, AuditLog

OUTPUT: Final = "compared"
_PAGE: Final = 5000
_LOOK_BACK: Final = 200
"""So many runs back a comparison is looked for; before that, everything is compared again."""

_TOLD: Final[dict[str, tuple[str, ...]]] = {
    "accounts": ("name", "domain", "website_url", "hq_location", "linkedin_company_url"),
    "prospects": ("account_id", "playbook", "name", "venue_type", "state", "city", "address", "deleted_at"),
    "external_ids": ("record_id", "external_id", "payload"),
    "contacts": (
        "account_id", "prospect_id", "first_name", "last_name", "email", "phone", "linkedin_url", "location",
        "deleted_at",
    ),
}  # fmt: skip
"""The columns that a comparison reads."""


def mark(session: Session) -> int:
    """How far the change log is sealed."""
    return session.scalar(select(func.max(AuditLog.seal_no))) or 0


def outputs(playbook: str, until: int) -> dict[str, Any]:
    """What a run keeps of its comparison: which playbook's records, and up to which seal of the change log."""
    return {"playbook": playbook, "sealed": until}


def last_mark(session: Session, playbook: str) -> int | None:
    """Where the latest completed comparison of a playbook began; None before the first."""
    runs = session.scalars(
        select(AgentRun.outputs)
        .where(
            AgentRun.agent_name == "hygiene",
            AgentRun.status.in_((RunStatus.SUCCESS.value, RunStatus.PARTIAL.value)),
            AgentRun.outputs.is_not(None),
        )
        .order_by(AgentRun.started_at.desc(), AgentRun.id.desc())
        .limit(_LOOK_BACK)
    )
    for found in runs.all():
        said = found.get(OUTPUT) if isinstance(found, dict) else None
        # An earlier version went by ids: after an upgrade everything is compared once more.
        if said and said.get("playbook") == playbook and "sealed" in said:
            return int(said["sealed"])
    return None


def changed_since(session: Session, until: int | None) -> frozenset[str] | None:
    """The ids of accounts, prospects and contacts that are to be compared; None for all of them.

    Scores, statuses, notes and whatever else no comparison reads does not count.
    """
    if until is None:
        return None
    found: set[str] = set()
    for table, record_id, old, new in _entries(session, until):
        before = old or {}
        if all(before.get(column) == new.get(column) for column in _TOLD[table]):
            continue
        found.add(str(new["record_id"]) if table == "external_ids" else record_id)
    return frozenset(found)


def _entries(session: Session, until: int) -> Iterator[tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any]]]:
    yield from _pages(session, AuditLog.seal_no, until)
    yield from _pages(session, AuditLog.id, 0, AuditLog.seal_no.is_(None))


def _pages(
    session: Session, order: InstrumentedAttribute[Any], after: int, *only: ColumnElement[bool]
) -> Iterator[tuple[str, str, Mapping[str, Any] | None, Mapping[str, Any]]]:
    """What a comparison reads of the entries behind a place in an order."""
    told = select(order, AuditLog.table_name, AuditLog.record_id, AuditLog.old_values, AuditLog.new_values)
    wanted = told.where(AuditLog.table_name.in_(_TOLD), AuditLog.new_values.is_not(None), *only)
    last = after
    while True:
        page = session.execute(wanted.where(order > last).order_by(order).limit(_PAGE)).all()
        for _place, table, record_id, old, new in page:
            yield table, record_id, old, new
        if len(page) < _PAGE:
            return
        last = page[-1][0]
