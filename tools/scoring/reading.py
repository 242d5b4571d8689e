"""What scoring reads, a chunk of prospects at a time: their people, their last scores, what sources say of them."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from db.enums import ContactStatus, SignalType
from db.models import AgentAuditLog, Contact, ExternalId, IcpScore, Prospect, ProspectScore, Signal
from db.queries.mappings import headers_for
from playbooks import Playbook, WeightedFormula
from tools.journal import SCORED
from tools.normalise import year


@dataclass
class Material:
    """Everything that scoring a chunk needs, by prospect, contact or account id."""

    prospects: list[Prospect]
    contacts: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))
    last_scores: dict[str, list[ProspectScore]] = field(default_factory=lambda: defaultdict(list))
    last_fits: dict[str, IcpScore] = field(default_factory=dict)
    last_versions: dict[str, str] = field(default_factory=dict)
    years_built: dict[str, int] = field(default_factory=dict)
    intent: set[str] = field(default_factory=set)

    def reachable(self, prospect: Prospect) -> list[Contact]:
        """The people of a prospect who may be written to."""
        return [c for c in self.contacts[prospect.id] if c.status == ContactStatus.ACTIVE.value]


def read_material(session: Session, playbook: Playbook, ids: Collection[str], today: date) -> Material:
    """Reads it in a handful of queries, however many prospects."""
    prospects = session.scalars(
        select(Prospect).where(Prospect.id.in_(ids)).options(joinedload(Prospect.account)).order_by(Prospect.id)
    ).all()
    material = Material(list(prospects))
    for contact in session.scalars(
        select(Contact).where(Contact.prospect_id.in_(ids)).order_by(Contact.created_at, Contact.id)
    ):
        material.contacts[contact.prospect_id].append(contact)
    accounts = [prospect.account_id for prospect in prospects]
    if isinstance(playbook.scoring, WeightedFormula):
        material.last_scores = last_scores(session, ids)
        material.years_built = years_built(session, playbook.name, accounts)
    else:
        material.last_fits = _last_fits(session, ids)
        material.last_versions = _last_versions(session, ids)
        material.intent = _intent(session, prospects, today)
    return material


def last_scores(session: Session, ids: Collection[str]) -> dict[str, list[ProspectScore]]:
    """The rows of each prospect's latest scoring."""
    latest = (
        select(ProspectScore.prospect_id, func.max(ProspectScore.scored_at).label("at"))
        .where(ProspectScore.prospect_id.in_(ids))
        .group_by(ProspectScore.prospect_id)
        .subquery()
    )
    found: dict[str, list[ProspectScore]] = defaultdict(list)
    rows = session.scalars(
        select(ProspectScore).join(
            latest,
            (ProspectScore.prospect_id == latest.c.prospect_id) & (ProspectScore.scored_at == latest.c.at),
        )
    )
    for row in rows:
        found[row.prospect_id].append(row)
    return found


def years_built(session: Session, playbook: str, account_ids: Collection[str]) -> dict[str, int]:
    """The year each organisation's stadium was built, out of the sources' own records, where one says so."""
    headers = headers_for(session, playbook, "year_built")
    if not headers:
        return {}
    found: dict[str, int] = {}
    records = session.scalars(
        select(ExternalId)
        .where(ExternalId.table_name == "accounts", ExternalId.record_id.in_(account_ids))
        .order_by(ExternalId.updated_at, ExternalId.id)
    )
    for record in records:
        for header in headers:
            built = year(str((record.payload or {}).get(header) or ""))
            if built is not None:
                found[record.record_id] = built
    return found


def _last_fits(session: Session, prospect_ids: Collection[str]) -> dict[str, IcpScore]:
    rows = session.scalars(
        select(IcpScore)
        .join(Contact, Contact.id == IcpScore.contact_id)
        .where(Contact.prospect_id.in_(prospect_ids))
        .order_by(IcpScore.scored_at, IcpScore.id)
    )
    return {row.contact_id: row for row in rows}


def _last_versions(session: Session, prospect_ids: Collection[str]) -> dict[str, str]:
    """The version of the formula that each prospect was last scored by, as the journal has it."""
    entries = session.scalars(
        select(AgentAuditLog)
        .where(AgentAuditLog.prospect_id.in_(prospect_ids), AgentAuditLog.action == SCORED)
        .order_by(AgentAuditLog.created_at, AgentAuditLog.id)
    )
    return {str(entry.prospect_id): str((entry.details or {}).get("version")) for entry in entries}


def _intent(session: Session, prospects: Sequence[Prospect], today: date) -> set[str]:
    """Accounts with buyer intent: marked so, or with a signal of it that is not stale."""
    marked = {prospect.account_id for prospect in prospects if prospect.account.buyer_intent}
    accounts = [prospect.account_id for prospect in prospects]
    return marked | set(
        session.scalars(
            select(Signal.account_id).where(
                Signal.account_id.in_(accounts),
                Signal.signal_type == SignalType.BUYER_INTENT.value,
                Signal.expires_at.is_(None) | (Signal.expires_at >= today),
            )
        )
    )
