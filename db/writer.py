"""The single writer of a SQLite database, and the session that every write and read is given."""

import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from inspect import iscoroutine
from typing import Any, Final, Generic, NoReturn, TypeVar

from sqlalchemy import Connection, Engine, Select, bindparam, inspect, select
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from db.errors import WriteLost, explain

T = TypeVar("T")

GROUP_LIMIT: Final = 256
"""The greatest number of writes in one commit."""

GROUP_SECONDS: Final = 0.1
"""How long a group goes on taking in writes that arrive while it runs."""


class WorkSession(Session):
    """A session whose transaction ends where the function it was given to returns.

    `flush`, `begin_nested` and `rollback` (back to the function's start) are allowed, `commit` is not.
    """

    def commit(self) -> NoReturn:
        """Refused."""
        raise RuntimeError("do not commit: Database.write commits once the function has returned")

    def get(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As `Session.get`; an id alone goes by a statement that is built once for each kind of row."""
        plain = isinstance(ident, str) and not any(options.values())
        if not plain or identity_key(entity, ident) in self.identity_map:
            return super().get(entity, ident, **options)
        return self.scalars(_by_id(entity), {"own_id": ident}).unique().one_or_none()

    def get_one(self, entity: Any, ident: Any, **options: Any) -> Any:
        """As `Session.get_one`."""
        found = self.get(entity, ident, **options)
        if found is None:
            raise NoResultFound("No row was found when one was required")
        return found

    def finish(self) -> None:
        """Flushes and commits."""
        super().commit()


@cache
def _by_id(entity: type[Any]) -> Select[Any]:
    """The row of an id. To build it takes longer than to run it."""
    (key,) = inspect(entity).primary_key
    return select(entity).where(key == bindparam("own_id"))


def run_in(bind: Connection | Engine, fn: Callable[[Session], T]) -> T:
    """Runs `fn` with a session of its own: a savepoint on a connection, a transaction on an engine.

    Raises:
        TypeError: `fn` gave back a coroutine, which would run after the transaction.
    """
    session = WorkSession(bind=bind, expire_on_commit=False, join_transaction_mode="create_savepoint")
    try:
        result = fn(session)
        if iscoroutine(result):
            result.close()
            raise TypeError(f"{fn!r} gave back a coroutine: nothing may be awaited inside a transaction")
        session.finish()
    except BaseException:
        # A statement may have ended the whole transaction (INSERT OR ROLLBACK); the first error tells more
        # than the missing savepoint.
        with contextlib.suppress(DBAPIError):
            session.close()
        raise
    session.close()
    return result


@dataclass(slots=True, eq=False)
class _Job(Generic[T]):
    fn: Callable[[Session], T]
    context: contextvars.Context
    future: "Future[T]"
    result: Any = None

    def run(self, connection: Connection) -> bool:
        """Runs in a savepoint of its own; says whether there is a result to give once it is committed."""
        try:
            self.result = self.context.run(run_in, connection, self.fn)
        except BaseException as exc:  # noqa: BLE001 (handed to the caller, who waits for it)
            self.fail(exc)
            return False
        return True

    def fail(self, exc: BaseException) -> None:
        fault = explain(exc)
        if fault is not None and fault is not exc:
            fault.__cause__ = exc
            exc = fault
        self.future.set_exception(exc)


class SqliteWriter:
    """One thread, one connection, one transaction for all the writes that wait."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.SimpleQueue[_Job[Any] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="outreach-writer", daemon=True)
        self._thread.start()

    def submit(self, fn: Callable[[Session], T]) -> "Future[T]":
        """Queues a write; it runs in a copy of the caller's context.

        Raises:
            RuntimeError: the writer is closed, or the caller is itself a write, which would wait for itself.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write may not wait for another write: use the session that it was given")
        job: _Job[T] = _Job(fn, contextvars.copy_context(), Future())
        with self._lock:
            if self._closed:
                raise RuntimeError("the database is closed")
            self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """Runs what waits, then ends the thread and closes the connection."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._jobs.put(None)
        self._thread.join()
        self._engine.dispose()

    def _serve(self) -> None:
        while (job := self._jobs.get()) is not None:
            if not self._run_group(job):
                return

    def _run_group(self, first: _Job[Any]) -> bool:
        """Runs a group and commits it; False when it met the end of the queue."""
        waiting: list[_Job[Any] | None] = [first]
        done: list[_Job[Any]] = []
        try:
            with self._engine.connect() as connection, connection.begin():
                self._run_waiting(connection, waiting, done)
        except Exception as exc:  # noqa: BLE001 (handed to every caller whose write it undid)
            if first in waiting:
                # It never began (locked): whoever waits behind it would wait as long again. Taken off the
                # queue before anybody hears of it, since a caller may try again at once.
                waiting += self._drain()
            done += [late for late in waiting if late is not None and late.future.set_running_or_notify_cancel()]
            for job in done:
                job.fail(exc)
        else:
            for job in done:
                job.future.set_result(job.result)
        return None not in waiting

    def _run_waiting(self, connection: Connection, waiting: list[_Job[Any] | None], done: list[_Job[Any]]) -> None:
        """Runs the waiting job and those that arrive behind it; `waiting` keeps the end mark if it came."""
        deadline = time.monotonic() + GROUP_SECONDS
        raw: Any = connection.connection.dbapi_connection
        while True:
            job = waiting.pop()
            if job is None:
                waiting.append(None)
                return
            if job.future.set_running_or_notify_cancel():
                if job.run(connection):
                    done.append(job)
                if not raw.in_transaction:
                    connection.invalidate()
                    raise WriteLost("another write in the same transaction ended it: nothing was written, try again")
            if len(done) >= GROUP_LIMIT or time.monotonic() > deadline or self._jobs.empty():
                return
            waiting.append(self._jobs.get())

    def _drain(self) -> list[_Job[Any] | None]:
        drained: list[_Job[Any] | None] = []
        with contextlib.suppress(queue.Empty):
            while True:
                drained.append(self._jobs.get_nowait())
        return drained
