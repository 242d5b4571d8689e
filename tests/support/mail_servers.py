"""Real mail servers on loopback: SMTP by aiosmtpd, IMAP by dovecot, both of one test alone."""

import asyncio
import imaplib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP

from tools.mail.mailbox import Mailbox, open_mailbox
from tools.mail.server import Server

USER, PASSWORD = "us", "secret"
DOVECOT = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Letter:
    """One message that the server took."""

    sender: str
    recipients: list[str]
    raw: bytes

    @property
    def message_id(self) -> str:
        head = self.raw.partition(b"\r\n\r\n")[0].decode()
        line = next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
        return line.partition(":")[2].strip().strip("<>")


@dataclass
class SmtpServer:
    """Takes mail, and says what it is told to say: `on_rcpt` and `on_data` give the answer, None takes the message.

    `filed` puts what was taken where a test wants it, before the answer is given, as a server with a Sent folder does.
    """

    port: int = field(default_factory=free_port)
    letters: list[Letter] = field(default_factory=list)
    on_rcpt: Callable[[str], str | None] = lambda _address: None
    on_data: Callable[[Letter], str | None] = lambda _letter: None
    filed: Callable[[Letter], None] = lambda _letter: None
    hang_up_after_data: bool = False

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        answer = self.on_rcpt(address)
        if answer is not None:
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Any) -> str:  # noqa: N802
        letter = Letter(envelope.mail_from, list(envelope.rcpt_tos), envelope.content)
        answer = self.on_data(letter)
        if answer is not None:
            return answer
        self.letters.append(letter)
        self.filed(letter)
        if self.hang_up_after_data and isinstance(server.transport, asyncio.Transport):
            server.transport.abort()
        return "250 2.0.0 taken"

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def server(self) -> Server:
        return Server("smtp", "127.0.0.1", self.port, None, None)

    def counts(self) -> Counter[str]:
        """How often each Message-ID was taken."""
        return Counter(letter.message_id for letter in self.letters)


@contextmanager
def smtp_server(**given: Any) -> Iterator[SmtpServer]:
    """A server that is up while the block runs; `controller` settings in `given` go to aiosmtpd."""
    made = SmtpServer(**given)
    controller = Controller(made, hostname="127.0.0.1", port=made.port)
    controller.start()
    try:
        yield made
    finally:
        controller.stop()


@dataclass
class ImapServer:
    """A dovecot of one test: one user, one mailbox, plain IMAP on loopback."""

    port: int

    @property
    def url(self) -> str:
        return f"imap://{USER}:{PASSWORD}@127.0.0.1:{self.port}"

    @property
    def server(self) -> Server:
        return Server("imap", "127.0.0.1", self.port, USER, PASSWORD)

    @contextmanager
    def mailbox(self) -> Iterator[Mailbox]:
        with open_mailbox(self.server) as found:
            yield found

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4]:
        with imaplib.IMAP4("127.0.0.1", self.port, timeout=20) as client:
            client.login(USER, PASSWORD)
            yield client

    def put(self, raw: bytes, folder: str = "INBOX") -> None:
        """Delivers a message into a folder."""
        with self.client() as client:
            done, told = client.append(folder, "", imaplib.Time2Internaldate(time.time()), raw)
            assert done == "OK", told

    def count(self, folder: str) -> int:
        with self.client() as client:
            _done, told = client.select(folder, readonly=True)
            return int(told[0] or 0)


def _config(base: Path, port: int, owner: str) -> str:
    return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {base}/run
state_dir = {base}/state
log_path = {base}/log
ssl = no
disable_plaintext_auth = no
default_internal_user = {owner}
default_internal_group = {_group(owner)}
default_login_user = {owner}
mail_location = maildir:{base}/mail
first_valid_uid = 1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={pwd.getpwnam(owner).pw_uid} gid={pwd.getpwnam(owner).pw_gid} home={base}/mail
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


def _group(owner: str) -> str:
    import grp

    return grp.getgrgid(pwd.getpwnam(owner).pw_gid).gr_name


@contextmanager
def dovecot_server() -> Iterator[ImapServer]:
    """A private dovecot. It refuses to serve root's mail, so root has it run as nobody."""
    assert DOVECOT is not None
    owner = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    ids = pwd.getpwnam(owner)
    base = Path(tempfile.mkdtemp(prefix="dovecot-"))  # short, and one that another user can reach
    port = free_port()
    config = base / "conf"
    for folder in ("run", "state", "mail"):
        (base / folder).mkdir()
    config.write_text(_config(base, port, owner), encoding="utf-8")
    more: dict[str, Any] = {}
    if os.getuid() == 0:
        for path in (base, *base.iterdir()):
            os.chown(path, ids.pw_uid, ids.pw_gid)
        more = {"user": ids.pw_uid, "group": ids.pw_gid, "extra_groups": []}
    process = subprocess.Popen([DOVECOT, "-F", "-c", str(config)], cwd=base, **more)
    try:
        _wait_for(process, port, base / "log")
        yield ImapServer(port)
    finally:
        process.terminate()
        process.wait(timeout=20)
        shutil.rmtree(base, ignore_errors=True)


def _wait_for(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        assert process.poll() is None, told
        try:
            with imaplib.IMAP4("127.0.0.1", port, timeout=2) as client:
                client.login(USER, PASSWORD)
                return
        except (OSError, imaplib.IMAP4.error):
            time.sleep(0.05)
    raise AssertionError(f"dovecot does not answer: {told}")
