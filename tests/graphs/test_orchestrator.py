"""The orchestrator: what comes next is a table; a run ends, is limited, and is carried on with after a crash."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any, TypeVar

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog, AgentRun, MessageDraft
from db.queries.due import first_touches_due
from graphs.orchestrator import MOST_HOPS, RunState, next_step
from graphs.recorder import Opening, step_id
from graphs.recovery import GAVE_UP
from graphs.runner import Runner, RunResult
from graphs.threads import Tally
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import load_playbook
from tests.support.openai_server import Reply, ScriptedServer
from tests.support.pipeline import small_sample
from tests.support.world import run_problems

T = TypeVar("T")
COLLEGES = 3
FILES: list[dict[str, Any]] = [{"path": "a.csv"}, {"path": "b.csv"}]


@pytest.mark.parametrize(
    ("state", "to_score", "replies", "step"),
    [
        ({}, 0, 0, "contacts"),
        ({"files": FILES}, 9, 9, "prospector"),
        ({"files": FILES, "next_file": 1}, 9, 9, "prospector"),
        ({"files": FILES, "next_file": 2}, 9, 9, "replies"),
        ({"replies_done": True}, 9, 9, "hygiene"),
        ({}, 9, 0, "hygiene"),
        ({"hygiene_done": True}, 9, 0, "contacts"),
        ({"hygiene_done": True, "contacts_done": True}, 9, 0, None),
        ({"only": ["replies"]}, 9, 1, "replies"),
        ({"only": ["replies"]}, 9, 0, None),
        ({"only": ["prospector", "hygiene"], "files": FILES, "next_file": 2}, 9, 9, "hygiene"),
        ({"only": ["contacts"], "files": FILES}, 9, 9, "contacts"),
        ({"only": ["prospector"], "files": FILES, "next_file": 2}, 9, 9, None),
        ({"only": ["replies"], "replies_done": True}, 9, 1, None),
        ({"plan": [{}] * MOST_HOPS, "files": FILES}, 9, 9, None),
        ({"plan": [{}] * (MOST_HOPS - 1), "files": FILES}, 9, 9, "prospector"),
    ],
)
def test_what_comes_next(state: RunState, to_score: int, replies: int, step: str | None) -> None:
    found, why = next_step(state, to_score, replies)
    assert found == step
    assert why


class Home:
    """A home whose contacts are due, and nothing else."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def run(self, limit: int | None = None, **settings: Any) -> RunResult:
        with RunnerSession(self.settings.model_copy(update=settings)) as session:
            return session.run(self.settings.playbook, [], limit)

    def read(self, fn: Callable[[Session], T]) -> T:
        with Database(self.settings.effective_database_url(), "user") as database:
            return database.read_sync(fn)

    def drafts(self) -> int:
        return self.read(lambda s: s.scalar(select(func.count()).select_from(MessageDraft))) or 0


@pytest.fixture(scope="module")
def due_home(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    home = tmp_path_factory.mktemp("due") / "home"
    home.mkdir()
    (home / "outreach.db").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'outreach.db'}", model="rules")
    with RunnerSession(settings) as session:
        assert session.run(settings.playbook, small_sample(home / "files", COLLEGES), 0).complete
    return home


@pytest.fixture
def home(due_home: Path, tmp_path: Path) -> Iterator[Home]:
    copytree(due_home, tmp_path / "home")
    path = tmp_path / "home" / "outreach.db"
    return Home(Settings(home=tmp_path / "home", database_url=f"sqlite:///{path}", model="rules"))


@pytest.mark.parametrize("limit", [0, 1, 2, 9])
def test_a_run_writes_no_more_than_it_may(home: Home, limit: int) -> None:
    result = home.run(limit=limit)
    assert result.tally.waiting == home.drafts() == min(limit, COLLEGES)


async def _half_a_run(runner: Runner, limit: int, root: str, thread: str) -> None:
    """A run that was killed in `contacts`, when the first of its contacts had its draft."""
    orchestrator = runner.threads.graph_of(thread)
    state = {"playbook": "sports-lighting", "files": [], "limit": limit, "root_run_id": root}
    config: Any = {"configurable": {"thread_id": thread}}
    opened = runner.threads.machine.recorder.step(
        Opening(root, "orchestrate", "orchestrator", thread_id=thread, memoised=False)
    )
    await opened.__aenter__()
    await orchestrator.ainvoke(state, config, durability="sync", interrupt_before=["contacts"])
    playbook = load_playbook("sports-lighting")
    (first,) = await runner.threads.machine.db.read(
        lambda s: first_touches_due(s, playbook.name, playbook.draft_tiers, playbook.contact_personas, limit=1)
    )
    await runner.threads.start(first.thread_id, first.state(root, playbook.name), Tally())


def test_a_run_that_was_cut_off_goes_on_within_its_limit(home: Home) -> None:
    thread = "run:cut-off"
    root = step_id(thread)
    with RunnerSession(home.settings) as session:
        session._loop.run(_half_a_run(session._runner, 2, root, thread))
    assert home.drafts() == 1
    result = home.run(limit=0)
    assert result.complete
    assert home.drafts() == 2, "the draft that it had written before the crash counts"
    parents = home.read(lambda s: set(s.scalars(select(AgentRun.parent_run_id).where(AgentRun.run_type == "draft"))))
    assert parents == {root}
    row = home.read(lambda s: s.get_one(AgentRun, root))
    assert row.status == "success"
    assert home.read(run_problems) == []


def test_a_run_that_was_cut_off_at_its_very_end(home: Home) -> None:
    """Its graph was through, its row not yet closed."""
    thread = "run:end"
    row = AgentRun(id=step_id(thread), run_type="orchestrate", agent_name="orchestrator", thread_id=thread)
    with Database(home.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        database.write_sync(lambda s: s.add(row))
    state = {"playbook": "sports-lighting", "files": [], "limit": 0, "root_run_id": step_id(thread)}
    config: Any = {"configurable": {"thread_id": thread}}
    with RunnerSession(home.settings) as session:
        graph = session._runner.threads.graph_of(thread)
        session._loop.run(graph.ainvoke(state, config, durability="sync"))
    home.run(limit=0)
    assert home.read(lambda s: s.get_one(AgentRun, step_id(thread))).status == "partial"
    assert home.read(run_problems) == []


def test_rows_that_nobody_can_close_are_closed(home: Home) -> None:
    """A crash before a run's first checkpoint leaves its row open, and those of what it had begun."""

    def leave(session: Session) -> None:
        run = AgentRun(run_type="orchestrate", agent_name="orchestrator", thread_id="run:lost")
        session.add(run)
        session.flush()
        step = AgentRun(
            run_type="research", agent_name="researcher", thread_id="touch:lost", parent_run_id=run.id, status="running"
        )
        session.add(step)

    with Database(home.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        database.write_sync(leave)
    home.run(limit=0)
    lost = home.read(lambda s: s.scalars(select(AgentRun).where(AgentRun.thread_id.like("%:lost"))).all())
    assert {(row.status, row.completed_at is not None) for row in lost} == {("partial", True)}
    assert home.read(run_problems) == []


def test_after_three_failures_a_person_is_told_and_after_that_it_is_tried_again(home: Home) -> None:
    chatter = Reply.text("I would rather talk about something else.")
    with ScriptedServer(lambda _request, _number: chatter) as server:
        broken = {"model": "scripted", "openai_base_url": server.base_url, "openai_api_key": "none"}
        for turn in range(1, 6):
            result = home.run(limit=1, **broken) if turn == 1 else home.run(limit=0, **broken)
            told = home.read(lambda s: s.scalars(select(AgentAuditLog).where(AgentAuditLog.action == GAVE_UP)).all())
            assert (result.tally.failed, len(told)) == ((1, 0) if turn < 3 else (1, 1) if turn == 3 else (0, 1))
        (entry,) = told
        assert entry.requires_review
        assert entry.contact_id
        assert entry.prospect_id
        assert entry.details
        assert "InvalidOutput" in entry.details["error"]
        _resolve(home, entry.id)
        assert home.run(limit=0, **broken).tally.failed == 1, "one more try"
        assert home.run(limit=0, **broken).tally.failed == 0
        entries = home.read(lambda s: s.scalars(select(AgentAuditLog).where(AgentAuditLog.action == GAVE_UP)).all())
        assert sorted(e.reviewed_at is None for e in entries) == [False, True], "and told once more"
        _resolve(home, next(e.id for e in entries if e.reviewed_at is None))
    assert home.run(limit=0).tally.waiting == 1
    assert home.read(run_problems) == []


def _resolve(home: Home, entry_id: str) -> None:
    from datetime import UTC, datetime

    with Database(home.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        database.write_sync(lambda s: setattr(s.get_one(AgentAuditLog, entry_id), "reviewed_at", datetime.now(UTC)))


def test_what_stops_every_contact_is_nobodys_failure(home: Home) -> None:
    with ScriptedServer(lambda _request, _number: Reply.error(401, "bad key")) as server:
        broken = {"model": "scripted", "openai_base_url": server.base_url, "openai_api_key": "none", "concurrency": 1}
        for _ in range(5):
            result = home.run(**broken)
            assert result.tally.stopped
            assert result.tally.failed == 0
    assert home.read(lambda s: s.scalars(select(AgentAuditLog).where(AgentAuditLog.action == GAVE_UP)).all()) == []
    attempts = home.read(lambda s: set(s.scalars(select(AgentRun.attempt).where(AgentRun.run_type == "research"))))
    assert attempts == {1}
    assert home.run().tally.waiting == COLLEGES


def test_a_request_that_is_too_long_fails_its_contact_alone(home: Home) -> None:
    with ScriptedServer(lambda _request, _number: Reply.error(413, "too long")) as server:
        broken = {"model": "scripted", "openai_base_url": server.base_url, "openai_api_key": "none"}
        result = home.run(**broken)
    assert result.tally.stopped is None
    assert result.tally.failed == COLLEGES


def test_only_one_at_a_time(home: Home) -> None:
    from outreach.errors import Complaint

    elsewhere = Settings(
        home=home.settings.home / "elsewhere", database_url=home.settings.effective_database_url(), model="rules"
    )
    with RunnerSession(home.settings):
        with pytest.raises(Complaint, match="at work on this database"), RunnerSession(home.settings):
            pass
        with pytest.raises(Complaint, match="at work on this database"), RunnerSession(elsewhere):
            pass
    assert replace(home.run(limit=0), run_id="").complete
