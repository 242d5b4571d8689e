"""`outreach sequences`, as a person meets it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.outreach.conftest import Outreach
from tests.support.mail import Case, outgoing_case


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        yield made


def listed(outreach: Outreach, *args: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(outreach("sequences", *args, "--json").stdout)
    return found


def test_from_the_first_touch_to_stopped(case: Case, outreach: Outreach) -> None:
    assert [(row["status"], row["step"], row["steps"]) for row in listed(outreach)] == [("pending", 0, 3)]
    outreach("sent", case.draft_id)
    (row,) = listed(outreach, "--status", "active")
    assert (row["next_touch"], row["next_channel"], row["overdue"]) == (2, "email", False)
    shown = outreach("sequences").stdout
    assert "2 by email" in shown
    assert outreach("sequences", "pause", case.sequence_id[:8]).exit_code == 0
    (row,) = listed(outreach, "--status", "paused")
    assert (row["next_touch"], row["next_step_at"]) == (None, None)
    day = (datetime.now(UTC) + timedelta(days=30)).date()
    assert outreach("sequences", "resume", case.sequence_id, "--on", day.isoformat()).exit_code == 0
    (row,) = listed(outreach)
    assert row["status"] == "active"
    assert str(row["next_step_at"])[:10] >= day.isoformat()
    assert outreach("sequences", "stop", case.sequence_id).exit_code == 0
    assert [row["status"] for row in listed(outreach)] == ["stopped"]


def test_what_cannot_be_done_is_told_in_a_sentence(case: Case, outreach: Outreach) -> None:
    for args in (
        ("sequences", "--status", "asleep"),
        ("sequences", "pause", "ffff"),
        ("sequences", "stop", "no-id"),
        ("sequences", "resume", case.sequence_id),
        ("sequences", "resume", case.sequence_id, "--on", "tomorrow"),
        ("sequences", "resume", case.sequence_id, "--on", "2020-01-01"),
    ):
        result = outreach(*args)
        assert result.exit_code in (1, 2), args
        assert result.stderr.strip()
    assert [row["status"] for row in listed(outreach)] == ["pending"]


def test_nobody_yet(home: Path, outreach: Outreach) -> None:
    outreach("init")
    assert "Nobody is being written to yet" in outreach("sequences").stderr
    assert listed(outreach) == []
