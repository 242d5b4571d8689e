"""From a list to a reply that pauses its sequence, through real mail servers: SMTP by aiosmtpd, IMAP by dovecot."""

import email
import email.policy
import json
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from db.models import Contact, Delivery, Followup, InboundMessage, MessageDraft, OutreachSequence, Reply, Suppression
from outreach.worker_process import fetch_due, work_on
from tests.e2e.conftest import MakeOffice, Office, command
from tests.e2e.test_approval import decide
from tests.e2e.test_replies import SENDER, all_of, of
from tests.support.inbox import waiting_drafts
from tests.support.letters import letter
from tests.support.mail_servers import DOVECOT, Letter, dovecot_server, smtp_server
from tests.support.outgoing import approve_all, send_all

pytestmark = pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
COLLEGES = 3


def ran(office: Office, env: dict[str, str], *args: str, code: int = 0) -> str:
    done = command(office, *args, **env)
    assert done.returncode == code, done.stderr
    return done.stdout


def answer(letter: Letter, words: str, name: str, **headers: str) -> bytes:
    """What a recipient's mail program makes of an answer."""
    got = email.message_from_bytes(letter.raw, policy=email.policy.default)
    mail = EmailMessage()
    mail["From"], mail["To"] = str(got["To"]), str(got["From"])
    mail["Subject"], mail["Date"] = f"Re: {got['Subject']}", format_datetime(datetime.now(UTC))
    mail["Message-ID"], mail["In-Reply-To"] = f"<{name}@their.example>", str(got["Message-ID"])
    for key, value in headers.items():
        mail[key.replace("_", "-")] = value
    mail.set_content(words)
    return mail.as_bytes()


@pytest.mark.timeout(240)
def test_from_a_list_to_a_reply_that_pauses_the_sequence(
    after_a_run: MakeOffice, database_url: str, tmp_path: Path
) -> None:
    office = after_a_run(database_url, colleges=COLLEGES)
    for item in office.read(waiting_drafts):
        decide(office, item, "approve")
    office.carry_on()
    with smtp_server() as smtp, dovecot_server() as imap:
        env = {"OUTREACH_SMTP_URL": smtp.url, "OUTREACH_IMAP_URL": imap.url}
        rehearsed = json.loads(
            ran(office, env, "send", "--dry-run", "--into", str(tmp_path / "dry"), "--any-time", "--json")
        )
        assert len(rehearsed["written"]) == COLLEGES
        assert smtp.letters == []

        sent = json.loads(ran(office, env, "send", "--any-time", "--json"))["messages"]
        assert [line["what"] for line in sent] == ["sent"] * COLLEGES
        assert len(smtp.letters) == imap.count("Sent") == COLLEGES
        assert sorted(smtp.counts().values()) == [1] * COLLEGES
        for letter in smtp.letters:
            check_letter(office, letter)
        assert json.loads(ran(office, env, "send", "--any-time", "--json"))["messages"] == []

        glad, leaving, quiet = smtp.letters
        imap.put(answer(glad, "Sounds good, can we talk on Tuesday?", "glad"))
        imap.put(answer(leaving, "Please take me off your list.", "leaving"))
        imap.put(quiet.raw)  # our own, copied to ourselves
        imap.put(b"From: news@shop.example\r\nSubject: Sale\r\nMessage-ID: <n@shop.example>\r\n\r\nBuy.\r\n")
        fetched = json.loads(ran(office, env, "replies", "fetch", "--json"))
        assert sorted(row["intent"] for row in fetched) == ["positive", "unsubscribe"]
        check_answers(office, glad, leaving, quiet)
        assert json.loads(ran(office, env, "replies", "fetch", "--json")) == []
        assert len(all_of(office, InboundMessage)) == 2
        assert imap_unseen(imap) == 4


def imap_unseen(imap: Any) -> int:
    with imap.client() as client:
        client.select("INBOX", readonly=True)
        _done, found = client.search(None, "UNSEEN")
        return len(found[0].split())


def check_letter(office: Office, letter: Letter) -> None:
    """What arrived is what was approved, to whom it was approved, and it is recorded as sent."""
    mail = email.message_from_bytes(letter.raw, policy=email.policy.SMTP.clone(raise_on_defect=True))
    assert isinstance(mail, EmailMessage)
    draft = of(office, MessageDraft, letter.message_id.partition("@")[0])
    contact = of(office, Contact, draft.contact_id)
    assert (letter.sender, letter.recipients) == (SENDER.email, [contact.email])
    assert mail["Subject"] == draft.subject_line
    assert mail.get_content().replace("\r\n", "\n").rstrip("\n") == draft.body.rstrip("\n")
    assert mail.get_content_type() == "text/plain"
    delivery = all_of(office, Delivery, Delivery.draft_id == draft.id)[0]
    assert (delivery.state, draft.approval_status, delivery.attempts) == ("sent", "sent", 1)
    assert contact.stage == "sent"


def sequence(office: Office, letter: Letter) -> OutreachSequence:
    draft = of(office, MessageDraft, letter.message_id.partition("@")[0])
    return of(office, OutreachSequence, draft.sequence_id)  # type: ignore[no-any-return]


def check_answers(office: Office, glad: Letter, leaving: Letter, quiet: Letter) -> None:
    paused = sequence(office, glad)
    assert (paused.status, paused.replies_received, paused.next_step_at) == ("paused", 1, None)
    followups = all_of(office, Followup, Followup.sequence_id == paused.id)
    assert [f.state for f in followups] == ["skipped"]
    assert sequence(office, leaving).status == "stopped"
    assert [s.value for s in all_of(office, Suppression)] == [leaving.recipients[0].lower()]
    assert sequence(office, quiet).status == "active"
    assert len(all_of(office, Reply)) == 2


@pytest.mark.timeout(240)
def test_a_worker_takes_answers_in_and_has_them_read_by_itself(
    after_a_run: MakeOffice, postgres_url: str, tmp_path: Path
) -> None:
    office = after_a_run(postgres_url, colleges=COLLEGES)
    approve_all(office.settings)
    assert send_all(office.settings, datetime.now(UTC) - timedelta(days=1)) == COLLEGES
    first, *_ = all_of(office, Delivery)
    with dovecot_server() as imap:
        settings = office.settings.model_copy(update={"imap_url": SecretStr(imap.url)})
        thread = {"In_Reply_To": f"<{first.message_id}>", "References": f"<{first.message_id}>"}
        said = {"sender": first.recipient, "to": SENDER.email, "subject": "Re: lights", "when": datetime.now(UTC)}
        imap.put(letter(tmp_path, "glad", text="Sounds good, can we talk on Tuesday?", **said, **thread).read_bytes())
        assert work_on(settings, 2, once=True) == 1
        assert fetch_due(settings) == 0
        assert imap_unseen(imap) == 1, "it leaves the mailbox as it was"
    (reply,) = all_of(office, Reply)
    assert (reply.intent, reply.contact_id) == ("positive", first.contact_id)
    (paused,) = all_of(office, OutreachSequence, OutreachSequence.contact_id == first.contact_id)
    assert paused.status == "paused"
    assert len(all_of(office, InboundMessage)) == 1
