"""Soft deletion: a row with `deleted_at` is not seen by ordinary ORM queries, nor through the rows they load.

So the deleted parent of a row reads as None. A query that says `execution_options(include_deleted=True)` sees
everything, and so do the relationships of the rows that it loads.
"""

from datetime import datetime
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Executable, event
from sqlalchemy.orm import (
    Mapped,
    ORMExecuteState,
    Session,
    mapped_column,
    sessionmaker,
    with_loader_criteria,
)

from db.columns import UTCDateTime

_MARK = "_hides_deleted"


class SoftDeleted:
    """A row that is hidden rather than removed."""

    deleted_at: Mapped[datetime | None] = mapped_column(UTCDateTime, sort_order=102)


def _hide_deleted(state: ORMExecuteState) -> None:
    # Relationships take the rule, or its absence, from the query that loaded their owner.
    if not state.is_select or state.is_column_load or state.is_relationship_load:
        return
    if state.execution_options.get("include_deleted", False):
        return
    # A statement that is built once keeps its twin with the rule: a new one each time would have to be walked through
    # again for its place in the cache of statements, which takes longer than most of them run.
    hiding = _hiding.get(state.statement)
    if hiding is None:
        hiding = _hiding[state.statement] = state.statement.options(_rule())
    state.statement = hiding


_hiding: WeakKeyDictionary[Executable, Executable] = WeakKeyDictionary()


@cache
def _rule() -> Any:
    return with_loader_criteria(SoftDeleted, lambda cls: cls.deleted_at.is_(None), include_aliases=True)


def install_soft_delete(session_factory: sessionmaker[Session] | type[Session]) -> None:
    """Make the sessions of this factory hide soft-deleted rows. Calling it twice does no harm."""
    kind = session_factory.class_ if isinstance(session_factory, sessionmaker) else session_factory
    # A mark on the class: event.contains() goes by ids, which a later factory may inherit from a dead one.
    if not vars(kind).get(_MARK, False):
        setattr(kind, _MARK, True)
        event.listen(kind, "do_orm_execute", _hide_deleted)
