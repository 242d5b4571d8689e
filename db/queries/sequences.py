"""Sequences as a person looks at them: where each stands and what comes next."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Contact, Followup, OutreachSequence, Prospect, Reply
from db.queries.references import the_one


class SequenceNotFound(LookupError):
    """No sequence, or more than one, fits what was given; the message says which."""


@dataclass(frozen=True)
class SequenceRow:
    """One sequence. `next_*` tell of the touch that is planned; without a number it is a person's own to do.
    `last_reply` is the intent of their last reply."""

    id: str
    person: str
    organisation: str
    playbook: str
    tier: str
    status: str
    step: int
    steps: int
    next_touch: int | None
    next_channel: str | None
    next_step_at: datetime | None
    next_due: date | None
    overdue: bool
    last_reply: str | None


def list_sequences(
    session: Session, playbook: str | None, *, status: str | None = None, limit: int = 50
) -> tuple[list[SequenceRow], int]:
    """Sequences and how many there are in all: what is due first, then what is halted, then what is over."""
    wanted = [] if playbook is None else [Prospect.playbook == playbook]
    if status is not None:
        wanted.append(OutreachSequence.status == status)
    base = select(OutreachSequence.id).join(Prospect, Prospect.id == OutreachSequence.prospect_id).where(*wanted)
    total = session.scalar(select(func.count()).select_from(base.subquery())) or 0
    nearest = (
        select(Followup.id)
        .where(
            Followup.contact_id == OutreachSequence.contact_id,  # of which there is an index
            Followup.sequence_id == OutreachSequence.id,
            Followup.state.in_(("pending", "overdue")),
        )
        .order_by(Followup.due_date, Followup.id)
        .limit(1)
        .correlate(OutreachSequence)
        .scalar_subquery()
    )
    last_reply = (
        select(Reply.intent)
        .where(Reply.contact_id == Contact.id)
        .order_by(Reply.replied_at.desc())
        .limit(1)
        .correlate(Contact)
        .scalar_subquery()
    )
    rows = session.execute(
        select(OutreachSequence, Contact, Prospect, Followup, last_reply)
        .join(Contact, Contact.id == OutreachSequence.contact_id)
        .join(Prospect, Prospect.id == OutreachSequence.prospect_id)
        .outerjoin(Followup, Followup.id == nearest)
        .where(*wanted)
        .order_by(
            OutreachSequence.next_step_at.is_(None),
            OutreachSequence.next_step_at,
            OutreachSequence.completed_at.is_not(None),
            Prospect.name,
            OutreachSequence.id,
        )
        .limit(limit)
    )
    found = [
        SequenceRow(
            sequence.id,
            contact.full_name,
            prospect.name,
            prospect.playbook,
            sequence.tier,
            sequence.status,
            sequence.current_step,
            sequence.total_steps,
            followup.touch_number if followup else None,
            followup.channel if followup else None,
            sequence.next_step_at,
            followup.due_date if followup else None,
            bool(followup and followup.state == "overdue"),
            last,
        )
        for sequence, contact, prospect, followup, last in rows
    ]
    return found, total


def find_sequence(session: Session, reference: str) -> OutreachSequence:
    """The sequence of an id, or of the beginning of one. Raises SequenceNotFound."""
    return the_one(
        session,
        select(OutreachSequence),
        OutreachSequence.id,
        reference,
        what="sequence",
        listed="outreach sequences",
        error=SequenceNotFound,
    )
