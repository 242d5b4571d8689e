"""What came of which touch, counted by hand on rows made for it, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from db.access import Database
from db.queries.report import Dimension, Row, Steps, rows_by, steps
from db.queries.touches import Scope
from tests.support.touches import START, Rows, lay


def days(count: float) -> datetime:
    return START + timedelta(days=count)


def fill(rows: Rows) -> dict[str, str]:
    """Ann answers the second touch; Ben is met over an answer of ours; Cy is called and met; Di hears nothing."""
    ann, ben = rows.person(tier="A1", persona="CFO"), rows.person(tier="A2", persona="CFO")
    cy, di = rows.person(tier="A1", persona="Athletic Director"), rows.person(tier="A1", playbook="qa-software")
    rows.touch(ann, days(0), opener_style="career_reference")
    second = rows.touch(ann, days(7), number=2, opener_style="company_metric")
    rows.reply(ann, second, days(8), "neutral")
    rows.reply(ann, second, days(9), "unsubscribe")
    first = rows.touch(ben, days(1), opener_style="company_metric")
    # It names no touch: it came after the first one. Our answer earns nothing, and no reply is put down to it.
    rows.reply(ben, None, days(2), "not_now")
    ours = rows.touch(ben, days(3), touch_type="reply_draft", opener_style="career_reference")
    yes = rows.reply(ben, ours, days(4), "positive")
    rows.meeting(
        ben, days(5), trigger_reply_id=yes, meeting_held=True, opportunity_created=True, pipeline_value=50000.0
    )
    rows.touch(cy, days(2), channel="call", opener_style=None)
    rows.meeting(cy, days(3))
    rows.touch(di, days(6))
    return {"second": second, "first": first}


def test_the_funnel_counts_people(database_url: str) -> None:
    lay(database_url, fill)
    with Database(database_url, "user") as database:
        assert database.read_sync(lambda s: steps(s, Scope())) == Steps(
            written_for=4, sent=4, replied=2, positive=1, met=2, held=1, made=1, pipeline=50000.0, bounced=0, left=1,
            touches=5,
        )  # fmt: skip
        assert database.read_sync(lambda s: steps(s, Scope(playbook="qa-software"))).sent == 1
        # Within the second week Ann alone was written to.
        second_week = database.read_sync(lambda s: steps(s, Scope(since=days(6.5), until=days(14))))
        assert (second_week.sent, second_week.replied, second_week.left) == (1, 1, 1)
        nothing = database.read_sync(lambda s: steps(s, Scope(since=days(100))))
        assert (nothing.written_for, nothing.sent, nothing.replied, nothing.pipeline) == (0, 0, 0, 0.0)


@pytest.mark.parametrize(
    ("dimension", "expected"),
    [
        # A reply counts for the touch that it answered, and once for a touch however many they wrote.
        (
            Dimension.OPENER,
            [Row("", 2, 0, 0, 1), Row("company_metric", 2, 2, 1, 1), Row("career_reference", 1, 0, 0, 0)],
        ),
        (Dimension.TOUCH, [Row("1", 4, 1, 1, 2), Row("2", 1, 1, 0, 0)]),
        (Dimension.CHANNEL, [Row("email", 4, 2, 1, 1), Row("call", 1, 0, 0, 1)]),
        # People, not their messages.
        (Dimension.PERSONA, [Row("CFO", 3, 2, 1, 1), Row("Athletic Director", 1, 0, 0, 1)]),
        (Dimension.TIER, [Row("A1", 3, 1, 0, 1), Row("A2", 1, 1, 1, 1)]),
        (Dimension.PLAYBOOK, [Row("sports-lighting", 3, 2, 1, 2), Row("qa-software", 1, 0, 0, 0)]),
        (Dimension.WEEK, [Row("2026-03-02", 4, 1, 1, 2), Row("2026-03-09", 1, 1, 0, 0)]),
        (Dimension.AB_GROUP, []),
    ],
)
def test_rates_by_each_dimension(database_url: str, dimension: Dimension, expected: list[Row]) -> None:
    lay(database_url, fill)
    with Database(database_url, "user") as database:
        assert database.read_sync(lambda s: rows_by(s, dimension, Scope())) == expected


def test_a_day_ends_at_midnight_in_utc(database_url: str) -> None:
    late = datetime(2026, 3, 8, 23, 30, tzinfo=UTC)
    lay(database_url, lambda rows: rows.touch(rows.person(), late))
    with Database(database_url, "user") as database:
        assert [row.key for row in database.read_sync(lambda s: rows_by(s, Dimension.WEEK, Scope()))] == ["2026-03-02"]
