"""Writes scores down: the parts, the score and tier of the prospect, its status, and its people's priority."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import agent
from db.enums import ActivityType, ContactRole, ProspectStatus
from db.lifecycle import LIVE, move_prospect
from db.models import Activity, Contact, IcpScore, OutreachSequence, Prospect, ProspectScore
from db.stamps import utc_now
from playbooks import ContactFormula, Playbook
from tools.journal import SCORED, note
from tools.scoring import contact as by_contact
from tools.scoring import weighted
from tools.scoring.due import UNSCORED
from tools.scoring.reading import Material, read_material

# Where scoring alone decides what comes next; further on, people and research have had their say.
_SCORING_DECIDES = (
    *UNSCORED,
    ProspectStatus.SCORED.value,
    ProspectStatus.NEEDS_RESEARCH.value,
    ProspectStatus.NURTURE.value,
    ProspectStatus.DEPRIORITIZED.value,
)
_OF_TIER = {"A1": 3, "A2": 2, "B": 1}


@dataclass
class Scored:
    """What scoring did: how many were looked at, how many got a new score, and the tiers that they are in."""

    looked_at: int
    rescored: int
    moved: int
    tiers: Counter[str]


def score_prospects(session: Session, playbook: Playbook, ids: Collection[str], run_id: str, agent_name: str) -> Scored:
    """Scores prospects and writes down what changed; an equal score leaves no row behind."""
    now = utc_now()
    material = read_material(session, playbook, ids, now.date())
    result = Scored(len(material.prospects), 0, 0, Counter())
    running = set(
        session.scalars(
            select(OutreachSequence.prospect_id).where(
                OutreachSequence.prospect_id.in_(ids), OutreachSequence.status.in_(LIVE)
            )
        )
    )
    for prospect in material.prospects:
        score, new = _score(session, playbook, material, prospect, run_id, now)
        result.rescored += new
        before = (prospect.icp_score, prospect.tier)
        tier = playbook.tier_of(score)
        result.tiers[tier] += 1
        if before != (score, tier):
            prospect.icp_score, prospect.tier = score, tier
            _tell(session, prospect, before, run_id)
        if new or before != (score, tier):
            note(
                session,
                run_id=run_id,
                agent=agent_name,
                action=SCORED,
                prospect_id=prospect.id,
                details={"score": score, "tier": tier, "version": playbook.scoring.version},
            )
        # Nobody is taken out of a running sequence by a number: hygiene flags it, and a person decides.
        if prospect.id not in running:
            result.moved += _move(session, playbook, prospect, tier, before[1])
        _prioritise(material, prospect, tier)
    session.flush()
    _date_back(session, material, now)
    return result


def _date_back(session: Session, material: Material, now: datetime) -> None:
    """Gives what scoring itself changed the score's instant, so that only what changes later makes a row due."""
    for prospect in material.prospects:
        rows: list[Prospect | Contact] = [prospect, *material.contacts[prospect.id]]
        for row in rows:
            if row.updated_at > now:
                row.updated_at = now
    session.flush()


def _score(
    session: Session, playbook: Playbook, material: Material, prospect: Prospect, run_id: str, now: datetime
) -> tuple[int, bool]:
    formula = playbook.scoring
    if isinstance(formula, ContactFormula):
        return _score_contacts(session, formula, material, prospect, now)
    people = material.reachable(prospect)
    parts = weighted.parts_of(formula, prospect, people, material.years_built.get(prospect.account_id), now.year)
    before = {
        (row.dimension, row.score, row.weight, row.notes, row.scoring_version)
        for row in material.last_scores.get(prospect.id, ())
    }
    new = before != {(p.dimension, p.score, p.weight, p.notes, formula.version) for p in parts}
    if new:
        session.add_all(
            ProspectScore(
                prospect_id=prospect.id,
                dimension=part.dimension,
                score=part.score,
                weight=part.weight,
                notes=part.notes,
                scored_at=now,
                scored_by=agent(run_id),
                scoring_version=formula.version,
            )
            for part in parts
        )
    return weighted.total(parts), new


def _score_contacts(
    session: Session, formula: ContactFormula, material: Material, prospect: Prospect, now: datetime
) -> tuple[int, bool]:
    intent = prospect.account_id in material.intent
    best = by_contact.fit(formula, prospect.account, None, intent)
    people = material.reachable(prospect)
    # Where there is nobody to score, the journal alone tells by which version the company was.
    new = not people and material.last_versions.get(prospect.id) != formula.version
    for person in people:
        mine = by_contact.fit(formula, prospect.account, person, intent)
        best = max(best, mine, key=lambda f: f.total)
        last = material.last_fits.get(person.id)
        if last is not None and _same(last, mine, formula.version):
            continue
        new = True
        session.add(
            IcpScore(
                contact_id=person.id,
                **vars(mine),
                total_score=mine.total,
                scored_at=now,
                scoring_version=formula.version,
            )
        )
    return by_contact.score_of(best), new


def _same(row: IcpScore, mine: by_contact.Fit, version: str) -> bool:
    return row.scoring_version == version and all(getattr(row, name) == value for name, value in vars(mine).items())


def _tell(session: Session, prospect: Prospect, before: tuple[int | None, str | None], run_id: str) -> None:
    was = f"{before[0]} ({before[1]})" if before[0] is not None else "unscored"
    session.add(
        Activity(
            prospect_id=prospect.id,
            type=ActivityType.SCORE_CHANGE.value,
            subject=f"{was} -> {prospect.icp_score} ({prospect.tier})",
            agent_id=run_id,
        )
    )


def _move(session: Session, playbook: Playbook, prospect: Prospect, tier: str, tier_before: str | None) -> bool:
    """The status that follows from the tier: research for those who are written to, else set aside or nurtured.

    A status that somebody chose for a prospect whose tier has not changed is left alone.
    """
    if prospect.status not in _SCORING_DECIDES:
        return False
    settled = prospect.status in (
        ProspectStatus.NEEDS_RESEARCH.value,
        ProspectStatus.NURTURE.value,
        ProspectStatus.DEPRIORITIZED.value,
    )
    if settled and tier == tier_before:
        return False
    if tier in playbook.draft_tiers:
        target = ProspectStatus.NEEDS_RESEARCH
    else:
        target = ProspectStatus.DEPRIORITIZED if tier == "D" else ProspectStatus.NURTURE
    if prospect.status == target.value:
        return False
    why = f"scored {prospect.icp_score}, tier {tier}"
    move_prospect(session, prospect, ProspectStatus.SCORED.value, why)
    return move_prospect(session, prospect, target.value, why)


def _prioritise(material: Material, prospect: Prospect, tier: str) -> None:
    """OCC, contacts.priority_score, 1-5: the tier's points, and one each for deciding, being the primary contact, and
    a company with buyer intent; nobody without an address comes above 1."""
    for person in material.contacts[prospect.id]:
        factors = {
            "tier": _OF_TIER.get(tier, 0),
            "decision_maker": int(person.role == ContactRole.DECISION_MAKER.value),
            "primary": int(person.is_primary),
            "buyer_intent": int(prospect.account_id in material.intent),
        }
        score = min(max(sum(factors.values()), 1), 5) if person.email else 1
        if not person.email:
            factors["no_email"] = 1
        if person.priority_score != score:
            person.priority_score = score
        if person.priority_factors != factors:
            person.priority_factors = factors


def choose_primary(contacts: Sequence[Contact], personas: Sequence[str]) -> bool:
    """Makes the best person of a prospect its primary contact (SB, contacts.is_primary); whether that changed.

    Best: the persona that the playbook writes to first, then somebody with an address, then who was there first.
    """
    rank = {persona: place for place, persona in enumerate(personas)}
    able = [c for c in contacts if c.status == "active"]
    best = min(
        able,
        key=lambda c: (c.email is None, rank.get(c.persona_type or "", len(rank)), not c.is_primary, c.id),
        default=None,
    )
    changed = False
    for person in contacts:
        if person.is_primary != (person is best):
            person.is_primary = person is best
            changed = True
    return changed
