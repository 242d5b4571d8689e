"""`outreach send`, `called`, `outbox copy` and `replies fetch` and `opt-out`, as a person meets them."""

import email
import email.policy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.models import Contact, Delivery, MessageDraft, OutreachSequence, Suppression, Touchpoint
from outreach.session import sender_lock
from outreach.settings import Settings
from tests.outreach.conftest import Outreach
from tests.support.mail import SENDER, Case, approved_draft, outgoing_case
from tests.support.mail_servers import DOVECOT, SmtpServer, dovecot_server, smtp_server


@pytest.fixture
def case(home: Path, outreach: Outreach) -> Iterator[Case]:
    assert outreach("init").exit_code == 0
    with outgoing_case(f"sqlite:///{home / 'outreach.db'}") as made:
        yield made


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmtpServer]:
    with smtp_server() as server:
        monkeypatch.setenv("OUTREACH_SMTP_URL", server.url)
        yield server


def sent(outreach: Outreach, *args: str, code: int = 0) -> Any:
    result = outreach("send", "--json", *args)
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def test_without_a_server_nothing_is_sent_and_by_hand_is_named(case: Case, outreach: Outreach) -> None:
    result = outreach("send")
    assert result.exit_code == 1
    assert "OUTREACH_SMTP_URL" in result.stderr
    assert "outreach outbox export" in result.stderr


def test_a_rehearsal_needs_no_server_and_claims_nothing(case: Case, outreach: Outreach, tmp_path: Path) -> None:
    done = sent(outreach, "--dry-run", "--into", str(tmp_path / "dry"), "--any-time")
    assert len(done["written"]) == 1
    mail = email.message_from_bytes(Path(done["written"][0]).read_bytes(), policy=email.policy.default)
    assert mail["To"].addresses[0].addr_spec == case.email
    assert case.database.read_sync(lambda s: s.scalars(select(Delivery)).all()) == []
    (tmp_path / "file").write_text("x", encoding="ascii")
    assert outreach("send", "--dry-run", "--into", str(tmp_path / "file"), "--any-time").exit_code == 1
    assert outreach("send", "--into", str(tmp_path / "dry")).exit_code == 2


def test_sending_and_being_told(case: Case, outreach: Outreach, smtp: SmtpServer) -> None:
    result = outreach("send", "--any-time")
    assert result.exit_code == 0, result.output
    assert "1 sent, 0 wait" in result.stderr
    assert smtp.counts() == {case.message_id: 1}
    again = outreach("send", "--any-time")
    assert "Nothing is ready to leave" in again.stderr
    assert "dispatch" in outreach("runs", "show", "last").stdout


def test_an_invented_sender_is_refused_before_any_connection(
    case: Case, outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_SMTP_URL", "smtps://us:s3cret@smtp.firm.invalid")
    result = outreach("send", "--any-time")
    assert result.exit_code == 1
    assert "Dana Whitfield of Northlight Field Systems is invented" in result.stderr
    assert case.database.read_sync(lambda s: s.scalars(select(Delivery)).all()) == []


def test_uncertain_until_a_person_says(case: Case, outreach: Outreach, smtp: SmtpServer) -> None:
    smtp.hang_up_after_data = True
    assert [line["what"] for line in sent(outreach, "--any-time", code=3)["messages"]] == ["uncertain"]
    short = case.draft_id[:8]
    assert f"outreach send --resolve {short}" in outreach("outbox").stderr
    for wrong in (("--resolve", short, "perhaps"), ("--resolve", short, "sent", "--any-time")):
        assert outreach("send", *wrong).exit_code == 2
    assert "It goes out" not in outreach("send", "--resolve", short, "not-sent").stderr
    assert case.database.read_sync(lambda s: s.scalars(select(Delivery.state)).all()) == ["failed"]
    smtp.hang_up_after_data = False
    assert [line["what"] for line in sent(outreach, "--any-time")["messages"]] == ["sent"]
    assert outreach("send", "--resolve", short, "sent").exit_code == 1


def test_written_out_by_hand_is_not_sent_from_here(
    case: Case, outreach: Outreach, smtp: SmtpServer, tmp_path: Path
) -> None:
    assert outreach("outbox", "export", str(tmp_path / "out")).exit_code == 0
    assert [line["what"] for line in sent(outreach, "--any-time")["messages"]] == ["waits"]
    assert smtp.letters == []
    assert outreach("send", "--resolve", case.draft_id, "not-sent").exit_code == 0
    assert [line["what"] for line in sent(outreach, "--any-time")["messages"]] == ["sent"]


def test_what_the_server_refused_may_leave_by_hand_and_then_only_so(
    case: Case, outreach: Outreach, smtp: SmtpServer, tmp_path: Path
) -> None:
    smtp.on_data = lambda _letter: "554 5.7.1 no"
    sent(outreach, "--any-time", code=3)
    assert outreach("outbox", "export", str(tmp_path / "out")).exit_code == 0
    smtp.on_data = lambda _letter: None
    line = sent(outreach, "--any-time", case.draft_id)["messages"][0]
    assert (line["what"], line["said"]) == ("waits", "it was written out for you to send by hand")
    assert smtp.letters == []
    assert outreach("sent", case.draft_id).exit_code == 0


def test_a_refused_message_is_told_and_the_code_says_so(case: Case, outreach: Outreach, smtp: SmtpServer) -> None:
    smtp.on_data = lambda _letter: "554 5.7.1 no"
    assert sent(outreach, "--any-time", code=3)["messages"][0]["said"] == "554 5.7.1 no"
    assert "5.7.1" in outreach("send", "--any-time").stdout


def test_one_sender_at_a_time(case: Case, outreach: Outreach, smtp: SmtpServer, home: Path) -> None:
    with sender_lock(Settings(home=home)):
        result = outreach("send")
    assert result.exit_code == 1
    assert "Another `outreach send`" in result.stderr


def test_drafts_that_are_not_there(case: Case, outreach: Outreach, smtp: SmtpServer) -> None:
    assert outreach("send", "ffff").exit_code == 1
    assert outreach("send", "--resolve", "ffff", "sent").exit_code == 1


def by_hand(case: Case, channel: str, **contact: str) -> str:
    """A second touch by another channel, approved."""
    case.sent()

    def write(session: Any) -> str:
        person = session.get_one(Contact, case.contact_id)
        for name, value in contact.items():
            setattr(person, name, value)
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        kind = "call_snippet" if channel == "call" else "inmail"
        text = "Hi Dana, " + "a long line that no terminal may break " * 5
        return approved_draft(session, person, sequence, touch_number=2, channel=channel, touch_type=kind, body=text).id

    return str(case.as_user(write))


def test_a_text_to_copy_is_whole(case: Case, outreach: Outreach) -> None:
    draft = by_hand(case, "linkedin", linkedin_url="https://linkedin.example/in/dana")
    copied = outreach("outbox", "copy")
    assert copied.stdout == "Hi Dana, " + "a long line that no terminal may break " * 5 + "\n"
    assert "Dana Reyes, Hilltop College: linkedin, https://linkedin.example/in/dana" in copied.stderr
    assert f"outreach sent {draft[:8]}" in copied.stderr
    assert outreach("outbox", "copy", "--link").stdout == "https://linkedin.example/in/dana\n"
    assert "Nothing waits" in outreach("outbox", "copy", "--channel", "call").stderr
    assert outreach("outbox", "copy", "--channel", "fax").exit_code == 2
    assert outreach("sent", draft).exit_code == 0
    assert case.get(MessageDraft, draft).approval_status == "sent"


def test_a_mail_as_a_link_for_ones_own_program(case: Case, outreach: Outreach) -> None:
    link = outreach("outbox", "copy", case.draft_id, "--link").stdout
    assert link == (
        f"mailto:{case.email}?subject=Field%20lighting&body=Hi%20Dana%2C%20one%20question%20about%20the%20lights.\n"
    )
    assert outreach("outbox", "copy", "--subject").stdout == "Field lighting\n"


def test_a_call_of_the_outbox_and_one_without_a_draft(case: Case, outreach: Outreach) -> None:
    draft = by_hand(case, "call", phone="+1 513 555 0144")
    refused = outreach("sent", draft)
    assert refused.exit_code == 1
    assert f"outreach called {draft}" in refused.stderr
    assert outreach("outbox", "copy", "--link").stdout == "tel:+15135550144\n"
    told = json.loads(outreach("called", draft[:8], "-o", "voicemail", "-d", "0:40", "--json").stdout)
    assert (told["draft_id"], told["outcome"], told["seconds"], told["again"]) == (draft, "voicemail", 40, False)
    assert json.loads(outreach("called", draft, "-o", "voicemail", "--json").stdout)["again"]
    assert outreach("called", case.email, "-o", "connected", "--notes", "Yes").exit_code == 0
    points = case.database.read_sync(lambda s: s.scalars(select(Touchpoint.outcome)).all())
    assert sorted(filter(None, points)) == ["connected", "voicemail"]


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("nobody@x.example", "-o", "connected"), 1),
        (("dana reyes", "-o", "maybe"), 2),
        (("dana reyes", "-o", "connected", "-d", "soon"), 2),
        (("dana reyes", "-o", "connected", "--at", "2999-01-01"), 2),
    ],
)
def test_calls_that_make_no_sense(case: Case, outreach: Outreach, args: tuple[str, ...], code: int) -> None:
    result = outreach("called", *args)
    assert result.exit_code == code
    assert "Traceback" not in result.stderr


def test_an_opt_out_that_came_otherwise(case: Case, outreach: Outreach) -> None:
    assert outreach("replies", "opt-out", case.draft_id, "who@else.example", "bob").exit_code == 3
    values = set(case.database.read_sync(lambda s: s.scalars(select(Suppression.value)).all()))
    assert values == {case.email.lower(), "who@else.example"}
    assert json.loads(outreach("outbox", "--json").stdout) == []


def test_fetching_without_a_mailbox(case: Case, outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    result = outreach("replies", "fetch")
    assert result.exit_code == 1
    assert "OUTREACH_IMAP_URL" in result.stderr
    case.sent()
    monkeypatch.setenv("OUTREACH_IMAP_URL", "imap://us:s3cret@127.0.0.1:1")
    result = outreach("replies", "fetch")
    assert result.exit_code == 1
    assert "cannot be used" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
def test_what_was_cut_off_is_looked_for_in_the_sent_mailbox(
    case: Case, outreach: Outreach, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with dovecot_server() as imap:
        monkeypatch.setenv("OUTREACH_IMAP_URL", imap.url)
        smtp.hang_up_after_data = True
        smtp.filed = lambda letter: imap.put(letter.raw, "Sent")
        assert [line["what"] for line in sent(outreach, "--any-time", code=3)["messages"]] == ["not known yet"]
        assert [line["what"] for line in sent(outreach, "--any-time")["messages"]] == ["sent"]
        assert len(smtp.letters) == 1
        assert imap.count("Sent") == 1
        # Our own copy, delivered to ourselves, is no reply.
        imap.put(smtp.letters[0].raw)
        fetched = outreach("replies", "fetch")
        assert fetched.exit_code == 0, fetched.output
        assert "0 taken in before, 1 of our own, 0 not about this" in fetched.stderr
    assert SENDER.sample
