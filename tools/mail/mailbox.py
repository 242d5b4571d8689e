"""A mailbox over IMAP (RFC 9051): what came in, and whether a message of ours is among what was sent.

It is only read, but for `file`, which puts a copy of a sent message where a mail program would.
"""

import imaplib
import re
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from imap_tools import AND, BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted, MailMessageFlags
from imap_tools.errors import ImapToolsError

from tools.mail.limits import MAX_BYTES
from tools.mail.server import Server

_SENT_NAMES: Final = ("Sent", "Sent Items", "Sent Messages", "INBOX.Sent", "[Gmail]/Sent Mail")
_BATCH: Final = 200
TIMEOUT_S: Final = 30.0


class MailboxStopped(RuntimeError):
    """The mailbox cannot be read: no connection, a refused login, a folder that is not there."""


@dataclass(frozen=True)
class Arrived:
    """One message of a folder by its number there, with its headers alone; `size` in bytes."""

    uid: str
    head: bytes
    size: int


class Mailbox:
    """An open mailbox. Its methods raise MailboxStopped."""

    def __init__(self, box: BaseMailBox, inbox: str, sent: str | None) -> None:
        self._box = box
        self._inbox = inbox
        self._sent = sent

    def holds(self, message_id: str) -> bool:
        """Whether the folder of sent mail has a message with this Message-ID (without angle brackets)."""
        with _told():
            self._open(self.sent_folder())
            wanted = message_id.replace("\\", "").replace('"', "")
            return bool(self._box.uids(f'HEADER Message-ID "{wanted}"'))

    def file(self, message_id: str, raw: bytes) -> bool:
        """Puts a copy of a sent message into the folder of sent mail, unless one is there; whether it did."""
        if self.holds(message_id):
            return False
        with _told():
            self._box.append(raw, self.sent_folder(), dt=None, flag_set=[MailMessageFlags.SEEN])
        return True

    def sent_folder(self) -> str:
        """The folder of sent mail: as set, else the one that the server calls so (RFC 6154), else by its usual name."""
        if self._sent is None:
            with _told():
                folders = self._box.folder.list()
            named = {folder.name for folder in folders}
            by_flag = [f.name for f in folders if any(flag.lower() == "\\sent" for flag in f.flags)]
            by_name = [name for name in _SENT_NAMES if name in named]
            if not by_flag and not by_name:
                raise MailboxStopped("The mailbox has no folder of sent mail; name it with OUTREACH_SENT_FOLDER.")
            self._sent = (by_flag or by_name)[0]
        return self._sent

    def arrived(self, since: date) -> Iterator[Arrived]:
        """The headers of what came into the inbox on that day or later; nothing is marked as read."""
        with _told():
            self._open(self._inbox)
            uids = self._box.uids(AND(date_gte=since))
        for start in range(0, len(uids), _BATCH):
            with _told():
                _, found = self._box.client.uid("fetch", ",".join(uids[start : start + _BATCH]), _HEADERS)
            yield from heads_in(found)

    def whole(self, uid: str) -> bytes:
        """One message of the inbox, as it is."""
        with _told():
            _, found = self._box.client.uid("fetch", uid, f"(BODY.PEEK[]<0.{MAX_BYTES + 1}>)")
        return next((bytes(part[1]) for part in found if isinstance(part, tuple)), b"")

    def _open(self, folder: str) -> None:
        self._box.folder.set(folder, readonly=True)


_HEADERS: Final = "(UID RFC822.SIZE BODY.PEEK[HEADER]<0.65536>)"


def heads_in(answer: Sequence[Any]) -> Iterator[Arrived]:
    """The messages of a server's answer, which for each has the headers and, before or behind them as the server likes,
    the other items that were asked for. Raises MailboxStopped where one is not there."""
    for place, part in enumerate(answer):
        if not isinstance(part, tuple):
            continue
        behind = answer[place + 1] if place + 1 < len(answer) else b""
        told = part[0] + b" " + (behind if isinstance(behind, bytes) else b"")
        uid, size = (re.search(rb"\b%b (\d+)" % name, told) for name in (b"UID", rb"RFC822\.SIZE"))
        if uid is None or size is None:
            raise MailboxStopped("The mailbox cannot be used: the server lists a message without its number or size.")
        yield Arrived(uid[1].decode(), bytes(part[1]), int(size[1]))


@contextmanager
def open_mailbox(server: Server, sent: str | None = None) -> Iterator[Mailbox]:
    """Connects and logs in. `server.folder` is the inbox (INBOX, if empty), `sent` the folder of sent mail, if set."""
    with _told(f"{server.host}:{server.port}"):
        box = _connect(server)
        if server.user and server.password:
            try:
                box.login(server.user, server.password, initial_folder=None)
            except BaseException:
                box.client.shutdown()
                raise
    try:
        yield Mailbox(box, server.folder or "INBOX", sent)
    finally:
        try:
            box.logout()
        except (imaplib.IMAP4.error, ImapToolsError, OSError):
            box.client.shutdown()


def _connect(server: Server) -> BaseMailBox:
    context = ssl.create_default_context()
    if server.scheme == "imaps":
        return MailBox(server.host, server.port, timeout=TIMEOUT_S, ssl_context=context)
    if not server.loopback:
        return MailBoxStartTls(server.host, server.port, timeout=TIMEOUT_S, ssl_context=context)
    # On this machine nobody reads along.
    return MailBoxUnencrypted(server.host, server.port, timeout=TIMEOUT_S)


@contextmanager
def _told(where: str = "") -> Iterator[None]:
    try:
        yield
    except (imaplib.IMAP4.error, ImapToolsError, OSError) as exc:
        words = " ".join(str(exc).split())[:300] or type(exc).__name__
        raise MailboxStopped(f"The mailbox{f' at {where}' if where else ''} cannot be used: {words}") from exc
