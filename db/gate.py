"""What a SQLite connection carries: the gate of its role (an authorizer) and the functions that triggers call.

SQLite asks the gate about everything that a statement would do, when the statement is compiled. What is not on
its lists is refused: no DDL, no ATTACH, no pragma that sets something, no transaction ended by a statement.
"""

import hashlib
import json
import sqlite3
from collections.abc import Callable
from typing import Final

from db.actors import current_actor, is_actor
from db.audit import GENESIS, chain_hash
from db.roles import REFUSED, Action, Role

_WRITES: Final[dict[int, Action]] = {
    sqlite3.SQLITE_INSERT: "INSERT",
    sqlite3.SQLITE_UPDATE: "UPDATE",
    sqlite3.SQLITE_DELETE: "DELETE",
}
_HARMLESS: Final = frozenset(
    (sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE, sqlite3.SQLITE_SAVEPOINT)
)
_SET_NULL: Final = frozenset((("suppressions", "contact_id"),))
# With an argument these still only tell.
_PRAGMAS_THAT_TELL: Final = frozenset(
    (
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    )
)
# Without an argument these tell a setting.
_PRAGMAS_TO_READ: Final = _PRAGMAS_THAT_TELL | frozenset(
    (
        "busy_timeout",
        "compile_options",
        "data_version",
        "database_list",
        "encoding",
        "foreign_keys",
        "function_list",
        "journal_mode",
        "page_count",
        "page_size",
        "query_only",
        "recursive_triggers",
        "synchronous",
        "trusted_schema",
        "user_version",
    )
)


class Gate:
    """The authorizer of one connection: refuses what its role may not do.

    `ending` is true while SQLAlchemy itself ends the transaction; a statement of the same words is refused, for
    it would end the transaction of every write in the group.
    """

    __slots__ = ("_refused", "ending", "read_only")

    def __init__(self, role: Role, read_only: bool = False) -> None:
        self._refused = REFUSED[role]
        self.read_only = read_only
        self.ending = False

    def __call__(
        self, action: int, first: str | None, second: str | None, _database: str | None, source: str | None
    ) -> int:
        return sqlite3.SQLITE_OK if self._allows(action, first, second, source) else sqlite3.SQLITE_DENY

    def _allows(self, action: int, first: str | None, second: str | None, source: str | None) -> bool:
        if action in _HARMLESS:
            return True
        word = (first or "").lower()
        if action in _WRITES:
            # What a foreign key does (ON DELETE SET NULL) is asked about like a statement.
            return (not self.read_only and (word, second) in _SET_NULL) or self._allows_write(
                _WRITES[action], word, source
            )
        if action == sqlite3.SQLITE_FUNCTION:
            return (second or "").lower() != "load_extension"
        if action == sqlite3.SQLITE_TRANSACTION:
            return word == "begin" or self.ending
        if action == sqlite3.SQLITE_PRAGMA:
            return word in (_PRAGMAS_TO_READ if second is None else _PRAGMAS_THAT_TELL)
        return False

    def _allows_write(self, action: Action, table: str, source: str | None) -> bool:
        if self.read_only or table.startswith("sqlite_"):
            return False
        if action not in self._refused.get(table, ()):
            return True
        # `source` is the trigger that writes: only the owner makes triggers, and these fill the log.
        return table == "audit_log" and action == "INSERT" and (source or "").startswith("audit_")


class GatedConnection(sqlite3.Connection):
    """A connection whose own commit and rollback pass the gate."""

    gate: Gate | None = None

    def commit(self) -> None:
        """Commits; see `Gate.ending`."""
        self._end(super().commit)

    def rollback(self) -> None:
        """Rolls back; see `Gate.ending`."""
        self._end(super().rollback)

    def _end(self, act: Callable[[], None]) -> None:
        if self.gate is None:
            act()
            return
        self.gate.ending = True
        try:
            act()
        finally:
            self.gate.ending = False

    def close_the_gate(self, role: Role, read_only: bool) -> None:
        """Puts the role's gate up, from now on."""
        self.gate = Gate(role, read_only)
        self.set_authorizer(self.gate)


def _actor() -> str | None:
    actor = current_actor.get()
    return actor if is_actor(actor) else None


def _digest(value: object) -> str | None:
    if value is None:
        return None
    raw = value if isinstance(value, bytes) else str(value).encode()
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def _address(value: object) -> str | None:
    return None if value is None else str(value).strip().lower()


def _email_domains(address: object) -> str:
    """The domain of an address and its parents, as JSON: a@b.c.example gives b.c.example, c.example, example."""
    if address is None:
        return "[]"
    parts = str(address).rpartition("@")[2].split(".")
    return json.dumps([".".join(parts[start:]) for start in range(len(parts))])


def _chain_hash(prev_hash: str | None, seal_no: int, *fields: object) -> str:
    return chain_hash(prev_hash or GENESIS, seal_no, *fields)


def register(raw: sqlite3.Connection, role: Role) -> None:
    """Gives a connection the SQL functions of the triggers.

    `actor()` is who writes, NULL without one; `connection_role()` the role of the connection; `address(text)` an
    address as suppressions have it; `email_domains(address)` its domain and the domain's parents; `digest(value)`
    what stands in the log for a large value; `chain_hash(…)` is `db.audit.chain_hash`.
    """
    raw.create_function("actor", 0, _actor)
    raw.create_function("connection_role", 0, lambda: role)
    raw.create_function("address", 1, _address, deterministic=True)
    raw.create_function("email_domains", 1, _email_domains, deterministic=True)
    raw.create_function("digest", 1, _digest, deterministic=True)
    raw.create_function("chain_hash", 10, _chain_hash, deterministic=True)
