"""Replies: which wait to be read, which wait for an answer, and which drafts answer them."""

import uuid
from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.models import (
    Contact,
    Delivery,
    InboundMessage,
    LabelCorrection,
    MessageDraft,
    OutreachSequence,
    Prospect,
    Reply,
)
from db.models.inbound import BY_PERSON
from db.queries.due import NAMESPACE, DueTouch, active_contacts

ANSWERED = ("positive", "referral", "not_now")
"""The intents of replies that are answered with a draft; a question ('neutral') is a person's to answer."""
SURE = 0.6
"""Below this confidence a person reads a reply before anything is written to it."""


def playbooks_of_replies(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The playbook under which the person who replied is pursued, for the messages that are matched to a person."""
    rows = session.execute(
        select(InboundMessage.id, Prospect.playbook)
        .join(Contact, Contact.id == InboundMessage.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(InboundMessage.id.in_(ids))
    )
    return {row.id: row.playbook for row in rows}


def replies_to_triage(session: Session) -> list[str]:
    """Ids of incoming messages that nobody has triaged yet, oldest first."""
    return list(
        session.scalars(
            select(InboundMessage.id)
            .where(InboundMessage.processed_at.is_(None))
            .order_by(InboundMessage.received_at, InboundMessage.id)
        )
    )


def reply_draft_id(reply_id: str, label: int = 0) -> str:
    """The id of the draft that answers a reply: the same however often it is written.

    `label` counts how often a person corrected the reply's intent: another intent needs another answer.
    """
    return uuid.uuid5(NAMESPACE, f"reply/{reply_id}/{label}" if label else f"reply/{reply_id}").hex


def corrected_intents(session: Session, reply_id: str) -> int:
    """How often a person corrected the intent of a reply."""
    return (
        session.scalar(
            select(func.count())
            .select_from(LabelCorrection)
            .where(
                LabelCorrection.table_name == "replies",
                LabelCorrection.record_id == reply_id,
                LabelCorrection.field == "intent",
            )
        )
        or 0
    )


def reply_drafts(session: Session, reply_id: str) -> list[MessageDraft]:
    """The answers that were drafted to a reply, one for each label that it had, the earliest first."""
    ids = [reply_draft_id(reply_id, label) for label in range(corrected_intents(session, reply_id) + 1)]
    found = {draft.id: draft for draft in session.scalars(select(MessageDraft).where(MessageDraft.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


def answers_due(
    session: Session, playbook: str, *, limit: int, without: Collection[str] = (), batch_id: str | None = None
) -> list[DueTouch]:
    """Replies that wait for an answer and have no draft of one, the oldest first.

    Only mails that came from the address that was written to, or that a person vouched for, were read with confidence,
    and belong to a sequence; with `batch_id` only those of a batch's people. What is said on LinkedIn or by telephone
    is answered there, by hand.
    """
    rows = session.execute(
        select(
            Contact.account_id,
            Contact.prospect_id,
            Contact.id,
            OutreachSequence.id,
            Delivery.touch_number,
            OutreachSequence.tier,
            Reply.id,
        )
        .join(Contact, Contact.id == Reply.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(InboundMessage, InboundMessage.id == Reply.inbound_message_id)
        .join(Delivery, Delivery.id == InboundMessage.delivery_id)
        .join(OutreachSequence, OutreachSequence.id == Delivery.sequence_id)
        .where(
            Reply.handled_at.is_(None),
            Reply.intent.in_(ANSWERED),
            Reply.confidence >= SURE,
            or_(
                InboundMessage.matched_by == BY_PERSON,
                func.lower(InboundMessage.from_address).in_(
                    (func.lower(Delivery.recipient), func.lower(Contact.email))
                ),
            ),
            Reply.channel == "email",
            *active_contacts(playbook, batch_id),
        )
        .order_by(Reply.replied_at, Reply.id)
    )
    open_ = []
    for account, prospect, contact, sequence, touch, tier, reply in rows:
        label = corrected_intents(session, reply)
        answers = reply_drafts(session, reply)
        fresh = reply_draft_id(reply, label)
        if any(draft.id == fresh or draft.approval_status != "archived" for draft in answers):
            continue
        due = DueTouch(account, prospect, contact, sequence, touch, tier, reply, draft_id=fresh)
        if due.thread_id not in without:
            open_.append(due)
    # Two replies to one touch share a thread: one at a time.
    return list({d.thread_id: d for d in reversed(open_)}.values())[::-1][:limit]
