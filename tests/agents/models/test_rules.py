"""The model of written policies."""

from collections.abc import Sequence

import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel

from agents.models import ModelSettings, PolicyError, build_model, close_model, usage_of
from agents.models.described import Described
from agents.models.rules import Policy, answer, call, calls
from agents.models.structured import AnswerProblem, ask


class Label(BaseModel):
    label: str
    certainty: int = 3


def always(said: AIMessage) -> Policy:
    """The policy that says the same whatever it is asked."""

    def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
        return said

    return policy


@tool
def look_up(name: str) -> str:
    """Look a name up."""
    return f"{name} was founded in 1871"


@tool
def finish(note: str) -> str:
    """Hand in the note."""
    return "done"


def researcher(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
    assert tools == ("look_up", "finish")
    results = [m for m in messages if isinstance(m, ToolMessage)]
    if not results:
        return call("look_up", name="Northgate College")
    if results[-1].name == "look_up":
        return call("finish", note=results[-1].text)
    return AIMessage("finished")


def labeller(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
    assert schema == "Label"
    return answer(Label(label="opt_out")) if "stop" in messages[-1].text else call("Label", label="other")


async def test_it_drives_an_agent_with_tools() -> None:
    model = build_model(ModelSettings(), researcher)
    agent = create_agent(model, [look_up, finish], system_prompt="Research.")
    sync = agent.invoke({"messages": [HumanMessage("go")]})["messages"]
    messages = (await agent.ainvoke({"messages": [HumanMessage("go")]}))["messages"]
    assert [m.text for m in messages] == [m.text for m in sync]
    assert [m.name for m in messages if isinstance(m, ToolMessage)] == ["look_up", "finish"]
    assert messages[-1].text == "finished"
    ids = [c["id"] for m in messages if isinstance(m, AIMessage) for c in m.tool_calls]
    assert ids == ["call_2_0", "call_4_0"]


async def test_it_says_what_it_is_and_costs_nothing() -> None:
    model = build_model(ModelSettings(), always(AIMessage("hello")))
    said = await model.ainvoke("hi")
    assert model._llm_type == "rules"
    assert said.response_metadata["model_name"] == "rules"
    assert said.usage_metadata == {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
    assert usage_of(said).cost_usd == 0.0
    await close_model(model)


async def test_structured_answers_as_text_and_as_call() -> None:
    model = build_model(ModelSettings(), labeller)
    assert await model.with_structured_output(Label).ainvoke("stop it") == Label(label="opt_out")
    # A policy need not be given a tool to answer in the form of a call of the schema.
    raw = await model.with_structured_output(Label, include_raw=True, method="json_schema").ainvoke("what?")
    assert isinstance(raw, dict)
    assert raw["parsed"] == Label(label="other")
    assert raw["parsing_error"] is None
    got = await ask(model, Label, [SystemMessage("Label it."), HumanMessage("please stop")])
    assert got.value == Label(label="opt_out")
    assert got.repairs == 0
    assert got.usage.tokens == 0


def test_an_invalid_structured_answer_is_not_hidden() -> None:
    model = build_model(ModelSettings(), always(AIMessage('{"certainty": 2}')))
    with pytest.raises(AnswerProblem, match="label: Field required"):
        model.with_structured_output(Label).invoke("x")
    raw = model.with_structured_output(Label, include_raw=True).invoke("x")
    assert isinstance(raw, dict)
    assert raw["parsed"] is None
    assert "Field required" in str(raw["parsing_error"])


def test_two_calls_at_once_get_ids_of_their_own() -> None:
    model = build_model(
        ModelSettings(),
        always(calls(("look_up", {"name": "a"}), ("look_up", {"name": "b"}))),
    )
    said = model.bind_tools([look_up]).invoke("go")
    assert [c["id"] for c in said.tool_calls] == ["call_1_0", "call_1_1"]


@pytest.mark.parametrize(
    ("said", "match"), [(call("launch", at="moon"), "called launch, but has look_up"), (AIMessage(" "), "neither")]
)
def test_a_faulty_policy_is_named_as_such(said: AIMessage, match: str) -> None:
    model = build_model(ModelSettings(), always(said))
    with pytest.raises(PolicyError, match=match):
        model.bind_tools([look_up]).invoke("go")


def test_tools_are_described_once_for_a_model_and_its_tools() -> None:
    described = Described()
    both = described.of([look_up, finish])
    assert described.of([look_up, finish]) is both
    assert [told["function"]["name"] for told in described.of([finish])] == ["finish"]
    assert both == [convert_to_openai_tool(look_up), convert_to_openai_tool(finish)]
