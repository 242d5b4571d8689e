"""Which foreign addresses become links, and which do not."""

import pytest

from outreach.pages.safe import bounded, hides, mail_link, phone_link, web_link
from tests.support.batches import BAD_LINKS


@pytest.mark.parametrize("url", BAD_LINKS)
def test_what_is_no_plain_web_address_is_not_linked(url: str) -> None:
    assert web_link(url) is None


@pytest.mark.parametrize(
    "url", ["https://news.example/a?b=1&c=2#d", "HTTP://news.example", "https://news.example:8443/"]
)
def test_a_web_address_is(url: str) -> None:
    assert web_link(url) == url


def test_neither_nothing_nor_something_endless_is_linked() -> None:
    assert web_link(None) is None
    assert web_link("https://news.example/" + "a" * 3000) is None
    assert web_link("https://news.example:port/") is None


def test_mail() -> None:
    assert mail_link("dana@college.example") == "mailto:dana@college.example"
    link = mail_link("dana@college.example", "A & B?", "One\nTwo & 3%")
    assert link == "mailto:dana@college.example?subject=A%20%26%20B%3F&body=One%0D%0ATwo%20%26%203%25"
    for odd in (
        None,
        "",
        "dana",
        "dana@college.example?bcc=x@evil.example",
        "a@b.example,c@d.example",
        "a b@c.example",
    ):
        assert mail_link(odd) is None


def test_phone() -> None:
    assert phone_link("+15135550101;ext=12") == "tel:+15135550101;ext=12"
    assert phone_link("(513) 555-0101") == "tel:5135550101"
    for odd in (None, "", "+1;alert(1)", "call me"):
        assert phone_link(odd) is None


def test_bounded_says_how_much_is_missing() -> None:
    assert bounded("abc", 3) == "abc"
    assert bounded("abcd ef", 5) == "abcd … (2 more characters)"
    assert bounded(None, 3) == ""


def test_hides() -> None:
    assert not hides("One\r\nTwo\tthree, Grüße, 你好 🙂")
    assert hides("One\u202etwo")
    assert hides("One\rtwo")
