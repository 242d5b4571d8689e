"""A real mailbox over IMAP: what came in, and what was sent."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from tests.support.mail_servers import DOVECOT, ImapServer, dovecot_server, free_port
from tools.mail.mailbox import MailboxStopped, heads_in, open_mailbox
from tools.mail.server import Server

dovecot = pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
RAW = b"From: a@x.example\r\nMessage-ID: <abc@x.example>\r\nSubject: Hi\r\n\r\nThe text.\r\n"


@pytest.fixture(scope="module")
def imap() -> Iterator[ImapServer]:
    with dovecot_server() as server:
        yield server


@dovecot
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


@dovecot
def test_a_copy_is_filed_once_and_found(imap: ImapServer) -> None:
    with imap.mailbox() as mailbox:
        assert mailbox.sent_folder() == "Sent"
        assert not mailbox.holds("q@x.example")
        raw = RAW.replace(b"abc@", b"q@")
        assert [mailbox.file("q@x.example", raw), mailbox.file("q@x.example", raw)] == [True, False]
        assert mailbox.holds("q@x.example")
        assert not mailbox.holds('q@x.example" OR ALL "')
    assert imap.count("Sent") == 1


@dovecot
def test_what_goes_wrong_is_said_in_a_sentence(imap: ImapServer) -> None:
    wrong = Server("imap", "127.0.0.1", imap.port, "us", "guess")
    nowhere = Server("imap", "127.0.0.1", free_port(), "us", "secret")
    secured = Server("imaps", "127.0.0.1", imap.port, "us", "secret")
    for server in (wrong, nowhere, secured):
        with pytest.raises(MailboxStopped, match="cannot be used"), open_mailbox(server):
            pass
    with open_mailbox(imap.server, sent="Gone") as mailbox, pytest.raises(MailboxStopped):
        mailbox.holds("q@x.example")


@pytest.mark.parametrize(
    "answer",
    [
        [(b"1 (UID 7 RFC822.SIZE 300 BODY[HEADER]<0> {8}", b"From: a\n"), b")"],
        [(b"1 (BODY[HEADER]<0> {8}", b"From: a\n"), b" UID 7 RFC822.SIZE 300)"],
        [(b"1 (UID 7 BODY[HEADER]<0> {8}", b"From: a\n"), b" RFC822.SIZE 300)"],
    ],
)
def test_a_server_gives_what_was_asked_for_in_any_order(answer: list[Any]) -> None:
    (found,) = heads_in(answer)
    assert (found.uid, found.head, found.size) == ("7", b"From: a\n", 300)


def test_a_message_without_a_number_is_said_in_a_sentence() -> None:
    with pytest.raises(MailboxStopped, match="without its number or size"):
        list(heads_in([(b"1 (BODY[HEADER]<0> {8}", b"From: a\n"), b")"]))
