"""What can go wrong with the database, in words that can be shown to a person as they stand."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

PREFIX: Final = "outreach: "
"""Every sentence that our triggers raise begins with this."""

_BUSY: Final = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED
_FULL: Final = (10, 13)  # SQLITE_IOERR (a limit or a quota as well), SQLITE_FULL
_SQLITE_AUTH: Final = 23
_SQLITE_REFUSALS: Final = ("not authorized", "may not be modified", "readonly database")
_MISSING_TABLE: Final = "42P01"
_MISSING_COLUMN: Final = "42703"
_NO_PRIVILEGE: Final = "42501"
_READ_ONLY: Final = "25006"
_BAD_PARAMETER: Final = "22023"
_LOCK_NOT_AVAILABLE: Final = "55P03"
_DISK_FULL: Final = "53100"
_GONE: Final = ("08", "57P0", "53300")
"""A connection that failed, a server that shuts down or starts up, or has no connection left."""
_AGAIN: Final = "run the same command again: it carries on from there"


class DatabaseFault(Exception):
    """The database refused something, or is not as it should be; the message says what and what to do."""


class InvariantViolated(DatabaseFault):
    """The database refused a change that its invariants forbid; the message is the rule that was broken."""


class RoleRefused(DatabaseFault):
    """The connection's role may not do this (an agent cannot approve, nobody rewrites the audit log)."""


class DatabaseAway(DatabaseFault):
    """The database cannot be worked with for now. It is no fault of what was tried: the next would meet it as well, and
    what was tried goes well once the database is back."""


class DatabaseBusy(DatabaseAway):
    """Another process holds the database locked, longer than the timeout."""


class DatabaseFull(DatabaseAway):
    """The disk of the database takes nothing more."""


class DatabaseGone(DatabaseAway):
    """There is no connection, or no longer: the server was stopped, or the network failed. What was being committed
    just then may or may not have been."""


class NotMigrated(DatabaseFault):
    """The database is missing, or its tables are not those of this version of the program."""


class WriteLost(DatabaseFault):
    """A write was undone because another one in the same transaction ended that transaction."""


def _sqlite_code(original: object) -> int | None:
    code = getattr(original, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def sqlstate(exc: BaseException) -> str | None:
    """The SQLSTATE of a PostgreSQL error, None for anything else."""
    original = exc.orig if isinstance(exc, DBAPIError) else exc
    state = getattr(original, "sqlstate", None)
    return state if isinstance(state, str) else None


def is_transient(exc: BaseException) -> bool:
    """Whether PostgreSQL undid a transaction that may well go through when it is made again: a deadlock, or a conflict
    with another one."""
    return isinstance(exc, DBAPIError) and sqlstate(exc) in ("40001", "40P01")


def _invariant(text: str) -> str | None:
    start = text.find(PREFIX)
    if start < 0:
        return None
    return text[start + len(PREFIX) :].splitlines()[0].strip()


def explain(exc: BaseException) -> DatabaseFault | None:
    """The error of ours that a driver's or SQLAlchemy's error stands for, or None where there is none.

    Only raw errors are looked at (`sqlalchemy.exc.DBAPIError`, `sqlite3.Error`, psycopg's errors); one that
    is a DatabaseFault already comes back as it is.
    """
    if isinstance(exc, DatabaseFault):
        return exc
    original = exc.orig if isinstance(exc, DBAPIError) else exc
    state = sqlstate(exc)
    if original is not None and state is None and _is_lost(original):
        return DatabaseGone(_gone(original))
    if original is None or not (isinstance(original, sqlite3.Error) or state is not None):
        return None
    text = str(original)
    rule = _invariant(text)
    if rule is not None:
        return InvariantViolated(rule)
    code = _sqlite_code(original)
    if code in _BUSY or state == _LOCK_NOT_AVAILABLE:
        return DatabaseBusy(
            "the database is locked by another process; wait until it has finished, or stop it, and try again"
        )
    if code in _FULL or state == _DISK_FULL:
        return DatabaseFull(
            f"the disk of the database takes nothing more ({text.splitlines()[0]}); make room on it, then {_AGAIN}"
        )
    if state is not None and state.startswith(_GONE):
        return DatabaseGone(_gone(original))
    if code == _SQLITE_AUTH or any(words in text for words in _SQLITE_REFUSALS):
        return RoleRefused(f"this connection may not do that ({text}); only a person's own command can")
    if state in (_NO_PRIVILEGE, _READ_ONLY):
        return RoleRefused(f"this connection may not do that ({text.splitlines()[0]})")
    if state == _BAD_PARAMETER and "role" in text:
        return NotMigrated(f"{text.splitlines()[0]}: run `outreach db upgrade`")
    if state in (_MISSING_TABLE, _MISSING_COLUMN) or text.startswith(("no such table", "no such column")):
        return NotMigrated(f"{text.splitlines()[0]}: run `outreach db upgrade`")
    return None


def _is_lost(original: object) -> bool:
    """Whether an error without a SQLSTATE is psycopg's about a connection; psycopg need not be installed."""
    kinds = {kind.__name__ for kind in type(original).__mro__ if kind.__module__.startswith("psycopg")}
    return not kinds.isdisjoint(("OperationalError", "InterfaceError"))


def _gone(original: object) -> str:
    said = (str(original).strip().splitlines() or [type(original).__name__])[0].rstrip(".")
    return f"the database cannot be reached ({said}); once its server is there again, {_AGAIN}"
