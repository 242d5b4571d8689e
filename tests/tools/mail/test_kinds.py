"""A mail is sorted by its headers and structure, and a bounce is hard only where the address itself is dead."""

from datetime import date

import pytest

from tools.mail import Sorted, read_mail, sort_mail

TODAY = date(2026, 3, 2)


def sort(raw: str) -> Sorted:
    return sort_mail(read_mail(raw.encode()), TODAY)


def dsn(status: str, diagnostic: str, action: str = "failed") -> str:
    return (
        "From: MAILER-DAEMON@mx.college.example\nSubject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry.\n--b\n"
        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.college.example\n\n"
        f"Final-Recipient: rfc822; Bob@college.example\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; {diagnostic}\n\n--b--\n"
    )


@pytest.mark.parametrize(
    ("status", "diagnostic", "action", "hard"),
    [
        ("5.1.1", "550 5.1.1 User unknown", "failed", True),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "failed", True),
        ("5.1.2", "550 5.1.2 Host unknown", "failed", True),
        ("5.0.0", "550 No such user here", "failed", True),
        ("5.2.2", "552 5.2.2 Mailbox full", "failed", False),
        ("5.7.1", "550 5.7.1 Message rejected as spam", "failed", False),
        ("5.1.1", "550 5.7.1 blocked by policy", "failed", False),
        ("4.4.1", "connection timed out", "failed", False),
        ("4.1.1", "450 4.1.1 user unknown, try again", "failed", False),
        ("5.0.0", "554 rejected", "failed", False),
        ("4.4.7", "delayed", "delayed", False),
    ],
)
def test_bounces(status: str, diagnostic: str, action: str, hard: bool) -> None:
    found = sort(dsn(status, diagnostic, action))
    assert (found.kind, found.hard) == ("bounce", hard)
    assert found.address == "bob@college.example"


def test_a_delivery_report_of_success_is_no_bounce() -> None:
    assert sort(dsn("2.0.0", "250 ok", "delivered")).kind == "auto_ack"


def test_a_person_who_writes_of_failed_delivery_is_a_person() -> None:
    assert sort("From: bob@college.example\nSubject: delivery failed again\n\nThe truck never came.").kind == "human"


def test_a_complaint() -> None:
    found = sort(
        "From: fbl@isp.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n"
        "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        "Original-Rcpt-To: <bob@college.example>\n\n--b--\n"
    )
    assert (found.kind, found.address) == ("complaint", "bob@college.example")


@pytest.mark.parametrize(
    ("headers", "text", "kind"),
    [
        ("Subject: Automatic reply: Lights\nAuto-Submitted: auto-replied",
         "I am out of the office until March 20.", "out_of_office"),
        ("Subject: Abwesenheitsnotiz", "Ich bin bis 20.03.2026 im Urlaub.", "out_of_office"),
        ("Subject: Re: Lights\nX-Autoreply: yes", "We have received your message. Ticket 4.", "auto_ack"),
        ("Subject: Ticket\nPrecedence: auto_reply", "Thank you for contacting us.", "auto_ack"),
        ("Subject: Re: Lights\nAuto-Submitted: no", "I was out of the office, sorry. Let us talk.", "human"),
        ("Subject: unsubscribe\nAuto-Submitted: auto-generated", "", "human"),
    ],
)  # fmt: skip
def test_automatic_answers(headers: str, text: str, kind: str) -> None:
    found = sort(f"From: bob@college.example\n{headers}\n\n{text}\n")
    assert found.kind == kind
    if kind == "out_of_office":
        assert found.back_on == date(2026, 3, 20)
