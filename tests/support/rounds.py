"""Rounds of kills: a database, copied from a template, whose work is killed at random moments until it is done, and
then compared with what the same work comes to that nobody killed. The next round takes another copy.

`python -m benchmarks.kills` runs hundreds, `tests/e2e/test_kill_rounds.py` a few.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from shutil import copyfile, copytree, rmtree
from typing import Any, Final

from sqlalchemy import make_url, select
from sqlalchemy.orm import Session

from db.access import Database
from db.models import AgentRun, Approval
from db.queries.inbox import stirring
from db.queries.queue import queued_threads
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.outgoing import approve_all, send_all
from tests.support.pipeline import small_sample
from tests.support.postgres import PostgresServer
from tests.support.struck import UNDER, read_under
from tests.support.world import run_problems, world

ROOT: Final = Path(__file__).parents[2]
LONGEST_S: Final = 120.0
"""What is not done by then is lost."""
ANY_MOMENT: Final = 0.5
"""So many of the kills come whatever is under way then, if anything is."""
MOST_PASSED: Final = 3
A_MOMENT_S: Final = 0.005
SOON_S: Final = 0.3
"""Of the others: how many of what is to be hit may pass before, and how far into it the kill comes."""
ANY_ONE: Final = 0.1
"""So many of the kills hit any process, also the one that follows the workers, or a worker that has nothing to do."""
MOST_IN_A_ROUND: Final = 8
MOST_OF_WORKERS: Final = 15
"""So that there are many rounds."""

Copy = Callable[[str], AbstractContextManager[tuple[Path, str]]]
"""Gives a job of a kind a home and a database of its own."""


class Forks:
    """The process of `tests.support.struck`."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.struck"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def ask(self, order: dict[str, Any]) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the forking process ended at {order}"
        return json.loads(line)

    def __enter__(self) -> "Forks":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.__exit__(None, None, None)

    def start(self, home: Path, url: str, kind: str, name: str, **more: Any) -> "Struck":
        """A process that does a job; `more` is what else the job says."""
        job = {"home": str(home), "url": url, "kind": kind, "name": name, "without": None, "concurrency": 2, **more}
        return Struck(self, home, name, self.ask({"start": job}))


@dataclass
class Struck:
    """One process that may be killed."""

    forks: Forks
    home: Path
    name: str
    pid: int
    code: int | None = None

    def over(self, *, wait: bool = False) -> bool:
        """Whether it has ended; `code` says how."""
        if self.code is None:
            self.code = self.forks.ask({"reap": self.pid, "wait": wait})
        return self.code is not None

    def under(self) -> dict[str, int]:
        """What it has, or had, under way."""
        return read_under(self.home / f"{self.name}.under")[0]

    def at_its_end(self) -> bool:
        """Whether it is through with its job; cheaper than `over`."""
        return read_under(self.home / f"{self.name}.under")[1]

    def said(self) -> str:
        """What it wrote to its streams."""
        return "\n".join(lines(self.home / f"{self.name}.said"))

    def kill(self) -> bool:
        """SIGKILL; whether it came in time."""
        if not self.over():
            os.kill(self.pid, signal.SIGKILL)
            self.over(wait=True)
        return self.code == -signal.SIGKILL


@dataclass
class Figures:
    """What came of all rounds. `hit` counts what was under way when it was killed (of each kill, all that was)."""

    rounds: int = 0
    kills: int = 0
    at_work: int = 0
    hit: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    made_again: int = 0
    steps: int = 0
    decisions: int = 0
    wrong: list[str] = field(default_factory=list)

    def count(self, struck: Struck) -> None:
        """Takes a process in that was killed."""
        under = struck.under()
        self.kills += 1
        self.at_work += any(under.values())
        for what, number in under.items():
            self.hit[what] += number > 0

    def __str__(self) -> str:
        hit = ", ".join(f"{what} {number}" for what, number in self.hit.items())
        return (
            f"{self.kills} kills in {self.rounds} rounds, {self.at_work} of them in the midst of something ({hit}); "
            f"{self.steps} steps, {self.decisions} decisions, {self.calls} model calls and {self.made_again} of them "
            f"made again; {len(self.wrong)} things wrong"
        )


@dataclass
class Rounds:
    """Makes rounds. `contacts`: how many people a home has to write to. `kinds` are the jobs that there are templates
    for; with `workers`, the jobs are done by so many of these, and the work is drafting, then deciding."""

    forks: Forks
    copy: Copy
    dice: random.Random
    contacts: int
    workers: int = 0
    without: str | None = None
    longest_s: float = LONGEST_S
    figures: Figures = field(default_factory=Figures)
    _calm: dict[str, dict[str, Any]] = field(default_factory=dict)
    _started: int = 0

    def run(self, kinds: tuple[str, ...], kills: int, say: Callable[[Figures], None] = lambda _: None) -> Figures:
        """Rounds until so many were killed, the kinds in turn."""
        while self.figures.kills < kills:
            self.round(kinds[self.figures.rounds % len(kinds)], kills)
            say(self.figures)
        return self.figures

    def round(self, kind: str, most: int) -> None:
        """One round."""
        calm = self._measured(kind)
        with self.copy(kind) as (home, url):
            if self.workers:
                self._story(home, url, most)
            else:
                self._alone(kind, home, url, most, calm["took"])
            found = look(home, url)
        place = f"round {self.figures.rounds} ({kind}): "
        self.figures.rounds += 1
        self.figures.calls += found["calls"]
        self.figures.made_again += found["made_again"]
        self.figures.steps += sum(found["steps"].values())
        self.figures.decisions += found["said"]
        self.figures.wrong += [place + problem for problem in found["problems"]]
        self.figures.wrong += [
            f"{place}{key}: {difference(calm['world'][key], found['world'][key])}"
            for key in calm["world"]
            if found["world"][key] != calm["world"][key]
        ]
        if found["steps"] != calm["steps"]:
            self.figures.wrong.append(f"{place}steps: {difference(calm['steps'], found['steps'])}")

    def _measured(self, kind: str) -> dict[str, Any]:
        """What the same work comes to in one process that nobody kills, and how long it takes."""
        if kind not in self._calm:
            with self.copy(kind) as (home, url):
                began = time.monotonic()
                for part in ("contacts", "decisions") if self.workers else (kind,):
                    job = self._start(home, url, part, whole=True)
                    assert job.over(wait=True)
                    assert job.code == 0, job.said()
                took = time.monotonic() - began
                found = look(home, url)
                assert found["problems"] == []
                assert found["made_again"] == 0
                self._calm[kind] = {**found, "took": took}
        return self._calm[kind]

    def _start(self, home: Path, url: str, kind: str, *, whole: bool = False) -> Struck:
        self._started += 1
        without = None if whole else self.without
        return self.forks.start(home, url, kind, f"{kind}-{self._started}", contacts=self.contacts, without=without)

    def _alone(self, kind: str, home: Path, url: str, most: int, took: float) -> None:
        """One process after the other, until one comes to its end."""
        last = min(most, self.figures.kills + MOST_IN_A_ROUND)
        while True:
            struck = self._start(home, url, kind)
            if self.figures.kills >= last or not self._await_moment(struck, took):
                break
            if struck.kill():
                self.figures.count(struck)
        self._ended(struck)

    def _await_moment(self, struck: Struck, took: float) -> bool:
        """Waits for a random moment of a process's work; False where that was over before.

        Half of them are any moments, also before the work begins, the others the middle of something: a model call, a
        step, a write. These are short, and would be missed by far too many.
        """
        if self.dice.random() < ANY_MOMENT:
            return not wait_until(struck.at_its_end, self.dice.uniform(0, 0.7 * took))
        what = self.dice.choice(UNDER)
        for _ in range(self.dice.randint(1, MOST_PASSED)):
            wait_until(lambda: not struck.under()[what] or struck.at_its_end(), self.longest_s)
            wait_until(lambda: struck.under()[what] or struck.at_its_end(), self.longest_s)
        return not wait_until(struck.at_its_end, self.dice.uniform(0, A_MOMENT_S))

    def _ended(self, struck: Struck) -> bool:
        struck.over(wait=True)
        if struck.code != 0:
            said = struck.said()
            self.figures.wrong.append(f"{struck.name} ended with {struck.code}: {said[-500:]}")
        return struck.code == 0

    def _story(self, home: Path, url: str, most: int) -> None:
        """Workers are killed and started anew, and now and then the process that follows them, while drafts are
        written, decided on, and what was decided is carried out."""
        last = min(most, self.figures.kills + MOST_OF_WORKERS)
        with Database(url, "user") as database:
            crew = [self._start(home, url, "worker") for _ in range(self.workers)]
            try:
                for kind in ("enqueue", "decide", "enqueue"):
                    self._piece(home, url, kind, crew, database, last)
            finally:
                for worker in crew:
                    worker.kill()

    def _piece(self, home: Path, url: str, kind: str, crew: list[Struck], database: Database, last: int) -> None:
        leader = self._start(home, url, kind)
        until = time.monotonic() + self.longest_s
        while not (leader.over() and leader.code == 0 and settled(database)):
            if time.monotonic() > until:
                self.figures.wrong.append(
                    f"{kind}: not done in {self.longest_s} s: {database.read_sync(queued_threads)}"
                )
                break
            time.sleep(self.dice.uniform(0.0, 0.3))
            for place, worker in enumerate(crew):
                if worker.over():
                    # It found by itself that it had lost its lock, as is right on a busy machine.
                    if worker.code != 70:
                        self._ended(worker)
                    crew[place] = self._start(home, url, "worker")
            if leader.over() and leader.code != 0 and leader.code != -signal.SIGKILL and not self._ended(leader):
                break
            if leader.over() and leader.code != 0:
                leader = self._start(home, url, kind)
            elif self.figures.kills < last:
                self._strike(home, url, crew, leader)

    def _strike(self, home: Path, url: str, crew: list[Struck], leader: Struck) -> None:
        """Kills one: most often one that has a thread under way, in the middle of something."""
        chosen: list[Struck] = []
        if self.dice.random() < ANY_ONE:
            chosen = [self.dice.choice([leader, *crew])]
        else:
            what = "step" if self.dice.random() < ANY_MOMENT else self.dice.choice(UNDER)

            def busy() -> list[Struck]:
                chosen[:] = [worker for worker in crew if worker.under()[what]]
                return chosen

            wait_until(busy, SOON_S)
        if not chosen:
            return
        struck = self.dice.choice(chosen)
        if struck.kill():
            self.figures.count(struck)
        if struck is not leader:
            crew[crew.index(struck)] = self._start(home, url, "worker")


def wait_until(what: Callable[[], object], seconds: float, between: float = 0.0005) -> bool:
    """Until it is true, or that time is up; whether it is. It looks again after so many seconds."""
    until = time.monotonic() + seconds
    while not what():
        if time.monotonic() > until:
            return False
        time.sleep(between)
    return True


def settled(database: Database) -> bool:
    """Whether workers have nothing left to do: nothing queued, nothing under way, nothing decided and not done."""
    return database.read_sync(lambda s: not queued_threads(s) and not stirring(s))


def steps_of(session: Session) -> Counter[str]:
    """How many rows there are of each kind of step of each contact's threads."""
    rows = session.execute(
        select(AgentRun.contact_id, AgentRun.agent_name, AgentRun.run_type).where(AgentRun.contact_id.is_not(None))
    )
    return Counter(f"{row.contact_id} {row.agent_name} {row.run_type}" for row in rows)


def look(home: Path, url: str) -> dict[str, Any]:
    """The state of the world after a round, and what is wrong with it by itself."""
    with Database(url, "user") as database:
        problems = database.read_sync(run_problems)
        found = database.read_sync(lambda s: {"world": world(s), "steps": steps_of(s)})
        kept = database.read_sync(lambda s: set(s.execute(select(Approval.draft_id, Approval.version)).all()))
        decisions = database.read_sync(lambda s: len(s.scalars(select(Approval.id)).all()))
    said = [line.split() for line in lines(home / "decided")]
    lost = [line for line in said if (line[1], int(line[2])) not in {tuple(row) for row in kept}]
    problems += [f"a decision was lost: {line}" for line in lost]
    if decisions != len(kept):
        problems.append(f"{decisions} decisions on {len(kept)} versions")
    calls, again, wrong = made_again(lines(home / "calls"))
    problems += wrong
    return {**found, "problems": problems, "calls": calls, "made_again": again, "said": len(said)}


def lines(file: Path) -> list[str]:
    """Of a file that may not be there."""
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def made_again(told: list[str]) -> tuple[int, int, list[str]]:
    """How many model calls were made, how many of these a second time, and which of them should not have been: one of
    a step that was done, or one that its process had an answer to, since it made the step's next call."""
    last: dict[tuple[str, str], str] = {}
    done: set[str] = set()
    seen: dict[tuple[str, str], list[str]] = {}
    wrong: list[str] = []
    calls = again = 0
    for line in told:
        what, process, step, call = line.split()
        if what == "done":
            done.add(step)
            continue
        calls += 1
        if step in done:
            wrong.append(f"call {call} of step {step} was made after the step was done")
        before = seen.setdefault((step, call), [])
        again += bool(before)
        wrong += [f"call {call} of step {step} was made again, answered" for p in before if last[p, step] != call]
        before.append(process)
        last[process, step] = call
    return calls, again, wrong


def difference(calm: Any, found: Any) -> str:
    """In a few words, what one has and the other has not."""
    if isinstance(calm, Counter):
        return f"more {dict(found - calm)}, fewer {dict(calm - found)}"[:500]
    if isinstance(calm, list):
        more = [one for one in found if one not in calm]
        return f"more {more}, fewer {[one for one in calm if one not in found]}"[:500]
    return f"{found} instead of {calm}"


def prepare(home: Path, url: str, kind: str, contacts: int) -> None:
    """Brings a migrated database to where a kind of work begins: nothing at all, first touches due, drafts that wait,
    or messages that left two months ago."""
    if kind == "import":
        return
    settings = Settings(home=home, database_url=url, model="rules")
    with RunnerSession(settings) as session:
        limit = 0 if kind == "contacts" else None
        assert session.run(settings.playbook, small_sample(home / "files", contacts), limit).complete
    if kind == "followups":
        approve_all(settings)
        assert send_all(settings, datetime.now(UTC) - timedelta(days=60)) == contacts


def on_sqlite(migrated: Path, folder: Path, contacts: int) -> Copy:
    """Copies of homes with their databases, each gone when its round is over. A kind of work is prepared when it is
    first asked for."""
    numbers = count()

    @contextmanager
    def copy(kind: str) -> Iterator[tuple[Path, str]]:
        ready = folder / kind
        if not ready.exists():
            ready.mkdir()
            copyfile(migrated, ready / "outreach.db")
            prepare(ready, f"sqlite:///{ready / 'outreach.db'}", kind, contacts)
        home = folder / f"copy-{next(numbers)}"
        copytree(ready, home)
        try:
            yield home, f"sqlite:///{home / 'outreach.db'}"
        finally:
            rmtree(home)

    return copy


@contextmanager
def on_postgresql(server: PostgresServer, migrated: str, folder: Path, contacts: int) -> Iterator[Copy]:
    """Databases that are copies of templates, with the checkpoints that are in them; and empty homes."""
    numbers = count()
    ready: dict[str, str] = {}
    with ExitStack() as kept:

        @contextmanager
        def copy(kind: str) -> Iterator[tuple[Path, str]]:
            if kind not in ready:
                ready[kind] = kept.enter_context(server.database(migrated))
                prepare(folder / kind, ready[kind], kind, contacts)
            home = folder / f"copy-{next(numbers)}"
            home.mkdir()
            try:
                with server.database(make_url(ready[kind]).database) as url:
                    yield home, url
            finally:
                rmtree(home)

        yield copy
