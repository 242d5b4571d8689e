"""Engines for the three roles, on both databases.

`agent` is what agents and the machinery write with: it cannot insert approvals. `user` is a person at the command
line. `owner` makes and migrates the tables. On SQLite the roles are an authorizer on the connection (`db.gate`), on
PostgreSQL they are database roles (`db.roles`) that the connection takes on.

On PostgreSQL a connection that logged in as the owner could take its role off again (`RESET ROLE`). Where that
matters, log in as a role that is only a member of `outreach_agent` (or of `outreach_user`).
"""

import os
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from sqlalchemy import Connection, Engine, NullPool, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from db.actors import current_actor
from db.dialects import COMPILED, SHARED_POSTGRESQL, SHARED_SQLITE
from db.gate import GatedConnection, register
from db.roles import PG_ROLES, Role

BUSY_TIMEOUT: Final = 30.0
"""Seconds to wait for another process's lock."""


WORKER: Final = "outreach-worker-"
"""How the names of workers' connections begin; those of other processes begin with "outreach-"."""

_workers: set[int] = set()


def name_worker() -> None:
    """This process is a worker, and its connections from now on say so."""
    _workers.add(os.getpid())


def process_name() -> str:
    """What this process calls itself on each of its connections to PostgreSQL (`application_name`), so that another can
    tell which belong together."""
    process = os.getpid()
    return _name_of(WORKER if process in _workers else "outreach-", process)


@cache
def _name_of(kind: str, process: int) -> str:
    return f"{kind}{process}-{uuid4().hex[:12]}"


class NeverBegan(OperationalError):
    """The connection was dead before the transaction began: nothing was done, and a new connection may serve."""


def sqlite_path(url: str | URL) -> Path | None:
    """The file that a SQLite URL names; None for another database.

    Raises:
        ValueError: the URL names a database in memory, which several connections cannot share.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite":
        return None
    if not parsed.database or parsed.database == ":memory:" or parsed.query.get("mode") == "memory":
        raise ValueError("a SQLite database needs a file: sqlite:///path/to/outreach.db")
    return Path(parsed.database)


def make_engine(
    url: str | URL,
    role: Role = "owner",
    *,
    read_only: bool = False,
    busy_timeout: float = BUSY_TIMEOUT,
    pool_size: int = 5,
    durable: bool = True,
) -> Engine:
    """An engine whose every connection has the role, the pragmas and the SQL functions that the triggers need.

    Args:
        url: `sqlite:///…` or `postgresql+psycopg://…`.
        role: agent, user or owner.
        read_only: connections refuse to write.
        busy_timeout: seconds to wait for another process's lock.
        pool_size: the greatest number of connections; 0 opens one for each use.
        durable: SQLite: a commit is on the disk when it is over; without, only for files that nobody will miss.
    """
    parsed = make_url(url)
    backend = parsed.get_backend_name()
    pool: dict[str, Any] = {"pool_size": pool_size, "max_overflow": 0} if pool_size else {"poolclass": NullPool}
    if backend == "sqlite":
        return _sqlite_engine(parsed, role, read_only, busy_timeout, pool, durable)
    if backend == "postgresql":
        return _postgresql_engine(parsed, role, read_only, busy_timeout, pool)
    raise ValueError(f"{backend!r} is not supported: use sqlite or postgresql")


def _sqlite_engine(
    url: URL, role: Role, read_only: bool, busy_timeout: float, pool: dict[str, Any], durable: bool
) -> Engine:
    sqlite_path(url)
    engine = create_engine(
        url.set(drivername=SHARED_SQLITE),
        execution_options={"compiled_cache": COMPILED},
        connect_args={
            "factory": GatedConnection,
            "timeout": busy_timeout,
            "check_same_thread": False,
            "cached_statements": 512,
        },
        **pool,
    )

    @event.listens_for(engine, "connect")
    def connect(raw: GatedConnection, _entry: ConnectionPoolEntry) -> None:
        _prepare(raw, durable)
        register(raw, role)
        if read_only:
            raw.execute("PRAGMA query_only=ON")
        if role != "owner":
            raw.close_the_gate(role, read_only)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A deferred transaction that reads and then writes fails as locked, whatever the timeout.
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _prepare(raw: GatedConnection, durable: bool) -> None:
    # The "begin" event speaks for itself; the driver must not begin transactions of its own.
    raw.isolation_level = None
    # Setting the mode anew takes a lock even where it is set already.
    if raw.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        raw.execute("PRAGMA journal_mode=WAL")
    raw.execute(f"PRAGMA synchronous={'FULL' if durable else 'OFF'}")
    raw.execute("PRAGMA foreign_keys=ON")
    # Without it INSERT OR REPLACE passes the triggers that refuse deletion.
    raw.execute("PRAGMA recursive_triggers=ON")
    # The triggers call functions of ours.
    raw.execute("PRAGMA trusted_schema=ON")


def _postgresql_engine(url: URL, role: Role, read_only: bool, busy_timeout: float, pool: dict[str, Any]) -> Engine:
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        url = url.set(drivername=SHARED_POSTGRESQL)
    engine = create_engine(url, execution_options={"compiled_cache": COMPILED}, **pool)
    # Not where the database is SQLite: the driver takes its time to load.
    from psycopg.errors import error_from_result
    from psycopg.pq import ExecStatus

    from db.cursors import BriefCursor

    begin_words = "BEGIN READ ONLY" if read_only else "BEGIN"
    taken = PG_ROLES.get(role, "none")

    @event.listens_for(engine, "connect")
    def connect(raw: Any, _entry: ConnectionPoolEntry) -> None:
        # The "begin" event speaks for itself; the driver must not begin transactions of its own.
        raw.autocommit = True
        raw.cursor_factory = BriefCursor
        named = f"SET application_name = '{process_name()}'"
        raw.execute(named if role == "owner" else f"{named}; SET ROLE {taken}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # One message in place of four (is it alive? begin, who acts, as whom), in a transaction of a few statements.
        # The role once more at each transaction: a statement of an earlier one may have taken it off.
        raw: Any = connection.connection.dbapi_connection
        actor = (current_actor.get() or "").replace("'", "''")
        # And a limit to each wait for a lock: somebody's forgotten transaction would be waited for without a word.
        words = (
            f"{begin_words}; SELECT set_config('app.actor', '{actor}', true), set_config('role', '{taken}', false),"
            f" set_config('lock_timeout', '{int(busy_timeout * 1000)}', true)"
        )
        try:
            if not raw.autocommit:  # somebody asked for another isolation level, with which the driver begins
                raw.execute(words, prepare=False)
                return
            # Straight to libpq: a cursor of its own took three times as long, and nothing of the answer is read.
            result = raw.pgconn.exec_(words.encode(raw.info.encoding))
            if result.status != ExecStatus.TUPLES_OK:
                raise error_from_result(result)
        except raw.Error as exc:
            if not raw.closed:
                raise OperationalError(words, None, exc) from exc
            # The server was restarted, or has ended it. The pool keeps the others: one that is in use would never be
            # closed, and whoever is handed a dead one tries the next (db/access.py).
            connection.invalidate(exc)
            raise NeverBegan(words, None, exc, connection_invalidated=True) from exc

    return engine
