"""That a reply was dealt with: what was done about it, and when (OCC, replies.next_step_taken and handled_at)."""

from datetime import datetime

from sqlalchemy.orm import Session

from db.models import Reply


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
