"""`outreach replies show | correct | handled | add | match`, as a person meets them."""

import json
import mailbox
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    Activity,
    Contact,
    Followup,
    InboundMessage,
    OutreachSequence,
    Prospect,
    Reply,
    Suppression,
)
from tests.outreach.conftest import Outreach
from tests.support.mail import SENDER, Case, outgoing_case

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


def rows_of(case: Case, *models: Any) -> list[Any]:
    def read(session: Session) -> list[Any]:
        return [
            {c.name: getattr(row, c.name) for c in model.__table__.columns if c.name != "updated_at"}
            for model in models
            for row in session.scalars(select(model).order_by(model.id))
        ]

    found: list[Any] = case.database.read_sync(read)
    return found


@pytest.mark.parametrize("channel", ["linkedin", "call", "email"])
def test_what_was_said_elsewhere_is_taken_in_once(case: Case, outreach: Outreach, tmp_path: Path, channel: str) -> None:
    path = tmp_path / "said.txt"
    path.write_text("Sounds good, can we talk Tuesday?\n", encoding="utf-8")
    args = ("replies", "add", case.email, "--channel", channel, "--file", str(path), "--json")
    first = outreach(*args)
    assert first.exit_code == 0, first.stderr
    (row,) = json.loads(first.stdout)
    assert (row["intent"], row["matched_by"], row["contact_id"]) == ("positive", "person", case.contact_id)
    again = outreach(*args)
    assert "Taken in before" in again.stderr
    assert json.loads(again.stdout)[0]["inbound_id"] == row["inbound_id"]
    (reply,) = rows_of(case, Reply)
    assert (reply["channel"], reply["raw_text"]) == (channel, "Sounds good, can we talk Tuesday?")
    assert (reply["touchpoint_id"] is not None) == (channel == "email")
    assert case.get(Contact, case.contact_id).stage == "replied"
    assert case.get(OutreachSequence, case.sequence_id).status == "paused"
    assert row["inbound_id"] in outreach("replies", "show", row["inbound_id"], "--json").stdout


def test_lines_that_look_like_headers_are_words(case: Case, outreach: Outreach) -> None:
    text = "Subject: unsubscribe\n\nno: Content-Type: text/html"
    added = outreach("replies", "add", case.email, "-c", "linkedin", "--text", text, "--json")
    assert json.loads(added.stdout)[0]["kind"] == "human"
    assert rows_of(case, InboundMessage)[0]["raw"] == text


def test_an_opt_out_on_the_telephone_is_one(case: Case, outreach: Outreach) -> None:
    outreach("replies", "add", "Dana Reyes", "--channel", "call", "--text", "Please take me off your list.")
    assert case.get(Contact, case.contact_id).do_not_contact
    assert [s["value"] for s in rows_of(case, Suppression)] == [case.email.lower()]


@pytest.mark.parametrize(
    "args",
    [
        ("--channel", "fax", "--text", "x"),
        ("--channel", "call", "--text", "  "),
        ("--channel", "call", "--text", "x", "--file", "y"),
        ("--channel", "call", "--file", "/no/such/file"),
        ("--channel", "call"),
        ("--channel", "call", "--text", "x", "--at", "2999-01-01"),
    ],
)
def test_wrong_usage_of_add(case: Case, outreach: Outreach, args: tuple[str, ...]) -> None:
    result = outreach("replies", "add", case.email, *args)
    assert result.exit_code == 2
    assert rows_of(case, InboundMessage) == []


def test_an_unmatched_message_is_matched_and_taken_back(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    row = take_in(
        case, outreach, tmp_path, "Sounds good, can we talk Tuesday?",
        In_Reply_To="", From="d@private.example", Subject="Hello",
    )  # fmt: skip
    one = row["inbound_id"][:8]
    (waits,) = json.loads(outreach("replies", "--waiting", "--json").stdout)
    assert (waits["why"], waits["command"]) == ("matched to nobody", f"outreach replies match {one} CONTACT")
    tables = (Contact, OutreachSequence, Prospect, Followup, Reply, Activity)
    before = rows_of(case, *tables)
    matched = outreach("replies", "match", one, case.email, "--json")
    assert matched.exit_code == 0, matched.stderr
    assert json.loads(matched.stdout)[0]["intent"] == "positive"
    assert case.get(Contact, case.contact_id).stage == "replied"
    assert json.loads(outreach("replies", "--waiting", "--json").stdout) == []
    assert "was so already" in outreach("replies", "match", one, case.email).stderr
    assert outreach("replies", "correct", one, "--intent", "negative", "--reason", "x").exit_code == 0
    back = outreach("replies", "match", one, "--nobody")
    assert back.exit_code == 0, back.stderr
    after = rows_of(case, *tables)
    told = [a for a in after if a not in before]
    # What the correction itself wrote into the history of the organisation is taken back as well.
    assert told == []
    assert [b for b in before if b not in after] == []
    assert json.loads(outreach("replies", "--waiting", "--json").stdout)[0]["inbound_id"] == row["inbound_id"]
    assert json.loads(outreach("replies", "match", one, case.email, "--json").stdout)[0]["intent"] == "positive"


def test_a_match_that_led_to_something_stays(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    one = take_in(case, outreach, tmp_path, "Sounds good, can we talk Tuesday?")["inbound_id"][:8]
    outreach("replies", "handled", one, "--did", "called back")
    refused = outreach("replies", "match", one, "--nobody")
    assert refused.exit_code == 1
    assert "called back" in refused.stderr
    assert len(rows_of(case, Reply)) == 1


def test_a_doubtful_reply_waits_with_its_command(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    one = take_in(case, outreach, tmp_path, "Hm, well, who knows.", From="a@else.example")["inbound_id"][:8]
    (waits,) = json.loads(outreach("replies", "--waiting", "--json").stdout)
    assert waits["why"] == "from another address than was written to"
    assert waits["command"].startswith(f"outreach replies correct {one} --intent ")
    assert one in outreach("replies", "--waiting").stdout
    outreach("replies", "correct", one, "--intent", "neutral", "--reason", "read it")
    assert json.loads(outreach("replies", "--waiting", "--json").stdout) == []


def in_folder(kind: str, folder: Path, mails: list[bytes]) -> None:
    """Mails as a Sent folder keeps them: a maildir, an mbox, or single files."""
    if kind == "maildir":
        box: mailbox.Mailbox[Any] = mailbox.Maildir(str(folder), create=True)
    elif kind == "mbox":
        folder.mkdir()
        box = mailbox.mbox(str(folder / "Sent.mbox"))
    else:
        folder.mkdir()
        for number, raw in enumerate(mails):
            (folder / f"{number}.eml").write_bytes(raw)
        return
    for raw in mails:
        box.add(raw)
    box.close()


@pytest.mark.parametrize("kind", ["maildir", "mbox", "files"])
def test_our_own_copies_are_no_replies(case: Case, outreach: Outreach, tmp_path: Path, kind: str) -> None:
    quoted = (
        f"---------- Forwarded message ---------\nFrom: {SENDER.email}\nMessage-ID: <{case.message_id}>\n\nHi Dana,\n"
    )
    mails = [
        # As it left; a copy of a letter by hand in the same thread; the sent one as a list gives it back.
        case.reply("Hi Dana, one question.", From=SENDER.email, To=case.email, Message_ID=f"<{case.message_id}>"),
        case.reply("Dear Dana, unsubscribe is easy.", From=SENDER.email.upper(), To="x@y.example", Cc=SENDER.email),
        case.reply("Hi Dana, one question.", From="list@lists.example", Message_ID=f"<{case.message_id}>"),
        # Somebody passes ours on, without a word.
        case.reply(quoted, From="boss@hilltop.example", Subject="Fwd: Field lighting", Message_ID="<f1@h.example>"),
    ]
    in_folder(kind, tmp_path / "Sent", mails)
    before = rows_of(case, Contact, OutreachSequence, Followup, Suppression, Activity)
    result = outreach("replies", "triage", str(tmp_path / "Sent"))
    assert result.exit_code == 0, result.stderr
    assert "4 of our own" in result.stderr
    assert rows_of(case, InboundMessage, Reply) == []
    assert rows_of(case, Contact, OutreachSequence, Followup, Suppression, Activity) == before


def test_a_forward_with_words_of_their_own_is_looked_at(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    row = take_in(
        case, outreach, tmp_path, "Is this something for us?\n\n---------- Forwarded message ---------\nHi Dana,",
        From="boss@hilltop.example", Subject="Fwd: Field lighting",
    )  # fmt: skip
    assert row["kind"] == "human"
    assert json.loads(outreach("replies", "--waiting", "--json").stdout)[0]["inbound_id"] == row["inbound_id"]
