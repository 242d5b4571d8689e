"""Whose a message is, by a person's word: typed in for a contact, matched to one, or taken from one again."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, select
from sqlalchemy.orm import Session

from db.approvals import OUT
from db.columns import UTCDateTime
from db.enums import ApprovalStatus, InboundKind, ReferralStatus, ReplyIntent
from db.lifecycle import follow_sequence
from db.models import AgentAuditLog, AuditLog, Contact, Delivery, InboundMessage, Opportunity, Reply
from db.models.inbound import BY_PERSON
from db.queries.answers import reply_drafts
from tools.journal import note
from tools.mail import human_text
from tools.replies.handled import settle_review
from tools.replies.intake import AGENT, typed_id
from tools.replies.undoing import labelled
from tools.undo_log import Step, UndoLog, moment_in_log, table_of

_OF_A_REPLY = (
    "contacts", "prospects", "outreach_sequences", "followups", "activities", "replies", "referral_suggestions",
)  # fmt: skip


class MatchRefused(ValueError):
    """The message cannot be matched so; the message says why in a sentence."""


def add_typed(session: Session, contact: Contact, channel: str, text: str, at: datetime) -> tuple[InboundMessage, bool]:
    """Keeps what a contact said elsewhere, once for a contact, channel, day and text; the message, and whether new.

    It belongs to the latest touch on that channel before `at`. Raises MatchRefused where there is no text.
    """
    words = text.replace("\x00", "\ufffd").strip()
    if not words:
        raise MatchRefused("There is no text.")
    message_id = typed_id(channel, contact.id, at.date().isoformat(), " ".join(words.split()))
    known = session.scalars(select(InboundMessage).where(InboundMessage.message_id == message_id)).one_or_none()
    if known is not None:
        return known, False
    inbound = InboundMessage(
        message_id=message_id,
        from_address=(contact.email or "").lower() or None if channel == "email" else None,
        raw=words,
        text=human_text(words),
        kind=InboundKind.HUMAN.value,
        matched_by=BY_PERSON,
        delivery=_latest(session, contact, channel, at),
        contact=contact,
        received_at=at,
    )
    session.add(inbound)
    session.flush()
    return inbound, True


def _latest(session: Session, contact: Contact, channel: str, at: datetime) -> Delivery | None:
    return session.scalars(
        select(Delivery)
        .where(
            Delivery.contact_id == contact.id,
            Delivery.channel == channel,
            Delivery.state.in_(OUT),
            Delivery.claimed_at <= at,
        )
        .order_by(Delivery.claimed_at.desc(), Delivery.id)
        .limit(1)
    ).first()


def match_to(session: Session, inbound: InboundMessage, contact: Contact, *, by: str, now: datetime) -> bool:
    """Says whose a message is; it is to be triaged then. False where that was known. Raises MatchRefused."""
    if inbound.kind not in (None, InboundKind.HUMAN.value):
        raise MatchRefused(f"A machine wrote it ({(inbound.kind or '').replace('_', ' ')}); it is nobody's reply.")
    if inbound.reply is not None and inbound.contact_id == contact.id:
        return False
    if inbound.reply is not None:
        raise MatchRefused("It counts as somebody else's reply; take that back first (--nobody).")
    if inbound.matched_by == BY_PERSON and inbound.contact_id == contact.id:
        return False
    inbound.contact, inbound.matched_by, inbound.processed_at = contact, BY_PERSON, None
    inbound.delivery = _latest(session, contact, "email", inbound.received_at or now)
    settle_review(session, inbound.id, by=by, because=f"it is from {contact.full_name}", now=now)
    note(
        session,
        run_id=None,
        agent=AGENT,
        action="inbound_matched",
        contact_id=contact.id,
        prospect_id=contact.prospect_id,
        details={"inbound_id": inbound.id, "by": by, "at": now.isoformat()},
    )
    session.flush()
    return True


def unmatch(session: Session, inbound: InboundMessage, *, by: str, now: datetime) -> list[str]:
    """Takes a wrong match back, with all that triage did because of it; sentences say what was changed since and stays.

    The message waits for a person again. Raises MatchRefused where something followed that is not taken back.
    """
    if inbound.contact is None:
        return []
    reply, left, contact_id = inbound.reply, list[str](), inbound.contact.id
    if reply is not None:
        _refuse_what_followed(session, reply)
        for draft in reply_drafts(session, reply.id):
            draft.approval_status = ApprovalStatus.ARCHIVED.value
        session.flush()
        left = UndoLog(session).take_back(_steps(session, inbound, reply))
        session.expire_all()
        follow_sequence(session, contact_id)
    settle_review(session, inbound.id, by=by, because="it is not theirs", now=now)
    inbound.contact = inbound.delivery = inbound.matched_by = None
    inbound.processed_at = now
    session.add(
        AgentAuditLog(
            agent_name=AGENT,
            action="inbound_unmatched",
            details={"inbound_id": inbound.id, "from": inbound.from_address, "by": by, "subject": inbound.subject},
            requires_review=True,
        )
    )
    session.flush()
    return left


def _refuse_what_followed(session: Session, reply: Reply) -> None:
    short = reply.id[:8]
    if reply.intent == ReplyIntent.UNSUBSCRIBE.value:
        raise MatchRefused(
            f"It was taken for an opt-out. First: outreach replies correct {short} --intent neutral --reason …"
        )
    if reply.handled_at is not None:
        raise MatchRefused(f"It was handled already: {reply.next_step_taken}.")
    if any(row.status == ReferralStatus.ACCEPTED.value for row in reply.referral_suggestions):
        raise MatchRefused("The person whom it names was taken in as a contact.")
    for draft in reply_drafts(session, reply.id):
        if draft.approval_status in (ApprovalStatus.READY.value, ApprovalStatus.SENT.value):
            raise MatchRefused(f"Its answer {draft.id[:8]} is {draft.approval_status}.")
    if session.scalar(select(Opportunity.id).where(Opportunity.trigger_reply_id == reply.id).limit(1)):
        raise MatchRefused("A meeting came of it.")


def _steps(session: Session, inbound: InboundMessage, reply: Reply) -> list[Step]:
    """What triage and corrections of the reply changed, as the undo log takes it back."""
    changes = session.scalars(
        select(AuditLog)
        .where(AuditLog.table_name.in_(_OF_A_REPLY), labelled(session, inbound, reply, all_of_it=True))
        .order_by(AuditLog.id)
    )
    return [step for change in changes if (step := _step(change)) is not None]


def _step(change: AuditLog) -> Step | None:
    old, new = change.old_values or {}, change.new_values or {}
    if change.action == "insert":
        return ["insert", change.table_name, {"id": change.record_id}]
    if change.action != "update":
        return None
    columns = [name for name in new if new[name] != old.get(name) and name != "updated_at"]
    plain = [{name: _plain(change.table_name, name, row.get(name)) for name in columns} for row in (old, new)]
    return ["update", change.table_name, change.record_id, *plain] if columns else None


def _plain(table: str, column: str, value: Any) -> Any:
    """A value of the log as the undo log keeps it: on SQLite the log has times without their zone, and 0 or 1."""
    kind = table_of(table).c[column].type
    if isinstance(value, str) and isinstance(kind, UTCDateTime):
        return moment_in_log(value).isoformat()
    if isinstance(value, str) and isinstance(kind, Date):
        return date.fromisoformat(value).isoformat()
    return value
