"""Bars of rates in a terminal: the same lines in a pipe, without colour, and in ASCII where nothing else is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.rates import Rate

_WIDTH, _LABEL, _COUNTS, _MOST_LABEL = 80, 8, 13, 26
_SHADES, _PLAIN = ("█", "▒", "░"), ("#", "+", ".")


@dataclass(frozen=True)
class Line:
    """A rate and what it is of."""

    label: str
    rate: Rate


def show_rates(title: str, lines: Sequence[Line]) -> None:
    """One line a rate on stdout: label, count/of, rate, interval, bar. What there is too little of says so instead."""
    from rich.cells import cell_len, set_cell_size
    from rich.text import Text

    from outreach.console import out, show, visible

    console = out()
    shades = _PLAIN if console.options.ascii_only else _SHADES
    width = console.width if console.is_terminal else _WIDTH
    labels = [_short(visible(line.label), _MOST_LABEL) for line in lines]
    room = max([_LABEL, *map(cell_len, labels)])
    bar = max(width - room - _COUNTS - 23, 8)
    full = max((line.rate.high for line in lines if line.rate.enough), default=1.0) or 1.0
    show(title, "bold")
    for label, line in zip(labels, lines, strict=True):
        rate = line.rate
        counts = f"{rate.count:,}/{rate.of:,}"
        text = Text(f"{set_cell_size(label, room)}{counts:>{_COUNTS}}  ")
        if rate.enough:
            text.append(f"{percent(rate.share):>6}", "bold")
            text.append(f" {span(rate):>12}  ")
            text.append(drawn(rate, full, bar, shades), "cyan")
        else:
            text.append("too few to say", "dim")
        console.print(text, soft_wrap=True)


def percent(share: float) -> str:
    """'5.8%'; '100%'."""
    return "100%" if share >= 1 else f"{share * 100:.1f}%"


def span(rate: Rate) -> str:
    """The interval: '3.9-8.5%'."""
    return f"{rate.low * 100:.1f}-{rate.high * 100:.1f}%"


def said(rate: Rate) -> str:
    """A rate in one line, as a page has it: '12/40: 30.0% (18.1-45.4%)', '3/5: too few to say'."""
    counts = f"{rate.count:,}/{rate.of:,}"
    return f"{counts}: {percent(rate.share)} ({span(rate)})" if rate.enough else f"{counts}: too few to say"


def drawn(rate: Rate, full: float, width: int, shades: Sequence[str] = _SHADES) -> str:
    """A bar whose full width is `full`: solid to the interval's lower end, half to the rate, light to its upper end."""
    low, middle, high = (round(value / full * width) for value in (rate.low, rate.share, rate.high))
    return shades[0] * low + shades[1] * (middle - low) + shades[2] * (high - middle)


def legend() -> str:
    """How the bars are read."""
    from outreach.console import out

    solid, half, light = _PLAIN if out().options.ascii_only else _SHADES
    return f"Bars: {solid} to the low end of the 95 % interval, {half} to the rate, {light} to the high end."


def _short(label: str, most: int) -> str:
    from rich.cells import cell_len, set_cell_size

    return label if cell_len(label) <= most else set_cell_size(label, most - 1).rstrip() + "…"
