"""Takes a table's rows in, some thousand at a time, each chunk in a transaction of its own."""

import asyncio
import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from sqlalchemy.orm import Session

from db.access import Database
from tools.csv_cells import harmless
from tools.importing.cleaning import Clean, Cleaner
from tools.importing.contacts import StoredPeople, prospect_for, take_contact
from tools.importing.job import ImportJob, Outcome, Reject, RowRefused
from tools.importing.openings import Signals, take_opening
from tools.importing.organisations import take_facts, take_organisation
from tools.importing.records import Names, StoredOrganisations
from tools.importing.store import Pending, StoredRow
from tools.reading import REFUSED, Row, Table

CHUNK = 2000


class RejectSink(Protocol):
    """Where refused rows go as they come."""

    def add(self, rejects: Sequence[Reject]) -> None:
        """Takes some of them."""


class Seen:
    """Which keys the rows of a file had so far: eight bytes of a digest each, since files are long."""

    def __init__(self) -> None:
        self._before: set[int] = set()
        self.now: set[int] = set()

    @staticmethod
    def _mark(key: str) -> int:
        return int.from_bytes(hashlib.blake2b(key.encode(), digest_size=8).digest(), "big")

    def __contains__(self, key: str) -> bool:
        mark = self._mark(key)
        return mark in self._before or mark in self.now

    def add(self, key: str) -> None:
        """A row that was taken had this key."""
        self.now.add(self._mark(key))

    def start(self) -> None:
        """A chunk begins, or begins anew: what an attempt that failed had seen is forgotten."""
        self.now = set()

    def keep(self) -> None:
        """The chunk is committed."""
        self._before |= self.now
        self.now = set()


@dataclass
class Progress:
    """What an import carries from chunk to chunk."""

    seen: Seen = field(default_factory=Seen)
    names: Names = field(default_factory=Names)


async def import_rows(db: Database, job: ImportJob, table: Table, sink: RejectSink | None = None) -> Outcome:
    """Imports every row of a table; what cannot be taken goes to `sink`, with its reason, and is counted.

    The same table again changes nothing. Raises UnreadableFile where the file breaks off half-way; the chunks
    before that stay.
    """
    total, progress = Outcome(), Progress()
    chunks = cleaned(job, table.rows())
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        rows, seconds = chunk
        part, names = await db.write(lambda session, r=rows: import_chunk(session, job, r, progress))  # type: ignore[misc]
        # Only now is it there for good: a transaction may be tried twice.
        progress.seen.keep()
        for name, account_id in names:
            progress.names.add(name, account_id)
        part.spent("normalise", seconds)
        if sink is not None and part.rejects:
            await asyncio.to_thread(sink.add, part.rejects)
        total.add(part)
    return total


def cleaned(job: ImportJob, rows: Iterator[Row]) -> Iterator[tuple[list[Clean], float]]:
    """The rows in one form, a chunk at a time, and how many seconds that took (reading not counted)."""
    cleaner = Cleaner(job)
    while chunk := list(islice(rows, CHUNK)):
        start = perf_counter()
        found = [cleaner.clean(row) for row in chunk]
        yield found, perf_counter() - start


def import_chunk(
    session: Session, job: ImportJob, rows: Sequence[Clean], progress: Progress
) -> tuple[Outcome, list[tuple[str, str]]]:
    """Imports some rows in the session's transaction; also the names of the organisations that it made or renamed."""
    outcome, out = Outcome(), Pending(session)
    progress.seen.start()
    start = perf_counter()
    sound = [row for row in rows if row.refused is None]
    known = StoredOrganisations(session, job, sound, progress.names, out)
    people = StoredPeople(session, job, sound, known) if job.kind == "contacts" else None
    signals = Signals(session, known) if job.kind == "openings" else None
    taker = _Taker(job, known, people, signals, outcome, out, progress.seen)
    for row in rows:
        outcome.processed += 1
        before = (outcome.created.total(), outcome.updated.total())
        try:
            if row.refused is not None:
                raise RowRefused(row.refused)
            taker.take(row)
        except RowRefused as refused:
            outcome.refuse(row.row, str(refused))
            continue
        outcome.unchanged += before == (outcome.created.total(), outcome.updated.total())
    matched = perf_counter()
    out.flush()
    if people is not None:
        people.finish()
    outcome.spent("match", matched - start)
    outcome.spent("write", perf_counter() - matched)
    return outcome, known.new_names


@dataclass
class _Taker:
    job: ImportJob
    known: StoredOrganisations
    people: StoredPeople | None
    signals: Signals | None
    outcome: Outcome
    out: Pending
    seen: Seen

    def take(self, row: Clean) -> None:
        if self.people is not None:
            self._person(self.people, row)
            return
        if row.key is None:
            raise RowRefused("the row names no organisation")
        if row.key in self.seen:
            raise RowRefused("an earlier row has the same id")
        if self.signals is not None:
            take_opening(self.job, self.known, self.signals, row, self.outcome, self.out)
        elif self.job.kind == "facts":
            take_facts(self.known, row, self.outcome, self.out)
        else:
            take_organisation(self.job, self.known, row, self.outcome, self.out)
        self.seen.add(row.key)

    def _person(self, people: StoredPeople, row: Clean) -> None:
        first = row.key is not None and row.key not in self.seen
        prospect: StoredRow = prospect_for(self.job, self.known, row, self.outcome, self.out, first=first)
        if first and row.key is not None:
            self.seen.add(row.key)
        key = take_contact(self.job, people, row, self.outcome, self.out, prospect, lambda key: f"\0{key}" in self.seen)
        # Apart from the organisations' keys, which may be the same numbers.
        self.seen.add(f"\0{key}")


class RejectFile(AbstractContextManager["RejectFile"]):
    """A CSV file of refused rows, with their number in the file and the reason; made at the first.

    Spreadsheet programs take no cell of it for a formula, and `read_table` gives each cell as it came.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self._path, self._table = path, table
        self._file: TextIO | None = None
        self._writer: Any = None
        self.count = 0

    def add(self, rejects: Iterable[Reject]) -> None:
        """Writes some."""
        for reject in rejects:
            if self._file is None:
                # A half of a surrogate pair has no UTF-8 form, and must not keep the rest from being written.
                self._file = self._path.open("w", encoding="utf-8", errors="replace", newline="")
                self._writer = csv.writer(self._file)
                self._write([*REFUSED, *self._table.columns])
            cells = (reject.row.cells.get(column, "") for column in self._table.columns)
            self._write([reject.row.number, reject.reason, *cells])
            self.count += 1

    def _write(self, cells: Iterable[object]) -> None:
        self._writer.writerow([harmless(cell) for cell in cells])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _exc: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
