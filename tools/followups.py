"""What a person does to a follow-up by hand, and the one reminder of what is overdue (OCC, followups)."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from db.enums import ActivityType, ApprovalStatus, Channel, FollowupState
from db.lifecycle import HALTED, OPEN, move_followup
from db.models import Activity, Contact, Followup
from db.queries.followups import FollowupRow, list_followups
from playbooks import Playbook
from tools.sequences import first_working_day, moment_on, plan_next, touch_done


class FollowupRefused(ValueError):
    """What a person asked of a follow-up cannot be done; the message says why in a sentence."""


def remind(session: Session, playbook: str | None = None) -> list[FollowupRow]:
    """What is overdue and was not named to a person yet; it counts as named from now on."""
    rows, _ = list_followups(session, playbook, states=(FollowupState.OVERDUE.value,), unreminded=True)
    for row in rows:
        session.get_one(Followup, row.id).reminder_sent = True
    session.flush()
    return rows


def complete(
    session: Session, playbook: Playbook, followup: Followup, reason: str | None, now: datetime, by: str
) -> bool:
    """Somebody did it another way: done, and its sequence goes on. False where it was done before.

    Raises FollowupRefused.
    """
    if followup.state == FollowupState.COMPLETED.value:
        return False
    _refuse(session, followup, "is done")
    sequence = followup.sequence
    if sequence is not None and followup.touch_number is not None and sequence.status not in HALTED:
        channel = followup.channel or Channel.EMAIL.value
        touch_done(session, playbook, sequence, touch=followup.touch_number, channel=channel, when=now)
    else:
        move_followup(session, followup, FollowupState.COMPLETED.value, now)
    _note(session, followup, "done by hand", reason, now, by)
    return True


def skip(session: Session, playbook: Playbook, followup: Followup, reason: str, now: datetime, by: str) -> bool:
    """It is left out, and its sequence goes on with the next touch. False where it was skipped before.

    Raises FollowupRefused.
    """
    if followup.state == FollowupState.SKIPPED.value:
        return False
    _refuse(session, followup, "is skipped")
    move_followup(session, followup, FollowupState.SKIPPED.value)
    sequence = followup.sequence
    if sequence is not None and followup.touch_number is not None:
        if sequence.status not in HALTED:
            sequence.current_step = max(sequence.current_step, followup.touch_number)
            plan_next(session, playbook, sequence, after=now)
        else:
            sequence.next_step_at = None
    _note(session, followup, "skipped by hand", reason, now, by)
    return True


def postpone(session: Session, playbook: Playbook, followup: Followup, day: date, now: datetime, by: str) -> date:
    """It is due on this day, or the first working day after; returns that. Raises FollowupRefused."""
    _refuse(session, followup, "has another day", drafted=True)
    due = first_working_day(playbook, day)
    if followup.due_date == due:
        return due
    followup.due_date = due
    move_followup(session, followup, FollowupState.PENDING.value)
    if followup.sequence is not None and followup.touch_number is not None:
        followup.sequence.next_step_at = moment_on(due)
    _note(session, followup, f"moved to {due}", None, now, by)
    return due


def _refuse(session: Session, followup: Followup, wish: str, *, drafted: bool = False) -> None:
    who = session.get_one(Contact, followup.contact_id, execution_options={"include_deleted": True}).full_name
    if followup.state not in OPEN:
        raise FollowupRefused(f"The follow-up to {who} is {followup.state}; that stands.")
    draft = followup.message_draft
    waits = (ApprovalStatus.DRAFT.value, ApprovalStatus.READY.value)
    if draft is not None and draft.approval_status in waits and not drafted:
        where = "outreach approve" if draft.approval_status == ApprovalStatus.DRAFT.value else "outreach outbox"
        raise FollowupRefused(
            f"A message for the follow-up to {who} is written; before it {wish}, decide on that: {where}."
        )


def _note(session: Session, followup: Followup, what: str, reason: str | None, now: datetime, by: str) -> None:
    contact = session.get_one(Contact, followup.contact_id, execution_options={"include_deleted": True})
    touch = f" (touch {followup.touch_number})" if followup.touch_number else ""
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=ActivityType.NOTE.value,
            subject=f"Follow-up{touch} {what}",
            description=reason,
            user_id=by,
            created_at=now,
        )
    )
    session.flush()
