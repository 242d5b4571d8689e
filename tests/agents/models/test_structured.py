"""Answers in a schema, from servers that can and cannot give them."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Literal

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from pydantic import BaseModel, Field

from agents.models import InvalidOutput, ModelSettings, build_model, close_model
from agents.models.rules import RulesChatModel
from agents.models.structured import Answer, AnswerProblem, ask, bind_schema, extract_json, parse_answer
from tests.support.openai_server import Reply, ScriptedServer, replies


class Sender(BaseModel):
    name: str


class Label(BaseModel):
    """How a reply is to be treated."""

    label: Literal["interested", "opt_out"]
    certainty: int = Field(ge=1, le=5)
    sender: Sender | None = None


VALID = '{"label": "opt_out", "certainty": 4}'
ASKED = [SystemMessage("Label the reply."), HumanMessage("take me off")]


@pytest.mark.parametrize(
    "text",
    [
        VALID,
        f"  {VALID}\n",
        f"```json\n{VALID}\n```",
        f"```\n{VALID}```",
        f"Here is the label:\n\n{VALID}\nI hope it helps.",
        f"Sure:\n```json\n{VALID}\n```\nAnything else?",
        f'<think>maybe {{"label": "interested"}}?</think>\n{VALID}',
    ],
)
def test_packaging_is_forgiven(text: str) -> None:
    assert parse_answer(AIMessage(text), Label) == Label(label="opt_out", certainty=4)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        ("opt_out", "no JSON object"),
        ('["opt_out", 4]', "no JSON object"),
        ('{"label": "opt_out"}', "certainty: Field required"),
        ('{"label": "perhaps", "certainty": 9}', "label: .*certainty: "),
        ('{"label": "opt_out", "certainty": 4', "not valid JSON"),
        # The inner object would do for a schema all of whose fields may be left out.
        ('{"label": "opt_out", "sender": {"name": "Dana"}', "not valid JSON"),
        (f"{VALID}\n{VALID}", "more than one"),
        (f"```json\n{VALID}\n```\n```json\n{VALID}\n```", "more than one"),
        ("Dear {name}, " + VALID, "not valid JSON"),
        ('{"a":' * 100_000, "nested too deeply|not valid JSON"),
    ],
)
def test_what_does_not_fit_is_never_accepted(text: str, problem: str) -> None:
    with pytest.raises(AnswerProblem, match=problem):
        parse_answer(AIMessage(text), Label)


def test_an_answer_in_the_form_of_a_call() -> None:
    good = {"name": "Label", "args": {"label": "interested", "certainty": 5}, "id": "1"}
    other = {"name": "Other", "args": {"label": "interested", "certainty": 5}, "id": "2"}
    assert parse_answer(AIMessage("", tool_calls=[good]), Label).label == "interested"
    for calls in ([other], [good, good]):
        with pytest.raises(AnswerProblem, match="one call of Label"):
            parse_answer(AIMessage("", tool_calls=calls), Label)


def test_a_cut_answer_and_a_refusal_are_named() -> None:
    cut = AIMessage('{"label": "opt', response_metadata={"finish_reason": "length"})
    with pytest.raises(AnswerProblem, match="cut off"):
        parse_answer(cut, Label)
    with pytest.raises(AnswerProblem, match="declined to answer: not this"):
        parse_answer(AIMessage(VALID, additional_kwargs={"refusal": "not this"}), Label)


def test_the_text_around_the_object_is_not_returned() -> None:
    assert extract_json('a {"b": "}{"} c') == '{"b": "}{"}'


def scripted(
    *answers: AIMessage,
) -> tuple[Callable[[Sequence[BaseMessage]], Awaitable[AIMessage]], list[list[BaseMessage]]]:
    """A recorder's place: what is sent is kept, what comes back is written down here."""
    sent: list[list[BaseMessage]] = []

    async def invoke(messages: Sequence[BaseMessage]) -> AIMessage:
        sent.append(list(messages))
        return answers[len(sent) - 1]

    return invoke, sent


def no_model() -> RulesChatModel:
    def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
        raise AssertionError("the model is only called through `invoke`")

    return RulesChatModel(policy=policy)


async def test_each_call_goes_through_the_recorder_and_the_problem_goes_back() -> None:
    bad = AIMessage('{"label": "opt_out", "certainty": 9}')
    invoke, sent = scripted(bad, AIMessage(VALID))
    got: Answer[Label] = await ask(no_model(), Label, ASKED, invoke=invoke)
    assert got.value.certainty == 4
    assert (got.repairs, len(got.messages)) == (1, 2)
    assert sent[0] == ASKED
    assert sent[1][2].text == bad.text
    assert "certainty: Input should be less than or equal to 5" in sent[1][3].text
    assert len(ASKED) == 2  # the caller's list is left alone


async def test_a_call_is_answered_as_a_call() -> None:
    bad = AIMessage("", tool_calls=[{"name": "Label", "args": {}, "id": "c1"}])
    invoke, sent = scripted(bad, AIMessage(VALID))
    await ask(no_model(), Label, ASKED, invoke=invoke)
    answer = sent[1][3]
    assert isinstance(answer, ToolMessage)
    assert answer.tool_call_id == "c1"


async def test_an_empty_answer_does_not_leave_an_empty_turn() -> None:
    invoke, sent = scripted(AIMessage(""), AIMessage(VALID))
    await ask(no_model(), Label, ASKED, invoke=invoke)
    assert all(m.text.strip() for m in sent[1])


@pytest.mark.parametrize("repairs", [0, 2])
async def test_repairs_end(repairs: int) -> None:
    invoke, sent = scripted(*[AIMessage("no")] * 5)
    with pytest.raises(InvalidOutput, match=rf"no valid Label in {repairs + 1} answers: there is no JSON") as caught:
        await ask(no_model(), Label, ASKED, repairs=repairs, invoke=invoke)
    assert len(sent) == len(caught.value.answers) == repairs + 1


async def test_over_the_wire_with_a_recorder_around_each_call() -> None:
    recorded: list[AIMessage] = []
    cut = Reply.text('{"label": "opt_', finish_reason="length")
    with ScriptedServer(replies(cut, Reply.text(f"```json\n{VALID}\n```"))) as server:
        model = build_model(ModelSettings(name="scripted", base_url=server.base_url), no_model().policy)
        raw_call = bind_schema(model, Label)

        async def invoke(messages: Sequence[BaseMessage]) -> AIMessage:
            recorded.append(await raw_call(messages))
            return recorded[-1]

        got = await ask(model, Label, ASKED, invoke=invoke)
        assert (await ask(model, Label, ASKED)).repairs == 0
        await close_model(model)
    assert got.value.label == "opt_out"
    assert list(got.messages) == recorded
    assert got.usage.tokens_in > 20
    assert "cut off" in server.requests[1]["messages"][-1]["content"]
