"""Says why a prospect's score is what it is, out of the rows that scoring left."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Contact, Prospect
from db.stamps import utc_now
from playbooks import ContactFormula, load_playbook
from tools.scoring import contact as by_contact
from tools.scoring import weighted
from tools.scoring.history import Scoring, scorings
from tools.scoring.reading import Material, read_material
from tools.scoring.weighted import Part

__all__ = ["Ambiguous", "Explanation", "NotScored", "Part", "explain", "find_prospect"]
MOST_CANDIDATES = 20
_ID_BEGINS = re.compile(r"[0-9a-f]{4,32}")


class NotScored(LookupError):
    """The prospect does not exist or has no score yet; the message says which."""


class Ambiguous(LookupError):
    """Several prospects fit what was asked for; `candidates` are they."""

    def __init__(self, told: str, candidates: list[Prospect]) -> None:
        super().__init__(f"Several organisations fit '{told}'.")
        self.candidates = candidates


@dataclass(frozen=True)
class Explanation:
    """A score with its parts. `formula` is 'weighted' (a mean of weighted parts) or 'contact' (a sum of parts).

    `sum` is the arithmetic in one line. `playbook_version` is the version in force now; where it is not `version`, or
    `score` is not what the parts give, the prospect waits to be scored anew. `thresholds` is tier to its lowest score.
    """

    prospect_id: str
    name: str
    playbook: str
    status: str
    formula: str
    version: str
    playbook_version: str
    score: int
    tier: str
    parts: list[Part]
    sum: str
    parts_give: int
    thresholds: dict[str, int]
    history: list[Scoring]


def find_prospect(session: Session, told: str, playbook: str | None = None) -> Prospect:
    """A prospect by its id, the beginning of it, its name, or words of its name. Raises NotScored or Ambiguous."""
    told = told.strip()
    if not told:
        raise NotScored("Which organisation?")
    everywhere = [Prospect.playbook == playbook] if playbook else []
    by_name = func.lower(Prospect.name) == told.lower()
    by_words = [func.lower(Prospect.name).contains(word, autoescape=True) for word in told.lower().split()]
    conditions = [[by_name], by_words]
    if _ID_BEGINS.fullmatch(told.lower()):
        # 'Ada' is a name before it is the beginning of an id.
        conditions.insert(1, [Prospect.id.startswith(told.lower())])
    for condition in conditions:
        found = session.scalars(
            select(Prospect).where(*everywhere, *condition).order_by(Prospect.name, Prospect.id).limit(MOST_CANDIDATES)
        ).all()
        if len(found) > 1:
            raise Ambiguous(told, list(found))
        if found:
            return found[0]
    raise NotScored(f"There is no prospect {told}.")


def explain(session: Session, prospect_id: str) -> Explanation:
    """The parts of a prospect's present score with weights and reasons, weightiest first. Raises NotScored."""
    prospect = session.get(Prospect, prospect_id)
    if prospect is None:
        raise NotScored(f"There is no prospect {prospect_id}.")
    if prospect.icp_score is None or prospect.tier is None:
        raise NotScored(f"{prospect.name} has no score yet.")
    playbook = load_playbook(prospect.playbook)
    formula = playbook.scoring
    material = read_material(session, playbook, [prospect_id], utc_now().date())
    history = scorings(session, playbook, [prospect_id]).get(prospect_id, [])
    version = history[0].version if history else None
    if isinstance(formula, ContactFormula):
        best, who, fit_version = _best(formula, material, prospect)
        parts = _weightiest_first(by_contact.parts_of(best, prospect.account, who))
        version, gives = fit_version or version, by_contact.score_of(best)
        counted = f"{' + '.join(str(p.score) for p in parts)} = {best.total} of {by_contact.MOST}; times 100/12"
    else:
        rows = material.last_scores.get(prospect_id, [])
        version = next((row.scoring_version for row in rows if row.scoring_version), version)
        parts = _weightiest_first(Part(r.dimension, r.score, 10, r.weight, r.notes or "") for r in rows)
        gives = weighted.total(parts) if parts else prospect.icp_score
        points, weights = sum(p.score * p.weight for p in parts), sum(p.weight for p in parts)
        counted = f"score times weight, added up: {points}; divided by the weights' sum {weights}; times 10"
    return Explanation(
        prospect.id, prospect.name, prospect.playbook, prospect.status, formula.formula, version or formula.version,
        formula.version, prospect.icp_score, prospect.tier, parts, f"{counted}, rounded: {gives}", gives,
        {str(tier): lowest for tier, lowest in playbook.tiers.items()}, history,
    )  # fmt: skip


def _weightiest_first(parts: Iterable[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.weight, -part.score, part.dimension))


def _best(
    formula: ContactFormula, material: Material, prospect: Prospect
) -> tuple[by_contact.Fit, Contact | None, str | None]:
    """The best fit as it was kept, whose it is, and its version; what the company alone brings where there is none."""
    best = by_contact.fit(formula, prospect.account, None, prospect.account_id in material.intent)
    who, version = None, None
    for person in material.reachable(prospect):
        row = material.last_fits.get(person.id)
        if row is None:
            continue
        mine = by_contact.fit_of(row)
        if who is None or mine.total > best.total:
            best, who, version = mine, person, row.scoring_version
    return best, who, version
