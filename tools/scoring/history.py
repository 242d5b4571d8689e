"""A prospect's scorings, one after another, and what moved between two of them.

The journal has the score, the tier and the version of every scoring that changed something; `prospect_scores` and
`icp_scores` have its dimensions.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import agent
from db.models import AgentAuditLog, Contact, IcpScore, Prospect, ProspectScore
from playbooks import Playbook, WeightedFormula
from tools.journal import SCORED
from tools.scoring import contact as by_contact
from tools.scoring.weighted import Part


@dataclass(frozen=True)
class Scoring:
    """One scoring: the score of 0-100, the tier, by which version, and the dimensions as they were then."""

    at: datetime
    version: str | None
    score: int
    tier: str
    by: str | None
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Shift:
    """What moved in one dimension; None where it was not scored before, or is no more."""

    dimension: str
    before: Part | None
    after: Part | None


@dataclass(frozen=True)
class Move:
    """A prospect's last scoring beside the one before; `before` is None where there was none."""

    prospect_id: str
    name: str
    status: str
    before: Scoring | None
    after: Scoring
    shifts: tuple[Shift, ...]


def scorings(session: Session, playbook: Playbook, ids: Collection[str]) -> dict[str, list[Scoring]]:
    """Each prospect's scorings, the latest first."""
    entries: dict[str, list[AgentAuditLog]] = defaultdict(list)
    for entry in session.scalars(
        select(AgentAuditLog)
        .where(AgentAuditLog.prospect_id.in_(ids), AgentAuditLog.action == SCORED)
        .order_by(AgentAuditLog.created_at.desc(), AgentAuditLog.id)
    ):
        entries[str(entry.prospect_id)].append(entry)
    parts_at = _weighted(session, ids) if isinstance(playbook.scoring, WeightedFormula) else _of_best(session, ids)
    return {
        prospect_id: [
            Scoring(
                entry.created_at, (entry.details or {}).get("version"), int((entry.details or {}).get("score", 0)),
                str((entry.details or {}).get("tier")), agent(entry.agent_run_id) if entry.agent_run_id else None,
                _then(parts_at[prospect_id], entry.created_at),
            )
            for entry in mine
        ]
        for prospect_id, mine in entries.items()
    }  # fmt: skip


Timeline = list[tuple[datetime, tuple[Part, ...]]]


def _then(timeline: Timeline, at: datetime) -> tuple[Part, ...]:
    """The parts that held at an instant; `timeline` is in order."""
    return next((parts for when, parts in reversed(timeline) if when <= at), ())


def _weighted(session: Session, ids: Collection[str]) -> dict[str, Timeline]:
    rows: dict[str, dict[datetime, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for row in session.scalars(
        select(ProspectScore)
        .where(ProspectScore.prospect_id.in_(ids))
        .order_by(ProspectScore.scored_at, ProspectScore.dimension)
    ):
        part = Part(row.dimension, row.score, 10, row.weight, row.notes or "")
        rows[row.prospect_id][row.scored_at].append(part)
    timelines: dict[str, Timeline] = defaultdict(list)
    for prospect_id, by_time in rows.items():
        timelines[prospect_id] = [(at, tuple(parts)) for at, parts in by_time.items()]
    return timelines


def _of_best(session: Session, ids: Collection[str]) -> dict[str, Timeline]:
    """The parts of whoever was the best of a company's people after each scoring."""
    latest: dict[str, dict[str, tuple[IcpScore, Contact]]] = defaultdict(dict)
    timelines: dict[str, Timeline] = defaultdict(list)
    for row, person in session.execute(
        select(IcpScore, Contact)
        .join(Contact, Contact.id == IcpScore.contact_id)
        .where(Contact.prospect_id.in_(ids), IcpScore.scored_at.is_not(None))
        .order_by(IcpScore.scored_at, IcpScore.id)
    ):
        mine = latest[person.prospect_id]
        mine[person.id] = (row, person)
        best, who = max(mine.values(), key=lambda pair: pair[0].total_score or 0)
        parts = tuple(by_contact.parts_of(by_contact.fit_of(best), person.account, who))
        timeline = timelines[person.prospect_id]
        # The people of one scoring share its instant: the last of them completes it.
        if row.scored_at is not None and timeline and timeline[-1][0] == row.scored_at:
            timeline[-1] = (row.scored_at, parts)
        elif row.scored_at is not None:
            timeline.append((row.scored_at, parts))
    return timelines


def moves(session: Session, playbook: Playbook, ids: Collection[str]) -> list[Move]:
    """The last move of each prospect, the furthest first; prospects that were never scored are left out."""
    found = []
    history = scorings(session, playbook, ids)
    for prospect in session.scalars(select(Prospect).where(Prospect.id.in_(history)).order_by(Prospect.name)):
        after, *earlier = history[prospect.id]
        before = earlier[0] if earlier else None
        found.append(Move(prospect.id, prospect.name, prospect.status, before, after, shifts_of(before, after)))
    return sorted(found, key=lambda move: -abs(move.after.score - (move.before.score if move.before else 0)))


def shifts_of(before: Scoring | None, after: Scoring) -> tuple[Shift, ...]:
    """The dimensions whose score or weight differs."""
    old = _by_name(before.parts) if before else {}
    new = _by_name(after.parts)
    return tuple(
        Shift(name, old.get(name), new.get(name))
        for name in dict.fromkeys([*new, *old])
        if _worth(old.get(name)) != _worth(new.get(name))
    )


def _by_name(parts: Sequence[Part]) -> dict[str, Part]:
    return {part.dimension: part for part in parts}


def _worth(part: Part | None) -> tuple[int, int] | None:
    return (part.score, part.weight) if part else None
