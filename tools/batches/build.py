"""Building a batch: who, in which group, in which order; all in one transaction, so that two processes never take the
same person, and the numbers have no gap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from db.enums import BatchSequenceStatus, BatchStatus, ExperimentStatus, ExperimentVariable, values
from db.models import AgentRun, Batch, BatchProspect, Experiment
from db.queries.batches import Candidate, candidates, members, shares_of
from db.queries.wanted import Wanted
from playbooks import Playbook
from tools.batches import choose
from tools.drafting.variants import meaning_of, value_said, values_of
from tools.experiments.plan import ExperimentRefused, find
from tools.journal import note

_NUMBERING: Final = 4711_0005
"""PostgreSQL's advisory lock: one batch is built at a time."""


class BatchRefused(ValueError):
    """A batch cannot be built, or changed, as asked; the message says why in a sentence."""


class NobodyReady(BatchRefused):
    """Nobody of those who were asked for may be written to for the first time."""


@dataclass(frozen=True)
class Trial:
    """What a batch varies: the value of each group; group C, where there is one, is the control and gets none."""

    variable: str
    said: Mapping[str, str]
    control: bool = False
    experiment: str | None = None

    @property
    def groups(self) -> list[str]:
        return [*self.said, *(["C"] if self.control else [])]

    @property
    def description(self) -> str:
        """OCC, batches.ab_description, as tools.drafting.variants reads it."""
        control = ["C: nothing is asked"] if self.control else []
        return "; ".join([f"{group}: {value}" for group, value in self.said.items()] + control)


@dataclass(frozen=True)
class Order:
    """What a batch shall be. `fill`: places that a share cannot fill go to whoever else is ready."""

    mix: Mapping[str, int]
    seed: int
    fill: bool = True
    trial: Trial | None = None


def trial_of(playbook: Playbook, variable: str, a: str, b: str, *, control: bool = False) -> Trial:
    """A test of two values. Raises BatchRefused where the playbook has no such variable or value."""
    _check(playbook, variable, {"A": a, "B": b})
    return Trial(variable, {"A": a, "B": b}, control)


def trial_of_experiment(session: Session, playbook: Playbook, reference: str) -> Trial:
    """The test that an active experiment describes. Raises BatchRefused."""
    try:
        found = find(session, reference)
    except ExperimentRefused as exc:
        raise BatchRefused(str(exc)) from exc
    if found.status != ExperimentStatus.ACTIVE.value:
        raise BatchRefused(f"The experiment '{found.name}' is {found.status}; nobody can be added to it.")
    said = {"A": value_said(found.group_a_desc), "B": value_said(found.group_b_desc)}
    _check(playbook, found.variable or "", said)
    return Trial(found.variable or "", said, experiment=found.id)


def _check(playbook: Playbook, variable: str, said: Mapping[str, str]) -> None:
    if variable not in values(ExperimentVariable):
        raise BatchRefused(f"'{variable}' cannot be varied; what can is {', '.join(values(ExperimentVariable))}.")
    for value in said.values():
        if meaning_of(playbook, variable, value) is None:
            known = ", ".join(values_of(playbook, variable))
            raise BatchRefused(f"'{value}' is no {variable} of '{playbook.name}'; those are {known}.")
    if len(set(said.values())) < len(said):
        raise BatchRefused("Both groups would get the same.")


@dataclass(frozen=True)
class Place:
    """Somebody's place: why they were taken, their group, and where they stand."""

    position: int
    group: str | None
    taken: choose.ChosenPerson

    def as_decision(self) -> dict[str, Any]:
        """As it stands in the run's decisions."""
        one = self.taken.candidate
        said = f"{one.reasons} kept facts or live signals" if one.reasons else "nothing known to write about yet"
        return {
            "contact_id": one.contact_id,
            "person": one.person,
            "organisation": one.organisation,
            "share": self.taken.share,
            "group": self.group,
            "position": self.position,
            "because": (
                f"number {self.taken.place} of {self.taken.of} for {self.taken.share}: tier {one.tier}, "
                f"priority {one.priority}, score {one.score}, {said}"
            ),
        }


@dataclass(frozen=True)
class Plan:
    """A batch before it is written."""

    order: Order
    places: list[Place]
    filled: dict[str, dict[str, int]]
    short: dict[str, int]

    @property
    def sizes(self) -> dict[str, int]:
        """How many people each group has."""
        if self.order.trial is None:
            return {}
        return {group: sum(place.group == group for place in self.places) for group in self.order.trial.groups}

    def as_json(self) -> dict[str, Any]:
        """As it is printed, and kept in the run's outputs."""
        test = self.order.trial
        return {
            "people": len(self.places),
            "mix": dict(self.order.mix),
            "shares": self.filled,
            "short": self.short,
            "seed": self.order.seed,
            "varies": test.variable if test else None,
            "groups": {
                group: {"value": test.said.get(group) if test else None, "people": count}
                for group, count in self.sizes.items()
            },
        }


def able_for(session: Session, playbook: Playbook, filters: Mapping[str, Any], now: datetime) -> list[Candidate]:
    """Whom a share's filters leave of those who are ready, the best first."""
    wanted = Wanted.model_validate(filters)
    return candidates(session, playbook.name, playbook.draft_tiers, playbook.need_fact_fields, wanted, now.date())


def plan(session: Session, playbook: Playbook, order: Order, now: datetime | None = None) -> Plan:
    """Chooses who would be in the batch, and in which group. Raises BatchRefused where nobody is ready."""
    moment = now or datetime.now(UTC)
    of_share: dict[str, Sequence[Candidate]] = {
        name: able_for(session, playbook, playbook.batches.shares[name].filter, moment) for name in order.mix
    }
    rest = able_for(session, playbook, {}, moment) if order.fill else []
    selection = choose.select(order.mix, of_share, rest, fill=order.fill)
    if not selection.taken:
        raise NobodyReady("Nobody of these shares is ready to be written to for the first time.")
    group_of = choose.assign(selection.taken, order.trial.groups, order.seed) if order.trial else {}
    places = [
        Place(number, group_of.get(taken.candidate.contact_id), taken)
        for number, taken in enumerate(choose.positions(selection.taken, group_of), start=1)
    ]
    return Plan(order, places, selection.filled, selection.short)


def _alone(session: Session) -> None:
    """Until this transaction ends, no other builds a batch. SQLite has one writer at a time as it is."""
    if session.connection().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _NUMBERING})


def build(
    session: Session, playbook: Playbook, order: Order, *, run_id: str, now: datetime | None = None
) -> tuple[Batch, Plan]:
    """Writes a batch: its row, its people, its place in its experiment, and its number in the row of the run."""
    moment = now or datetime.now(UTC)
    _alone(session)
    found = plan(session, playbook, order, moment)
    batch = Batch(
        batch_number=(session.scalar(select(func.max(Batch.batch_number))) or 0) + 1,
        created_date=moment.date(),
        created_at=moment,
        prospect_count=len(found.places),
        mix_ratio=dict(order.mix),
        status=BatchStatus.BUILDING.value,
        ab_variable=order.trial.variable if order.trial else None,
        ab_description=order.trial.description if order.trial else None,
    )
    session.add(batch)
    session.flush()
    session.add_all(
        BatchProspect(
            batch_id=batch.id,
            contact_id=place.taken.candidate.contact_id,
            ab_group=place.group,
            sequence_status=BatchSequenceStatus.NOT_STARTED.value,
            position_in_batch=place.position,
        )
        for place in found.places
    )
    if order.trial is not None and order.trial.experiment is not None:
        experiment = session.get_one(Experiment, order.trial.experiment)
        experiment.batches_included = [*(experiment.batches_included or []), batch.id]
    run = session.get_one(AgentRun, run_id)
    # In the same transaction: who was taken for which share is known wherever the batch is.
    run.batch_id, run.decisions = batch.id, [place.as_decision() for place in found.places]
    run.outputs = {"batch": batch.batch_number, **found.as_json()}
    details = {"batch": batch.batch_number, "people": len(found.places), "short": found.short}
    note(session, run_id=run_id, agent="analyst", action="batch_built", details=details)
    session.flush()
    return batch, found


def refill(
    session: Session, playbook: Playbook, batch: Batch, *, run_id: str, now: datetime | None = None
) -> list[dict[str, Any]]:
    """Gives the places of those about whom research found nothing to the next best of their shares; returns decisions.

    Whoever takes a place takes its group as well: it was given out before anybody knew what would be found, so the
    groups stay as random as they were.
    """
    moment = now or datetime.now(UTC)
    _alone(session)
    shares = shares_of(session, batch.id)
    empty = [one for one in members(session, batch) if one.draft == "none" and one.set_aside]
    decisions: list[dict[str, Any]] = []
    able: dict[str, list[Candidate]] = {}
    gone: set[str] = set()
    for one in empty:
        share = shares.get(one.contact_id, choose.REST)
        if share not in able:
            known = playbook.batches.shares.get(share)
            able[share] = able_for(session, playbook, known.filter if known else {}, moment)
        fresh = [c for c in able[share] if c.prospect_id not in gone]
        if not fresh:
            continue
        gone.add(fresh[0].prospect_id)
        place = session.scalars(
            select(BatchProspect).where(BatchProspect.batch_id == batch.id, BatchProspect.contact_id == one.contact_id)
        ).one()
        place.contact_id = fresh[0].contact_id
        taken = choose.ChosenPerson(fresh[0], share, 1, len(fresh))
        decision = Place(place.position_in_batch or 0, place.ab_group, taken).as_decision()
        decisions.append(decision | {"instead_of": one.contact_id, "for": "research found nothing to write about"})
    run = session.get_one(AgentRun, run_id)
    run.batch_id, run.decisions = batch.id, decisions
    session.flush()
    return decisions
