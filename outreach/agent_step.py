"""A step of an agent outside of the graph: one row of `agent_runs`, and one below it for all that it asks a model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from agents.agent import Agent
    from db.access import Database
    from outreach.settings import Settings


@dataclass
class StepOutcome:
    """What came of a step, for its row."""

    outputs: dict[str, Any] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    processed: int = 0
    created: int = 0
    updated: int = 0
    partial: str | None = None


Write = Callable[["Callable[[Session], Any]"], Any]


@dataclass(frozen=True)
class StepContext:
    """What the work of a step is given. `write(fn)` is one transaction; `ask(state)` has the agent do
    its work once, as a step of its own below this one, and gives the update that its `conclude` makes."""

    run_id: str
    write: Write
    ask: Callable[[dict[str, Any]], dict[str, Any]]


def run_step(
    database: Database,
    settings: Settings,
    agent: Agent,
    *,
    playbook: str,
    inputs: Mapping[str, Any],
    work: Callable[[StepContext], StepOutcome],
    run_type: str | None = None,
    below: str | None = None,
) -> StepOutcome:
    """Runs `work(step)` as one step of the agent, as this agent, with the model of the settings, within its
    limits, and the prompts in force.

    `run_type` is the step's own, where it does more than to ask the agent once; `below` is the run that it is a part
    of, where it is none by itself. What `inputs` has as `contact_id` and `batch_id` stands in the row's columns too.
    What `work` raises is written into the row, and raised.
    """
    from agents.models import RunBudget, spending
    from outreach.wiring import model_settings

    with spending(RunBudget.of(model_settings(settings))):
        kind = run_type or agent.run_type
        return asyncio.run(_run(database, settings, agent, playbook, inputs, work, kind, below))


async def _run(
    database: Database,
    settings: Settings,
    agent: Agent,
    playbook: str,
    inputs: Mapping[str, Any],
    work: Callable[[StepContext], StepOutcome],
    run_type: str,
    below: str | None,
) -> StepOutcome:
    from db.actors import acting_as
    from db.locks import only_one, step_lock
    from graphs.nodes import Machine, make_step
    from graphs.recorder import Opening, Recorder, step_id
    from outreach.wiring import model_settings, prompts_in_force

    run_id, loop = uuid4().hex, asyncio.get_running_loop()
    machine = Machine(database, Recorder(database), model_settings(settings), prompts_in_force(settings))
    performer = cache(lambda: make_step(machine, agent))  # made for those alone who ask
    asked = 0

    def ask(state: dict[str, Any]) -> dict[str, Any]:
        nonlocal asked
        asked += 1
        given = {"playbook": playbook, "root_run_id": run_id, **state}
        return _waited(performer()(given, step_id(run_id, agent.name, str(asked)), None), loop)

    opening = Opening(
        id=run_id,
        run_type=run_type,
        agent_name=agent.name,
        parent_id=below,
        contact_id=inputs.get("contact_id"),
        batch_id=inputs.get("batch_id"),
        inputs={**inputs, "playbook": playbook},
        trigger="manual",
        memoised=False,
    )
    # Held while the step is under way: an open row whose lock is free was cut off (graphs/recovery.py).
    with only_one(database.url, step_lock(run_id)):
        async with machine.recorder.step(opening) as step:
            with acting_as(f"agent:{run_id}"):
                told = await asyncio.to_thread(work, StepContext(run_id, database.write_sync, ask))
            step.outputs, step.sources, step.decisions = told.outputs, told.sources, told.decisions
            step.processed, step.created, step.updated = told.processed, told.created, told.updated
            if told.partial:
                step.status, step.error = "partial", told.partial
    return told


def _waited(coroutine: Any, loop: asyncio.AbstractEventLoop) -> dict[str, Any]:
    """What a coroutine of the step's loop gives, waited for in the work's own thread."""
    answer: dict[str, Any] = asyncio.run_coroutine_threadsafe(coroutine, loop).result()
    return answer
