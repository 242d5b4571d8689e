"""The Alembic environment: it migrates the connection that db.migrate hands it, and opens none itself."""

from alembic import context
from sqlalchemy import Connection

from db.models import Base


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
