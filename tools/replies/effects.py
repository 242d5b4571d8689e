"""What an incoming message changes: the record of it, and the state of the contact, sequence and prospect.

A message changes only the thread that it provably belongs to. One that is matched by its sender alone may opt out,
and is put up for review; nothing else follows from it. One that proves its thread and comes from another address
than was written to is kept as a reply and holds the sequence, until a person has looked. Every function here may run
again for the same message.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import (
    ActivityType,
    Channel,
    ContactStage,
    Direction,
    FollowupState,
    ProspectStatus,
    ReplyIntent,
    SequenceStatus,
    SuppressionKind,
)
from db.lifecycle import (
    OVER,
    contact_may_become,
    move_contact,
    move_prospect,
    move_sequence,
    prospect_may_become,
)
from db.models import (
    Activity,
    Contact,
    Delivery,
    Followup,
    InboundMessage,
    OutreachSequence,
    ReferralSuggestion,
    Reply,
    Suppression,
    Touchpoint,
)
from db.models.inbound import BY_PERSON
from db.suppressions import do_not_contact, skip_followups, stop_sequences, suppress_address
from tools.engagement import refresh_engagement
from tools.journal import note
from tools.replies.intake import AGENT, PROOF, channel_of
from tools.sequences import MOST_TOUCHES, moment_on

_MEETING = (ContactStage.MEETING_BOOKED.value, ContactStage.MEETING_HELD.value)
WAIT_WITHOUT_DATE = timedelta(days=90)
NEXT_STEPS = {
    ReplyIntent.POSITIVE: "Answer today: propose two times for a call.",
    ReplyIntent.NEUTRAL: "Read it and answer what was asked.",
    ReplyIntent.NOT_NOW: "Write again when the time they named has come.",
    ReplyIntent.REFERRAL: "Decide whether to write to the person they named.",
    ReplyIntent.NEGATIVE: "Leave it; the sequence is stopped.",
    ReplyIntent.UNSUBSCRIBE: "Nothing: they are not written to again.",
}
"""What there is to do about a reply of each intent, in a sentence for the person."""
_RECEIVED = {Channel.CALL.value: ActivityType.CALL, Channel.LINKEDIN.value: ActivityType.NOTE}


@dataclass(frozen=True)
class Verdict:
    """What triage found, checked by code: intent, tag, confidence 0-1, and what the person named."""

    intent: str
    reply_tag: str
    confidence: float
    summary: str
    referral_name: str | None = None
    referral_title: str | None = None
    referral_email: str | None = None
    resume_date: date | None = None
    recommended_next_step: str = ""


def proven(inbound: InboundMessage) -> bool:
    """Whether the message quotes one of our Message-IDs, or a person said whose it is: it belongs to a thread."""
    return inbound.matched_by == BY_PERSON or (inbound.delivery_id is not None and inbound.matched_by in PROOF)


def from_addressee(inbound: InboundMessage) -> bool:
    """Whether it says that it comes from the address that was written to, or that the contact has now.

    Anybody can write that, so it proves nothing; but another address is a reason for a person to look, until one has.
    """
    if inbound.matched_by == BY_PERSON:
        return True
    delivery, contact = inbound.delivery, inbound.contact
    theirs = {(delivery.recipient if delivery else "").lower(), ((contact.email if contact else "") or "").lower()}
    return bool(inbound.from_address) and inbound.from_address in theirs


def doubt(inbound: InboundMessage, confidence: float, enough: float) -> str | None:
    """Why a person should look at the triage of a message, or None; `enough` is the playbook's confidence, 0-1."""
    if inbound.contact is None or not proven(inbound):
        return "no proof of the thread"
    if not from_addressee(inbound):
        return "from another address than was written to"
    return "low confidence" if confidence < enough else None


def opt_out(session: Session, inbound: InboundMessage, run_id: str | None, reason: str) -> None:
    """Suppresses who asked for it, by address and everywhere, before anything else is done."""
    addresses = [inbound.from_address]
    contact = inbound.contact
    if contact is not None and proven(inbound):
        delivery = inbound.delivery
        addresses += [contact.email, delivery.recipient if delivery else None]
    wanted = list(dict.fromkeys(a.strip().lower() for a in addresses if a and "@" in a))
    kept = session.scalars(
        select(Suppression.value).where(
            Suppression.kind == SuppressionKind.ADDRESS.value, Suppression.value.in_(wanted)
        )
    ).all()
    for address in wanted:
        suppress_address(
            session,
            address,
            reason=reason,
            source=f"inbound:{inbound.id}",
            contact_id=contact.id if contact else None,
        )
    if contact is not None and proven(inbound):
        do_not_contact(session, contact, reason)  # also where the address on the row has changed since
    if len(kept) == len(wanted):
        return
    note(
        session,
        run_id=run_id,
        agent=AGENT,
        action="opted_out",
        contact_id=contact.id if contact else None,
        prospect_id=contact.prospect_id if contact else None,
        details={"inbound_id": inbound.id, "reason": reason, "matched_by": inbound.matched_by},
    )


def record_reply(
    session: Session, inbound: InboundMessage, verdict: Verdict, run_id: str, now: datetime, *, enough: float
) -> str | None:
    """Writes the reply down and does what follows from it. Returns the reply's id.

    A person looks at what is less sure than `enough`.

    None where there is no thread proof: then only an opt-out has effect, and a person is asked to look.
    """
    if inbound.processed_at is not None:
        return session.scalar(select(Reply.id).where(Reply.inbound_message_id == inbound.id))
    contact = inbound.contact
    leaves = verdict.intent == ReplyIntent.UNSUBSCRIBE.value
    if leaves:
        opt_out(session, inbound, run_id, "asked not to be written to")
    review = doubt(inbound, verdict.confidence, enough)
    if contact is None or not proven(inbound):
        _close(session, inbound, run_id, verdict, None, now, review)
        return None
    reply = Reply(
        contact_id=contact.id,
        touchpoint_id=_touchpoint(session, inbound),
        inbound_message_id=inbound.id,
        channel=channel_of(inbound),
        intent=verdict.intent,
        reply_tag=verdict.reply_tag,
        confidence=verdict.confidence,
        summary=verdict.summary,
        raw_text=inbound.text,
        referral_name=verdict.referral_name,
        referral_title=verdict.referral_title,
        recommended_next_step=verdict.recommended_next_step,
        replied_at=inbound.received_at or now,
    )
    session.add(reply)
    session.flush()
    if not from_addressee(inbound):
        # An assistant, or somebody who got hold of the thread: nothing goes on by itself until a person says which.
        said = f"from {inbound.from_address}: {verdict.summary}"
        received_activity(session, inbound, contact, ActivityType.EMAIL_RECEIVED, said, run_id)
        _pause(session, inbound, now)
        _close(session, inbound, run_id, verdict, reply.id, now, review)
        return reply.id
    received_activity(session, inbound, contact, ActivityType.EMAIL_RECEIVED, verdict.summary, run_id)
    follow(session, inbound, reply, verdict, now)
    _close(session, inbound, run_id, verdict, reply.id, now, review)
    return reply.id


def follow(session: Session, inbound: InboundMessage, reply: Reply, verdict: Verdict, now: datetime) -> None:
    """Does what follows from a reply of the person who was written to, once its thread is known."""
    contact = reply.contact
    contact.last_response_at = _later(contact.last_response_at, inbound.received_at or now)
    # Whoever writes about a meeting that is booked, or was held, stays where they are.
    if contact.stage not in _MEETING and contact_may_become(contact.stage, ContactStage.REPLIED.value):
        move_contact(session, contact, ContactStage.REPLIED.value)
    sequence = sequence_of(inbound)
    if sequence is not None:
        sequence.replies_received += 1
    # The steps that were planned were written for somebody who has not answered.
    skip_followups(session, contact)
    if verdict.intent not in (ReplyIntent.UNSUBSCRIBE.value, ReplyIntent.NEGATIVE.value):
        _pause(session, inbound, now)
    act_on(session, inbound, reply, verdict, now)
    if verdict.referral_name or verdict.referral_email:
        suggest_referral(session, reply, verdict)


def act_on(session: Session, inbound: InboundMessage, reply: Reply, verdict: Verdict, now: datetime) -> None:
    """Does what one intent asks for beside what every reply does: stops, plans a later touch, or notes the interest.

    An opt-out is suppressed by `opt_out`, a named person suggested by `suggest_referral`.
    """
    contact = reply.contact
    if verdict.intent in (ReplyIntent.UNSUBSCRIBE.value, ReplyIntent.NEGATIVE.value):
        stop_sequences(session, contact)
    elif verdict.intent == ReplyIntent.NOT_NOW.value:
        _plan_later(session, inbound, contact, verdict.resume_date or (now + WAIT_WITHOUT_DATE).date())
    elif verdict.intent == ReplyIntent.POSITIVE.value and prospect_may_become(
        contact.prospect.status, ProspectStatus.ENGAGED.value
    ):
        move_prospect(session, contact.prospect, ProspectStatus.ENGAGED.value, "a positive reply")


def suggest_referral(session: Session, reply: Reply, verdict: Verdict) -> ReferralSuggestion:
    """Suggests the person whom a reply names, for a person to accept."""
    row = ReferralSuggestion(
        reply_id=reply.id,
        contact_id=reply.contact_id,
        name=verdict.referral_name,
        title=verdict.referral_title,
        email=verdict.referral_email,
        note=verdict.summary,
    )
    session.add(row)
    session.flush()
    return row


def _pause(session: Session, inbound: InboundMessage, now: datetime) -> None:
    sequence = sequence_of(inbound)
    if sequence is not None and sequence.status not in OVER:
        move_sequence(session, sequence, SequenceStatus.PAUSED.value, now)


def _plan_later(session: Session, inbound: InboundMessage, contact: Contact, due: date) -> None:
    sequence = sequence_of(inbound)
    if sequence is not None and sequence.status not in OVER:
        sequence.next_step_at = moment_on(due)
    session.add(
        Followup(
            contact_id=contact.id,
            sequence_id=sequence.id if sequence else None,
            touch_number=_next_touch(sequence, inbound.delivery),
            channel=Channel.EMAIL.value,
            due_date=due,
            state=FollowupState.PENDING.value,
        )
    )
    session.flush()


def _close(
    session: Session,
    inbound: InboundMessage,
    run_id: str,
    verdict: Verdict,
    reply_id: str | None,
    now: datetime,
    review: str | None,
) -> None:
    inbound.processed_at = now
    contact = inbound.contact
    details = {
        "inbound_id": inbound.id,
        "reply_id": reply_id,
        "intent": verdict.intent,
        "confidence": round(verdict.confidence, 2),
        "summary": verdict.summary,
        "matched_by": inbound.matched_by,
        "why_review": review,
    }
    note(
        session,
        run_id=run_id,
        agent=AGENT,
        action="reply_triaged",
        contact_id=contact.id if contact else None,
        prospect_id=contact.prospect_id if contact else None,
        details={key: value for key, value in details.items() if value is not None},
        requires_review=review is not None,
    )
    session.flush()


def received_activity(
    session: Session, inbound: InboundMessage, contact: Contact, kind: ActivityType, text: str, run_id: str
) -> None:
    """Writes an incoming message into the contact's history."""
    by_channel = _RECEIVED.get(channel_of(inbound), kind) if kind is ActivityType.EMAIL_RECEIVED else kind
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=by_channel.value,
            direction=Direction.INBOUND.value,
            subject=inbound.subject,
            description=text,
            email_sequence_step=inbound.delivery.touch_number if inbound.delivery else None,
            agent_id=run_id,
        )
    )
    refresh_engagement(session, contact)


def sequence_of(inbound: InboundMessage) -> OutreachSequence | None:
    """The sequence of the message that was answered; where a person said whose it is, and nothing more is known, the
    one that the contact is in."""
    if inbound.delivery is not None:
        return inbound.delivery.sequence
    if inbound.contact is None or inbound.matched_by != BY_PERSON:
        return None
    under_way = [s for s in inbound.contact.sequences if s.status not in OVER and s.started_at is not None]
    return max(under_way, key=lambda s: (s.started_at, s.id), default=None)


def _touchpoint(session: Session, inbound: InboundMessage) -> str | None:
    touches = select(Touchpoint.id).order_by(Touchpoint.sent_at.desc(), Touchpoint.id).limit(1)
    if inbound.delivery is not None:
        return session.scalar(touches.where(Touchpoint.message_draft_id == inbound.delivery.draft_id))
    return session.scalar(
        touches.where(
            Touchpoint.contact_id == inbound.contact_id,
            Touchpoint.channel == channel_of(inbound),
            Touchpoint.sent_at <= inbound.received_at,
        )
    )


def _next_touch(sequence: OutreachSequence | None, delivery: Delivery | None) -> int:
    reached = sequence.current_step if sequence is not None else delivery.touch_number if delivery else 0
    return min(MOST_TOUCHES, reached + 1)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one
