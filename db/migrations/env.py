"""The Alembic environment: it migrates the connection that db.migrate hands it, and opens none itself."""

from alembic import context
from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import ApplyBatchImpl
from sqlalchemy import Connection, Table

from db.models import Base


class SQLite(SQLiteImpl):
    """Tables that are made anew, with a generated column in them: it is worked out again, for it cannot be copied."""

    __dialect__ = "sqlite"

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        """Called once the rows to copy are settled, and before the new table is made."""
        for column in table.columns:
            if column.computed is not None:
                batch_impl.column_transfers[column.name].pop("expr", None)


def _connection() -> Connection:
    connection = context.config.attributes.get("connection")
    if not isinstance(connection, Connection):
        raise TypeError("migrations run on a connection: use `outreach db upgrade` or db.migrate.upgrade(url)")
    return connection


def _run() -> None:
    context.configure(
        connection=_connection(),
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=True,
    )
    context.run_migrations()


_run()
