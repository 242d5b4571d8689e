"""Moving a row along its life cycle: each kind of row has the one function that changes its state.

`tests/db/test_lifecycle.py` looks through the tree for changes that go past these functions.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import current_actor
from db.enums import (
    ActivityType,
    BatchSequenceStatus,
    BatchStatus,
    ContactStage,
    ExperimentStatus,
    FollowupState,
    MeetingOutcome,
    OpportunityStatus,
    ProspectStatus,
    SequenceStatus,
)
from db.errors import DatabaseFault
from db.lifecycle.tables import CONTACT_STAGES, LIFE_CYCLES, PROSPECT_STATUSES
from db.models import (
    Activity,
    Batch,
    BatchProspect,
    Contact,
    Experiment,
    Followup,
    Opportunity,
    OutreachSequence,
    Prospect,
    Reply,
)

OVER = (SequenceStatus.STOPPED.value, SequenceStatus.COMPLETED.value)
HALTED = (SequenceStatus.PAUSED.value, *OVER)
LIVE = (SequenceStatus.PENDING.value, SequenceStatus.ACTIVE.value, SequenceStatus.PAUSED.value)
"""The statuses of a sequence that could still go on."""
OPEN = (FollowupState.PENDING.value, FollowupState.OVERDUE.value)
"""The states of a follow-up that is neither done nor skipped."""


class NotAllowed(DatabaseFault):
    """The life cycle has no such step; the message names the steps that there are."""


def contact_may_become(stage: str, target: str) -> bool:
    """Whether a contact at `stage` may move to `target`; staying is allowed."""
    return stage == target or ContactStage(target) in CONTACT_STAGES[ContactStage(stage)]


def prospect_may_become(status: str, target: str) -> bool:
    """Whether a prospect with `status` may move to `target`; staying is allowed."""
    return status == target or ProspectStatus(target) in PROSPECT_STATUSES[ProspectStatus(status)]


def move_contact(session: Session, contact: Contact, stage: str) -> bool:
    """Move a contact to a stage; whether it was elsewhere before.

    Raises:
        NotAllowed: the stage does not follow from the present one.
        ValueError: there is no such stage.
    """
    target = ContactStage(stage)
    present = ContactStage(contact.stage or ContactStage.NEW)
    if target == present:
        return False
    if target not in CONTACT_STAGES[present]:
        raise NotAllowed(_refusal(f"contact {contact.id}", present, target, CONTACT_STAGES[present]))
    contact.stage = target.value
    session.flush()
    return True


def move_prospect(session: Session, prospect: Prospect, status: str, reason: str | None = None) -> bool:
    """Move a prospect to a status and note it in its activities; whether it was elsewhere before.

    Args:
        session: whose next flush writes the change and what is noted of it.
        prospect: the prospect, with its id.
        status: the status to move to.
        reason: why, in words for a person; it becomes the activity's description.

    Raises:
        NotAllowed: the status does not follow from the present one.
        ValueError: there is no such status.
    """
    target = ProspectStatus(status)
    present = ProspectStatus(prospect.status or ProspectStatus.IDENTIFIED)
    if target == present:
        return False
    if target not in PROSPECT_STATUSES[present]:
        raise NotAllowed(_refusal(f"prospect {prospect.id}", present, target, PROSPECT_STATUSES[present]))
    prospect.status = target.value
    agent_id, user_id = _attribution()
    session.add(
        Activity(
            prospect=prospect,
            type=ActivityType.STATUS_CHANGE.value,
            subject=f"{present.value} -> {target.value}",
            description=reason,
            agent_id=agent_id,
            user_id=user_id,
        )
    )
    return True


def move_sequence(session: Session, sequence: OutreachSequence, status: str, now: datetime | None = None) -> bool:
    """Move a sequence to a status, and its contact's place in a batch with it; whether it was elsewhere before.

    Nothing is due in a sequence that is paused or over; `now` is when it was paused or completed. Raises NotAllowed.
    """
    target = SequenceStatus(status)
    moved = _step("outreach_sequences.status", sequence, "status", target, SequenceStatus.PENDING)
    if target.value in HALTED:
        sequence.next_step_at = None
    if moved:
        sequence.paused_at = now if target is SequenceStatus.PAUSED else None
        if target is SequenceStatus.COMPLETED:
            sequence.completed_at = now
    session.flush()
    follow_sequence(session, sequence.contact_id)
    return moved


def follow_sequence(session: Session, contact_id: str) -> None:
    """Brings `batch_prospects.sequence_status` of a contact to what their sequence and replies say.

    Of several sequences the one that can still go on counts, else the one begun last. Idempotent.
    """
    members = session.scalars(select(BatchProspect).where(BatchProspect.contact_id == contact_id)).all()
    if not members:
        return
    status = member_status(session, contact_id)
    for member in members:
        # One who joined a batch after a sequence of theirs was over waits for the next one.
        _step("batch_prospects.sequence_status", member, "sequence_status", status, BatchSequenceStatus.NOT_STARTED)
    session.flush()


def member_status(session: Session, contact_id: str) -> BatchSequenceStatus:
    """How far a contact's sequence is, in the words of a batch."""
    found = session.scalars(select(OutreachSequence).where(OutreachSequence.contact_id == contact_id)).all()
    if not found:
        return BatchSequenceStatus.NOT_STARTED
    sequence = max(
        found, key=lambda s: (s.status in LIVE, s.started_at is not None, s.started_at or s.created_at, s.id)
    )
    if sequence.status == SequenceStatus.PENDING:
        # The one touch for somebody who said 'not now' goes on from the touches before it.
        return BatchSequenceStatus.ACTIVE if sequence.current_step else BatchSequenceStatus.NOT_STARTED
    if sequence.status == SequenceStatus.PAUSED and session.scalar(
        select(Reply.id).where(Reply.contact_id == contact_id).limit(1)
    ):
        return BatchSequenceStatus.REPLIED
    return BatchSequenceStatus(sequence.status)


def move_followup(session: Session, followup: Followup, state: str, now: datetime | None = None) -> bool:
    """Move a follow-up to a state; whether it was elsewhere before. `now` is when it was done.

    One that is planned anew is reminded of anew. Raises NotAllowed.
    """
    target = FollowupState(state)
    moved = _step("followups.state", followup, "state", target, FollowupState.PENDING)
    if moved and target is FollowupState.COMPLETED:
        followup.completed_at = now
    if moved and target is FollowupState.PENDING:
        followup.reminder_sent = False
    session.flush()
    return moved


def move_batch(session: Session, batch: Batch, status: str) -> bool:
    """Move a batch to a status; whether it was elsewhere before. Raises NotAllowed."""
    moved = _step("batches.status", batch, "status", BatchStatus(status), BatchStatus.BUILDING)
    session.flush()
    return moved


def end_experiment(session: Session, experiment: Experiment, status: str) -> bool:
    """End an experiment as completed or inconclusive; whether it was running. Raises NotAllowed."""
    moved = _step("experiments.status", experiment, "status", ExperimentStatus(status), ExperimentStatus.ACTIVE)
    session.flush()
    return moved


def move_opportunity(session: Session, opportunity: Opportunity, status: str) -> bool:
    """Move an opportunity to a status; whether it was elsewhere before. Raises NotAllowed."""
    moved = _step(
        "opportunities.status", opportunity, "status", OpportunityStatus(status), OpportunityStatus.MEETING_BOOKED
    )
    session.flush()
    return moved


def set_outcome(session: Session, opportunity: Opportunity, outcome: str) -> bool:
    """Say what came of an opportunity's meeting; whether something else stood there before. Raises NotAllowed."""
    target = MeetingOutcome(outcome)
    if opportunity.meeting_outcome is None:
        opportunity.meeting_outcome = target.value
        moved = True
    else:
        moved = _step("opportunities.meeting_outcome", opportunity, "meeting_outcome", target, target)
    session.flush()
    return moved


def may_become(column: str, present: str, target: str) -> bool:
    """Whether a row may go from `present` to `target` in a column of LIFE_CYCLES; staying is allowed."""
    return present == target or target in LIFE_CYCLES[column][present]


def _step(column: str, row: Any, attribute: str, target: Any, first: Any) -> bool:
    """Sets a state where the column's table allows it; whether another stood there before."""
    present = type(target)(getattr(row, attribute) or first)
    if getattr(row, attribute) is not None and present == target:
        return False
    allowed = LIFE_CYCLES[column][present]
    if present != target and target not in allowed:
        raise NotAllowed(_refusal(f"{column} of {row.id}", present, target, allowed))
    setattr(row, attribute, target.value)
    return bool(present != target)


def _refusal(who: str, present: str, target: str, allowed: frozenset[str]) -> str:
    may = ", ".join(sorted(allowed)) or "nothing"
    return f"{who} cannot go from {present} to {target}; what may follow is {may}"


def _attribution() -> tuple[str | None, str | None]:
    # activities.agent_id holds the run, activities.user_id the person.
    kind, _, name = (current_actor.get() or "").partition(":")
    if kind == "agent":
        return name, None
    return None, (name or kind) or None
