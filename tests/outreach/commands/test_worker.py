"""`outreach worker` and `outreach workers`: what they refuse, show, and do by themselves."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from db.access import Database
from db.actors import acting_as
from db.jobs import enqueue
from db.models import AgentRun, MessageDraft
from outreach.errors import Complaint
from outreach.session import RunnerSession
from outreach.settings import Settings
from outreach.worker_process import send_due, work_on
from prompts import choose, find_prompt
from tests.outreach.conftest import Outreach
from tests.support.mail_servers import SmtpServer, smtp_server
from tests.support.outgoing import approve_all, send_all
from tests.support.pipeline import small_sample
from tests.support.world import run_problems

COLLEGES = 2


def ready_to_follow_up(home: Path, url: str) -> Settings:
    """A database in which each of two people was written to long ago, and is due again."""
    settings = Settings(home=home, database_url=url, model="rules")
    with RunnerSession(settings) as session:
        assert session.run(settings.playbook, small_sample(home / "files", COLLEGES), None).tally.waiting == COLLEGES
    approve_all(settings)
    assert send_all(settings, datetime.now(UTC) - timedelta(days=60)) == COLLEGES
    return settings


def test_on_sqlite_there_are_no_workers_and_a_run_is_made_here(outreach: Outreach) -> None:
    outreach("init")
    for command in ("worker", "workers"):
        refused = outreach(command)
        assert refused.exit_code == 2
        assert "Workers need PostgreSQL" in refused.stderr
    done = outreach("run", "--enqueue", "--json")
    assert done.exit_code == 0
    assert "one process at a time" in done.stderr


def test_a_run_is_not_queued_for_nobody(outreach: Outreach, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", postgres_url)
    refused = outreach("run", "--enqueue")
    assert refused.exit_code == 1
    assert "outreach worker" in refused.stderr
    shown = outreach("workers")
    assert shown.exit_code == 0
    assert "No worker is at work" in shown.stderr


def test_workers_are_shown_with_what_they_are_at(
    outreach: Outreach, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", postgres_url)
    with Database(postgres_url, "agent") as agent, acting_as("agent:orchestrator"):
        for statement in (
            "INSERT INTO outreach_jobs.procrastinate_workers DEFAULT VALUES",
            "INSERT INTO outreach_jobs.procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')",
            "INSERT INTO outreach_jobs.workers (id, done) SELECT id, 3 FROM outreach_jobs.procrastinate_workers",
        ):
            agent.write_sync(lambda s, one=statement: s.execute(text(one)) and None)  # type: ignore[misc]
        agent.write_sync(lambda s: enqueue(s, [("touch:a", None), ("touch:b", None), ("touch:c", None)]))
        take = text("SELECT outreach_jobs.procrastinate_fetch_job_v2(NULL, :worker)")
        for worker in (1, 2):
            agent.write_sync(lambda s, w=worker: s.execute(take, {"worker": w}) and None)  # type: ignore[misc]
    shown = json.loads(outreach("workers", "--json").stdout)
    assert [(w["worker"], w["alive"], w["jobs_done"]) for w in shown["workers"]] == [
        ("worker-1", True, 3),
        ("worker-2", False, 3),
    ]
    assert [w["running"][0]["thread"] for w in shown["workers"]] == ["touch:a", "touch:b"]
    assert (shown["queued"], shown["failed"]) == (1, 0)
    assert [one["thread"] for one in shown["stalled"]] == ["touch:b"]
    table = outreach("workers")
    assert "not heard of" in table.stdout
    assert "Stalled" in table.stderr


@pytest.mark.timeout(120)
def test_once_does_what_is_due_and_nothing_a_second_time(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = ready_to_follow_up(tmp_path, postgres_url)
    # Somebody's playbook that cannot be read is no reason to leave what another one asks for.
    (tmp_path / "playbooks" / "a-broken-one").mkdir(parents=True)
    (tmp_path / "playbooks" / "a-broken-one" / "playbook.toml").write_text("title = ", encoding="utf-8")
    monkeypatch.setattr("playbooks.loader._own", [tmp_path / "playbooks"])
    own = tmp_path / "prompts"
    (own / "qc").mkdir(parents=True)
    (own / "qc" / "v99.md").write_text("Judge the message.", encoding="utf-8")
    choose(own, find_prompt("qc@v99", own))
    assert work_on(settings, 4, once=True) == COLLEGES
    with Database(postgres_url, "user") as database:
        drafts = select(MessageDraft.touch_number).where(MessageDraft.approval_status == "draft")
        assert database.read_sync(lambda s: s.scalars(drafts).all()) == [2] * COLLEGES
        runs = select(AgentRun).where(AgentRun.trigger == "scheduled")
        (run,) = database.read_sync(lambda s: s.scalars(runs).all())
        assert len(run.outputs["queued"]) == COLLEGES
        used = select(AgentRun.prompt_id).where(AgentRun.prompt_id.like("qc@%"), AgentRun.started_at > run.started_at)
        assert set(database.read_sync(lambda s: s.scalars(used).all())) == {"qc@v99"}, "the prompts that are in force"
        assert database.read_sync(run_problems) == []
    assert work_on(settings, 4, once=True) == 0
    with Database(postgres_url, "user") as database:
        assert len(database.read_sync(lambda s: s.scalars(runs).all())) == 1, "a wake that finds nothing leaves no row"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.mark.timeout(120)
def test_approved_mail_leaves_in_its_hours_once(
    database_url: str, tmp_path: Path, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(home=tmp_path, database_url=database_url, model="rules", smtp_url=smtp.url)  # type: ignore[arg-type]
    with RunnerSession(settings) as session:
        session.run(settings.playbook, small_sample(tmp_path / "files", COLLEGES), None)
    monkeypatch.setattr("graphs.sending.opening", lambda _sending, _zone, now: now)
    assert send_due(settings) == 0
    assert smtp.letters == [], "nobody approved it"
    approve_all(settings)
    monkeypatch.setattr("graphs.sending.opening", lambda _sending, _zone, _now: None)
    assert send_due(settings) == 0
    sends = select(AgentRun).where(AgentRun.run_type == "dispatch", AgentRun.parent_run_id.is_(None))
    with Database(database_url, "user") as database:
        assert database.read_sync(lambda s: s.scalars(sends).all()) == [], "no run is opened for nothing"
    monkeypatch.setattr("graphs.sending.opening", lambda _sending, _zone, now: now)
    assert send_due(settings) == COLLEGES
    assert send_due(settings) == 0
    assert sorted(smtp.counts().values()) == [1] * COLLEGES


def test_checkpoints_must_be_where_the_others_find_them(postgres_url: str, tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=postgres_url, checkpoint_url=f"sqlite:///{tmp_path / 'c.db'}")
    with pytest.raises(Complaint, match="Workers need PostgreSQL"):
        work_on(settings, 1, once=True)
