"""A step of an agent that runs by code alone, outside of the graph: one row of `agent_runs`, as in the graph."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.access import Database


@dataclass
class Told:
    """What a step has to tell of itself, for its row."""

    outputs: dict[str, Any] = field(default_factory=dict)
    sources: list[str] = field(default_factory=list)
    decisions: list[Any] = field(default_factory=list)
    processed: int = 0
    created: int = 0
    updated: int = 0
    partial: str | None = None


Write = Callable[["Callable[[Session], Any]"], Any]


def run_step(
    database: Database, *, agent: str, run_type: str, inputs: Mapping[str, Any], work: Callable[[str, Write], Told]
) -> Told:
    """Runs `work(run_id, write)` as one step of `agent`, as this agent. `write(fn)` is one transaction.

    What `work` raises is written into the row, and raised.
    """
    return asyncio.run(_run(database, agent, run_type, inputs, work))


async def _run(
    database: Database, agent: str, run_type: str, inputs: Mapping[str, Any], work: Callable[[str, Write], Told]
) -> Told:
    from db.actors import acting_as
    from graphs.recorder import Opening, Recorder

    run_id = uuid4().hex
    opening = Opening(id=run_id, run_type=run_type, agent_name=agent, inputs=inputs, trigger="manual", memoised=False)
    async with Recorder(database).step(opening) as step:
        with acting_as(f"agent:{run_id}"):
            told = await asyncio.to_thread(work, run_id, database.write_sync)
        step.outputs, step.sources, step.decisions = told.outputs, told.sources, told.decisions
        step.processed, step.created, step.updated = told.processed, told.created, told.updated
        if told.partial:
            step.status, step.error = "partial", told.partial
    return told
