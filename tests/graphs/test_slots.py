"""Model calls at once: never more than were allowed, and none is written down as under way before it has its place."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage

from graphs.middleware import record_model_call
from graphs.recorder import Opening, Recorder, Scope, Step, current_scope, step_id, watching
from graphs.slots import Slots, under_way
from graphs.threads import End, Tally, Threads
from outreach.session import open_machine
from outreach.settings import Settings
from tests.graphs.conftest import Bench


async def until_quiet() -> None:
    """Lets everything that can go on without an answer do so."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_places_are_given_in_turn_and_left_once() -> None:
    slots, said = Slots(2), []
    gates = [asyncio.Event() for _ in range(5)]

    async def one(number: int) -> None:
        async with slots.taken() as leave:
            said.append(number)
            await gates[number].wait()
            leave()
            leave()

    tasks = [asyncio.create_task(one(number)) for number in range(5)]
    await until_quiet()
    assert said == [0, 1]
    gates[1].set()
    await until_quiet()
    assert said == [0, 1, 2]  # one left, though it said so twice and again as it ended
    tasks[3].cancel()
    tasks[0].cancel()
    await until_quiet()
    assert said == [0, 1, 2, 4]
    for gate in gates:
        gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_one_call_at_once_is_one_contact_after_the_other() -> None:
    assert [under_way(1), under_way(2), under_way(32)] == [1, 6, 96]


class Seen:
    """Whose model calls began, in order."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.first = asyncio.Event()

    def began(self, opening: Opening) -> None:
        if opening.run_type == "model_call":
            self.calls.append(opening.thread_id or "")
            self.first.set()

    def ended(self, opening: Opening, step: Step, started: datetime, over: datetime) -> None: ...


async def test_a_call_begins_with_its_place_and_leaves_it_with_its_answer(sqlite_bench: Bench) -> None:
    seen = Seen()
    token = watching.set(seen)
    recorder = Recorder(sqlite_bench.machine.db, at_once=1)
    watching.reset(token)
    asked = [asyncio.Event(), asyncio.Event(), asyncio.Event()]

    async def call(number: int) -> None:
        thread = f"touch:{number}"
        async with recorder.step(Opening(step_id(thread), "qc", "qc", thread_id=thread)) as step:
            current_scope.set(Scope(step.id, "qc", thread, unwritten=step.children))

            async def answer() -> list[BaseMessage]:
                await asked[number].wait()
                if number == 1:
                    raise ValueError("no answer")
                return [AIMessage("yes")]

            await record_model_call(recorder, [], "scripted", answer)

    tasks = [asyncio.create_task(call(number)) for number in range(3)]
    await seen.first.wait()  # the rows of the steps are opened in a thread
    await until_quiet()
    assert len(seen.calls) == 1
    for event in asked:
        event.set()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(end) for end in ended] == [type(None), ValueError, type(None)]
    assert sorted(seen.calls) == ["touch:0", "touch:1", "touch:2"]
    rows = await sqlite_bench.rows("model_call")
    assert {row.thread_id: row.status for row in rows} == {
        "touch:0": "success",
        "touch:1": "error",
        "touch:2": "success",
    }
    # One after the other: none began before the one before it had its answer.
    times = sorted((row.started_at, row.completed_at) for row in rows)
    assert all(before[1] <= after[0] for before, after in pairwise(times) if before[1] is not None)


@pytest.mark.parametrize(("calls_at_once", "at_first", "in_the_end"), [(2, 2, 6), (1, 1, 1), (None, 3, 3)])
async def test_more_contacts_are_under_way_once_calls_begin(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, calls_at_once: int | None, at_first: int, in_the_end: int
) -> None:
    begun, gate, call = 0, asyncio.Event(), asyncio.Event()
    machine = replace(sqlite_bench.machine, recorder=Recorder(sqlite_bench.machine.db, at_once=calls_at_once))

    async def start(_self: Threads, _thread: str, _state: Mapping[str, Any], _tally: Tally) -> End:
        nonlocal begun
        begun += 1
        await call.wait()
        for _ in range(5):
            async with machine.recorder.slots.taken():
                await asyncio.sleep(0)
        await gate.wait()
        return "done"

    monkeypatch.setattr(Threads, "start", start)
    threads = Threads(machine, sqlite_bench.saver, {}, at_once=3)
    running = asyncio.create_task(threads.start_all([(f"touch:{n}", {}) for n in range(12)], Tally()))
    await until_quiet()
    assert begun == at_first
    call.set()
    for _ in range(10):
        await until_quiet()
    assert begun == in_the_end
    gate.set()
    await running
    assert begun == 12


async def test_a_run_makes_as_many_calls_at_once_as_the_setting_says(sqlite_url: str, tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        settings = Settings(home=tmp_path, database_url=sqlite_url, model="rules", concurrency=2)
        slots = open_machine(settings, stack).recorder.slots
        for _ in range(2):
            await stack.enter_async_context(slots.taken())
        third = asyncio.create_task(stack.enter_async_context(slots.taken()))
        await until_quiet()
        assert not third.done()
        third.cancel()
