"""Raw mail is read with limits, and hostile bytes cost nothing and raise one thing."""

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.mail import MAX_BYTES, UnreadableMail, human_text, read_mail, read_mail_file, sort_mail
from tools.mail.html import html_to_text
from tools.mail.limits import MAX_CHARS, MAX_LINE, MAX_LINES

TODAY = datetime(2026, 3, 2, tzinfo=UTC).date()
SIMPLE = (
    b"From: =?utf-8?q?J=C3=BCrgen_Weber?= <J.Weber@College.example>\r\nTo: dana@seller.example\r\n"
    b"Subject: =?utf-8?b?UmU6IExpY2h0?=\r\nDate: Mon, 02 Mar 2026 10:00:00 -0500\r\n"
    b"Message-ID: <abc@college.example>\r\nIn-Reply-To: <first@seller.example>\r\n"
    b"References: <zero@seller.example>\r\n <first@seller.example>\r\n"
    b"Content-Type: text/plain; charset=iso-8859-1\r\n\r\nGr\xfc\xdfe aus Ohio\r\n"
)


def test_reads_headers_and_text() -> None:
    mail = read_mail(SIMPLE)
    assert (mail.message_id, mail.in_reply_to) == ("abc@college.example", "first@seller.example")
    assert mail.references == ("zero@seller.example", "first@seller.example")
    assert (mail.from_address, mail.from_name) == ("j.weber@college.example", "Jürgen Weber")
    assert mail.subject == "Re: Licht"
    assert mail.date == datetime(2026, 3, 2, 15, tzinfo=UTC)
    assert mail.text == "Grüße aus Ohio"


def test_an_address_in_a_name_or_comment_is_not_the_sender() -> None:
    for value in (b'"boss@bank.example" <me@x.example>', b"me@x.example (boss@bank.example)"):
        assert read_mail(b"From: " + value + b"\n\nhi").from_address == "me@x.example"


def test_html_is_reduced_to_text_with_its_quotes_marked() -> None:
    html = (
        "<html><head><style>p{}</style></head><body><p>Yes, &lt;Tuesday&gt; works<br>Bob</p>"
        "<!-- hidden --><script>alert(1)</script><blockquote>On Monday you wrote:<p>Hello</p></blockquote></body>"
    )
    raw = b"From: a@x.example\nContent-Type: text/html; charset=utf-8\n\n" + html.encode()
    assert human_text(read_mail(raw).text) == "Yes, <Tuesday> works\nBob"
    assert "alert" not in html_to_text(html)


def test_text_is_capped() -> None:
    long_line = b"x" * 5000 + b"\n"
    mail = read_mail(b"From: a@x.example\n\n" + long_line * 1000)
    lines = mail.text.split("\n")
    assert len(lines) <= MAX_LINES
    assert max(map(len, lines)) <= MAX_LINE
    assert len(mail.text) <= MAX_CHARS


def test_too_large_and_empty_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableMail, match="larger"):
        read_mail(b"a" * (MAX_BYTES + 1))
    with pytest.raises(UnreadableMail, match="empty"):
        read_mail(b" \n")
    big = tmp_path / "big.eml"
    with big.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UnreadableMail, match="larger"):
        read_mail_file(big)
    with pytest.raises(UnreadableMail, match="cannot be read"):
        read_mail_file(tmp_path / "none.eml")


def _nested(depth: int) -> bytes:
    head = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: a@x.example\n" + head + b"\n\nhello\n"


HOSTILE = {
    "nested multiparts": _nested(5000),
    "nested messages": b"From: a@x.example\n" + b"Content-Type: message/rfc822\n\n" * 20_000,
    "many parts": b"From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n" + b"--b\n\nx\n" * 300_000,
    "many headers": b"X-A: b\n" * 1_400_000 + b"\nhi",
    "endless header": b"Subject: " + b"=?a" * 1_000_000 + b"\n\nhi",
    "open comments": b"From: " + b"(" * 500_000 + b"\n\nhi",
    "open tags": b"From: a@x.example\nContent-Type: text/html\n\n" + b"<" * 2_000_000,
    "open html comments": b"From: a@x.example\nContent-Type: text/html\n\n" + b"<!--" * 500_000,
    "open scripts": b"From: a@x.example\nContent-Type: text/html\n\n" + b"<script>" * 250_000,
    "quote marks": b"From: a@x.example\n\n" + b"> " * 2_000_000,
    "attribution": b"From: a@x.example\n\n" + (b"On 1.1.2020 " + b"a " * 400 + b"\n") * 2_000,
    "dashes": b"From: a@x.example\n\n" + (b"-" * 990 + b"\n") * 2_000,
    "references": b"References: " + b"<a@b> " * 500_000 + b"\n\nhi",
    "odd charset": b"Content-Type: text/plain; charset=punycode\n\n" + b"a" * 1_000_000,
    "undefined charset": b"Content-Type: text/plain; charset=undefined\n\nhi",
    "no such encoding": b"Subject: =?nope?q?hi?=\nContent-Transfer-Encoding: uuencode\n\nbegin 666\n\xff\n",
    "a date in no year": b"Date: Mon, 99 Foo 99999 99:99:99 +9999\n\nhi",
    "nul": b"From: a@x.example\nSubject: a\x00b\n\n\x00\x00",
    "report": b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n"
    b"Content-Type: message/delivery-status\n\n" + b"Status: 5.1.1\n\n" * 600_000,
}


SMALL = 64_000
"""Bytes; a cost that grows with the square of this is seconds already."""
FEW_S = 0.03


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_mail_costs_no_more_than_its_size(raw: bytes) -> None:
    """Four times the bytes cost four times as much, where a square would be sixteen times; the least of three counts,
    so that a busy machine adds nothing. A hang meets the time limit."""
    assert _least_cost(raw[: 4 * SMALL]) < 8 * _least_cost(raw[:SMALL]) + FEW_S


def test_a_cost_that_grows_with_the_square_is_seen() -> None:
    def square(raw: bytes) -> None:
        sum(1 for _ in range((len(raw) // 100) ** 2))

    assert _least_cost(b"-" * 4 * SMALL, square) > 8 * _least_cost(b"-" * SMALL, square) + FEW_S


def _read(raw: bytes) -> None:
    try:
        mail = read_mail(raw)
        sort_mail(mail, TODAY)
        human_text(mail.text)
    except UnreadableMail:
        pass


def _least_cost(raw: bytes, read: Callable[[bytes], None] = _read) -> float:
    """Seconds of the processor, the least of three."""
    costs = []
    for _ in range(3):
        began = time.process_time()
        read(raw)
        costs.append(time.process_time() - began)
    return min(costs)


def test_damaged_mail_raises_nothing_else() -> None:
    chance = random.Random(7)
    alphabet = b'=?:;<>@"()\\\n\r\x00\xff-bq/'
    for _ in range(400):
        raw = bytearray(SIMPLE)
        for _ in range(chance.randrange(1, 30)):
            raw[chance.randrange(len(raw))] = chance.choice(alphabet)
        try:
            mail = read_mail(bytes(raw))
        except UnreadableMail:
            continue
        sort_mail(mail, TODAY)
        human_text(mail.text)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_raise_nothing_else(raw: bytes) -> None:
    try:
        sort_mail(read_mail(raw), TODAY)
    except UnreadableMail:
        return


def test_a_report_type_is_one_line_without_controls() -> None:
    mail = read_mail(b"From: a@x.example\nContent-Type: multipart/report; report-type=a\x00b\n\nhi")
    assert "\0" not in mail.report_type + mail.content_type
