"""Delimited text: in which encoding, with which delimiter and quotes, and its records one by one."""

import codecs
import csv
import hashlib
import io
from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.reading.errors import MAX_LINES, MAX_RECORD, UnreadableFile

HEAD: Final = 256 * 1024
_COMMON: Final = (",", ";", "\t", "|")
_RARE: Final = ("\x1f", "\x01", "^", "~", ":")
_BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS: Final = bytes(set(range(1, 32)) - {1, 9, 10, 12, 13, 31})
# What exports are really written in; of two that fit alike, the commoner.
_LIKELY: Final = (
    "cp1252", "cp1250", "iso8859_2", "cp1251", "koi8_r", "cp1253", "cp1254", "mac_roman", "cp850", "cp437",
    "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr",
)  # fmt: skip


_WESTERN: Final = frozenset("äöüßÄÖÜéèêëÉàâáÁçÇñÑóíúîïôõã“”„‘’–—€…°´©®\xa0")


@dataclass(frozen=True)
class Scan:
    """What one pass over the bytes tells: their digest, how they are encoded, and what had to be made allowance for.

    `nuls`: the text may hold NUL, which is to be left out.
    """

    sha256: str
    encoding: str
    nuls: bool
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Dialect:
    """How cells are told apart."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None
    skip: int = 0


def scan(path: Path) -> Scan:
    """Reads the whole file once, in pieces. Raises UnreadableFile where it is no text."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    high = bytearray()
    nuls = total = bad = 0
    with path.open("rb") as file:
        head = file.read(HEAD)
        file.seek(0)
        while piece := file.read(1 << 20):
            digest.update(piece)
            total += len(piece)
            nuls += piece.count(0)
            if bad < 1000:
                bad += _invalid(decoder, piece)
            if len(high) < HEAD and not piece.isascii():
                high += b"\n".join(line for line in piece.splitlines() if not line.isascii())[: HEAD - len(high)]
    notes: list[str] = []
    if len(head.translate(None, _CONTROLS)) < 0.95 * len(head) and not nuls * 4 > total:
        raise UnreadableFile(f"{path.name} is a binary file, not a table of text.")
    bom = next((encoding for mark, encoding in _BOMS if head.startswith(mark)), None)
    if bom is not None and bom != "utf-8-sig":
        return Scan(digest.hexdigest(), bom, True, ())
    if nuls:
        wide = _wide(head)
        if wide is not None:
            return Scan(digest.hexdigest(), wide, True, (f"read as {wide.upper()} (it has no byte order mark)",))
        if nuls * 50 > total:
            raise UnreadableFile(f"{path.name} is a binary file, not a table of text.")
        notes.append(f"{nuls} NUL bytes were left out")
    if not bad:
        return Scan(digest.hexdigest(), bom or "utf-8", bool(nuls), tuple(notes))
    encoding = "utf-8" if _mostly_utf8(bytes(high)) else _guess(bytes(high))
    notes.append(
        "UTF-8 with broken bytes, shown as \ufffd" if encoding == "utf-8" else f"read as {encoding} (not UTF-8)"
    )
    return Scan(digest.hexdigest(), encoding, bool(nuls), tuple(notes))


def _invalid(decoder: codecs.IncrementalDecoder, piece: bytes) -> int:
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        decoder.reset()
        return 1
    return 0


def _wide(head: bytes) -> str | None:
    """UTF-16 without a mark: of plain letters, every second byte is NUL."""
    half = max(1, len(head) // 2)
    if head[1::2].count(0) > 0.6 * half:
        return "utf-16-le"
    if head[0::2].count(0) > 0.6 * half:
        return "utf-16-be"
    return None


def _mostly_utf8(lines: bytes) -> bool:
    """Whether nearly all that is not ASCII is sound UTF-8: then a few bytes broke, and the encoding is no other."""
    text = lines.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    sound = sum(1 for char in text if not char.isascii() and char != "\ufffd")
    return sound > 4 * broken


def _guess(lines: bytes) -> str:
    # Short lists of names give statistics nothing to go by: western letters and no others are the western encoding.
    if not {char for char in lines.decode("cp1252", errors="replace") if not char.isascii()} - _WESTERN:
        return "cp1252"
    from charset_normalizer import from_bytes

    found = from_bytes(lines, cp_isolation=list(_LIKELY), preemptive_behaviour=False)
    best = found.best()
    if best is None:
        return "cp1252"
    alike = {m.encoding for m in found if m.chaos <= best.chaos + 0.02 and m.coherence >= best.coherence - 0.1}
    return next((encoding for encoding in _LIKELY if encoding in alike), best.encoding)


def head_of(path: Path, found: Scan) -> str:
    """The beginning of the text, cut at the end of a line."""
    with path.open("rb") as file:
        raw = file.read(HEAD)
    text = codecs.getincrementaldecoder(found.encoding)("replace").decode(raw, len(raw) < HEAD).replace("\0", "")
    if len(raw) < HEAD:
        return text
    return text[: max(text.rfind("\n"), text.rfind("\r"), 0)] or text


def dialect_of(head: str) -> Dialect:
    """The delimiter under which the most records agree on their number of cells; and how quotes are written."""
    first, _, rest = head.partition("\n")
    if first.strip("\r\ufeff\"' ").casefold().startswith("sep=") and len(first.strip("\r\ufeff\"' ")) == 5:
        return Dialect(first.strip("\r\ufeff\"' ")[4], *_quoting(rest), skip=1)
    quote, escape = _quoting(head)
    for marks, least in ((_COMMON, 0.5), (_RARE, 0.9)):
        fits = {mark: _fit(head, Dialect(mark, quote, escape)) for mark in marks if mark in head}
        best = max(fits, key=lambda mark: fits[mark], default=",")
        # A colon parts times and links as well: a rare mark must be there in every record.
        if fits.get(best, (0.0, 0))[0] >= least:
            return Dialect(best, quote, escape)
    return Dialect(",", quote, escape)


def _quoting(head: str) -> tuple[str, str | None]:
    single = head.count("','") + head.count("';'") + head.count("'\t'")
    double = head.count('","') + head.count('";"') + head.count('"\t"')
    quote = "'" if single > 2 and single > 4 * double else '"'
    escaped = head.count(f"\\{quote}")
    return quote, "\\" if escaped and escaped > head.count(quote * 2) else None


def _fit(head: str, dialect: Dialect) -> tuple[float, int]:
    """How well a delimiter fits: the share of records of the usual width (two cells at least), and that width."""
    widths: Counter[int] = Counter()
    first = 0
    for number, cells in enumerate(split(io.StringIO(head, newline=""), dialect, None)):
        if any(cell.strip() for cell in cells):
            first = first or len(cells)
            widths[len(cells)] += 1
        if number == 100:
            break
    wide = {width: times for width, times in widths.items() if width > 1}
    if not wide:
        return (0.0, 0)
    usual = max(wide, key=lambda width: (wide[width], width))
    share = wide[usual] / sum(widths.values())
    # Decimal commas in every row of a table with semicolons: the header has none.
    return (round(share - (0.0 if first == usual else 0.3), 1), usual)


def records(path: Path, found: Scan, dialect: Dialect, width: int | None = None) -> Iterator[list[str]]:
    """The records, one at a time; blank ones are empty lists. Raises UnreadableFile where a line has no end."""
    with path.open(encoding=found.encoding, errors="replace", newline="") as file:
        lines: Iterable[str] = _lines(file, path.name)
        if found.nuls:
            lines = (line.replace("\0", "") for line in lines)
        for _ in range(dialect.skip):
            next(iter(lines), None)
        yield from split(lines, dialect, width)


def _lines(file: io.TextIOBase, name: str) -> Iterator[str]:
    while line := file.readline(MAX_RECORD):
        if len(line) >= MAX_RECORD and line[-1] not in "\r\n":
            raise UnreadableFile(f"{name} cannot be read as a table: a line has more than {MAX_RECORD:,} characters.")
        yield line


def split(lines: Iterable[str], dialect: Dialect, width: int | None) -> Iterator[list[str]]:
    """Records out of lines. A quotation mark that is never closed costs its own line, not the rest of the file."""
    csv.field_size_limit(2 * MAX_RECORD)
    waiting: deque[str] = deque()
    source = iter(lines)
    while (line := waiting.popleft() if waiting else next(source, None)) is not None:
        if not _open(line, dialect):
            yield from _parse([line], dialect)
            continue
        block, size = [line], len(line)
        is_open = True
        while is_open and len(block) < MAX_LINES and size < MAX_RECORD:
            more = waiting.popleft() if waiting else next(source, None)
            if more is None:
                break
            block.append(more)
            size += len(more)
            is_open ^= _open(more, dialect)
        found = list(_parse(block, dialect)) if not is_open else []
        if is_open or (len(block) > 1 and _strayed(found, line, dialect, width)):
            waiting.extendleft(reversed(block[1:]))
            yield _literally(line, dialect)
            continue
        yield from found


def _open(line: str, dialect: Dialect) -> bool:
    """Whether a line leaves a quotation open: whether its marks are an odd number."""
    marks = line.count(dialect.quote)
    if dialect.escape and marks:
        marks -= line.count(dialect.escape + dialect.quote)
    return marks % 2 == 1


def _parse(block: list[str], dialect: Dialect) -> Iterator[list[str]]:
    try:
        yield from csv.reader(
            block,
            delimiter=dialect.delimiter,
            quotechar=dialect.quote,
            escapechar=dialect.escape,
            skipinitialspace=True,
        )
    except csv.Error as exc:
        raise UnreadableFile(f"The file cannot be read as a table: {exc}.") from exc


def _literally(line: str, dialect: Dialect) -> list[str]:
    return [cell.strip().strip(dialect.quote) for cell in line.rstrip("\r\n").split(dialect.delimiter)]


def _strayed(found: list[list[str]], line: str, dialect: Dialect, width: int | None) -> bool:
    """Whether lines were joined that are records of their own: the first is a whole one, what was made of them none."""
    if width is None or width < 2 or line.count(dialect.delimiter) + 1 != width:
        return False
    return any(len(cells) not in (0, width) for cells in found)
