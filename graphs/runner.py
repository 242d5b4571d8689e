"""One run of the product, from the sweep of what was left over to the last contact; and waking what was decided."""

import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import BaseCheckpointSaver

from agents.models import ModelError, RunBudget, spending
from agents.orchestrator_schema import WorkOrder
from agents.parts import Part
from db.actors import acting_as
from db.queries.inbox import stirring
from db.queries.wanted import Wanted
from db.thread_ids import OF_A_REPLY, OF_A_RUN, OF_A_TOUCH, run_thread
from graphs.checkpoints import open_checkpoints
from graphs.contact import build_contact_graph, build_reply_graph
from graphs.nodes import Machine
from graphs.orchestrator import MOST_HOPS, NODE_OF, build_goal_graph, build_orchestrator
from graphs.queued_threads import QueuedThreads
from graphs.recorder import Opening, Step, step_id
from graphs.recovery import recall_lapsed
from graphs.thread_locks import locks_of
from graphs.threads import ORCHESTRATOR, End, Tally, Threads


@dataclass
class RunResult:
    """How a run ended. `stopped` says why it ended before it was through; `resumed` how many threads it carried on."""

    run_id: str
    tally: Tally = field(default_factory=Tally)
    resumed: int = 0
    plan: list[dict[str, Any]] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return self.tally.stopped is None and self.tally.failed == 0


@dataclass(frozen=True)
class Goal:
    """A goal that was read: the run that did it, the order, and how many people it would write to now."""

    run_id: str
    order: WorkOrder
    matching: int


class Runner:
    """Runs graphs over an open checkpoint store. One at a time may: the door holds the lock."""

    def __init__(
        self,
        machine: Machine,
        saver: BaseCheckpointSaver[str],
        *,
        concurrency: int = 8,
        on_end: Callable[[str, End], None] | None = None,
        handed_over: bool = False,
    ) -> None:
        self._machine = machine
        self._saver = saver
        self._locks = locks_of(saver)
        self.budget = RunBudget.of(machine.models)
        graphs = {
            OF_A_TOUCH: build_contact_graph(machine, saver),
            OF_A_REPLY: build_reply_graph(machine, saver),
            OF_A_RUN: build_orchestrator(machine, saver, lambda: self.threads),
        }
        kind = QueuedThreads if handed_over else Threads
        self.threads: Threads = kind(
            machine, saver, graphs, concurrency, self.budget, on_end or (lambda _thread, _end: None), self._locks
        )

    async def run(
        self,
        playbook: str,
        *,
        files: list[dict[str, Any]],
        limit: int | None,
        only: Collection[Part] = (),
        wanted: Wanted | None = None,
        goal_run_id: str | None = None,
        batch_id: str | None = None,
    ) -> RunResult:
        """Sweeps up what an earlier run left, then runs the orchestrator over what is due.

        `only` names the parts that are asked for, all where it is empty; a run that writes to nobody leaves the threads
        of others alone. `wanted` narrows whom first touches go to; `goal_run_id` is the run that read it out of a goal.
        `batch_id` narrows all that is written to one batch's people.
        """
        swept, resumed = Tally(), 0
        if not only or {Part.DRAFT, Part.REPLIES} & set(only):
            resumed = await self.threads.sweep(swept)
            for thread_id in await self.threads.unfinished_runs():
                known = await self.threads.graph_of(thread_id).aget_state({"configurable": {"thread_id": thread_id}})
                before = await self._orchestrate(thread_id, None)
                if (known.values.get("tally") or {}).get("stopped"):
                    before.tally.stopped = None  # it stopped then, and what it left has been carried on or is due anew
                resumed += 1
                _add(swept, before.tally)
        state = {
            "playbook": playbook,
            "files": files,
            "limit": limit,
            "only": [NODE_OF[part] for part in only],
            "wanted": wanted.model_dump(mode="json", exclude_defaults=True) if wanted else None,
            "goal_run_id": goal_run_id,
            "batch_id": batch_id,
        }
        result = await self._orchestrate(run_thread(uuid.uuid4().hex), state)
        result.resumed = resumed
        _add(result.tally, swept)
        return result

    async def read_goal(self, playbook: str, goal: str) -> Goal:
        """What a goal in words asks for. Nothing is done about it. Raises ModelError where no order came of it."""
        thread_id = f"goal:{uuid.uuid4().hex}"
        root = step_id(thread_id)
        state = {"playbook": playbook, "goal": goal, "root_run_id": root}
        async with self._locks.hold(thread_id), self._machine.recorder.step(_opening(thread_id, state)) as step:
            with spending(self.budget):
                config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
                values = await build_goal_graph(self._machine).ainvoke(state, config)
            step.outputs = {"order": values["order"], "matching": values["matching"]}
        return Goal(root, WorkOrder.model_validate(values["order"]), values["matching"])

    async def carry_on(self, thread_ids: list[str] | None = None) -> RunResult:
        """Wakes the threads whose decisions are in, and those that a crash cut off; starts nothing new."""
        tally = Tally()
        resumed = await self.threads.sweep(tally, only=thread_ids)
        return RunResult(run_id="", tally=tally, resumed=resumed)

    async def wake(self) -> RunResult:
        """Wakes what was decided and has not been carried out, and takes back into the inbox what lapsed. It looks at
        the tables alone, not at every thread that waits: what else a crash cut off, the next run carries on."""
        db = self._machine.db
        with acting_as(ORCHESTRATOR):
            await db.write(recall_lapsed)
        decided = await db.read(lambda session: [line.thread_id for line in stirring(session)])
        return await self.carry_on(decided)

    async def _orchestrate(self, thread_id: str, state: Mapping[str, Any] | None) -> RunResult:
        root = step_id(thread_id)
        config: RunnableConfig = {
            "configurable": {"thread_id": thread_id},
            "recursion_limit": 4 * MOST_HOPS,
        }
        given = None if state is None else {**state, "root_run_id": root}
        async with self._locks.hold(thread_id):
            return await self._orchestrate_held(thread_id, root, given, config)

    async def _orchestrate_held(
        self, thread_id: str, root: str, given: Mapping[str, Any] | None, config: RunnableConfig
    ) -> RunResult:
        try:
            async with self._machine.recorder.step(_opening(thread_id, given)) as step:
                try:
                    with spending(self.budget):
                        values = await self.threads.graph_of(thread_id).ainvoke(given, config, durability="sync")
                    result = RunResult(root, Tally(**(values.get("tally") or {})), plan=values.get("plan", []))
                    _conclude(step, result)
                except ModelError as exc:
                    step.status, step.error = "error", f"{type(exc).__name__}: {exc}"
                    result = RunResult(root, Tally(stopped=str(exc)))
        finally:
            # A run that failed is not carried on with: the next one reads anew what is due. Only a crash leaves its
            # checkpoints behind.
            await self._saver.adelete_thread(thread_id)
        return result


def _opening(thread_id: str, inputs: Mapping[str, Any] | None) -> Opening:
    """The row that a person's command begins with; `memoised` is off since no two are the same."""
    return Opening(
        id=step_id(thread_id),
        run_type="orchestrate",
        agent_name="orchestrator",
        batch_id=inputs.get("batch_id") if inputs else None,
        thread_id=thread_id,
        inputs=inputs,
        trigger="manual",
        memoised=False,
    )


def _conclude(step: Step, result: RunResult) -> None:
    tally = result.tally
    step.outputs = {"contacts": tally.__dict__}
    step.decisions = result.plan
    if tally.stopped:
        step.status, step.error = "partial", tally.stopped
    elif tally.failed:
        step.status, step.error = "partial", "; ".join(tally.errors[:3])


def _add(tally: Tally, more: Tally) -> None:
    tally.done += more.done
    tally.waiting += more.waiting
    tally.failed += more.failed
    tally.stopped = tally.stopped or more.stopped
    tally.errors += more.errors


@asynccontextmanager
async def open_runner(
    machine: Machine,
    checkpoint_url: str,
    *,
    concurrency: int = 8,
    on_end: Callable[[str, End], None] | None = None,
    handed_over: bool = False,
) -> AsyncIterator[Runner]:
    """A runner over the checkpoints that the URL names; one that `handed_over` its threads has workers run them."""
    async with open_checkpoints(checkpoint_url) as saver:
        yield Runner(machine, saver, concurrency=concurrency, on_end=on_end, handed_over=handed_over)
