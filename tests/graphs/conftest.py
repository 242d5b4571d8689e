"""A machine over a migrated database and real checkpoints, with scripted models only."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from typing import Any, TypeVar

import pytest
from langchain_core.messages import AIMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.models import ModelSettings
from db.access import Database
from db.actors import acting_as
from db.models import AgentRun
from graphs.checkpoints import open_checkpoints
from graphs.nodes import Machine
from graphs.recorder import Recorder
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.pipeline import small_sample
from tests.support.waiting_home import DRAFTS, Desk
from tests.support.world import run_problems

T = TypeVar("T")


@dataclass
class Bench:
    """A machine and its checkpoints; `rows` reads `agent_runs` in the order in which steps began."""

    machine: Machine
    saver: BaseCheckpointSaver[str]
    url: str
    checkpoint_url: str
    log: list[Any] = field(default_factory=list)

    @property
    def recorder(self) -> Recorder:
        return self.machine.recorder

    async def rows(self, run_type: str | None = None) -> Sequence[AgentRun]:
        query = select(AgentRun).order_by(AgentRun.started_at, AgentRun.id)
        if run_type is not None:
            query = query.where(AgentRun.run_type == run_type)
        return await self.read(lambda session: session.scalars(query).all())

    async def read(self, fn: Callable[[Session], T]) -> T:
        return await self.machine.db.read(fn)

    async def write(self, fn: Callable[[Session], T], actor: str = "user:test") -> T:
        """Writes as a person does, on a person's connection."""
        with Database(self.url, "user") as database, acting_as(actor):
            return await database.write(fn)


def checkpoint_url_for(url: str, folder: Path) -> str:
    return url if url.startswith("postgresql") else f"sqlite:///{folder / 'checkpoints.db'}"


@pytest.fixture
async def bench(database_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """On SQLite and on PostgreSQL."""
    async for made in _bench(database_url, tmp_path):
        yield made


@pytest.fixture
async def sqlite_bench(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Bench]:
    """On SQLite alone, where the kind of database makes no difference."""
    async for made in _bench(sqlite_url, tmp_path):
        yield made


async def _bench(url: str, folder: Path) -> AsyncIterator[Bench]:
    checkpoint_url = checkpoint_url_for(url, folder)
    with Database(url) as db:
        async with open_checkpoints(checkpoint_url) as saver:
            machine = Machine(db, Recorder(db, worth_s=0.0), ModelSettings(name="rules"))
            yield Bench(machine, saver, url, checkpoint_url)


def said(*calls: tuple[str, dict[str, Any]], ids: Sequence[str | None] = ()) -> AIMessage:
    """A model's answer that calls tools, with these ids; without calls, its last word."""
    if not calls:
        return AIMessage("That is all.")
    given = [*ids, *[f"call_{n}" for n in range(len(ids), len(calls))]]
    return AIMessage(
        "", tool_calls=[{"name": name, "args": args, "id": id_} for (name, args), id_ in zip(calls, given, strict=True)]
    )


@pytest.fixture(scope="session")
def waiting_home(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """Three drafts wait; to be copied."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    home.mkdir()
    (home / "outreach.db").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'outreach.db'}", model="rules")
    with RunnerSession(settings) as session:
        result = session.run(settings.playbook, small_sample(home / "files", DRAFTS), None)
    assert result.tally.waiting == DRAFTS
    return home


@pytest.fixture
def desk(waiting_home: Path, tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "home"
    copytree(waiting_home, home)
    made = Desk(Settings(home=home, database_url=f"sqlite:///{home / 'outreach.db'}", model="rules"))
    yield made
    assert made.read(run_problems) == []
