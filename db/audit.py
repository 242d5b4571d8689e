"""The chain over audit_log: each sealed row carries the hash of its content and of the row before it.

On SQLite the triggers seal a row as they write it. On PostgreSQL rows are written unsealed (a chain kept by
every transaction would make all of them wait for one another) and `seal` seals them in batches, one sealer at a
time. A removed or changed row breaks the chain; a tail that was cut off is found by comparing with a head that
was exported earlier.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

GENESIS: Final = "0" * 64
"""What stands for the hash before the first row."""

_PAGE: Final = 2000

_SQLITE_TIME: Final = "CAST(timestamp AS TEXT)"
POSTGRESQL_TIME: Final = """to_char(timestamp AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last sealed row: its number (1, 2, …) and hash. Kept outside the database, it proves the tail."""

    seal_no: int
    hash: str

    def export(self) -> dict[str, int | str]:
        """The head as plain data for a JSON file: `{"seal_no": …, "hash": …}`."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Broken:
    """The first row at which the chain does not hold."""

    seal_no: int
    reason: str


@dataclass(frozen=True, slots=True)
class ChainReport:
    """What `verify` found: rows whose seal holds, rows not sealed yet, the first broken row, the last good row."""

    sealed: int
    unsealed: int
    broken: Broken | None
    head: Head | None

    @property
    def whole(self) -> bool:
        """Whether every sealed row is in its place."""
        return self.broken is None


def chain_hash(prev_hash: str, seal_no: int, *fields: object) -> str:
    """SHA-256 over the hash before, the number and the row's fields, each with its length before it.

    The fields are id, table_name, record_id, action, changed_by, timestamp, old_values, new_values, as text;
    None is not the empty text. The same is written in SQL in the PostgreSQL sealer.
    """
    parts = (prev_hash, seal_no, *fields)
    canonical = ",".join("-" if part is None else f"{len(str(part))}:{part}" for part in parts)
    return hashlib.sha256(canonical.encode()).hexdigest()


def seal(session: Session, batch: int = 1000) -> int:
    """Seals the rows that wait, all of them, and says how many there were; on SQLite there are none.

    PostgreSQL: sealed in id order among the rows that are committed, under an advisory lock that is held until
    the session's transaction ends.
    """
    if session.get_bind().dialect.name == "sqlite":
        return 0
    total = 0
    while done := _seal(session, batch):
        total += done
    return total


def seal_some(session: Session, batch: int = 500, patience: float = 1.0) -> int:
    """Seals at most `batch` of the rows that wait, and says how many; 0 where none wait, and always on SQLite.

    Raises sqlalchemy.exc.DBAPIError where another sealer holds the chain for longer than `patience` seconds.
    """
    if session.get_bind().dialect.name == "sqlite":
        return 0
    session.execute(text("SELECT set_config('lock_timeout', :most, true)"), {"most": f"{patience * 1000:.0f}ms"})
    return _seal(session, batch)


def _seal(session: Session, batch: int) -> int:
    return int(session.execute(text("SELECT outreach_seal(:batch)"), {"batch": batch}).scalar_one())


def unsealed(session: Session) -> int:
    """How many rows are not sealed yet: until they are, nothing shows that one was changed."""
    return int(session.execute(text("SELECT count(*) FROM audit_log WHERE seal_no IS NULL")).scalar_one())


def _rows(session: Session) -> Iterator[Any]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    time = _SQLITE_TIME if sqlite else POSTGRESQL_TIME
    statement = text(
        f"SELECT seal_no, prev_hash, hash, CAST(id AS TEXT) AS id, table_name, record_id, action, changed_by, "  # noqa: S608
        f"{time} AS time, CAST(old_values AS TEXT) AS old, CAST(new_values AS TEXT) AS new "
        "FROM audit_log WHERE seal_no > :after ORDER BY seal_no LIMIT :page"
    )
    after = -(2**62)
    while page := session.execute(statement, {"after": after, "page": _PAGE}).all():
        yield from page
        after = page[-1].seal_no


def verify(session: Session) -> ChainReport:
    """Goes through the whole chain, in order, in constant memory."""
    previous, number, broken = GENESIS, 0, None
    for row in _rows(session):
        expected = number + 1
        if row.seal_no != expected:
            broken = Broken(expected, f"row {expected} is missing, row {row.seal_no} follows row {number}")
        elif row.prev_hash != previous:
            broken = Broken(expected, f"row {expected} does not follow from the row before it")
        elif row.hash != chain_hash(
            previous,
            expected,
            row.id,
            row.table_name,
            row.record_id,
            row.action,
            row.changed_by,
            row.time,
            row.old,
            row.new,
        ):
            broken = Broken(expected, f"row {expected} was changed after it was sealed")
        if broken is not None:
            break
        previous, number = row.hash, expected
    return ChainReport(number, unsealed(session), broken, Head(number, previous) if number else None)


def head(session: Session) -> Head | None:
    """The last sealed row as it stands, not verified; None while nothing is sealed."""
    row = session.execute(
        text("SELECT seal_no, hash FROM audit_log WHERE seal_no IS NOT NULL ORDER BY seal_no DESC LIMIT 1")
    ).one_or_none()
    return None if row is None else Head(int(row.seal_no), str(row.hash))


def compare(session: Session, exported: Head) -> str | None:
    """What is wrong with the chain in view of a head exported earlier; None where it still holds that row."""
    found = session.execute(
        text("SELECT hash FROM audit_log WHERE seal_no = :seal_no"), {"seal_no": exported.seal_no}
    ).scalar_one_or_none()
    if found is None:
        return f"row {exported.seal_no} of the exported head is gone: the end of the audit log was cut off"
    if found != exported.hash:
        return f"row {exported.seal_no} is not the row of the exported head: the audit log was rewritten"
    return None
