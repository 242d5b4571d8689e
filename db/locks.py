"""Locks that one process at a time holds over a database, by name; whoever dies lets go of them.

On SQLite a file beside the database that the operating system locks, on PostgreSQL an advisory lock of a session.
"""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout
from sqlalchemy import text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.engine import make_engine, sqlite_path

_HELD: Final = text(
    "SELECT (classid::bigint << 32) | objid::bigint FROM pg_locks"
    " WHERE locktype = 'advisory' AND objsubid = 1 AND granted"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)
STEP: Final = "step"


class LockHeld(Exception):
    """Another process holds the lock."""


def lock_key(name: str) -> int:
    """The 64 bits, with a sign, that stand for a name among PostgreSQL's advisory locks."""
    return int.from_bytes(hashlib.sha256(f"outreach/{name}".encode()).digest()[:8], "big", signed=True)


def step_lock(run_id: str) -> str:
    """The name of the lock that is held for as long as a step outside of the graph is under way."""
    return f"{STEP}.{run_id}"


@contextmanager
def only_one(url: str | URL, name: str) -> Iterator[None]:
    """Holds the lock `name` of a database. Raises LockHeld where somebody else does."""
    path = sqlite_path(make_url(url))
    if path is not None:
        lock = FileLock(_file(path, name), timeout=0)
        try:
            lock.acquire()
        except Timeout as exc:
            raise LockHeld(name) from exc
        try:
            yield
        finally:
            if name.startswith(STEP):
                # Each has a name of its own: the files would stay for ever.
                _file(path, name).unlink(missing_ok=True)
            lock.release()
        return
    engine = make_engine(url, "agent", pool_size=1)
    try:
        with engine.connect() as connection:
            if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": lock_key(name)}):
                raise LockHeld(name)
            connection.commit()
            try:
                yield
            finally:
                # The server notices a closed connection only a little later; whoever comes next would be refused.
                with suppress(DBAPIError):
                    connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": lock_key(name)})
                    connection.commit()
    finally:
        engine.dispose()


def held_among(session: Session, names: Collection[str]) -> set[str]:
    """Those of the names whose lock somebody holds now, on the database of the session."""
    if not names:
        return set()
    connection = session.connection()
    path = sqlite_path(connection.engine.url)
    if path is None:
        keys = set(session.scalars(_HELD))
        return {name for name in names if lock_key(name) in keys}
    return {name for name in names if _is_held(_file(path, name))}


def _file(path: Path, name: str) -> Path:
    # Beside the database, whoever's home it is used from.
    return Path(f"{path}.{name}.lock")


def _is_held(file: Path) -> bool:
    if not file.exists():
        return False
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    if file.name.split(".")[-3:-2] == [STEP]:
        file.unlink(missing_ok=True)
    lock.release()
    return False
