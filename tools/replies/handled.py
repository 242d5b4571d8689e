"""That a reply was dealt with: what was done about it, and when (OCC, replies.next_step_taken and handled_at)."""

from datetime import datetime
from typing import Final

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from db.models import AgentAuditLog, Reply

ABOUT_MESSAGES: Final = ("reply_triaged", "inbound_unmatched")
"""The journal's actions that put an incoming message up for a person to look at."""


def mark_handled(session: Session, reply: Reply, did: str, now: datetime) -> bool:
    """Notes what was done about a reply; whether that was new.

    `handled_at` is the first time that anything was, a later step is written behind the earlier ones. The same step
    twice changes nothing. `did` is a few words for a person ("answered", "meeting booked").
    """
    words = " ".join(did.split())
    before = reply.next_step_taken.split("; ") if reply.next_step_taken else []
    if reply.handled_at is not None and (not words or words in before):
        return False
    reply.handled_at = reply.handled_at or now
    if words and words not in before:
        reply.next_step_taken = "; ".join((*before, words))
    session.flush()
    return True


def unreviewed() -> Select[AgentAuditLog]:
    """The entries that put an incoming message up for a person, and that none has looked at."""
    return select(AgentAuditLog).where(
        AgentAuditLog.requires_review.is_(True),
        AgentAuditLog.reviewed_at.is_(None),
        AgentAuditLog.action.in_(ABOUT_MESSAGES),
    )


def settle_review(session: Session, inbound_id: str, *, by: str, because: str, now: datetime) -> int:
    """Takes a message off the list of what a person should look at, since one has; how many entries that were."""
    settled = 0
    for entry in session.scalars(unreviewed()):
        if (entry.details or {}).get("inbound_id") == inbound_id:
            entry.reviewed_at, entry.reviewed_by = now, by
            entry.details = {**(entry.details or {}), "review_note": because}
            settled += 1
    session.flush()
    return settled
