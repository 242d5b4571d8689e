"""SIGKILL at random moments of a run, and at chosen ones: nothing is lost, nothing is done twice, the tree of runs is
whole; and with either of two safeguards switched off it is not.

The long form is `make torture`: many more random kills, and one at every boundary between two writes. The seed makes a
random failure repeatable as far as time can be repeated.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import pytest
from sqlalchemy import func, make_url, select

from db.access import Database
from db.models import AgentRun
from outreach.settings import Settings
from outreach.work import Session
from tests.support.outgoing import approve_all, send_all
from tests.support.pipeline import small_sample
from tests.support.postgres import PostgresServer
from tests.support.world import run_problems, world

COLLEGES = 5
KILLS = int(os.environ.get("OUTREACH_TEST_KILLS", "2"))
SEED = int(os.environ.get("OUTREACH_TEST_SEED", "20261121"))
EXHAUSTIVE = KILLS >= 100
CONTACTS = 2
"""In the runs that are killed at chosen places: so many model calls at most are under way at once."""
TASKS = ("contacts", "decisions", "followups")
STRIDES = {"contacts": (17, 61), "decisions": (11, 31), "followups": (23, 83)}
"""How far apart the places are on SQLite and on PostgreSQL where not all are tried."""
MOST_SECONDS = 60.0
ROOT = Path(__file__).parents[2]


def start(home: Path, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.pipeline", str(home), str(COLLEGES)],
        cwd=ROOT,
        env={**os.environ, "OUTREACH_DATABASE_URL": url, "OUTREACH_HOME": str(home), "OUTREACH_MODEL": "rules"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, object]:
    out, err = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, err
    result: dict[str, object] = json.loads(out.splitlines()[-1])
    return result


@pytest.mark.timeout(300 + 30 * KILLS)
def test_a_killed_run_ends_as_one_that_was_not(database_url: str, empty_twin_url: str, tmp_path: Path) -> None:
    from db.migrate import upgrade

    upgrade(empty_twin_url)
    began = time.monotonic()
    untouched = finish(start(tmp_path / "a", empty_twin_url))
    whole = time.monotonic() - began
    assert untouched["failed"] == 0
    assert untouched["waiting"] == COLLEGES

    dice = random.Random(SEED)
    killed = 0
    while killed < KILLS:
        process = start(tmp_path / "b", database_url)
        try:
            process.wait(timeout=dice.uniform(0.3, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        else:
            # It came through before its time was up: the next kills hit runs that find everything done.
            assert process.returncode == 0, process.stderr.read() if process.stderr else ""
            killed += 1
        process.communicate()
    finish(start(tmp_path / "b", database_url))

    with Database(empty_twin_url) as calm, Database(database_url) as stormy:
        assert stormy.read_sync(world) == calm.read_sync(world)
        assert stormy.read_sync(run_problems) == []
        steps = (
            select(AgentRun.run_type, func.count())
            .where(AgentRun.run_type != "orchestrate")
            .group_by(AgentRun.run_type)
        )
        counts = [dict(db.read_sync(lambda s: s.execute(steps).all())) for db in (calm, stormy)]
        # Prospector and hygiene may run once more in a later run, which finds nothing to do; nobody's message does.
        for name in ("draft", "qc", "approval"):
            assert counts[0][name] == counts[1][name] == COLLEGES


@dataclass
class Killer:
    """A process of `tests.support.killer`; `copy(task)` gives a job its own home and database."""

    process: "subprocess.Popen[str]"
    copy: Callable[[str, ExitStack], tuple[Path, str]]
    calm: dict[str, dict[str, Any]] = field(default_factory=dict)

    def ask(self, task: str, kill_at: int | None, without: str | None = None) -> dict[str, Any]:
        """What is found at the end of a job."""
        with ExitStack() as stack:
            home, url = self.copy(task, stack)
            job = {"home": str(home), "url": url, "task": task, "kill_at": kill_at, "without": without}
            assert self.process.stdin
            assert self.process.stdout
            self.process.stdin.write(json.dumps(job) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            assert line, f"the killer ended at {job}"
            found: dict[str, Any] = json.loads(line)
            return found

    def measure(self, task: str) -> dict[str, Any]:
        """What is found at the end of a job that nobody killed."""
        if task not in self.calm:
            self.calm[task] = self.ask(task, None)
        return self.calm[task]

    def wrong(self, task: str, kill_at: int, without: str | None = None) -> list[str]:
        """In what a run that was killed there, and carried on with, differs from one that was not."""
        calm, found = self.measure(task), self.ask(task, kill_at, without)
        place = f"{task}, killed at {kill_at}: "
        wrong = [place + problem for problem in (*found["problems"], *found["failed"])]
        wrong += [f"{place}{key} differ" for key in calm["world"] if found["world"][key] != calm["world"][key]]
        if found["calls"] - calm["calls"] > CONTACTS:
            wrong.append(f"{place}{found['calls'] - calm['calls']} model calls were made again")
        return wrong


@pytest.fixture(scope="module")
def killing_process() -> Iterator["subprocess.Popen[str]"]:
    """It imports once for all that is killed."""
    command = [sys.executable, "-m", "tests.support.killer"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin
        process.stdin.close()


def prepare(home: Path, url: str, task: str) -> None:
    """Brings a database to where a task begins: first touches due, or drafts that wait."""
    settings = Settings(home=home, database_url=url, model="rules")
    with Session(settings) as session:
        limit = 0 if task == "contacts" else None
        assert session.run(settings.playbook, small_sample(home / "files", CONTACTS), limit).complete
    if task == "followups":
        approve_all(settings)
        assert send_all(settings, datetime.now(UTC) - timedelta(days=60)) == CONTACTS


@pytest.fixture(scope="module")
def on_sqlite(
    killing_process: "subprocess.Popen[str]", tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Killer:
    """Homes are folders, and copied as such."""
    folder = tmp_path_factory.mktemp("kills")
    numbers = count()
    for task in TASKS:
        (folder / task).mkdir()
        copyfile(migrated_sqlite, folder / task / "outreach.db")
        prepare(folder / task, f"sqlite:///{folder / task / 'outreach.db'}", task)

    def copy(task: str, _stack: ExitStack) -> tuple[Path, str]:
        home = folder / f"copy-{next(numbers)}"
        copytree(folder / task, home)
        return home, f"sqlite:///{home / 'outreach.db'}"

    return Killer(killing_process, copy)


@pytest.fixture(scope="module")
def on_postgresql(
    killing_process: "subprocess.Popen[str]",
    tmp_path_factory: pytest.TempPathFactory,
    postgres_server: PostgresServer,
    migrated_postgres: str,
) -> Iterator[Killer]:
    """Databases are templates of each other; checkpoints are in them."""
    folder = tmp_path_factory.mktemp("kills")
    numbers = count()
    with ExitStack() as kept:
        urls = {task: kept.enter_context(postgres_server.database(migrated_postgres)) for task in TASKS}
        for task, url in urls.items():
            prepare(folder / task, url, task)

        def copy(task: str, stack: ExitStack) -> tuple[Path, str]:
            home = folder / f"copy-{next(numbers)}"
            home.mkdir()
            return home, stack.enter_context(postgres_server.database(make_url(urls[task]).database))

        yield Killer(killing_process, copy)


@pytest.mark.timeout(3600 if EXHAUSTIVE else 180)
@pytest.mark.parametrize("backend", ["on_sqlite", "on_postgresql"])
@pytest.mark.parametrize("task", TASKS)
def test_killed_between_any_two_writes(backend: str, task: str, request: pytest.FixtureRequest) -> None:
    killer: Killer = request.getfixturevalue(backend)
    calm = killer.measure(task)
    assert calm["problems"] == calm["failed"] == []
    stride = (1, 4) if EXHAUSTIVE else STRIDES[task]
    places = range(1, calm["boundaries"] + 1, stride[backend == "on_postgresql"])
    assert [problem for place in places for problem in killer.wrong(task, place)] == []


@pytest.mark.parametrize(("without", "shows"), [("memo", "made again"), ("sync", "differ")])
def test_without_its_safeguards_the_same_run_goes_wrong(on_sqlite: Killer, without: str, shows: str) -> None:
    """The failing baseline: no answer is taken from a row, or checkpoints are not awaited."""
    boundaries = on_sqlite.measure("contacts")["boundaries"]
    places = [boundaries * part // 100 for part in (20, 30, 35, 40)]
    wrong = [problem for place in places for problem in on_sqlite.wrong("contacts", place, without)]
    assert any(shows in problem for problem in wrong), wrong
