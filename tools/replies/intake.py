"""Mail comes in: stored once, told apart by what it is, and matched to the message that it answers.

What counts as proof of a thread is one of our own Message-IDs: they are made from a draft's random id, and only
who got the mail has seen one. A sender's address is no proof, since anybody can write it.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.enums import Channel, values
from db.models import AgentAuditLog, Contact, Delivery, InboundMessage, Prospect, Reply
from db.models.inbound import BY_PERSON
from tools.mail import Mail, human_text, read_mail, sort_mail
from tools.mail.limits import MAX_CHARS

AGENT = "reply_triage"
_MADE = "made.invalid"
"""The domain of the Message-IDs that were made for messages without one: no other program knows them."""
TYPED = f".{_MADE}"
"""How the Message-IDs end of what a person typed in, behind the channel that it came by."""
PROOF = ("in_reply_to", "references", "body", BY_PERSON)
_OUR_ID = re.compile(r"(?<![0-9a-f])([0-9a-f]{32}@[A-Za-z0-9.-]{1,253}[A-Za-z0-9])")
_SCANNED = 200_000
_IDS = 50


@dataclass(frozen=True)
class TakenMail:
    """What became of one mail. `new` is false for one stored before; `matched_by` None is unmatched."""

    inbound_id: str
    message_id: str
    new: bool
    kind: str
    matched_by: str | None
    contact_id: str | None
    from_address: str
    subject: str


def take_in(session: Session, raw: bytes, *, now: datetime | None = None) -> TakenMail:
    """Stores a raw mail, unless its Message-ID is there already, and matches it. Raises UnreadableMail.

    A mail without a Message-ID gets one made from its content's hash, and so does one that bears an id as they are made
    here: anybody can write that, and it would say that the message came by another channel, or keep out a message
    whose words can be guessed. An unmatched one is put up for review.
    """
    mail = read_mail(raw)
    message_id = mail.message_id
    if not message_id or made_here(message_id):
        message_id = f"{hashlib.sha256(raw).hexdigest()}@{_MADE}"
    known = _stored(session, message_id)
    if known is not None:
        return _taken(known, new=False)
    arrived = now or datetime.now(UTC)
    sorted_mail = sort_mail(mail, (mail.date or arrived).date())
    delivery, contact, matched_by = match(session, mail, raw)
    inbound = InboundMessage(
        message_id=message_id,
        in_reply_to=mail.in_reply_to,
        references_ids=list(mail.references),
        from_address=mail.from_address or None,
        to_address=mail.to_address or None,
        subject=mail.subject or None,
        raw=raw_text(raw),
        text=human_text(mail.text),
        kind=sorted_mail.kind.value,
        matched_by=matched_by,
        delivery_id=delivery.id if delivery else None,
        contact_id=contact.id if contact else None,
        received_at=_received(mail, arrived),
    )
    try:
        with session.begin_nested():
            session.add(inbound)
            session.flush()
    except IntegrityError:
        # Another process stored the same mail in between.
        known = _stored(session, message_id)
        if known is None:
            raise
        return _taken(known, new=False)
    if contact is None:
        session.add(
            AgentAuditLog(
                agent_name=AGENT,
                action="inbound_unmatched",
                details={
                    "inbound_id": inbound.id,
                    "from": mail.from_address,
                    "subject": mail.subject[:200],
                    "kind": sorted_mail.kind.value,
                },
                requires_review=True,
            )
        )
    return _taken(inbound, new=True)


def match(session: Session, mail: Mail, raw: bytes = b"") -> tuple[Delivery | None, Contact | None, str | None]:
    """What a mail answers: the delivery and its contact, and by what it was matched.

    In-Reply-To comes first, then References (the latest first), then one of our Message-IDs quoted anywhere in
    the mail, then the sender's address, which gives a contact and no delivery.
    """
    if mail.in_reply_to and (found := _delivery(session, [mail.in_reply_to])):
        return found, found.contact, "in_reply_to"
    if found := _delivery(session, list(reversed(mail.references))):
        return found, found.contact, "references"
    quoted = "\n".join((*mail.returned, *mail.reports, mail.text)) + "\n" + raw_text(raw[:_SCANNED])
    ids = list(dict.fromkeys(_OUR_ID.findall(quoted)))[:_IDS]
    if found := _delivery(session, ids):
        return found, found.contact, "body"
    if mail.from_address:
        contact = session.scalars(
            select(Contact)
            .where(func.lower(Contact.email) == mail.from_address)
            .order_by(Contact.last_contacted_at.desc().nulls_last(), Contact.id)
            .limit(1)
        ).first()
        if contact is not None:
            return None, contact, "sender"
    return None, None, None


def typed_id(channel: str, *said: str) -> str:
    """The Message-ID of what a person typed in: the same for the same words."""
    return f"{hashlib.sha256(json.dumps(said).encode()).hexdigest()}@{channel}{TYPED}"


def made_here(message_id: str) -> bool:
    """Whether a Message-ID was made here, for a message that came without one."""
    domain = message_id.rpartition("@")[2].strip(">").lower()
    return domain == _MADE or domain.endswith(TYPED)


def channel_of(inbound: InboundMessage) -> str:
    """The channel that a message came by; what came as a mail came by email."""
    name = inbound.message_id.rpartition("@")[2].removesuffix(TYPED)
    return name if name in values(Channel) else Channel.EMAIL.value


def raw_text(raw: bytes) -> str:
    """Raw mail as text that both databases keep: UTF-8, else Latin-1; NUL, which PostgreSQL refuses, as U+FFFD."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("latin-1")
    return text.replace("\x00", "\ufffd")


def _delivery(session: Session, ids: list[str]) -> Delivery | None:
    if not ids:
        return None
    # Message-IDs are compared whole, but some mail programs change the case of the domain.
    rows = {
        (delivery.message_id or "").strip("<>").lower(): delivery
        for delivery in session.scalars(
            select(Delivery).where(
                Delivery.message_id.in_(
                    [form for one in ids for form in (one, f"<{one}>", one.lower(), f"<{one.lower()}>")]
                )
            )
        )
    }
    return next((rows[one.lower()] for one in ids if one.lower() in rows), None)


def _received(mail: Mail, arrived: datetime) -> datetime:
    """The mail's own date where it can be true: not after its arrival."""
    return mail.date if mail.date is not None and mail.date <= arrived else arrived


def _stored(session: Session, message_id: str) -> InboundMessage | None:
    return session.scalars(select(InboundMessage).where(InboundMessage.message_id == message_id)).one_or_none()


def _taken(inbound: InboundMessage, *, new: bool) -> TakenMail:
    return TakenMail(
        inbound_id=inbound.id,
        message_id=inbound.message_id,
        new=new,
        kind=inbound.kind or "human",
        matched_by=inbound.matched_by,
        contact_id=inbound.contact_id,
        from_address=inbound.from_address or "",
        subject=(inbound.subject or "")[:MAX_CHARS],
    )


def received(
    session: Session, *, ids: Sequence[str] | None = None, limit: int | None = None, playbook: str | None = None
) -> list[dict[str, Any]]:
    """What came in, the newest first, with what triage made of it: all, or the messages with these ids, or of the
    contacts of this playbook."""
    statement = (
        select(InboundMessage, Reply, Contact)
        .outerjoin(Reply, Reply.inbound_message_id == InboundMessage.id)
        .outerjoin(Contact, Contact.id == InboundMessage.contact_id)
        .order_by(InboundMessage.received_at.desc(), InboundMessage.id)
        .limit(limit)
    )
    if ids is not None:
        statement = statement.where(InboundMessage.id.in_(ids))
    if playbook is not None:
        statement = statement.join(Prospect, Prospect.id == Contact.prospect_id).where(Prospect.playbook == playbook)
    return [
        {
            "inbound_id": message.id,
            "message_id": message.message_id,
            "received_at": message.received_at,
            "from": message.from_address,
            "subject": message.subject,
            "contact_id": message.contact_id,
            "contact": contact.full_name if contact else None,
            "kind": message.kind,
            "matched_by": message.matched_by,
            "triaged": message.processed_at is not None,
            "intent": reply.intent if reply else None,
            "reply_tag": reply.reply_tag if reply else None,
            "confidence": reply.confidence if reply else None,
            "summary": reply.summary if reply else None,
            "next_step": reply.recommended_next_step if reply else None,
        }
        for message, reply, contact in session.execute(statement)
    ]
