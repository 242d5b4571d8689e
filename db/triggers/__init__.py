"""All triggers, from one place: laid by `install`, taken off by `remove`, compared by `db.check` with `expected`.

They are made from the models' metadata, so a new table is audited without anybody thinking of it.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, text

from db.models import Base
from db.triggers import audit, guards_postgresql, guards_sqlite

__all__ = ["expected", "install", "remove"]


def expected(dialect_name: str) -> dict[str, str]:
    """Name and text of all our triggers on a database; on PostgreSQL of their functions as well."""
    if dialect_name == "sqlite":
        return dict((*guards_sqlite.triggers(), *audit.sqlite_triggers(Base.metadata)))
    return dict(_functions()) | {name: sql for name, _table, sql in _postgresql_triggers()}


def _functions() -> Iterator[tuple[str, str]]:
    yield from audit.postgresql_functions()
    yield from guards_postgresql.functions()


def _postgresql_triggers() -> Iterator[tuple[str, str, str]]:
    yield from guards_postgresql.triggers()
    yield from audit.postgresql_triggers(Base.metadata)


def install(connection: Connection) -> None:
    """Lays all triggers anew, as the owner, in the connection's transaction. Idempotent."""
    remove(connection)
    # The texts hold percent signs, which the driver would take for parameters.
    connection = connection.execution_options(no_parameters=True)
    if connection.dialect.name == "sqlite":
        for sql in expected("sqlite").values():
            connection.exec_driver_sql(sql)
        return
    for _name, sql in _functions():
        connection.exec_driver_sql(sql)
    for name, table, sql in _postgresql_triggers():
        connection.exec_driver_sql(sql)
        # Fires under session_replication_role = replica, too.
        connection.exec_driver_sql(f"ALTER TABLE public.{table} ENABLE ALWAYS TRIGGER {name}")


def remove(connection: Connection) -> None:
    """Takes off all triggers on our tables, those of other versions too, with their functions."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(text("SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"))
        for name, table in found.all():
            if table in Base.metadata.tables:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        return
    found = connection.execute(
        text(
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace"
        )
    )
    for name, table in found.all():
        if table in Base.metadata.tables:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON public."{table}"')
    functions = connection.execute(
        text(
            "SELECT p.oid::regprocedure::text FROM pg_proc p"
            " WHERE p.pronamespace = 'public'::regnamespace AND starts_with(p.proname, 'outreach_')"
        )
    )
    for signature in functions.scalars().all():
        connection.exec_driver_sql(f"DROP FUNCTION {signature} CASCADE")
