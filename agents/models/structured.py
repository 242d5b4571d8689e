"""Structured answers: asking for them, reading them, and having them repaired.

An answer counts only if it fits the schema completely. What is forgiven is packaging: a code fence, a
sentence before the JSON, a thinking section in front, an answer in the form of a tool call.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import structlog
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.runnables import Runnable, RunnableLambda
from pydantic import BaseModel, ValidationError

from agents.models.errors import InvalidOutput, shortened
from agents.models.pricing import Usage, usage_of
from agents.models.wire import storable_json
from tools.plain_json import storable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from langchain_core.language_models import BaseChatModel, LanguageModelInput

    ModelCall = Callable[[Sequence[BaseMessage]], Awaitable[AIMessage]]

T = TypeVar("T", bound=BaseModel)
log = structlog.get_logger(__name__)

PROBLEMS_SHOWN = 10
_FENCE = re.compile(r"```[a-zA-Z]*[ \t]*\n(.*?)\n?[ \t]*```", re.DOTALL)
_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)


class AnswerProblem(ValueError):
    """One answer that cannot be used. `problems` is written for the model to read."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Answer(Generic[T]):
    """A valid answer. `messages` are all raw answers it took, oldest first; the last one holds `value`."""

    value: T
    messages: tuple[AIMessage, ...]

    @property
    def repairs(self) -> int:
        """How many answers had to be sent back."""
        return len(self.messages) - 1

    @property
    def usage(self) -> Usage:
        """What all these calls used."""
        return sum((usage_of(message) for message in self.messages), Usage())


def bind_schema(model: BaseChatModel, schema: type[BaseModel]) -> ModelCall:
    """One raw model call that asks for `schema`: what a recorder wraps. It parses nothing."""
    bound = model.with_structured_output(schema, method="json_schema", include_raw=True)

    async def invoke(messages: Sequence[BaseMessage]) -> AIMessage:
        answered: Any = await bound.ainvoke(list(messages))
        raw: AIMessage = answered["raw"]
        return raw

    return invoke


async def ask(
    model: BaseChatModel,
    schema: type[T],
    messages: Sequence[BaseMessage],
    *,
    repairs: int = 2,
    invoke: ModelCall | None = None,
) -> Answer[T]:
    """Ask for an answer that fits `schema`; an invalid one goes back with what is wrong, at most `repairs`
    times.

    `invoke` makes each single call, so that each can be recorded; it gets the messages to send and returns
    the raw answer. Left out, it is `bind_schema(model, schema)`, which is also what a recorder's own `invoke`
    should call.

    Raises `InvalidOutput` where the last answer is still invalid, and whatever the model raises.
    """
    call = invoke or bind_schema(model, schema)
    conversation = list(messages)
    answers: list[AIMessage] = []
    while True:
        raw = await call(conversation)
        answers.append(raw)
        try:
            return Answer(parse_answer(raw, schema), tuple(answers))
        except AnswerProblem as problem:
            log.info("model.answer_invalid", schema=schema.__name__, answer=len(answers), problems=problem.problems)
            if len(answers) > repairs:
                what = f"no valid {schema.__name__} in {len(answers)} answers"
                raise InvalidOutput(what, problem.problems, answers) from problem
            conversation += _sent_back(raw, problem)


def parse_answer(message: AIMessage, schema: type[T]) -> T:
    """The value in a raw answer: the arguments of a tool call named like the schema, or JSON in the text.

    Raises `AnswerProblem`.
    """
    if refusal := message.additional_kwargs.get("refusal"):
        raise AnswerProblem(f"the model declined to answer: {shortened(str(refusal))}")
    try:
        return schema.model_validate_json(storable_json(_json_in(message, schema.__name__)))
    except ValidationError as error:
        raise AnswerProblem(*_readable(error)) from error
    except AnswerProblem as problem:
        if _was_cut(message):
            raise AnswerProblem(
                "the answer was cut off at the limit of output tokens; answer more briefly"
            ) from problem
        raise


def extract_json(text: str) -> str:
    """The one JSON object in a text: the whole text, the inside of its only code fence, or what begins at the
    first brace. A second object, or a first brace that does not begin valid JSON, is an `AnswerProblem`:
    guessing which part was meant would be worse than asking again.
    """
    text = _THINKING.sub("", text).strip()
    fenced = _FENCE.findall(text)
    if len(fenced) == 1:
        text = fenced[0].strip()
    start = text.find("{")
    if start < 0:
        raise AnswerProblem("there is no JSON object in the answer")
    try:
        found, end = json.JSONDecoder().raw_decode(text, start)
        storable(found)
    except json.JSONDecodeError as error:
        raise AnswerProblem(f"the answer is not valid JSON: {error.msg} at character {error.pos}") from error
    except (ValueError, RecursionError) as error:  # numbers of 5,000 digits, thousands of brackets
        raise AnswerProblem("the answer's JSON is nested too deeply, or has a number that is too long") from error
    if "{" in text[end:]:
        raise AnswerProblem("there is more than one JSON object in the answer")
    return text[start:end]


def schema_name(schema: dict[str, Any] | type) -> str:
    """The name that a structured answer's schema goes by: the class's, or the title of a JSON schema."""
    if isinstance(schema, type):
        return schema.__name__
    return str(schema.get("title") or schema.get("name") or "answer")


def parsed_by(
    schema: dict[str, Any] | type, raw: Runnable[LanguageModelInput, AIMessage], *, include_raw: bool
) -> Runnable[LanguageModelInput, Any]:
    """What `with_structured_output` returns: the parsed answer, or {'raw', 'parsed', 'parsing_error'}."""

    def parse(message: AIMessage) -> Any:
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return parse_answer(message, schema)
        return json.loads(_json_in(message, schema_name(schema)))

    def parse_with_raw(message: AIMessage) -> dict[str, Any]:
        try:
            return {"raw": message, "parsed": parse(message), "parsing_error": None}
        except AnswerProblem as problem:
            return {"raw": message, "parsed": None, "parsing_error": problem}

    wanted = parse_with_raw if include_raw else parse

    async def here(message: AIMessage) -> Any:
        # Without it the parsing, which takes no time, would wait for a thread.
        return wanted(message)

    return raw | RunnableLambda(wanted, here)


def _json_in(message: AIMessage, name: str) -> str:
    if message.tool_calls or message.invalid_tool_calls:
        fitting = [call for call in message.tool_calls if call["name"] == name]
        if len(fitting) != 1:
            raise AnswerProblem(f"the answer must be one JSON object or one call of {name}")
        return json.dumps(fitting[0]["args"])
    if not message.text.strip():
        raise AnswerProblem("the answer is empty")
    return extract_json(message.text)


def _was_cut(message: AIMessage) -> bool:
    return message.response_metadata.get("finish_reason") == "length"


def _readable(error: ValidationError) -> list[str]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(str(part) for part in e['loc']) or 'answer'}: {e['msg']}" for e in found[:PROBLEMS_SHOWN]]
    return lines if len(found) <= PROBLEMS_SHOWN else [*lines, f"and {len(found) - PROBLEMS_SHOWN} more"]


def _sent_back(raw: AIMessage, problem: AnswerProblem) -> list[BaseMessage]:
    wrong = "\n".join(f"- {line}" for line in problem.problems)
    request = f"Your answer could not be used:\n{wrong}\nAnswer again, with one complete JSON object and nothing else."
    if raw.tool_calls and not raw.invalid_tool_calls and all(call["id"] for call in raw.tool_calls):
        return [
            raw,
            *(ToolMessage(request, tool_call_id=call["id"], status="error") for call in raw.tool_calls),
        ]
    # Calls that cannot be answered one by one would make the conversation invalid, and so would an empty
    # turn.
    said = raw.text.strip() or json.dumps([call["args"] for call in raw.invalid_tool_calls])
    return [AIMessage(said), HumanMessage(request)]
