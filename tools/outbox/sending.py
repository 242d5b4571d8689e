"""A message on its way: claimed before it may leave, recorded everywhere once it has left."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.approvals import APPROVING, draft_hash, latest_decision
from db.enums import (
    ActivityType,
    ApprovalStatus,
    ContactStage,
    DeliveryState,
    Direction,
    FollowupState,
    ProspectStatus,
    SequenceStatus,
    TouchType,
)
from db.errors import explain
from db.lifecycle import contact_may_become, move_contact, move_prospect, prospect_may_become
from db.models import (
    Activity,
    Contact,
    Delivery,
    Followup,
    MessageDraft,
    OutreachSequence,
    OutreachTemplate,
    Touchpoint,
)
from playbooks.model import Sender
from tools.outbox.leaving import HELD, NotReady, outgoing
from tools.outbox.mail import build_message, message_id_for


@dataclass(frozen=True)
class Sent:
    """What `mark_sent` recorded. `again` is true where it had been recorded before, and nothing was done."""

    draft_id: str
    contact_name: str
    organisation: str
    touchpoint_id: str | None
    next_due: datetime | None
    again: bool = False


def claim(session: Session, draft: MessageDraft, sender: Sender, now: datetime | None = None) -> Delivery:
    """The delivery of a draft, made where there is none yet: the intent to send it. Raises NotReady."""
    if draft.delivery is not None:
        return draft.delivery
    leaving = outgoing(session, draft, now)
    delivery = Delivery(
        draft=draft,
        version=draft.version,
        contact_id=draft.contact_id,
        sequence_id=draft.sequence_id,
        touch_number=draft.touch_number,
        touch_type=draft.touch_type,
        channel=draft.channel,
        recipient=leaving.recipient,
        message_id=message_id_for(draft.id, sender.email) if draft.channel == "email" else None,
        state=DeliveryState.CLAIMED.value,
        claimed_at=now or datetime.now(UTC),
    )
    session.add(delivery)
    _flush(session)
    return delivery


def export_eml(
    session: Session, draft: MessageDraft, sender: Sender, folder: Path, now: datetime | None = None
) -> Path:
    """Claims a draft and writes its mail into `folder`; the file is named after the person and the draft.

    Raises NotReady where it may not leave, OSError where the file cannot be written (the claim is then undone
    with the transaction).
    """
    moment = now or datetime.now(UTC)
    leaving = outgoing(session, draft, moment)
    message = build_message(leaving, sender, moment)
    claim(session, draft, sender, moment)
    folder.mkdir(parents=True, exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", f"{leaving.organisation} {leaving.contact_name}".lower()).strip("-")[:60]
    path = folder / f"{name or 'message'}-{draft.id[:8]}.eml"
    path.write_bytes(message.as_bytes())
    return path


def mark_sent(session: Session, draft_id: str, when: datetime, by: str, sender: Sender) -> Sent:
    """Records that a message has left at `when`, everywhere that it shows. Idempotent. Raises NotReady.

    The delivery is sent, the draft too; a touchpoint and an activity say so; the contact's stage and the prospect's
    status move; the sequence goes on to its next step, which gets a follow-up.
    """
    draft = session.get(MessageDraft, draft_id)
    if draft is None:
        raise NotReady(f"There is no draft {draft_id}.")
    contact, sequence = draft.contact, draft.sequence
    who, where = contact.full_name or contact.first_name, contact.prospect.name
    if draft.approval_status == ApprovalStatus.SENT.value:
        due = sequence.next_step_at if sequence else None
        touchpoint_id = session.scalar(select(Touchpoint.id).where(Touchpoint.message_draft_id == draft.id))
        return Sent(draft.id, who, where, touchpoint_id, due, again=True)
    if draft.delivery is None or draft.delivery.state != DeliveryState.CLAIMED.value:
        outgoing(session, draft, when)
    delivery = claim(session, draft, sender, when)
    decision = latest_decision(session, draft)
    if decision is None or decision.decision not in APPROVING or decision.content_hash != draft_hash(draft):
        raise NotReady(f"What was approved for {who} is not this text to this recipient; approve it again.")
    delivery.state, delivery.sent_at, delivery.updated_at = DeliveryState.SENT.value, when, when
    delivery.attempts += 1
    draft.approval_status = ApprovalStatus.SENT.value
    touchpoint = Touchpoint(
        contact_id=contact.id,
        message_draft_id=draft.id,
        sequence_id=draft.sequence_id,
        channel=draft.channel,
        touch_number=draft.touch_number,
        sent_at=when,
        confirmed_by_user=True,
    )
    session.add(touchpoint)
    _flush(session)
    _record(session, draft, contact, when, by)
    due = _advance(session, sequence, draft, contact, when) if sequence is not None else None
    _flush(session)
    return Sent(draft.id, who, where, touchpoint.id, due)


def _record(session: Session, draft: MessageDraft, contact: Contact, when: datetime, by: str) -> None:
    contact.last_contacted_at = max(filter(None, (contact.last_contacted_at, when)))
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=(ActivityType.EMAIL_SENT if draft.channel == "email" else ActivityType.NOTE).value,
            direction=Direction.OUTBOUND.value,
            subject=draft.subject_line,
            description=f"touch {draft.touch_number} sent by {draft.channel}",
            email_template_id=draft.sequence.template_id if draft.sequence else None,
            email_sequence_step=draft.touch_number if draft.sequence_id else None,
            user_id=by,
            created_at=when,
        )
    )
    first = draft.touch_number == 1 and contact.stage not in (
        ContactStage.SENT.value,
        ContactStage.FOLLOW_UP.value,
    )
    stage = ContactStage.SENT if first else ContactStage.FOLLOW_UP
    if draft.touch_type != TouchType.REPLY_DRAFT.value and contact_may_become(contact.stage, stage.value):
        move_contact(session, contact, stage.value)
    prospect = contact.prospect
    if prospect.status != ProspectStatus.ENGAGED.value and prospect_may_become(
        prospect.status, ProspectStatus.OUTREACH_ACTIVE.value
    ):
        move_prospect(session, prospect, ProspectStatus.OUTREACH_ACTIVE.value, "a message was sent")


def _advance(
    session: Session, sequence: OutreachSequence, draft: MessageDraft, contact: Contact, when: datetime
) -> datetime | None:
    """Brings the sequence to the touch that was sent, and plans the next one; returns when that is due."""
    if draft.channel == "email":
        sequence.emails_sent += 1
    if draft.touch_type == TouchType.REPLY_DRAFT.value:
        return None
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
    sequence.current_step = max(sequence.current_step, draft.touch_number)
    for done in session.scalars(
        select(Followup).where(
            Followup.contact_id == contact.id,
            Followup.sequence_id == sequence.id,
            Followup.touch_number == draft.touch_number,
            Followup.state.in_((FollowupState.PENDING.value, FollowupState.OVERDUE.value)),
        )
    ):
        done.state, done.completed_at = FollowupState.COMPLETED.value, when
        done.message_draft_id = draft.id
    if sequence.status in HELD:
        return None  # it left before the sequence was halted, and is recorded; nothing new is planned
    if sequence.current_step >= sequence.total_steps:
        sequence.status, sequence.completed_at = SequenceStatus.COMPLETED.value, when
        sequence.next_step_at = None
        return None
    sequence.status = SequenceStatus.ACTIVE.value
    sequence.next_step_at = when + timedelta(days=_days_to_next(session, sequence, contact.prospect.playbook))
    step = sequence.current_step + 1
    planned = session.scalar(
        select(Followup.id).where(Followup.sequence_id == sequence.id, Followup.touch_number == step)
    )
    if planned is None:
        session.add(
            Followup(
                contact_id=contact.id,
                sequence_id=sequence.id,
                touch_number=step,
                channel=draft.channel,
                due_date=sequence.next_step_at.date(),
                state=FollowupState.PENDING.value,
            )
        )
    return sequence.next_step_at


_DEFAULT_WAIT_DAYS = 5


def _days_to_next(session: Session, sequence: OutreachSequence, playbook: str) -> int:
    days = session.scalar(
        select(OutreachTemplate.days_after_previous).where(
            OutreachTemplate.playbook == playbook,
            OutreachTemplate.tier == sequence.tier,
            OutreachTemplate.step_number == sequence.current_step + 1,
        )
    )
    return _DEFAULT_WAIT_DAYS if days is None else days


def _flush(session: Session) -> None:
    """Flushes; what the database's invariants refuse becomes a sentence for the person."""
    try:
        session.flush()
    except DBAPIError as exc:
        fault = explain(exc)
        if fault is None:
            raise
        raise NotReady(_sentence(fault)) from exc


def _sentence(fault: Exception) -> str:
    text = str(fault)
    return f"The database refused this: {text[:1].lower()}{text[1:]}"
