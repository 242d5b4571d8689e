"""A message on its way: claimed before it may leave, recorded everywhere once it has left."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import (
    ActivityType,
    ApprovalStatus,
    Channel,
    ContactStage,
    DeliveryState,
    Direction,
    ProspectStatus,
    TouchType,
)
from db.lifecycle import contact_may_become, move_contact, move_prospect, prospect_may_become
from db.models import (
    Activity,
    Contact,
    Delivery,
    MessageDraft,
    OutreachSequence,
    Touchpoint,
)
from playbooks import load_playbook
from playbooks.model import Sender
from tools.batches.progress import follow_batch
from tools.engagement import refresh_engagement
from tools.outbox.calls import Call, answered
from tools.outbox.leaving import NotReady, Outgoing, flush, outgoing
from tools.outbox.mail import build_message, message_id_for
from tools.sequences import reply_answered, touch_done

_ACTIVITY = {
    Channel.EMAIL.value: ActivityType.EMAIL_SENT.value,
    Channel.CALL.value: ActivityType.CALL.value,
    Channel.LINKEDIN.value: ActivityType.NOTE.value,
}


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
    if draft.delivery is not None and draft.delivery.state != DeliveryState.FAILED.value:
        return draft.delivery
    leaving = outgoing(session, draft, now)
    if draft.delivery is not None:
        return _claim_again(session, draft.delivery, leaving, sender, now or datetime.now(UTC))
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
    flush(session)
    return delivery


def _claim_again(session: Session, delivery: Delivery, leaving: Outgoing, sender: Sender, now: datetime) -> Delivery:
    """A delivery that failed, claimed anew, of what is approved now; no attempt to send it by SMTP stands to it yet."""
    delivery.attempts = 0
    delivery.state, delivery.claimed_at, delivery.updated_at = DeliveryState.CLAIMED.value, now, now
    delivery.version, delivery.recipient = leaving.version, leaving.recipient
    if leaving.channel == "email":
        delivery.message_id = message_id_for(leaving.draft_id, sender.email)
    flush(session)
    return delivery


def export_eml(session: Session, draft: MessageDraft, sender: Sender, folder: Path) -> Path:
    """Claims a draft and writes its mail into `folder`; the file is named after the person and the draft.

    Raises NotReady where it may not leave, OSError where the file cannot be written (the claim is then undone
    with the transaction).
    """
    moment = datetime.now(UTC)
    leaving = outgoing(session, draft, moment)
    message = build_message(leaving, sender, moment)
    claim(session, draft, sender, moment)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file_name(leaving)
    path.write_bytes(message.as_bytes())
    return path


def file_name(leaving: Outgoing) -> str:
    """What the file of a mail is called."""
    name = re.sub(r"[^a-z0-9]+", "-", f"{leaving.organisation} {leaving.contact_name}".lower()).strip("-")[:60]
    return f"{name or 'message'}-{leaving.draft_id[:8]}.eml"


def mark_sent(
    session: Session, draft_id: str, when: datetime, by: str, sender: Sender, call: Call | None = None
) -> Sent:
    """Records that a message has left at `when`, everywhere that it shows. Idempotent. Raises NotReady.

    The delivery is sent, the draft too; a touchpoint and an activity say so; the contact's stage and the prospect's
    status move; the sequence goes on to its next step, which gets a follow-up. `call` is what came of a call.
    """
    draft = session.get(MessageDraft, draft_id)
    if draft is None:
        raise NotReady(f"There is no draft {draft_id}.")
    # One who was deleted meanwhile was written to all the same.
    contact = session.get_one(Contact, draft.contact_id, execution_options={"include_deleted": True})
    sequence = draft.sequence
    who, where = contact.full_name or contact.first_name, contact.prospect.name
    if draft.approval_status == ApprovalStatus.SENT.value:
        due = sequence.next_step_at if sequence else None
        touchpoint_id = session.scalar(select(Touchpoint.id).where(Touchpoint.message_draft_id == draft.id))
        return Sent(draft.id, who, where, touchpoint_id, due, again=True)
    # What was claimed was approved then, and its text is frozen since: that it left is written down, whatever came in
    # between (an opt-out, a decision taken back, another address).
    delivery = claim(session, draft, sender, when)
    delivery.state, delivery.sent_at, delivery.updated_at = DeliveryState.SENT.value, when, datetime.now(UTC)
    delivery.attempts = max(1, delivery.attempts)
    draft.approval_status = ApprovalStatus.SENT.value
    touchpoint = Touchpoint(
        contact_id=contact.id,
        message_draft_id=draft.id,
        sequence_id=draft.sequence_id,
        channel=draft.channel,
        touch_number=draft.touch_number,
        sent_at=when,
        confirmed_by_user=True,
        outcome=call.outcome if call else None,
        call_duration_seconds=call.seconds if call else None,
        call_notes=call.notes if call else None,
    )
    session.add(touchpoint)
    flush(session)
    _record(session, draft, contact, when, by, call)
    if call is not None:
        answered(session, contact, call, when)
    due = _advance(session, sequence, draft, when) if sequence is not None else None
    flush(session)
    if draft.batch is not None:
        follow_batch(session, draft.batch)
    return Sent(draft.id, who, where, touchpoint.id, due)


def _record(
    session: Session, draft: MessageDraft, contact: Contact, when: datetime, by: str, call: Call | None
) -> None:
    contact.last_contacted_at = max(filter(None, (contact.last_contacted_at, when)))
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=_ACTIVITY[draft.channel],
            direction=Direction.OUTBOUND.value,
            subject=draft.subject_line,
            description=call.told() if call else f"touch {draft.touch_number} sent by {draft.channel}",
            email_template_id=draft.sequence.template_id if draft.sequence else None,
            email_sequence_step=draft.touch_number if draft.sequence_id else None,
            user_id=by,
            created_at=when,
        )
    )
    refresh_engagement(session, contact)
    first = draft.touch_number == 1 and contact.stage not in (
        ContactStage.SENT.value,
        ContactStage.FOLLOW_UP.value,
    )
    stage = ContactStage.SENT if first else ContactStage.FOLLOW_UP
    if contact.stage in (ContactStage.MEETING_BOOKED.value, ContactStage.MEETING_HELD.value):
        return  # it left before they agreed to meet; the organisation is engaged
    if draft.touch_type != TouchType.REPLY_DRAFT.value and contact_may_become(contact.stage, stage.value):
        move_contact(session, contact, stage.value)
    prospect = contact.prospect
    if prospect.status != ProspectStatus.ENGAGED.value and prospect_may_become(
        prospect.status, ProspectStatus.OUTREACH_ACTIVE.value
    ):
        move_prospect(session, prospect, ProspectStatus.OUTREACH_ACTIVE.value, "a message was sent")


def _advance(session: Session, sequence: OutreachSequence, draft: MessageDraft, when: datetime) -> datetime | None:
    if draft.channel == "email":
        sequence.emails_sent += 1
    if draft.touch_type == TouchType.REPLY_DRAFT.value:
        reply_answered(session, draft.contact_id, when)
        return None
    playbook = load_playbook(draft.contact.prospect.playbook)
    return touch_done(
        session, playbook, sequence, touch=draft.touch_number, channel=draft.channel, when=when, draft_id=draft.id
    )
