"""The dialect of PostgreSQL that engines share (db/dialects)."""

from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg


class SharedPostgreSQL(PGDialect_psycopg):
    """Equal to every other of its kind."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedPostgreSQL)

    def __hash__(self) -> int:
        return hash(SharedPostgreSQL)
