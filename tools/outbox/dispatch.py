"""The transactions of sending by SMTP: claimed before the attempt, then what became of it.

Whatever is claimed with an attempt counted may be on its way. If the process ends there, nothing in the database says
whether the server took the message; only the Sent mailbox can, or a person.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.enums import ActivityType, ApprovalStatus, Channel, DeliveryState, Direction
from db.models import Activity, Contact, Delivery, MessageDraft, Prospect
from db.suppressions import is_suppressed, mark_bounced
from playbooks.model import Sender
from tools.outbox.leaving import NotReady, Outgoing, outgoing
from tools.outbox.mail import build_message
from tools.outbox.sending import claim, mark_sent
from tools.outbox.signing import Signer

FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(hours=4)
MOST_ATTEMPTS: Final = 12
"""After so many a message that the server keeps putting off waits for a person to name it."""


INVENTED: Final = (
    "{name} of {company} is invented, and writes to nobody real: put yourself into [sender] of "
    "playbooks/{playbook}/playbook.toml, and take `sample = true` out."
)
_RESERVED: Final = re.compile(r"(?:^|\.)(?:example|test|invalid|localhost|example\.(?:com|net|org))$")


def is_reserved(address: str) -> bool:
    """Whether nobody can have this address: its domain is set aside for examples and tests (RFC 2606)."""
    return _RESERVED.search(address.rpartition("@")[2].lower()) is not None


@dataclass(frozen=True)
class Attempt:
    """One mail as it is handed to the server: `raw` is what was approved, in the form that it travels in."""

    draft_id: str
    message_id: str
    sender: str
    recipient: str
    raw: bytes


@dataclass(frozen=True)
class Open:
    """A delivery of which it is not known whether it left. `begun` is when the attempt was claimed."""

    draft_id: str
    contact_id: str
    message_id: str
    contact_name: str
    recipient: str
    playbook: str
    begun: datetime
    uncertain: bool


def begin(
    session: Session,
    draft: MessageDraft,
    sender: Sender,
    now: datetime,
    *,
    signer: Signer | None = None,
    one_click: str | None = None,
    loopback: bool = False,
) -> Attempt:
    """Claims a message for one attempt to send it, and makes its mail. Raises NotReady where it may not leave.

    This is the sending transaction: approval, text, do-not-contact and suppression are looked at here, and the
    database's own rules once more when the claim is written. `loopback` says that the mail server is on this machine.
    """
    leaving = outgoing(session, draft, now)
    if sender.sample and not (loopback and is_reserved(leaving.recipient)):
        raise NotReady(INVENTED.format(name=sender.name, company=sender.company, playbook=leaving.playbook))
    if leaving.claimed is not None:
        raise NotReady(
            f"The message to {leaving.contact_name} was written out for you to send: say `outreach sent "
            f"{draft.id[:8]}`, or `outreach send --resolve {draft.id[:8]} not-sent` to have it sent from here."
        )
    if is_suppressed(session, leaving.recipient):
        raise NotReady(f"The address of {leaving.contact_name} is suppressed; nothing is sent there.")
    raw = mail_of(leaving, sender, now, signer, one_click)
    before = draft.delivery.attempts if draft.delivery is not None else 0
    delivery = claim(session, draft, sender, now)
    # What tells this claim from one by hand, which is nobody's business to settle.
    delivery.attempts = before + 1
    session.flush()
    return Attempt(draft.id, str(delivery.message_id), sender.email, leaving.recipient, raw)


def mail_of(leaving: Outgoing, sender: Sender, now: datetime, signer: Signer | None, one_click: str | None) -> bytes:
    """The mail as it travels, signed where there is a key. Raises NotReady."""
    raw = build_message(leaving, sender, now, one_click).as_bytes()
    return raw if signer is None else signer.sign(raw)


def not_taken(session: Session, draft_id: str, said: str, now: datetime) -> None:
    """The server does not have it, and `said` why, its code first. It may be tried again (`may_try`)."""
    _settle(session, draft_id, DeliveryState.FAILED, said, now)


def left_open(session: Session, draft_id: str, said: str, now: datetime) -> None:
    """Nobody knows whether the server has it: a person decides, and nothing is sent again by itself."""
    _settle(session, draft_id, DeliveryState.UNCERTAIN, said, now)


def address_is_dead(session: Session, draft_id: str, said: str, now: datetime) -> None:
    """The server says that there is no such address: the contact bounced, and the message is put away."""
    _settle(session, draft_id, DeliveryState.FAILED, said, now)
    draft = session.get_one(MessageDraft, draft_id)
    contact = session.get_one(Contact, draft.contact_id, execution_options={"include_deleted": True})
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=ActivityType.NOTE.value,
            direction=Direction.INBOUND.value,
            subject=draft.subject_line,
            description=f"the address was refused: {said}",
            created_at=now,
        )
    )
    if draft.approval_status == ApprovalStatus.READY.value:
        draft.approval_status = ApprovalStatus.ARCHIVED.value
    if draft.delivery is not None and (contact.email or "").lower() == draft.delivery.recipient.lower():
        mark_bounced(session, contact)


def _settle(session: Session, draft_id: str, state: DeliveryState, said: str, now: datetime) -> None:
    delivery = session.scalars(select(Delivery).where(Delivery.draft_id == draft_id)).one()
    if delivery.state not in (DeliveryState.CLAIMED.value, DeliveryState.UNCERTAIN.value):
        return  # a person has said meanwhile what became of it
    delivery.state, delivery.last_error, delivery.updated_at = state.value, said[:500], now
    session.flush()


def still_open(session: Session) -> list[Open]:
    """What was on its way when a process ended, and what is uncertain since, the longest open first.

    Right only for whom holds the sender's lock: another process's message on its way looks the same.
    """
    rows = session.execute(
        select(Delivery, Contact, Prospect)
        .join(Contact, Contact.id == Delivery.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(
            Delivery.channel == Channel.EMAIL.value,
            or_(
                Delivery.state == DeliveryState.UNCERTAIN.value,
                (Delivery.state == DeliveryState.CLAIMED.value) & (Delivery.attempts > 0),
            ),
        )
        .order_by(Delivery.claimed_at, Delivery.id)
        .execution_options(include_deleted=True)
    ).all()
    return [
        Open(
            draft_id=delivery.draft_id,
            contact_id=delivery.contact_id,
            message_id=str(delivery.message_id),
            contact_name=contact.full_name or contact.first_name,
            recipient=delivery.recipient,
            playbook=prospect.playbook,
            begun=delivery.claimed_at,
            uncertain=delivery.state == DeliveryState.UNCERTAIN.value,
        )
        for delivery, contact, prospect in rows
    ]


def may_try(delivery: Delivery | None, now: datetime) -> tuple[bool, str]:
    """Whether a message may be tried by itself, and else why not, in words.

    What the server refused for good (5xx) waits for a person to name it; what it put off is tried again after a
    while, twice as long each time.
    """
    if delivery is None or delivery.state != DeliveryState.FAILED.value:
        return True, ""
    said = delivery.last_error or ""
    if said.startswith("5"):
        return False, f"the server refused it: {said}"
    if delivery.attempts >= MOST_ATTEMPTS:
        return False, f"put off {delivery.attempts} times: {said}"
    if said[:1] == "4":
        pause = min(FIRST_PAUSE * 2 ** max(0, delivery.attempts - 1), LONGEST_PAUSE)
        if delivery.updated_at + pause > now:
            return False, f"put off until {delivery.updated_at + pause:%Y-%m-%d %H:%M} UTC: {said}"
    return True, ""


def resolve(
    session: Session, draft: MessageDraft, verdict: Literal["sent", "not-sent"], by: str, sender: Sender, now: datetime
) -> str:
    """A person says what became of a message that was claimed or is uncertain. Returns it in words. Raises NotReady.

    Not sent means that it may be sent again; sent counts from when it was claimed.
    """
    delivery = draft.delivery
    known = (DeliveryState.CLAIMED.value, DeliveryState.UNCERTAIN.value)
    if delivery is None or delivery.state not in known:
        state = "has not been tried" if delivery is None else f"is {delivery.state}"
        raise NotReady(f"There is nothing to decide: the message {draft.id[:8]} {state}.")
    if verdict == "sent":
        mark_sent(session, draft.id, delivery.claimed_at, by, sender)
        return "recorded as sent"
    _settle(session, draft.id, DeliveryState.FAILED, f"not sent, says {by}", now)
    return "not sent; it goes out with the next `outreach send`"
