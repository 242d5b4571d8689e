"""Mail as it comes in: raw, in mailboxes and folders, as JSON lines; and what is read out of its words."""

import json
from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from agents.reply_triage_policy import policy
from agents.reply_triage_schema import Triage
from tests.fuzz.damage import damaged, damaged_text, line_cases
from tests.fuzz.reader import TODAY, Reader
from tools.mail import UnreadableMail, asks_to_stop, human_text, named_date, own_lines, read_mail, sort_mail
from tools.mail.bounces import refuses_the_address
from tools.mail.files import mail_files, messages_in, messages_of
from tools.mail.limits import MAX_CHARS, capped

REPLY = (
    b"From: =?utf-8?q?J=C3=BCrgen_Weber?= <J.Weber@college.example>\r\nTo: dana@seller.example\r\nSubject: =?utf-8?b?"
    b"UmU6IExpY2h0?=\r\nDate: Mon, 02 Mar 2026 10:00:00 -0500\r\nMessage-ID: <abc@college.example>\r\nIn-Reply-To: "
    b"<first@seller.example>\r\nReferences: <zero@seller.example>\r\n <first@seller.example>\r\nContent-Ty"
    b"pe: text/plain; "
    b"charset=iso-8859-1\r\n\r\nGr\xfc\xdfe! Call me after 15 March, or in Q3.\r\n\r\nJ. Weber\r\n\r\nOn M"
    b"on, 2 Mar 2026, "
    b"Dana <dana@seller.example> wrote:\r\n> Hello\r\n"
)
MIXED = (
    b"From: a@x.example\nMIME-Version: 1.0\nContent-Type: multipart/alternative; boundary=b1\n\n--b1\nContent-Type: "
    b"text/plain\nContent-Transfer-Encoding: quoted-printable\n\nNo=2C thank you.\n--b1\nContent-Type: tex"
    b"t/html; charset="
    b"utf-8\nContent-Transfer-Encoding: base64\n\nPHA+Tm8sIDxiPnRoYW5rIHlvdTwvYj4uPC9wPjxibG9ja3F1b3RlPmhp"
    b"PC9ibG9ja3F1b3Rl"
    b"Pg==\n--b1--\n"
)
BOUNCE = (
    b"From: MAILER-DAEMON@mx.example\nReturn-Path: <>\nSubject: Undelivered Mail Returned to Sender\nContent-Type: "
    b"multipart/report; report-type=delivery-status; boundary=b2\n\n--b2\n\nYour message could not be deli"
    b"vered.\n\n--b2\n"
    b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc82"
    b"2; kim@gone.example\n"
    b"Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 user unknown\n\n--b2\nContent-Typ"
    b"e: message/rfc822\n\n"
    b"Message-ID: <first@seller.example>\nSubject: Lights\n\nHello\n--b2--\n"
)
AWAY = (
    b"From: kim@oakmont.example\nSubject: Automatic reply: Lights\nAuto-Submitted: auto-replied\nX-Autorep"
    b"ly: yes\n\nI am out "
    b"of the office until Monday, 16 March 2026, and back on the 17th. In two weeks call Sam Roe (sam@elm.example).\n"
)
COMPLAINT = (
    b"From: fbl@mx.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b"
    b"3\n\n--b3\n\nabuse\n--b3\n"
    b"Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: kim@oakmont.example\n\n--b3--\n"
)
MAILS = (REPLY, MIXED, BOUNCE, AWAY, COMPLAINT)
LINES: list[Any] = [
    {"id": "a", "text": "No, thanks.", "from": "Bob <Bob@x.example>", "date": "2026-03-02T10:00:00Z"},
    {"subject": "Automatic reply", "headers": {"Auto-Submitted": "auto-replied", "Message-ID": "<3@x.example>"}},
    {"text": "x", "headers": [["Content-Type", "multipart/report; report-type=delivery-status"]], "date": "2 Mar 2026"},
]
WORDS = (
    "Thanks, but we just renewed until 2028. Try again in six months, or after the season; my colleague Sam Roe, "
    "facilities director (sam.roe@elm.example), runs this. What does it cost for 40 poles?",
    "Bitte nicht mehr schreiben. Bis 14.04.2026 im Urlaub.\n-- \nJ. Weber",
    "remove me from your list",
    "550 5.1.1 <kim@gone.example>: Recipient address rejected: User unknown in virtual mailbox table",
)


def _mail(data: bytes, _folder: Path) -> Any:
    mail = read_mail(data)
    text = human_text(mail.text)
    assert len(mail.text) <= MAX_CHARS
    assert len(text) <= MAX_CHARS
    assert len(own_lines(mail.text)) <= MAX_CHARS
    assert "\n" not in mail.subject + mail.from_address + mail.message_id
    return [mail, sort_mail(mail, TODAY), text, str(named_date(text, TODAY)), asks_to_stop(text, mail.subject)]


def _mailbox(data: bytes, _folder: Path) -> Any:
    found = list(messages_of(data, "in.mbox"))
    assert all(one.error or one.mail for one in found)
    return [[one.id, one.error, one.mail, sort_mail(one.mail, TODAY) if one.mail else None] for one in found[:2000]]


def _maildir(data: bytes, folder: Path) -> Any:
    for place, name in (("cur", "1:2,S"), ("new", "2"), ("tmp", "3"), (".", "a.EML"), (".", "b.jsonl")):
        (folder / "mail" / place).mkdir(parents=True, exist_ok=True)
        (folder / "mail" / place / name).write_bytes(data)
    files = mail_files(folder / "mail")
    assert len(files) == 4
    return [[one.id, one.error, one.mail] for file in files for one in list(messages_in(file))[:500]]


def _as_mail_has_it(text: str) -> str:
    """Mail's own reader leaves no halves of surrogate pairs and no controls in a text."""
    return capped(text)


def _words(text: str, _folder: Path) -> Any:
    """What code reads out of a person's words, and the rules' own reading of them."""
    material = {"today": TODAY.isoformat(), "text": text, "subject": text[:80]}
    said = policy([HumanMessage(json.dumps(material))], tools=(), schema="Triage")
    read = Triage.model_validate_json(said.text)
    refuses_the_address(text)
    return [human_text(text), str(named_date(text, TODAY)), asks_to_stop(text, text, text), str(read.resume_date)]


READERS = (
    Reader("mail", _mail, damaged(*MAILS), MAILS, (UnreadableMail,), share=3),
    Reader(
        "mailbox",
        _mailbox,
        damaged(b"From a Mon\n" + REPLY + b"\nFrom b Tue\n" + AWAY, REPLY) | line_cases(*LINES),
        (REPLY, "\n".join(map(json.dumps, LINES)).encode()),
        most=40_000_000,
    ),
    Reader("folder of mail", _maildir, damaged(*MAILS), MAILS, most=4_000_000, share=0.3),
    Reader("words of a reply", _words, damaged_text(*WORDS).map(_as_mail_has_it), WORDS, share=0.2),
)
