"""The single writer, its groups, and the same interface on PostgreSQL."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as, current_actor
from db.engine import make_engine
from db.errors import DatabaseBusy, InvariantViolated, NotMigrated, RoleRefused, WriteLost
from db.models import Account, AuditLog
from db.writer import GROUP_SECONDS


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, busy_timeout=0.2) as database:
        yield database


@pytest.fixture(autouse=True)
def actor() -> Iterator[None]:
    with acting_as("agent:1"):
        yield


def add(name: str, key: str | None = None):  # type: ignore[no-untyped-def]
    def work(session: Session) -> Account:
        account = Account(name=name) if key is None else Account(id=key, name=name)
        session.add(account)
        return account

    return work


def names(session: Session) -> list[str]:
    return list(session.scalars(select(Account.name).order_by(Account.name)))


async def test_what_was_written_is_read_and_stays_usable(database: Database) -> None:
    account = await database.write(add("One"))
    assert account.name == "One"
    assert account.id
    assert await database.read(names) == ["One"]


async def test_one_job_fails_alone(database: Database) -> None:
    await database.write(add("Taken", "k"))
    results = await asyncio.gather(
        *(database.write(add(f"Job {number}", "k" if number % 3 == 0 else None)) for number in range(12)),
        return_exceptions=True,
    )
    assert [isinstance(result, IntegrityError) for result in results] == [n % 3 == 0 for n in range(12)]
    assert len(await database.read(names)) == 9


async def test_an_exception_of_the_function_comes_back_and_nothing_stays(database: Database) -> None:
    def work(session: Session) -> None:
        add("Half")(session)
        session.flush()
        raise LookupError("no")

    with pytest.raises(LookupError, match="no"):
        await database.write(work)
    assert await database.read(names) == []


async def test_a_function_may_go_back_to_its_start(database: Database) -> None:
    await database.write(add("Taken", "k"))

    def work(session: Session) -> None:
        session.add(Account(id="k", name="Clash"))
        try:
            session.flush()
        except IntegrityError:
            session.rollback()
        session.add(Account(name="Second try"))

    await database.write(work)
    assert await database.read(names) == ["Second try", "Taken"]


async def test_commit_is_not_the_functions_business(database: Database) -> None:
    def work(session: Session) -> None:
        add("Half")(session)
        session.commit()

    with pytest.raises(RuntimeError, match="do not commit"):
        await database.write(work)
    assert await database.read(names) == []


async def test_nothing_can_be_awaited_inside(database: Database) -> None:
    async def work(_session: Session) -> None:
        raise AssertionError("never runs")

    with pytest.raises(TypeError, match="coroutine function"):
        await database.write(work)
    with pytest.raises(TypeError, match="gave back a coroutine"):
        await database.write(lambda session: work(session))


async def test_each_job_has_its_callers_actor(database: Database) -> None:
    async def as_agent(number: int) -> None:
        with acting_as(f"agent:{number}"):
            await database.write(add(f"{number}"))

    await asyncio.gather(*(as_agent(number) for number in range(20)))
    rows = await database.read(lambda session: session.execute(select(AuditLog.changed_by, AuditLog.new_values)).all())
    assert len(rows) == 20
    assert all(by == f"agent:{new['name']}" for by, new in rows)


def test_no_actor_no_write(database: Database) -> None:
    token = current_actor.set(None)
    try:
        with pytest.raises(InvariantViolated, match="acting_as"):
            database.write_sync(add("x"))
    finally:
        current_actor.reset(token)


def test_readers_cannot_write(database: Database) -> None:
    with pytest.raises(RoleRefused):
        database.read_sync(lambda session: session.execute(text("DELETE FROM accounts")))


async def test_a_cancelled_caller_breaks_nothing(database: Database) -> None:
    started, go_on = threading.Event(), threading.Event()

    def slow(session: Session) -> None:
        started.set()
        go_on.wait(5)
        add("Slow")(session)

    running = asyncio.create_task(database.write(slow))
    await asyncio.to_thread(started.wait, 5)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    go_on.set()
    await database.write(add("Next"))
    # It had begun, and is committed all the same.
    for _ in range(100):
        if len(await database.read(names)) == 2:
            break
        await asyncio.sleep(0.01)
    assert await database.read(names) == ["Next", "Slow"]


async def test_a_write_that_has_not_begun_can_be_cancelled(sqlite_url: str) -> None:
    began, go_on = threading.Event(), threading.Event()

    def slow(_session: Session) -> None:
        began.set()
        go_on.wait(5)

    with Database(sqlite_url) as database:
        first = asyncio.create_task(database.write(slow))
        await asyncio.to_thread(began.wait, 5)
        second = asyncio.create_task(database.write(add("Never")))
        await asyncio.sleep(0)  # lets it reach the queue
        second.cancel()
        # The cancellation must have arrived before the writer is free to take the next write.
        await asyncio.gather(second, return_exceptions=True)
        go_on.set()
        await first
        await database.write(add("Next"))
        assert await database.read(names) == ["Next"]


def test_closing_drains_and_is_final(database_url: str) -> None:
    database = Database(database_url)
    waiting = [threading.Thread(target=database.write_sync, args=(add(f"{n}"),)) for n in range(8)]
    with acting_as("agent:1"):
        for thread in waiting:
            thread.run()
    database.close()
    database.close()
    with pytest.raises(RuntimeError, match="closed"):
        database.write_sync(add("late"))
    with Database(database_url) as again:
        assert len(again.read_sync(names)) == 8


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "none.db"
    with pytest.raises(NotMigrated, match="outreach init"):
        Database(f"sqlite:///{path}")
    assert not path.exists()


def test_memory_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a file"):
        Database("sqlite://")


# --- SQLite: the writer


@pytest.fixture
def sqlite(sqlite_url: str) -> Iterator[Database]:
    with Database(sqlite_url, busy_timeout=0.2) as database:
        yield database


async def test_waiting_writes_share_a_commit(sqlite: Database) -> None:
    commits = []
    event.listen(sqlite._writer._engine, "commit", commits.append)  # type: ignore[attr-defined]
    go_on = threading.Event()
    first = asyncio.create_task(sqlite.write(lambda _session: go_on.wait(5)))
    await asyncio.sleep(0.05)
    rest = [asyncio.create_task(sqlite.write(add(f"{number}"))) for number in range(40)]
    await asyncio.sleep(0.05)
    go_on.set()
    await asyncio.gather(first, *rest)
    # One each would be 41; how many writes come while a group lasts is the machine's.
    assert len(commits) <= 10
    assert len(await sqlite.read(names)) == 40


async def test_a_commit_that_fails_fails_its_group(sqlite: Database) -> None:
    def refuse(_connection: object) -> None:
        raise OSError("disk full")

    event.listen(sqlite._writer._engine, "commit", refuse)  # type: ignore[attr-defined]
    results = await asyncio.gather(*(sqlite.write(add(f"{n}")) for n in range(5)), return_exceptions=True)
    assert all(isinstance(result, OSError) for result in results)
    event.remove(sqlite._writer._engine, "commit", refuse)  # type: ignore[attr-defined]
    await sqlite.write(add("Next"))
    assert await sqlite.read(names) == ["Next"]


async def test_a_statement_that_ends_the_transaction_is_told_to_all(sqlite: Database) -> None:
    await sqlite.write(add("Taken", "k"))
    go_on = threading.Event()
    blocker = asyncio.create_task(sqlite.write(lambda _session: go_on.wait(5)))
    await asyncio.sleep(0.05)
    innocent = asyncio.create_task(sqlite.write(add("Innocent")))
    await asyncio.sleep(0.01)
    clash = text("INSERT OR ROLLBACK INTO accounts (id, name) VALUES ('k', 'x')")
    guilty = asyncio.create_task(sqlite.write(lambda session: session.execute(clash)))
    # Longer than a group lasts, so that the two that wait make the next group.
    await asyncio.sleep(2 * GROUP_SECONDS)
    go_on.set()
    results = await asyncio.gather(blocker, innocent, guilty, return_exceptions=True)
    assert [type(result) for result in results] == [bool, WriteLost, IntegrityError]
    await sqlite.write(add("Next"))
    assert await sqlite.read(names) == ["Next", "Taken"]


async def test_locked_by_another_process(sqlite_url: str, sqlite: Database) -> None:
    other = make_engine(sqlite_url, "owner")
    with other.begin():
        began = time.monotonic()
        results = await asyncio.gather(*(sqlite.write(add(f"{n}")) for n in range(10)), return_exceptions=True)
        assert all(isinstance(result, DatabaseBusy) for result in results)
        assert time.monotonic() - began < 2
    other.dispose()
    await sqlite.write(add("Next"))
    assert await sqlite.read(names) == ["Next"]


def test_a_write_inside_a_write_is_refused(sqlite: Database) -> None:
    with pytest.raises(RuntimeError, match="may not wait"):
        sqlite.write_sync(lambda _session: sqlite.write_sync(add("inner")))


# --- PostgreSQL: again after a deadlock


async def test_a_deadlock_is_tried_again(postgres_url: str) -> None:
    with Database(postgres_url) as database:
        for key in ("a", "b"):
            await database.write(add(key, key))
        meet = threading.Barrier(2)
        tries = []

        def crossing(first: str, second: str):  # type: ignore[no-untyped-def]
            seen = []

            def work(session: Session) -> None:
                tries.append(first)
                session.execute(text("UPDATE accounts SET notes = :n WHERE id = :id"), {"n": first, "id": first})
                if not seen:
                    seen.append(1)
                    meet.wait(5)
                session.execute(text("UPDATE accounts SET notes = :n WHERE id = :id"), {"n": first, "id": second})

            return work

        await asyncio.gather(database.write(crossing("a", "b")), database.write(crossing("b", "a")))
        assert len(tries) == 3
        count = select(func.count()).select_from(AuditLog).where(AuditLog.action == "update")
        assert await database.read(lambda session: session.scalar(count)) == 4


# --- PostgreSQL: a connection that died while it waited


async def test_a_connection_that_the_server_ended_costs_nothing(postgres_url: str) -> None:
    ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ANY (:pids)")
    with Database(postgres_url, readers=2) as database:
        pid = text("SELECT pg_backend_pid(), pg_sleep(0.05)")
        asked = [ask(lambda session: session.scalar(pid)) for ask in (database.write, database.read) * 3]
        pids = set(await asyncio.gather(*asked))
        owner = make_engine(postgres_url)
        with owner.begin() as connection:
            connection.execute(ended, {"pids": list(pids)})
        owner.dispose()
        await asyncio.gather(*(database.write(add(f"Job {number}")) for number in range(4)))
        assert len(await database.read(names)) == 4
        assert not pids & {await database.write(lambda session: session.scalar(pid)) for _ in range(4)}


async def test_who_acts_reaches_the_server_as_it_is(postgres_url: str) -> None:
    with Database(postgres_url) as database, acting_as("user:o'neil \\ %s"):
        actor = text("SELECT current_setting('app.actor'), current_user")
        assert tuple(await database.write(lambda session: session.execute(actor).one())) == (
            "user:o'neil \\ %s",
            "outreach_agent",
        )


@pytest.fixture
def at_once(sqlite_url: str) -> Iterator[Database]:
    with Database(sqlite_url, readers=0) as database:
        yield database


async def test_without_threads_all_runs_where_it_is_asked(at_once: Database) -> None:
    async def where() -> tuple[int, int]:
        write = await at_once.write(lambda _: threading.get_ident())
        return write, await at_once.read(lambda _: threading.get_ident())

    assert await where() == (threading.get_ident(), threading.get_ident())
    await at_once.write(add("Hollin Ridge"))
    at_once.write_sync(add("Tarn State"))
    assert await at_once.read(names) == at_once.read_sync(names) == ["Hollin Ridge", "Tarn State"]


async def test_without_threads_a_write_that_fails_is_undone_and_explained(at_once: Database) -> None:
    def half(session: Session) -> None:
        session.add(Account(name="Lost"))
        session.flush()
        raise ValueError("half way")

    with pytest.raises(ValueError, match="half way"):
        await at_once.write(half)
    with pytest.raises(RoleRefused):
        await at_once.read(lambda session: session.execute(text("DELETE FROM accounts")))
    with pytest.raises(TypeError, match="nothing may be awaited"):
        await at_once.write(lambda _: asyncio.sleep(0))
    await at_once.write(add("Kept"))
    assert await at_once.read(names) == ["Kept"]


def test_only_sqlite_does_without_threads() -> None:
    with pytest.raises(ValueError, match="only SQLite"):
        Database("postgresql+psycopg://nobody@localhost/none", readers=0)
