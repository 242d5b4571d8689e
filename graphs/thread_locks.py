"""Locks of threads: one process at a time moves a thread, for as long as it holds the thread's lock.

On SQLite the one process that moves threads holds a lock on the whole database, so there is nothing to do here. On
PostgreSQL the lock is an advisory one, of the connection that writes the checkpoints: whoever has lost the one has
lost the other, so that nothing can be written about a thread by a process that holds it no longer.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

from db.engine import WORKER
from db.locks import lock_key

_END: Final = """
WITH holder AS (
  SELECT l.pid, a.application_name AS process FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND l.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((l.classid::bigint << 32) | l.objid::bigint) = ANY (%s::bigint[])
)
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity
WHERE pid IN (SELECT pid FROM holder)
  OR (application_name LIKE 'outreach-%%' AND application_name IN (SELECT process FROM holder)
      AND application_name <> current_setting('application_name'))
"""
_END_SILENT: Final = """
WITH silent AS (
  SELECT application_name AS process FROM pg_stat_activity
  WHERE starts_with(application_name, %s) AND application_name <> current_setting('application_name')
  GROUP BY application_name
  HAVING bool_or(datname = current_database()) AND bool_or(state LIKE 'idle in transaction%%')
    AND max(state_change) < now() - make_interval(secs => %s)
)
SELECT pg_terminate_backend(pid) AS ended FROM pg_stat_activity WHERE application_name IN (SELECT process FROM silent)
"""


class ThreadLocks(Protocol):
    """Locks threads; what `hold` gives says whether this process holds that thread now."""

    def hold(self, name: str) -> AbstractAsyncContextManager[bool]: ...


class SingleProcess:
    """The whole database is this process's."""

    @asynccontextmanager
    async def hold(self, _name: str) -> AsyncIterator[bool]:
        """Always."""
        yield True


class AdvisoryLocks:
    """Locks of the connection of a PostgreSQL saver. A session may take its own lock twice, hence `_mine`."""

    def __init__(self, saver: Any) -> None:
        self._saver = saver
        self._mine: set[str] = set()

    @asynccontextmanager
    async def hold(self, name: str) -> AsyncIterator[bool]:
        """Tries once. Raises psycopg.OperationalError where the connection, and with it the lock, is lost."""
        if name in self._mine:
            yield False
            return
        self._mine.add(name)
        try:
            key = lock_key(name)
            if not await self._ask("SELECT pg_try_advisory_lock(%s) AS said", key):
                yield False
                return
            try:
                yield True
            finally:
                await self._ask("SELECT pg_advisory_unlock(%s) AS said", key)
        finally:
            self._mine.discard(name)

    async def beat(self) -> None:
        """Says to the server that this process is there. Raises psycopg.OperationalError."""
        await self._ask("SELECT %s::bigint AS said", 1)

    async def end_when_silent(self, seconds: float) -> None:
        """From now on the server itself ends the connection once nothing was heard for so long (PostgreSQL 14)."""
        await self._ask(
            "SELECT set_config('idle_session_timeout', %s::bigint::text, false) AS said", int(seconds * 1000)
        )

    async def end_of(self, names: Collection[str]) -> int:
        """Ends all connections of the other processes that hold one of the names; how many. They find out when they
        next ask.

        Of a process that froze in the middle of a transaction, others would wait for the rows that it wrote as long as
        it is frozen, whichever connection that was. The server's own end of a silent connection is not enough: what
        psycopg writes after a pipeline's end stops that clock without starting it anew."""
        async with self._saver._cursor() as cursor:
            await cursor.execute(_END, ([lock_key(name) for name in names],))
            return sum(row["ended"] for row in await cursor.fetchall())

    async def end_silent(self, seconds: float) -> int:
        """Ends all connections of workers that are in a transaction and of which nothing was heard for so long on any
        of them; how many. A worker that is not frozen beats, whatever its transactions are at.

        Where the server has ended the connection with the locks before anybody looked, `end_of` finds nobody."""
        async with self._saver._cursor() as cursor:
            await cursor.execute(_END_SILENT, (WORKER, seconds))
            return sum(row["ended"] for row in await cursor.fetchall())

    async def _ask(self, query: str, given: int) -> Any:
        async with self._saver._cursor() as cursor:
            await cursor.execute(query, (given,))
            row = await cursor.fetchone()
            return row["said"]


def locks_of(saver: BaseCheckpointSaver[str]) -> ThreadLocks:
    """How threads whose checkpoints are in `saver` are locked."""
    return SingleProcess() if isinstance(saver, AsyncSqliteSaver) else AdvisoryLocks(saver)
