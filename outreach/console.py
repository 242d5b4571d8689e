"""What the program says: data on stdout, words on stderr.

Everything that came from outside (names, subjects, error messages) is shown through `visible`, so that no text can
move the cursor, colour itself, turn its direction or hide a part of itself.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from outreach.as_typed import as_typed

if TYPE_CHECKING:
    from rich.console import Console

SHORT_ID: Final = 8
"""So many characters of an id are shown. Any beginning that only one row has is understood where an id is asked for."""

TOLD_EVERY_S: Final = 30.0
"""How often a long task says how far it is, where no bar can be drawn."""

_HIDDEN_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
# Letters and marks that Unicode files under other categories and that a terminal shows as nothing.
_BLANK = re.compile(
    "[\u034f\u115f-\u1160\u17b4-\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0e\uffa0\U000e0100-\U000e01ef]"
)


_drawn_on: ContextVar[Console | None] = ContextVar("drawn_on", default=None)


def out() -> Console:
    """The console for data. Nothing is taken for markup, and nothing is coloured by guessing."""
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def err() -> Console:
    """The console for words: what happened, what to do next, progress. While a bar is drawn it is the bar's, which
    writes above itself; another one would write into it."""
    from rich.console import Console

    return _drawn_on.get() or Console(stderr=True, markup=False, highlight=False, emoji=False)


def _is_hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN_CATEGORIES or _BLANK.match(char) is not None


def _without_hidden(line: str, written: Callable[[str], str]) -> str:
    """The line with `written(character)` in place of each character that would not be seen."""
    if line.isprintable() and (line.isascii() or not _BLANK.search(line)):
        return line
    return "".join(written(char) if _is_hidden(char) else char for char in line)


def visible(text: object, *, lines: bool = False) -> str:
    """The text with every control, bidi and invisible character written out as `<U+202E>`.

    With `lines`, line breaks and tabs stay what they are; without, a line break shows as `⏎`, so that a cell stays
    one line.
    """
    plain = str(text).replace("\r\n", "\n")
    if not lines:
        plain = plain.replace("\n", " ⏎ ").replace("\t", " ")
        return _without_hidden(plain, _written_out)
    return "\n".join(
        "\t".join(_without_hidden(part, _written_out) for part in line.split("\t")) for line in plain.split("\n")
    )


def _written_out(char: str) -> str:
    return f"<U+{ord(char):04X}>"


def say(text: str, style: str = "", *, playbook: bool = True) -> None:
    """One or more lines of words on stderr, in a terminal broken between words; commands in them are told as_typed."""
    _print_lines(err(), as_typed(text, playbook=playbook), style)


def show(text: str, style: str = "") -> None:
    """Lines of data on stdout, never cut; in a terminal broken between words."""
    _print_lines(out(), text, style)


def _print_lines(console: Console, text: str, style: str) -> None:
    from rich.text import Text

    from outreach.tables import wrapped

    shown = visible(text, lines=True)
    if console.is_terminal:
        shown = wrapped(shown, console.width)
    console.print(Text(shown, style=style), soft_wrap=True)


def _plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def to_json(value: object) -> str:
    """JSON that a person can read as well: letters as they are, invisible characters as JSON escapes."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    return "\n".join(_without_hidden(line, _json_escape) for line in text.split("\n"))


def print_json(value: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(to_json(value) + "\n")


def cell(value: object) -> str:
    """How a value stands in a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return moment(value)
    return visible(value)


def many(count: int, one: str, more: str | None = None) -> str:
    """A count and its noun: '1 draft', '1,204 drafts'; `more` where the plural is not made with s."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def moment(value: datetime | None) -> str:
    """A time as this machine's clock would show it, to the minute."""
    return "" if value is None else value.astimezone().strftime("%Y-%m-%d %H:%M")


def span(milliseconds: int | None) -> str:
    """How long something took, in six characters or fewer: '12ms', '3.4s', '2m05s', '1h10m'."""
    if milliseconds is None:
        return ""
    if milliseconds < 1000:
        return f"{milliseconds}ms"
    if milliseconds < 59_950:
        return f"{milliseconds / 1000:.1f}s"
    minutes, seconds = divmod(round(milliseconds / 1000), 60)
    if minutes < 60:
        return f"{minutes}m{seconds:02d}s"
    return f"{minutes // 60}h{minutes % 60:02d}m"


def dollars(amount: float) -> str:
    """A cost in US dollars, with as many digits as a cheap call needs; nothing where there was none."""
    if not amount:
        return ""
    return f"${amount:,.2f}" if amount >= 1 else f"${amount:.4f}"


def print_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    as_json: bool = False,
    json_rows: Sequence[Mapping[str, Any]] | None = None,
) -> None:
    """A table on stdout; with `as_json` the same as a JSON list.

    In a terminal it keeps to the width without breaking words (rows too wide for that are shown as blocks), and
    nothing is cut off. In a pipe each row is one line.

    Args:
        title: what the table shows.
        columns: their headings; a column of numbers is set to the right.
        rows: the cells; None is an empty cell.
        as_json: print JSON instead.
        json_rows: the objects of the JSON list; without it they are made from `columns` and `rows`.
    """
    cells = [list(row) for row in rows]
    if as_json:
        objects = [dict(zip(columns, row, strict=True)) for row in cells] if json_rows is None else list(json_rows)
        print_json(objects)
        return
    from outreach.tables import print_lines, print_rows

    console = out()
    if title:
        show(title, "bold")
    if console.is_terminal:
        print_rows(console, columns, cells)
    else:
        print_lines(console, columns, cells)


class Bar:
    """A progress bar under way."""

    def __init__(self, advance: Callable[[int], None], describe: Callable[[str], None]) -> None:
        self.advance = advance
        self.describe = describe


def _told_now_and_then(description: str, total: int) -> Callable[[int], None]:
    done, told = 0, monotonic()

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        if monotonic() - told >= TOLD_EVERY_S:
            say(f"{description}: {done:,} of {total:,}")
            told = monotonic()

    return advance


@contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Bar]:
    """Shows on stderr how far a long task is. Where that is no terminal, what is counted is told each half minute.

    Yields a Bar: `bar.advance(1)` counts, `bar.describe("…")` says what is being done. `total` None means unknown.
    """
    if _drawn_on.get() is not None:
        yield Bar(lambda _count: None, lambda _text: None)  # one bar at a time
        return
    console = err()
    if not console.is_terminal:
        yield Bar(_told_now_and_then(description, total) if total else lambda _count: None, lambda _text: None)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = [SpinnerColumn(), TextColumn("{task.description}", markup=False)]
    counted = [BarColumn(bar_width=24), MofNCompleteColumn()] if total else []
    with Progress(*columns, *counted, TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task(visible(description), total=total)
        token = _drawn_on.set(console)
        try:
            yield Bar(
                lambda count: shown.advance(task, count),
                lambda text: shown.update(task, description=visible(text)),
            )
        finally:
            _drawn_on.reset(token)
