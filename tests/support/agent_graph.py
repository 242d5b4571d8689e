"""Runs one agent as the real graph node that it is, on a real database, with the rules model or another endpoint."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypedDict

from langgraph.graph import END, START, StateGraph
from sqlalchemy import select

from agents.agent import Agent
from agents.models import ModelSettings
from db.access import Database
from db.actors import acting_as
from db.models import AgentRun
from graphs.nodes import Machine, make_node
from graphs.recorder import Recorder

RULES = ModelSettings(name="rules")


class _State(TypedDict, total=False):
    root_run_id: str
    playbook: str
    file: Any


class SmallMachine:
    """A database and a model; `run` runs one agent once and gives back its row in `agent_runs`."""

    def __init__(self, db: Database, models: ModelSettings = RULES) -> None:
        self.db = db
        self.machine = Machine(db, Recorder(db), models)
        self._runs = 0

    async def run(self, agent: Agent, playbook: str, file: Mapping[str, Any] | None = None) -> AgentRun:
        self._runs += 1
        graph: StateGraph[Any] = StateGraph(_State)
        graph.add_node(agent.name, make_node(self.machine, agent))
        graph.add_edge(START, agent.name)
        graph.add_edge(agent.name, END)
        thread = f"test:{agent.name}:{self._runs}"
        state: dict[str, Any] = {"playbook": playbook}
        if file is not None:
            state["file"] = dict(file)
        with acting_as("user:tester"):
            await graph.compile().ainvoke(state, {"configurable": {"thread_id": thread}})
        return await self.db.read(
            lambda session: session.scalars(
                select(AgentRun).where(AgentRun.thread_id == thread, AgentRun.run_type == agent.run_type)
            ).one()
        )


@asynccontextmanager
async def small_machine(url: str, models: ModelSettings = RULES) -> AsyncIterator[SmallMachine]:
    """A machine on the database at `url`, closed afterwards."""
    with Database(url) as db:
        yield SmallMachine(db, models)
