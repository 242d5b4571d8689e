"""What follows from mail that no person wrote: bounces, complaints, absences, acknowledgements."""

from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from db.enums import ActivityType, FollowupState
from db.lifecycle import move_followup
from db.models import Contact, InboundMessage
from db.suppressions import mark_bounced, open_followups, suppress_address
from tools.journal import note
from tools.mail import Sorted
from tools.replies.effects import proven, received_activity, sequence_of
from tools.replies.intake import AGENT
from tools.sequences import moment_on


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
        received_activity(session, inbound, contact, ActivityType.NOTE, f"mail came back: {found.reason[:200]}", run_id)
    else:
        if kind == "out_of_office" and found.back_on is not None:
            _wait_until(session, inbound, contact, found.back_on)
            done["back_on"] = found.back_on.isoformat()
        received_activity(session, inbound, contact, ActivityType.EMAIL_RECEIVED, kind.replace("_", " "), run_id)
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
    mark_bounced(session, contact)
    return False


def _wait_until(session: Session, inbound: InboundMessage, contact: Contact, back_on: date) -> None:
    """The sequence waits until the day after somebody's return; what is due later stays as it is."""
    first = back_on + timedelta(days=1)
    sequence = sequence_of(inbound)
    if sequence is not None and sequence.next_step_at is not None and sequence.next_step_at.date() < first:
        sequence.next_step_at = moment_on(first)
    for followup in open_followups(session, contact):
        if followup.due_date is not None and followup.due_date < first:
            followup.due_date = first
            move_followup(session, followup, FollowupState.PENDING.value)
