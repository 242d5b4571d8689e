"""What an incoming message changes: the record of it, and the state of the contact, sequence and prospect.

A message changes only the thread that it provably belongs to. One that is matched by its sender alone may opt out,
and is put up for review; nothing else follows from it. Every function here may run again for the same message.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import (
    ActivityType,
    Channel,
    ContactStage,
    ContactStatus,
    Direction,
    FollowupState,
    ProspectStatus,
    ReplyIntent,
    SequenceStatus,
    SuppressionKind,
)
from db.lifecycle import contact_may_become, move_contact, move_prospect, prospect_may_become
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
from tools.intake import AGENT, PROOF
from tools.journal import note
from tools.mail import Sorted
from tools.suppress import do_not_contact, open_followups, skip_followups, stop_sequences, suppress_address

CONFIDENT = 0.6
"""Below this a person looks at the triage."""

WAIT_WITHOUT_DATE = timedelta(days=90)
_HALTED = (SequenceStatus.COMPLETED.value, SequenceStatus.STOPPED.value)


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
    """Whether the message quotes one of our Message-IDs, and so belongs to that thread."""
    return inbound.delivery_id is not None and inbound.matched_by in PROOF


def opt_out(session: Session, inbound: InboundMessage, run_id: str, reason: str) -> None:
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


def record_reply(session: Session, inbound: InboundMessage, verdict: Verdict, run_id: str, now: datetime) -> str | None:
    """Writes the reply down and does what follows from it. Returns the reply's id.

    None where there is no thread proof: then only an opt-out has effect, and a person is asked to look.
    """
    if inbound.processed_at is not None:
        return session.scalar(select(Reply.id).where(Reply.inbound_message_id == inbound.id))
    contact = inbound.contact
    leaves = verdict.intent == ReplyIntent.UNSUBSCRIBE.value
    if leaves:
        opt_out(session, inbound, run_id, "asked not to be written to")
    if contact is None or not proven(inbound):
        _close(session, inbound, run_id, verdict, None, now, review="no proof of the thread")
        return None
    reply = Reply(
        contact_id=contact.id,
        touchpoint_id=_touchpoint(session, inbound),
        inbound_message_id=inbound.id,
        channel=Channel.EMAIL.value,
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
    _activity(session, inbound, contact, ActivityType.EMAIL_RECEIVED, verdict.summary, run_id)
    contact.last_response_at = _later(contact.last_response_at, inbound.received_at or now)
    if contact_may_become(contact.stage, ContactStage.REPLIED.value):
        move_contact(session, contact, ContactStage.REPLIED.value)
    _sequence_after(session, inbound, contact, verdict, now)
    if verdict.intent == ReplyIntent.POSITIVE.value and prospect_may_become(
        contact.prospect.status, ProspectStatus.ENGAGED.value
    ):
        move_prospect(session, contact.prospect, ProspectStatus.ENGAGED.value, "a positive reply")
    if verdict.referral_name or verdict.referral_email:
        session.add(
            ReferralSuggestion(
                reply_id=reply.id,
                contact_id=contact.id,
                name=verdict.referral_name,
                title=verdict.referral_title,
                email=verdict.referral_email,
                note=verdict.summary,
            )
        )
    unsure = verdict.confidence < CONFIDENT
    _close(session, inbound, run_id, verdict, reply.id, now, review="low confidence" if unsure else None)
    return reply.id


def _sequence_after(
    session: Session, inbound: InboundMessage, contact: Contact, verdict: Verdict, now: datetime
) -> None:
    sequence = _sequence(inbound)
    if sequence is not None:
        sequence.replies_received += 1
    # The steps that were planned were written for somebody who has not answered.
    skip_followups(session, contact)
    if verdict.intent in (ReplyIntent.UNSUBSCRIBE.value, ReplyIntent.NEGATIVE.value):
        stop_sequences(session, contact)
        return
    if sequence is not None and sequence.status not in _HALTED:
        sequence.status, sequence.paused_at = SequenceStatus.PAUSED.value, now
        sequence.next_step_at = None
    if verdict.intent != ReplyIntent.NOT_NOW.value:
        return
    due = verdict.resume_date or (now + WAIT_WITHOUT_DATE).date()
    if sequence is not None and sequence.status not in _HALTED:
        sequence.next_step_at = datetime.combine(due, time(9), UTC)
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


def record_automatic(
    session: Session, inbound: InboundMessage, found: Sorted, run_id: str, now: datetime
) -> dict[str, object]:
    """Does what follows from a bounce, a complaint, an absence or an acknowledgement. Returns what it did, in words."""
    if inbound.processed_at is not None:
        return {"kind": inbound.kind, "done": "before"}
    contact, kind = inbound.contact, found.kind.value
    done: dict[str, object] = {"kind": kind, "inbound_id": inbound.id, "matched_by": inbound.matched_by}
    review = False
    if kind == "complaint":
        done["suppressed"] = _complained(session, inbound, found)
        review = not done["suppressed"]
    elif contact is None or not proven(inbound):
        review = contact is not None  # intake has put up what it could not match at all
    elif kind == "bounce":
        done |= {"hard": found.hard, "code": found.code, "reason": found.reason[:200]}
        review = _bounced(session, inbound, contact, found)
        _activity(session, inbound, contact, ActivityType.NOTE, f"mail came back: {found.reason[:200]}", run_id)
    else:
        if kind == "out_of_office" and found.back_on is not None:
            _wait_until(session, inbound, contact, found.back_on)
            done["back_on"] = found.back_on.isoformat()
        _activity(session, inbound, contact, ActivityType.EMAIL_RECEIVED, kind.replace("_", " "), run_id)
    inbound.processed_at = now
    note(
        session,
        run_id=run_id,
        agent=AGENT,
        action=f"{kind}_recorded",
        contact_id=contact.id if contact else None,
        prospect_id=contact.prospect_id if contact else None,
        details=done,
        requires_review=review,
    )
    return done


def _complained(session: Session, inbound: InboundMessage, found: Sorted) -> list[str]:
    """A complaint is an opt-out: of the recipient of the mail that it quotes, or whom the report names."""
    delivery = inbound.delivery
    addresses = {a.lower() for a in (delivery.recipient if delivery else None, found.address) if a and "@" in a}
    for address in sorted(addresses):
        suppress_address(
            session,
            address,
            reason="complained of the mail as spam",
            source=f"inbound:{inbound.id}",
            contact_id=inbound.contact_id if delivery else None,
        )
    return sorted(addresses)


def _bounced(session: Session, inbound: InboundMessage, contact: Contact, found: Sorted) -> bool:
    """A dead address is marked as such; everything else is only written down. Whether a person should look."""
    delivery = inbound.delivery
    if delivery is not None:
        delivery.last_error = " ".join(part for part in (found.code, found.reason) if part)[:500]
    if not found.hard:
        return False
    current = (contact.email or "").lower()
    sent_to = (delivery.recipient if delivery else "").lower()
    if current != sent_to or (found.address is not None and found.address != sent_to):
        return True  # another address than the one on the contact's row: a forwarding, or an old one
    if contact.status in (ContactStatus.ACTIVE.value, ContactStatus.DORMANT.value):
        contact.status = ContactStatus.BOUNCED.value
    contact.email_verified = False
    stop_sequences(session, contact)
    skip_followups(session, contact)
    return False


def _wait_until(session: Session, inbound: InboundMessage, contact: Contact, back_on: date) -> None:
    """The sequence waits until the day after somebody's return; what is due later stays as it is."""
    first = back_on + timedelta(days=1)
    sequence = _sequence(inbound)
    if sequence is not None and sequence.next_step_at is not None and sequence.next_step_at.date() < first:
        sequence.next_step_at = datetime.combine(first, time(9), UTC)
    for followup in open_followups(session, contact):
        if followup.due_date is not None and followup.due_date < first:
            followup.due_date, followup.state = first, FollowupState.PENDING.value


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


def _activity(
    session: Session, inbound: InboundMessage, contact: Contact, kind: ActivityType, text: str, run_id: str
) -> None:
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=kind.value,
            direction=Direction.INBOUND.value,
            subject=inbound.subject,
            description=text,
            email_sequence_step=inbound.delivery.touch_number if inbound.delivery else None,
            agent_id=run_id,
        )
    )


def _sequence(inbound: InboundMessage) -> OutreachSequence | None:
    return inbound.delivery.sequence if inbound.delivery is not None else None


def _touchpoint(session: Session, inbound: InboundMessage) -> str | None:
    if inbound.delivery is None:
        return None
    return session.scalar(
        select(Touchpoint.id).where(Touchpoint.message_draft_id == inbound.delivery.draft_id).limit(1)
    )


def _next_touch(sequence: OutreachSequence | None, delivery: Delivery | None) -> int:
    reached = sequence.current_step if sequence is not None else delivery.touch_number if delivery else 0
    return min(6, reached + 1)  # OCC, touchpoints.touch_number: 1-6


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one
