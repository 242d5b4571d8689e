"""Follow-ups as a person looks at them: overdue, due, planned, done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from db.models import Contact, Followup, MessageDraft, Prospect
from db.queries.references import the_one


class FollowupNotFound(LookupError):
    """No follow-up, or more than one, fits what was given; the message says which."""


@dataclass(frozen=True)
class FollowupRow:
    """One follow-up. `draft` is how far its message is: nothing, waiting, ready, sent or archived."""

    id: str
    contact_id: str
    person: str
    organisation: str
    playbook: str
    touch_number: int | None
    channel: str | None
    due_date: date | None
    state: str
    draft: str | None
    reminder_sent: bool
    completed_at: datetime | None
    sequence_id: str | None


def list_followups(
    session: Session,
    playbook: str | None,
    *,
    states: Sequence[str] = ("overdue", "pending"),
    until: date | None = None,
    unreminded: bool = False,
    limit: int | None = None,
) -> tuple[list[FollowupRow], int]:
    """Follow-ups in these states and how many there are in all: what is overdue first, by their day.

    `until` leaves out what is due later, `unreminded` what a person was reminded of.
    """
    order = case({state: n for n, state in enumerate(states)}, value=Followup.state, else_=len(states))
    statement = (
        select(Followup, Contact, Prospect, MessageDraft.approval_status)
        .join(Contact, Contact.id == Followup.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .outerjoin(MessageDraft, MessageDraft.id == Followup.message_draft_id)
        .where(Followup.state.in_(states))
    )
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    if until is not None:
        statement = statement.where(Followup.due_date <= until)
    if unreminded:
        statement = statement.where(Followup.reminder_sent.is_(False))
    total = session.scalar(select(func.count()).select_from(statement.subquery())) or 0
    rows = session.execute(statement.order_by(order, Followup.due_date, Prospect.name, Followup.id).limit(limit))
    return [
        FollowupRow(
            id=row.id,
            contact_id=contact.id,
            person=contact.full_name,
            organisation=prospect.name,
            playbook=prospect.playbook,
            touch_number=row.touch_number,
            channel=row.channel,
            due_date=row.due_date,
            state=row.state,
            draft={"draft": "waiting"}.get(status, status),
            reminder_sent=row.reminder_sent,
            completed_at=row.completed_at,
            sequence_id=row.sequence_id,
        )
        for row, contact, prospect, status in rows
    ], total


def find_followup(session: Session, reference: str) -> Followup:
    """The follow-up of an id, or of the beginning of one. Raises FollowupNotFound."""
    return the_one(
        session,
        select(Followup),
        Followup.id,
        reference,
        what="follow-up",
        listed="outreach followups",
        error=FollowupNotFound,
    )
