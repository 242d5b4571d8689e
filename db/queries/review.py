"""The journal's rows that a person must look at (SB, agent_audit_log: requires_review)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import AgentAuditLog, Contact, Prospect
from db.queries.references import the_one


class ReviewNotFound(LookupError):
    """No row that waits for review has this id; the message says which, and whether several fit."""


@dataclass(frozen=True)
class ReviewItem:
    """One action of an agent that waits for a person. `organisation`, `contact` and `playbook` say whom it is about."""

    id: str
    created_at: datetime
    agent_name: str
    action: str
    agent_run_id: str | None
    playbook: str | None
    prospect_id: str | None
    organisation: str | None
    contact_id: str | None
    contact: str | None
    details: dict[str, Any] | None


def _waiting(playbook: str | None) -> Any:
    statement = (
        select(
            AgentAuditLog.id,
            AgentAuditLog.created_at,
            AgentAuditLog.agent_name,
            AgentAuditLog.action,
            AgentAuditLog.agent_run_id,
            Prospect.playbook,
            Prospect.id.label("prospect_id"),
            Prospect.name.label("organisation"),
            AgentAuditLog.contact_id,
            Contact.full_name.label("contact"),
            AgentAuditLog.details,
        )
        .outerjoin(Contact, Contact.id == AgentAuditLog.contact_id)
        .outerjoin(Prospect, Prospect.id == func.coalesce(AgentAuditLog.prospect_id, Contact.prospect_id))
        .where(AgentAuditLog.requires_review.is_(True), AgentAuditLog.reviewed_at.is_(None))
        .order_by(AgentAuditLog.created_at, AgentAuditLog.id)
        # What an agent did to an organisation that was deleted since still waits for a look.
        .execution_options(include_deleted=True)
    )
    return statement if playbook is None else statement.where(Prospect.playbook == playbook)


def to_review(session: Session, *, playbook: str | None = None, limit: int | None = None) -> list[ReviewItem]:
    """What waits for review, oldest first; `playbook` None means every playbook's, and what belongs to none."""
    rows = session.execute(_waiting(playbook).limit(limit))
    return [ReviewItem(**row._mapping) for row in rows]


def count_to_review(session: Session, *, playbook: str | None = None) -> int:
    """How many rows `to_review` has without a limit."""
    waiting = _waiting(playbook).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(waiting).execution_options(include_deleted=True)) or 0


def resolve(
    session: Session,
    references: Sequence[str],
    *,
    by: str,
    note: str | None = None,
    now: datetime | None = None,
) -> list[AgentAuditLog]:
    """Marks rows as reviewed: who, when, and what they noted (`details.review_note`).

    Args:
        session: a session that writes, acting as the person.
        references: ids or beginnings of ids.
        by: the actor, `user` or `user:NAME`.
        note: what the person wants to have written beside it.
        now: when; the present.

    Raises:
        ReviewNotFound: one of the references fits no waiting row, or several; nothing is marked then.
    """
    rows = [_find(session, reference) for reference in references]
    for row in rows:
        row.reviewed_at, row.reviewed_by = now or datetime.now(UTC), by
        if note:
            # A new object: a change inside a JSON value is not seen by the session.
            row.details = {**(row.details or {}), "review_note": note}
    session.flush()
    return rows


def _find(session: Session, reference: str) -> AgentAuditLog:
    open_ = (AgentAuditLog.requires_review.is_(True), AgentAuditLog.reviewed_at.is_(None))
    return the_one(
        session,
        select(AgentAuditLog).where(*open_),
        AgentAuditLog.id,
        reference,
        what="entry that waits for review",
        listed="outreach review",
        error=ReviewNotFound,
    )
