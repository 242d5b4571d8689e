"""A meeting that was agreed, or moved to another day, and what follows from that everywhere else."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ActivityType, ContactStage, Direction, MeetingOutcome, OpportunityStatus, ProspectStatus
from db.lifecycle import (
    LIVE,
    contact_may_become,
    move_contact,
    move_prospect,
    move_sequence,
    prospect_may_become,
    set_outcome,
)
from db.models import Activity, Contact, Opportunity, OutreachSequence
from db.suppressions import skip_followups
from tools.engagement import refresh_engagement
from tools.meetings.attribution import Earned, NotFound, credit, earned_by
from tools.replies.handled import mark_handled

BOOKED: Final = OpportunityStatus.MEETING_BOOKED.value
SUCCESSFUL: Final = (OpportunityStatus.MEETING_HELD.value, OpportunityStatus.OPPORTUNITY_CREATED.value)
_ENDED: Final = (OpportunityStatus.DISQUALIFIED.value, OpportunityStatus.LOST.value)
_WAY: Final = (ContactStage.MEETING_BOOKED, ContactStage.MEETING_HELD, ContactStage.OPPORTUNITY)


class MeetingRefused(ValueError):
    """It cannot be recorded so; the message says why, `mend` the command that helps."""

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(what)
        self.mend = mend


@dataclass(frozen=True)
class Booking:
    """What a person says of a meeting. `value` is in the playbook's currency; `reply` and `touch` name what earned it,
    where it is not the latest."""

    on: datetime | None = None
    ae: str | None = None
    value: float | None = None
    notes: str | None = None
    reply: str | None = None
    touch: str | None = None


@dataclass(frozen=True)
class MeetingUpdate:
    """What was recorded. `changed` is false where it stood so before, and nothing was done."""

    opportunity_id: str
    contact_id: str
    contact: str
    organisation: str
    status: str
    outcome: str | None
    meeting_date: datetime | None
    changed: bool
    did: str


def meetings_of(session: Session, contact: Contact) -> list[Opportunity]:
    """A contact's meetings, the latest first."""
    return list(
        session.scalars(
            select(Opportunity)
            .where(Opportunity.contact_id == contact.id)
            .order_by(Opportunity.created_at.desc(), Opportunity.status.in_(_ENDED), Opportunity.id)
        )
    )


def booked_one(session: Session, contact: Contact) -> Opportunity | None:
    """The meeting that is still to be held, if there is one: a contact has one at a time."""
    session.get(Contact, contact.id, with_for_update=True)  # on PostgreSQL another process may be booking it
    return next((one for one in meetings_of(session, contact) if one.status == BOOKED), None)


def book(session: Session, contact: Contact, booking: Booking, at: datetime, by: str) -> MeetingUpdate:
    """Records that a meeting was agreed at `at`: an opportunity, credited to what earned it.

    The contact's sequence is paused, what was planned skipped, the reply that led to it handled. Once more for the
    same meeting changes what is told anew, else nothing; for a contact whose meeting was held, or lost, it is another
    one. Recorded for people who are do-not-contact too: it was their wish. Raises MeetingRefused.
    """
    row = booked_one(session, contact)
    if row is None:
        same = [m for m in meetings_of(session, contact) if booking.on is not None and m.meeting_date == booking.on]
        if same:
            return update_of(
                same[0], changed=False, did=f"was recorded before, and is {(same[0].status or '').replace('_', ' ')}"
            )
        return _book_new(session, contact, booking, at, by)
    if booking.on is not None and row.meeting_date not in (None, booking.on):
        raise MeetingRefused(
            f"A meeting with {contact.full_name} is booked already, for {day_of(row)}.",
            f"To move it: outreach meeting rescheduled {contact.id[:8]} --on {as_option(booking.on)}",
        )
    earned = _earned(session, contact, booking, row.created_at) if booking.reply or booking.touch else None
    changed = _fill(row, booking, earned)
    session.flush()
    if not changed:
        return update_of(row, changed=False, did=f"was recorded before, for {day_of(row)}")
    record(session, contact, ActivityType.NOTE, f"Meeting: {', '.join(changed)} changed", None, at, by)
    return update_of(row, changed=True, did=f"was recorded before; changed: {', '.join(changed)}")


def reschedule(session: Session, contact: Contact, on: datetime, at: datetime, by: str) -> MeetingUpdate:
    """Moves the meeting to another day, also after somebody did not come. Raises MeetingRefused."""
    row = booked_one(session, contact)
    if row is None:
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {as_option(on)}")
    if row.meeting_outcome == MeetingOutcome.RESCHEDULED.value and row.meeting_date == on:
        return update_of(row, changed=False, did=f"was moved to {day_of(row)} before")
    if row.meeting_outcome is None and row.meeting_date == on:
        raise MeetingRefused(f"The meeting with {contact.full_name} is on that day already.", "Give the new day.")
    before = day_of(row)
    set_outcome(session, row, MeetingOutcome.RESCHEDULED.value)
    row.meeting_date = on
    skip_followups(session, contact)  # the one that a meeting missed has put in place
    halt(session, contact, "paused", at)
    to_stage(session, contact, ContactStage.MEETING_BOOKED)
    record(session, contact, ActivityType.NOTE, f"Meeting moved from {before} to {day_of(row)}", None, at, by)
    session.flush()
    return update_of(row, changed=True, did=f"is moved from {before} to {day_of(row)}")


def _book_new(session: Session, contact: Contact, booking: Booking, at: datetime, by: str) -> MeetingUpdate:
    earned = _earned(session, contact, booking, at)
    row = Opportunity(contact_id=contact.id, account_id=contact.account_id, status=BOOKED, created_at=at)
    _fill(row, booking, earned)
    session.add(row)
    session.flush()
    skip_followups(session, contact)
    halt(session, contact, "paused", at)
    to_stage(session, contact, ContactStage.MEETING_BOOKED)
    prospect = contact.prospect
    if prospect_may_become(prospect.status, ProspectStatus.ENGAGED.value):
        move_prospect(session, prospect, ProspectStatus.ENGAGED.value, "a meeting was booked")
    subject = f"Meeting booked for {day_of(row)}"
    with_whom = f"with {row.ae_name}. " if row.ae_name else ""
    record(
        session,
        contact,
        ActivityType.MEETING,
        subject,
        f"{with_whom}{earned.told()}{f' {row.notes}' if row.notes else ''}",
        at,
        by,
        direction=Direction.INBOUND if earned.reply else None,
    )
    if earned.reply is not None:
        mark_handled(session, earned.reply, f"meeting booked for {day_of(row)}", at)
    session.flush()
    return update_of(row, changed=True, did=f"is booked for {day_of(row)}. {earned.told()}")


def _earned(session: Session, contact: Contact, booking: Booking, at: datetime) -> Earned:
    try:
        return earned_by(session, contact, at, reply=booking.reply, touch=booking.touch)
    except NotFound as exc:
        raise MeetingRefused(
            str(exc), f"What was sent to them and what they wrote: outreach meeting show {contact.id[:8]}"
        ) from exc


def _fill(row: Opportunity, booking: Booking, earned: Earned | None) -> list[str]:
    """Fills in what was told; what it changed, in words."""
    given = {
        "meeting_date": ("the day", booking.on),
        "ae_name": ("the AE", booking.ae),
        "pipeline_value": ("the value", booking.value),
        "notes": ("the notes", booking.notes),
    }
    changed = []
    for column, (word, value) in given.items():
        if value is not None and getattr(row, column) != value:
            setattr(row, column, value)
            changed.append(word)
    if earned is not None:
        before = row.trigger_touchpoint_id, row.trigger_reply_id
        credit(row, earned)
        if before != (row.trigger_touchpoint_id, row.trigger_reply_id):
            changed.append("what earned it")
    return changed


# What the outcomes share.


def halt(session: Session, contact: Contact, status: str, at: datetime) -> None:
    """Pauses or completes the contact's sequences that could still go on."""
    for sequence in session.scalars(
        select(OutreachSequence).where(OutreachSequence.contact_id == contact.id, OutreachSequence.status.in_(LIVE))
    ):
        move_sequence(session, sequence, status, at)


def to_stage(session: Session, contact: Contact, stage: ContactStage) -> None:
    """Moves a contact towards a stage of a meeting, through those before it where the life cycle asks for them."""
    for step in (stage, *_WAY[: _WAY.index(stage) + 1]) if stage in _WAY else (stage,):
        if contact.stage != stage.value and contact_may_become(contact.stage, step.value):
            move_contact(session, contact, step.value)


def record(
    session: Session,
    contact: Contact,
    kind: ActivityType,
    subject: str,
    description: str | None,
    at: datetime,
    by: str,
    *,
    direction: Direction | None = None,
) -> None:
    """Writes what happened into the prospect's history; one `meeting` for each meeting, notes for what became of it."""
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=kind.value,
            direction=direction.value if direction else None,
            subject=subject,
            description=description,
            user_id=by,
            created_at=at,
        )
    )
    session.flush()
    refresh_engagement(session, contact)


def not_booked(session: Session, contact: Contact, mend: str) -> MeetingRefused:
    """Why there is no meeting to say something of."""
    last = next(iter(meetings_of(session, contact)), None)
    if last is None:
        return MeetingRefused(f"No meeting with {contact.full_name} is booked.", f"Book it: {mend}")
    return MeetingRefused(
        f"The meeting with {contact.full_name} of {day_of(last)} is {(last.status or '').replace('_', ' ')}; no other "
        "is booked.",
        f"For another one: {mend}",
    )


def day_of(row: Opportunity) -> str:
    """A meeting's day and time by this machine's clock, in words."""
    return f"{row.meeting_date.astimezone():%Y-%m-%d %H:%M}" if row.meeting_date else "a day to be named"


def as_option(when: datetime) -> str:
    """A time as `--on` of the commands takes it: by this machine's clock."""
    return f"{when.astimezone():%Y-%m-%dT%H:%M}"


def next_week(at: datetime) -> str:
    """A time to put into a command that is suggested, as `--on` takes it: the afternoon in a week from `at`."""
    return as_option((at.astimezone() + timedelta(days=7)).replace(hour=14, minute=0))


def update_of(row: Opportunity, *, changed: bool, did: str) -> MeetingUpdate:
    """A meeting as it stands now."""
    return MeetingUpdate(
        opportunity_id=row.id,
        contact_id=row.contact_id,
        contact=row.contact.full_name,
        organisation=row.contact.prospect.name,
        status=row.status or BOOKED,
        outcome=row.meeting_outcome,
        meeting_date=row.meeting_date,
        changed=changed,
        did=did,
    )
