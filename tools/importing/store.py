"""Rows of our tables without the weight of the ORM: read, changed, and written many at a time.

A chunk's rows go out in one statement a table. The triggers see each of them, as they see every other.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ARRAY, Boolean, ColumnElement, Table, Text, any_, bindparam, insert, literal, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import Session
from sqlalchemy.sql.compiler import SQLCompiler

from db.models import Account, AgentAuditLog, Contact, ExternalId, Prospect, Signal
from db.stamps import new_id, utc_now

ACCOUNTS: Final[Any] = Account.__table__
PROSPECTS: Final[Any] = Prospect.__table__
CONTACTS: Final[Any] = Contact.__table__
EXTERNAL_IDS: Final[Any] = ExternalId.__table__
JOURNAL: Final[Any] = AgentAuditLog.__table__
SIGNALS: Final[Any] = Signal.__table__

# What is read, and what is written, of each table; parents first.
_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "accounts": (
        "id", "name", "domain", "website_url", "industry", "sub_industry", "employee_count", "employee_band", "tier",
        "known_tools", "linkedin_company_url", "annual_revenue", "funding_stage", "last_funding_amount",
        "last_funding_date", "hq_location",
    ),
    "prospects": (
        "id", "account_id", "playbook", "name", "venue_type", "state", "city", "address", "classification",
        "conference", "enrollment", "primary_sport", "stadium_name", "seating_capacity", "source", "source_url",
        "source_date", "deleted_at",
    ),
    "contacts": (
        "id", "account_id", "prospect_id", "first_name", "last_name", "title", "role", "persona_type",
        "seniority_level", "email", "email_verified", "linkedin_url", "phone", "location", "status", "do_not_contact",
        "dnc_reason", "source", "deleted_at",
    ),
    "external_ids": (
        "id", "table_name", "record_id", "source", "external_id", "payload", "source_url", "licence", "observed_on",
    ),
    "signals": ("id", "account_id", "signal_type", "description", "source_url", "detected_at", "expires_at"),
    "agent_audit_log": (
        "id", "agent_run_id", "agent_name", "action", "prospect_id", "contact_id", "details", "requires_review",
    ),
}  # fmt: skip
_TABLES: Final = (ACCOUNTS, PROSPECTS, CONTACTS, EXTERNAL_IDS, SIGNALS, JOURNAL)


_MOST_FILLED: Final = 16384
"""Beyond so many values no list is filled up: SQLite takes 32,766 in one statement."""


class StoredRow:
    """One row: its values by column, and which of them changed since it was read."""

    __slots__ = ("changed", "is_new", "values")

    def __init__(self, values: dict[str, Any], *, is_new: bool = False) -> None:
        self.values = values
        self.is_new = is_new
        self.changed: set[str] = set()

    def __getitem__(self, column: str) -> Any:
        return self.values.get(column)

    def put(self, column: str, value: Any) -> None:
        """Sets a column; it is written when the chunk is."""
        self.values[column] = value
        if not self.is_new:
            self.changed.add(column)

    @property
    def id(self) -> str:
        return str(self.values["id"])


def read(session: Session, table: Table, *where: ColumnElement[bool]) -> list[StoredRow]:
    """The rows of a table that a condition takes, soft-deleted ones as well."""
    names = _COLUMNS[table.name]
    rows = session.execute(select(*(table.c[name] for name in names)).where(*where))
    return [StoredRow(dict(zip(names, row, strict=True))) for row in rows]


class _InAny(ColumnElement[bool]):
    """`column IN (…)` on SQLite; on PostgreSQL `column = ANY (array)`, which is one parameter to parse and bind."""

    inherit_cache = False
    type = Boolean()

    def __init__(self, column: ColumnElement[Any], values: list[Any]) -> None:
        filled = values
        if values:
            # A statement for each number of values would be prepared, and kept in the driver's cache, for every chunk.
            wanted = 1 << max(4, (len(values) - 1).bit_length())
            filled = values + values[-1:] * (min(wanted, _MOST_FILLED) - len(values))
        self.listed = column.in_(filled)
        self.array = column == any_(literal(values, ARRAY(Text)))


@compiles(_InAny)
def _listed(element: _InAny, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.listed, **kw)


@compiles(_InAny, "postgresql")
def _array(element: _InAny, compiler: SQLCompiler, **kw: Any) -> str:
    return compiler.process(element.array, **kw)


def in_any(column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
    """Whether a text column has one of these values."""
    return _InAny(column, sorted(values))


class Pending:
    """What a chunk has to write."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._new: dict[str, list[StoredRow]] = defaultdict(list)
        self._touched: dict[str, dict[str, StoredRow]] = defaultdict(dict)
        self._now = utc_now()
        self._count = 0

    def add(self, table: Table, values: dict[str, Any]) -> StoredRow:
        """A new row; it gets an id unless it has one."""
        held = StoredRow({"id": new_id(), **values}, is_new=True)
        self._new[table.name].append(held)
        return held

    def touch(self, table: Table, held: StoredRow) -> None:
        """A row that was changed, or that shall count as changed."""
        if not held.is_new:
            self._touched[table.name][held.id] = held

    def _moment(self) -> datetime:
        # One microsecond apart, so that what was first in the file stays first.
        self._count += 1
        return self._now + timedelta(microseconds=self._count)

    def flush(self) -> None:
        """Writes everything, and forgets it."""
        connection = self._session.connection()
        for table in _TABLES:
            if new := self._new.pop(table.name, []):
                connection.execute(insert(table), [self._row(table, held) for held in new])
                for held in new:
                    held.is_new = False
            by_columns: dict[tuple[str, ...], list[StoredRow]] = defaultdict(list)
            for held in self._touched.pop(table.name, {}).values():
                by_columns[tuple(sorted(held.changed))].append(held)
            for columns, rows in by_columns.items():
                self._update(connection, table, columns, rows)

    def _row(self, table: Table, held: StoredRow) -> dict[str, Any]:
        values = {name: held.values.get(name) for name in _COLUMNS[table.name]}
        for name in ("created_at", "updated_at", "imported_at"):
            if name in table.c:
                values[name] = self._moment()
        return values

    def _update(self, connection: Any, table: Table, columns: Sequence[str], rows: Sequence[StoredRow]) -> None:
        statement = (
            update(table)
            .where(table.c.id == bindparam("key"))
            .values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in (*columns, "updated_at")})
        )
        connection.execute(
            statement,
            [
                {"key": held.id, "new_updated_at": self._moment(), **{f"new_{n}": held.values[n] for n in columns}}
                for held in rows
            ],
        )
        for held in rows:
            held.changed.clear()
