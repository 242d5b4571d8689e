"""Says why a prospect's score is what it is, out of the rows that scoring left."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.base import utc_now
from db.models import Contact, Prospect
from playbooks import ContactFormula, load_playbook
from tools.scoring import contact as by_contact
from tools.scoring.reading import read_material
from tools.scoring.weighted import Part

__all__ = ["Explanation", "NotScored", "Part", "explain"]


class NotScored(LookupError):
    """The prospect does not exist or has no score yet; the message says which."""


@dataclass(frozen=True)
class Explanation:
    """A score with its parts. `formula` is 'weighted' (a mean of weighted parts) or 'contact' (a sum of parts)."""

    prospect_id: str
    name: str
    formula: str
    version: str
    score: int
    tier: str
    parts: list[Part]


def explain(session: Session, prospect_id: str) -> Explanation:
    """The parts of a prospect's present score with weights and reasons, weightiest first. Raises NotScored."""
    prospect = session.get(Prospect, prospect_id)
    if prospect is None:
        raise NotScored(f"There is no prospect {prospect_id}.")
    if prospect.icp_score is None or prospect.tier is None:
        raise NotScored(f"{prospect.name} has no score yet.")
    playbook = load_playbook(prospect.playbook)
    material = read_material(session, playbook, [prospect_id], utc_now().date())
    version = playbook.scoring.version
    if isinstance(playbook.scoring, ContactFormula):
        parts = _of_contact(playbook.scoring, material.intent, prospect, material.reachable(prospect))
    else:
        rows = material.last_scores.get(prospect_id, [])
        version = next((row.scoring_version for row in rows if row.scoring_version), version)
        parts = [Part(row.dimension, row.score, 10, row.weight, row.notes or "") for row in rows]
    parts.sort(key=lambda part: (-part.weight, -part.score, part.dimension))
    return Explanation(
        prospect.id, prospect.name, playbook.scoring.formula, version, prospect.icp_score, prospect.tier, parts
    )


def _of_contact(formula: ContactFormula, intent: set[str], prospect: Prospect, people: list[Contact]) -> list[Part]:
    bought = prospect.account_id in intent
    best, who = by_contact.fit(formula, prospect.account, None, bought), None
    for person in people:
        mine = by_contact.fit(formula, prospect.account, person, bought)
        if mine.total > best.total:
            best, who = mine, person
    return by_contact.parts_of(best, prospect.account, who)
