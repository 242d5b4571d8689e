"""The inbox as a list: one line a message, cut to the terminal's width; in a pipe whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from outreach.console import SHORT_ID, out

if TYPE_CHECKING:
    from db.queries.inbox import Line

_GAP = 1
_LEAST = 8
"""The width below which a cut cell says nothing."""
_SHARES = {"person": 16, "organisation": 20, "subject": 18, "note": 18}
"""What the columns of words get of the room that is left, in proportion."""


def show_lines(found: Sequence[Line]) -> None:
    """Prints the messages, best first."""
    from outreach.tables import print_lines

    columns, rows = table(found)
    console = out()
    if not console.is_terminal:
        print_lines(console, columns, rows)
        return
    from rich.text import Text

    for number, row in enumerate(fitted(columns, rows, console.width)):
        console.print(Text(row, style="" if number else "bold"), soft_wrap=True)


def table(found: Sequence[Line]) -> tuple[list[str], list[tuple[object, ...]]]:
    """The columns and the rows. Where any message says why it is where it is, that stands in place of the subjects."""
    noted = any(line.note for line in found)
    columns = ["draft", "tier", "score", "touch", "person", "organisation", "note" if noted else "subject", "QC"]
    rows: list[tuple[object, ...]] = [
        (
            line.draft_id[:SHORT_ID],
            line.tier or "-",
            line.score,
            f"{line.touch_number} {line.channel}",
            line.person,
            line.organisation,
            line.note if noted else line.subject,
            "block" if line.blocks else f"{len(line.warnings)} warn" if line.warnings else "ok",
        )
        for line in found
    ]
    return columns, rows


def fitted(columns: Sequence[str], rows: Sequence[Sequence[object]], width: int) -> list[str]:
    """The header and the rows as lines of at most `width` columns; long words are cut with an ellipsis."""
    from rich.cells import cell_len, set_cell_size

    from outreach.console import cell

    table = [list(columns), *([cell(value) for value in row] for row in rows)]
    widest = [max(cell_len(row[place]) for row in table) for place in range(len(columns))]
    words = [place for place, name in enumerate(columns) if name in _SHARES]
    room = width - _GAP * (len(columns) - 1) - sum(w for place, w in enumerate(widest) if place not in words)
    widths = list(widest)
    # What needs less than its share leaves the rest to the others.
    for place in sorted(words, key=lambda p: widest[p] / _SHARES[columns[p]]):
        share = _SHARES[columns[place]] / sum(_SHARES[columns[p]] for p in words)
        widths[place] = min(widest[place], max(int(room * share), _LEAST))
        room -= widths[place]
        words = [p for p in words if p != place]

    def fit(text: str, size: int) -> str:
        return set_cell_size(text, size) if cell_len(text) <= size else set_cell_size(text, size - 1) + "…"

    gap = " " * _GAP
    return [gap.join(fit(text, widths[place]) for place, text in enumerate(row)).rstrip() for row in table]
