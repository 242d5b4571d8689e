"""Taking back what a reply's label did: only that, only where it still stands, and said where it cannot be.

What it did stands in the log of changes, under the run that triaged the reply, or between the two marks that a
person's correction left in the journal. An address that something else speaks against stays suppressed.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.enums import ApprovalStatus, ContactStatus, FollowupState, ProspectStatus, ReplyIntent, SequenceStatus
from db.lifecycle import LIVE, OPEN, follow_sequence, move_followup, move_prospect, move_sequence, prospect_may_become
from db.models import (
    AgentAuditLog,
    Approval,
    AuditLog,
    Contact,
    Delivery,
    Followup,
    InboundMessage,
    MessageDraft,
    Opportunity,
    OutreachSequence,
    Reply,
    Suppression,
)
from db.queries.due import re_engagement_id
from db.suppressions import is_suppressed
from tools.replies.effects import sequence_of
from tools.undo_log import UndoLog, moment_in_log

CORRECTED = "reply_corrected"
_TRIAGED = ("reply_triaged", "opted_out")
_RUNNING = (SequenceStatus.PENDING.value, SequenceStatus.ACTIVE.value)


@dataclass
class Undone:
    """What was taken back, what stays as it is, and the addresses that may be written to again."""

    did: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    freed: list[str] = field(default_factory=list)


def undo_label(session: Session, inbound: InboundMessage, reply: Reply, now: datetime) -> Undone:
    """Takes back what the reply's present intent did, in the session."""
    undone = Undone()
    match reply.intent:
        case ReplyIntent.UNSUBSCRIBE.value:
            _lift(session, inbound, reply, undone)
            _restart(session, inbound, reply, undone, now)
            _ready_again(session, inbound, reply, undone)
        case ReplyIntent.NEGATIVE.value:
            _restart(session, inbound, reply, undone, now)
        case ReplyIntent.NOT_NOW.value:
            _unplan(session, inbound, reply, undone)
        case ReplyIntent.POSITIVE.value:
            _disengage(session, inbound, reply, undone)
    session.flush()
    return undone


def planned_by(session: Session, inbound: InboundMessage, reply: Reply) -> list[Followup]:
    """The follow-ups that a 'not now' planned and that are still to come."""
    theirs = session.scalars(select(Followup).where(Followup.contact_id == reply.contact_id)).all()
    made = {row.record_id for row in _log(session, inbound, reply, "followups", [f.id for f in theirs])
            if row.action == "insert"}  # fmt: skip
    return [followup for followup in theirs if followup.id in made and followup.state in OPEN]


def _log(session: Session, inbound: InboundMessage, reply: Reply, table: str, ids: list[str]) -> list[AuditLog]:
    """The changes to these rows that the reply's present label made, the earliest first."""
    changes = select(AuditLog).where(AuditLog.table_name == table, AuditLog.record_id.in_(ids))
    return list(session.scalars(changes.where(labelled(session, inbound, reply)).order_by(AuditLog.id)))


def labelled(
    session: Session, inbound: InboundMessage, reply: Reply, *, all_of_it: bool = False
) -> ColumnElement[bool]:
    """The condition that a change in the log came of a reply's present label; with `all_of_it`, of any it had."""
    entries = session.scalars(
        select(AgentAuditLog).where(
            AgentAuditLog.action.in_((*_TRIAGED, CORRECTED)), AgentAuditLog.contact_id == reply.contact_id
        )
    ).all()
    mine = [e for e in entries if (e.details or {}).get("inbound_id") == inbound.id]
    marks = [e.details or {} for e in mine if e.action == CORRECTED]
    if not all_of_it:
        marks = sorted((m for m in marks if m.get("relabelled")), key=lambda mark: mark["until"])[-1:]
    corrected = [
        and_(AuditLog.id > mark["since"], AuditLog.id <= mark["until"], AuditLog.changed_by == mark["by"])
        for mark in marks
    ]
    if corrected and not all_of_it:
        return or_(*corrected)
    return or_(AuditLog.changed_by.in_([f"agent:{e.agent_run_id}" for e in mine if e.agent_run_id]), *corrected)


def _before(log: list[AuditLog], record_id: str, column: str, value: Any) -> dict[str, Any] | None:
    """The row as it was before the change that gave a column this value; None where there was no such change."""
    for row in reversed(log):
        old, new = row.old_values or {}, row.new_values or {}
        if row.record_id == record_id and new.get(column) == value and old.get(column) != value:
            return old
    return None


def _lift(session: Session, inbound: InboundMessage, reply: Reply, undone: Undone) -> None:
    mine = session.scalars(select(Suppression).where(Suppression.source == f"inbound:{inbound.id}")).all()
    for row in mine:
        if (ground := _other_ground(session, row.value, inbound)) is not None:
            row.source, row.reason = ground
            undone.stays.append(f"{row.value} stays suppressed: {row.reason}.")
        else:
            session.execute(delete(Suppression).where(Suppression.id == row.id))
            undone.freed.append(row.value)
            undone.did.append(f"{row.value} is not suppressed any more.")
    session.flush()
    people = session.scalars(
        select(Contact).where(
            or_(Contact.id == reply.contact_id, func.lower(Contact.email).in_([row.value for row in mine])),
            Contact.do_not_contact.is_(True),
        )
    ).all()
    log = _log(session, inbound, reply, "contacts", [person.id for person in people])
    undo_log = UndoLog(session)  # taking back goes past the life cycle, which knows no way out of what is over
    for person in people:
        was = _before(log, person.id, "status", ContactStatus.DO_NOT_CONTACT.value)
        if was is None:
            undone.stays.append(
                f"{person.full_name} was do-not-contact before: {person.dnc_reason or 'no reason kept'}."
            )
        elif is_suppressed(session, person.email) or _barred(session, [person.id]):
            undone.stays.append(f"{person.full_name} stays do-not-contact: something else speaks against it as well.")
        else:
            undo_log.update(
                "contacts",
                person.id,
                {"status": was["status"], "do_not_contact": False, "dnc_reason": was["dnc_reason"]},
            )
            session.refresh(person)
            undone.freed.append(person.full_name)
            undone.did.append(f"{person.full_name} may be contacted again ({was['status']}).")
    session.flush()


def _other_ground(session: Session, address: str, inbound: InboundMessage) -> tuple[str, str] | None:
    """Source and reason of what else speaks against writing to an address."""
    went_there = select(Delivery.id).where(func.lower(Delivery.recipient) == address)
    has_it = select(Contact.id).where(func.lower(Contact.email) == address)
    rows = session.execute(
        select(InboundMessage, Reply.intent)
        .outerjoin(Reply, Reply.inbound_message_id == InboundMessage.id)
        .where(
            InboundMessage.id != inbound.id,
            or_(
                InboundMessage.from_address == address,
                InboundMessage.delivery_id.in_(went_there),
                InboundMessage.contact_id.in_(has_it),
            ),
        )
        .execution_options(include_deleted=True)
    ).all()
    said = _said_without_reply(session)
    for message, intent in rows:
        if message.kind == "complaint":
            return f"inbound:{message.id}", "complained of the mail as spam"
        if ReplyIntent.UNSUBSCRIBE.value in (intent, said.get(message.id) if intent is None else None):
            return f"inbound:{message.id}", "asked not to be written to in another message"
    people = list(session.scalars(has_it, execution_options={"include_deleted": True}))
    return ("approval", "decided at an approval") if _barred(session, people) else None


def _said_without_reply(session: Session) -> dict[str, str]:
    """Which messages asked to be left alone, of those that were kept as no reply: nothing proved their thread."""
    entries = session.scalars(select(AgentAuditLog).where(AgentAuditLog.action.in_(_TRIAGED)))
    found = {}
    for entry in entries:
        details = entry.details or {}
        if entry.action == "opted_out" or details.get("intent") == ReplyIntent.UNSUBSCRIBE.value:
            found[str(details.get("inbound_id"))] = ReplyIntent.UNSUBSCRIBE.value
    return found


def _barred(session: Session, contact_ids: list[str]) -> bool:
    decided = select(Approval.id).where(Approval.contact_id.in_(contact_ids), Approval.decision == "do_not_contact")
    return session.scalar(decided.limit(1)) is not None


def _restart(session: Session, inbound: InboundMessage, reply: Reply, undone: Undone, now: datetime) -> None:
    """The sequences that it stopped: the one that was answered is paused, as after any reply; others go on."""
    stopped = SequenceStatus.STOPPED.value
    theirs = session.scalars(
        select(OutreachSequence).where(
            OutreachSequence.contact_id == reply.contact_id, OutreachSequence.status == stopped
        )
    ).all()
    log = _log(session, inbound, reply, "outreach_sequences", [sequence.id for sequence in theirs])
    answered = sequence_of(inbound)
    for sequence in theirs:
        was = _before(log, sequence.id, "status", stopped)
        if was is None:
            continue
        if reply.contact.do_not_contact:
            undone.stays.append("The sequence stays stopped.")
            continue
        moments = {name: was[name] and moment_in_log(was[name]) for name in ("paused_at", "next_step_at")}
        UndoLog(session).update("outreach_sequences", sequence.id, {"status": was["status"], **moments})
        session.refresh(sequence)
        if answered is not None and sequence.id == answered.id and sequence.status in _RUNNING:
            move_sequence(session, sequence, SequenceStatus.PAUSED.value, now)
        follow_sequence(session, sequence.contact_id)
        on = "; to go on: outreach sequences resume " if sequence.status == SequenceStatus.PAUSED.value else " "
        undone.did.append(f"The sequence is {sequence.status} again{on}{sequence.id[:8]}")
    session.flush()


def _ready_again(session: Session, inbound: InboundMessage, reply: Reply, undone: Undone) -> None:
    if reply.contact.do_not_contact:
        return
    archived = ApprovalStatus.ARCHIVED.value
    ids = list(
        session.scalars(
            select(MessageDraft.id).where(
                MessageDraft.contact_id == reply.contact_id, MessageDraft.approval_status == archived
            )
        )
    )
    log = _log(session, inbound, reply, "message_drafts", ids)
    for draft_id in ids:
        was = _before(log, draft_id, "approval_status", archived)
        if was is None or was["approval_status"] != ApprovalStatus.READY.value:
            continue
        point = session.begin_nested()
        try:
            session.execute(
                update(MessageDraft).where(MessageDraft.id == draft_id).values(approval_status=was["approval_status"])
            )
        except DBAPIError as exc:
            point.rollback()
            undone.stays.append(f"The message {draft_id[:8]} stays put away: {str(exc.orig).splitlines()[0]}.")
            continue
        point.commit()
        undone.did.append(f"The message {draft_id[:8]} is approved again, as it was.")
    session.expire_all()
    put_away = session.scalars(
        select(AgentAuditLog).where(
            AgentAuditLog.action == "message_withdrawn",
            AgentAuditLog.contact_id == reply.contact_id,
            AgentAuditLog.created_at >= (inbound.processed_at or inbound.created_at),
        )
    ).all()
    if put_away:
        undone.stays.append(f"{len(put_away)} that waited for your decision were put away since, and stay so.")


def _unplan(session: Session, inbound: InboundMessage, reply: Reply, undone: Undone) -> None:
    planned = planned_by(session, inbound, reply)
    answered = sequence_of(inbound)
    for followup in planned:
        move_followup(session, followup, FollowupState.SKIPPED.value)
        undone.did.append(f"The follow-up on {followup.due_date} is skipped.")
        again = session.get(OutreachSequence, re_engagement_id(followup.id))
        if again is not None and again.status in LIVE:
            move_sequence(session, again, SequenceStatus.STOPPED.value)
            undone.did.append("The message for that day is not sent any more.")
        elif answered is not None and answered.status == SequenceStatus.PAUSED.value:
            answered.next_step_at = None
    if not planned:
        undone.stays.append("The follow-up that it led to is over already.")


def _disengage(session: Session, inbound: InboundMessage, reply: Reply, undone: Undone) -> None:
    prospect = reply.contact.prospect
    log = _log(session, inbound, reply, "prospects", [prospect.id])
    was = _before(log, prospect.id, "status", ProspectStatus.ENGAGED.value)
    if was is None or prospect.status != ProspectStatus.ENGAGED.value:
        return
    colleagues = select(Contact.id).where(Contact.prospect_id == prospect.id)
    others = select(Reply.id).where(
        Reply.contact_id.in_(colleagues), Reply.id != reply.id, Reply.intent == ReplyIntent.POSITIVE.value
    )
    meetings = select(Opportunity.id).where(Opportunity.contact_id.in_(colleagues))
    if session.scalar(others.limit(1)) or session.scalar(meetings.limit(1)):
        undone.stays.append(f"{prospect.name} stays engaged: another reply or a meeting says so.")
        return
    back = was["status"] if prospect_may_become(prospect.status, was["status"]) else ProspectStatus.OUTREACH_ACTIVE
    move_prospect(session, prospect, back, "a reply's label was corrected")
    undone.did.append(f"{prospect.name} is {prospect.status.replace('_', ' ')} again.")
