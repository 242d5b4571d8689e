"""`outreach replies show | correct | handled`, as a person meets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from db.models import Contact, Reply
from tests.outreach.conftest import Outreach
from tests.support.mail import Case, outgoing_case

HOSTILE = "Sounds good, can we talk Tuesday?\n\x1b[31mred\x1b[0m \u202etxt.exe"


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        made.sent()
        yield made


def take_in(case: Case, outreach: Outreach, tmp_path: Path, text: str, **headers: str) -> Any:
    path = tmp_path / f"{abs(hash(text))}.eml"
    path.write_bytes(case.reply(text, **headers))
    result = outreach("replies", "triage", str(path), "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)[0]


def test_a_thread_shows_both_sides_and_hides_nothing(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    row = take_in(case, outreach, tmp_path, HOSTILE)
    shown = outreach("replies", "show", row["inbound_id"][:8])
    assert shown.exit_code == 0
    assert shown.stdout.index("Hi Dana, one question") < shown.stdout.index("can we talk")
    assert "<U+202E>" in shown.stdout
    assert "\x1b" not in shown.stdout
    assert "\u202e" not in shown.stdout
    assert max(len(line) for line in shown.stdout.splitlines()) <= 80
    assert "Message-ID:" not in shown.stdout
    assert "Message-ID:" in outreach("replies", "show", row["inbound_id"], "--raw").stdout
    thread = json.loads(outreach("replies", "show", row["inbound_id"], "--json").stdout)
    sent, received = thread["entries"]
    assert (sent["direction"], sent["touch_number"]) == ("out", 1)
    assert (received["intent"], received["kind"]) == ("positive", "human")
    assert received["recommended_next_step"]
    assert json.loads(outreach("replies", "show", received["reply_id"][:10], "--json").stdout) == thread


def test_a_correction_is_shown_and_lifting_needs_a_yes(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    one = take_in(case, outreach, tmp_path, "Please unsubscribe me.")["inbound_id"][:8]
    refused = outreach("replies", "correct", one, "--intent", "neutral", "--reason", "a joke")
    assert refused.exit_code == 1
    assert "allows contact again" in refused.stderr
    assert case.get(Contact, case.contact_id).do_not_contact
    done = outreach("replies", "correct", one, "--intent", "neutral", "--reason", "a joke", "--yes")
    assert done.exit_code == 0
    assert "intent: unsubscribe -> neutral" in done.stderr
    assert not case.get(Contact, case.contact_id).do_not_contact
    assert "intent: unsubscribe -> neutral by" in outreach("replies", "show", one).stdout
    again = outreach("replies", "correct", one, "--intent", "neutral", "--reason", "a joke")
    assert "already; confirmed" in again.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("--intent", "glad", "--reason", "x"),
        ("--reason", "x"),
        ("--intent", "positive", "--reason", " "),
        ("--intent", "not_now", "--resume-date", "soon", "--reason", "x"),
    ],
)
def test_wrong_usage_is_told(case: Case, outreach: Outreach, tmp_path: Path, args: tuple[str, ...]) -> None:
    one = take_in(case, outreach, tmp_path, "Hm.")["inbound_id"]
    result = outreach("replies", "correct", one, *args)
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr


def test_handled_by_hand(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    one = take_in(case, outreach, tmp_path, "Sounds good, can we talk Tuesday?")["inbound_id"][:8]
    first = json.loads(outreach("replies", "handled", one, "--did", "called back", "--json").stdout)
    assert first["new"]
    assert not json.loads(outreach("replies", "handled", one, "--did", "called back", "--json").stdout)["new"]
    reply = case.get(Reply, first["reply_id"])
    assert reply.next_step_taken == "called back"
    assert "Handled:" in outreach("replies", "show", one).stdout


def test_ids_that_are_none(case: Case, outreach: Outreach) -> None:
    for reference in ("ffff", "not-an-id"):
        result = outreach("replies", "show", reference)
        assert result.exit_code == 1
        assert "Traceback" not in result.stderr
