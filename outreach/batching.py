"""The work of `outreach batch`: building, briefing, and running what a batch asks for."""

from __future__ import annotations

import secrets
from functools import partial
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from db.models import Batch
    from graphs.runner import RunResult
    from outreach.agent_step import StepContext, StepOutcome
    from outreach.settings import Settings
    from playbooks import Playbook
    from tools.batches.build import Order, Trial

ASKED_TWICE = 2
"""How often a brief is asked for before the rules write it: once, and once more with what was wrong."""


def order_of(playbook: Playbook, size: int | None, mix: str | None, trial: Trial | None, **how: Any) -> Order:
    """What a batch shall be, from the options. Raises Complaint."""
    from tools.batches.build import Order
    from tools.batches.choose import MixInvalid, read_mix, scaled

    known = playbook.batches.shares
    try:
        asked = read_mix(mix, known) if mix else dict(playbook.batches.mix)
    except MixInvalid as exc:
        shares = "; ".join(f"{name}: {share.who}" for name, share in known.items())
        raise Complaint(str(exc), f"Shares of '{playbook.name}': {shares or 'none'}.", code=2) from exc
    if not asked:
        raise Complaint(
            f"The playbook '{playbook.name}' has no mix.", "Add [batches.mix] and [batches.shares] to it.", code=2
        )
    if mix and size is not None and size != sum(asked.values()):
        raise Complaint(
            f"The mix adds up to {sum(asked.values())}, not to {size}.", "Leave --size out, or mend --mix.", code=2
        )
    if not mix and size is not None:
        asked = scaled(asked, size)
    seed = how.pop("seed")
    return Order(asked, secrets.randbelow(2**31) if seed is None else seed, trial=trial, **how)


def build_batch(settings: Settings, order: Order) -> tuple[StepOutcome, str | None]:
    """Builds a batch and has its brief written, in one recorded step; with it, what the brief failed on, if it did."""
    from agents.analyst_brief import AGENT
    from outreach.agent_step import run_step
    from outreach.console import progress
    from outreach.wiring import open_database
    from playbooks import load_playbook

    playbook = load_playbook(settings.playbook)
    test = order.trial
    inputs = {
        "command": "batch build",
        "mix": dict(order.mix),
        "fill": order.fill,
        "seed": order.seed,
        "varies": test.variable if test else None,
        "groups": dict(test.said) if test else None,
        "control": test.control if test else False,
        "experiment": test.experiment if test else None,
    }
    with open_database(settings, "agent") as database, progress("Building the batch"):
        told = run_step(
            database,
            settings,
            AGENT,
            playbook=playbook.name,
            inputs=inputs,
            work=partial(_build, playbook, order),
            run_type="batch_build",
        )
    return told, told.partial


def _build(playbook: Playbook, order: Order, step: StepContext) -> StepOutcome:
    from outreach.agent_step import StepOutcome
    from tools.batches.build import build

    def write(session: Session) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
        batch, plan = build(session, playbook, order, run_id=step.run_id)
        people = [place.as_decision() for place in plan.places]
        return batch.id, {"batch": batch.batch_number, **plan.as_json()}, people

    batch_id, outputs, people = step.write(write)
    partial_, lines = _brief(playbook, batch_id, step)
    return StepOutcome(
        outputs={**outputs, "brief": lines},
        decisions=people,
        processed=len(people),
        created=1 + len(people),
        partial=partial_,
    )


def brief_batch(settings: Settings, name: str, below: str | None = None) -> StepOutcome:
    """Writes a batch's brief anew, from what is known now; as a part of the run `below`, where it is one of it.

    Raises db.queries.batches.BatchNotFound.
    """
    from agents.analyst_brief import AGENT
    from db.queries.batches import find_batch
    from outreach.agent_step import run_step
    from outreach.console import progress
    from outreach.wiring import open_database
    from playbooks import load_playbook

    with open_database(settings, "agent") as database, progress("Writing the brief"):
        batch_id, number, used = database.read_sync(lambda s: _place(s, find_batch(s, name)))
        playbook = load_playbook(used or settings.playbook)

        def work(step: StepContext) -> StepOutcome:
            from outreach.agent_step import StepOutcome

            partial_, lines = _brief(playbook, batch_id, step)
            return StepOutcome(outputs={"batch": number, "brief": lines}, updated=1, partial=partial_)

        return run_step(
            database,
            settings,
            AGENT,
            playbook=playbook.name,
            inputs={"command": "batch brief", "batch_id": batch_id},
            work=work,
            below=below,
        )


def _place(session: Session, batch: Batch) -> tuple[str, int | None, str | None]:
    """A batch's id, number and playbook; the last is None where it has nobody in it."""
    return batch.id, batch.batch_number, playbook_of(session, batch)


def playbook_of(session: Session, batch: Batch) -> str | None:
    """The playbook of a batch's people."""
    from sqlalchemy import select

    from db.models import BatchProspect, Contact, Prospect

    return session.scalars(
        select(Prospect.playbook)
        .join(Contact, Contact.prospect_id == Prospect.id)
        .join(BatchProspect, BatchProspect.contact_id == Contact.id)
        .where(BatchProspect.batch_id == batch.id)
        .limit(1)
    ).first()


def _brief(playbook: Playbook, batch_id: str, step: StepContext) -> tuple[str | None, list[str]]:
    """Asks for a brief until one says only what is so; else the rules write it. It is kept either way."""
    from datetime import UTC, datetime

    from agents.analyst_brief_policy import write as by_rule
    from db.models import Batch
    from tools.batches.points import points_of

    def read(session: Session) -> list[dict[str, Any]]:
        found = points_of(session, playbook, session.get_one(Batch, batch_id), datetime.now(UTC).date())
        return [point.numbered(number) for number, point in enumerate(found, start=1)]

    points = step.write(read)

    def fallback() -> list[str]:
        return [line.text for line in by_rule({"points": points}).lines()]

    state = {"points": points, "batch_id": batch_id}
    trouble, update = asked(step, state, lambda answer: answer["wrong"])
    lines: list[str] = fallback() if trouble else update["lines"]

    def keep(session: Session) -> None:
        session.get_one(Batch, batch_id).pre_brief = "\n".join(lines)

    step.write(keep)
    return (f"the rules wrote the brief: {trouble}" if trouble else None), lines


def asked(
    step: StepContext, state: dict[str, Any], wrong_with: Callable[[dict[str, Any]], list[str]]
) -> tuple[str | None, dict[str, Any]]:
    """An answer that stands up to its check, asked for at most twice; or what was wrong with the last one."""
    from agents.models import ModelError

    wrong: list[str] = []
    for _ in range(ASKED_TWICE):
        try:
            update = step.ask({**state, **({"wrong": wrong} if wrong else {})})
        except ModelError as exc:
            return f"{type(exc).__name__}: {exc}", {}
        wrong = wrong_with(update)
        if not wrong:
            return None, update
    return " ".join(wrong), {}


def run_batch(
    settings: Settings, name: str, limit: int | None, *, handed_over: bool = False
) -> tuple[Settings, RunResult]:
    """Writes what is due to a batch's people, and to nobody else. Raises Complaint."""
    from agents.parts import Part
    from db.queries.batches import BatchNotFound, find_batch
    from outreach.commands.run import work
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        try:
            batch_id, number, playbook = database.read_sync(lambda s: _place(s, find_batch(s, name)))
        except BatchNotFound as exc:
            raise Complaint(str(exc), "All of them: outreach batch list") from exc
    if playbook is None:
        raise Complaint(f"Nobody is in batch {number}.", "Build another: outreach batch build")
    settings = settings.model_copy(update={"playbook": playbook})
    return settings, work(settings, [], limit, only=[Part.DRAFT], batch_id=batch_id, handed_over=handed_over)


def fill_batch(settings: Settings, name: str) -> tuple[int, int]:
    """Replaces those about whom research found nothing, and writes to the new ones, until every place has a message or
    nobody is left to take one; returns how many were replaced, and how many places stay without a message."""
    from db.queries.batches import find_batch, members
    from outreach.wiring import open_database

    replaced = 0
    while count := _refill(settings, name):
        replaced += count
        _settings, result = run_batch(settings, name, None)
        if not result.complete:
            break
    with open_database(settings, "user") as database:
        people = database.read_sync(lambda s: members(s, find_batch(s, name)))
    return replaced, sum(one.draft == "none" for one in people)


def _refill(settings: Settings, name: str) -> int:
    from agents.analyst_brief import AGENT
    from db.queries.batches import find_batch
    from outreach.agent_step import StepOutcome, run_step
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.batches.build import refill

    with open_database(settings, "agent") as database:
        batch_id, number, used = database.read_sync(lambda s: _place(s, find_batch(s, name)))
        playbook = load_playbook(used or settings.playbook)

        def work(step: StepContext) -> StepOutcome:
            from db.models import Batch

            found = step.write(lambda s: refill(s, playbook, s.get_one(Batch, batch_id), run_id=step.run_id))
            return StepOutcome(outputs={"batch": number, "replaced": len(found)}, updated=len(found))

        told = run_step(
            database,
            settings,
            AGENT,
            playbook=playbook.name,
            inputs={"command": "batch fill", "batch_id": batch_id},
            work=work,
            run_type="batch_build",
        )
    return int(told.outputs["replaced"])
