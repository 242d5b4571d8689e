"""What breaks besides processes: the disk is full, the database locked, the server gone, the clock wrong, checkpoints
lost. Each time through the command line, in a process of its own: a clear word, an exit code, nothing lost, and the
same command carries on."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from db.access import Database
from db.migrate import upgrade
from db.queries.queue import alive
from tests.e2e.conftest import IN_A_ROUND
from tests.support.postgres import PostgresServer
from tests.support.rounds import Copy, Forks, Struck, lines, look, on_postgresql, wait_until

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


def admin(url: str) -> psycopg.Connection:
    """A connection that belongs to nobody's work."""
    plain = make_url(url).set(drivername="postgresql")
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


NO_ROOM = Path("/dev/full")


@contextmanager
def no_room(url: str, table: str) -> Iterator[None]:
    """The disk under an empty table is full: its file takes nothing, as the server finds out when it writes."""
    with admin(url) as connection:
        found = connection.execute(
            "SELECT current_setting('data_directory'), pg_relation_filepath(%s), pg_relation_size(%s)", [table, table]
        ).fetchone()
    assert found is not None
    assert found[2] == 0
    file = Path(found[0], found[1])
    aside = file.rename(file.with_suffix(".aside"))
    file.symlink_to(NO_ROOM)
    try:
        yield
    finally:
        file.unlink()
        aside.rename(file)


@pytest.mark.skipif(not NO_ROOM.exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_server(forks: Forks, copies_on_postgresql: Copy, calm: Calm) -> None:
    """Under the table of the drafts, in the middle of a run."""
    with copies_on_postgresql("contacts") as (home, url):
        place = Place(forks, home, url)
        with no_room(url, "message_drafts"):
            said = ("takes nothing more", "No space left on device", "make room", "run the same command again")
            told(*place.outreach("run"), *said)
        carries_on(place, calm("contacts"))


@pytest.fixture(scope="module")
def server_of_our_own() -> Iterator[PostgresServer]:
    """One that may be stopped, since no other test uses it."""
    server = PostgresServer(f"own{uuid4().hex[:8]}")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def copies_on_our_own(server_of_our_own: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Copy]:
    migrated = server_of_our_own.template("migrated", upgrade)
    with on_postgresql(server_of_our_own, migrated, tmp_path_factory.mktemp("own"), IN_A_ROUND) as copy:
        yield copy


def test_the_server_crashes_and_is_started_again(
    forks: Forks, server_of_our_own: PostgresServer, copies_on_our_own: Copy, calm: Calm
) -> None:
    """In the middle of a run."""
    with copies_on_our_own("contacts") as (home, url):
        place = Place(forks, home, url)
        running = place.start("run", model_s=MODEL_S)
        place.at_a_call()
        with server_of_our_own.stopped("immediate"):
            told(*ended(running), "the database cannot be reached", "run the same command again")
            told(*place.outreach("run"), "the database cannot be reached", "outreach doctor")
        carries_on(place, calm("contacts"))


def test_the_server_is_restarted_under_workers(
    forks: Forks, server_of_our_own: PostgresServer, copies_on_our_own: Copy, calm: Calm
) -> None:
    """As a person does it, in the middle of a model call."""
    with copies_on_our_own("contacts") as (home, url):
        place = Place(forks, home, url)
        workers = [place.start(kind="worker", model_s=LONG_S) for _ in range(2)]
        with Database(url, "user") as database:
            assert wait_until(lambda: database.read_sync(alive) == len(workers), LONG_S, 0.05)
        running = place.start(kind="enqueue")
        place.at_a_call()
        with server_of_our_own.stopped("fast"):
            told(*place.outreach("worker"), "cannot be reached", "that the server is running")
        for worker in workers:
            code, said = ended(worker)
            assert code == 70, said
            assert "start it again" in said
        assert ended(running)[0] != 0
        worker = place.start(kind="worker")
        assert wait_until(lambda: look(home, url)["world"]["drafts"] == calm("contacts")["drafts"], LONG_S, 0.2)
        assert worker.kill()
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
