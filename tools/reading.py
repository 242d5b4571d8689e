"""Reads CSV files as people export them, and says plainly why one cannot be read."""

import csv
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
MAX_COLUMNS = 250
MAX_CELL = 20_000
_DELIMITERS = (",", ";", "\t", "|")
_LOOK_AHEAD = 128 * 1024


class UnreadableFile(Exception):
    """The file is not a table that can be read; the message says what it is and what to do."""


@dataclass(frozen=True)
class Row:
    """One record: `number` is its place in the file, the header being 1; `cells` are trimmed, by column."""

    number: int
    cells: dict[str, str]
    extra: int = 0


@dataclass(frozen=True)
class Table:
    """A file's layout: its columns in order, up to three sample rows, and how it is written."""

    path: Path
    delimiter: str
    columns: tuple[str, ...]
    samples: tuple[Row, ...]
    sha256: str

    def rows(self) -> Iterator[Row]:
        """All records, one at a time; blank lines are passed over. Raises UnreadableFile where parsing fails."""
        return _rows(self.path, self.delimiter, self.columns)

    def values(self, column: str, most: int = 20) -> list[str]:
        """Up to `most` different values of a column, in the order of the file, blanks left out."""
        seen: dict[str, None] = {}
        for row in self.rows():
            value = row.cells[column]
            if value:
                seen.setdefault(value[:200])
            if len(seen) >= most:
                break
        return list(seen)


def read_table(path: str | Path, sha256: str | None = None) -> Table:
    """Reads a file's header and samples.

    `sha256`: what the file's digest must be, where that is known. Raises UnreadableFile for what is missing,
    empty, too large, no text, not UTF-8, without a header, or another file than the one that was meant.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(f"There is no file {path}.")
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty.")
    if size > MAX_BYTES:
        raise UnreadableFile(f"{path.name} has {size // 2**20} MB; at most {MAX_BYTES // 2**20} MB are read. Split it.")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if sha256 is not None and digest != sha256:
        raise UnreadableFile(f"{path.name} is not the file that was checked: its SHA-256 is {digest}.")
    head = _head(path)
    delimiter = _delimiter(head)
    columns = _columns(path, delimiter)
    table = Table(path, delimiter, columns, (), digest)
    samples: list[Row] = []
    for row in table.rows():
        samples.append(row)
        if len(samples) == 3:
            break
    if not samples:
        raise UnreadableFile(f"{path.name} has a header and no rows.")
    return Table(path, delimiter, columns, tuple(samples), digest)


def _head(path: Path) -> str:
    with path.open("rb") as file:
        raw = file.read(_LOOK_AHEAD)
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise UnreadableFile(f"{path.name} is an Excel workbook or a ZIP archive. Save it as 'CSV UTF-8' first.")
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableFile(f"{path.name} is UTF-16 text. Save it as 'CSV UTF-8' first.")
    if b"\x00" in raw:
        raise UnreadableFile(f"{path.name} is a binary file, not a table of text.")
    return raw.decode("utf-8-sig", errors="ignore")


def _delimiter(head: str) -> str:
    """The delimiter under which the first records have the most columns, all the same number of them."""

    def fit(delimiter: str) -> tuple[float, int]:
        widths: list[int] = []
        try:
            for cells in csv.reader(io.StringIO(head), delimiter=delimiter):
                if cells:
                    widths.append(len(cells))
                if len(widths) == 20:
                    break
        except csv.Error:
            return (0.0, 0)
        if not widths or widths[0] < 2:
            return (0.0, 0)
        return (sum(width == widths[0] for width in widths) / len(widths), widths[0])

    best = max(_DELIMITERS, key=fit)
    return best if fit(best)[1] else ","


def _columns(path: Path, delimiter: str) -> tuple[str, ...]:
    header = next(_records(path, delimiter), None)
    if header is None or not any(cell.strip() for cell in header):
        raise UnreadableFile(f"{path.name} has no header row.")
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"{path.name} has {len(header)} columns; at most {MAX_COLUMNS} are read.")
    named: dict[str, None] = {}
    for place, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:200] or f"(column {place})"
        unique, again = name, 2
        while unique in named:
            unique, again = f"{name} ({again})", again + 1
        named[unique] = None
    return tuple(named)


def _records(path: Path, delimiter: str) -> Iterator[list[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from csv.reader(file, delimiter=delimiter)
    except UnicodeDecodeError as exc:
        raise UnreadableFile(
            f"{path.name} is not UTF-8 text (byte {exc.start}). Save it as 'CSV UTF-8' and try again."
        ) from exc
    except csv.Error as exc:
        raise UnreadableFile(f"{path.name} cannot be read as a table: {exc}.") from exc


def _rows(path: Path, delimiter: str, columns: tuple[str, ...]) -> Iterator[Row]:
    records = _records(path, delimiter)
    next(records, None)
    for number, cells in enumerate(records, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        # Spreadsheets leave trailing blank cells out; more cells than columns means a broken record.
        padded = [*cells, *[""] * (len(columns) - len(cells))]
        values = {name: cell.strip()[:MAX_CELL] for name, cell in zip(columns, padded, strict=False)}
        yield Row(number, values, extra=sum(1 for cell in cells[len(columns) :] if cell.strip()))
