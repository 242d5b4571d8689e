"""What can go wrong with the database, in words that can be shown to a person as they stand."""

import sqlite3
from typing import Final

from sqlalchemy.exc import DBAPIError

PREFIX: Final = "outreach: "
"""Every sentence that our triggers raise begins with this."""

_BUSY: Final = (5, 6)  # SQLITE_BUSY, SQLITE_LOCKED
_SQLITE_AUTH: Final = 23
_SQLITE_REFUSALS: Final = ("not authorized", "may not be modified", "readonly database")
_MISSING_TABLE: Final = "42P01"
_MISSING_COLUMN: Final = "42703"
_NO_PRIVILEGE: Final = "42501"
_READ_ONLY: Final = "25006"
_BAD_PARAMETER: Final = "22023"


class DatabaseFault(Exception):
    """The database refused something, or is not as it should be; the message says what and what to do."""


class InvariantViolated(DatabaseFault):
    """The database refused a change that its invariants forbid; the message is the rule that was broken."""


class RoleRefused(DatabaseFault):
    """The connection's role may not do this (an agent cannot approve, nobody rewrites the audit log)."""


class DatabaseBusy(DatabaseFault):
    """Another process holds the database locked, longer than the timeout."""


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
    if original is None or not (isinstance(original, sqlite3.Error) or state is not None):
        return None
    text = str(original)
    rule = _invariant(text)
    if rule is not None:
        return InvariantViolated(rule)
    code = _sqlite_code(original)
    if code in _BUSY:
        return DatabaseBusy(
            "the database is locked by another process; wait until it has finished, or stop it, and try again"
        )
    if code == _SQLITE_AUTH or any(words in text for words in _SQLITE_REFUSALS):
        return RoleRefused(f"this connection may not do that ({text}); only a person's own command can")
    if state in (_NO_PRIVILEGE, _READ_ONLY):
        return RoleRefused(f"this connection may not do that ({text.splitlines()[0]})")
    if state == _BAD_PARAMETER and "role" in text:
        return NotMigrated(f"{text.splitlines()[0]}: run `outreach db upgrade`")
    if state in (_MISSING_TABLE, _MISSING_COLUMN) or text.startswith(("no such table", "no such column")):
        return NotMigrated(f"{text.splitlines()[0]}: run `outreach db upgrade`")
    return None
