"""Where everything stands: the funnel of each playbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ContactStage, ProspectStatus, ProspectTier, values
from db.models import AgentAuditLog, Contact, Followup, HygieneFlag, MessageDraft, Prospect
from db.queries.inbox import State, lines

_COUNTED: Mapping[State, str] = {
    "waiting": "waiting",
    "skipped": "skipped",
    "held": "held",
    "approved": "ready",
    "out": "ready",
    "working": "in_work",
    "stopped": "in_work",
}
"""Which count a message belongs to; what was written out to be sent counts as ready until somebody says it left."""


@dataclass
class Funnel:
    """One playbook's counts. The dictionaries hold every value of their enumeration, in its order, zeros included;
    `tiers` has '' for prospects that have none yet."""

    playbook: str
    prospects: dict[str, int] = field(default_factory=dict)
    tiers: dict[str, int] = field(default_factory=dict)
    stages: dict[str, int] = field(default_factory=dict)
    waiting: int = 0
    overdue: int = 0
    skipped: int = 0
    held: int = 0
    ready: int = 0
    sent: int = 0
    in_work: int = 0
    do_not_contact: int = 0
    open_flags: int = 0
    critical_flags: int = 0
    to_review: int = 0
    nearest: str | None = None
    """Where no prospect is scored high enough to be written to: the id of the one that is nearest."""

    @property
    def total_prospects(self) -> int:
        """Organisations that are pursued."""
        return sum(self.prospects.values())

    @property
    def total_contacts(self) -> int:
        """People at them."""
        return sum(self.stages.values())


def funnels(session: Session, playbooks: Sequence[str] = (), *, now: datetime | None = None) -> list[Funnel]:
    """The funnel of each playbook that has prospects, and of each that is named, in the order of their names.

    Args:
        session: any session that may read.
        playbooks: names to list even where nothing is there yet; given, no others are listed.
        now: when a skip or an approval has ended; the present.
    """
    found = set(session.scalars(select(Prospect.playbook).distinct()))
    names = sorted(playbooks) if playbooks else sorted(found)
    result = {
        name: Funnel(
            name,
            dict.fromkeys(values(ProspectStatus), 0),
            {**dict.fromkeys(values(ProspectTier), 0), "": 0},
            dict.fromkeys(values(ContactStage), 0),
        )
        for name in names
    }
    _count_prospects(session, result)
    _find_nearest(session, result)
    _count_contacts(session, result)
    _count_drafts(session, result, now or datetime.now(UTC))
    _count_reviews(session, result)
    return list(result.values())


def _count_prospects(session: Session, result: dict[str, Funnel]) -> None:
    rows = session.execute(
        select(Prospect.playbook, Prospect.status, Prospect.tier, func.count())
        .where(Prospect.playbook.in_(result))
        .group_by(Prospect.playbook, Prospect.status, Prospect.tier)
    )
    for playbook, status, tier, count in rows:
        result[playbook].prospects[status] += count
        result[playbook].tiers[tier or ""] += count


def _find_nearest(session: Session, result: dict[str, Funnel]) -> None:
    for funnel in result.values():
        aside = funnel.prospects[ProspectStatus.NURTURE] + funnel.prospects[ProspectStatus.DEPRIORITIZED]
        if aside and aside == funnel.total_prospects:
            funnel.nearest = session.scalar(
                select(Prospect.id)
                .where(Prospect.playbook == funnel.playbook)
                .order_by(Prospect.icp_score.desc(), Prospect.name, Prospect.id)
                .limit(1)
            )


def _count_contacts(session: Session, result: dict[str, Funnel]) -> None:
    rows = session.execute(
        select(Prospect.playbook, Contact.stage, Contact.do_not_contact, func.count())
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Prospect.playbook.in_(result))
        .group_by(Prospect.playbook, Contact.stage, Contact.do_not_contact)
    )
    for playbook, stage, do_not_contact, count in rows:
        result[playbook].stages[stage] += count
        if do_not_contact:
            result[playbook].do_not_contact += count


def _count_drafts(session: Session, result: dict[str, Funnel], now: datetime) -> None:
    sent = (
        select(Prospect.playbook, func.count())
        .select_from(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Prospect.playbook.in_(result), MessageDraft.approval_status == "sent")
        .group_by(Prospect.playbook)
    )
    for playbook, count in session.execute(sent):
        result[playbook].sent = count
    # As the inbox sees them, so that the two never differ.
    for line in lines(session, states=_COUNTED, now=now):
        if funnel := result.get(line.playbook):
            field_name = _COUNTED[line.state]
            setattr(funnel, field_name, getattr(funnel, field_name) + 1)


def _count_reviews(session: Session, result: dict[str, Funnel]) -> None:
    late = session.execute(
        select(Prospect.playbook, func.count())
        .select_from(Followup)
        .join(Contact, Contact.id == Followup.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Followup.state == "overdue", Prospect.playbook.in_(result))
        .group_by(Prospect.playbook)
    )
    for playbook, count in late:
        result[playbook].overdue = count
    flags = session.execute(
        select(Prospect.playbook, HygieneFlag.severity, func.count())
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .where(HygieneFlag.resolved_at.is_(None), Prospect.playbook.in_(result))
        .group_by(Prospect.playbook, HygieneFlag.severity)
    )
    for playbook, severity, count in flags:
        result[playbook].open_flags += count
        if severity == "critical":
            result[playbook].critical_flags += count
    reviews = session.execute(
        select(Prospect.playbook, func.count())
        .select_from(AgentAuditLog)
        .outerjoin(Contact, Contact.id == AgentAuditLog.contact_id)
        .join(Prospect, Prospect.id == func.coalesce(AgentAuditLog.prospect_id, Contact.prospect_id))
        .where(
            AgentAuditLog.requires_review.is_(True),
            AgentAuditLog.reviewed_at.is_(None),
            Prospect.playbook.in_(result),
        )
        .group_by(Prospect.playbook)
    )
    for playbook, count in reviews:
        result[playbook].to_review = count
