"""What every model rests on: the declarative base, the column types and the columns that recur.

Every default is given twice, in Python and in SQL, so that a row written by raw SQL is the same row.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    Text,
    func,
    text,
    true,
)
from sqlalchemy import false as sql_false
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedColumn, Relationship, mapped_column, relationship
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import DateTime, TypeDecorator

from db.stamps import new_id, utc_now

NAMING = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base; its metadata is the whole schema."""

    metadata = MetaData(naming_convention=NAMING)


class UTCDateTime(TypeDecorator[datetime]):
    """A point in time: aware in, aware UTC out, on both databases.

    PostgreSQL keeps TIMESTAMPTZ; SQLite keeps UTC as `YYYY-MM-DD HH:MM:SS.ffffff`, which sorts as time
    beside the `YYYY-MM-DD HH:MM:SS` that its CURRENT_TIMESTAMP writes.

    Raises:
        ValueError: a naive datetime is bound; what zone it means cannot be known.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; give an aware datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002 (SQLAlchemy's signature)
    ) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class _TextJson(sqlite.JSON):
    """JSON kept in a TEXT column, as the specifications say; one declared JSON has numeric affinity."""


@compiles(_TextJson, "sqlite")
def _compile_text_json(_type: _TextJson, _compiler: SQLCompiler, **_kw: object) -> str:
    return "TEXT"


# None is SQL NULL, not the JSON word null.
Json = (
    JSON(none_as_null=True)
    .with_variant(JSONB(none_as_null=True), "postgresql")
    .with_variant(_TextJson(none_as_null=True), "sqlite")
)


class uuid_default(ColumnElement[str]):  # noqa: N801 (reads as the SQL function that it is)
    """The SQL default of an id: 32 lower-case hex characters (SB: `lower(hex(randomblob(16)))`)."""

    inherit_cache = True


@compiles(uuid_default, "sqlite")
def _uuid_sqlite(_element: uuid_default, _compiler: SQLCompiler, **_kw: object) -> str:
    return "(lower(hex(randomblob(16))))"


@compiles(uuid_default, "postgresql")
def _uuid_postgresql(_element: uuid_default, _compiler: SQLCompiler, **_kw: object) -> str:
    return "replace(gen_random_uuid()::text, '-', '')"


def uuid_pk() -> MappedColumn[str]:
    """The primary key of almost every table, its first column."""
    return mapped_column(Text, primary_key=True, default=new_id, server_default=uuid_default(), sort_order=-100)


class WithId:
    """An id made in Python, with the specification's SQL default behind it."""

    id: Mapped[str] = uuid_pk()


class Created:
    """When the row was made."""

    created_at: Mapped[datetime] = mapped_column(
        UTCDateTime, default=utc_now, server_default=func.current_timestamp(), sort_order=100
    )


class Stamped(Created):
    """When the row was made and when the ORM last changed it."""

    updated_at: Mapped[datetime] = mapped_column(
        UTCDateTime,
        default=utc_now,
        onupdate=utc_now,
        server_default=func.current_timestamp(),
        sort_order=101,
    )


def moment(default_now: bool = False) -> MappedColumn[Any]:
    """A time column; with `default_now` it is NOT NULL and starts at the time of the insert."""
    if default_now:
        return mapped_column(UTCDateTime, nullable=False, default=utc_now, server_default=func.current_timestamp())
    return mapped_column(UTCDateTime)


def word(default: str) -> MappedColumn[str]:
    """A NOT NULL text column with a default."""
    return mapped_column(Text, nullable=False, default=default, server_default=default)


def flag(default: bool) -> MappedColumn[bool]:
    """A NOT NULL boolean with a default: a third truth value would slip past the guards that read it."""
    return mapped_column(Boolean, nullable=False, default=default, server_default=true() if default else sql_false())


def whole(default: int) -> MappedColumn[int]:
    """A NOT NULL integer with a default."""
    return mapped_column(Integer, nullable=False, default=default, server_default=text(str(default)))


def real(default: float) -> MappedColumn[float]:
    """A NOT NULL float with a default."""
    return mapped_column(Float, nullable=False, default=default, server_default=text(f"{default:g}"))


def json_list() -> MappedColumn[Any]:
    """A NOT NULL JSON array, empty by default."""
    return mapped_column(Json, nullable=False, default=list, server_default=text("'[]'"))


def json_object() -> MappedColumn[Any]:
    """A NOT NULL JSON object, empty by default."""
    return mapped_column(Json, nullable=False, default=dict, server_default=text("'{}'"))


def refers(target: str, *, ondelete: str | None = None) -> MappedColumn[Any]:
    """A foreign key column; `Mapped[str]` makes it NOT NULL, `Mapped[str | None]` nullable."""
    return mapped_column(Text, ForeignKey(target, ondelete=ondelete))


def between(column: str, low: float, high: float) -> CheckConstraint:
    """The CHECK that holds a number between two bounds, both included; NULL passes."""
    return CheckConstraint(f"{column} BETWEEN {low:g} AND {high:g}", name=column)


def many(back_populates: str, **options: Any) -> Relationship[Any]:
    """The children of a row. Deleting the parent leaves them to the database's foreign keys."""
    return relationship(back_populates=back_populates, passive_deletes="all", **options)


def one(back_populates: str | None = None, foreign_keys: Sequence[Any] | str | None = None) -> Relationship[Any]:
    """The row that a foreign key points to."""
    return relationship(back_populates=back_populates, foreign_keys=foreign_keys)
