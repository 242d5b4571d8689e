"""`outreach meeting` and `outreach opportunities`, as a person meets them."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.outreach.conftest import Outreach
from tests.support.mail import Case, outgoing_case

SOON = (datetime.now() + timedelta(days=3)).strftime("%Y-%m-%dT14:00")  # noqa: DTZ005 (as this machine's clock says)
TODAY = datetime.now().strftime("%Y-%m-%d")  # noqa: DTZ005


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        made.sent()
        yield made


def test_from_booked_to_an_opportunity(case: Case, outreach: Outreach) -> None:
    for whom in (case.email, "dana reyes", case.contact_id[:8]):
        done = outreach("meeting", "booked", whom, "--on", TODAY, "--ae", "Sam Ortiz", "--value", "90000")
        assert done.exit_code == 0, done.stderr
    assert "Nothing was changed" in done.stderr
    listed = outreach("meeting", "list").stdout
    assert "Sam Ortiz" in listed
    assert "90,000" in listed
    assert outreach("meeting", "held", case.email).exit_code == 0
    assert "outreach meeting qualified" in outreach("meeting", "list").stderr
    told = json.loads(outreach("meeting", "qualified", case.email, "--value", "120000", "--json").stdout)
    assert (told["status"], told["outcome"], told["changed"]) == ("opportunity_created", "qualified", True)
    assert outreach("meeting", "feedback", case.email, "Budget is there").exit_code == 0
    shown = outreach("meeting", "show", case.email).stdout
    for words in ("120,000", "Budget is there", "touch 1 by email", "Sam Ortiz"):
        assert words in shown
    found = json.loads(outreach("opportunities", "--json").stdout)
    assert [(o["channel"], o["touch_number"]) for o in found["opportunities"]] == [("email", 1)]
    assert {"by": "channel", "value": "email", "meetings": 1, "opportunities": 1, "pipeline": 120000} in found["totals"]
    assert "1 opportunity, worth 120,000." in outreach("opportunities").stderr
    assert "1 meeting is over: --all" in outreach("meeting", "list").stderr


def test_missed_moved_and_given_up(case: Case, outreach: Outreach) -> None:
    outreach("meeting", "booked", case.email, "--on", TODAY)
    assert "following up is due on" in outreach("meeting", "no-show", case.email).stderr
    assert "yours, by email" in outreach("sequences").stdout
    assert "yours, by email" in outreach("followups").stdout
    moved = outreach("meeting", "rescheduled", case.email, "--on", SOON)
    assert moved.exit_code == 0
    assert "ahead" in outreach("meeting", "list").stdout
    assert outreach("meeting", "lost", case.email, "--reason", "bought elsewhere").exit_code == 0
    assert "lost" in outreach("meeting", "list", "--all").stdout
    assert json.loads(outreach("meeting", "show", case.email, "--json").stdout)["meetings"][0]["reason"]


def test_what_cannot_be_done_is_told_with_what_mends_it(case: Case, outreach: Outreach) -> None:
    for args, says in (
        (("meeting", "held", case.email), "outreach meeting booked"),
        (("meeting", "held", "nobody@x.example"), "There is no contact"),
        (("meeting", "booked", case.email, "--on", "soon"), "2027-03-01T14:00"),
        (("meeting", "booked", case.email, "--touch", "6"), "outreach meeting show"),
        (("meeting", "lost", case.email, "--reason", " "), "reason is empty"),
        (("meeting", "booked", case.email, "--at", "2999-01-01"), "future"),
        (("opportunities", "--status", "won"), "meeting_booked"),
    ):
        result = outreach(*args)
        assert result.exit_code in (1, 2), args
        assert says in " ".join(result.stderr.split()), args
    assert json.loads(outreach("opportunities", "--json").stdout) == {"opportunities": [], "totals": []}
    assert "No opportunity yet" in outreach("opportunities").stderr
    assert "No meeting is booked" in outreach("meeting", "list").stderr
