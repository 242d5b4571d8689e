"""What an agent is: a record that the graph loops over. No code elsewhere knows agents by name.

Three kinds. A ToolAgent is a model that calls tools until it is done. An AnswerAgent is one structured answer from a
model. A CodeAgent is code alone. All three are given the same state and return an update of it; the graph wraps each
in a recorded step and, for the first two, makes the model calls.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from langchain_core.tools import BaseTool
from pydantic import BaseModel

from agents.models.rules import Policy
from db.access import Database
from playbooks import Playbook
from tools.context import ToolContext
from tools.web.access import Web

State = Mapping[str, Any]
Update = dict[str, Any]


def present() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Work:
    """What a node is given besides its state: the database as the agent's role, the playbook, its own run's id, what
    it may use of the web, if anything, and what time it is: a case of an evaluation has a day of its own."""

    db: Database
    playbook: Playbook
    run_id: str
    web: Web | None = None
    now: Callable[[], datetime] = present


@dataclass(frozen=True)
class Briefing:
    """What the model is told. `material` becomes the user message, as JSON; `context` goes to the tools."""

    material: dict[str, Any]
    context: ToolContext | None = None
    memo: dict[str, Any] = field(default_factory=dict)


@dataclass
class Done:
    """What an agent's step leaves behind: the state's update, and what its row in `agent_runs` says of it."""

    update: Update
    outputs: dict[str, Any] = field(default_factory=dict)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    processed: int = 0
    created: int = 0
    updated: int = 0
    partial: str | None = None


Prepare = Callable[[Work, State], Awaitable[Briefing | Done]]
"""Reads what the model needs; a Done instead of a Briefing means that no model is needed this time."""


def nothing(_context: ToolContext) -> frozenset[str]:
    """No tool is without use."""
    return frozenset()


@dataclass(frozen=True)
class ToolAgent:
    """A model with tools. `must_call`: the run is not over until one of these tools was called. `without_use`: which
    tools can do nothing in a run, and are not offered in it.

    `goes_on_alone`: where the model does not come round (no readable answer, more calls than `call_limit`), code
    concludes with what was done. The texts that it reads are many people's: one of them must not stop the others' work.
    """

    name: str
    run_type: str
    tools: tuple[BaseTool, ...]
    policy: Policy
    prepare: Prepare
    conclude: Callable[[Work, State, Briefing], Awaitable[Done]]
    must_call: frozenset[str] = frozenset()
    without_use: Callable[[ToolContext], frozenset[str]] = nothing
    call_limit: int = 12
    goes_on_alone: bool = False


@dataclass(frozen=True)
class AnswerAgent:
    """A model that answers once, in the shape of `schema`. `prompt` names its folder in `prompts/` where an agent has
    several: what it is asked in the graph, and what a command asks it. What `conclude` is given is a `schema`: what a
    model wrote was read by then, or asked for again."""

    name: str
    run_type: str
    schema: type[BaseModel]
    policy: Policy
    prepare: Prepare
    conclude: Callable[[Work, State, Briefing, Any], Awaitable[Done]]
    prompt: str | None = None


@dataclass(frozen=True)
class CodeAgent:
    """A node that needs no model, and so no prompt and no suite."""

    name: str
    run_type: str
    act: Callable[[Work, State], Awaitable[Done]]


Agent = ToolAgent | AnswerAgent | CodeAgent
