"""The report as one page: the funnel, and the rates by everything that they are told apart by."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from outreach.charts import percent, span
from outreach.pages.charts import Bar, Point, bars, line
from outreach.pages.render import render
from outreach.pages.safe import bounded
from outreach.reporting import FUNNEL, MEASURES, rate_of, words_of

if TYPE_CHECKING:
    from markupsafe import Markup

    from tools.rates import Rate

MOST_VALUES: Final = 20
MOST_WEEKS: Final = 52
_LONGEST: Final = 120


def report_page(funnel: dict[str, Any], by: list[dict[str, Any]], read_at: datetime) -> str:
    """The page as HTML text, self-contained. `funnel` and `by` are what `outreach.reporting` makes."""
    words = dict(FUNNEL)
    steps = [
        Bar(
            words[one["step"]],
            rate_of(one["of_sent"]).share,
            f"{one['people']:,} ({percent(rate_of(one['of_sent']).share)})",
        )
        for one in funnel["steps"]
    ]
    return render(
        "report.html",
        name="Outreach report",
        where=" · ".join(words_of(funnel)),
        read_at=f"{read_at.astimezone():%Y-%m-%d %H:%M %Z}",
        summary=[
            ("People written for", f"{funnel['written_for']:,}"),
            ("Touches made", f"{funnel['touches']:,}"),
            ("Bounced", f"{funnel['bounced']:,}"),
            ("Opted out", f"{funnel['opted_out']:,}"),
            ("Pipeline", f"{funnel['pipeline']:,.0f}"),
        ],
        funnel=bars("People, of those who were sent to", steps, most=1.0),
        parts=[{"name": f"By {one['by'].replace('-', ' ')}", **_part(one)} for one in by if one["rows"]],
    )


def _part(told: dict[str, Any]) -> dict[str, Any]:
    unit = "people" if told["unit"] == "person" else "messages"
    return {
        "withheld": told["withheld"],
        "more": max(len(told["rows"]) - (MOST_WEEKS if told["by"] == "week" else MOST_VALUES), 0),
        "charts": [_chart(f"{words} ({unit})", name, told) for name, (words, _) in MEASURES.items()],
    }


def _chart(title: str, measure: str, told: dict[str, Any]) -> Markup:
    if told["by"] == "week":
        weeks = [(row["key"], rate_of(row[measure])) for row in told["rows"][-MOST_WEEKS:]]
        return line(title, [Point(key, one.share if one.enough else None, _note(one)) for key, one in weeks])
    return bars(title, [_bar(row["key"] or "(none)", rate_of(row[measure])) for row in told["rows"][:MOST_VALUES]])


def _bar(label: str, one: Rate) -> Bar:
    label = bounded(label, _LONGEST)
    if not one.enough:
        return Bar(label, 0.0, _note(one))
    return Bar(label, one.share, _note(one), one.low, one.high)


def _note(one: Rate) -> str:
    counts = f"{one.count:,}/{one.of:,}"
    return f"{counts}: {percent(one.share)} ({span(one)})" if one.enough else f"{counts}: too few to say"
