"""What breaks besides processes: the disk is full, the database locked, the server gone, the clock wrong, checkpoints
lost. Each time through the command line, in a process of its own: a clear word, an exit code, nothing lost, and the
same command carries on."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from tests.support.rounds import Copy, Forks, Struck, lines, look, wait_until

LONG_S = 100.0
"""Longer than anything here takes."""
MODEL_S = 0.3
"""Of each model call, where something is to happen meanwhile."""
RUN = ("run",)

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("forks")]


class Place:
    """A home with a database of its own, and the commands that are run there."""

    def __init__(self, forks: Forks, home: Path, url: str) -> None:
        self._forks, self.home, self.url = forks, home, url
        self._number = 0

    def start(self, *args: str, kind: str = "cli", **trouble: Any) -> Struck:
        """`outreach ARGS`, begun."""
        self._number += 1
        return self._forks.start(self.home, self.url, kind, f"{kind}-{self._number}", args=args, **trouble)

    def outreach(self, *args: str, **trouble: Any) -> tuple[int | None, str]:
        """`outreach ARGS`: its exit code and what it said."""
        return ended(self.start(*args, **trouble))

    def at_a_call(self) -> None:
        """Waits until a model is asked."""
        assert wait_until(lambda: lines(self.home / "calls"), LONG_S, 0.01)

    def world(self) -> Any:
        """What the tables say; nothing may be wrong with it."""
        found = look(self.home, self.url)
        assert found["problems"] == []
        return found["world"]


def ended(process: Struck) -> tuple[int | None, str]:
    assert wait_until(lambda: process.at_its_end() or process.over(), LONG_S, 0.02), process.said()
    process.over(wait=True)
    return process.code, process.said()


Calm = Callable[[str], Any]


@pytest.fixture(scope="session")
def calm(forks: Forks, copies_on_sqlite: Copy) -> Calm:
    """What the same work comes to where nothing is the matter."""
    known: dict[str, Any] = {}

    def found(kind: str) -> Any:
        if kind not in known:
            with copies_on_sqlite(kind) as (home, url):
                place = Place(forks, home, url)
                assert ended(place.start(kind=kind))[0] == 0
                known[kind] = place.world()
        return known[kind]

    return found


def told(code: int | None, said: str, *words: str) -> None:
    """It ended as one that has not done all, and said why and what to do."""
    assert code in (1, 3), said
    assert "Traceback" not in said, said
    for word in words:
        assert word.lower() in " ".join(said.split()).lower()


def carries_on(place: Place, wanted: Any) -> None:
    """The same command, once all is well again."""
    code, said = place.outreach("run")
    assert code == 0, said
    assert place.world() == wanted


def test_a_full_disk(forks: Forks, copies_on_sqlite: Copy, calm: Calm) -> None:
    """A limit on the size of files, which needs no rights."""
    with copies_on_sqlite("contacts") as (home, url):
        place = Place(forks, home, url)
        told(*place.outreach("run", fsize=150_000), "takes nothing more", "make room", "run the same command again")
        carries_on(place, calm("contacts"))


def admin(url: str, database: str | None = None) -> psycopg.Connection:
    """A connection that belongs to nobody's work."""
    plain = make_url(url).set(drivername="postgresql")
    plain = plain.set(database=database) if database else plain
    return psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True)


@contextmanager
def locked(url: str, table: str) -> Iterator[None]:
    """Another process's lock: on SQLite on the file, on PostgreSQL on a table."""
    if url.startswith("sqlite"):
        name = "checkpoints.db" if table == "checkpoints" else "outreach.db"
        file = Path(url.removeprefix("sqlite:///")).with_name(name)
        with closing(sqlite3.connect(file, isolation_level=None, timeout=LONG_S)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            yield
            connection.execute("ROLLBACK")
        return
    with admin(url) as connection, connection.transaction():
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


@pytest.mark.parametrize(
    ("backend", "table"), [("sqlite", "agent_runs"), ("sqlite", "checkpoints"), ("postgresql", "checkpoints")]
)
def test_locked_by_another_process(
    forks: Forks, calm: Calm, backend: str, table: str, request: pytest.FixtureRequest
) -> None:
    copy: Copy = request.getfixturevalue(f"copies_on_{backend}")
    with copy("contacts") as (home, url):
        place = Place(forks, home, url)
        running = place.start("run", model_s=MODEL_S, wait_s=0.3)
        place.at_a_call()
        with locked(url, table):
            told(*ended(running), "locked by another process", "wait until it has finished")
            told(*place.outreach("run", wait_s=0.3), "locked by another process")
        carries_on(place, calm("contacts"))


@contextmanager
def server_away(url: str) -> Iterator[None]:
    """As it is for the clients of a server that is stopped: their connections end, and no new one is let in."""
    name = make_url(url).database
    assert name
    with admin(url, "postgres") as connection:
        connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


def test_the_server_goes_away(forks: Forks, copies_on_postgresql: Copy, calm: Calm) -> None:
    with copies_on_postgresql("contacts") as (home, url):
        place = Place(forks, home, url)
        running = place.start("run", model_s=MODEL_S)
        place.at_a_call()
        with server_away(url):
            told(*ended(running), "the database cannot be reached", "run the same command again")
            told(*place.outreach("run"), "the database cannot be reached", "outreach doctor")
        carries_on(place, calm("contacts"))


def test_the_server_goes_away_from_workers(forks: Forks, copies_on_postgresql: Copy, calm: Calm) -> None:
    with copies_on_postgresql("contacts") as (home, url):
        place = Place(forks, home, url)
        workers = [place.start(kind="worker", model_s=MODEL_S) for _ in range(2)]
        running = place.start(kind="enqueue")
        place.at_a_call()
        with server_away(url):
            for worker in workers:
                code, said = ended(worker)
                assert code == 70, said
                assert "worker.lost" in said
                assert "start it again" in said
            assert ended(running)[0] != 0
        workers = [place.start(kind="worker")]
        assert ended(place.start(kind="enqueue"))[0] == 0
        assert wait_until(lambda: look(home, url)["world"]["drafts"] == calm("contacts")["drafts"], LONG_S, 0.2)
        workers[0].kill()
        carries_on(place, calm("contacts"))


def test_a_clock_that_is_set_back(forks: Forks, copies_on_sqlite: Copy, calm: Calm) -> None:
    """Back by a day in the midst of it, and forth again, and back."""
    with copies_on_sqlite("decisions") as (home, url):
        place = Place(forks, home, url)
        code, said = ended(place.start(kind="decisions", clock=86_400))
        assert code == 0, said
        carries_on(place, calm("decisions"))


@pytest.mark.parametrize("when", ["between runs", "in a run, but for its log"])
def test_the_checkpoints_are_deleted(forks: Forks, copies_on_sqlite: Copy, calm: Calm, when: str) -> None:
    in_a_run = when != "between runs"
    with copies_on_sqlite("contacts" if in_a_run else "decisions") as (home, url):
        place = Place(forks, home, url)
        if in_a_run:
            running = place.start("run", model_s=MODEL_S)
            place.at_a_call()
        for file in home.glob("checkpoints.db" if in_a_run else "checkpoints.db*"):
            file.unlink()
        if in_a_run:
            code, said = ended(running)
            assert code == 0, said
        assert ended(place.start(kind="decisions"))[0] == 0
        carries_on(place, calm("decisions"))


def test_workers_give_back_what_meets_a_lock(forks: Forks, copies_on_postgresql: Copy, calm: Calm) -> None:
    with copies_on_postgresql("contacts") as (home, url):
        place = Place(forks, home, url)
        worker = place.start(kind="worker", model_s=MODEL_S, wait_s=0.3)
        running = place.start(kind="enqueue")
        place.at_a_call()
        with locked(url, "agent_runs"), admin(url) as connection:
            given_back = "SELECT FROM outreach_jobs.procrastinate_jobs WHERE queue_name = 'threads' AND attempts > 0"
            assert wait_until(lambda: connection.execute(given_back).fetchone() is not None, LONG_S, 0.05)
        assert ended(running) == (0, "")
        assert worker.kill()
        carries_on(place, calm("contacts"))
