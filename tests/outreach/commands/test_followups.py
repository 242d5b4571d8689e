"""`outreach followups`, as a person meets it."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from playbooks import load_playbook
from tests.outreach.conftest import Outreach
from tests.support.mail import Case, outgoing_case
from tools.sequences import settle

SOON = (datetime.now(UTC) + timedelta(days=60)).date()


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        made.sent()
        yield made


def listed(outreach: Outreach, *args: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(outreach("followups", *args, "--json").stdout)
    return found


def test_overdue_is_named_once_by_status_and_stays_in_the_list(case: Case, outreach: Outreach) -> None:
    assert listed(outreach, "--due") == []
    later = datetime.now(UTC) + timedelta(days=30)
    case.as_user(lambda s: settle(s, load_playbook("sports-lighting"), later))
    first = outreach("status")
    assert "1 follow-up is overdue: outreach followups" in first.stderr
    assert "Dana Reyes, Hilltop College: touch 2 by email since" in first.stderr
    second = outreach("status")
    assert "is overdue" not in second.stderr
    assert "follow-ups overdue" in second.stdout
    assert [(row["state"], row["reminder_sent"]) for row in listed(outreach)] == [("overdue", True)]


def test_moved_done_and_skipped(case: Case, outreach: Outreach) -> None:
    (row,) = listed(outreach)
    moved = outreach("followups", "move", str(row["id"])[:8], "--on", SOON.isoformat())
    assert moved.exit_code == 0, moved.stderr
    assert str(listed(outreach)[0]["due_date"]) >= SOON.isoformat()
    assert outreach("followups", "done", str(row["id"]), "--reason", "met").exit_code == 0
    assert "It was so before" in outreach("followups", "done", str(row["id"])).stderr
    (following,) = listed(outreach)
    assert following["touch_number"] == 3
    assert outreach("followups", "skip", str(following["id"]), "--reason", "on leave").exit_code == 0
    assert listed(outreach) == []
    assert [r["touch_number"] for r in listed(outreach, "--state", "completed")] == [2]
    assert "touch 3 by email" in outreach("followups", "--state", "skipped").stdout


def test_what_cannot_be_done_is_told_in_a_sentence(case: Case, outreach: Outreach) -> None:
    (row,) = listed(outreach)
    for args in (
        ("--state", "late"),
        ("done", "ffff"),
        ("skip", str(row["id"]), "--reason", " "),
        ("move", str(row["id"]), "--on", "tomorrow"),
        ("move", str(row["id"]), "--on", "2020-01-01"),
    ):
        result = outreach("followups", *args)
        assert result.exit_code in (1, 2), args
        assert result.stderr.strip()
