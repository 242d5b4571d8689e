"""The step recorder: one row for one step, and a step done is never done twice."""

import asyncio

import pytest
from langgraph.errors import GraphInterrupt
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from db.actors import acting_as
from db.models import AgentRun
from db.queries.runs import list_runs
from graphs.recorder import Opening, Scope, from_outside, step_id
from tests.graphs.conftest import Bench


def opening(name: str = "a", **more: object) -> Opening:
    given = {"id": step_id("thread", name), "run_type": "qc", "agent_name": "qc", "thread_id": "touch:t", **more}
    return Opening(**given)  # type: ignore[arg-type]


def test_an_id_says_where_a_step_stands() -> None:
    assert step_id("a", "b") == step_id("a", "b")
    assert len({step_id("a", "b"), step_id("ab"), step_id("b", "a"), step_id("a", "b", "")}) == 4
    assert len(step_id("a")) == 32


def test_children_of_another_attempt_are_other_rows() -> None:
    first, second = Scope("r" * 32, "qc", "t", attempt=1), Scope("r" * 32, "qc", "t", attempt=2)
    assert [first.next("model_call"), first.next("model_call"), first.next("tool_call")] == [1, 2, 1]
    assert first.child_id("model_call", 1) != second.child_id("model_call", 1)
    assert first.child_id("model_call", 1) != first.child_id("tool_call", 1)


async def test_a_step_that_succeeded_is_replayed(bench: Bench) -> None:
    async with bench.recorder.step(opening()) as step:
        step.outputs, step.decisions, step.sources = {"update": {"x": 1}}, [{"d": 1}], ["a source"]
        step.tokens_in, step.tokens_out, step.cost_usd, step.model = 10, 5, 0.25, "scripted"
    async with bench.recorder.step(opening()) as again:
        assert again.replayed
        assert again.prior == {"update": {"x": 1}}
    (row,) = await bench.rows()
    assert (row.status, row.attempt, row.tokens_used, row.cost_usd, row.model) == ("success", 1, 15, 0.25, "scripted")
    assert (row.decisions, row.sources_used) == ([{"d": 1}], ["a source"])
    assert row.completed_at is not None
    assert row.duration_ms is not None


async def test_what_was_partly_done_is_replayed_too(sqlite_bench: Bench) -> None:
    async with sqlite_bench.recorder.step(opening()) as step:
        step.outputs, step.status, step.error = {"update": {}}, "partial", "one row of two"
    async with sqlite_bench.recorder.step(opening()) as again:
        assert again.replayed


async def test_a_step_that_failed_is_another_attempt(bench: Bench) -> None:
    async def fail() -> None:
        async with bench.recorder.step(opening()) as step:
            step.tokens_in = 7
            raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        await fail()
    (row,) = await bench.rows()
    assert (row.status, row.error_message) == ("error", "ValueError: wrong")
    assert "test_recorder" in (row.error_traceback or "")
    async with bench.recorder.step(opening()) as again:
        assert (again.replayed, again.attempt, again.fresh) == (False, 2, True)
        again.tokens_in = 5
    (row,) = await bench.rows()
    assert (row.status, row.attempt, row.error_message, row.error_traceback) == ("success", 2, None, None)
    assert row.tokens_in == 12, "what the failed attempt cost was paid all the same"


@pytest.mark.parametrize("error", [asyncio.CancelledError(), KeyboardInterrupt()])
async def test_a_step_that_was_interrupted_goes_on_in_its_attempt(sqlite_bench: Bench, error: BaseException) -> None:
    with pytest.raises(type(error)):
        async with sqlite_bench.recorder.step(opening()):
            raise error
    async with sqlite_bench.recorder.step(opening()) as again:
        assert (again.attempt, again.fresh) == (1, False)


async def test_a_crash_leaves_the_row_open_and_the_attempt_as_it_was(bench: Bench) -> None:
    crashed = bench.recorder.step(opening())
    await crashed.__aenter__()
    async with bench.recorder.step(opening()) as again:
        assert (again.replayed, again.attempt, again.fresh) == (False, 1, False)
        again.outputs = {"update": {}}
    (row,) = await bench.rows()
    assert (row.status, row.attempt) == ("success", 1)


async def test_a_call_that_was_cut_off_and_is_not_made_again_is_closed_with_its_step(bench: Bench) -> None:
    """The step found that the work was done, and asked its model for less: nothing else would close that row."""
    call = opening("call", run_type="model_call", parent_id=opening().id)
    thread = opening("b", parent_id=opening().id)
    crashed = [bench.recorder.step(one) for one in (opening(), call, thread)]
    for one in crashed:
        await one.__aenter__()
    async with bench.recorder.step(opening()) as again:
        assert not again.replayed
    found = {row.id: row.status for row in await bench.rows()}
    assert found == {opening().id: "success", call.id: "partial", thread.id: "running"}


async def test_a_step_that_waits_for_a_person(bench: Bench) -> None:
    with pytest.raises(GraphInterrupt):
        async with bench.recorder.step(opening()):
            raise GraphInterrupt
    (row,) = await bench.rows()
    assert (row.status, row.completed_at, row.error_message) == ("waiting", None, None)
    async with bench.recorder.step(opening()) as again:
        assert again.attempt == 1
        again.outputs = {"update": {}}
    (row,) = await bench.rows()
    assert row.status == "success"
    assert row.completed_at is not None


async def test_a_run_is_never_replayed(sqlite_bench: Bench) -> None:
    for _ in range(2):
        async with sqlite_bench.recorder.step(opening(memoised=False)) as step:
            assert not step.replayed
            step.outputs = {}


async def test_steps_side_by_side_are_all_written(bench: Bench) -> None:
    async def one(n: int) -> None:
        async with bench.recorder.step(opening(str(n))) as step:
            await asyncio.sleep(0)
            step.outputs = {"n": n}

    await asyncio.gather(*(one(n) for n in range(40)))
    rows = await bench.rows()
    assert sorted(row.outputs["n"] for row in rows) == list(range(40))
    assert {row.status for row in rows} == {"success"}


async def test_children_are_written_with_their_parent_at_the_latest(bench: Bench) -> None:
    async with bench.recorder.step(opening()) as parent:
        unwritten = parent.children
        for n in range(3):
            child = opening(f"child {n}", run_type="tool_call", parent_id=parent.id, unwritten=unwritten)
            async with bench.recorder.step(child) as step:
                step.outputs = [n]
    assert len(await bench.rows("tool_call")) == 3


async def test_children_nobody_waits_for_are_written_soon(sqlite_bench: Bench) -> None:
    async with sqlite_bench.recorder.step(opening()) as parent:
        unwritten = parent.children
        with acting_as(f"agent:{parent.id}"):
            child = opening("child", run_type="tool_call", parent_id=parent.id, unwritten=unwritten)
            async with sqlite_bench.recorder.step(child) as step:
                step.outputs = ["found"]
        for _ in range(100):
            if await sqlite_bench.rows("tool_call"):
                break
            await asyncio.sleep(0.02)
        else:
            pytest.fail("the row was never written")


async def test_a_row_that_the_database_refuses_fails_its_step(sqlite_bench: Bench) -> None:
    """No row, no memory of the step: that must not pass in silence."""

    async def unheard_of() -> None:
        async with sqlite_bench.recorder.step(opening()) as parent:
            unwritten = parent.children
            with acting_as(f"agent:{parent.id}"):
                child = opening("child", run_type="no such type", parent_id=parent.id, unwritten=unwritten)
                async with sqlite_bench.recorder.step(child):
                    pass

    with pytest.raises(IntegrityError):
        await unheard_of()


async def test_sums_stand_at_the_leaves_alone(sqlite_bench: Bench) -> None:
    step = sqlite_bench.recorder.step
    root_opening = opening("root", run_type="orchestrate", agent_name="orchestrator")
    async with step(root_opening) as root, step(opening("agent", parent_id=root.id)) as agent:
        for n in range(2):
            async with step(opening(f"call {n}", run_type="model_call", parent_id=agent.id)) as call:
                call.tokens_in, call.tokens_out, call.cost_usd = 100, 10, 0.5
    everything = await sqlite_bench.read(
        lambda s: s.execute(select(func.sum(AgentRun.tokens_in), func.sum(AgentRun.cost_usd))).one()
    )
    assert tuple(everything) == (200, 1.0)
    (listed,) = await sqlite_bench.read(list_runs)
    assert (listed.id, listed.total.tokens_in) == (root.id, 200)


def test_what_comes_from_outside() -> None:
    for message in (
        "BudgetSpent: the run's model budget is spent",
        "ModelBusy: the model server answers 500",
        "ModelUnreachable: no answer",
        "DatabaseBusy: locked",
        "CancelledError: ",
        "ModelRefused: the model server refused with 401: no such key",
    ):
        assert from_outside(message), message
    for message in (
        None,
        "",
        "ValueError: BudgetSpent:",
        "InvalidOutput: no JSON",
        # This one is about the one request: it must not keep all others from being tried.
        "ModelRefused: the model server refused with 413: too long",
        "ModelRefused: the model server refused with 400: too many tokens",
    ):
        assert not from_outside(message), message
