"""The report as one page: the funnel, and the rates by everything that they are told apart by."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from outreach.charts import said
from outreach.pages.charts import Bar, Point, bars, line
from outreach.pages.figures import Table
from outreach.pages.render import render
from outreach.pages.safe import bounded
from outreach.reporting import FUNNEL, MEASURES, rate_of, words_of
from tools.rates import ENOUGH

if TYPE_CHECKING:
    from markupsafe import Markup

    from tools.rates import Rate

MOST_VALUES: Final = 20
MOST_WEEKS: Final = 52
_LONGEST: Final = 120


def report_page(funnel: dict[str, Any], by: list[dict[str, Any]], read_at: datetime) -> str:
    """The page as HTML text, self-contained. `funnel` and `by` are what `outreach.reporting` makes."""
    words = dict(FUNNEL)
    sent, *came = funnel["steps"]
    steps = [
        Bar(words[sent["step"]], float(sent["people"] > 0), f"{sent['people']:,}"),
        *(_bar(words[one["step"]], rate_of(one["of_sent"])) for one in came),
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
        enough=ENOUGH,
        parts=[{"name": f"By {_name(one['by'])}", **_part(one)} for one in by if one["rows"] or one["withheld"]],
    )


def _name(by: str) -> str:
    return "A/B group" if by == "ab-group" else by.replace("-", " ")


def _part(told: dict[str, Any]) -> dict[str, Any]:
    """One dimension: a chart for each rate; where every value has too little for one, a table of the counts."""
    unit = "people" if told["unit"] == "person" else "messages"
    week = told["by"] == "week"
    rows = told["rows"][-MOST_WEEKS:] if week else told["rows"][:MOST_VALUES]
    known = any(rate_of(row[measure]).enough for row in rows for measure in MEASURES)
    return {
        "withheld": told["withheld"],
        "more": len(told["rows"]) - len(rows),
        "charts": [_chart(f"{words} ({unit})", name, rows, week) for name, (words, _) in MEASURES.items() if known],
        "table": _counts(told["by"], unit, rows) if rows and not known else None,
    }


def _counts(by: str, unit: str, rows: list[dict[str, Any]]) -> Table:
    name, (of, *_) = _name(by), MEASURES
    heads = (name[:1].upper() + name[1:], "Sent", "Replied", "Positive", "Meetings")
    told = [[_label(row), f"{row[of]['of']:,}", *(f"{row[name]['count']:,}" for name in MEASURES)] for row in rows]
    return Table(f"Counts of {unit}, too few for rates", heads, told)


def _chart(title: str, measure: str, rows: list[dict[str, Any]], week: bool) -> Markup:
    rates = [(_label(row), rate_of(row[measure])) for row in rows]
    if week:
        return line(title, [Point(label, one.share if one.enough else None, said(one)) for label, one in rates])
    return bars(title, [_bar(label, one) for label, one in rates])


def _label(row: dict[str, Any]) -> str:
    return bounded(row["key"].replace("_", " "), _LONGEST) or "(none)"


def _bar(label: str, one: Rate) -> Bar:
    if not one.enough:
        return Bar(label, 0.0, said(one))
    return Bar(label, one.share, said(one), one.low, one.high)
