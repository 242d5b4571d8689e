"""Words and tables within the width of a terminal: no word is broken that could stay whole, nothing is cut off."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, JustifyMethod

GAP = "   "
_LEAST = 20
_COMMAND = re.compile(r"`[^`\n]+`|(?<=: )outreach(?: [^\s,;.:()`]+){1,5}")
_HELD = "\x00"


def wrapped(text: str, width: int, hang: int = 0) -> str:
    """Lines broken between words at `width` columns; what goes on is indented as its line was, and by `hang` more.

    A command in backticks or after a colon stays whole, so that it can be copied; so does a word longer than a line.
    """
    room = max(width, _LEAST)
    return "\n".join(part for line in text.split("\n") for part in _broken(line, room, hang))


def _broken(line: str, width: int, hang: int) -> list[str]:
    if len(line) <= width:
        return [line]
    lead = line[: len(line) - len(line.lstrip(" "))]
    whole = _COMMAND.sub(lambda found: found[0].replace(" ", _HELD), line.lstrip(" "))
    parts = textwrap.wrap(
        whole,
        width,
        initial_indent=lead,
        subsequent_indent=lead + " " * hang,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return [part.replace(_HELD, " ") for part in parts]


def print_rows(console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """A table where every word of it fits; where not, each row as a block of 'column: value'."""
    least = [max(_longest(row[place]) for row in [columns, *rows]) for place in range(len(columns))]
    if not rows or sum(least) + len(GAP) * len(columns) <= console.width:
        _print_table(console, columns, rows, least)
        return
    for row in rows:
        for line in _block(columns, row, console.width):
            console.print(line, soft_wrap=True)
    console.print()


def _longest(value: object) -> int:
    """The widest piece of a cell that should stay whole: a word, or a time of day with its date."""
    from rich.cells import cell_len

    from outreach.console import cell

    text = cell(value)
    return cell_len(text) if isinstance(value, datetime) else max(map(cell_len, text.split()), default=0)


def _print_table(
    console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]], least: Sequence[int]
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from outreach.console import cell

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for place, name in enumerate(columns):
        justify: JustifyMethod = "right" if _is_number_column(rows, place) else "left"
        table.add_column(name, justify=justify, overflow="fold", min_width=min(least[place], console.width))
    for row in rows:
        table.add_row(*(Text(cell(value), overflow="fold") for value in row))
    console.print(table)


def print_lines(console: Console, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """The table as other programs read it: each row one line, columns two spaces apart."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    from outreach.console import cell

    lines = [[cell(value) for value in row] for row in [columns, *rows]]
    widths = [max(cell_len(line[place]) for line in lines) for place in range(len(columns))]
    right = [_is_number_column(rows, place) for place in range(len(columns))]
    for line in lines:
        shown = (
            " " * (width - cell_len(text)) + text if to_right else set_cell_size(text, width)
            for text, width, to_right in zip(line, widths, right, strict=True)
        )
        console.print(Text("  ".join(shown).rstrip()), soft_wrap=True)


def _is_number_column(rows: Sequence[Sequence[object]], place: int) -> bool:
    return bool(rows) and all(isinstance(row[place], int | float | None) for row in rows)


def _block(columns: Sequence[str], row: Sequence[object], width: int) -> Iterator[str]:
    """The first cell, which names the row, and the others beside and below it, each with its column's name."""
    from rich.cells import cell_len

    from outreach.console import cell

    name = cell(row[0])
    indent = cell_len(name) + 2
    if indent > width // 3:
        yield from textwrap.wrap(name, width)
        name, indent = "", 4
    pairs = [
        f"{column}: {cell(value)}" for column, value in zip(columns[1:], row[1:], strict=True) if cell(value).strip()
    ]
    lines: list[str] = []
    for pair in pairs:
        if lines and cell_len(lines[-1]) + len(GAP) + cell_len(pair) <= width - indent:
            lines[-1] += GAP + pair
        else:
            lines += textwrap.wrap(pair, max(width - indent, _LEAST), subsequent_indent="  ", break_on_hyphens=False)
    for place, line in enumerate(lines or [""]):
        yield f"{name if place == 0 else '':<{indent}}{line}".rstrip()
