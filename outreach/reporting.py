"""What the report is made of: its numbers as the screen, JSON and the analyst are given them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.queries.report import Dimension, Row, Steps
    from db.queries.touches import Scope
    from tools.rates import Rate

MEASURES: dict[str, tuple[str, Callable[[Row], int]]] = {
    "reply": ("Replied", lambda row: row.replied),
    "positive": ("Replied positively", lambda row: row.positive),
    "meeting": ("Meeting booked", lambda row: row.met),
}
"""What may come of a touch, by the name of the option."""


def scope_of(playbook: str | None, since: str | None, until: str | None) -> Scope:
    """The touches from a day to another, both included, in UTC. Raises Complaint for what is no day."""
    from db.queries.touches import Scope

    first, last = _day(since), _day(until)
    if first and last and last < first:
        raise Complaint(f"{until} is before {since}.", "Give the earlier day to --since.", code=2)
    begin = datetime.combine(first, time(), UTC) if first else None
    end = datetime.combine(min(last, _LAST) + timedelta(days=1), time(), UTC) if last else None
    return Scope(playbook=playbook, since=begin, until=end)


_LAST = date.max - timedelta(days=1)
"""A day that has one after it."""


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as exc:
        raise Complaint(f"'{text}' is no day.", "Write it as 2026-03-31.", code=2) from exc


def period_of(scope: Scope) -> dict[str, str | None]:
    """The days of a scope, both included, as they were asked for."""
    last = scope.until - timedelta(days=1) if scope.until else None
    return {
        "since": scope.since.date().isoformat() if scope.since else None,
        "until": last.date().isoformat() if last else None,
    }


def replies_by(session: Session, dimension: Dimension, scope: Scope) -> dict[str, Any]:
    """The rates of a dimension, as JSON has them (docs/reports.md)."""
    from dataclasses import replace

    from db.queries.report import BY_PERSON, rows_by, withheld
    from tools.rates import rate

    kept = withheld(session, dimension)
    within = replace(scope, without=tuple(batch for one in kept for batch in one.batches))
    rows = rows_by(session, dimension, within)
    return {
        "by": dimension.value,
        "unit": "person" if dimension in BY_PERSON else "message",
        "playbook": scope.playbook,
        **period_of(scope),
        "withheld": [one.name for one in kept],
        "rows": [
            {"key": row.key, **{name: rate(of(row), row.sent).as_json() for name, (_, of) in MEASURES.items()}}
            for row in rows
        ],
    }


FUNNEL = (
    ("sent", "sent to"),
    ("replied", "replied"),
    ("positive", "positive"),
    ("met", "meeting booked"),
    ("held", "meeting held"),
    ("made", "opportunity"),
)
"""The steps of the funnel and their words."""


def funnel_of(session: Session, scope: Scope) -> dict[str, Any]:
    """The funnel as JSON has it (docs/reports.md): each step in people, as a share of those who were sent to."""
    from db.queries.report import steps
    from tools.rates import rate

    found: Steps = steps(session, scope)
    return {
        "playbook": scope.playbook,
        **period_of(scope),
        "written_for": found.written_for,
        "touches": found.touches,
        "steps": [
            {"step": name, "people": getattr(found, name), "of_sent": rate(getattr(found, name), found.sent).as_json()}
            for name, _ in FUNNEL
        ],
        "pipeline": found.pipeline,
        "bounced": found.bounced,
        "opted_out": found.left,
    }


def rate_of(told: dict[str, Any]) -> Rate:
    """A rate of the report's numbers, with its interval."""
    from tools.rates import rate

    return rate(told["count"], told["of"])


def words_of(told: dict[str, Any]) -> list[str]:
    """Whose numbers these are, and of which days."""
    days = [f"since {told['since']}"] * bool(told["since"]) + [f"until {told['until']}"] * bool(told["until"])
    return [told["playbook"] or "all playbooks", *days]
