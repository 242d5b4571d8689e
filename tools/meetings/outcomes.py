"""What became of a meeting: held, missed, an opportunity, nothing; and what the AE says of it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ActivityType, Channel, ContactStage, MeetingOutcome, OpportunityStatus, ProspectStatus
from db.lifecycle import OPEN, contact_may_become, move_contact, move_opportunity, move_prospect, prospect_may_become
from db.lifecycle import set_outcome as say_outcome
from db.models import Contact, Followup, Opportunity, OutreachSequence
from db.suppressions import skip_followups
from playbooks import Playbook
from tools.meetings.booking import (
    BOOKED,
    SUCCESSFUL,
    MeetingRefused,
    MeetingUpdate,
    booked_one,
    day_of,
    halt,
    meetings_of,
    next_week,
    not_booked,
    record,
    to_stage,
    update_of,
)
from tools.sequences import first_working_day

OPPORTUNITY = OpportunityStatus.OPPORTUNITY_CREATED.value


def held(session: Session, contact: Contact, at: datetime, by: str) -> MeetingUpdate:
    """The meeting took place: the sequence is over, the contact has been met. Raises MeetingRefused."""
    row = booked_one(session, contact)
    if row is None:
        last = next(iter(meetings_of(session, contact)), None)
        if last is not None and last.status in SUCCESSFUL:
            return update_of(last, changed=False, did="was recorded as held before")
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {next_week(at)}")
    if row.meeting_outcome == MeetingOutcome.NO_SHOW.value:
        raise MeetingRefused(
            f"{contact.full_name} did not come on {day_of(row)}, as you said.",
            f"If they came another day: outreach meeting rescheduled {contact.id[:8]} --on {next_week(at)}",
        )
    _refuse_ahead(row, contact, at)
    move_opportunity(session, row, OpportunityStatus.MEETING_HELD.value)
    row.meeting_held = True
    halt(session, contact, "completed", at)
    skip_followups(session, contact)
    to_stage(session, contact, ContactStage.MEETING_HELD)
    record(session, contact, ActivityType.NOTE, f"Meeting of {day_of(row)} held", None, at, by)
    return update_of(row, changed=True, did="was held")


def no_show(session: Session, contact: Contact, playbook: Playbook, at: datetime, by: str) -> MeetingUpdate:
    """They did not come: a follow-up by a person is due on the next working day. Raises MeetingRefused."""
    row = booked_one(session, contact)
    if row is None:
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {next_week(at)}")
    if row.meeting_outcome == MeetingOutcome.NO_SHOW.value:
        return update_of(row, changed=False, did="was recorded as missed before")
    _refuse_ahead(row, contact, at)
    say_outcome(session, row, MeetingOutcome.NO_SHOW.value)
    if contact_may_become(contact.stage, ContactStage.FOLLOW_UP.value):
        move_contact(session, contact, ContactStage.FOLLOW_UP.value)
    record(session, contact, ActivityType.NOTE, f"Did not come to the meeting of {day_of(row)}", None, at, by)
    if contact.do_not_contact:
        return update_of(row, changed=True, did="was missed; nobody follows up, since they are do-not-contact")
    due = _plan_follow_up(session, contact, playbook, at)
    return update_of(row, changed=True, did=f"was missed; following up is due on {due.due_date} by {due.channel}")


def _plan_follow_up(session: Session, contact: Contact, playbook: Playbook, at: datetime) -> Followup:
    """A follow-up without a touch's number: a person's to do, by telephone where there is a number. Once."""
    planned = session.scalars(
        select(Followup).where(
            Followup.contact_id == contact.id, Followup.touch_number.is_(None), Followup.state.in_(OPEN)
        )
    ).first()
    if planned is not None:
        return planned
    sequence_id = session.scalar(
        select(OutreachSequence.id)
        .where(OutreachSequence.contact_id == contact.id)
        .order_by(OutreachSequence.started_at.desc().nulls_last(), OutreachSequence.id)
        .limit(1)
    )
    day = first_working_day(playbook, (at.astimezone(UTC) + timedelta(days=1)).date())
    channel = Channel.CALL if contact.phone else Channel.EMAIL
    planned = Followup(contact_id=contact.id, sequence_id=sequence_id, channel=channel.value, due_date=day)
    session.add(planned)
    session.flush()
    return planned


def qualify(session: Session, contact: Contact, value: float | None, at: datetime, by: str) -> MeetingUpdate:
    """The meeting made an opportunity, worth `value`. Raises MeetingRefused."""
    row = booked_one(session, contact)
    if row is not None:
        raise MeetingRefused(
            f"The meeting with {contact.full_name} on {day_of(row)} was not held yet.",
            f"Once it was: outreach meeting held {contact.id[:8]}",
        )
    row = next(iter(meetings_of(session, contact)), None)
    if row is None or row.status not in SUCCESSFUL:
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {next_week(at)}")
    if row.status == OPPORTUNITY:
        if value is None or value == row.pipeline_value:
            return update_of(row, changed=False, did="was qualified before")
        row.pipeline_value = value
        record(session, contact, ActivityType.NOTE, f"Opportunity worth {value:,.0f}", None, at, by)
        return update_of(row, changed=True, did=f"was qualified before; it is worth {value:,.0f} now")
    move_opportunity(session, row, OPPORTUNITY)
    say_outcome(session, row, MeetingOutcome.QUALIFIED.value)
    row.opportunity_created, row.opportunity_created_date = True, at
    row.pipeline_value = value if value is not None else row.pipeline_value
    to_stage(session, contact, ContactStage.OPPORTUNITY)
    worth = f", worth {row.pipeline_value:,.0f}" if row.pipeline_value is not None else ""
    record(session, contact, ActivityType.NOTE, f"Opportunity created{worth}", None, at, by)
    return update_of(row, changed=True, did=f"is an opportunity{worth}")


def disqualify(session: Session, contact: Contact, reason: str, at: datetime, by: str) -> MeetingUpdate:
    """It is none for us: the meeting's outcome, and the end of it. Raises MeetingRefused."""
    return _end(session, contact, OpportunityStatus.DISQUALIFIED, reason, at, by)


def lose(session: Session, contact: Contact, reason: str, at: datetime, by: str) -> MeetingUpdate:
    """They do not want it, or bought elsewhere: lost. Raises MeetingRefused."""
    return _end(session, contact, OpportunityStatus.LOST, reason, at, by)


def _end(
    session: Session, contact: Contact, status: OpportunityStatus, reason: str, at: datetime, by: str
) -> MeetingUpdate:
    rows = meetings_of(session, contact)
    row = next((one for one in rows if one.status in (BOOKED, *SUCCESSFUL)), None)
    if row is None:
        if rows and rows[0].status == status.value:
            return update_of(rows[0], changed=False, did=f"was recorded as {status.value} before")
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {next_week(at)}")
    move_opportunity(session, row, status.value)
    row.disqualification_reason = reason
    if status is OpportunityStatus.DISQUALIFIED:
        say_outcome(session, row, MeetingOutcome.DISQUALIFIED.value)
    halt(session, contact, "completed", at)
    skip_followups(session, contact)
    if contact_may_become(contact.stage, ContactStage.CLOSED.value):
        move_contact(session, contact, ContactStage.CLOSED.value)
    _leave(session, contact, status, reason)
    record(session, contact, ActivityType.NOTE, f"Meeting: {status.value}", reason, at, by)
    return update_of(row, changed=True, did=f"is {status.value}: {reason}")


def _leave(session: Session, contact: Contact, status: OpportunityStatus, reason: str) -> None:
    """Without another meeting or opportunity there the organisation is no longer engaged: nurtured, or set aside."""
    going_on = session.scalar(
        select(Opportunity.id)
        .join(Contact, Contact.id == Opportunity.contact_id)
        .where(Contact.prospect_id == contact.prospect_id, Opportunity.status.in_((BOOKED, *SUCCESSFUL)))
        .limit(1)
    )
    lost = status is OpportunityStatus.LOST
    target = (ProspectStatus.NURTURE if lost else ProspectStatus.DEPRIORITIZED).value
    if going_on is None and prospect_may_become(contact.prospect.status, target):
        move_prospect(session, contact.prospect, target, f"the meeting is {status.value}: {reason}")


def feedback(session: Session, contact: Contact, words: str, at: datetime, by: str) -> MeetingUpdate:
    """What the AE says of the lead (OCC, opportunities.ae_feedback), after what was said before. Raises
    MeetingRefused."""
    row = next(iter(meetings_of(session, contact)), None)
    if row is None:
        raise not_booked(session, contact, f"outreach meeting booked {contact.id[:8]} --on {next_week(at)}")
    said = (row.ae_feedback or "").splitlines()
    if words in said:
        return update_of(row, changed=False, did="has this feedback already")
    row.ae_feedback = "\n".join([*said, words])
    record(session, contact, ActivityType.NOTE, "Feedback on the meeting", words, at, by)
    return update_of(row, changed=True, did="has the feedback")


def _refuse_ahead(row: Opportunity, contact: Contact, at: datetime) -> None:
    if row.meeting_date is not None and row.meeting_date.astimezone().date() > at.astimezone().date():
        raise MeetingRefused(
            f"The meeting with {contact.full_name} is still to come, on {day_of(row)}.",
            f"If it was on another day: outreach meeting rescheduled {contact.id[:8]} --on {at.astimezone():%Y-%m-%d}",
        )
