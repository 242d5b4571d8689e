"""Changes to rows, written down one by one so that they can be taken back to the letter."""

from datetime import UTC, date, datetime
from typing import Any, Final, cast

from sqlalchemy import Date, Table, delete, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from db.columns import Base, UTCDateTime

Row = dict[str, Any]
Step = list[Any]
"""["update", table, id, before, after], ["delete", table, row] or ["insert", table, row]: plain JSON."""

_GUARDED: Final = ("message_drafts", "approval_status")
"""An approval may have lapsed since: then a draft stays archived, and that is said."""


def table_of(name: str) -> Table:
    """A table of the schema by its name."""
    return Base.metadata.tables[name]


def moment_in_log(value: str) -> datetime:
    """A time as the change log (`audit_log`) has it: with its zone on PostgreSQL, in UTC without one on SQLite."""
    found = datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


class UndoLog:
    """Changes rows of a session past the ORM, and keeps `steps`. `updated_at` changes only where it is given."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.steps: list[Step] = []

    def row(self, table: str, row_id: str) -> Row | None:
        """A row by its id, soft-deleted or not."""
        found = self.rows(table, id=row_id)
        return found[0] if found else None

    def rows(self, table: str, **where: Any) -> list[Row]:
        """The rows that have these values, by id."""
        known = table_of(table)
        query = select(known).where(*(known.c[column] == value for column, value in where.items())).order_by(known.c.id)
        return [dict(row) for row in self.session.execute(query).mappings()]

    def ids(self, table: str, **where: Any) -> list[str]:
        """Their ids."""
        known = table_of(table)
        query = select(known.c.id).where(*(known.c[column] == value for column, value in where.items()))
        return list(self.session.scalars(query.order_by(known.c.id)))

    def update(self, table: str, row_id: str, values: Row) -> None:
        """Changes what differs."""
        row = self.row(table, row_id)
        if row is None:
            raise LookupError(f"{table} has no row {row_id}")
        after = {column: value for column, value in values.items() if row[column] != value}
        if not after:
            return
        before = {column: row[column] for column in after}
        self._set(table, row_id, after, row)
        self.steps.append(["update", table, row_id, _plain(before), _plain(after)])

    def delete(self, table: str, row_id: str) -> None:
        """Removes a row."""
        row = self.row(table, row_id)
        if row is None:
            raise LookupError(f"{table} has no row {row_id}")
        known = table_of(table)
        self.session.execute(delete(known).where(known.c.id == row_id))
        self.steps.append(["delete", table, _plain(row)])

    def insert(self, table: str, row: Row) -> None:
        """Adds a row."""
        self._put(table, row)
        self.steps.append(["insert", table, _plain(row)])

    def _put(self, table: str, row: Row) -> None:
        known = table_of(table)
        values = {column.name: row[column.name] for column in known.columns if column.computed is None}
        self.session.execute(insert(known).values(values))

    def _set(self, table: str, row_id: str, values: Row, row: Row) -> None:
        known = table_of(table)
        if "updated_at" in known.c and "updated_at" not in values:
            # Said aloud, or the column's default would set it.
            values = {**values, "updated_at": row["updated_at"]}
        self.session.execute(update(known).where(known.c.id == row_id).values(values))

    def take_back(self, steps: list[Step]) -> list[str]:
        """Plays steps backwards. What was changed since stays as it is now; sentences say so.

        Raises sqlalchemy.exc.DBAPIError where the database refuses.
        """
        left: list[str] = []
        for step in reversed(steps):
            if step[0] == "update":
                left += self._restore(step[1], step[2], _typed(step[1], step[3]), _typed(step[1], step[4]))
            elif step[0] == "delete":
                self._put(step[1], _typed(step[1], step[2]))
            else:
                known = table_of(step[1])
                self.session.execute(delete(known).where(known.c.id == step[2]["id"]))
        return left

    def _restore(self, table: str, row_id: str, before: Row, after: Row) -> list[str]:
        row = self.row(table, row_id)
        if row is None:
            return [f"{table} {row_id} has been removed since"]
        back = {column: value for column, value in before.items() if row[column] == after[column]}
        left = [f"{table} {row_id}: {column} was changed since, and stays" for column in before if column not in back]
        if not back:
            return left
        if (table, *back) != _GUARDED:
            self._set(table, row_id, back, row)
            return left
        point = self.session.begin_nested()
        try:
            self._set(table, row_id, back, row)
        except DBAPIError as exc:
            point.rollback()
            return [*left, f"{table} {row_id} stays archived: {str(exc.orig).splitlines()[0]}"]
        point.commit()
        return left

    @staticmethod
    def touched(steps: list[Step]) -> set[tuple[str, str]]:
        """The rows that steps changed or removed."""
        return {(step[1], step[2] if step[0] == "update" else step[2]["id"]) for step in steps}

    @staticmethod
    def removed(steps: list[Step]) -> set[tuple[str, str]]:
        """The rows that steps removed."""
        return {(step[1], step[2]["id"]) for step in steps if step[0] == "delete"}


def _plain(row: Row) -> Row:
    return {column: value.isoformat() if isinstance(value, date | datetime) else value for column, value in row.items()}


def _typed(table: str, row: Row) -> Row:
    known = table_of(table)
    found: Row = {}
    for column, value in row.items():
        kind = known.c[column].type
        if value is not None and isinstance(kind, UTCDateTime):
            found[column] = datetime.fromisoformat(cast(str, value))
        elif value is not None and isinstance(kind, Date):
            found[column] = date.fromisoformat(cast(str, value))
        else:
            found[column] = value
    return found
