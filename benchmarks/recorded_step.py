"""What recording costs: CPU of an agent as a recorded node, over that of the same agent with LangGraph's checkpoints.

Both run `create_agent` with five tool calls against a model that answers at once, on SQLite files. The recorded one
is the product's node (briefing, guards, a row of `agent_runs` for every model and tool call) in a graph with
checkpoints; the bare one is `create_agent` with AsyncSqliteSaver at durability="sync" and nothing recorded. CPU is
that of the whole process, threads included. The aim: a ratio of 1.25 or less.

    python -m benchmarks.recorded_step [RUNS]
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langchain.agents import create_agent
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph

from agents.agent import Briefing, Done, State, ToolAgent, Work
from agents.models import ModelSettings
from agents.models.rules import RulesChatModel, call
from db.access import Database
from db.migrate import upgrade
from graphs.checkpoints import open_checkpoints
from graphs.nodes import Machine, make_node
from graphs.recorder import Recorder
from graphs.routing import ContactState
from tools.context import ToolContext

CALLS = 5
AIM = 1.25
ROUNDS = 5
STEPS = 1 + (CALLS + 1) + CALLS
"""Recorded steps of one run: the agent's, those of its model calls, those of its tool calls."""
TEXT = "What is known of the stadium: " + "built in 1962, relit in 1998, 5,200 seats. " * 20


@tool
async def look_up(subject: str) -> str:
    """Looks something up.

    Args:
        subject: what to look up.
    """
    return f"{subject}: {TEXT}"


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """Five look-ups, then an end."""
    asked = sum(isinstance(message, AIMessage) for message in messages)
    return call("look_up", subject=f"fact {asked + 1}") if asked < CALLS else AIMessage("That is all.")


async def prepare(work: Work, state: State) -> Briefing:  # noqa: ARG001
    """Nothing to read: only the machinery is measured."""
    return Briefing({"organisation": "Test College"}, ToolContext(work.db, work.playbook, work.run_id))


async def conclude(work: Work, state: State, briefing: Briefing) -> Done:  # noqa: ARG001
    """Nothing to write."""
    return Done({"facts": 0})


AGENT = ToolAgent("researcher", "research", (look_up,), policy, prepare, conclude, frozenset({"look_up"}))


@asynccontextmanager
async def recorded_by(folder: str, base_url: str) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    """The recorded node over a model server at `base_url`: what runs one thread of it."""
    url = f"sqlite:///{folder}/outreach.db"
    upgrade(url)
    with Database(url) as db:
        machine = Machine(db, Recorder(db), ModelSettings(name="scripted", base_url=base_url))
        async with open_checkpoints(f"sqlite:///{folder}/checkpoints.db") as saver:
            yield recorder_of(machine, saver)


def recorder_of(machine: Machine, saver: BaseCheckpointSaver[str]) -> Callable[[str], Awaitable[Any]]:
    """What runs the product's node once, in a thread of a name, with checkpoints at sync durability."""
    graph = StateGraph(ContactState)
    graph.add_node("researcher", make_node(machine, AGENT))
    graph.add_edge(START, "researcher")
    graph.add_edge("researcher", END)
    node = graph.compile(checkpointer=saver)

    async def recorded(thread: str) -> None:
        await node.ainvoke({"playbook": "sports-lighting"}, {"configurable": {"thread_id": thread}}, durability="sync")

    return recorded


async def measured(runs: int, one: Callable[[str], Awaitable[Any]], name: str) -> float:
    """Milliseconds of CPU for each run."""
    began = time.process_time()
    for number in range(runs):
        await one(f"{name}:{number}")
    return (time.process_time() - began) * 1000 / runs


async def compare(runs: int, folder: Path) -> tuple[float, float]:
    """CPU of one run in milliseconds, recorded and bare: the medians of rounds that take turns."""
    url = f"sqlite:///{folder / 'outreach.db'}"
    upgrade(url)
    with Database(url) as db:
        machine = Machine(db, Recorder(db), ModelSettings(name="rules"))
        async with (
            open_checkpoints(f"sqlite:///{folder / 'ours.db'}") as ours,
            open_checkpoints(f"sqlite:///{folder / 'bare.db'}") as theirs,
        ):
            recorded = recorder_of(machine, ours)
            agent = create_agent(RulesChatModel(policy=policy), [look_up], checkpointer=theirs)
            messages = [SystemMessage(machine.prompt("researcher").text), HumanMessage("Test College")]

            async def bare(thread: str) -> None:
                config: Any = {"configurable": {"thread_id": thread}}
                await agent.ainvoke({"messages": messages}, config, durability="sync")  # type: ignore[call-overload]

            await measured(5, recorded, "warm")
            await measured(5, bare, "warm")
            figures = [
                (await measured(runs, recorded, f"r{n}"), await measured(runs, bare, f"b{n}")) for n in range(ROUNDS)
            ]
    return statistics.median(r for r, _ in figures), statistics.median(b for _, b in figures)


def main() -> None:
    """Prints the figures and the ratio; exit code 1 where the aim is missed."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    with TemporaryDirectory() as folder:
        recorded, bare = asyncio.run(compare(runs, Path(folder)))
    ratio = recorded / bare
    print(f"recorded node: {recorded:.1f} ms CPU a run ({recorded / STEPS:.2f} ms for each of {STEPS} recorded steps)")
    print(f"bare create_agent with checkpoints: {bare:.1f} ms CPU a run")
    print(f"ratio: {ratio:.2f} (aim: at most {AIM})")
    sys.exit(ratio > AIM)


if __name__ == "__main__":
    main()
