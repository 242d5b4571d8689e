"""A bounce is hard only where a server's answer speaks of the address itself, for good, and of nothing else."""

from datetime import date

import pytest

from tools.mail import read_mail, sort_mail
from tools.mail.bounces import judged, refuses_the_address, reported

TODAY = date(2026, 3, 2)
BOB = "<bob@college.example>"


@pytest.mark.parametrize(
    ("words", "hard"),
    [
        (f"550 {BOB}: Recipient address rejected: User unknown in relay recipient table", True),
        ("550 sorry, no mailbox here by that name. (#5.7.17)", True),
        ('bob@college.example: unrouteable mail domain "college.example"', True),
        ("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)", True),
        ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", True),
        ("554 The domain is not reachable. Please check the domain and try again", True),
        ("The recipient name\nis not recognized", True),
        ("Der Empfänger ist unbekannt: 550 Benutzer unbekannt", True),
        # The same transcript says both: the answer to this recipient counts.
        (f"<<< 550 {BOB}, User Unknown\n421 college.example... Deferred: Connection timed out", True),
        # This was automatically geneRATEd: no word of a sending rate.
        ("This report was generated automatically.\n550 no such user", True),
        # Somebody else is unknown, or something else is wrong.
        ("550 <we@us.example>: Sender address rejected: Domain not found", False),
        ("550 user unknown or blocked by policy", False),
        ("450 user unknown in local table", False),
        ("550 mailbox for bob is full", False),
        ("550 5.1.0 unknown recipient: access denied", False),
        ("550 5.2.0 user unknown", False),  # RFC 3463: x.2.x, the mailbox is there
        ("Es gibt sie nicht, oder sie ist voll: 550 Quota exceeded, user not found", False),
        ("The group may not exist, or you may not be allowed to write to it: address not found", False),
        ("550 unknown user (in reply to end of DATA command)", False),
        ("server message\n550 unknown user\n\nSMTP command\nDATA\n", False),
        ("could not be delivered", False),
    ],
)
def test_what_a_server_says_of_the_address(words: str, hard: bool) -> None:
    assert judged([], words).hard is hard


def test_of_several_recipients_the_dead_one_is_named() -> None:
    blocks = (
        "Reporting-MTA: dns; mx.college.example\n\n"
        "Final-Recipient: rfc822; ann@college.example\nAction: failed\nStatus: 5.2.2\n"
        "Diagnostic-Code: smtp; 552 full\n\n"
        "Final-Recipient: rfc822; bob@college.example\nAction: failed\nStatus: 5.1.1\n"
        "Diagnostic-Code: smtp; 550 5.1.1 User unknown\n"
    )
    found = reported(blocks, "")
    assert (found.hard, found.address, found.severity) == (True, "bob@college.example", "hard")


def test_the_reason_may_stand_in_the_status_or_in_the_text_above() -> None:
    block = (
        "Final-Recipient: rfc822; bob@college.example\nAction: failed\nStatus: 5.4.4 (Illegal host/domain name found)"
    )
    assert reported(block, "").hard
    bare = "Final-Recipient: rfc822; bob@college.example\nAction: failed\nStatus: 5.0.0"
    assert reported(bare, "Your mail failed.\n\nThere is no such user here.").hard
    assert not reported(bare, "Your mail failed.\n\n-- Original message follows\n\nno such user").hard


def test_what_a_server_says_while_we_send() -> None:
    assert refuses_the_address("5.1.1 unknown user")
    assert not refuses_the_address("5.7.1 message refused as spam")


def test_a_machine_that_returns_the_letter_reports_a_bounce() -> None:
    raw = (
        "From: no-reply@carrier.example\nSubject: Mail\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\n"
        "Your mail could not be delivered to: <bob@college.example>. As their mailbox is full.\n--b\n"
        "Content-Type: message/rfc822\n\nFrom: us@us.example\nSubject: Lights\n\nHello\n--b--\n"
    )
    found = sort_mail(read_mail(raw.encode()), TODAY)
    assert (found.kind, found.hard) == ("bounce", False)
    forwarded = raw.replace("no-reply@", "bob@")
    assert sort_mail(read_mail(forwarded.encode()), TODAY).kind == "human"
