"""A real mailbox over IMAP: what came in, and what was sent."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from tests.support.mail_servers import DOVECOT, ImapServer, dovecot_server, free_port
from tools.mail.mailbox import MailboxStopped, open_mailbox
from tools.mail.server import Server

pytestmark = pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
RAW = b"From: a@x.example\r\nMessage-ID: <abc@x.example>\r\nSubject: Hi\r\n\r\nThe text.\r\n"


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with dovecot_server() as server:
        yield server


def test_what_came_in_is_read_and_left_as_it_was(imap: ImapServer) -> None:
    imap.put(RAW)
    imap.put(b"From: b@x.example\r\nSubject: No id\r\n\r\n" + b"x" * 300_000)
    with imap.mailbox() as mailbox:
        found = list(mailbox.arrived(date.today() - timedelta(days=1)))  # noqa: DTZ011
        assert [b"abc@x.example" in one.head for one in found] == [True, False]
        assert mailbox.whole(found[0].uid) == RAW
        assert list(mailbox.arrived(date.today() + timedelta(days=2))) == []  # noqa: DTZ011
    with imap.client() as client:
        client.select("INBOX", readonly=True)
        assert client.search(None, "UNSEEN")[1] == [b"1 2"]


def test_a_copy_is_filed_once_and_found(imap: ImapServer) -> None:
    with imap.mailbox() as mailbox:
        assert mailbox.sent_folder() == "Sent"
        assert not mailbox.holds("q@x.example")
        raw = RAW.replace(b"abc@", b"q@")
        assert [mailbox.file("q@x.example", raw), mailbox.file("q@x.example", raw)] == [True, False]
        assert mailbox.holds("q@x.example")
        assert not mailbox.holds('q@x.example" OR ALL "')
    assert imap.count("Sent") == 1


def test_what_goes_wrong_is_said_in_a_sentence(imap: ImapServer) -> None:
    wrong = Server("imap", "127.0.0.1", imap.port, "us", "guess")
    nowhere = Server("imap", "127.0.0.1", free_port(), "us", "secret")
    secured = Server("imaps", "127.0.0.1", imap.port, "us", "secret")
    for server in (wrong, nowhere, secured):
        with pytest.raises(MailboxStopped, match="cannot be used"), open_mailbox(server):
            pass
    with open_mailbox(imap.server, sent="Gone") as mailbox, pytest.raises(MailboxStopped):
        mailbox.holds("q@x.example")
