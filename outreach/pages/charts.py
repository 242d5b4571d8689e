"""Charts in a page: tables that read as tables, with inline SVG beside the numbers.

The words stand in the table and not in the drawing, so that they wrap on a phone, are read aloud and follow the
page's colours; the drawing is an ornament to them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from outreach.console import visible

_WIDE, _HIGH = 100, 40


@dataclass(frozen=True)
class Bar:
    """One bar: `low` and `high` are the ends of its interval, in the same unit; `note` says the value in words."""

    label: str
    value: float
    note: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Point:
    """One week of a line; `value` None leaves a gap. `note` says the value in words."""

    label: str
    value: float | None
    note: str


def bars(title: str, rows: Sequence[Bar], *, most: float | None = None) -> Markup:
    """Horizontal bars with whiskers where there are intervals. `most` is the value of a full bar, by default the
    greatest that is drawn. Without rows, nothing."""
    if not rows:
        return Markup("")
    full = most if most is not None else max(max(row.value, row.high or 0) for row in rows)
    return _figure(title, "bars", Markup("").join(_bar(row, full or 1) for row in rows))


def _bar(row: Bar, full: float) -> Markup:
    whisker = Markup("")
    if row.low is not None and row.high is not None:
        low, high = _part(row.low, full), _part(row.high, full)
        path = f"M{low} 5H{high}M{low} 2V8M{high} 2V8"
        whisker = Markup('<path class="whisker" vector-effect="non-scaling-stroke" d="{}"/>').format(path)
    drawing = Markup(
        '<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<rect class="track" width="100" height="10"/><rect class="fill" width="{}" height="10"/>{}</svg>'
    ).format(_part(row.value, full), whisker)
    return Markup('<tr><th scope="row">{}</th><td class="drawn">{}</td><td class="said">{}</td></tr>').format(
        _text(row.label), drawing, _text(row.note)
    )


def line(title: str, points: Sequence[Point]) -> Markup:
    """A line over weeks from 0 to the greatest value; the table beneath has each week's words. Without points,
    nothing."""
    if not points:
        return Markup("")
    known = [point.value for point in points if point.value is not None]
    full = max(known, default=0)
    step = (_WIDE - 4) / max(len(points) - 1, 1)
    path, dots, pen_down = "", "", False
    for place, point in enumerate(points):
        if point.value is None:
            pen_down = False
            continue
        at = f"{2 + place * step:.2f} {_HIGH - 2 - _part(point.value, full or 1) * (_HIGH - 4) / 100:.2f}"
        path += f"{'L' if pen_down else 'M'}{at}"
        dots += f"M{at}h0"
        pen_down = True
    drawing = Markup(
        '<svg class="line" viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<path class="axis" vector-effect="non-scaling-stroke" d="M0 {}H{}"/>'
        '<path class="curve" vector-effect="non-scaling-stroke" d="{}"/>'
        '<path class="dots" vector-effect="non-scaling-stroke" d="{}"/></svg>'
    ).format(_WIDE, _HIGH, _HIGH - 1, _WIDE, path, dots)
    ends = Markup('<p class="ends"><span>{}</span><span>{}</span></p>').format(
        _text(points[0].label), _text(points[-1].label) if len(points) > 1 else ""
    )
    rows = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td class="said">{}</td></tr>').format(_text(p.label), _text(p.note))
        for p in points
    )
    return _figure(title, "weeks", rows, drawing + ends)


def _figure(title: str, kind: str, rows: Markup, before: Markup = Markup("")) -> Markup:  # noqa: B008 (never changed)
    return Markup('<figure class="chart {}"><figcaption>{}</figcaption>{}<table>{}</table></figure>').format(
        kind, _text(title), before, rows
    )


def _part(value: float, full: float) -> float:
    """How much of the drawing's width a value is, 0 to 100."""
    return round(min(max(value / full, 0), 1) * 100, 2)


def _text(words: str) -> Markup:
    return escape(visible(words))
