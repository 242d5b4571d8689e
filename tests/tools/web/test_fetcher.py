"""What the fetcher takes, and everything that it refuses, from a site that answers as badly as it can."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.web_site import WebSite
from tools.web.addresses import checked_url, is_public
from tools.web.bodies import TooLarge, bounded
from tools.web.cache import Entry, PageCache
from tools.web.fetcher import Fetcher
from tools.web.outcome import Fetched, Limits, PageRefused, Reason
from tools.web.robots import parse

QUICK = Limits(seconds=3.0, delay=0.0, redirects=3)
NAMES = {
    "inside.hilltop.example": ["10.0.0.7"],
    "mixed.hilltop.example": ["93.184.216.34", "192.168.1.4"],
    "mapped.hilltop.example": ["::ffff:127.0.0.1"],
    "elsewhere.example": ["93.184.216.34"],
    "six.example": ["2606:2800:220:1::1", "93.184.216.34"],
}


async def resolve(host: str, port: int) -> Sequence[str]:
    if host not in NAMES:
        raise OSError("no such name")
    return NAMES[host]


@pytest.fixture
def site() -> Iterator[WebSite]:
    with WebSite() as made:
        yield made


async def get(site: WebSite, path: str, limits: Limits = QUICK, **more: object) -> Fetched | PageRefused:
    url = path if "://" in path else site.url(path)
    async with Fetcher(limits=limits, allow_origin=site.origin, resolver=resolve) as fetcher:
        return await fetcher.fetch(url, **more)  # type: ignore[arg-type]


async def reason(site: WebSite, path: str, limits: Limits = QUICK) -> str:
    answer = await get(site, path, limits)
    assert isinstance(answer, PageRefused), answer
    assert answer.detail
    assert answer.record()["refused"] == answer.reason.value
    return answer.reason.value


@pytest.mark.parametrize("path", ["/about", "/gzip", "/deflate", "/moved"])
async def test_a_page_is_taken(site: WebSite, path: str) -> None:
    answer = await get(site, path)
    assert isinstance(answer, Fetched)
    assert b"2,310" in answer.body
    assert (answer.content_type, answer.source) == ("text/html", "network")
    assert answer.redirects == ((site.url("/moved"),) if path == "/moved" else ())
    assert answer.final_url == site.url("/about" if path == "/moved" else path)


async def test_a_request_says_who_asks_and_carries_nothing_else(site: WebSite) -> None:
    site.routes["/sets"] = lambda request: request.page("<p>hi</p>", Set_Cookie="a=b")
    async with Fetcher(limits=QUICK, allow_origin=site.origin, contact="https://northlight.example/bot") as fetcher:
        await fetcher.fetch(site.url("/sets"))
        await fetcher.fetch(site.url("/about"))
    assert site.headers[-1]["user-agent"] == "outreach-command-center (+https://northlight.example/bot)"
    assert not {"cookie", "authorization", "referer"} & set(site.headers[-1])


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/to-metadata", Reason.PRIVATE_ADDRESS),
        ("/to-mapped", Reason.PRIVATE_ADDRESS),
        ("/to-private-name", Reason.PRIVATE_ADDRESS),
        ("/to-loopback", Reason.PORT),
        ("/to-localhost", Reason.PRIVATE_NAME),
        ("/to-file", Reason.SCHEME),
        ("/to-gopher", Reason.SCHEME),
        ("/to-credentials", Reason.CREDENTIALS),
        ("/to-port", Reason.PORT),
        ("/to-nonsense", Reason.BAD_REDIRECT),
        ("/loop", Reason.TOO_MANY_REDIRECTS),
        ("/private/plans", Reason.ROBOTS),
        ("/plans.secret", Reason.ROBOTS),
        ("/moved-to-forbidden", Reason.ROBOTS),
        ("/pdf", Reason.CONTENT_TYPE),
        ("/image-as-page", Reason.CONTENT_TYPE),
        ("/brotli", Reason.ENCODING),
        ("/broken-gzip", Reason.ENCODING),
        ("/large", Reason.TOO_LARGE),
        ("/endless", Reason.TOO_LARGE),
        ("/bomb", Reason.TOO_LARGE),
        ("/headers", Reason.PROTOCOL),
        ("/garbage", Reason.PROTOCOL),
        ("/error", Reason.STATUS),
        ("/nowhere", Reason.STATUS),
        ("http://mixed.hilltop.example/", Reason.PRIVATE_ADDRESS),
        ("http://mapped.hilltop.example/", Reason.PRIVATE_ADDRESS),
        ("http://unknown.hilltop.example/", Reason.NO_SUCH_NAME),
    ],
)
async def test_refusals(site: WebSite, path: str, expected: Reason) -> None:
    assert await reason(site, path) == expected


@pytest.mark.parametrize("path", ["/slow", "/silent"])
async def test_time_is_bounded(site: WebSite, path: str) -> None:
    started = asyncio.get_running_loop().time()
    assert await reason(site, path, Limits(seconds=0.6, delay=0.0)) == Reason.TOO_SLOW
    assert asyncio.get_running_loop().time() - started < 2


async def test_the_forbidden_page_was_never_asked_for(site: WebSite) -> None:
    await get(site, "/private/plans")
    assert site.asked == ["/robots.txt"]


async def test_only_the_one_origin_is_let_through(site: WebSite) -> None:
    with WebSite() as other:
        assert await reason(site, other.url("/about")) == Reason.PORT
        assert other.asked == []
    with pytest.raises(ValueError, match="loopback"):
        Fetcher(allow_origin="http://10.0.0.1:80")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("ftp://elsewhere.example/", Reason.SCHEME),
        ("//elsewhere.example/", Reason.SCHEME),
        ("about", Reason.SCHEME),
        ("data:text/html,x", Reason.SCHEME),
        ("http:///x", Reason.BAD_URL),
        ("http://elsewhere.example\\@127.0.0.1/", Reason.BAD_URL),
        ("http://elsewhere.example/\r\nHost: x", Reason.BAD_URL),
        ("http://elsewhere.example/" + "a" * 2_000, Reason.BAD_URL),
        ("http://user@elsewhere.example/", Reason.CREDENTIALS),
        ("http://2130706433/", Reason.BAD_URL),
        ("http://0x7f.1/", Reason.BAD_URL),
        ("http://127.1/", Reason.BAD_URL),
        ("http://127.0.0.1/", Reason.PRIVATE_ADDRESS),
        ("http://[::1]/", Reason.PRIVATE_ADDRESS),
        ("http://[fd00:ec2::254]/", Reason.PRIVATE_ADDRESS),
        ("http://[::ffff:10.0.0.1]/", Reason.PRIVATE_ADDRESS),
        ("http://[64:ff9b::a9fe:a9fe]/", Reason.PRIVATE_ADDRESS),
        ("http://intranet/", Reason.PRIVATE_NAME),
        ("http://metadata.google.internal/", Reason.PRIVATE_NAME),
        ("http://printer.local./", Reason.PRIVATE_NAME),
        ("https://elsewhere.example:8443/", Reason.PORT),
    ],
)
def test_addresses_that_only_look_like_pages(url: str, expected: Reason) -> None:
    answer = checked_url(url, url, None)
    assert isinstance(answer, PageRefused), answer
    assert answer.reason == expected


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("0.0.0.0", False),  # noqa: S104
        ("100.64.0.1", False),
        ("169.254.169.254", False),
        ("168.63.129.16", False),
        ("224.0.0.1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
        ("::127.0.0.1", False),
        ("fe80::1%eth0", False),
        ("fec0::1", False),
        ("nonsense", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(address) is public


async def test_the_connection_goes_to_the_address_that_was_checked() -> None:
    answers = {"changing.example": [["93.184.216.34"], ["127.0.0.1"]]}
    seen: list[httpx.Request] = []

    async def changing(host: str, port: int) -> Sequence[str]:
        return answers[host].pop(0)

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path == "/robots.txt":
            return httpx.Response(404)
        return httpx.Response(200, html="<p>x</p>")

    async with Fetcher(limits=QUICK, resolver=changing, transport=httpx.MockTransport(answer)) as fetcher:
        got = await fetcher.fetch("https://changing.example/a")
    # robots.txt went to the address of the first answer; the page's own lookup gave a private one.
    assert isinstance(got, PageRefused)
    assert got.reason == Reason.PRIVATE_ADDRESS
    assert [(r.url.host, r.headers["host"], r.extensions["sni_hostname"]) for r in seen] == [
        ("93.184.216.34", "changing.example", "changing.example")
    ]


async def test_a_page_that_leads_off_the_site_is_refused_where_that_is_asked(site: WebSite) -> None:
    site.serve("/robots.txt", "", "text/plain")
    answer = await get(site, "/to-elsewhere", same_site=True)
    assert isinstance(answer, PageRefused)
    assert answer.reason == Reason.LEFT_SITE


@pytest.mark.parametrize(
    ("status", "expected"), [(404, None), (403, None), (500, Reason.ROBOTS_UNREACHABLE), (429, Reason.ASKED_TO_WAIT)]
)
async def test_robots_by_its_status(site: WebSite, status: int, expected: Reason | None) -> None:
    site.serve("/robots.txt", "", "text/plain", status)
    answer = await get(site, "/about")
    if expected is None:
        assert isinstance(answer, Fetched)
    else:
        assert isinstance(answer, PageRefused)
        assert answer.reason in (expected, Reason.ROBOTS_UNREACHABLE)


async def test_robots_that_redirects_inside_forbids_everything(site: WebSite) -> None:
    site.redirect("/robots.txt", "http://169.254.169.254/robots.txt")
    assert await reason(site, "/about") == Reason.ROBOTS_UNREACHABLE


async def test_an_endless_robots_is_read_to_its_limit(site: WebSite) -> None:
    site.routes["/robots.txt"] = site.routes["/endless"]
    assert isinstance(await get(site, "/about"), Fetched)


async def test_robots_is_read_once_and_delays_are_kept(site: WebSite) -> None:
    site.serve("/robots.txt", "User-agent: *\nCrawl-delay: 0.2\n", "text/plain")
    async with Fetcher(limits=QUICK, allow_origin=site.origin) as fetcher:
        started = asyncio.get_running_loop().time()
        answers = await asyncio.gather(*(fetcher.fetch(site.url(p)) for p in ("/about", "/staff", "/stadium")))
        took = asyncio.get_running_loop().time() - started
    assert all(isinstance(answer, Fetched) for answer in answers)
    assert site.asked.count("/robots.txt") == 1
    assert took >= 0.4


async def test_a_site_that_asks_for_long_waits_is_left_alone(site: WebSite) -> None:
    site.serve("/robots.txt", "User-agent: *\nCrawl-delay: 600\n", "text/plain")
    assert await reason(site, "/about") == Reason.ASKED_TO_WAIT


async def test_a_busy_server_is_not_asked_again(site: WebSite) -> None:
    async with Fetcher(limits=QUICK, allow_origin=site.origin) as fetcher:
        first, second = await fetcher.fetch(site.url("/busy")), await fetcher.fetch(site.url("/about"))
    assert isinstance(first, PageRefused)
    assert isinstance(second, PageRefused)
    assert (first.reason, second.reason) == (Reason.STATUS, Reason.ASKED_TO_WAIT)
    assert "/about" not in site.asked


async def test_the_cache_asks_with_validators_only_when_the_page_is_old(site: WebSite, tmp_path: Path) -> None:
    async def fetch(fresh: float) -> Fetched:
        limits = Limits(seconds=3.0, delay=0.0, fresh=fresh)
        async with Fetcher(cache=PageCache(tmp_path), limits=limits, allow_origin=site.origin) as fetcher:
            answer = await fetcher.fetch(site.url("/validated"))
        assert isinstance(answer, Fetched)
        return answer

    sources = [(await fetch(fresh)).source for fresh in (60.0, 60.0, 0.0)]
    assert sources == ["network", "cache", "validated"]
    assert site.asked == ["/robots.txt", "/validated", "/validated"]
    assert site.headers[-1]["if-none-match"] == '"v1"'
    assert b"2,310" in (await fetch(60.0)).body


async def test_no_store_is_not_stored_and_a_damaged_file_counts_as_missing(site: WebSite, tmp_path: Path) -> None:
    site.routes["/once"] = lambda request: request.page("<p>x</p>", Cache_Control="no-store")
    async with Fetcher(cache=PageCache(tmp_path), limits=QUICK, allow_origin=site.origin) as fetcher:
        await fetcher.fetch(site.url("/once"))
        await fetcher.fetch(site.url("/about"))
    cache = PageCache(tmp_path)
    assert await cache.get(site.url("/once")) is None
    assert await cache.get(site.url("/about")) is not None
    _damage(tmp_path)
    assert await cache.get(site.url("/about")) is None


def _damage(folder: Path) -> None:
    for file in folder.rglob("*"):
        if file.is_file():
            file.write_bytes(file.read_bytes()[:-3])


async def test_a_stored_page_from_the_future_is_not_young(site: WebSite, tmp_path: Path) -> None:
    cache = PageCache(tmp_path)
    url = site.url("/about")
    future = datetime.now(UTC) + timedelta(days=400)
    await cache.put(Entry(url, "text/html", None, None, None, future, b"old"))
    async with Fetcher(cache=cache, limits=QUICK, allow_origin=site.origin) as fetcher:
        answer = await fetcher.fetch(url)
    assert isinstance(answer, Fetched)
    assert answer.source == "network"


async def test_a_body_is_cut_off_where_it_is_over_the_limit() -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(10):
            yield b"a" * 10

    assert await bounded(stream(), "", 25, cut=True) == b"a" * 25
    with pytest.raises(TooLarge):
        await bounded(stream(), "identity", 25)


def test_hostile_robots_files_are_read_in_no_time() -> None:
    rules = parse(("User-agent: *\nDisallow: /" + "a*" * 900 + "b\n").encode() * 200)
    assert rules.allow("https://x.example/" + "a" * 1_900, "outreach-command-center")
    assert parse(b"User-agent: *\nCrawl-delay: inf\nRequest-rate: 1/0\n").delay("x") == 0.0
    assert json.dumps(parse(b"\xff\xfe\x00").delay("x")) == "0.0"


def test_validators_that_no_request_may_carry_are_left_out() -> None:
    entry = Entry(
        "https://x.example/", "text/html", None, 'W/"\xe7"', "Mon, 02 Mar 2026 10:00:00 GMT", datetime.now(UTC), b""
    )
    assert list(entry.validators()) == ["If-Modified-Since"]
