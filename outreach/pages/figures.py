"""Figures in a page: what came of a batch, in words and small tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from outreach.charts import said
from outreach.console import many
from tools.rates import rate

_MEASURES = (("replied", "Replied"), ("positive", "Replied positively"), ("meetings", "Meetings"))
_MORE = (("meetings_held", "Meetings held"), ("opportunities", "Opportunities"), ("opted_out", "Opted out"))


@dataclass(frozen=True)
class Table:
    """A table of counts: its title, the heads of its columns, and rows whose first cell says what the row is of."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


def outcome_of(told: dict[str, Any]) -> tuple[list[tuple[str, str]], list[Table]]:
    """The figures of tools.batches.metrics as pairs of words, and by share and group; nothing before anything left."""
    sent = told["sent_to"]
    if not sent:
        return [], []
    lines = [("Written to", f"{sent:,} of {many(told['people'], 'person', 'people')}")]
    lines += [(words, said(rate(told[name], sent))) for name, words in (*_MEASURES, *_MORE)]
    spread = many(told["days"], "day")
    mail = f"{many(told['delivered'], 'e-mail')} delivered, {told['bounced']:,} bounced"
    lines.append(("Messages", f"{told['messages']:,} in {spread}; {mail}"))
    if told["replies_by_intent"]:
        lines.append(("Replies", ", ".join(f"{n:,} {_words(kind)}" for kind, n in told["replies_by_intent"].items())))
    if told["pipeline"]:
        lines.append(("Pipeline", f"{told['pipeline']:,.0f}"))
    parts = [("Share", told["by_share"]), ("Group", {} if "withheld" in told else told.get("by_group", {}))]
    return lines, [_parts(name, of) for name, of in parts if of]


def _parts(name: str, of: dict[str, Any]) -> Table:
    rows = [
        [_words(part), *(f"{one[key]:,}" for key in ("sent_to", *(key for key, _ in _MEASURES)))]
        for part, one in of.items()
    ]
    return Table(f"By {name.lower()}, in people", (name, "Sent", "Replied", "Positive", "Meetings"), rows)


def _words(key: str) -> str:
    return key.replace("_", " ")
