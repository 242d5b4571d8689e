"""Rows that a person names by an id that was shown to them, or by the beginning of one."""

import re
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_
from sqlalchemy.orm import InstrumentedAttribute, Session

T = TypeVar("T")


def prefix_in(reference: str) -> str | None:
    """What a person gave, as the beginning of an id: 1 to 32 hex digits, in lower case. None where it can be none."""
    prefix = reference.strip().lower()
    return prefix if re.fullmatch(r"[0-9a-f]{1,32}", prefix) else None


def begins(column: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    """Whether an id begins so. Two bounds rather than LIKE: the key's index serves them on both databases."""
    return and_(column >= prefix, column <= prefix + "g")


def the_one(
    session: Session,
    statement: Select[T],
    column: InstrumentedAttribute[str],
    reference: str,
    *,
    what: str,
    listed: str,
    error: type[Exception],
) -> T:
    """The one row of `statement` whose id, in `column`, begins as a person said.

    Raises `error` in words where it is no id (`listed` names the command that lists them), where none fits, or several.
    """
    prefix = prefix_in(reference)
    if prefix is None:
        raise error(f"'{reference}' is no id: give one that `{listed}` lists, or its beginning.")
    found: list[Any] = list(session.scalars(statement.where(begins(column, prefix)).limit(2)))
    if not found:
        raise error(f"There is no {what} whose id begins with {prefix}.")
    if len(found) > 1:
        raise error(f"Several ids begin with {prefix}; give more of it.")
    one: T = found[0]
    return one
