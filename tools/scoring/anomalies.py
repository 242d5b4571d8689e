"""Score anomalies (SB, hygiene_flags.score_anomaly): a score that something else in the database speaks against.

Five rules, none of which looks at how other organisations score: a small college beside large ones is no anomaly.
- moved: what is known of an organisation rarely changes much within a month, so a score that moved by `score_jump` in
  30 days under one version of the formula usually comes of a wrong value. Who decides there is left out of it, and so
  is buyer intent: people and signals come and go.
- set aside: a tender of theirs is open, or a live signal stands, but the tier is one that nobody writes to.
- written to: the record says modern LED, which is what we sell, but the tier is one that is written to.
- guessed: a tier that is written to, with more than half of the weights on dimensions of which nothing is known.
- running: a sequence is running, but the tier is not written to any more. Scoring takes nobody out of a sequence.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.enums import BidStatus, LightingType, ScoreDimension
from db.lifecycle import LIVE
from db.models import BidAlert, Contact, IcpScore, OutreachSequence, Prospect, ProspectScore, Signal
from db.stamps import utc_now
from playbooks import Playbook, WeightedFormula
from tools.scoring.contact import MOST
from tools.scoring.reading import Material
from tools.scoring.weighted import parts_of

WINDOW: Final = timedelta(days=30)
_PEOPLE: Final = ScoreDimension.DECISION_MAKER_ACCESS.value


def anomalies(session: Session, playbook: Playbook, material: Material) -> dict[str, list[str]]:
    """Prospect id to what speaks against its score. The prospects must have been scored."""
    now = utc_now()
    ids = [prospect.id for prospect in material.prospects]
    found: dict[str, list[str]] = defaultdict(list)
    written_to = {p.id for p in material.prospects if p.tier in playbook.draft_tiers}
    moved = _moved_weighted if isinstance(playbook.scoring, WeightedFormula) else _moved_contact
    for prospect_id, cause in moved(session, playbook, ids, now):
        found[prospect_id].append(cause)
    aside = [p for p in material.prospects if p.tier is not None and p.id not in written_to]
    for prospect_id, cause in (*_live(session, aside, now.date()), *_running(session, aside)):
        found[prospect_id].append(cause)
    for prospect in material.prospects:
        if prospect.id not in written_to:
            continue
        if prospect.current_lighting_type == LightingType.MODERN_LED.value:
            found[prospect.id].append(f"tier {prospect.tier}, though the lights are modern LED")
        if isinstance(playbook.scoring, WeightedFormula) and _guessed(playbook.scoring, material, prospect, now.year):
            found[prospect.id].append(f"tier {prospect.tier}, though more than half of the weights are guesses")
    return found


def _guessed(formula: WeightedFormula, material: Material, prospect: Prospect, this_year: int) -> bool:
    people = material.reachable(prospect)
    parts = parts_of(formula, prospect, people, material.years_built.get(prospect.account_id), this_year)
    return 2 * sum(p.weight for p in parts if not p.known) > sum(p.weight for p in parts)


def _moved_weighted(
    session: Session, playbook: Playbook, ids: Collection[str], now: datetime
) -> Iterable[tuple[str, str]]:
    sums: dict[str, dict[datetime, tuple[int, int]]] = defaultdict(dict)
    for row in session.scalars(
        select(ProspectScore).where(
            ProspectScore.prospect_id.in_(ids),
            ProspectScore.scored_at >= now - WINDOW,
            ProspectScore.scoring_version == playbook.scoring.version,
            ProspectScore.dimension != _PEOPLE,
        )
    ):
        scored, weights = sums[row.prospect_id].get(row.scored_at, (0, 0))
        sums[row.prospect_id][row.scored_at] = (scored + row.score * row.weight, weights + row.weight)
    for prospect_id, by_time in sums.items():
        scores = {at: round(10 * scored / weights) for at, (scored, weights) in by_time.items()}
        if cause := _jump(scores, playbook.limits.score_jump, "without the people there, the score went"):
            yield prospect_id, cause


def _moved_contact(
    session: Session, playbook: Playbook, ids: Collection[str], now: datetime
) -> Iterable[tuple[str, str]]:
    totals: dict[tuple[str, str], dict[datetime, int]] = defaultdict(dict)
    for prospect_id, name, row in session.execute(
        select(Contact.prospect_id, Contact.full_name, IcpScore)
        .join(Contact, Contact.id == IcpScore.contact_id)
        .where(
            Contact.prospect_id.in_(ids),
            IcpScore.scored_at >= now - WINDOW,
            IcpScore.scoring_version == playbook.scoring.version,
        )
        .order_by(IcpScore.scored_at, IcpScore.id)
    ):
        if row.scored_at is None:
            continue
        total = ((row.total_score or 0) - row.buyer_intent_bonus) * 100 / MOST
        totals[(prospect_id, name)][row.scored_at] = round(total)
    for (prospect_id, name), scores in totals.items():
        if cause := _jump(scores, playbook.limits.score_jump, f"without buyer intent, {name}'s score went"):
            yield prospect_id, cause


def _jump(scores: dict[datetime, int], least: int, lead: str) -> str | None:
    """The furthest that the latest score is from an earlier one, where that is `least` or more."""
    latest = max(scores)

    def far(at: datetime) -> int:
        return abs(scores[at] - scores[latest])

    furthest = max(scores, key=far)
    if far(furthest) < least:
        return None
    return f"{lead} from {scores[furthest]} on {furthest.date()} to {scores[latest]}"


def _live(session: Session, aside: list[Prospect], today: date) -> Iterable[tuple[str, str]]:
    by_id, by_account = {p.id: p for p in aside}, {p.account_id: p for p in aside}
    for alert in session.scalars(
        select(BidAlert)
        .where(
            BidAlert.matched_prospect_id.in_(by_id),
            BidAlert.status == BidStatus.MATCHED.value,
            BidAlert.due_date >= today,
        )
        .order_by(BidAlert.due_date, BidAlert.id)
    ):
        prospect = by_id[str(alert.matched_prospect_id)]
        yield prospect.id, f"tier {prospect.tier}, though a tender of theirs is open until {alert.due_date}"
    kinds: set[tuple[str, str]] = set()
    for signal in session.scalars(
        select(Signal)
        .where(
            Signal.account_id.in_(by_account),
            Signal.acted_on.is_(False),
            or_(Signal.expires_at.is_(None), Signal.expires_at >= today),
        )
        .order_by(Signal.detected_at.desc(), Signal.id)
    ):
        prospect = by_account[signal.account_id]
        if (prospect.id, signal.signal_type) not in kinds:
            kinds.add((prospect.id, signal.signal_type))
            what = signal.signal_type.replace("_", " ")
            yield prospect.id, f"tier {prospect.tier}, though there is a live signal: {what}"


def _running(session: Session, aside: list[Prospect]) -> Iterable[tuple[str, str]]:
    tiers = {p.id: p.tier for p in aside}
    for prospect_id, name in session.execute(
        select(OutreachSequence.prospect_id, Contact.full_name)
        .join(Contact, Contact.id == OutreachSequence.contact_id)
        .where(OutreachSequence.prospect_id.in_(tiers), OutreachSequence.status.in_(LIVE))
        .order_by(Contact.full_name)
        .distinct()
    ):
        yield prospect_id, f"tier {tiers[prospect_id]}, though {name} is in a running sequence"
