"""Sequences of touches: what follows when a touch is done, when it is due, and what a person may do to a sequence.

`followups` holds the next touch, `outreach_sequences.next_step_at` the same moment; both change here together.
"""

from collections.abc import Sequence as Rows
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.approvals import recipient_of
from db.enums import ActivityType, Channel, Direction, FollowupState, ReplyIntent, SequenceStatus
from db.lifecycle import HALTED, OPEN, OVER, move_followup, move_sequence
from db.models import Activity, Contact, Followup, OutreachSequence, OutreachTemplate, Prospect, Reply
from db.queries.due import re_engagement_id
from playbooks import Playbook
from playbooks.sequences import Step
from tools.replies.handled import mark_handled

RE_ENGAGEMENT = "re_engagement"
MOST_TOUCHES = 6
"""OCC, message_drafts.touch_number: 1-6."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SequenceRefused(ValueError):
    """What a person asked of a sequence cannot be done; the message says why in a sentence."""


def step_of(playbook: Playbook, tier: str, touch: int) -> Step | None:
    """The step of a tier's sequence that a touch is; None beyond its end."""
    steps = playbook.steps_of(tier)
    return steps[touch - 1] if 0 < touch <= len(steps) else None


def moment_on(day: date) -> datetime:
    """When on a day its step is due, where nothing else gives an hour: 9:00 UTC."""
    return datetime.combine(day, time(9), UTC)


def first_working_day(playbook: Playbook, day: date) -> date:
    """This day, or the next one on which the playbook writes to anybody."""
    timing = playbook.timing
    for ahead in range(366):
        found = day + timedelta(days=ahead)
        if _WEEKDAYS[found.weekday()] in timing.weekdays and found.strftime("%m-%d") not in timing.closed:
            return found
    return day  # a playbook that is closed on every day of the year writes on none, or on all


def touch_done(
    session: Session,
    playbook: Playbook,
    sequence: OutreachSequence,
    *,
    touch: int,
    channel: str,
    when: datetime,
    draft_id: str | None = None,
) -> datetime | None:
    """Brings a sequence to a touch that was sent or made at `when`, and plans the next; returns when that is due.

    For touches of the sequence, whatever channel they went by; not for reply drafts. May run again for a touch.
    """
    contact = session.get_one(Contact, sequence.contact_id)
    if sequence.started_at is None:
        sequence.started_at = when
        session.add(
            Activity(
                prospect_id=contact.prospect_id,
                contact_id=contact.id,
                type=ActivityType.OUTREACH_STARTED.value,
                direction=Direction.OUTBOUND.value,
                created_at=when,
            )
        )
    sequence.current_step = max(sequence.current_step, touch)
    for done in _followups(session, sequence, OPEN):
        if done.touch_number is not None and done.touch_number <= touch:
            move_followup(session, done, FollowupState.COMPLETED.value, when)
            done.message_draft_id = draft_id or done.message_draft_id
    if sequence.status in HALTED:
        return None  # it left before the sequence was halted, and is recorded; nothing new is planned
    move_sequence(session, sequence, SequenceStatus.ACTIVE.value)
    return plan_next(session, playbook, sequence, after=when, otherwise=channel)


def plan_next(
    session: Session,
    playbook: Playbook,
    sequence: OutreachSequence,
    *,
    after: datetime,
    on: date | None = None,
    otherwise: str = Channel.EMAIL.value,
) -> datetime | None:
    """Plans the next touch that can reach the contact, or ends the sequence where there is none; returns its time.

    The touch is due as many days after `after` as its step waits, or `on` that day, and then on the first working day.
    `otherwise` is the channel where the playbook has no such step any more.
    """
    contact = session.get_one(Contact, sequence.contact_id)
    for touch in range(sequence.current_step + 1, sequence.total_steps + 1):
        step = step_of(playbook, sequence.tier, touch)
        channel = step.channel if step else otherwise
        if not recipient_of(contact, channel):
            continue
        day = on or (after + timedelta(days=_days(session, playbook, sequence.tier, touch, step))).date()
        due = datetime.combine(first_working_day(playbook, day), after.timetz())
        sequence.next_step_at = due
        _plan(session, sequence, touch, channel, due.date())
        return due
    move_sequence(session, sequence, SequenceStatus.COMPLETED.value, after)
    return None


_DEFAULT_WAIT_DAYS = 5


def _days(session: Session, playbook: Playbook, tier: str, touch: int, step: Step | None) -> int:
    if step is not None and step.days is not None:
        return step.days
    days = session.scalar(
        select(OutreachTemplate.days_after_previous).where(
            OutreachTemplate.playbook == playbook.name,
            OutreachTemplate.tier == tier,
            OutreachTemplate.step_number == touch,
        )
    )
    return _DEFAULT_WAIT_DAYS if days is None else days


def _followups(session: Session, sequence: OutreachSequence, states: tuple[str, ...]) -> Rows[Followup]:
    return session.scalars(
        select(Followup)
        .where(Followup.sequence_id == sequence.id, Followup.state.in_(states))
        .order_by(Followup.touch_number, Followup.id)
    ).all()


def _plan(session: Session, sequence: OutreachSequence, touch: int, channel: str, day: date) -> None:
    """The one follow-up of a touch: new, or the one that was planned or skipped before."""
    row = session.scalars(
        select(Followup)
        .where(
            Followup.sequence_id == sequence.id,
            Followup.touch_number == touch,
            Followup.state != FollowupState.COMPLETED.value,
        )
        .order_by(Followup.id)
    ).first()
    if row is None:
        row = Followup(contact_id=sequence.contact_id, sequence_id=sequence.id, touch_number=touch)
        session.add(row)
    row.channel, row.due_date = channel, day
    move_followup(session, row, FollowupState.PENDING.value)


# What a person does to a sequence by hand.


def pause(session: Session, sequence: OutreachSequence, now: datetime) -> None:
    """Halts a sequence until a person resumes it; what was planned is skipped. Raises SequenceRefused."""
    if sequence.status in OVER:
        raise SequenceRefused(f"It is {sequence.status}; nothing of it is left to pause.")
    _halt(session, sequence, SequenceStatus.PAUSED.value, now)
    _note_activity(session, sequence, ActivityType.OUTREACH_PAUSED, "paused by hand", now)


def stop(session: Session, sequence: OutreachSequence, now: datetime) -> None:
    """Ends a sequence for good; what was planned is skipped. Raises SequenceRefused where it is over."""
    if sequence.status in OVER:
        raise SequenceRefused(f"It is {sequence.status} already.")
    _halt(session, sequence, SequenceStatus.STOPPED.value, now)
    _note_activity(session, sequence, ActivityType.OUTREACH_COMPLETED, "stopped by hand", now)


def resume(
    session: Session, playbook: Playbook, sequence: OutreachSequence, now: datetime, on: date | None = None
) -> datetime | None:
    """Goes on with a paused sequence: its next touch is due `on` that day, today if not given; returns when.

    None where no touch is left, and the sequence is then completed. Raises SequenceRefused.
    """
    contact = session.get_one(Contact, sequence.contact_id)
    if sequence.status != SequenceStatus.PAUSED.value:
        raise SequenceRefused(f"It is {sequence.status}, not paused; only a paused sequence is resumed.")
    if contact.do_not_contact:
        raise SequenceRefused(f"{contact.full_name} does not want to be contacted; the sequence stays as it is.")
    went_on = SequenceStatus.ACTIVE if sequence.current_step else SequenceStatus.PENDING
    move_sequence(session, sequence, went_on.value)
    _note_activity(session, sequence, ActivityType.NOTE, "sequence resumed by hand", now)
    if not sequence.current_step:
        return None  # its first touch was never sent, and waits where it was
    return plan_next(session, playbook, sequence, after=now, on=on or now.date())


def _halt(session: Session, sequence: OutreachSequence, status: str, now: datetime) -> None:
    move_sequence(session, sequence, status, now)
    for followup in _followups(session, sequence, OPEN):
        move_followup(session, followup, FollowupState.SKIPPED.value)


def _note_activity(
    session: Session, sequence: OutreachSequence, kind: ActivityType, description: str, now: datetime
) -> None:
    session.add(
        Activity(
            prospect_id=sequence.prospect_id,
            contact_id=sequence.contact_id,
            type=kind.value,
            description=description,
            created_at=now,
        )
    )
    session.flush()


# What has come due.


@dataclass(frozen=True)
class Settled:
    """What `settle` changed: follow-ups whose day went by, touches passed over, people whose later time has come."""

    overdue: int = 0
    passed_over: int = 0
    re_engaged: int = 0


def settle(session: Session, playbook: Playbook, now: datetime) -> Settled:
    """Brings follow-ups up to `now` before the due ones are written. May run again; then it changes nothing.

    A day gone by makes a follow-up overdue. A touch that cannot reach its contact any more is passed over for the next
    one. Where somebody said 'not now' and their day has come, one touch in a sequence of its own is opened for them.
    """
    today = now.astimezone(UTC).date()
    rows = session.execute(
        select(Followup, OutreachSequence, Contact)
        .join(Contact, Contact.id == Followup.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .outerjoin(OutreachSequence, OutreachSequence.id == Followup.sequence_id)
        .where(Followup.state.in_(OPEN), Followup.due_date <= today, Prospect.playbook == playbook.name)
        .order_by(Followup.due_date, Followup.id)
    ).all()
    overdue = passed_over = re_engaged = 0
    for followup, sequence, contact in rows:
        if sequence is None or followup.touch_number is None:
            pass  # a person's own to do, after a meeting that was missed
        elif sequence.status in HALTED:
            re_engaged += _re_engage(session, playbook, followup, sequence, contact)
        elif not recipient_of(contact, followup.channel or Channel.EMAIL.value) and followup.message_draft_id is None:
            move_followup(session, followup, FollowupState.SKIPPED.value)
            plan_next(session, playbook, sequence, after=now)
            passed_over += 1
        if (
            followup.state == FollowupState.PENDING.value
            and followup.due_date is not None
            and followup.due_date < today
        ):
            move_followup(session, followup, FollowupState.OVERDUE.value)
            overdue += 1
    session.flush()
    return Settled(overdue, passed_over, re_engaged)


def _re_engage(
    session: Session, playbook: Playbook, followup: Followup, old: OutreachSequence, contact: Contact
) -> bool:
    """A sequence of one touch for somebody who said 'not now'; the old one is over. Whether there is one now."""
    if old.status == SequenceStatus.STOPPED.value or not said_not_now(session, contact.id):
        return False  # held for a person to look at, and the follow-up with it
    day = followup.due_date or date.min
    touch = min(MOST_TOUCHES, max(old.current_step, 1) + 1)
    fresh_id = re_engagement_id(followup.id)
    if session.get(OutreachSequence, fresh_id) is None:
        session.add(
            OutreachSequence(
                id=fresh_id,
                prospect_id=old.prospect_id,
                contact_id=contact.id,
                template_id=f"{playbook.name}:{old.tier}:{RE_ENGAGEMENT}",
                tier=old.tier,
                status=SequenceStatus.PENDING.value,
                current_step=touch - 1,
                total_steps=touch,
                next_step_at=moment_on(day),
                requires_approval=old.requires_approval,
            )
        )
        session.flush()
    if old.status == SequenceStatus.PAUSED.value:
        move_sequence(session, old, SequenceStatus.STOPPED.value)
    old.next_step_at = None
    followup.sequence_id, followup.touch_number = fresh_id, touch
    session.flush()
    return True


def said_not_now(session: Session, contact_id: str) -> bool:
    """Whether the last that a contact wrote was 'not now'."""
    last = session.scalar(
        select(Reply.intent).where(Reply.contact_id == contact_id).order_by(Reply.replied_at.desc(), Reply.id).limit(1)
    )
    return last == ReplyIntent.NOT_NOW.value


def reply_answered(session: Session, contact_id: str, when: datetime) -> None:
    """Notes on a contact's replies up to `when` that they were answered (OCC, replies.handled_at)."""
    for reply in session.scalars(
        select(Reply).where(
            Reply.contact_id == contact_id,
            Reply.handled_at.is_(None),
            Reply.replied_at.is_(None) | (Reply.replied_at <= when),
        )
    ):
        mark_handled(session, reply, "answered", when)


def is_re_engagement(sequence: OutreachSequence) -> bool:
    """Whether it is the one touch for somebody who said 'not now'."""
    return sequence.template_id.endswith(f":{RE_ENGAGEMENT}")
