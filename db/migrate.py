"""Brings a database to the present schema, triggers and roles included.

One transaction does all of it on both databases: a migration that fails leaves the database as it was.
"""

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from db import jobs, triggers
from db.engine import make_engine, sqlite_path
from db.roles import create_roles

# Any number will do, as long as every process that migrates takes the same.
_LOCK = 5_072_611

log = structlog.get_logger(__name__)


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    # Alembic's interpolation reads % in a path as its own.
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
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
    engine = make_engine(url, "owner")
    try:
        with engine.begin() as connection:
            upgrade_connection(connection, revision)
            reached = current_revision(connection)
    finally:
        engine.dispose()
    log.info("database upgraded", revision=reached)
    return reached or "base"


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """The same inside the caller's transaction, on a connection with the owner's role."""
    _alone(connection)
    _take_triggers_off(connection)
    command.upgrade(_config(connection), revision)
    _lay_triggers(connection)


def downgrade(url: str, revision: str) -> None:
    """Bring the database at `url` back to `revision` ('base' leaves nothing), for developers and tests."""
    engine = make_engine(url, "owner")
    try:
        with engine.begin() as connection:
            _alone(connection)
            _take_triggers_off(connection)
            command.downgrade(_config(connection), revision)
            if current_revision(connection) is not None:
                _lay_triggers(connection)
            else:
                jobs.remove(connection)
    finally:
        engine.dispose()


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
