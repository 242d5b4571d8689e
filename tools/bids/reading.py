"""Reads a feed of tenders, whatever its format: JSON of SAM.gov or of the Open Contracting standard, or a table."""

import gzip
import shutil
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from tools import plain_json
from tools.bids import ocds, sam, table
from tools.bids.notices import Notice, Refusal
from tools.plain_json import BadJson
from tools.reading import UnreadableFile, absent, read_table

MAX_BYTES: Final = 256 * 1024 * 1024
Format = Literal["sam_json", "ocds", "sam_csv", "csv"]


@dataclass(frozen=True)
class Feed:
    """What a file holds. `mapping` is field → column where it is a table, `buyer` who buys where no column says it."""

    format: Format
    notices: list[Notice]
    refused: list[Refusal]
    mapping: dict[str, str] = field(default_factory=dict)
    buyer: str | None = None

    def record(self, notice: Notice) -> dict[str, Any]:
        """What is kept of a notice: the source's record as it came, and what reads it again (`notice_again`)."""
        kept: dict[str, Any] = {"format": self.format, "record": dict(notice.payload)}
        if self.mapping:
            kept["columns"] = self.mapping
        if self.buyer:
            kept["buyer"] = self.buyer
        return kept


def read_feed(path: str | Path, *, columns: Mapping[str, str] | None = None, buyer: str | None = None) -> Feed:
    """Reads a file (.gz too).

    Args:
        path: JSON, JSON lines, or a table with a header.
        columns: field → column, where the names of a table's columns do not tell.
        buyer: who buys, for a table without a column for it.

    Raises UnreadableFile for what is none of these, UnknownColumn where `columns` fits nothing.
    """
    path = Path(path)
    if not path.is_file():
        raise UnreadableFile(absent(path))
    with unpacked(path) as plain:
        if _looks_like_json(plain):
            return _json_feed(plain, path.name)
        read = read_table(plain)
        mapping = table.mapping_of(read.columns, columns)
        if "title" not in mapping:
            raise UnreadableFile(
                f"{path.name} has no column for the title of a tender: {', '.join(read.columns[:12])}. "
                "Name it: --column title=COLUMN."
            )
        source = sam.SOURCE if table.is_sam(read.columns) else table.CSV
        made = [table.notice_of_row(row.cells, mapping, row.number, source, buyer) for row in read.rows()]
        return Feed(
            "sam_csv" if source == sam.SOURCE else "csv",
            [one for one in made if isinstance(one, Notice)],
            [one for one in made if isinstance(one, Refusal)],
            mapping,
            buyer,
        )


def notice_again(kept: Mapping[str, Any]) -> Notice | None:
    """The notice of a record that was kept by `Feed.record`; None where it is not of that form."""
    record = kept.get("record")
    if not isinstance(record, Mapping):
        return None
    match kept.get("format"):
        case "sam_json":
            made = sam.notice_of_record(record, 0)
        case "ocds":
            made = ocds.notice_of_release(record, 0)
        case "sam_csv":
            made = table.notice_of_row(record, kept.get("columns") or {}, 0, sam.SOURCE, kept.get("buyer"))
        case "csv":
            made = table.notice_of_row(record, kept.get("columns") or {}, 0, table.CSV, kept.get("buyer"))
        case _:
            return None
    return made if isinstance(made, Notice) else None


@contextmanager
def unpacked(path: Path) -> Iterator[Path]:
    """The file itself, or for .gz a copy unpacked into a temporary folder. Raises UnreadableFile."""
    if path.suffix.lower() != ".gz":
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="outreach-") as folder:
        plain = Path(folder) / path.stem
        try:
            with gzip.open(path, "rb") as packed, plain.open("wb") as out:
                shutil.copyfileobj(_Bounded(packed, path.name), out)
        except (gzip.BadGzipFile, EOFError, zlib.error) as exc:
            raise UnreadableFile(f"{path.name} is no sound gzip file: {exc}") from exc
        yield plain


class _Bounded:
    """A stream that ends in an error where it unpacks to more than MAX_BYTES."""

    def __init__(self, stream: Any, name: str) -> None:
        self._stream, self._name, self._read = stream, name, 0

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._stream.read(size)
        self._read += len(data)
        if self._read > MAX_BYTES:
            raise UnreadableFile(f"{self._name} unpacks to more than {MAX_BYTES // 2**20} MB. Split it.")
        return data


def _looks_like_json(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096).removeprefix(b"\xef\xbb\xbf").lstrip()
    return head[:1] in (b"{", b"[")


def read_json(path: Path, name: str) -> Any:
    """A JSON document, or a list where each line is one. Raises UnreadableFile."""
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableFile(f"{name} has more than {MAX_BYTES // 2**20} MB. Split it.")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as exc:
        raise UnreadableFile(f"{name} is not UTF-8 text (byte {exc.start}).") from exc
    try:
        return plain_json.read_json(text)
    except BadJson as whole:
        # Not splitlines: a JSON string may hold U+2028 as it is.
        lines = [line for line in text.split("\n") if line.strip()]
        try:
            return [plain_json.read_json(line) for line in lines]
        except BadJson:
            raise UnreadableFile(f"{name} is no sound JSON: {whole}.") from whole


def _records_of(page: object) -> list[Any]:
    """The records of one page of SAM.gov's answers; what is no page stands for itself, to be refused."""
    records = page.get("opportunitiesData") if isinstance(page, dict) else [page]
    return records if isinstance(records, list) else []


def _json_feed(path: Path, name: str) -> Feed:
    document = read_json(path, name)
    records: list[Any] | None = None
    if isinstance(document, dict) and isinstance(document.get("opportunitiesData"), list):
        records = document["opportunitiesData"]
    elif isinstance(document, dict) and "noticeId" in document:
        records = [document]
    elif isinstance(document, list) and document and isinstance(document[0], dict):
        if "opportunitiesData" in document[0]:
            records = [one for page in document for one in _records_of(page)]
        elif "noticeId" in document[0]:
            records = document
    made: list[Notice | Refusal]
    if records is not None:
        made = [
            sam.notice_of_record(one, place)
            if isinstance(one, dict)
            else Refusal(place, "the record is no JSON object")
            for place, one in enumerate(records, start=1)
        ]
        kind: Format = "sam_json"
    elif ocds.is_ocds(document):
        made = [ocds.notice_of_release(one, place) for place, one in enumerate(ocds.releases_in(document), start=1)]
        kind = "ocds"
    else:
        raise UnreadableFile(
            f"{name} is JSON, but neither SAM.gov's opportunities (opportunitiesData) nor OCDS (releases, records)."
        )
    notices = [one for one in made if isinstance(one, Notice)]
    return Feed(kind, notices, [one for one in made if isinstance(one, Refusal)])
