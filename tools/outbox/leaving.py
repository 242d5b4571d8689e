"""What may leave now, and why something else may not."""

from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, contains_eager, joinedload

from db.approvals import APPROVING, draft_hash, latest_decision, recipient_of
from db.enums import ApprovalStatus, Channel, ContactStatus, DeliveryState, SequenceStatus, TouchType
from db.errors import explain
from db.models import Contact, Delivery, InboundMessage, MessageDraft, Prospect
from db.queries.references import the_one
from tools.replies.intake import TYPED, made_here

HELD = {
    SequenceStatus.PAUSED.value: "is paused",
    SequenceStatus.STOPPED.value: "was stopped",
    SequenceStatus.COMPLETED.value: "is over",
}
"""The states in which a sequence sends nothing more, in words."""


class NotReady(ValueError):
    """This message may not leave now; the message says why in a sentence for the person."""


@dataclass(frozen=True)
class Outgoing:
    """One approved message as it would leave now. `claimed` is when it was written out by hand, if it was.

    `in_reply_to` and `references` are the Message-IDs, without angle brackets, of the thread that it goes on with.
    """

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
    references: tuple[str, ...] = ()


def ready(session: Session, playbook: str | None = None, now: datetime | None = None) -> list[Outgoing]:
    """What may leave now, the longest approved first."""
    statement = (
        select(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(MessageDraft.approval_status == ApprovalStatus.READY.value)
        .options(
            contains_eager(MessageDraft.contact).contains_eager(Contact.prospect),
            joinedload(MessageDraft.delivery),
            joinedload(MessageDraft.sequence),
        )
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
    return the_one(
        session,
        select(MessageDraft),
        MessageDraft.id,
        reference,
        what="draft",
        listed="outreach outbox",
        error=NotReady,
    )


def outgoing(session: Session, draft: MessageDraft, now: datetime | None = None) -> Outgoing:
    """A draft as it would leave now. Raises NotReady where it may not."""
    moment = now or datetime.now(UTC)
    contact = session.get(Contact, draft.contact_id)
    if contact is None:
        raise NotReady("The person whom this message is for was deleted; nothing is sent to them.")
    who = contact.full_name or contact.first_name
    if draft.approval_status != ApprovalStatus.READY.value:
        raise NotReady(f"The message to {who} is not approved and waiting (it is '{draft.approval_status}').")
    if contact.do_not_contact:
        raise NotReady(f"{who} does not want to be contacted ({contact.dnc_reason or 'no reason kept'}).")
    if draft.channel == "email" and contact.status == ContactStatus.BOUNCED.value:
        raise NotReady(f"The address of {who} does not work any more: mail to it came back.")
    recipient = recipient_of(contact, draft.channel)
    if not recipient:
        raise NotReady(f"{who} has no address for the channel {draft.channel}.")
    claim = _written_out(draft, who)
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
    thread = _thread(session, draft)
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
        in_reply_to=thread[-1] if thread else None,
        references=thread,
    )


def _written_out(draft: MessageDraft, who: str) -> Delivery | None:
    """The claim of a draft that was written out for a person to send; one that failed counts as none."""
    claim = draft.delivery
    if claim is None or claim.state == DeliveryState.FAILED.value:
        return None
    if claim.state == DeliveryState.UNCERTAIN.value:
        raise NotReady(
            f"Whether the message to {who} left is not known; look, and say: "
            f"outreach send --resolve {draft.id[:8]} sent (or not-sent)."
        )
    if claim.attempts:
        raise NotReady(f"The message to {who} is being sent, or its sending was cut off: outreach send settles that.")
    return claim


def _refuse_held_sequence(draft: MessageDraft, who: str) -> None:
    sequence = draft.sequence
    if sequence is None or draft.touch_type == TouchType.REPLY_DRAFT.value:
        return
    if sequence.status in HELD:
        raise NotReady(f"The sequence with {who} {HELD[sequence.status]}; its next message does not go out.")


def _thread(session: Session, draft: MessageDraft) -> tuple[str, ...]:
    """The Message-IDs that a mail goes on with, the earliest first: a reply draft answers the contact's latest mail, a
    later touch follows on from the touches of its sequence that were sent."""
    if draft.channel != Channel.EMAIL.value:
        return ()
    if draft.touch_type == TouchType.REPLY_DRAFT.value:
        answered = session.scalars(
            select(InboundMessage)
            .where(InboundMessage.contact_id == draft.contact_id, InboundMessage.kind == "human")
            .where(~InboundMessage.message_id.endswith(TYPED))
            .order_by(InboundMessage.received_at.desc())
            .limit(1)
        ).first()
        found = (*(answered.references_ids or ()), answered.message_id) if answered else ()
        return tuple(one for one in found if not made_here(one))
    if draft.sequence_id is None:
        return ()
    earlier = session.scalars(
        select(Delivery.message_id)
        .where(
            Delivery.sequence_id == draft.sequence_id,
            Delivery.channel == Channel.EMAIL.value,
            Delivery.state == DeliveryState.SENT.value,
            Delivery.touch_number < draft.touch_number,
        )
        .order_by(Delivery.touch_number)
    )
    return tuple(one for one in earlier if one)


def flush(session: Session) -> None:
    """Flushes; what the database's invariants refuse becomes a sentence for the person: NotReady."""
    try:
        session.flush()
    except DBAPIError as exc:
        fault = explain(exc)
        if fault is None:
            raise
        text = str(fault)
        raise NotReady(f"The database refused this: {text[:1].lower()}{text[1:]}") from exc
