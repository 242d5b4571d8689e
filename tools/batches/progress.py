"""How far a batch is: its status follows from its messages and sequences; who leaves it, and closing it by hand."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ActivityType, BatchStatus
from db.lifecycle import OVER, move_batch
from db.models import Activity, Batch, BatchProspect, Contact, MessageDraft, OutreachSequence
from db.queries.batches import Member, members
from db.queries.due import OPEN_BATCHES
from tools.batches.build import BatchRefused
from tools.sequences import stop

_DONE = ("waiting", "ready", "sent")
"""States of a first message that is written and checked."""


def follow_batch(session: Session, batch: Batch) -> str:
    """Brings a batch's status to what its messages and sequences say; returns it. Idempotent.

    Ready once every first message that there will be waits for a person or is decided, active with the first that was
    sent, completed when nobody in it can be written to any more. What is completed stays so.
    """
    if batch.status == BatchStatus.COMPLETED.value:
        return batch.status
    people = members(session, batch)
    going = _going_on(session, people)
    if _sent(session, batch):
        target = BatchStatus.ACTIVE if going else BatchStatus.COMPLETED
    elif batch.status == BatchStatus.ACTIVE.value:
        target = BatchStatus.ACTIVE
    else:
        open_ = [one for one in people if one.draft not in _DONE and one.contact_id in going]
        written = any(one.draft in _DONE for one in people)
        target = BatchStatus.READY if written and not open_ else BatchStatus.BUILDING
    move_batch(session, batch, target.value)
    return target.value


def follow_open_batches(session: Session) -> None:
    """The same for every batch that is not completed."""
    for batch in session.scalars(select(Batch).where(Batch.status.in_(OPEN_BATCHES)).order_by(Batch.batch_number)):
        follow_batch(session, batch)


def _sent(session: Session, batch: Batch) -> bool:
    """Whether a message of the batch has left."""
    sent = select(MessageDraft.id).where(MessageDraft.batch_id == batch.id, MessageDraft.approval_status == "sent")
    return session.scalar(sent.limit(1)) is not None


def _going_on(session: Session, people: Sequence[Member]) -> set[str]:
    """Whose message is still to come, by contact id: not of those about whom nothing was found to write, who want none,
    or whose sequences are all over."""
    rows = session.execute(
        select(OutreachSequence.contact_id, OutreachSequence.status).where(
            OutreachSequence.contact_id.in_([one.contact_id for one in people])
        )
    )
    statuses: dict[str, list[str]] = defaultdict(list)
    for contact_id, status in rows:
        statuses[contact_id].append(status)
    return {
        one.contact_id
        for one in people
        if not one.do_not_contact
        and (
            any(status not in OVER for status in statuses[one.contact_id])
            if one.contact_id in statuses
            else not one.set_aside
        )
    }


def start(session: Session, batch: Batch) -> None:
    """Says by hand that a batch is being worked on. Raises BatchRefused."""
    if batch.status == BatchStatus.COMPLETED.value:
        raise BatchRefused(f"Batch {batch.batch_number} is completed.")
    if not any(one.draft in _DONE for one in members(session, batch)):
        raise BatchRefused(f"No message of batch {batch.batch_number} is written yet.")
    move_batch(session, batch, BatchStatus.ACTIVE.value)


def close(session: Session, batch: Batch) -> int:
    """Completes a batch by hand; returns how many of its sequences are still under way. Those go on, outside of it."""
    going = _going_on(session, members(session, batch))
    move_batch(session, batch, BatchStatus.COMPLETED.value)
    return len(going)


def drop(session: Session, batch: Batch, contact: Contact, reason: str, now: datetime, by: str) -> bool:
    """Takes somebody out of a batch; whether they leave no trace in its numbers.

    Before anything was written to them their place is given up, and a later batch may take them. Afterwards they keep
    it, for a test counts whoever was put into a group; their sequence is stopped. Raises BatchRefused.
    """
    place = session.scalars(
        select(BatchProspect).where(BatchProspect.batch_id == batch.id, BatchProspect.contact_id == contact.id)
    ).one_or_none()
    if place is None:
        raise BatchRefused(f"{contact.full_name} is not in batch {batch.batch_number}.")
    if batch.status == BatchStatus.COMPLETED.value:
        raise BatchRefused(f"Batch {batch.batch_number} is completed.")
    drafted = session.scalar(select(MessageDraft.id).where(MessageDraft.contact_id == contact.id).limit(1))
    if drafted is None:
        session.delete(place)
        session.flush()
        batch.prospect_count = len(members(session, batch))
    else:
        for sequence in session.scalars(
            select(OutreachSequence).where(
                OutreachSequence.contact_id == contact.id, OutreachSequence.status.not_in(OVER)
            )
        ).all():
            stop(session, sequence, now)
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=ActivityType.NOTE.value,
            description=f"taken out of batch {batch.batch_number}: {reason}",
            user_id=by,
            created_at=now,
        )
    )
    session.flush()
    follow_batch(session, batch)
    return drafted is None
