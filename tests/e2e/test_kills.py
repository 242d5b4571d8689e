"""SIGKILL at chosen moments of a run: nothing is lost, nothing is done twice, the tree of runs is whole; and with
either of two safeguards switched off it is not.

The long form is `make torture`: one kill at every boundary between two writes. Random moments: test_kill_rounds.py.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import IN_A_ROUND
from tests.support.rounds import Copy

EXHAUSTIVE = int(os.environ.get("OUTREACH_TEST_KILLS", "0")) >= 100
TASKS = ("contacts", "decisions", "followups")
STRIDES = {"contacts": (17, 61), "decisions": (11, 31), "followups": (23, 83)}
"""How far apart the places are on SQLite and on PostgreSQL where not all are tried."""
ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("forks")


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
        if found["calls"] - calm["calls"] > IN_A_ROUND:  # so many at most are under way at once
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


def killer(process: "subprocess.Popen[str]", copies: Copy) -> Killer:
    return Killer(process, lambda task, stack: stack.enter_context(copies(task)))


@pytest.fixture(scope="module")
def on_sqlite(killing_process: "subprocess.Popen[str]", copies_on_sqlite: Copy) -> Killer:
    return killer(killing_process, copies_on_sqlite)


@pytest.fixture(scope="module")
def on_postgresql(killing_process: "subprocess.Popen[str]", copies_on_postgresql: Copy) -> Killer:
    return killer(killing_process, copies_on_postgresql)


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
    assert any(shows in problem for place in places for problem in on_sqlite.wrong("contacts", place, without))
