"""What is read from pages: text, title, date, links, people; in a child process that can be stopped."""

import time
from collections.abc import Iterator
from datetime import date

import pytest

from tests.support.web_site import ABOUT, ATTRIBUTES, DEEP, NEWS, STADIUM, STAFF, WebSite
from tools.web.document import Page
from tools.web.facts import About
from tools.web.fetcher import Fetcher
from tools.web.outcome import Fetched, Limits, PageRefused, Reason
from tools.web.page import MOST_TEXT, Unreadable, decode, read_html, read_text
from tools.web.people import name_in, title_in
from tools.web.reader import Reading, read_bytes, read_fetched

URL = "https://www.hilltop.example/about"
HILLTOP = About(("Hilltop College",), own_site=True)


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as made:
        yield made


def page(html: str, url: str | None = URL) -> Page:
    return read_html(html, url, today=date(2026, 11, 1))


def test_text_title_and_date() -> None:
    about = page(ABOUT)
    assert about.title == "About Hilltop College"
    assert about.published == date(2026, 3, 2)
    assert about.site_name == "Hilltop College"
    assert "enrollment of 2,310" in about.text
    assert "Log in" not in about.text


def test_what_no_visitor_sees_is_not_read() -> None:
    assert "99,999" not in page(ABOUT).text
    assert "99,999" not in page(ABOUT.replace("<article>", "").replace("<main>", "")).text


def test_links_are_those_of_the_same_site_and_do_nothing() -> None:
    links = page(ABOUT).links
    assert [(link.number, link.url) for link in links] == [
        (1, "https://www.hilltop.example/"),
        (2, "https://www.hilltop.example/staff"),
        (3, "https://www.hilltop.example/news/lights"),
        (4, "https://www.hilltop.example/stadium"),
    ]
    assert page(ABOUT, None).links == ()


def test_a_staff_directory() -> None:
    staff = page(STAFF, "https://hilltop.example/staff")
    told = [(p.name, p.title, p.email, p.phone, p.profile_url) for p in staff.people]
    assert told == [
        (
            "Dana Whitlock",
            "Athletic Director",
            "dana.whitlock@hilltop.example",
            "(614) 555-0101",
            "https://hilltop.example/staff/dana-whitlock",
        ),
        ("Omar Reyes", "Director of Facilities", None, "614-555-0102", None),
        ("Siobhan O'Brien", "Head Coach, Track & Field", None, None, None),
        ("Lena van der Berg", "Associate Vice President for Finance", "lvdb@hilltop.example", None, None),
    ]
    assert staff.text_from == "visible"
    assert all(person.quote in staff.text for person in staff.people)


def test_one_person_on_a_short_page() -> None:
    row = "<tr><td>Dana Whitlock</td><td>Athletic Director</td><td>dana@hilltop.example</td></tr>"
    short = page(f"<html><body><h1>Staff</h1><table>{row}</table></body></html>")
    assert [(p.name, p.quote in short.text) for p in short.people] == [("Dana Whitlock", True)]


def test_names_and_titles_in_a_news_page_make_nobody() -> None:
    html = "<p>Trustees met.</p><div><h4>Dana Whitlock</h4><p>Athletic Director</p></div><div>Top Workplaces: CEO</div>"
    assert page(f"<html><body><article>{html}</article></body></html>").people == ()


@pytest.mark.parametrize("text", ["Main Office", "Top Workplaces", "Athletic Director", "Home", "Dana", "x@y.example"])
def test_no_names(text: str) -> None:
    assert name_in(text) is None


@pytest.mark.parametrize(
    "text", ["Former Burger King exec named next director", "Why the coach left", "Board of Directors"]
)
def test_no_titles(text: str) -> None:
    assert title_in(text) is None


def test_text_is_bounded_at_a_line() -> None:
    html = "<html><body><article>" + "<p>The river runs by the college every day of the year.</p>" * 3_000
    assert len(page(html).text) <= MOST_TEXT
    long = read_text("line\n" * 30_000, URL)
    assert long.cut
    assert long.text.endswith("line")


@pytest.mark.parametrize("html", ["", "   ", "<a>" * 70_000, "x" * 2_100_000])
def test_what_is_no_page_is_refused(html: str) -> None:
    with pytest.raises(Unreadable):
        page(html)


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        ("Übermut".encode(), None, "Übermut"),
        ("Übermut".encode("latin-1"), "iso-8859-1", "Übermut"),
        ("Übermut".encode("latin-1"), None, "Übermut"),
        (b'<meta charset="windows-1251">' + "Привет".encode("cp1251"), None, '<meta charset="windows-1251">Привет'),
        ("\ufeffÜbermut".encode("utf-16"), None, "\ufeffÜbermut"),
        ("Übermut".encode(), "no-such-charset", "Übermut"),
        (b"abc", "rot13", "abc"),
        (b"abc", "zlib", "abc"),
        (b"abc", "idna", "abc"),
    ],
)
def test_decoding(body: bytes, charset: str | None, text: str) -> None:
    assert decode(body, charset) == text


def test_a_deep_page_is_read_or_refused_but_ends() -> None:
    answer = read_bytes(DEEP.encode(), HILLTOP)
    assert isinstance(answer, Reading | PageRefused)


def test_a_page_that_takes_too_long_is_stopped() -> None:
    started = time.monotonic()
    answer = read_bytes(ATTRIBUTES.encode(), HILLTOP, seconds=2.0)
    assert isinstance(answer, PageRefused)
    assert answer.reason == Reason.UNREADABLE
    assert time.monotonic() - started < 6


async def test_a_fetched_page_is_read_in_the_child(site: WebSite) -> None:
    limits = Limits(seconds=5.0, delay=0.0)
    async with Fetcher(limits=limits, allow_origin=site.origin) as fetcher:
        fetched = await fetcher.fetch(site.url("/stadium"))
        hostile = await fetcher.fetch(site.url("/attributes"))
    assert isinstance(fetched, Fetched)
    assert isinstance(hostile, Fetched)
    reading = await read_fetched(fetched, HILLTOP, today=date(2026, 11, 1))
    assert isinstance(reading, Reading)
    assert "Hilltop Stadium was built in 1968." in [fact.sentence for fact in reading.facts]
    stopped = await read_fetched(hostile, HILLTOP, seconds=1.5)
    assert isinstance(stopped, PageRefused)
    assert stopped.url == site.url("/attributes")


def test_the_same_page_by_bytes() -> None:
    reading = read_bytes(STADIUM.encode(), HILLTOP, url=URL, today=date(2026, 11, 1))
    assert isinstance(reading, Reading)
    assert reading.page.title == "Hilltop Stadium"
    assert all(fact.quote in reading.page.text for fact in reading.facts)
    news = read_bytes(NEWS.encode(), HILLTOP, url=URL, today=date(2026, 11, 1))
    assert isinstance(news, Reading)
    assert news.page.published == date(2026, 5, 4)
