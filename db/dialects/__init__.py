"""SQL that was compiled for one engine serves every other of its kind.

SQLAlchemy's cache of compiled statements goes by the dialect, of which each engine has one of its own. A command opens
its database in two or three roles, an evaluation a database for each case: each compiled the same statements anew.
Here all engines of a backend share what was compiled, as their dialects compare equal. They may, because a process has
one SQLite library, and talks to one PostgreSQL server, or to several of one version in tests.
"""

from typing import Any, Final

from sqlalchemy.dialects import registry
from sqlalchemy.util import LRUCache

COMPILED: Final[LRUCache[Any, Any]] = LRUCache(2000)
"""The compiled statements of this process: four times as many as SQLAlchemy keeps for one engine."""

SHARED_SQLITE: Final = "sqlite+shared"
SHARED_POSTGRESQL: Final = "postgresql+shared"

# By name, so that the driver that is not used is not loaded.
registry.register("sqlite.shared", "db.dialects.sqlite", "SharedSQLite")
registry.register("postgresql.shared", "db.dialects.postgresql", "SharedPostgreSQL")
