"""A message on its way: claimed before it may leave, recorded everywhere once it has left."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
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
    ProspectStatus,
    TouchType,
)
from db.errors import explain
from db.lifecycle import contact_may_become, move_contact, move_prospect, prospect_may_become
from db.models import (
    Activity,
    Contact,
    Delivery,
    MessageDraft,
    OutreachSequence,
    Touchpoint,
)
from playbooks import Sender, load_playbook
from tools.outbox.leaving import NotReady, outgoing
from tools.outbox.mail import build_message, message_id_for
from tools.sequences import reply_answered, touch_done


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
    due = _advance(session, sequence, draft, when) if sequence is not None else None
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
