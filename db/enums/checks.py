"""An enumeration as the database holds it: a named CHECK on a column."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column


def values(enumeration: type[StrEnum]) -> tuple[str, ...]:
    """The values of an enumeration, in the order of its definition."""
    return tuple(member.value for member in enumeration)


def one_of(column: str | Column[str], enumeration: type[StrEnum], nullable: bool = False) -> CheckConstraint:
    """The CHECK that holds `column` to `enumeration`, named after the column.

    Args:
        column: the column or its name; the metadata's naming convention adds the table's name.
        enumeration: the definition of the allowed values.
        nullable: says `OR column IS NULL` aloud, as the specifications do for such columns.
    """
    name = column if isinstance(column, str) else column.name
    allowed = ", ".join("'" + value.replace("'", "''") + "'" for value in values(enumeration))
    sql = f"{name} IN ({allowed})"
    return CheckConstraint(f"{sql} OR {name} IS NULL" if nullable else sql, name=name)
