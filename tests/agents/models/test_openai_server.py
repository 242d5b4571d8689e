"""The loopback server answering as the rules policies do, so that the product can be run against it."""

from collections.abc import Sequence

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from pydantic import BaseModel

from agents.models import ModelBusy, ModelSettings, build_model, close_model, usage_of
from agents.models.resilience import RetryPolicy
from agents.models.rules import Policy, answer, calls
from agents.models.structured import ask
from tests.support.openai_server import Reply, ScriptedServer, policy_script, replies, route, with_faults


class Draft(BaseModel):
    subject: str
    body: str


@tool
def read_page(number: int) -> str:
    """Read a page."""
    return f"Page {number} says “1962”."


@tool
def save_facts(facts: list[dict[str, str]]) -> str:
    """Save facts."""
    return f"saved {len(facts)}"


def researcher(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
    results = [m for m in messages if isinstance(m, ToolMessage)]
    if not results:
        return calls(("read_page", {"number": 1}), ("read_page", {"number": 2}))
    if results[-1].name == "read_page":
        return calls(("save_facts", {"facts": [{"quote": m.text} for m in results]}))
    return AIMessage("two facts")


def writer(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
    return answer(Draft(subject="Alton Field", body=messages[-1].text))


POLICIES: dict[str, Policy] = {"Draft": writer, "save_facts": researcher}


async def transcript(settings: ModelSettings) -> list[tuple[str, str, str]]:
    """One agent with tools and one plain node, as the product has them."""
    model = build_model(settings, route(POLICIES), retry=RetryPolicy(attempts=3, base_s=0.001))
    try:
        agent = create_agent(model, [read_page, save_facts], system_prompt="Research.")
        result = await agent.ainvoke({"messages": [HumanMessage("Northgate")]})
        draft = await ask(model, Draft, [SystemMessage("Write."), HumanMessage("Hello Dana")])
    finally:
        await close_model(model)
    said = [
        (m.type, m.text, str([(c["name"], c["args"], c["id"]) for c in getattr(m, "tool_calls", [])]))
        for m in result["messages"]
    ]
    return [*said, ("draft", draft.value.subject, draft.value.body)]


async def test_the_wire_changes_nothing() -> None:
    with ScriptedServer(policy_script(route(POLICIES))) as server:
        over_the_wire = await transcript(ModelSettings(name="scripted", base_url=server.base_url))
    assert over_the_wire == await transcript(ModelSettings())
    assert server.calls == 4
    faults = {1: Reply.error(500), 3: Reply.garbage(), 5: Reply.rate_limited("0"), 6: Reply.broken()}
    with ScriptedServer(with_faults(policy_script(route(POLICIES)), faults)) as server:
        assert await transcript(ModelSettings(name="scripted", base_url=server.base_url)) == over_the_wire
    assert server.calls == 8


async def test_tokens_are_counted_as_servers_do() -> None:
    with ScriptedServer(policy_script(route(POLICIES))) as server:
        model = build_model(ModelSettings(name="scripted", base_url=server.base_url), writer)
        first, second = [
            usage_of((await ask(model, Draft, [SystemMessage("Write. " * 50), HumanMessage("Hello")])).messages[0])
            for _ in range(2)
        ]
        await close_model(model)
    assert first.tokens_in > 50
    assert first.tokens_out > 5
    assert (first.tokens_cached, second.tokens_cached > 50) == (0, True)


async def test_a_script_that_fails_fails_the_test() -> None:
    async def session() -> None:
        with ScriptedServer(policy_script(route({}))) as server:
            settings = ModelSettings(name="scripted", base_url=server.base_url, max_retries=0)
            model = build_model(settings, writer)
            with pytest.raises(ModelBusy, match="no policy"):
                await model.ainvoke("hi")
            await close_model(model)

    with pytest.raises(LookupError, match="no policy"):
        await session()


def test_a_server_nobody_asked_closes_at_once() -> None:
    with ScriptedServer(replies(Reply.silence())) as server:
        assert server.base_url.startswith("http://127.0.0.1:")
