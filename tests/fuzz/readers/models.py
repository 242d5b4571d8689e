"""What a model says: bodies of servers, structured answers in every agent's schema, arguments of tools."""

import json
from collections.abc import Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

from agents import analyst, analyst_brief, analyst_call, prospector_bids, prospector_signals
from agents.agent import AnswerAgent
from agents.models import ModelSettings
from agents.models.endpoint import build_endpoint, names_in
from agents.models.errors import ModelGarbled
from agents.models.repair import RepairToolCalls
from agents.models.resilience import Transient
from agents.models.structured import AnswerProblem, _sent_back, parse_answer
from agents.orchestrator import checked
from agents.orchestrator_policy import policy as goal_policy
from agents.orchestrator_schema import WorkOrder
from agents.registry import AGENTS
from agents.reply_classify import Classified
from playbooks.feeds import load_signal_words
from tests.fuzz.damage import damaged_text, fitting, json_cases
from tests.fuzz.reader import TODAY, Reader
from tools.plain_json import BadJson, read_json
from tools.signals.items import Item, SignalDecision, settle
from tools.signals.jobs import Opening
from tools.signals.news import Article

BODY: dict[str, Any] = {
    "id": "c1",
    "object": "chat.completion",
    "model": "m",
    "created": 1,
    "choices": [
        {
            "index": 0,
            "finish_reason": "tool_calls",
            "message": {
                "role": "assistant",
                "content": None,
                "refusal": None,
                "tool_calls": [
                    {"id": "t1", "type": "function", "function": {"name": "save_facts", "arguments": '{"facts": []}'}}
                ],
            },
        }
    ],
    "usage": {
        "prompt_tokens": 9,
        "completion_tokens": 3,
        "total_tokens": 12,
        "prompt_tokens_details": {"cached_tokens": 2},
    },
}
PLAIN_BODY: dict[str, Any] = {"choices": [{"message": {"role": "assistant", "content": '{"subject": "x"}'}}]}
UNREADABLE_BODY: dict[str, Any] = {
    "choices": [
        {
            "message": {
                "role": "assistant",
                "tool_calls": [{"id": "t1", "function": {"name": "save_facts", "arguments": '{"facts": ['}}],
            }
        }
    ]
}
MODELS: dict[str, Any] = {"object": "list", "data": [{"id": "m", "object": "model"}]}
GOALS = (
    'Draft 12 first messages to athletic directors in OH and PA with "list one.csv", no follow-ups, tier A1 only',
    "check replies, then 5 drafts for QA directors at companies that raised money since 2026-01-01; import people.csv",
)


def schemas() -> dict[str, type[BaseModel]]:
    """Every shape that a model is asked to answer in."""
    agents = (
        *AGENTS.values(),
        analyst.AGENT,
        analyst_brief.AGENT,
        analyst_call.AGENT,
        prospector_bids.AGENT,
        prospector_signals.AGENT,
    )
    return {agent.schema.__name__: agent.schema for agent in agents if isinstance(agent, AnswerAgent)}


def _example(schema: dict[str, Any], whole: dict[str, Any]) -> Any:
    """A value of a JSON schema, as plain as can be."""
    if "$ref" in schema:
        return _example(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "enum" in schema:
        return schema["enum"][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], whole)
    match schema.get("type"):
        case "object":
            return {name: _example(inner, whole) for name, inner in schema.get("properties", {}).items()}
        case "array":
            return [_example(schema["items"], whole)]
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
    return "2026-03-02" if schema.get("format") == "date" else "Its lights were installed in 1984."


HONEST = (
    "Lakeside Bowl",
    "The Lakeside Bowl was built in 1969.",
    "Year Built: 1969",
    "opener",
    "Akron",
    "sports-lighting",
    "Jo, the Lakeside Bowl was built in 1969. Would 15 minutes help?",
    "kim@oakmont.example",
    "Institution",
    "Kim Lee",
)


def answers_to(schema: type[BaseModel]) -> st.SearchStrategy[bytes]:
    """Answers that fit a schema, and such that hardly do."""
    whole = schema.model_json_schema()
    fits = fitting(whole, whole, *HONEST).map(lambda value: json.dumps(value).encode())
    return fits | fits | json_cases(example_of(schema))


def example_of(schema: type[BaseModel]) -> Any:
    """An answer that fits a schema."""
    whole = schema.model_json_schema()
    return _example(whole, whole)


def _answer(schema: type[BaseModel], data: bytes, _folder: Path) -> Any:
    """A model's text as the answer that was asked for; what is wrong with it goes back to the model."""
    message = AIMessage(data.decode("utf-8", "replace"))
    try:
        parsed = parse_answer(message, schema)
    except AnswerProblem as problem:
        return [m.text for m in _sent_back(message, problem)[1:]]
    return _used(parsed)


def _used(answer: BaseModel) -> Any:
    """What code makes of an answer where that needs no database; the rest: tests/fuzz/readers/steps.py."""
    if isinstance(answer, WorkOrder):
        return checked(answer, GOALS[0], {"cities": ["Akron"], "organisations": ["Oakmont College"]}).model_dump(
            mode="json"
        )
    if type(answer).__name__ == "SignalAnswer":
        decisions: Sequence[SignalDecision] = getattr(answer, next(iter(type(answer).model_fields)))
        items = [Item(Opening("QA Engineer", "Kite")), Item(Article("Kite raised $2 million.", "Kite"))]
        settled = settle(items, decisions, load_signal_words("qa-software"))
        return [found.as_json(load_signal_words("qa-software"), TODAY) for _account, found in settled.found]
    return answer.model_dump(mode="json")


def _classified(data: bytes, _folder: Path) -> Any:
    try:
        return parse_answer(AIMessage(data.decode("utf-8", "replace")), Classified)
    except AnswerProblem as problem:
        return problem.problems


@cache
def _endpoint() -> Any:
    return build_endpoint(ModelSettings(name="m", base_url="http://127.0.0.1:9/v1"))


def _body(data: bytes, _folder: Path) -> Any:
    """A server's body as far as the guards that send unreadable tool calls back."""
    try:
        result = _endpoint()._result(data)
    except Transient as failure:
        if type(failure.error) is not ModelGarbled:
            raise
        return str(failure.error)
    _endpoint()._account(result, [HumanMessage("hi")])
    said: BaseMessage = result.generations[0].message
    update = RepairToolCalls(("save_facts",)).after_model({"messages": [said]}, None)  # type: ignore[list-item]
    return [said.text, [call["args"] for call in said.tool_calls], [m.text for m in (update or {}).get("messages", [])]]  # type: ignore[attr-defined]


def _listed(data: bytes, _folder: Path) -> Any:
    return names_in(read_json(data))


def _as_a_shell_gives_it(text: str) -> str:
    """No argument has a NUL, and outreach/cli.py refuses what is no UTF-8."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _goal(text: str, _folder: Path) -> Any:
    material = {
        "goal": text,
        "playbook": "sports-lighting",
        "playbooks": {"sports-lighting": "x"},
        "today": TODAY.isoformat(),
        "known": {
            "cities": ["Akron"],
            "organisations": ["Oakmont College"],
            "conferences": [],
            "industries": [],
            "sources": [],
        },
    }
    said = goal_policy([HumanMessage(json.dumps(material))], tools=(), schema="WorkOrder")
    return checked(WorkOrder.model_validate_json(said.text), text, material["known"])  # type: ignore[arg-type]


READERS = (
    Reader(
        "model server's body",
        _body,
        json_cases(BODY, PLAIN_BODY, UNREADABLE_BODY),
        tuple(json.dumps(body).encode() for body in (BODY, PLAIN_BODY, UNREADABLE_BODY)),
        share=2,
    ),
    *(
        Reader(
            f"model's {name}",
            partial(_answer, schema),
            answers_to(schema),
            (json.dumps(example_of(schema)).encode(),),
            share=0.5,
        )
        for name, schema in schemas().items()
    ),
    Reader("model server's list", _listed, json_cases(MODELS), (json.dumps(MODELS).encode(),), (BadJson,), share=0.5),
    Reader("goal", _goal, damaged_text(*GOALS).map(_as_a_shell_gives_it), GOALS),
)
