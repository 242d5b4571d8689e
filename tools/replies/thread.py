"""One contact's correspondence: what was sent, what came in, what it was taken for, and what followed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from textwrap import shorten
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ApprovalStatus, ReferralStatus
from db.models import (
    AgentAuditLog,
    Contact,
    Followup,
    InboundMessage,
    LabelCorrection,
    MessageDraft,
    Opportunity,
    OutreachSequence,
    ReferralSuggestion,
    Reply,
    Suppression,
    Touchpoint,
)
from db.queries.answers import reply_drafts
from db.queries.references import begins, prefix_in
from tools.replies.corrections import TABLE
from tools.replies.handled import unreviewed
from tools.replies.intake import channel_of


class MessageNotFound(LookupError):
    """No message has this id, or several have; the message says which."""


@dataclass(frozen=True)
class Followed:
    """One thing that came of a message: in words, and the command that goes on with it, if one does."""

    what: str
    command: str | None = None


@dataclass(frozen=True)
class Entry:
    """One message of a thread; `direction` is out or in. What does not apply is None or empty."""

    at: datetime
    direction: str
    channel: str
    subject: str | None = None
    text: str | None = None
    touch_number: int | None = None
    draft_id: str | None = None
    outcome: str | None = None
    inbound_id: str | None = None
    reply_id: str | None = None
    sender: str | None = None
    kind: str | None = None
    matched_by: str | None = None
    triaged: bool | None = None
    intent: str | None = None
    reply_tag: str | None = None
    confidence: float | None = None
    summary: str | None = None
    referral_name: str | None = None
    referral_title: str | None = None
    for_review: str | None = None
    recommended_next_step: str | None = None
    next_step_taken: str | None = None
    handled_at: datetime | None = None
    corrections: list[dict[str, Any]] = field(default_factory=list)
    followed: list[Followed] = field(default_factory=list)


@dataclass(frozen=True)
class Thread:
    """The correspondence with one contact, the earliest first; of an unmatched message that message alone."""

    contact_id: str | None
    contact: str | None
    title: str | None
    organisation: str | None
    email: str | None
    status: str | None
    stage: str | None
    sequences: list[str]
    entries: list[Entry]


def find_message(session: Session, reference: str) -> InboundMessage:
    """The incoming message of an id, or the beginning of one: its own, or that of its reply. Raises MessageNotFound."""
    prefix = prefix_in(reference)
    if prefix is None:
        raise MessageNotFound(f"'{reference}' is no id: give one that `outreach replies` lists, or its beginning.")
    found: dict[str, InboundMessage] = {
        message.id: message
        for statement in (
            select(InboundMessage).where(begins(InboundMessage.id, prefix)),
            select(InboundMessage)
            .join(Reply, Reply.inbound_message_id == InboundMessage.id)
            .where(begins(Reply.id, prefix)),
        )
        for message in session.scalars(statement.limit(2))
    }
    if not found:
        raise MessageNotFound(f"No message that came in has an id that begins with {prefix}.")
    if len(found) > 1:
        raise MessageNotFound(f"Several messages' ids begin with {prefix}; give more of it.")
    return next(iter(found.values()))


def read_thread(session: Session, inbound: InboundMessage) -> Thread:
    """The whole correspondence that a message belongs to."""
    contact = (
        session.get(Contact, inbound.contact_id, execution_options={"include_deleted": True})
        if inbound.contact_id
        else None
    )
    waiting = waiting_reasons(session)
    if contact is None:
        return Thread(None, None, None, None, None, None, None, [], [_received(session, inbound, waiting)])
    messages = session.scalars(select(InboundMessage).where(InboundMessage.contact_id == contact.id))
    entries = [*_sent(session, contact.id), *(_received(session, message, waiting) for message in messages)]
    sequences = session.scalars(
        select(OutreachSequence).where(OutreachSequence.contact_id == contact.id).order_by(OutreachSequence.created_at)
    )
    return Thread(
        contact_id=contact.id,
        contact=contact.full_name,
        title=contact.title,
        organisation=contact.prospect.name,
        email=contact.email,
        status=contact.status,
        stage=contact.stage,
        sequences=[f"{s.tier}: touch {s.current_step} of {s.total_steps}, {s.status}" for s in sequences],
        entries=sorted(entries, key=lambda entry: entry.at),
    )


def _sent(session: Session, contact_id: str) -> list[Entry]:
    rows = session.execute(
        select(Touchpoint, MessageDraft)
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(Touchpoint.contact_id == contact_id)
    )
    return [
        Entry(
            at=touch.sent_at,
            direction="out",
            channel=touch.channel,
            subject=draft.subject_line if draft else None,
            text=draft.body if draft else touch.call_notes,
            touch_number=touch.touch_number,
            draft_id=draft.id if draft else None,
            outcome=touch.outcome,
        )
        for touch, draft in rows
    ]


def _received(session: Session, message: InboundMessage, waiting: Mapping[str, str]) -> Entry:
    reply = message.reply
    return Entry(
        at=message.received_at or message.created_at,
        direction="in",
        channel=channel_of(message),
        subject=message.subject,
        text=message.text,
        inbound_id=message.id,
        reply_id=reply.id if reply else None,
        sender=message.from_address,
        kind=message.kind,
        matched_by=message.matched_by,
        triaged=message.processed_at is not None,
        for_review=waiting.get(message.id),
        followed=_followed(session, message, reply),
        **(_triage(session, reply) if reply else {}),
    )


def _triage(session: Session, reply: Reply) -> dict[str, Any]:
    corrections = session.scalars(
        select(LabelCorrection)
        .where(LabelCorrection.table_name == TABLE, LabelCorrection.record_id == reply.id)
        .order_by(LabelCorrection.created_at, LabelCorrection.field)
    )
    return {
        "intent": reply.intent,
        "reply_tag": reply.reply_tag,
        "confidence": reply.confidence,
        "summary": reply.summary,
        "referral_name": reply.referral_name,
        "referral_title": reply.referral_title,
        "recommended_next_step": reply.recommended_next_step,
        "next_step_taken": reply.next_step_taken,
        "handled_at": reply.handled_at,
        "corrections": [
            {
                "field": c.field,
                "old": c.old_value,
                "new": c.new_value,
                "reason": c.reason,
                "by": c.corrected_by,
                "at": c.created_at,
            }
            for c in corrections
        ],
    }


def waiting_reasons(session: Session) -> dict[str, str]:
    """The messages that wait for a person, by id, and why."""
    found: dict[str, str] = {}
    for entry in session.scalars(unreviewed().order_by(AgentAuditLog.created_at)):
        details = entry.details or {}
        unmatched = entry.action == "inbound_unmatched"
        found[str(details.get("inbound_id"))] = (
            "matched to nobody" if unmatched else details.get("why_review") or "doubt"
        )
    return found


def waiting_messages(session: Session, *, limit: int) -> list[dict[str, Any]]:
    """The messages that wait for a person, the oldest first: why, what they say, and the command that settles each."""
    reasons = waiting_reasons(session)
    messages = session.scalars(
        select(InboundMessage)
        .where(InboundMessage.id.in_(reasons))
        .order_by(InboundMessage.received_at, InboundMessage.id)
        .limit(limit)
    )
    return [
        {
            "inbound_id": message.id,
            "reply_id": message.reply.id if message.reply else None,
            "received_at": message.received_at,
            "from": message.from_address,
            "contact_id": message.contact_id,
            "contact": message.contact.full_name if message.contact else None,
            "kind": message.kind,
            "why": reasons[message.id],
            "intent": message.reply.intent if message.reply else None,
            "confidence": message.reply.confidence if message.reply else None,
            "says": shorten(message.text or message.subject or "", 120, placeholder=" …"),
            "command": _settling(message),
        }
        for message in messages
    ]


def _settling(message: InboundMessage) -> str:
    short = message.id[:8]
    if message.reply is not None:
        return f"outreach replies correct {short} --intent {message.reply.intent} --reason …"
    if message.kind not in (None, "human"):
        return f"outreach replies show {short}"
    return f"outreach replies match {short} {message.contact_id[:8] if message.contact_id else 'CONTACT'}"


def _followed(session: Session, message: InboundMessage, reply: Reply | None) -> list[Followed]:
    found = [
        Followed(f"{row.value} is suppressed: {row.reason}")
        for row in session.scalars(select(Suppression).where(Suppression.source == f"inbound:{message.id}"))
    ]
    if reply is None:
        return found
    found += [_planned(followup) for followup in _followups(session, message, reply)]
    found += [_suggested(row) for row in reply.referral_suggestions]
    found += [_answer(draft) for draft in reply_drafts(session, reply.id)]
    meetings = session.scalars(select(Opportunity).where(Opportunity.trigger_reply_id == reply.id))
    return found + [Followed(f"an opportunity: {(row.status or 'open').replace('_', ' ')}") for row in meetings]


def _followups(session: Session, message: InboundMessage, reply: Reply) -> list[Followup]:
    """The follow-ups of the contact that were planned when this message had been read."""
    if message.processed_at is None or reply.intent != "not_now":
        return []
    return list(
        session.scalars(
            select(Followup)
            .where(Followup.contact_id == reply.contact_id, Followup.created_at >= message.created_at)
            .order_by(Followup.due_date)
        )
    )


def _planned(followup: Followup) -> Followed:
    day: date | None = followup.due_date
    return Followed(f"follow-up on {day} by {followup.channel}: {followup.state}")


def _suggested(row: ReferralSuggestion) -> Followed:
    who = ", ".join(part for part in (row.name, row.title, row.email) if part)
    if row.status == ReferralStatus.OPEN.value:
        return Followed(f"suggested: {who}", f"outreach research accept {row.id[:8]}")
    return Followed(f"suggested: {who}: {row.status} by {row.decided_by}")


def _answer(draft: MessageDraft) -> Followed:
    words = {
        ApprovalStatus.DRAFT.value: ("an answer waits for your decision", "outreach approve"),
        ApprovalStatus.READY.value: ("an answer is approved and has not left", "outreach outbox"),
        ApprovalStatus.SENT.value: ("an answer was sent", None),
        ApprovalStatus.ARCHIVED.value: ("an answer was put away", None),
    }
    what, command = words[draft.approval_status]
    return Followed(f"{what} ({draft.id[:8]})", command)
