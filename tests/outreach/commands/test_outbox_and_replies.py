"""`outreach outbox`, `outreach sent` and the taking in of replies, as a person meets them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.outreach.conftest import Outreach
from tests.support.mail import Case, outgoing_case


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        yield made


def test_from_the_outbox_to_sent(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    listed = json.loads(outreach("outbox", "--json").stdout)
    assert [one["draft_id"] for one in listed] == [case.draft_id]
    shown = outreach("outbox", "show", case.draft_id[:8]).stdout
    assert "Subject: Field lighting" in shown
    assert "Hi Dana, one question about the lights." in shown
    exported = outreach("outbox", "export", str(tmp_path / "mail"))
    assert exported.exit_code == 0
    assert Path(exported.stdout.strip()).read_bytes().startswith(b"From: Dana Whitfield")
    assert outreach("sent", case.draft_id[:8]).exit_code == 0
    assert json.loads(outreach("outbox", "--json").stdout) == []
    again = json.loads(outreach("sent", case.draft_id, "--json").stdout)
    assert again[0]["again"]


def test_what_may_not_leave_is_told_in_a_sentence(case: Case, outreach: Outreach) -> None:
    for args in (("sent", "ffff"), ("outbox", "show", "no-id"), ("sent", case.draft_id, "--at", "2999-01-01")):
        result = outreach(*args)
        assert result.exit_code != 0
        assert "Traceback" not in result.stderr


def test_replies_before_there_are_any(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    assert json.loads(outreach("replies", "--json").stdout) == []
    assert outreach("replies", "triage", str(tmp_path / "nowhere")).exit_code == 2
