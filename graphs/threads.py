"""Threads: one for each contact and touch, one for each reply, one for each run; started, resumed, swept.

A thread that a crash cut off is found by its checkpoints and goes on where it stood. One that waits for a person is
woken once `approvals` holds a decision it has not seen. One that is over has its checkpoints deleted: `agent_runs` is
the record.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from agents.models import BudgetSpent, ModelBusy, ModelRefused, ModelUnreachable, RunBudget, spending
from db.errors import DatabaseBusy
from db.models import AgentRun
from graphs.approval import read_decision
from graphs.checkpoints import thread_ids
from graphs.contact import Graph
from graphs.nodes import Machine

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
RECURSION_LIMIT = 100
STOPPERS = (BudgetSpent, ModelBusy, ModelUnreachable, ModelRefused, DatabaseBusy)
"""What will hit the next contact just as it hit this one: the run stops instead of trying them all."""

End = Literal["done", "waiting", "failed", "stopped"]


@dataclass
class Tally:
    """How the threads of one run ended; `errors` holds one sentence for each kind of failure."""

    done: int = 0
    waiting: int = 0
    failed: int = 0
    stopped: str | None = None
    errors: list[str] = field(default_factory=list)

    def add(self, end: End) -> None:
        if end == "done":
            self.done += 1
        elif end == "waiting":
            self.waiting += 1
        elif end == "failed":
            self.failed += 1


@dataclass
class Threads:
    """Runs the threads of the graphs that the prefixes of their ids name ('touch:', 'reply:', 'run:')."""

    machine: Machine
    saver: BaseCheckpointSaver[str]
    graphs: Mapping[str, Graph]
    concurrency: int = 8
    budget: RunBudget = field(default_factory=RunBudget)
    on_end: Callable[[str, End], None] = lambda _thread, _end: None

    def graph_of(self, thread_id: str) -> Graph:
        return self.graphs[thread_id.split(":", 1)[0]]

    async def start(self, thread_id: str, state: Mapping[str, Any], tally: Tally) -> End:
        """Starts a thread, or carries on with it where it exists already."""
        snapshot = await self.graph_of(thread_id).aget_state(_config(thread_id))
        exists = bool(snapshot.values) or bool(snapshot.tasks)
        return await self._advance(thread_id, None if exists else dict(state), tally)

    async def start_all(self, wanted: Iterable[tuple[str, Mapping[str, Any]]], tally: Tally) -> None:
        """Starts many threads, at most `concurrency` at a time; stops starting when the run cannot go on."""
        await self._each(wanted, lambda item: self.start(item[0], item[1], tally), tally)

    async def sweep(self, tally: Tally, *, only: Iterable[str] | None = None) -> int:
        """Carries on with every thread that can go on, except runs; returns how many were moved.

        `only` names the threads to look at instead of all.
        """
        known = list(only) if only is not None else await thread_ids(self.saver)
        able = [t for t in known if not t.startswith("run:") and await self._can_go_on(t)]
        await self._each(able, lambda thread_id: self._advance(thread_id, await_resume, tally), tally)
        return len(able)

    async def unfinished_runs(self) -> list[str]:
        """Runs that a crash cut off."""
        runs = [t for t in await thread_ids(self.saver) if t.startswith("run:")]
        unfinished = []
        for thread_id in runs:
            if (await self.graph_of(thread_id).aget_state(_config(thread_id))).tasks:
                unfinished.append(thread_id)
            else:
                await self.saver.adelete_thread(thread_id)
        return unfinished

    async def known(self) -> set[str]:
        """The threads that exist: nothing that has one is started a second time."""
        return set(await thread_ids(self.saver))

    async def _each(self, items: Iterable[Any], work: Callable[[Any], Awaitable[End]], tally: Tally) -> None:
        gate = asyncio.Semaphore(self.concurrency)

        async def one(item: Any) -> None:
            async with gate:
                if tally.stopped is None:
                    await work(item)

        # A context of its own for each: a graph that is run from within a node would otherwise take itself for a
        # part of that node's graph.
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(loop.create_task(one(item), context=contextvars.Context()) for item in items))

    async def _can_go_on(self, thread_id: str) -> bool:
        snapshot = await self.graph_of(thread_id).aget_state(_config(thread_id))
        if not snapshot.tasks:
            await self.saver.adelete_thread(thread_id)
            return False
        if snapshot.interrupts:
            values = snapshot.values
            decision = await self.machine.db.read(
                lambda session: read_decision(session, values["draft_id"], values["version"])
            )
            return decision["decision"] is not None
        return not await self.machine.db.read(lambda session: _given_up(session, thread_id))

    async def _advance(self, thread_id: str, state: "dict[str, Any] | _Resume | None", tally: Tally) -> End:
        graph, config = self.graph_of(thread_id), _config(thread_id)
        try:
            with spending(self.budget):
                given: Any = state
                if isinstance(state, _Resume):
                    waiting = (await graph.aget_state(config)).interrupts
                    given = Command(resume={i.id: {"decided": True} for i in waiting}) if waiting else None
                await graph.ainvoke(given, config, durability="sync")
            end = await self._settle(thread_id)
        except STOPPERS as exc:
            tally.stopped = tally.stopped or str(exc)
            end = "stopped"
        except Exception as exc:  # noqa: BLE001 (its step's row holds it; the other contacts go on)
            log.warning("thread.failed", thread=thread_id, error=f"{type(exc).__name__}: {exc}")
            tally.errors.append(f"{thread_id}: {type(exc).__name__}: {exc}")
            end = "failed"
        tally.add(end)
        self.on_end(thread_id, end)
        return end

    async def _settle(self, thread_id: str) -> End:
        """A thread with nothing left to do is over, whatever `next` says: only `tasks` can be relied on."""
        snapshot = await self.graph_of(thread_id).aget_state(_config(thread_id))
        if snapshot.tasks:
            return "waiting"
        await self.saver.adelete_thread(thread_id)
        return "done"


class _Resume:
    """Carry on: with the decision if the thread waits for one, from its last checkpoint otherwise."""


await_resume = _Resume()


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}, "recursion_limit": RECURSION_LIMIT}


def _given_up(session: Session, thread_id: str) -> bool:
    """Whether a step of this thread has failed so often that trying it again by itself makes no sense. What stopped
    the whole run was not this thread's fault."""
    outside = or_(*(AgentRun.error_message.startswith(f"{stopper.__name__}:") for stopper in STOPPERS))
    return (
        session.scalars(
            select(AgentRun.id).where(
                AgentRun.thread_id == thread_id,
                AgentRun.status == "error",
                AgentRun.attempt >= MOST_ATTEMPTS,
                ~outside,
            )
        ).first()
        is not None
    )
