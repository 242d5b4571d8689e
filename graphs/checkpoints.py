"""Checkpoints: what lets a thread go on after a crash, in another process, hours later."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiosqlite
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from db.engine import process_name
from db.locks import lock_key

if TYPE_CHECKING:
    from psycopg import AsyncConnection

BUSY_TIMEOUT_S = 30.0
SETUP_ASKED_S = 0.05
_LAYOUT: Final = (
    "SELECT thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata FROM checkpoints",
    "SELECT thread_id, checkpoint_ns, checkpoint_id, task_id, idx, channel, type, value FROM writes",
)
"""What the library reads of a file; older ones of its own had other columns, and it says nothing of that."""


class CheckpointsDamaged(Exception):
    """The file of the checkpoints cannot be read, or has the tables of another version; the message says what is wrong.
    It can be done without: moved away, the drafts that wait are taken up again where the tables say that they stand."""


@asynccontextmanager
async def open_checkpoints(url: str) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """The store that the URL names: a file of its own on SQLite, tables beside ours on PostgreSQL.

    Only plain JSON types are read back: nothing that a checkpoint holds can make code run.
    """
    # None allows fewer types than LANGGRAPH_STRICT_MSGPACK, which adds to this list what the graphs' states name.
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    if url.startswith("postgresql"):
        async with _postgresql(url, serde) as saver:
            yield saver
        return
    path = Path(url.removeprefix("sqlite:///"))
    try:
        _initialise(path)
    except sqlite3.OperationalError:
        raise  # locked, or not to be opened: the file itself may be sound
    except sqlite3.DatabaseError as exc:
        raise CheckpointsDamaged(f"The checkpoints in {path} cannot be read: {exc}") from exc
    async with aiosqlite.connect(path, timeout=BUSY_TIMEOUT_S) as connection:
        saver = AsyncSqliteSaver(connection, serde=serde)
        await saver.setup()
        await _same_layout(connection, path)
        await connection.execute("PRAGMA synchronous=FULL")
        yield saver


async def _same_layout(connection: aiosqlite.Connection, path: Path) -> None:
    """Raises CheckpointsDamaged where a file has the tables of another version."""
    for query in _LAYOUT:
        try:
            await (await connection.execute(f"{query} LIMIT 0")).close()
        except sqlite3.OperationalError as exc:
            if not str(exc).startswith("no such column"):
                raise
            raise CheckpointsDamaged(f"The checkpoints in {path} are those of another version: {exc}") from exc


def _initialise(path: Path) -> None:
    """WAL is set once, before there is anybody to wait for: the change of mode itself takes no busy timeout. Raises
    sqlite3.DatabaseError where the file is damaged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, timeout=BUSY_TIMEOUT_S)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
    finally:
        connection.close()


@asynccontextmanager
async def _postgresql(url: str, serde: JsonPlusSerializer) -> AsyncIterator[BaseCheckpointSaver[str]]:
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
    from psycopg import AsyncConnection
    from psycopg.rows import dict_row

    plain = url.replace("postgresql+psycopg://", "postgresql://", 1)
    async with await AsyncConnection.connect(
        plain, autocommit=True, prepare_threshold=0, row_factory=dict_row
    ) as connection:
        # Somebody's forgotten transaction would be waited for without a word.
        await connection.execute(f"SET lock_timeout = {int(BUSY_TIMEOUT_S * 1000)}")
        await connection.execute(f"SET application_name = '{process_name()}'")
        saver = AsyncPostgresSaver(connection, serde=serde)
        async with _alone(connection):
            await saver.setup()
        yield saver


@asynccontextmanager
async def _alone(connection: "AsyncConnection[dict[str, Any]]") -> AsyncIterator[None]:
    """Of workers that start together on a new database, all but one would fail to make the tables.

    The lock is asked for again and again: a statement that waits for it would be waited for by the one that makes an
    index while others write."""
    key = (lock_key("checkpoints.setup"),)
    while True:
        row = await (await connection.execute("SELECT pg_try_advisory_lock(%s) AS mine", key)).fetchone()
        if row is not None and row["mine"]:
            break
        await asyncio.sleep(SETUP_ASKED_S)
    try:
        yield
    finally:
        await connection.execute("SELECT pg_advisory_unlock(%s)", key)


async def thread_ids(saver: BaseCheckpointSaver[str]) -> list[str]:
    """All threads that have checkpoints: those under way, those that wait, and those a crash left at their end."""
    return await _ids(saver, "SELECT DISTINCT thread_id FROM checkpoints ORDER BY thread_id")


async def has_thread(saver: BaseCheckpointSaver[str], thread_id: str) -> bool:
    """Whether a thread has checkpoints, readable or not; found by its key, however many others there are."""
    return bool(await _ids(saver, "SELECT thread_id FROM checkpoints WHERE thread_id = {} LIMIT 1", thread_id))


async def _ids(saver: BaseCheckpointSaver[str], query: str, *given: str) -> list[str]:
    """What a query for ids finds; `{}` is where a value goes."""
    if isinstance(saver, AsyncSqliteSaver):
        async with saver.conn.execute(query.format("?"), given) as cursor:
            return [str(row[0]) async for row in cursor]
    from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

    if not isinstance(saver, AsyncPostgresSaver):
        raise TypeError(f"cannot list the threads of a {type(saver).__name__}")
    async with saver._cursor() as cursor:
        await cursor.execute(query.format("%s").encode(), given)
        return [str(row["thread_id"]) for row in await cursor.fetchall()]
