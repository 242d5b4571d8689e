"""The mail servers' addresses, taken apart and, where asked, tried."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from outreach.errors import Complaint, why_unread
from tools.mail.server import Server

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Kind:
    """A kind of server: the setting it stands in, and its schemes with their usual ports."""

    setting: str
    ports: dict[str, int]
    example: str


SMTP = Kind(
    "OUTREACH_SMTP_URL",
    {"smtp": 587, "smtp+starttls": 587, "smtps": 465},
    "smtps://you%40firm.example:PASSWORD@smtp.firm.example",
)
IMAP = Kind("OUTREACH_IMAP_URL", {"imap": 143, "imaps": 993}, "imaps://you%40firm.example:PASSWORD@imap.firm.example")


def parse_server(url: str, kind: Kind) -> Server:
    """Takes a mail server's URL apart. Raises Complaint; the message never repeats the password."""
    mend = f"Set {kind.setting} like this: {kind.example}"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Complaint(f"{kind.setting} is not a URL.", mend) from None
    if parts.scheme not in kind.ports:
        raise Complaint(f"{kind.setting} must begin with {' or '.join(f'{name}://' for name in kind.ports)}.", mend)
    if not parts.hostname:
        raise Complaint(f"{kind.setting} names no host.", mend)
    return Server(
        parts.scheme,
        parts.hostname,
        port or kind.ports[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
        unquote(parts.path).strip("/"),
    )


def reach(server: Server) -> None:
    """Connects and logs in, and sends nothing. Raises Complaint saying what the server said."""
    where = f"{server.host}:{server.port}"
    try:
        if server.scheme.startswith("smtp"):
            _reach_smtp(server)
        else:
            _reach_imap(server)
    except smtplib.SMTPAuthenticationError as exc:
        raise _refused(where, _words(exc.smtp_error)) from exc
    except imaplib.IMAP4.error as exc:
        raise _refused(where, str(exc)) from exc
    except (OSError, smtplib.SMTPException) as exc:
        raise Complaint(
            f"The mail server at {where} does not answer: {why_unread(exc)}.",
            "Check host, port and scheme, and the network.",
        ) from exc


def _words(said: bytes | str) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else said


def _refused(where: str, said: str) -> Complaint:
    return Complaint(f"The mail server at {where} refused the login: {said}", "Check the user and the password.")


def _reach_smtp(server: Server) -> None:
    context = ssl.create_default_context()
    connection: smtplib.SMTP
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    with connection:
        connection.ehlo()
        if server.scheme == "smtp+starttls" or (server.scheme == "smtp" and connection.has_extn("starttls")):
            connection.starttls(context=context)
            connection.ehlo()
        if server.user and server.password:
            connection.login(server.user, server.password)


def _reach_imap(server: Server) -> None:
    context = ssl.create_default_context()
    connection: imaplib.IMAP4
    if server.scheme == "imaps":
        connection = imaplib.IMAP4_SSL(server.host, server.port, timeout=TIMEOUT_S, ssl_context=context)
    else:
        connection = imaplib.IMAP4(server.host, server.port, timeout=TIMEOUT_S)
    with connection:
        if server.scheme == "imap" and "STARTTLS" in connection.capabilities:
            connection.starttls(ssl_context=context)
        if server.user and server.password:
            connection.login(server.user, server.password)
