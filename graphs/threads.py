"""Threads: one for each contact and touch, one for each reply, one for each run; started, resumed, swept.

A thread that a crash cut off is found by its checkpoints and goes on where it stood. One that waits for a person is
woken once `approvals` holds a decision it has not seen. One that is over has its checkpoints deleted: `agent_runs` is
the record. A draft whose checkpoints were lost gets a new thread, which begins where the tables say that it stands.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.errors import GraphDrained
from langgraph.runtime import RunControl
from langgraph.types import Command, StateSnapshot

from agents.models import ModelError, RunBudget, spending
from db.actors import acting_as
from db.actors import agent as agent_actor
from db.errors import DatabaseAway, explain
from db.jobs import JobLost
from db.queries.left_drafts import LeftDraft, left_drafts
from db.queries.runs import whose_thread
from db.thread_ids import OF_A_REPLY, OF_A_RUN, OF_A_TOUCH, kind_of
from graphs.approval import DECIDED, read_decision
from graphs.checkpoints import has_thread, thread_ids
from graphs.contact import Graph
from graphs.nodes import Machine
from graphs.recorder import from_outside
from graphs.recovery import close_lost_rows, given_up, has_steps, recall_lapsed, tell_if_given_up
from graphs.thread_locks import SingleProcess, ThreadLocks
from playbooks import sound_playbook

log = structlog.get_logger(__name__)

RECURSION_LIMIT = 100
UNREADABLE = (ValueError, TypeError, LookupError, AttributeError, NotImplementedError)
"""What reading a damaged checkpoint, or one of a very different version of this program, ends in."""
BEGUN_WITH: Final = {
    OF_A_TOUCH: {
        "root_run_id", "playbook", "account_id", "prospect_id", "contact_id", "sequence_id", "touch_number", "tier",
    },
    OF_A_REPLY: {"root_run_id", "playbook", "inbound_id"},
    OF_A_RUN: {"root_run_id", "playbook"},
}  # fmt: skip
"""What the state of each kind of thread holds from its beginning. One that lacks some of it was written by a very
different version, and would fail at every try."""
OF_A_DRAFT: Final = {"qc", "approval", "outreach"}
"""The nodes that need a draft."""
ORCHESTRATOR = agent_actor("orchestrator")

End = Literal["done", "waiting", "failed", "stopped", "elsewhere", "given back"]
"""How a thread came to a stop in this process. 'elsewhere': another process has it under way; 'given back': this one
was asked to stop, and the thread goes on from its last step in whichever process takes it up."""


@dataclass
class Tally:
    """How the threads of one run ended; `errors` says of each that failed whom it was about, and why."""

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
    """Runs the threads of the graphs that the prefixes of their ids name ('touch:', 'reply:', 'run:'). `at_once` is how
    many are under way where their recorder does not bound its model calls."""

    machine: Machine
    saver: BaseCheckpointSaver[str]
    graphs: Mapping[str, Graph]
    at_once: int = 8
    budget: RunBudget = field(default_factory=RunBudget)
    on_end: Callable[[str, End], None] = lambda _thread, _end: None
    locks: ThreadLocks = field(default_factory=SingleProcess)
    control: RunControl | None = None

    def graph_of(self, thread_id: str) -> Graph:
        return self.graphs[kind_of(thread_id)]

    async def start(self, thread_id: str, state: Mapping[str, Any], tally: Tally) -> End:
        """Starts a thread, or carries on with it where it exists already."""
        async with self.locks.hold(thread_id) as mine:
            if not mine:
                return self._elsewhere(thread_id)
            snapshot = await self.graph_of(thread_id).aget_state(_config(thread_id))
            exists = bool(snapshot.values) or bool(snapshot.tasks)
            return await self._advance(thread_id, None if exists else dict(state), tally)

    async def carry_on(self, thread_id: str, tally: Tally) -> End:
        """Carries on with a thread that could go on when it was looked at, if it still can."""
        async with self.locks.hold(thread_id) as mine:
            if not mine:
                return self._elsewhere(thread_id)
            if not await self._can_go_on(thread_id):
                return "waiting" if await has_thread(self.saver, thread_id) else "done"
            return await self._advance(thread_id, await_resume, tally)

    async def serve(self, thread_id: str, state: Mapping[str, Any] | None, tally: Tally) -> End:
        """What a worker does about a thread that it is given: starts it, or carries on where it stands. It may have
        been given before, to a worker that was killed, even at its end."""
        exists = await has_thread(self.saver, thread_id)
        if exists:
            return await self.carry_on(thread_id, tally)
        if state is None:
            lost = await self.lost({thread_id})
            return await self.start(thread_id, lost[0].state, tally) if lost else "done"
        root = state["root_run_id"]
        began = await self.machine.db.read(lambda session: has_steps(session, thread_id, root))
        # Its first checkpoint comes before its first step: without the one, the other says that it is over.
        return "done" if began else await self.start(thread_id, state, tally)

    def _elsewhere(self, thread_id: str) -> End:
        log.info("thread.elsewhere", thread=thread_id)
        return "elsewhere"

    async def start_all(self, wanted: Iterable[tuple[str, Mapping[str, Any]]], tally: Tally) -> None:
        """Starts many threads, as many at a time as `Slots.gate` lets; stops starting when the run cannot go on."""
        await self._each(wanted, lambda item: self.start(item[0], item[1], tally), tally)

    async def sweep(self, tally: Tally, *, only: Iterable[str] | None = None) -> int:
        """Carries on with every thread that can go on, except runs, and takes up drafts that have lost theirs;
        returns how many were moved.

        `only` names the threads to look at instead of all.
        """
        chosen = None if only is None else set(only)
        if chosen is None:
            await self.unfinished_runs()  # for what it clears away: a run that was over keeps no row open
            threads = await self.known()
            with acting_as(ORCHESTRATOR):
                await self.machine.db.write(lambda session: (close_lost_rows(session, threads), recall_lapsed(session)))
        able = await self.able(await self.known() if chosen is None else chosen)
        over = await self.carry_all_on(able, tally)
        left = await self.lost(None if chosen is None else chosen - over)
        await self.start_all([(draft.thread_id, draft.state) for draft in left], tally)
        return len(able) + len(left)

    async def able(self, threads: Iterable[str]) -> list[str]:
        """Those of the threads, runs left out, that can go on; clears away those that are over."""
        return [t for t in sorted(threads) if kind_of(t) != OF_A_RUN and await self._can_go_on(t)]

    async def carry_all_on(self, threads: Iterable[str], tally: Tally) -> set[str]:
        """Carries on with many threads; those that came to their end."""
        over: set[str] = set()

        async def advance(thread_id: str) -> End:
            end = await self.carry_on(thread_id, tally)
            if end == "done":
                over.add(thread_id)
            return end

        await self._each(threads, advance, tally)
        return over

    async def lost(self, only: set[str] | None = None) -> list[LeftDraft]:
        """Drafts that have lost their thread, all or those of the threads named."""
        if only is None:
            existing = await self.known()
        else:
            # Asked for by name: one of 10,000 that wait is to take no longer than one of ten.
            existing = {thread_id for thread_id in only if await has_thread(self.saver, thread_id)}
            if existing == only:
                return []
        found = await self.machine.db.read(lambda session: left_drafts(session, without=existing, only=only))
        return [draft for draft in found if goes_on(draft.state)]

    async def unfinished_runs(self) -> list[str]:
        """Runs that a crash cut off; clears away those that it met at their end."""
        unfinished = []
        for thread_id in sorted(t for t in await self.known() if kind_of(t) == OF_A_RUN):
            snapshot = await self._snapshot(thread_id)
            if snapshot is not None and snapshot.tasks:
                unfinished.append(thread_id)
            else:
                await self.saver.adelete_thread(thread_id)
        return unfinished

    async def known(self) -> set[str]:
        """The threads that exist: nothing that has one is started a second time."""
        return set(await thread_ids(self.saver))

    async def _each(self, items: Iterable[Any], work: Callable[[Any], Awaitable[End]], tally: Tally) -> None:
        async def one(item: Any) -> None:
            async with gate:
                if tally.stopped is None:
                    await work(item)

        # A context of its own for each: a graph that is run from within a node would otherwise take itself for a
        # part of that node's graph.
        loop = asyncio.get_running_loop()
        with self.machine.recorder.slots.gate(self.at_once) as gate:
            tasks = [loop.create_task(one(item), context=contextvars.Context()) for item in items]
            try:
                await asyncio.gather(*tasks)
            except BaseException:
                # What stopped one stops all; each is waited for, so that none ends in an error that nobody takes.
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                raise

    async def _snapshot(self, thread_id: str) -> StateSnapshot | None:
        """Where a thread stands; None where its checkpoints cannot be read, or not by this version."""
        try:
            snapshot = await self.graph_of(thread_id).aget_state(_config(thread_id))
        except UNREADABLE as exc:
            log.warning("thread.unreadable", thread=thread_id, error=f"{type(exc).__name__}: {exc}")
            return None
        if lacking := _lacking(thread_id, snapshot):
            log.warning("thread.unreadable", thread=thread_id, error=f"of another version: it lacks {lacking}")
            return None
        return snapshot

    async def _can_go_on(self, thread_id: str) -> bool:
        if kind_of(thread_id) not in self.graphs:
            # No table of this version says what it was for: it is the newer program's to carry on with.
            log.info("thread.unknown", thread=thread_id)
            return False
        snapshot = await self._snapshot(thread_id)
        draft_id = snapshot.values.get("draft_id") if snapshot is not None and snapshot.interrupts else None
        if snapshot is None or not snapshot.tasks or (snapshot.interrupts and draft_id is None):
            # Over; or of no use to anybody, and the tables say where its draft stands.
            await self.saver.adelete_thread(thread_id)
            return False
        playbook = snapshot.values.get("playbook")  # of a thread that has not begun, the input is yet to come
        if playbook is not None and sound_playbook(playbook) is None:
            return False
        if draft_id is not None:
            update = await self.machine.db.read(lambda session: read_decision(session, draft_id))
            return update["decision"] is not None
        return not await self.machine.db.read(lambda session: given_up(session, thread_id))

    async def _advance(self, thread_id: str, state: "dict[str, Any] | _Resume | None", tally: Tally) -> End:
        graph, config = self.graph_of(thread_id), _config(thread_id)
        try:
            with spending(self.budget):
                given: Any = state
                if isinstance(state, _Resume):
                    waiting = (await graph.aget_state(config)).interrupts
                    given = Command(resume={i.id: DECIDED for i in waiting}) if waiting else None
                await graph.ainvoke(given, config, durability="sync", control=self.control)
            end: End = await self._settle(thread_id)
        except JobLost:
            raise
        except GraphDrained:
            end = "given back"
        except Exception as exc:
            # Its step's row holds it, and the others go on. The checkpoints' library raises the driver's own errors.
            fault = explain(exc) or exc
            if isinstance(fault, DatabaseAway) and self.control is not None:
                raise fault from exc  # it is the worker's to say what becomes of the job
            said = f"{type(fault).__name__}: {fault}"
            if from_outside(said):
                # It will hit the next contact just as it hit this one: the run stops instead of trying them all.
                tally.stopped = tally.stopped or str(fault)
                end = "stopped"
            else:
                whose = await self.machine.db.read(lambda session: whose_thread(session, thread_id))
                why = str(fault) if isinstance(fault, ModelError) else said
                # A run's report says it too; a worker, and a decision that is carried out, have nothing but this.
                log.warning("thread.failed", whose=whose, error=why, thread=thread_id)
                tally.errors.append(f"{whose}: {why}")
                with acting_as(ORCHESTRATOR):
                    await self.machine.db.write(lambda session: tell_if_given_up(session, thread_id))
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


def _lacking(thread_id: str, snapshot: StateSnapshot) -> str:
    """What a thread's state should hold and does not; nothing of one that has not begun, whose input is yet to come."""
    if not snapshot.values:
        return ""
    wanted = BEGUN_WITH[kind_of(thread_id)]
    if any(task.name in OF_A_DRAFT for task in snapshot.tasks):
        wanted = wanted | {"draft_id"}
    return ", ".join(sorted(wanted - snapshot.values.keys()))


def goes_on(state: Mapping[str, Any]) -> bool:
    """Whether a draft that lost its thread is to have another: its playbook can be read, and QC had not sent it back as
    often as it may, so that its thread had come to its end."""
    playbook = sound_playbook(state["playbook"])
    if playbook is None:
        return False
    return state["qc_passed"] is not False or state["by_person"] or state["revision"] < playbook.limits.qc_revisions
