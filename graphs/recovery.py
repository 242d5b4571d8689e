"""Recovery from what earlier runs left in the tables: rows that nobody will close, approvals that no longer hold,
threads that failed too often. Called by the one process that moves threads."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agents.models import ContactBudgetSpent
from db.approvals import unstart_sequence
from db.locks import held_among, step_lock
from db.models import AgentAuditLog, AgentRun, Contact, MessageDraft
from db.queries.inbox import lines
from db.queries.runs import CALLS
from graphs.recorder import CUT_OFF, from_outside
from tools.journal import note

MOST_ATTEMPTS = 3
GAVE_UP = "gave_up"


def close_lost_rows(session: Session, threads: Collection[str]) -> int:
    """Closes the open rows of threads that no longer exist, and of steps outside of the graph whose process is gone:
    nothing can resume them. Returns how many.

    `threads` are those that exist. A crash before a thread's first checkpoint leaves such rows, and so does the loss
    of the checkpoints. What another process has under way, it holds the lock of.
    """
    open_rows = select(AgentRun).where(AgentRun.status.in_(("running", "waiting")))
    of_threads = session.scalars(open_rows.where(AgentRun.thread_id.is_not(None))).all()
    lost = [row for row in of_threads if row.thread_id not in threads]
    held = held_among(session, {row.thread_id for row in lost if row.thread_id})
    lost = [row for row in lost if row.thread_id not in held]
    lost += _cut_off_steps(session, session.scalars(open_rows.where(AgentRun.thread_id.is_(None))).all())
    for row in lost:
        row.status, row.completed_at = "partial", datetime.now(UTC)
        row.error_message = CUT_OFF
    return len(lost)


def _cut_off_steps(session: Session, rows: Sequence[AgentRun]) -> list[AgentRun]:
    """Of the open rows without a thread, those below a step outside of the graph (outreach/agent_step.py) that nobody
    has under way. Sending settles its own."""
    tops = [row for row in rows if row.parent_run_id is None and row.run_type != "dispatch"]
    held = held_among(session, {step_lock(row.id) for row in tops})
    lost = [row for row in tops if step_lock(row.id) not in held]
    ids, below = {row.id for row in lost}, lost
    while below:
        below = [row for row in rows if row.parent_run_id in ids and row.id not in ids]
        ids |= {row.id for row in below}
        lost = lost + below
    return lost


def recall_lapsed(session: Session) -> list[str]:
    """Makes drafts again of ready messages whose approval lapsed, was revoked, or no longer covers the recipient, so
    that a person is asked again. Returns the ids of their threads."""
    found = lines(session, states=("waiting", "skipped", "held", "working", "over"))
    lapsed = [line for line in found if line.status == "ready" and not line.stands]
    for line in lapsed:
        draft = session.get_one(MessageDraft, line.draft_id)
        draft.approval_status = "draft"
        unstart_sequence(session, draft)
    return [line.thread_id for line in lapsed]


def _hopeless(session: Session, thread_id: str) -> AgentRun | None:
    spent = AgentRun.error_message.startswith(f"{ContactBudgetSpent.__name__}:") & AgentRun.run_type.not_in(CALLS)
    rows = session.scalars(
        select(AgentRun).where(
            AgentRun.thread_id == thread_id,
            AgentRun.status == "error",
            or_(AgentRun.attempt >= MOST_ATTEMPTS, spent),
        )
    )
    return next((row for row in rows if not from_outside(row.error_message)), None)


def given_up(session: Session, thread_id: str) -> bool:
    """Whether a step of this thread has failed so often, or its contact's budget is spent, that trying it again by
    itself makes no sense.

    A person who resolves what `tell_if_given_up` wrote gives it one more try.
    """
    row = _hopeless(session, thread_id)
    if row is None:
        return False
    resolved = session.scalars(
        select(AgentAuditLog.details).where(
            AgentAuditLog.agent_run_id == row.id,
            AgentAuditLog.action == GAVE_UP,
            AgentAuditLog.reviewed_at.is_not(None),
        )
    )
    return row.attempt not in {(details or {}).get("attempts") for details in resolved}


def tell_if_given_up(session: Session, thread_id: str) -> bool:
    """Writes down, for a person to review, that a thread is not tried again by itself; whether that is so."""
    row = _hopeless(session, thread_id)
    if row is None:
        return False
    contact = session.get(Contact, row.contact_id) if row.contact_id else None
    note(
        session,
        run_id=row.id,
        agent=row.agent_name,
        action=GAVE_UP,
        prospect_id=contact.prospect_id if contact else None,
        contact_id=row.contact_id,
        details={
            "attempts": row.attempt,
            "error": row.error_message,
            "thread": thread_id,
            "to_try_again": "resolve this, then run again",
        },
        requires_review=True,
    )
    return True


def has_steps(session: Session, thread_id: str, root_run_id: str | None) -> bool:
    """Whether a thread took any step in a run."""
    query = select(AgentRun.id).where(AgentRun.thread_id == thread_id, AgentRun.parent_run_id == root_run_id).limit(1)
    return session.scalar(query) is not None
