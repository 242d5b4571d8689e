"""Brings a database to the present schema, triggers and roles included.

One transaction does all of it on both databases: a migration that fails leaves the database as it was.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from db import jobs, triggers
from db.engine import make_engine, sqlite_path
from db.errors import is_transient
from db.roles import create_roles

SCRIPTS = Path(__file__).parent / "migrations"
# Any number will do, as long as every process that migrates takes the same.
_LOCK = 5_072_611
ATTEMPTS = 6
"""How often an upgrade is tried on PostgreSQL where it and the work of others stood in each other's way."""

log = structlog.get_logger(__name__)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic's interpolation reads % in a path as its own.
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def current_revision(connection: Connection) -> str | None:
    """The revision of a connected database; None where nothing was ever migrated."""
    return MigrationContext.configure(connection).get_current_revision()


def current(url: str) -> str | None:
    """The revision of the database at `url`; None where it is empty or, on SQLite, not there."""
    path = sqlite_path(url)
    if path is not None and not path.exists():
        return None
    engine = make_engine(url, "owner")
    try:
        with engine.connect() as connection:
            return current_revision(connection)
    finally:
        engine.dispose()


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the database at `url` to `revision`, roles and triggers included; say the revision reached.

    The connection has the owner's role. Calling it on a database that is up to date changes nothing but
    puts back triggers that were lost.

    Raises:
        sqlalchemy.exc.DBAPIError: the database can't be reached, or refused a statement; nothing is changed.
        alembic.util.CommandError: the revision is unknown, such as one of a newer version of the program.
    """
    # Triggers take locks that workers may be waiting for with locks of theirs.
    tries = Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(0.1, max=2.0),
        retry=retry_if_exception(is_transient),
        reraise=True,
    )
    reached = tries(_upgrade, url, revision)
    log.info("database upgraded", revision=reached)
    return reached or "base"


def _upgrade(url: str, revision: str) -> str | None:
    with _as_owner(url) as connection:
        _take_triggers_off(connection)
        command.upgrade(_config(connection), revision)
        _lay_triggers(connection)
        return current_revision(connection)


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` back to `revision` ('base' leaves nothing), for developers and tests."""
    with _as_owner(url) as connection:
        _take_triggers_off(connection)
        command.downgrade(_config(connection), revision)
        if current_revision(connection) is not None:
            _lay_triggers(connection)
        else:
            jobs.remove(connection)


@contextmanager
def _as_owner(url: str) -> Iterator[Connection]:
    """One transaction on a connection with the owner's role, and nobody else migrates meanwhile.

    SQLite changes a column or a CHECK by making its table anew, and to drop the old one is to delete its rows: with
    foreign keys on, rows that point to them would be deleted, or would refuse it. So they are off, which SQLite takes
    before a transaction only, and what points nowhere in the end undoes it all.
    """
    engine = make_engine(url, "owner")
    sqlite = engine.dialect.name == "sqlite"
    try:
        with engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            if sqlite:
                raw.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                _alone(connection)
                before = current_revision(connection)
                yield connection
                if sqlite and current_revision(connection) != before:
                    _hold_together(connection)
    finally:
        engine.dispose()


def _hold_together(connection: Connection) -> None:
    query = "PRAGMA foreign_key_check"
    if found := connection.exec_driver_sql(query).first():
        raise IntegrityError(query, None, sqlite3.IntegrityError(f"rows of {found[0]} point to none of {found[2]}"))


def _alone(connection: Connection) -> None:
    # SQLite's BEGIN IMMEDIATE keeps a second migration out already.
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _take_triggers_off(connection: Connection) -> None:
    """They are off while tables and rows move: a batch operation drops a table's triggers without a word,
    and moving rows is no change that anybody made."""
    if current_revision(connection) is not None:
        triggers.remove(connection)


def _lay_triggers(connection: Connection) -> None:
    create_roles(connection)
    jobs.install(connection)
    triggers.install(connection)
