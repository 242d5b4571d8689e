"""The dialect of SQLite that engines share (db/dialects)."""

from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite


class SharedSQLite(SQLiteDialect_pysqlite):
    """Equal to every other of its kind."""

    supports_statement_cache = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SharedSQLite)

    def __hash__(self) -> int:
        return hash(SharedSQLite)
