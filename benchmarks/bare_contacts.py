"""The floor under `benchmarks.workers`: LangGraph, its checkpoints and nothing of ours, for as many calls.

    python -m benchmarks.bare_contacts [--contacts 141] [--seconds 0.2] [--concurrency 32]

Each contact goes through a graph of four nodes on PostgreSQL at sync durability: an agent with three model calls and
two tool calls, two nodes with one call each, and an interrupt. The model answers after `seconds`; no row is written, no
table read, no text looked at. Printed are the calls, their share of the ideal and the processor time of a call, between
the first and the last.
"""

import argparse
import asyncio
import json
import os
import time
import uuid
from collections.abc import Sequence
from contextvars import Context
from typing import Any

from langchain.agents import create_agent
from langchain.tools import tool
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import START, StateGraph
from langgraph.types import interrupt
from typing_extensions import TypedDict

from agents.models.rules import RulesChatModel, call
from graphs.checkpoints import open_checkpoints
from graphs.garbage_collection import collected_rarely
from graphs.slots import Slots, under_way
from tests.support.postgres import PostgresServer

SYSTEM, MATERIAL = "You write to one person. " * 40, "A fact about the organisation. " * 60
TOOL_CALLS = 2


class Bare(TypedDict, total=False):
    """What a contact's thread carries."""

    facts: int
    draft_id: str
    passed: bool


@tool
async def save(text: str) -> str:
    """Keep a fact."""
    return f"kept {len(text)}"


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """Two tool calls where there are tools, then a word."""
    made = sum(isinstance(message, AIMessage) for message in messages)
    return call("save", text=MATERIAL[:300]) if tools and made < TOOL_CALLS else AIMessage("done")


class Slow:
    """Makes the model slow, and takes down when calls began and ended."""

    def __init__(self, seconds: float, concurrency: int) -> None:
        self.calls = 0
        self.first = self.last = (0.0, 0.0)
        slots, generate = Slots(concurrency), RulesChatModel._agenerate

        async def slowly(model: RulesChatModel, *args: Any, **kwargs: Any) -> Any:
            async with slots.taken():
                if not self.calls:
                    self.first = (time.monotonic(), time.process_time())
                self.calls += 1
                await asyncio.sleep(seconds)
            self.last = (time.monotonic(), time.process_time())
            return await generate(model, *args, **kwargs)

        RulesChatModel._agenerate = slowly  # type: ignore[method-assign, assignment]


def built() -> StateGraph[Any, Any, Any, Any]:
    """The graph of one contact."""
    model: BaseChatModel = RulesChatModel(policy=policy)
    agent: Any = create_agent(model, [save], checkpointer=False)
    asked = [SystemMessage(SYSTEM), HumanMessage(MATERIAL)]

    async def researcher(_state: Bare) -> Bare:
        # From outside of the graph, as in graphs/nodes.py: its durability is not the agent's.
        await asyncio.get_running_loop().create_task(agent.ainvoke({"messages": asked}), context=Context())
        return {"facts": 2}

    async def drafting(_state: Bare) -> Bare:
        await model.ainvoke(asked)
        return {"draft_id": uuid.uuid4().hex}

    async def qc(_state: Bare) -> Bare:
        await model.ainvoke(asked)
        return {"passed": True}

    async def approval(_state: Bare) -> Bare:
        interrupt({"body": MATERIAL})
        return {}

    graph: StateGraph[Any, Any, Any, Any] = StateGraph(Bare)
    names = ("researcher", "drafting", "qc", "approval")
    for name, node in zip(names, (researcher, drafting, qc, approval), strict=True):
        graph.add_node(name, node)  # type: ignore[call-overload]
    for before, after in zip((START, *names), names, strict=False):
        graph.add_conditional_edges(before, lambda _state, after=after: after, [after])
    return graph


async def run(url: str, contacts: int, concurrency: int) -> None:
    """All contacts, as many under way as in a run of ours."""
    async with open_checkpoints(url) as saver:
        graph, gate = built().compile(checkpointer=saver), asyncio.Semaphore(under_way(concurrency))

        async def one(number: int) -> None:
            config: RunnableConfig = {"configurable": {"thread_id": f"touch:{number}"}}
            async with gate:
                await graph.aget_state(config)
                await graph.ainvoke({"facts": 0}, config, durability="sync")
                await graph.aget_state(config)

        await asyncio.gather(*(one(number) for number in range(contacts)))


def main() -> None:
    """Prints one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=141)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=32)
    given = parser.parse_args()
    server = PostgresServer(f"bench{uuid.uuid4().hex[:7]}")
    try:
        with server.database() as url, collected_rarely():
            slow = Slow(given.seconds, given.concurrency)
            asyncio.run(run(url, given.contacts, given.concurrency))
    finally:
        server.stop()
    took, cpu = (last - first for first, last in zip(slow.first, slow.last, strict=True))
    found = {
        "calls": slow.calls,
        "share_of_ideal": round(slow.calls * given.seconds / given.concurrency / took, 3),
        "cpu_ms_a_call": round(cpu * 1000 / slow.calls, 2),
    }
    print(json.dumps({**found, "load": os.getloadavg()[0]}))


if __name__ == "__main__":
    main()
