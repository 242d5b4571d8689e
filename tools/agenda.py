"""What waits for a person beside the messages themselves: counts, each cheap, over every playbook."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from db.enums import BatchStatus, DeliveryState, FlagType, FollowupState, RunStatus
from db.models import AgentAuditLog, AgentRun, Batch, Delivery, Followup, HygieneFlag
from db.queries.meetings import meetings
from db.queries.runs import CALLS
from tools.replies.handled import ABOUT_MESSAGES

FAILED_FOR = timedelta(days=7)
"""A failed step is told for this long."""


@dataclass(frozen=True)
class Agenda:
    """Counts of what waits. `failed` are steps of the last days that nothing made good since; `batches` those under
    way."""

    uncertain: int = 0
    replies: int = 0
    followups: int = 0
    meetings: int = 0
    duplicates: int = 0
    flags: int = 0
    actions: int = 0
    failed: int = 0
    batches: int = 0


def agenda(session: Session, now: datetime) -> Agenda:
    """Counts everything that waits at this moment (UTC)."""
    flags = dict(
        session.execute(
            select(HygieneFlag.flag_type, func.count())
            .where(HygieneFlag.resolved_at.is_(None))
            .group_by(HygieneFlag.flag_type)
        ).all()
    )
    duplicates = flags.pop(FlagType.DUPLICATE_SUSPECT.value, 0)
    reviews = [AgentAuditLog.requires_review.is_(True), AgentAuditLog.reviewed_at.is_(None)]
    due = Followup.state == FollowupState.OVERDUE.value
    today = (Followup.state == FollowupState.PENDING.value) & (Followup.due_date <= now.date())
    return Agenda(
        uncertain=_count(session, Delivery, Delivery.state == DeliveryState.UNCERTAIN.value),
        replies=_count(session, AgentAuditLog, *reviews, AgentAuditLog.action.in_(ABOUT_MESSAGES)),
        followups=_count(session, Followup, due | today),
        meetings=sum(row.when == "passed" for row in meetings(session, None, now)),
        duplicates=duplicates,
        flags=sum(flags.values()),
        actions=_count(session, AgentAuditLog, *reviews, AgentAuditLog.action.not_in(ABOUT_MESSAGES)),
        failed=_failed(session, now),
        batches=_count(session, Batch, Batch.status.is_(None) | (Batch.status != BatchStatus.COMPLETED.value)),
    )


def _count(session: Session, model: type, *conditions: object) -> int:
    return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0  # type: ignore[arg-type]


def _failed(session: Session, now: datetime) -> int:
    """Steps that failed lately and that the same agent has not done since, for the same person."""
    later = aliased(AgentRun)
    made_good = (
        select(later.id)
        .where(
            later.agent_name == AgentRun.agent_name,
            later.contact_id.is_not_distinct_from(AgentRun.contact_id),
            later.status.in_((RunStatus.SUCCESS.value, RunStatus.WAITING.value)),
            later.run_type.not_in(CALLS),
            later.started_at > AgentRun.started_at,
        )
        .exists()
    )
    return _count(
        session,
        AgentRun,
        AgentRun.status == RunStatus.ERROR.value,
        AgentRun.run_type.not_in(CALLS),
        # A step that a command took by itself told its failure there and then.
        AgentRun.contact_id.is_not(None) | AgentRun.parent_run_id.is_not(None),
        AgentRun.started_at > now - FAILED_FOR,
        ~made_good,
    )
