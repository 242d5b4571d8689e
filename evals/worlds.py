"""A real database for each case, cheap enough for thousands.

Migrating takes seconds, opening a migrated file eighteen milliseconds (reading the schema with its triggers anew on
each connection), so neither is done for each case. A world keeps its connections; before each case its pages are
replaced by those of a template (SQLite's backup, about a millisecond), and the schema's counter is put back to what the
connections have read, since it is the same schema.
"""

import math
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from contextvars import Context
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from langgraph.graph import END, START, StateGraph
from sqlalchemy.orm import Session

from agents.agent import Agent
from agents.models import ModelSettings
from db.access import Database
from db.actors import acting_as
from db.migrate import upgrade
from graphs.contact import Graph, ReplyState
from graphs.nodes import Machine, make_node
from graphs.recorder import Ask, Recorder
from graphs.runner import Runner, open_runner
from prompts import Prompt

T = TypeVar("T")
PERSON = "user:eval"


@cache
def _migrated() -> bytes:
    """A migrated database, as the bytes of its file: migrating takes a second, and several suites may follow."""
    with TemporaryDirectory(prefix="outreach-eval-") as folder:
        path = Path(folder) / "migrated.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


class Template:
    """A migrated database in memory, with what a suite's stage wrote, to be copied into worlds."""

    def __init__(self, folder: Path, stage: Callable[[Database], None] | None) -> None:
        path = folder / "template.db"
        path.write_bytes(_migrated())
        if stage is not None:
            with Database(f"sqlite:///{path}", "user") as database, acting_as(PERSON):
                stage(database)
        self.schema = 0
        self._memory = sqlite3.connect(":memory:", check_same_thread=False)
        source = sqlite3.connect(path)
        try:
            source.backup(self._memory)
            self.schema = int(source.execute("PRAGMA schema_version").fetchone()[0])
        finally:
            source.close()

    def copy_into(self, raw: sqlite3.Connection) -> None:
        """Makes a database what the template is. Nothing else may use it meanwhile."""
        self._memory.backup(raw)
        raw.execute(f"PRAGMA schema_version = {self.schema}")

    def close(self) -> None:
        self._memory.close()


class _State(ReplyState, total=False):
    """What the nodes of single steps are given and leave, whichever agent's."""

    file: Any
    message: Any
    goal: str
    order: Any
    matching: int


class World:
    """A database with the machine over it. One case at a time; `now` is the day and time that its agents believe,
    `context` where what is known of the case stands, for what runs in a context of its own."""

    def __init__(
        self,
        folder: Path,
        template: Template,
        models: ModelSettings,
        *,
        prompts: Mapping[str, Prompt] | None = None,
        ask: Ask | None = None,
        judge: ModelSettings | None = None,
    ) -> None:
        self.folder = folder
        self._template = template
        path = folder / "outreach.db"
        self._raw = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._raw.execute("PRAGMA synchronous = OFF")
        template.copy_into(self._raw)
        url = f"sqlite:///{path}"
        # Without threads: the cases would stand in each other's way, waiting for the interpreter's lock.
        self.db = Database(url, readers=0, durable=False)
        self.person = Database(url, "user", readers=0, durable=False)
        self.now: datetime | None = None
        self.machine = Machine(
            self.db,
            # No step is worth a write of its own: a case that a crash cuts off is run again from its beginning.
            Recorder(self.db, ask=ask, worth_s=math.inf),
            models,
            prompts=dict(prompts or {}),
            clock=lambda: self.now or datetime.now(UTC),
        )
        self._judging = self.machine if judge is None else replace(self.machine, models=judge)
        self._graphs: dict[str, Graph] = {}
        self._files: list[Path] = []
        self.thread = ""
        self.context: Context | None = None

    def reset(self, thread: str) -> None:
        """Begins a case: the template's rows, today's date, an empty folder, a thread of its own."""
        self._template.copy_into(self._raw)
        self.now, self.thread = None, thread
        for path in self._files:
            path.unlink(missing_ok=True)
        self._files.clear()

    def file(self, name: str) -> Path:
        """A path for a file of this case."""
        path = self.folder / f"case-{name}"
        self._files.append(path)
        return path

    async def write(self, fn: Callable[[Session], T]) -> T:
        """Writes as a person does."""
        with acting_as(PERSON):
            return await self.person.write(fn)

    async def read(self, fn: Callable[[Session], T]) -> T:
        """Reads what the case left."""
        return await self.person.read(fn)

    async def step(self, agent: Agent, state: Mapping[str, Any]) -> dict[str, Any]:
        """Runs one agent as the graph node that it is, and gives the state that it leaves."""
        return await self.invoke(f"step:{agent.name}", lambda: _one_node(self.machine, agent), state)

    async def rate(self, judge: Agent, state: Mapping[str, Any]) -> None:
        """Runs a judge, with the judge's own model where it has one; what it says stands in its row of agent_runs."""
        await self.invoke(f"judge:{judge.name}:{judge.run_type}", lambda: _one_node(self._judging, judge), state)

    async def invoke(self, key: str, build: Callable[[], Graph], state: Mapping[str, Any]) -> dict[str, Any]:
        """Runs a graph that needs no checkpoints; it is built once for each world, under `key`."""
        if key not in self._graphs:
            self._graphs[key] = build()
        values: dict[str, Any] = await self._graphs[key].ainvoke(
            dict(state), {"configurable": {"thread_id": self.thread}}
        )
        return values

    @asynccontextmanager
    async def runner(self) -> AsyncIterator[Runner]:
        """The runner of whole runs over this world, with checkpoints of its own: the orchestrator and its threads."""
        async with open_runner(self.machine, f"sqlite:///{self.file('checkpoints.db')}", concurrency=4) as runner:
            yield runner

    def close(self) -> None:
        self.db.close()
        self.person.close()
        self._raw.close()


def _one_node(machine: Machine, agent: Agent) -> Graph:
    graph: StateGraph[Any] = StateGraph(_State)
    graph.add_node(agent.name, make_node(machine, agent))
    graph.add_edge(START, agent.name)
    graph.add_edge(agent.name, END)
    return graph.compile()


class Worlds:
    """A pool of worlds over one template; `async with worlds.one(thread)` gives a fresh one."""

    def __init__(self, template: Template, make: Callable[[Path], World], folder: Path) -> None:
        self._template, self._make, self._folder = template, make, folder
        self._free: list[World] = []
        self._all: list[World] = []

    @asynccontextmanager
    async def one(self, thread: str) -> AsyncIterator[World]:
        if self._free:
            world = self._free.pop()
        else:
            place = self._folder / str(len(self._all))
            place.mkdir(parents=True)
            world = self._make(place)
            self._all.append(world)
        world.reset(thread)
        try:
            yield world
        finally:
            self._free.append(world)

    def close(self) -> None:
        for world in self._all:
            world.close()
        self._template.close()
