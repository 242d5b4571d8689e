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
    assert outreach("outbox", "export", str(tmp_path / "mail"), case.draft_id).exit_code == 1, "nothing was done"
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


def test_a_mailbox_file_is_taken_in_as_single_mails_are(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    mails = [
        f"From MAILER Mon Mar  2 10:00:00 2026\nFrom: Pat{n} <pat{n}@elsewhere.example>\nMessage-ID: <{n}@x.example>\n"
        f"Subject: Re: Field lighting\n\nPlease take me off your list.\n>From here on.\n\n"
        for n in (1, 2)
    ]
    (tmp_path / "all.mbox").write_text("".join(mails), encoding="utf-8")
    (tmp_path / "rows.jsonl").write_text('{"text": "no"}\n', encoding="utf-8")
    result = outreach("replies", "triage", str(tmp_path / "all.mbox"), str(tmp_path / "rows.jsonl"), "--json")
    assert result.exit_code == 3
    assert sorted(row["from"] for row in json.loads(result.stdout)) == [
        "pat1@elsewhere.example",
        "pat2@elsewhere.example",
    ]
    assert "outreach replies classify" in " ".join(result.stderr.split())
