"""The five key queries of SB ("Indexes and Performance"), each answered from an index on both databases."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from db.enums import FlagSeverity, ProspectStatus, SequenceStatus
from db.models import Activity, HygieneFlag, OutreachSequence, Prospect

NEEDS_ACTION = (
    ProspectStatus.NEEDS_SCORING.value,
    ProspectStatus.NEEDS_RESEARCH.value,
    ProspectStatus.READY_FOR_OUTREACH.value,
)
"""The statuses in which a prospect waits for an agent."""

# The words sort as critical, info, warning: their order has to be said.
_URGENCY = {FlagSeverity.CRITICAL.value: 0, FlagSeverity.WARNING.value: 1, FlagSeverity.INFO.value: 2}


def prospects_by_status_and_tier(session: Session, status: str, tier: str) -> Sequence[Prospect]:
    """Prospects of one status and one tier, the best score first."""
    query = (
        select(Prospect)
        .where(Prospect.status == status, Prospect.tier == tier)
        .order_by(Prospect.icp_score.desc(), Prospect.name, Prospect.id)
    )
    return session.scalars(query).all()


def prospects_needing_action(session: Session) -> Sequence[Prospect]:
    """Prospects that wait to be scored, researched or written to, the longest waiting first."""
    query = (
        select(Prospect)
        .where(Prospect.status.in_(NEEDS_ACTION))
        .order_by(Prospect.status, Prospect.updated_at, Prospect.id)
    )
    return session.scalars(query).all()


def recent_activities(session: Session, since: datetime) -> Sequence[Activity]:
    """Activities after `since` (aware), the newest first."""
    query = select(Activity).where(Activity.created_at > since).order_by(Activity.created_at.desc())
    return session.scalars(query).all()


def pending_outreach(session: Session, now: datetime) -> Sequence[OutreachSequence]:
    """Active sequences whose next step was due before `now` (aware), the longest due first."""
    query = (
        select(OutreachSequence)
        .where(OutreachSequence.status == SequenceStatus.ACTIVE.value, OutreachSequence.next_step_at < now)
        .order_by(OutreachSequence.next_step_at)
    )
    return session.scalars(query).all()


def unresolved_flags(session: Session) -> Sequence[HygieneFlag]:
    """Flags that nobody has resolved: critical, then warning, then info, the oldest first in each."""
    urgency = case(_URGENCY, value=HygieneFlag.severity, else_=len(_URGENCY))
    query = (
        select(HygieneFlag)
        .where(HygieneFlag.resolved_at.is_(None))
        .order_by(urgency, HygieneFlag.created_at, HygieneFlag.id)
    )
    return session.scalars(query).all()
