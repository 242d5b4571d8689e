"""What is approved and ready to leave: listed, written out as mail, and recorded once it has left.

A message leaves in three steps that are each kept: claimed (a row in `deliveries`), sent, recorded. Writing it to
a file claims it, for from then on it may leave; so its Message-ID is known when an answer comes.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.approvals import APPROVING, draft_hash, latest_decision, recipient_of
from db.enums import (
    ActivityType,
    ApprovalStatus,
    ContactStage,
    ContactStatus,
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
    InboundMessage,
    MessageDraft,
    OutreachSequence,
    OutreachTemplate,
    Prospect,
    Touchpoint,
)
from playbooks.model import Sender

_HELD = {
    SequenceStatus.PAUSED.value: "is paused",
    SequenceStatus.STOPPED.value: "was stopped",
    SequenceStatus.COMPLETED.value: "is over",
}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")


class _Exact(EmailPolicy):
    """The SMTP policy, so that a header arrives as it was written.

    The standard library's own folding breaks ids that are longer than a line into encoded words, which no mail
    program reads as an id, and loses a space between two encoded words of a long subject or name.
    """

    def fold(self, name: str, value: Any) -> str:
        key = name.lower()
        if key in _WHOLE:
            return f"{name}: {value}{self.linesep}"
        if str(value).isascii():
            return str(super().fold(name, value))
        if key in ("from", "to"):
            one = value.addresses[0]
            shown = _encoded(one.display_name, name, self.linesep)
            return f"{name}: {shown}{self.linesep} <{one.addr_spec}>{self.linesep}"
        return f"{name}: {_encoded(str(value), name, self.linesep)}{self.linesep}"

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii")


def _encoded(text: str, name: str, linesep: str) -> str:
    return Header(text, "utf-8", header_name=name).encode(linesep=linesep)


_WHOLE = ("message-id", "in-reply-to", "references", "list-unsubscribe")
_MAIL = _Exact(linesep="\r\n")


class NotReady(ValueError):
    """This message may not leave now; the message says why in a sentence for the person."""


@dataclass(frozen=True)
class Outgoing:
    """One approved message as it would leave now. `claimed` is when it was written out, if it was."""

    draft_id: str
    version: int
    contact_id: str
    contact_name: str
    organisation: str
    playbook: str
    channel: str
    recipient: str
    subject: str
    body: str
    touch_number: int
    approved_by: str
    approved_at: datetime
    expires_at: datetime | None
    claimed: datetime | None
    in_reply_to: str | None = None


@dataclass(frozen=True)
class Sent:
    """What `mark_sent` recorded. `again` is true where it had been recorded before, and nothing was done."""

    draft_id: str
    contact_name: str
    organisation: str
    touchpoint_id: str | None
    next_due: datetime | None
    again: bool = False


def message_id_for(draft_id: str, sender_address: str) -> str:
    """The Message-ID of a draft's mail, without angle brackets: the same however often it is asked for."""
    return f"{draft_id}@{sender_address.rpartition('@')[2].lower()}"


def ready(session: Session, playbook: str | None = None, now: datetime | None = None) -> list[Outgoing]:
    """What may leave now, the longest approved first."""
    statement = (
        select(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(MessageDraft.approval_status == ApprovalStatus.READY.value)
    )
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    found: list[Outgoing] = []
    for draft in session.scalars(statement):
        try:
            found.append(outgoing(session, draft, now))
        except NotReady:
            continue
    return sorted(found, key=lambda one: (one.approved_at, one.draft_id))


def find(session: Session, reference: str) -> MessageDraft:
    """The draft of an id or of the beginning of one. Raises NotReady where none or several fit."""
    prefix = reference.strip().lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", prefix):
        raise NotReady(f"'{reference}' is no draft's id: give one that `outreach outbox` lists, or its beginning.")
    fitting = session.scalars(
        select(MessageDraft).where(MessageDraft.id >= prefix, MessageDraft.id <= prefix + "g").limit(2)
    ).all()
    if not fitting:
        raise NotReady(f"There is no draft whose id begins with {prefix}.")
    if len(fitting) > 1:
        raise NotReady(f"Several drafts' ids begin with {prefix}; give more of it.")
    return fitting[0]


def outgoing(session: Session, draft: MessageDraft, now: datetime | None = None) -> Outgoing:
    """A draft as it would leave now. Raises NotReady where it may not."""
    moment = now or datetime.now(UTC)
    contact = draft.contact
    who = contact.full_name or contact.first_name
    if draft.approval_status != ApprovalStatus.READY.value:
        raise NotReady(f"The message to {who} is not approved and waiting (it is '{draft.approval_status}').")
    if contact.deleted_at is not None:
        raise NotReady(f"{who} was deleted; nothing is sent to them.")
    if contact.do_not_contact:
        raise NotReady(f"{who} does not want to be contacted ({contact.dnc_reason or 'no reason kept'}).")
    if draft.channel == "email" and contact.status == ContactStatus.BOUNCED.value:
        raise NotReady(f"The address of {who} does not work any more: mail to it came back.")
    recipient = recipient_of(contact, draft.channel)
    if not recipient:
        raise NotReady(f"{who} has no address for the channel {draft.channel}.")
    claim = draft.delivery
    if claim is None:
        _refuse_held_sequence(draft, who)
    decision = latest_decision(session, draft)
    if decision is None or decision.decision not in APPROVING:
        raise NotReady(f"The latest decision on the message to {who} does not approve it.")
    if decision.content_hash != draft_hash(draft) or decision.contact_id != contact.id:
        raise NotReady(
            f"The text or recipient of the message to {who} changed after it was approved; approve it again."
        )
    if claim is None and decision.expires_at is not None and decision.expires_at <= moment:
        raise NotReady(f"The approval of the message to {who} has lapsed; approve it again.")
    return Outgoing(
        draft_id=draft.id,
        version=draft.version,
        contact_id=contact.id,
        contact_name=who,
        organisation=contact.prospect.name,
        playbook=contact.prospect.playbook,
        channel=draft.channel,
        recipient=recipient,
        subject=draft.subject_line or "",
        body=draft.body,
        touch_number=draft.touch_number,
        approved_by=decision.decided_by,
        approved_at=decision.decided_at,
        expires_at=decision.expires_at,
        claimed=claim.claimed_at if claim else None,
        in_reply_to=_answered(session, draft),
    )


def _refuse_held_sequence(draft: MessageDraft, who: str) -> None:
    sequence = draft.sequence
    if sequence is None or draft.touch_type == TouchType.REPLY_DRAFT.value:
        return
    if sequence.status in _HELD:
        raise NotReady(f"The sequence with {who} {_HELD[sequence.status]}; its next message does not go out.")


def _answered(session: Session, draft: MessageDraft) -> str | None:
    """The Message-ID that a reply draft answers: the contact's latest."""
    if draft.touch_type != TouchType.REPLY_DRAFT.value:
        return None
    return session.scalar(
        select(InboundMessage.message_id)
        .where(InboundMessage.contact_id == draft.contact_id, InboundMessage.kind == "human")
        .order_by(InboundMessage.received_at.desc())
        .limit(1)
    )


def build_message(leaving: Outgoing, sender: Sender, when: datetime) -> EmailMessage:
    """The mail as it leaves: recipient from the contact's row, text exactly as approved. Raises NotReady.

    Headers hold no line breaks or control characters; the List-Unsubscribe header (RFC 2369) asks for a mail.
    """
    if leaving.channel != "email":
        raise NotReady(f"The message to {leaving.contact_name} goes by {leaving.channel}, not by mail.")
    for address in (leaving.recipient, sender.email):
        if not _ADDRESS.fullmatch(address) or not address.isascii():
            raise NotReady(f"'{_one_line(address)}' is not an address that mail can be sent to.")
    message = EmailMessage(policy=_MAIL)
    message["From"] = Address(_one_line(sender.name), addr_spec=sender.email)
    message["To"] = Address(_one_line(leaving.contact_name), addr_spec=leaving.recipient)
    message["Subject"] = _one_line(leaving.subject)
    message["Date"] = when
    message["Message-ID"] = f"<{message_id_for(leaving.draft_id, sender.email)}>"
    if leaving.in_reply_to and leaving.in_reply_to.isascii():
        message["In-Reply-To"] = message["References"] = f"<{_one_line(leaving.in_reply_to)}>"
    message["List-Unsubscribe"] = f"<mailto:{sender.email}?subject=unsubscribe>"
    message.set_content(leaving.body, cte="quoted-printable" if not leaving.body.isascii() else None)
    return message


def _one_line(text: str) -> str:
    return " ".join(_CONTROL.sub(" ", text).split())


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
    if sequence.status in _HELD:
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
