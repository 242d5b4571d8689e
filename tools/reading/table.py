"""A file's layout, and its rows one at a time."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from tools.csv_cells import as_it_was
from tools.reading import objects, text, workbook
from tools.reading.errors import MAX_BYTES, MAX_CELL, MAX_COLUMNS, MAX_WORKBOOK, UnreadableFile
from tools.reading.header import LOOK, Header, find_header

__all__ = ["MAX_BYTES", "MAX_CELL", "MAX_COLUMNS", "MAX_WORKBOOK", "REFUSED", "Column", "Row", "Table",
           "UnreadableFile", "read_table"]  # fmt: skip

_FOREIGN: Final = (
    (b"%PDF", "a PDF document. Export the table as CSV or XLSX"),
    (b"\x1f\x8b", "compressed (gzip). Unpack it first"),
    (b"7z\xbc\xaf", "a 7-Zip archive. Unpack it first"),
    (b"SQLite format 3", "a SQLite database. Export the table as CSV"),
    (b"PAR1", "a Parquet file. Export it as CSV"),
)
_PROFILED: Final = 500
_VALUES_SHOWN: Final = 6
REFUSED: Final = ("row", "reason")
"""The first columns of a file of refused rows, by which one is known that somebody has mended and imports again."""


@dataclass(frozen=True)
class Row:
    """One record: `number` is its place in the file, from 1, the header counted; `cells` are trimmed, by column.

    `extra` is how many filled cells it has beyond the columns.
    """

    number: int
    cells: dict[str, str]
    extra: int = 0


@dataclass(frozen=True)
class Column:
    """What a column's first rows hold: some different values, and which shares are filled and different (0-1)."""

    name: str
    values: tuple[str, ...]
    filled: float
    distinct: float


@dataclass(frozen=True)
class Table:
    """A file's layout: its columns in order, up to three sample rows, and how it is written.

    `form` is csv, workbook, json or jsonl; `notes` say what had to be made allowance for.
    """

    path: Path
    form: str
    columns: tuple[str, ...]
    samples: tuple[Row, ...]
    sha256: str
    notes: tuple[str, ...] = ()
    header: Header | None = None
    scanned: text.Scan | None = None
    dialect: text.Dialect | None = None
    sheet: str | None = None
    json_form: objects.Form | None = None

    def rows(self) -> Iterator[Row]:
        """All records, one at a time; blank ones are passed over. Raises UnreadableFile where reading fails."""
        if self.json_form is not None and self.scanned is not None:
            blank = dict.fromkeys(self.columns, "")
            for number, record in objects.records(self.path, self.scanned.encoding, self.json_form):
                if any(record.values()):
                    yield Row(number, blank | {key: cell.strip()[:MAX_CELL] for key, cell in record.items()})
            return
        header, columns = self.header, self.columns
        width = len(columns)
        start = header.data_from if header else 0
        ours = _is_of_refused(columns)
        for number, cells in enumerate(islice(self._records(), start, None), start=start + 1):
            if not any(cells) or not any(cell.strip() for cell in cells):
                continue
            if ours:
                cells = [as_it_was(cell) for cell in cells]
            extra = 0
            if len(cells) < width:
                # Spreadsheets leave trailing blank cells out; more cells than columns means a broken record.
                cells = [*cells, *[""] * (width - len(cells))]
            elif len(cells) > width:
                extra = sum(1 for cell in cells[width:] if cell.strip())
            yield Row(number, {n: c.strip()[:MAX_CELL] for n, c in zip(columns, cells, strict=False)}, extra)

    def _records(self) -> Iterator[list[str]]:
        if self.sheet is not None:
            return workbook.records(self.path, self.sheet)
        if self.scanned is None or self.dialect is None:
            raise TypeError("a table of text needs its encoding and its dialect")
        return text.records(self.path, self.scanned, self.dialect, len(self.columns))

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

    def profile(self) -> list[Column]:
        """What the first 500 rows say of each column, with up to six different values of it."""
        seen: dict[str, dict[str, None]] = {column: {} for column in self.columns}
        filled = dict.fromkeys(self.columns, 0)
        count = 0
        for row in islice(self.rows(), _PROFILED):
            count += 1
            for column, cell in row.cells.items():
                if cell:
                    filled[column] += 1
                    seen[column].setdefault(cell[:120])
        return [
            Column(
                column,
                tuple(islice(seen[column], _VALUES_SHOWN)),
                round(filled[column] / count, 2) if count else 0.0,
                round(len(seen[column]) / filled[column], 2) if filled[column] else 0.0,
            )
            for column in self.columns
        ]


def absent(path: Path) -> str:
    """What to say of a path at which no file is."""
    return f"{path} is a folder, not a file." if path.is_dir() else f"There is no file {path}."


def read_table(path: str | Path, sha256: str | None = None) -> Table:
    """Reads a file's header and samples, whatever its form.

    `sha256`: what the file's digest must be, where that is known. Raises UnreadableFile for what is missing, empty,
    too large, no table, without a header or without rows, or another file than the one that was meant.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(absent(path))
    size = path.stat().st_size
    if size == 0:
        raise UnreadableFile(f"{path.name} is empty.")
    if size > MAX_BYTES:
        raise UnreadableFile(f"{path.name} has {size // 2**20} MB; at most {MAX_BYTES // 2**20} MB are read. Split it.")
    table = _layout(path)
    if sha256 is not None and table.sha256 != sha256:
        raise UnreadableFile(f"{path.name} is not the file that was checked: its SHA-256 is {table.sha256}.")
    samples = tuple(islice(table.rows(), 3))
    if not samples:
        raise UnreadableFile(f"{path.name} has a header and no rows.")
    return replace(table, samples=samples)


def _layout(path: Path) -> Table:
    with path.open("rb") as file:
        start = file.read(16)
    for mark, what in _FOREIGN:
        if start.startswith(mark):
            raise UnreadableFile(f"{path.name} is {what}.")
    if start.startswith((workbook.ZIP, workbook.OLE)):
        return _workbook(path)
    scanned = text.scan(path)
    head = text.head_of(path, scanned)
    if head.lstrip("\ufeff \t\r\n")[:15].casefold().startswith(("<!doctype", "<html", "<?xml", "<table")):
        raise UnreadableFile(f"{path.name} is a web page or XML. Export the table as CSV or XLSX.")
    form = objects.form_of(head)
    if form is not None:
        columns = objects.columns_of(path, scanned.encoding, form)
        if not columns:
            raise UnreadableFile(f"{path.name} has no records.")
        kind = "jsonl" if form == "lines" else "json"
        notes = scanned.notes
        if form == "object" and (remark := objects.passed_over(path, scanned.encoding)):
            notes = (*notes, remark)
        return Table(path, kind, columns, (), scanned.sha256, notes, scanned=scanned, json_form=form)
    dialect = text.dialect_of(head)
    top = list(islice(text.records(path, scanned, dialect), LOOK))
    header = find_header(top, path.name)
    return Table(
        path, "csv", _names(header), (), scanned.sha256, (*scanned.notes, *_remarks(header, top)),
        header, scanned, dialect,
    )  # fmt: skip


def _is_of_refused(columns: tuple[str, ...]) -> bool:
    return columns[: len(REFUSED)] == REFUSED


def _names(header: Header) -> tuple[str, ...]:
    if _is_of_refused(header.columns):
        return tuple(as_it_was(column) for column in header.columns)
    return header.columns


def _workbook(path: Path) -> Table:
    import hashlib

    sheet = workbook.sheet_of(path)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    top = list(islice(workbook.records(path, sheet), LOOK))
    header = find_header(top, path.name)
    notes = (f"sheet '{sheet}'", *_remarks(header, top))
    return Table(path, "workbook", _names(header), (), digest, notes, header, sheet=sheet)


def _remarks(header: Header, top: list[list[str]]) -> tuple[str, ...]:
    above = sum(1 for cells in top[: header.at] if any(cell.strip() for cell in cells))
    notes = [f"{above} line{'s' if above > 1 else ''} above the header passed over"] if above else []
    if not header.named:
        notes.append("the columns have no names")
    return tuple(notes)
