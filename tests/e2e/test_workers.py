"""Workers on PostgreSQL: the same story as with one process, through freezing; and with the safeguards off it goes
wrong. They are killed in test_kill_rounds.py."""

import json
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text

from db.access import Database
from db.models import AgentRun
from db.queries.queue import queued_threads
from graphs.runner import RunResult
from outreach.session import RunnerSession
from tests.e2e.conftest import IN_A_ROUND, MakeOffice, Office, command
from tests.e2e.test_approval import decide, draft_of
from tests.support.inbox import waiting_drafts
from tests.support.mail_servers import smtp_server
from tests.support.rounds import Copy, Forks, Struck, lines, look, made_again
from tests.support.workers import Workers, wait_for, workers
from tests.support.world import run_problems, world

COLLEGES = 3
PATIENCE_S = 400.0
"""How long a run may take before it hangs: a busy machine with one core is ten times slower than a calm one."""
JOBS_DONE = text("SELECT sum(done) FROM outreach_jobs.workers")
OPEN_TRANSACTIONS = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    " AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
)
ONCE = ("draft", "qc", "approval")
"""The steps that each contact's thread takes once."""


def enqueued(office: Office) -> RunResult:
    with RunnerSession(office.settings, handed_over=True) as session:
        return session.run(office.settings.playbook, office.files, None)


def in_background(office: Office) -> tuple[threading.Thread, list[RunResult]]:
    """A run that is handed over, followed in a thread of its own."""
    found: list[RunResult] = []

    def follow() -> None:
        try:
            found.append(enqueued(office))
        except Exception as exc:  # noqa: BLE001 (a test that is over takes the database away from it)
            sys.stderr.write(f"the run that was followed ended: {exc}\n")

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    return thread, found


def steps(office: Office) -> dict[str, int]:
    query = select(AgentRun.run_type, func.count()).where(AgentRun.run_type.in_(ONCE)).group_by(AgentRun.run_type)
    return office.read(lambda s: {row.run_type: row[1] for row in s.execute(query)})


def whole(office: Office, calm: dict[str, Any]) -> None:
    """Everything is as it is after a run that nobody disturbed."""
    assert office.read(world) == calm
    assert office.read(run_problems) == []
    assert steps(office) == dict.fromkeys(ONCE, COLLEGES)
    assert office.read(queued_threads) == set()


@pytest.fixture
def office(make_office: MakeOffice, postgres_url: str) -> Office:
    return make_office(postgres_url, colleges=COLLEGES)


@pytest.fixture
def calm(after_a_run: MakeOffice, sqlite_url: str) -> dict[str, Any]:
    """The world after the same run in one process, on SQLite."""
    return after_a_run(sqlite_url, colleges=COLLEGES, name="alone").read(world)


# The story at the command line


def ran(office: Office, *args: str, given: str | None = None, **env: str) -> str:
    done = command(office, *args, given=given, **env)
    assert done.returncode == 0, (args, done.stderr)
    return done.stdout


def story(office: Office, *run_options: str) -> dict[str, Any]:
    """From nothing to mail that left, by commands alone."""
    ran(office, "init")
    files = [word for file in office.files for word in ("--import", file["path"])]
    result = json.loads(ran(office, "run", *files, "--source", "a list", *run_options, "--json"))
    assert (result["waiting"], result["failed"]) == (COLLEGES, 0)
    shown = json.loads(ran(office, "approve", "--json"))
    answers = [
        {
            "draft_id": item["draft_id"], "version": item["version"], "hash": item["hash"],
            "decision": "approve", "reason": "the address is on their own page",
        }
        for item in shown
    ]  # fmt: skip
    ran(office, "approve", "--answers", "-", given="\n".join(json.dumps(answer) for answer in answers))
    with smtp_server() as smtp:
        sent = json.loads(ran(office, "send", "--any-time", "--json", OUTREACH_SMTP_URL=smtp.url))["messages"]
        assert [line["what"] for line in sent] == ["sent"] * COLLEGES
        assert sorted(smtp.counts().values()) == [1] * COLLEGES
    assert [problem for problem in office.read(run_problems) if not problem.startswith("dispatch")] == []
    return office.read(world)


@pytest.mark.timeout(600)
def test_the_story_ends_the_same_on_both_databases_and_with_two_workers(
    make_office: MakeOffice, sqlite_url: str, postgres_server: Any, migrated_postgres: str, tmp_path: Path
) -> None:
    on_sqlite = story(make_office(sqlite_url, colleges=COLLEGES, name="a"))
    with postgres_server.database(migrated_postgres) as url, workers(url, tmp_path / "w", 2) as crew:
        assert story(make_office(url, colleges=COLLEGES, name="c"), "--enqueue") == on_sqlite
        shown = crew.look()
        assert sum(line.done for line in shown.workers) >= COLLEGES
        assert crew.stop() == [0, 0]


# Killed, frozen, asked to stop


def freeze_at_a_call(crew: Workers) -> None:
    """Freezes the first worker while it waits for a model's answer, and starts another to do all its work."""
    wait_for(lambda: crew.calls().total() >= 2)
    crew.processes[0].send_signal(signal.SIGSTOP)
    crew.start()


def freeze_between_writes(crew: Workers, office: Office) -> None:
    """The same where nobody ends what a frozen worker has begun: frozen in the middle of a transaction, it would keep
    the others waiting at the rows that it wrote."""
    wait_for(lambda: crew.calls().total() >= 2)
    first, open_ones = crew.processes[0], lambda: office.read(lambda s: s.scalar(OPEN_TRANSACTIONS))
    while True:
        first.send_signal(signal.SIGSTOP)
        # What the others have begun ends by itself; what is open for long is the frozen one's.
        if any(open_ones() == 0 for _ in range(50)):
            break
        first.send_signal(signal.SIGCONT)
    crew.start()


@pytest.mark.timeout(600)
def test_a_frozen_worker_that_comes_back_does_nothing_more(
    office: Office, calm: dict[str, Any], tmp_path: Path
) -> None:
    with workers(office.settings.database_url, tmp_path / "w", 1, "--slow", "0.5") as crew:
        running, found = in_background(office)
        freeze_at_a_call(crew)
        running.join(PATIENCE_S)
        assert not running.is_alive()
        made = crew.calls()
        crew.processes[0].send_signal(signal.SIGCONT)
        assert crew.processes.pop(0).wait(180) == 70
        assert "worker.lost" in crew.said()
        assert crew.calls() == made, "it asked no model any more"
        assert found[0].tally.waiting == COLLEGES
        whole(office, calm)


@pytest.mark.timeout(600)
def test_without_its_lock_a_frozen_worker_spoils_what_others_did(office: Office, tmp_path: Path) -> None:
    """The failing baseline: neither the thread's lock, with the end that the server makes of it, nor the check at
    each write. The frozen worker goes on with steps that are done: it does them again, or fails on their rows."""
    with workers(office.settings.database_url, tmp_path / "w", 1, "--slow", "0.5", "--unguarded") as crew:
        running, _found = in_background(office)
        freeze_between_writes(crew, office)
        running.join(PATIENCE_S)
        assert office.read(run_problems) == []
        made = crew.calls().total()
        crew.processes[0].send_signal(signal.SIGCONT)
        wait_for(lambda: crew.calls().total() > made or office.read(run_problems), 20)


@pytest.mark.timeout(600)
def test_a_worker_that_is_asked_to_stop_finishes_its_steps_and_gives_the_rest_back(
    office: Office, calm: dict[str, Any], tmp_path: Path
) -> None:
    with workers(office.settings.database_url, tmp_path / "w", 1, "--slow", "0.5") as crew:
        running, found = in_background(office)
        wait_for(lambda: crew.calls().total() >= 2)
        assert crew.stop() == [0]
        assert office.read(queued_threads), "the rest is queued"
        assert crew.look().stalled == []
        assert [row for row in office.read(run_problems) if "orchestrate" not in row] == []
        crew.start()
        running.join(PATIENCE_S)
        assert found[0].tally.waiting == COLLEGES
        whole(office, calm)
        assert max(crew.calls().values()) == 1, "no call was made twice"


@pytest.mark.timeout(600)
def test_a_second_signal_ends_it_at_once(office: Office, tmp_path: Path) -> None:
    with workers(office.settings.database_url, tmp_path / "w", 1, "--slow", "30") as crew:
        in_background(office)
        wait_for(lambda: crew.calls())
        process = crew.processes[0]
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None, "it waits for the step under way"
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130


# What they do by themselves


@pytest.mark.timeout(600)
def test_a_decision_is_carried_out_and_a_lost_thread_taken_up_by_workers(
    after_a_run: MakeOffice, postgres_url: str, tmp_path: Path
) -> None:
    office = after_a_run(postgres_url, colleges=COLLEGES)
    first, second, *_ = office.read(waiting_drafts)
    with workers(office.settings.database_url, tmp_path / "w", 2):
        decide(office, first, "approve")
        wait_for(lambda: draft_of(office, first).approval_status == "ready")
        decide(office, second, "reject", reason="Please leave out the capacity")
        wait_for(lambda: draft_of(office, second).version == 2)
        wait_for(lambda: office.read(queued_threads) == set())
    assert office.read(run_problems) == []


# One thread, two workers


@contextmanager
def queued_twice(forks: Forks, home: Path, url: str, model_s: float, without: str | None = None) -> Iterator[Struck]:
    """Two workers, and a run, whose threads each stand in the queue twice: the queue's own locks are taken away."""
    crew = [forks.start(home, url, "worker", f"w{number}", model_s=model_s, without=without) for number in range(2)]
    run = forks.start(home, url, "enqueue", "enqueue", without="queue")
    try:
        yield run
    finally:
        for process in (run, *crew):
            process.kill()


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("forks")
def test_a_thread_that_is_queued_twice_is_worked_on_once(forks: Forks, copies_on_postgresql: Copy) -> None:
    with copies_on_postgresql("contacts") as (home, url), Database(url, "user") as database:
        with queued_twice(forks, home, url, 0.1) as run:
            wait_for(lambda: database.read_sync(lambda s: s.scalar(JOBS_DONE)) == 2 * IN_A_ROUND)
            assert run.over(wait=True)
        found = look(home, url)
    assert (run.code, found["problems"], found["made_again"]) == (0, [], 0)
    assert [draft[1:3] for draft in found["world"]["drafts"]] == [(1, True)] * IN_A_ROUND


@pytest.mark.timeout(300)
@pytest.mark.xdist_group("forks")
def test_without_the_threads_lock_both_take_the_same_step(forks: Forks, copies_on_postgresql: Copy) -> None:
    """The failing baseline of the one before."""
    with (
        copies_on_postgresql("contacts") as (home, url),
        queued_twice(forks, home, url, 5.0, "hold"),
    ):
        wait_for(lambda: made_again(lines(home / "calls"))[1] > 0)
