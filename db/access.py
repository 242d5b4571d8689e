"""The one way to the database for everything above `db`: `Database.write` and `Database.read`.

SQLite has one writer thread with one connection. It takes the writes that wait, runs them in one transaction, each
in its own savepoint, and commits once (group commit): a write that raises is undone alone, a commit that fails
fails its group. PostgreSQL runs each write in its own transaction on a pool, again after a deadlock or a
serialisation failure. Either way the function that writes is synchronous, so nobody can await a model inside a
transaction.
"""

import asyncio
import contextvars
import inspect
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import Session
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from db.engine import BUSY_TIMEOUT, NeverBegan, make_engine, sqlite_path
from db.errors import NotMigrated, explain, is_transient
from db.roles import Role
from db.soft_delete import install_soft_delete
from db.writer import SqliteWriter, WorkSession, run_in

T = TypeVar("T")
Work = Callable[[Session], T]

ATTEMPTS: Final = 6
"""How often a PostgreSQL write is tried when it meets deadlocks or serialisation failures."""


class _Runner(Protocol):
    """What serves the writes, or the reads, of one database."""

    def submit(self, fn: Work[T]) -> Future[T]: ...

    def close(self) -> None: ...


class _Threads:
    """Runs each function in a transaction of its own, on a few threads with as many connections."""

    def __init__(self, engine: Engine, size: int, attempts: int) -> None:
        self._engine = engine
        self._size = size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix="outreach-db")
        self._tries = Retrying(
            stop=stop_after_attempt(attempts),
            wait=wait_random_exponential(0.02, max=1.0),
            retry=retry_if_exception(is_transient),
            reraise=True,
        )

    def submit(self, fn: Work[T]) -> Future[T]:
        context = contextvars.copy_context()
        return self._pool.submit(context.run, self._run, fn)

    def _run(self, fn: Work[T]) -> T:
        try:
            result: T = self._tries(self._once, fn)
            return result
        except Exception as exc:
            fault = explain(exc)
            if fault is None or fault is exc:
                raise
            raise fault from exc

    def _once(self, fn: Work[T]) -> T:
        # Where the server was restarted, all that waited in the pool are dead; each try takes one of them out.
        for _ in range(self._size):
            with suppress(NeverBegan):
                return run_in(self._engine, fn)
        return run_in(self._engine, fn)

    def close(self) -> None:
        self._pool.shutdown(wait=True)
        self._engine.dispose()


class _AtOnce:
    """Runs each function at once, in the thread that asks, in a transaction of its own on the one connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._connection: Connection | None = None

    def submit(self, fn: Work[T]) -> Future[T]:
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        try:
            if self._connection is None:
                self._connection = self._engine.connect()
            future.set_result(contextvars.copy_context().run(run_in, self._connection, fn))
        except Exception as exc:  # noqa: BLE001 (handed to the caller, who waits for it)
            self._let_go()
            fault = explain(exc)
            if fault is not None and fault is not exc:
                fault.__cause__ = exc
            future.set_exception(fault or exc)
        return future

    def _let_go(self) -> None:
        """Gives the connection back, with whatever state a failure left it in: the pool cleans it."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def close(self) -> None:
        self._let_go()
        self._engine.dispose()


async def _result(future: Future[T]) -> T:
    return future.result() if future.done() else await asyncio.wrap_future(future)


class Database:
    """A database, for one role. Close it when done, or use it as a context manager.

    Args:
        url: `sqlite:///…` (a file) or `postgresql+psycopg://…`.
        role: `agent` for agents and the machinery, `user` for a person's decisions.
        readers: threads and connections that read; on PostgreSQL as many again write. With 0 nothing has a thread of
            its own: who asks waits for it, and the event loop with them. Only for a small SQLite file that nobody else
            uses, where changing threads takes longer than the work.
        busy_timeout: seconds to wait for another process's lock.
        durable: SQLite: False only for a file that nobody will miss after a crash.
        guard: called with the session at the start of each write; what it raises, the write raises.

    A function given to `write` must be re-runnable on PostgreSQL, and should do nothing but work on its session.
    Both kinds raise `db.errors.InvariantViolated`, `RoleRefused`, `DatabaseBusy` or `NotMigrated` where the
    database says no; any other exception comes back as the function raised it.
    """

    def __init__(
        self,
        url: str | URL,
        role: Role = "agent",
        *,
        readers: int = 4,
        busy_timeout: float = BUSY_TIMEOUT,
        durable: bool = True,
        guard: Callable[[Session], None] | None = None,
    ) -> None:
        self._guard = guard
        self.url: URL = make_url(url)
        self.role: Role = role
        self._closed = False
        self.wrote = False
        """Whether anything was given to be written."""
        install_soft_delete(WorkSession)
        path = sqlite_path(self.url)
        if path is not None and not path.exists():
            # Connecting would make an empty file.
            raise NotMigrated(f"there is no database at {path}: run `outreach init`")
        read = make_engine(self.url, role, read_only=True, busy_timeout=busy_timeout, pool_size=readers or 1)
        self._readers: _Runner = _Threads(read, readers, attempts=1) if readers else _AtOnce(read)
        self._writer: _Runner
        if not readers:
            if path is None:
                raise ValueError("only SQLite can do without threads")
            self._writer = _AtOnce(make_engine(self.url, role, busy_timeout=busy_timeout, pool_size=1, durable=durable))
        elif path is not None:
            write = make_engine(self.url, role, busy_timeout=busy_timeout, pool_size=1, durable=durable)
            self._writer = SqliteWriter(write)
        else:
            write = make_engine(self.url, role, busy_timeout=busy_timeout, pool_size=readers)
            self._writer = _Threads(write, readers, attempts=ATTEMPTS)

    async def write(self, fn: Work[T]) -> T:
        """Runs `fn(session)` in a write transaction and returns its result once that is committed.

        Objects of the session stay usable afterwards (nothing is expired). If the awaiting task is cancelled
        before the function began, it does not run; afterwards it is committed all the same.
        """
        return await _result(self._submit(self._writer, self._guarded(fn)))

    async def read(self, fn: Work[T]) -> T:
        """Runs `fn(session)` in a read-only transaction, in a thread of its own."""
        return await _result(self._submit(self._readers, fn))

    def write_sync(self, fn: Work[T]) -> T:
        """`write` for the command line; it blocks, so never call it on an event loop."""
        return self._submit(self._writer, self._guarded(fn)).result()

    def read_sync(self, fn: Work[T]) -> T:
        """`read` for the command line; it blocks."""
        return self._submit(self._readers, fn).result()

    def _guarded(self, fn: Work[T]) -> Work[T]:
        guard = self._guard
        if guard is None or inspect.iscoroutinefunction(fn):
            return fn

        def guarded(session: Session) -> T:
            guard(session)
            return fn(session)

        return guarded

    def _submit(self, runner: _Runner, fn: Work[T]) -> Future[T]:
        if inspect.iscoroutinefunction(fn):
            raise TypeError(f"{fn!r} is a coroutine function: nothing may be awaited inside a transaction")
        if self._closed:
            raise RuntimeError("the database is closed")
        self.wrote = self.wrote or runner is self._writer
        return runner.submit(fn)

    def close(self) -> None:
        """Waits for the writes and reads that were given in, then closes every connection. Idempotent."""
        if not self._closed:
            self._closed = True
            self._writer.close()
            self._readers.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _exc: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()


def revision(session: Session) -> str | None:
    """The migration that the database stands at, None where it was never migrated."""
    found: Any = None
    if session.connection().dialect.has_table(session.connection(), "alembic_version"):
        found = session.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)
