"""Which prospects hygiene looks at, and which of them for the formula's version alone."""

from typing import Any, Final

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.enums import ContactStatus, ProspectStatus
from db.models import Account, AgentAuditLog, Contact, IcpScore, Prospect, ProspectScore
from db.stamps import utc_now
from playbooks import Playbook, WeightedFormula
from tools.hygiene.staleness import stale_and_not_flagged
from tools.journal import SCORED

UNSCORED: Final = (ProspectStatus.IDENTIFIED.value, ProspectStatus.NEEDS_SCORING.value)


def due(session: Session, playbook: Playbook) -> list[str]:
    """The prospects to look at, by id: never scored, asked to be, scored by another version of the formula, changed
    since (they, their organisation or one of their people), or gone stale without a flag that says so."""
    last = _last_scored(playbook)
    newest = _newest_contact()
    query = (
        select(Prospect.id)
        .join(Account, Account.id == Prospect.account_id)
        .outerjoin(last, last.c.prospect_id == Prospect.id)
        .where(
            Prospect.playbook == playbook.name,
            or_(
                Prospect.status.in_(UNSCORED),
                Prospect.icp_score.is_(None),
                _other_version(playbook),
                Prospect.updated_at > last.c.at,
                Account.updated_at > last.c.at,
                newest > last.c.at,
                last.c.at.is_(None) & _somebody_reachable(),
            ),
        )
    )
    found = set(session.scalars(query))
    return sorted(found | stale_and_not_flagged(session, playbook, utc_now().date()))


def scored_by_another_version(session: Session, playbook: Playbook) -> list[str]:
    """The prospects, by id, that have a score of another version of the playbook's formula: a part of what is due."""
    return list(
        session.scalars(
            select(Prospect.id)
            .where(Prospect.playbook == playbook.name, Prospect.icp_score.is_not(None), _other_version(playbook))
            .order_by(Prospect.id)
        )
    )


def _last_scored(playbook: Playbook) -> Any:
    """prospect_id and the instant `at` of its last scoring."""
    if isinstance(playbook.scoring, WeightedFormula):
        query: Any = select(ProspectScore.prospect_id, func.max(ProspectScore.scored_at).label("at")).group_by(
            ProspectScore.prospect_id
        )
    else:
        query = (
            select(Contact.prospect_id, func.max(IcpScore.scored_at).label("at"))
            .join(Contact, Contact.id == IcpScore.contact_id)
            .group_by(Contact.prospect_id)
        )
    return query.subquery()


def _newest_contact() -> Any:
    return select(func.max(Contact.updated_at)).where(Contact.prospect_id == Prospect.id).scalar_subquery()


def _somebody_reachable() -> Any:
    return exists().where(Contact.prospect_id == Prospect.id, *_reachable())


def _reachable() -> tuple[Any, ...]:
    return Contact.status == ContactStatus.ACTIVE.value, Contact.deleted_at.is_(None)


def _other_version(playbook: Playbook) -> Any:
    """Whether the last scoring of a prospect was by another version. With OCC's formula those of its people who may be
    written to tell, and where there is nobody, the journal."""
    version = playbook.scoring.version
    if isinstance(playbook.scoring, WeightedFormula):
        later = aliased(ProspectScore)
        last = select(func.max(later.scored_at)).where(later.prospect_id == ProspectScore.prospect_id).scalar_subquery()
        return exists().where(
            ProspectScore.prospect_id == Prospect.id,
            ProspectScore.scored_at == last,
            func.coalesce(ProspectScore.scoring_version, "") != version,
        )
    later_fit = aliased(IcpScore)
    last_fit = (
        select(func.max(later_fit.scored_at)).where(later_fit.contact_id == IcpScore.contact_id).scalar_subquery()
    )
    of_people = exists().where(
        Contact.prospect_id == Prospect.id,
        *_reachable(),
        IcpScore.contact_id == Contact.id,
        IcpScore.scored_at == last_fit,
        func.coalesce(IcpScore.scoring_version, "") != version,
    )
    later_entry = aliased(AgentAuditLog)
    last_entry = (
        select(func.max(later_entry.created_at))
        .where(later_entry.prospect_id == AgentAuditLog.prospect_id, later_entry.action == SCORED)
        .scalar_subquery()
    )
    of_company = exists().where(
        AgentAuditLog.prospect_id == Prospect.id,
        AgentAuditLog.action == SCORED,
        AgentAuditLog.created_at == last_entry,
        AgentAuditLog.details["version"].as_string() != version,
    )
    return or_(of_people, of_company & ~_somebody_reachable())
