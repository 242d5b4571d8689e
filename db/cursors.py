"""A cursor that describes its columns only where somebody asks.

psycopg makes an object a column each time, and SQLAlchemy asks for the description of every result, but looks into it
only the first time that a statement runs: with the wide rows of the ORM this was a tenth of all that a step cost.
"""

from collections.abc import Iterator, Sequence
from typing import Any, overload

from psycopg import Column, Cursor
from psycopg.pq import ExecStatus


class BriefCursor(Cursor[Any]):
    """psycopg's cursor in all else."""

    @property
    def description(self) -> Any:
        """As PEP 249 has it: one entry a column, None where the statement gave no rows."""
        result = self.pgresult
        if result is None or result.status != ExecStatus.TUPLES_OK:
            return super().description
        return _Columns(self, result.nfields)


class _Columns(Sequence[Column]):
    """The columns of a cursor's present result, described once somebody looks at them."""

    def __init__(self, cursor: BriefCursor, count: int) -> None:
        self._cursor = cursor
        self._count = count
        self._described: list[Column] | None = None

    def _all(self) -> list[Column]:
        if self._described is None:
            self._described = [Column(self._cursor, number) for number in range(self._count)]
        return self._described

    @overload
    def __getitem__(self, index: int) -> Column: ...
    @overload
    def __getitem__(self, index: slice) -> list[Column]: ...
    def __getitem__(self, index: int | slice) -> Column | list[Column]:
        return self._all()[index]

    def __iter__(self) -> Iterator[Column]:
        return iter(self._all())

    def __len__(self) -> int:
        return self._count
