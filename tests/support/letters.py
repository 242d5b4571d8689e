"""Mails that come in after messages were sent: what people, machines and forgers write."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path


def letter(
    folder: Path,
    name: str,
    *,
    sender: str,
    to: str,
    subject: str,
    text: str,
    when: datetime,
    **headers: str,
) -> Path:
    """Writes one mail as NAME.eml; further headers have '_' for '-'. Its Message-ID follows from the name."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"], mail["Date"] = sender, to, subject, format_datetime(when)
    mail["Message-ID"] = f"<{name}@mail.example>"
    for key, value in headers.items():
        mail[key.replace("_", "-")] = value
    mail.set_content(text)
    return _write(folder, name, mail.as_bytes())


def returned(folder: Path, name: str, *, recipient: str, message_id: str, when: datetime) -> Path:
    """Writes what a mail server sends back for an address that does not exist (RFC 3464)."""
    raw = f"""\
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: us@northlight.example
Subject: Undelivered Mail Returned to Sender
Date: {format_datetime(when)}
Message-ID: <{name}@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: Recipient address rejected: User unknown

--b
Content-Type: text/rfc822-headers

Message-ID: {message_id}
To: {recipient}

--b--
"""
    return _write(folder, name, raw.encode())


def _write(folder: Path, name: str, raw: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.eml"
    path.write_bytes(raw)
    return path
