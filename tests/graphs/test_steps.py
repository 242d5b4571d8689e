"""Agents as recorded steps: the middleware and the node. What was answered once is not asked again."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langgraph.errors import NodeCancelledError
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel

from agents.agent import AnswerAgent, Briefing, CodeAgent, Done, State, ToolAgent, Work
from agents.models import CallLimitReached
from agents.models.rules import answer
from graphs.middleware import record_model_call
from graphs.nodes import make_node
from graphs.recorder import Scope, current_scope
from graphs.routing import ContactState
from tests.graphs.conftest import Bench, said
from tools.context import ToolContext


class Script:
    """A policy that answers from a list by turns, and counts how often it is asked."""

    def __init__(self, *answers: AIMessage) -> None:
        self.answers = answers
        self.asked = 0

    def __call__(self, messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG002
        self.asked += 1
        turn = sum(isinstance(message, AIMessage) for message in messages)
        return self.answers[min(turn, len(self.answers) - 1)]


class Office:
    """An agent with one tool, whose calls are counted; it is cut off in `conclude` as often as it is told to."""

    def __init__(self, *answers: AIMessage) -> None:
        self.script = Script(*answers)
        self.called: list[str] = []
        self.crashes = 0
        self.error: Exception | None = None
        self.found: list[str] = []

        @tool
        async def look_up(subject: str, wait: float = 0.0) -> str:
            """Looks something up.

            Args:
                subject: what to look up.
                wait: seconds.
            """
            await asyncio.sleep(wait)
            self.called.append(subject)
            return f"about {subject}"

        async def prepare(work: Work, state: State) -> Briefing:
            return Briefing({}, ToolContext(work.db, work.playbook, work.run_id))

        async def conclude(work: Work, state: State, briefing: Briefing) -> Done:
            if self.error is not None:
                raise self.error
            if self.crashes:
                self.crashes -= 1
                raise asyncio.CancelledError
            return Done({"facts": len(self.called)})

        self.agent = ToolAgent(
            "researcher", "research", (look_up,), self.script, prepare, conclude, frozenset({"look_up"}), call_limit=4
        )

    def graph(self, bench: Bench) -> Any:
        return graph_of(bench, self.agent)


def graph_of(bench: Bench, agent: ToolAgent | AnswerAgent | CodeAgent) -> Any:
    graph: StateGraph[Any] = StateGraph(ContactState)
    graph.add_node(agent.name, make_node(bench.machine, agent))
    graph.add_edge(START, agent.name)
    graph.add_edge(agent.name, END)
    return graph.compile(checkpointer=bench.saver)


async def start(graph: Any, thread: str = "touch:1") -> Any:
    given = {"playbook": "sports-lighting"}
    return await graph.ainvoke(given, {"configurable": {"thread_id": thread}}, durability="sync")


async def carry_on(graph: Any, thread: str = "touch:1") -> Any:
    return await graph.ainvoke(None, {"configurable": {"thread_id": thread}}, durability="sync")


TWICE = (said(("look_up", {"subject": "a"})), said(("look_up", {"subject": "b"})), said())


async def test_every_call_is_a_row_below_its_agent(bench: Bench) -> None:
    office = Office(*TWICE)
    state = await start(office.graph(bench))
    assert state["facts"] == 2
    (agent,) = await bench.rows("research")
    models, tools = await bench.rows("model_call"), await bench.rows("tool_call")
    assert (len(models), len(tools)) == (3, 2)
    assert {row.parent_run_id for row in (*models, *tools)} == {agent.id}
    assert {row.status for row in (agent, *models, *tools)} == {"success"}
    assert [row.inputs for row in tools] == [
        {"name": "look_up", "args": {"subject": "a"}},
        {"name": "look_up", "args": {"subject": "b"}},
    ]
    assert {(row.prompt_id, row.prompt_hash) for row in models} == {(agent.prompt_id, agent.prompt_hash)}
    assert agent.prompt_id == "researcher@v2"
    assert {row.model for row in models} == {"rules"}
    # Each call holds only what is new since the last: together they are the whole talk, once.
    assert [[m["type"] for m in row.inputs["messages"]] for row in models] == [["system", "human"], ["tool"], ["tool"]]


async def test_after_a_crash_nothing_that_was_done_is_done_again(bench: Bench) -> None:
    office = Office(*TWICE)
    office.crashes = 2
    graph = office.graph(bench)
    with pytest.raises(NodeCancelledError):
        await start(graph)
    assert (office.script.asked, office.called) == (3, ["a", "b"])
    with pytest.raises(NodeCancelledError):
        await carry_on(graph)
    state = await carry_on(graph)
    assert state["facts"] == 2
    assert (office.script.asked, office.called) == (3, ["a", "b"])
    rows = await bench.rows()
    assert len(rows) == 6
    assert {(row.status, row.attempt) for row in rows} == {("success", 1)}


async def test_after_a_failure_everything_is_asked_anew(bench: Bench) -> None:
    """It must not be given the answers that it failed on."""
    office = Office(*TWICE)
    office.error = ValueError("of no use")
    graph = office.graph(bench)
    with pytest.raises(ValueError, match="of no use"):
        await start(graph)
    office.error = None
    await carry_on(graph)
    assert (office.script.asked, office.called) == (6, ["a", "b", "a", "b"])
    (agent,) = await bench.rows("research")
    assert (agent.attempt, agent.status) == (2, "success")
    assert len(await bench.rows("model_call")) == 6


async def test_what_failed_from_outside_goes_on_with_the_answers_that_it_has(sqlite_bench: Bench) -> None:
    from agents.models import BudgetSpent

    office = Office(*TWICE)
    office.error = BudgetSpent("calls", 3, 3)
    graph = office.graph(sqlite_bench)
    with pytest.raises(BudgetSpent):
        await start(graph)
    office.error = None
    await carry_on(graph)
    assert (office.script.asked, office.called) == (3, ["a", "b"])
    (agent,) = await sqlite_bench.rows("research")
    assert (agent.attempt, agent.status) == (1, "success")


SIDE_BY_SIDE = [("look_up", {"subject": "slow", "wait": 0.05}), ("look_up", {"subject": "quick"})]


@pytest.mark.parametrize("ids", [("1", "2"), ("same", "same"), ("", "")], ids=["own ids", "one id for both", "no ids"])
async def test_calls_side_by_side_are_told_apart(bench: Bench, ids: tuple[str, str]) -> None:
    """Whatever ids a server gives, and in whatever order the tools come to an end."""
    office = Office(said(*SIDE_BY_SIDE, ids=ids), said())
    office.crashes = 1
    graph = office.graph(bench)
    with pytest.raises(NodeCancelledError):
        await start(graph)
    assert office.called == ["quick", "slow"]
    await carry_on(graph)
    assert office.called == ["quick", "slow"]
    tools = await bench.rows("tool_call")
    answers = {row.inputs["args"]["subject"]: row.outputs[0]["data"]["content"] for row in tools}
    assert answers == {"slow": "about slow", "quick": "about quick"}


async def test_a_server_that_repeats_its_ids_from_turn_to_turn(sqlite_bench: Bench) -> None:
    call = ("look_up", {"subject": "a"})
    office = Office(said(call, ids=["1"]), said(call, ids=["1"]), said())
    await start(office.graph(sqlite_bench))
    assert office.called == ["a", "a"]
    assert len(await sqlite_bench.rows("tool_call")) == 2


async def test_a_model_that_never_ends_is_ended(sqlite_bench: Bench) -> None:
    office = Office(said(("look_up", {"subject": "more"})))
    with pytest.raises(CallLimitReached):
        await start(office.graph(sqlite_bench))
    assert office.script.asked == 4
    (agent,) = await sqlite_bench.rows("research")
    assert agent.status == "error"
    assert {row.status for row in await sqlite_bench.rows("tool_call")} == {"success"}


async def test_a_tool_that_refuses_is_partly_done(sqlite_bench: Bench) -> None:
    office = Office(said(("look_up", {})), said(("look_up", {"subject": "a"})), said())
    await start(office.graph(sqlite_bench))
    first, second = await sqlite_bench.rows("tool_call")
    assert (first.status, second.status) == ("partial", "success")
    assert "subject" in (first.error_message or "")


class Verdict(BaseModel):
    """An answer."""

    good: bool


async def test_an_answer_is_kept_and_given_back(bench: Bench) -> None:
    script = Script(answer(Verdict(good=True)))
    crashes = [asyncio.CancelledError()]

    async def prepare(work: Work, state: State) -> Briefing:
        return Briefing({})

    async def conclude(work: Work, state: State, briefing: Briefing, value: Verdict) -> Done:
        if crashes:
            raise crashes.pop()
        return Done({"qc_passed": value.good}, partial="not all of it")

    graph = graph_of(bench, AnswerAgent("qc", "qc", Verdict, script, prepare, conclude))
    with pytest.raises(NodeCancelledError):
        await start(graph)
    assert (await carry_on(graph))["qc_passed"] is True
    assert script.asked == 1
    (row,) = await bench.rows("qc")
    assert (row.status, row.error_message, row.outputs) == (
        "partial",
        "not all of it",
        {"update": {"qc_passed": True}},
    )


async def test_where_nothing_is_to_be_asked_no_model_is(sqlite_bench: Bench) -> None:
    script = Script(said())

    async def prepare(work: Work, state: State) -> Done:
        return Done({"qc_passed": False}, decisions=[{"known": True}])

    async def conclude(work: Work, state: State, briefing: Briefing, value: Verdict) -> Done:
        raise AssertionError("there was no answer to conclude from")

    await start(graph_of(sqlite_bench, AnswerAgent("qc", "qc", Verdict, script, prepare, conclude)))
    assert script.asked == 0
    (row,) = await sqlite_bench.rows()
    assert row.decisions == [{"known": True}]


async def test_code_writes_in_the_name_of_its_run(bench: Bench) -> None:
    from sqlalchemy import select

    from db.models import Account, AuditLog

    async def act(work: Work, state: State) -> Done:
        await work.db.write(lambda session: session.add(Account(name="Test College")))
        return Done({})

    await start(graph_of(bench, CodeAgent("outreach", "dispatch", act)))
    (row,) = await bench.rows()
    who = await bench.read(
        lambda s: s.scalars(select(AuditLog.changed_by).where(AuditLog.table_name == "accounts")).all()
    )
    assert who == [f"agent:{row.id}"]


async def test_a_call_outside_of_a_step_is_a_fault(sqlite_bench: Bench) -> None:
    async def never() -> list[BaseMessage]:
        raise AssertionError("it was called")

    with pytest.raises(RuntimeError, match="outside of a recorded agent step"):
        await record_model_call(sqlite_bench.recorder, [HumanMessage("hello")], "scripted", never)


async def test_another_id_for_the_same_call_gets_the_kept_answer(sqlite_bench: Bench) -> None:
    """A server that is asked again may number its calls anew; the answer must belong to the call that is open."""
    from langchain.agents.middleware import ToolCallRequest
    from langchain.tools import ToolRuntime

    from graphs.middleware import RecordSteps
    from graphs.recorder import Opening, step_id

    async with sqlite_bench.recorder.step(Opening(step_id("t"), "research", "researcher", thread_id="touch:1")) as step:
        executed = 0

        async def handler(request: Any) -> ToolMessage:
            nonlocal executed
            executed += 1
            return ToolMessage("found", tool_call_id=request.tool_call["id"], name="look_up")

        for given in ("first", "second"):
            scope = Scope(step.id, "researcher", "touch:1")
            token = current_scope.set(scope)
            call = {"name": "look_up", "args": {}, "id": given, "type": "tool_call"}
            runtime: Any = ToolRuntime(None, None, {}, lambda _: None, given, None)
            request = ToolCallRequest(tool_call=call, tool=None, state={}, runtime=runtime)  # type: ignore[arg-type]
            message = await RecordSteps(sqlite_bench.recorder, most_calls=1).awrap_tool_call(request, handler)
            current_scope.reset(token)
            assert isinstance(message, ToolMessage)
            assert (message.content, message.tool_call_id) == ("found", given)
    assert executed == 1
