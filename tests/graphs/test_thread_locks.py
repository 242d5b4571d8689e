"""Whoever holds a thread's lock and is not heard of loses all that it has on the server, and nobody else anything."""

import asyncio

import psycopg
import pytest
from sqlalchemy import text

from db.engine import make_engine, process_name
from db.locks import lock_key
from graphs.checkpoints import open_checkpoints
from graphs.thread_locks import AdvisoryLocks
from tests.support.workers import wait_for

THREAD = "touch:1"
NAMED = text("SELECT current_setting('application_name')")


def other(url: str, process: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(url.replace("+psycopg", ""), application_name=process, autocommit=True)


async def taken(locks: AdvisoryLocks) -> bool:
    """Whether the thread can be held, once the server has ended who held it: it does that by and by."""
    for _ in range(600):
        async with locks.hold(THREAD) as mine:
            if mine:
                return True
        await asyncio.sleep(0.1)
    return False


async def test_a_frozen_process_loses_the_transaction_that_it_was_in_as_well(postgres_url: str) -> None:
    frozen, someone = "outreach-1-frozen", "outreach-2-at-work"
    with (
        other(postgres_url, frozen) as holder,
        other(postgres_url, frozen) as writer,
        other(postgres_url, someone) as at_work,
        other(postgres_url, "psql") as bystander,
    ):
        holder.execute("SELECT pg_advisory_lock(%s)", (lock_key(THREAD),))
        writer.execute("BEGIN; CREATE TABLE written (id int)")
        async with open_checkpoints(postgres_url) as saver:
            locks = AdvisoryLocks(saver)
            assert await locks.end_of(["touch:2"]) == 0
            assert await locks.end_of([THREAD]) == 2
            assert await taken(locks)
            for alive in (at_work, bystander):
                alive.execute("SELECT 1")
        for gone in (holder, writer):
            with pytest.raises(psycopg.OperationalError):
                wait_for(lambda gone=gone: gone.execute("SELECT 1") is None)  # type: ignore[misc]


async def test_a_frozen_worker_that_lost_its_lock_loses_its_transaction(postgres_url: str) -> None:
    """The server itself has ended the silent connection that held the lock: nobody holds it, and yet others wait."""
    frozen, alive, idle = (f"outreach-worker-{name}" for name in ("1-frozen", "2-alive", "3-idle"))
    with (
        other(postgres_url, frozen) as writer,
        other(postgres_url, frozen) as listener,
        other(postgres_url, alive) as at_work,
        other(postgres_url, alive) as beating,
        other(postgres_url, idle) as waiting,
        other(postgres_url, "outreach-4-run") as command,
    ):
        for connection in (writer, at_work, command):
            connection.execute("BEGIN; SELECT 1")
        async with open_checkpoints(postgres_url) as saver:
            locks = AdvisoryLocks(saver)
            assert await locks.end_silent(3600) == 0
            await asyncio.sleep(3.1)
            beating.execute("SELECT 1")
            assert await locks.end_of([THREAD]) == 0
            assert await locks.end_silent(3) == 2
        for open_still in (at_work, beating, waiting, command):
            open_still.execute("SELECT 1")
        for gone in (writer, listener):
            with pytest.raises(psycopg.OperationalError):
                wait_for(lambda gone=gone: gone.execute("SELECT 1") is None)  # type: ignore[misc]


async def test_all_connections_of_a_process_have_its_name(postgres_url: str) -> None:
    for role in ("owner", "agent", "user"):
        engine = make_engine(postgres_url, role)  # type: ignore[arg-type]
        with engine.connect() as connection:
            assert connection.scalar(NAMED) == process_name()
        engine.dispose()
    async with open_checkpoints(postgres_url) as saver, saver._cursor() as cursor:  # type: ignore[attr-defined]
        await cursor.execute(NAMED.text)
        assert [row["current_setting"] for row in await cursor.fetchall()] == [process_name()]
