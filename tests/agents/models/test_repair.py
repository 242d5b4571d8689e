"""Tool calls that a model wrote wrongly, and how it is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.tools import tool

from agents.models import InvalidOutput, ModelRefused, ModelSettings, build_model, close_model
from agents.models.repair import RepairToolCalls
from tests.support.openai_server import Reply, Script, ScriptedServer, replies

saved: list[str] = []


@tool
def look_up(number: int) -> str:
    """Look up the page with this number."""
    return f"page {number}: opened in 1962"


@tool
def save(text: str) -> str:
    """Save the text. Call this last."""
    saved.append(text)
    return "saved"


def no_policy(*args: Any, **kwargs: Any) -> AIMessage:
    raise AssertionError("an endpoint never asks the policy")


@asynccontextmanager
async def agent_on(script: Script, max_calls: int = 8) -> AsyncIterator[tuple[Any, ScriptedServer]]:
    saved.clear()
    with ScriptedServer(script) as server:
        model = build_model(ModelSettings(name="scripted", base_url=server.base_url, max_retries=0), no_policy)
        guards = [ModelCallLimitMiddleware(run_limit=max_calls, exit_behavior="error"), RepairToolCalls({"save"})]
        try:
            yield create_agent(model, [look_up, save], system_prompt="Research.", middleware=guards), server
        finally:
            await close_model(model)


async def run(agent: Any) -> list[BaseMessage]:
    messages: list[BaseMessage] = (await agent.ainvoke({"messages": [HumanMessage("go")]}))["messages"]
    return messages


DONE = (Reply.call("save", text="ok"), Reply.text("finished"))


async def test_a_good_run_is_left_alone() -> None:
    async with agent_on(replies(Reply.call("look_up", number=1), *DONE)) as (agent, server):
        messages = await run(agent)
    assert saved == ["ok"]
    assert server.calls == 3
    assert [m.type for m in messages] == ["human", "ai", "tool", "ai", "tool", "ai"]


async def test_unreadable_arguments_go_back_and_are_mended() -> None:
    async with agent_on(replies(Reply.invalid_arguments("save"), *DONE)) as (agent, server):
        messages = await run(agent)
    assert saved == ["ok"]
    told = server.requests[1]["messages"][-1]
    assert told["role"] == "tool"
    assert "not valid JSON" in told["content"]
    assert "unfinished" in told["content"]
    # Some servers parse the arguments of earlier calls, so what stands in the conversation must be readable.
    sent_back = server.requests[1]["messages"][-2]["tool_calls"]
    assert [c["function"]["arguments"] for c in sent_back] == ["{}"]
    assert told["tool_call_id"] == sent_back[0]["id"]
    first = messages[1]
    assert isinstance(first, AIMessage)
    assert first.usage_metadata is not None  # what it used still counts


@pytest.mark.parametrize("arguments", ["[1, 2]", '"text"', "null and void"])
async def test_arguments_that_are_not_an_object(arguments: str) -> None:
    async with agent_on(replies(Reply.invalid_arguments("save", arguments), *DONE)) as (agent, _):
        await run(agent)
    assert saved == ["ok"]


async def test_a_readable_call_beside_an_unreadable_one_is_carried_out() -> None:
    both = Reply(tool_calls=[("look_up", {"number": 1}, "a"), ("save", "{", "b")])
    async with agent_on(replies(both, *DONE)) as (agent, server):
        await run(agent)
    results = {m["tool_call_id"]: m["content"] for m in server.requests[1]["messages"] if m["role"] == "tool"}
    assert results["a"] == "page 1: opened in 1962"
    assert "not valid JSON" in results["b"]
    assert saved == ["ok"]


async def test_unreadable_calls_end_after_two_repairs() -> None:
    async with agent_on(replies(Reply.invalid_arguments("save"))) as (agent, server):
        with pytest.raises(InvalidOutput, match=r"unreadable tool calls in 3 answers: .*save"):
            await run(agent)
    assert (server.calls, saved) == (3, [])


async def test_one_who_only_talks_is_nudged_once() -> None:
    async with agent_on(replies(Reply.text("I would save it."), *DONE)) as (agent, server):
        await run(agent)
    assert saved == ["ok"]
    assert "finish by calling the tool save" in server.requests[1]["messages"][-1]["content"]

    async with agent_on(replies(Reply.text("I would save it."))) as (agent, server):
        with pytest.raises(InvalidOutput, match="ended without calling save: it said: I would save it"):
            await run(agent)
    assert server.calls == 2


def choices(server: ScriptedServer) -> list[str | None]:
    return [request.get("tool_choice") for request in server.requests]


async def test_until_it_may_end_an_agent_s_answer_must_be_a_tool_call() -> None:
    wrong = Reply.call("save", wrong=1)
    async with agent_on(replies(Reply.text("I would save it."), wrong, *DONE)) as (agent, server):
        await run(agent)
    assert saved == ["ok"]
    assert choices(server) == ["required", "required", "required", None]


@pytest.mark.parametrize("status", [400, 422])
async def test_a_server_that_refuses_to_be_told_so_is_not_told_again(status: int) -> None:
    refusing = Reply.error(status, "thinking models take no tool_choice")
    async with agent_on(replies(refusing, Reply.call("look_up", number=1), *DONE)) as (agent, server):
        await run(agent)
    assert saved == ["ok"]
    assert choices(server) == ["required", None, None, None]


async def test_another_refusal_ends_the_step() -> None:
    async with agent_on(replies(Reply.error(401, "no key"))) as (agent, server):
        with pytest.raises(ModelRefused):
            await run(agent)
    assert server.calls == 1


CALL = '{"name": "save", "arguments": {"text": "ok"}}'


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"```json\n{CALL}\n```",
        f"<tool_call>\n{CALL}\n</tool_call>",
        f'<tool_call>{{"name": "look_up", "arguments": {{"number": 1}}}}</tool_call>\n<tool_call>{CALL}</tool_call>',
        f"[{CALL}]",
        '{"type": "function", "name": "save", "parameters": {"text": "ok"}}',
    ],
)
async def test_a_call_that_is_written_out_is_carried_out(text: str) -> None:
    async with agent_on(replies(Reply.text(text), Reply.text("finished"))) as (agent, server):
        messages = await run(agent)
    assert saved == ["ok"]
    assert server.calls == 2
    told = server.requests[1]["messages"]
    called = [call["id"] for m in told if m["role"] == "assistant" for call in m["tool_calls"]]
    assert [m["tool_call_id"] for m in told if m["role"] == "tool"] == called
    assert messages[1].text == ""


@pytest.mark.parametrize(
    "text",
    [
        f"I would call {CALL}",
        f"Done. <tool_call>{CALL}</tool_call>",
        '{"name": "launch_rocket", "arguments": {}}',
        '{"name": "save", "arguments": "ok"}',
        '{"name": ["save"], "arguments": {}}',
        '{"name": "save", "arguments": {"text": "ok"}, "and": 1}',
        f'[{CALL}, "and so on"]',
        "[]",
        '{"name": "save", "arguments": {"text": "unfinished',
    ],
)
async def test_a_text_about_a_call_stays_a_text(text: str) -> None:
    async with agent_on(replies(Reply.text(text))) as (agent, _):
        with pytest.raises(InvalidOutput, match="ended without calling save"):
            await run(agent)
    assert saved == []


async def test_an_empty_answer_is_nudged_without_an_empty_turn() -> None:
    async with agent_on(replies(Reply.text(""), *DONE)) as (agent, server):
        await run(agent)
    assert all(m["content"] for m in server.requests[1]["messages"])


async def test_a_failed_finishing_call_is_not_a_finish() -> None:
    async with agent_on(replies(Reply.call("save", wrong=1), Reply.text("done!"))) as (agent, _):
        with pytest.raises(InvalidOutput, match="ended without calling save"):
            await run(agent)
    assert saved == []


async def test_an_unknown_tool_and_arguments_that_do_not_fit_are_told_to_the_model() -> None:
    script = replies(Reply.unknown_tool(), Reply.call("look_up", number="many"), *DONE)
    async with agent_on(script) as (agent, _):
        messages = await run(agent)
    errors = [m for m in messages if isinstance(m, ToolMessage) and m.status == "error"]
    assert errors[0].text == "Error: launch_rocket is not a valid tool, try one of [look_up, save]."
    assert "number: Input should be a valid integer" in errors[1].text
    assert saved == ["ok"]


@pytest.mark.parametrize("reply", [Reply.unknown_tool(), Reply.call("look_up", number="many")])
async def test_a_model_that_never_learns_is_stopped(reply: Reply) -> None:
    async with agent_on(replies(reply), max_calls=4) as (agent, server):
        with pytest.raises(ModelCallLimitExceededError, match="run limit"):
            await run(agent)
    assert (server.calls, saved) == (4, [])


async def test_without_the_guard_an_unreadable_call_looks_like_an_end() -> None:
    """The reason for the middleware. When this fails, LangChain does it by itself."""
    with ScriptedServer(replies(Reply.invalid_arguments("save"), *DONE)) as server:
        model = build_model(ModelSettings(name="scripted", base_url=server.base_url), no_policy)
        limit = ModelCallLimitMiddleware(run_limit=5, exit_behavior="error")
        await run(create_agent(model, [save], middleware=[limit]))
        await close_model(model)
    assert server.calls == 1
