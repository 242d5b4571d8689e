"""Finds the row that names the columns: below titles and notes, and where there is none at all."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tools.reading.errors import MAX_COLUMNS, UnreadableFile

LOOK: Final = 40
"""How many records from the top a header may be looked for in."""

_VALUE: Final = re.compile(
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}|https?://\S+|www\.\S+|[+(]?\d[\d\s().-]{6,}|\d{4}-\d\d-\d\d.*|\d+[.,]\d+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Header:
    """Where the columns' names stand: `at` is the index of the record, `data_from` the index of the first row.

    A table without names has `named` False and columns called '(column 1)', …
    """

    columns: tuple[str, ...]
    at: int
    data_from: int
    named: bool


def find_header(records: Sequence[Sequence[str]], name: str) -> Header:
    """The header of a table, from its first records.

    The first record that fills most of the usual width is the header; what stands above it is a title or a note.
    One that holds e-mail addresses, links or phone numbers is a row already: then there are no names.

    Raises UnreadableFile where nothing is filled, or where there are too many columns.
    """
    filled = [sum(1 for cell in record if cell.strip()) for record in records]
    if not any(filled):
        raise UnreadableFile(f"{name} has no header row.")
    usual = _usual_width(filled)
    at = next(i for i, count in enumerate(filled) if count >= max(1, (usual * 3 + 4) // 5))
    at = _above(records, filled, at)
    header = records[at]
    while header and not header[-1].strip():
        header = header[:-1]
    if len(header) > MAX_COLUMNS:
        raise UnreadableFile(f"{name} has {len(header)} columns; at most {MAX_COLUMNS} are read.")
    cells = [cell.strip() for cell in header if cell.strip()]
    named = not any(_VALUE.fullmatch(cell) for cell in cells)
    if named:
        return Header(unique(header), at, at + 1, True)
    width = max(len(header), usual)
    return Header(tuple(f"(column {place})" for place in range(1, width + 1)), at, at, False)


def _usual_width(filled: Sequence[int]) -> int:
    """How many cells the rows mostly fill: the greatest count that a good part of the records comes near to."""
    counts = Counter(count for count in filled if count)
    total = sum(counts.values())
    for width in sorted(counts, reverse=True):
        near = sum(times for count, times in counts.items() if count >= 0.6 * width)
        if near * 2 >= total:
            return width
    return max(counts)


def _above(records: Sequence[Sequence[str]], filled: Sequence[int], at: int) -> int:
    """The first full record, unless it is a row whose header, with a few names only, stands right above it."""
    before = at - 1
    if (
        before >= 0
        and filled[before] >= 2
        and filled[before] * 2 >= filled[at]
        and any(_VALUE.fullmatch(cell.strip()) for cell in records[at])
        and not any(_VALUE.fullmatch(cell.strip()) for cell in records[before])
    ):
        return before
    return at


def unique(header: Sequence[str]) -> tuple[str, ...]:
    """One name for each column, whatever case: blanks become '(column 2)', repeats 'Email (2)'."""
    named: dict[str, str] = {}
    for place, cell in enumerate(header, start=1):
        name = " ".join(cell.split())[:200] or f"(column {place})"
        one, again = name, 2
        while one.casefold() in named:
            one, again = f"{name} ({again})", again + 1
        named[one.casefold()] = one
    return tuple(named.values())
