"""The web: pages, what servers answer, robots.txt, search engines' answers, addresses."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
from hypothesis import strategies as st

from tests.fuzz.damage import damaged, damaged_text, json_cases
from tests.fuzz.reader import TODAY, Reader
from tools.normalise import domain_of, email, linkedin, website
from tools.plain_json import storable_text
from tools.web import robots
from tools.web.addresses import checked_url
from tools.web.cache import PageCache
from tools.web.facts import About
from tools.web.fetcher import Fetcher
from tools.web.outcome import Fetched, Limits, PageRefused
from tools.web.page import MOST_LINKS, MOST_TEXT
from tools.web.reader import Reading, read_bytes, read_here
from tools.web.search import SearchFailed, _results

URL = "https://oakmont.example/athletics"
PAGE = (
    b"<!doctype html><html lang=en><head><meta charset=utf-8><title>Athletics | Oakmont</title><meta property="
    b'"article:published_time" content="2026-01-20"></head><body><nav><a href="/about">About us</a> <a hre'
    b'f="/staff?x=1#a">'
    b"Staff</a><a href='mailto:x@oakmont.example'>Mail</a></nav><main><h1>Quarry Field</h1><p>Oakmont Coll"
    b"ege built Quarry "
    b"Field in 1931. The stadium seats 2,310. Its metal halide lights were installed in 1984.</p><p>We hav"
    b"e 1,205 students."
    b"</p></main><table class=staff-directory><tr><td>Kim Lee</td><td>Athletic Director</td><td>(330) 55"
    b"5-0142</td></tr><tr>"
    b"<td>Sam Roe</td><td>Facilities Manager</td><td>sam.roe@oakmont.example</td></tr></table><div styl"
    b"e='display: none'>no"
    b"</div></body></html>"
)
NEWS = (
    "<html><head><meta http-equiv=content-type content='text/html; charset=windows-1252'></head><body><ar"
    "ticle><h2>Plainrun "
    "names Jürgen Weber CTO</h2><p>Plainrun, which employs 120 people, said on Monday that it raised $1"
    "2 million. Plainrun "
    "uses Playwright and Jenkins.</p><ul><li>Founded: 2014<li>Employees: 120</ul></article></body></html>"
).encode("cp1252")
TEXT = b"Oakmont College\nBuilt: 1931\nCapacity: 2,310\nThe stadium was renovated in 2004.\n"
ROBOTS = (
    b"User-agent: *\nDisallow: /private\nAllow: /private/open$\nCrawl-delay: 2\nRequest-rate: 1/5\n\nUse"
    b"r-agent: outreach\n"
    b"Disallow: /*?x=\nSitemap: https://oakmont.example/map.xml\n"
)
HITS: dict[str, Any] = {
    "query": "x",
    "results": [
        {"url": "https://oakmont.example/", "title": "Oakmont", "content": "A college.", "score": 1.0},
        {"url": URL},
    ],
}
ADDRESSES = (
    "https://www.oakmont.example:443/a/b?c=d#e",
    "http://user:pass@[::1]:80/",
    "kim.lee+x@oakmont.example",
    "mailto:k@müller.example",
    "https://www.linkedin.com/in/kim-lee-1a2b/?trk=x",
    "Oakmont College (oakmont.example)",
    "//xn--mller-kva.example/%2e%2e",
)


def _page(data: bytes, _folder: Path) -> Any:
    found: list[Any] = []
    for about in (About(("Oakmont College", "Plainrun"), own_site=True), About()):
        read = read_here(data, about, url=URL, today=TODAY)
        if isinstance(read, Reading):
            assert len(read.page.text) <= MOST_TEXT
            assert len(read.page.links) <= MOST_LINKS
            assert all(fact.quote in read.page.text for fact in read.facts)
            assert all(person.quote in read.page.text for person in read.page.people)
        found.append(read)
    return found


def _in_a_child(data: bytes, _folder: Path) -> Any:
    return read_bytes(data, About(), url=URL, today=TODAY)


def _plain(data: bytes, _folder: Path) -> Any:
    return read_here(data, About(("Oakmont College",), own_site=True), url=URL, content_type="text/plain", today=TODAY)


def _rules(data: bytes, _folder: Path) -> Any:
    rules = robots.parse(data)
    assert 0 <= rules.delay("outreach-command-center") < float("inf")
    return [rules.allow(URL, "outreach-command-center"), rules.allow("https://oakmont.example/?x=%ff", "*")]


def _hits(data: bytes, _folder: Path) -> Any:
    found = _results(data, 5, None)
    assert len(found) <= 5
    return found


def _address(text: str, _folder: Path) -> Any:
    checked = checked_url(text, text, None)
    assert isinstance(checked, PageRefused) or checked.scheme in ("http", "https")
    return [domain_of(text), website(text), email(text), linkedin(text)]


async def _resolve(_host: str, _port: int) -> Sequence[str]:
    return ["93.184.216.34"]


class _Sent(httpx.AsyncByteStream):
    """A body as it would come over the wire: not unpacked yet."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for at in range(0, len(self._body), 1000):
            yield self._body[at : at + 1000]


Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


def _answered(answer: Answer, folder: Path) -> Any:
    """A fetch whose server answers this to whatever is asked; twice, so that the cache has its turn."""
    status, headers, body = answer

    def server(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, headers=headers, stream=_Sent(body), request=request)

    async def ask() -> list[Fetched | PageRefused]:
        limits = Limits(seconds=5.0, delay=0.0, most_delay=0.0, redirects=3, fresh=0.0)
        transport, cache = httpx.MockTransport(server), PageCache(folder / "cache")
        async with Fetcher(cache=cache, limits=limits, resolver=_resolve, transport=transport) as fetcher:
            return [await fetcher.fetch(URL), await fetcher.fetch(URL)]

    found = asyncio.run(ask())
    assert all(isinstance(one, PageRefused) or len(one.body) <= 2_000_000 for one in found)
    return [[one.detail, one.at] if isinstance(one, PageRefused) else one.content_type for one in found]


_HEADER = st.sampled_from(
    [
        b"Content-Type",
        b"Content-Encoding",
        b"Content-Length",
        b"Location",
        b"ETag",
        b"Last-Modified",
        b"Retry-After",
        b"Cache-Control",
    ]
)
_VALUES = damaged(
    b"text/html; charset=utf-8",
    b"gzip",
    b"deflate",
    b"120",
    b"https://oakmont.example/b",
    b'W/"1"',
    b"Mon, 02 Mar 2026 10:00:00 GMT",
    b"no-store",
).map(lambda value: value[:3000].replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b""))
_SOUND = [(b"Content-Type", b"text/html"), (b"Content-Encoding", b"gzip")]
_BODIES = damaged(
    PAGE, gzip.compress(PAGE, mtime=0), zlib.compress(PAGE), ROBOTS, gzip.compress(b"a" * 3_000_000, mtime=0)
)
_ANSWERS = st.tuples(
    st.sampled_from([200, 200, 200, 301, 302, 304, 403, 404, 429, 503, 999]),
    st.lists(st.tuples(_HEADER, _VALUES) | st.sampled_from(_SOUND), max_size=4),
    _BODIES,
)

READERS = (
    Reader("page", _page, damaged(PAGE, NEWS), (PAGE, NEWS), most=4_000_000, share=0.4),
    Reader("page, in its child", _in_a_child, damaged(PAGE, NEWS), (PAGE,), share=0.003, programs=True),
    Reader("page of text", _plain, damaged(TEXT), (TEXT,), share=0.5),
    Reader(
        "web server's answer",
        _answered,
        _ANSWERS,
        ((200, _SOUND[:1], PAGE), (200, _SOUND, gzip.compress(PAGE, mtime=0))),
    ),
    Reader("robots.txt", _rules, damaged(ROBOTS), (ROBOTS,)),
    Reader("search engine's answer", _hits, json_cases(HITS), (json.dumps(HITS).encode(),), (SearchFailed,), share=0.5),
    Reader("address", _address, damaged_text(*ADDRESSES).map(storable_text), ADDRESSES),
)
