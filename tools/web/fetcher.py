"""Gets pages from servers that nobody vouches for: within bounds, politely, and from public addresses only.

The name is resolved here, every address it has is checked, and the connection goes to the address that was checked:
what the name resolves to a moment later changes nothing. The same is done anew for every redirect. No cookie, proxy,
`.netrc` or password is ever used, and no connection is used twice.
"""

import asyncio
import ipaddress
import re
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Final, Self

import httpx
import structlog

from tools.web import robots
from tools.web.addresses import Resolver, checked_address, checked_url, origin_of, system_resolver
from tools.web.bodies import SUPPORTED, BadEncoding, TooLarge, bounded
from tools.web.cache import Entry, PageCache
from tools.web.outcome import Fetched, Limits, PageRefused, Reason
from tools.web.sites import site_of

log = structlog.get_logger(__name__)

AGENT: Final = "outreach-command-center"
PAGE_TYPES: Final = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_LONGEST_BAN = 3_600.0
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class _Redirect:
    location: str


@dataclass(frozen=True)
class _Failed:
    """An answer with a status that is neither a page nor a redirect; robots.txt makes a difference between them."""

    status: int


@dataclass
class _Host:
    """What is kept about one origin while the program runs."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    reading_rules: asyncio.Lock = field(default_factory=asyncio.Lock)
    ready_at: float = 0.0
    rules: robots.Rules | None = None
    rules_at: float = 0.0


@dataclass
class _Budget:
    """Seconds left for one page."""

    left: float


_Answer = Fetched | PageRefused | _Redirect | _Failed


@cache
def certificates() -> ssl.SSLContext:
    """Whom TLS trusts, read once in a process."""
    return httpx.create_ssl_context(trust_env=False)


class Fetcher:
    """Fetches pages; one for a run, closed at its end.

    Args:
        cache: where pages are kept; None keeps nothing.
        limits: the bounds of each request.
        contact: a URL or address that is named in User-Agent, so that a site's operator can complain.
        allow_origin: one loopback origin, as 'http://127.0.0.1:8099', that may be asked all the same; for tests.
        resolver: how names become addresses.
        transport: what sends a request to the address in its URL; for tests.
    """

    def __init__(
        self,
        *,
        cache: PageCache | None = None,
        limits: Limits | None = None,
        contact: str = "",
        allow_origin: str | None = None,
        resolver: Resolver = system_resolver,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._cache, self.limits, self._resolve = cache, limits or Limits(), resolver
        self._allowed = _loopback(allow_origin) if allow_origin else None
        self._agent = f"{AGENT} (+{contact})" if contact else AGENT
        self._transport = transport or httpx.AsyncHTTPTransport(
            verify=certificates(),
            trust_env=False,
            limits=httpx.Limits(max_connections=20, max_keepalive_connections=0),
        )
        self._hosts: dict[str, _Host] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_raised: object) -> None:
        await self._transport.aclose()

    async def fetch(self, url: str, *, same_site: bool = False) -> Fetched | PageRefused:
        """The page at a URL, or why it was not taken. Raises nothing that a server, a name or a page can cause.

        Args:
            url: the address; it comes from the operator or from a list that code made, never from a model.
            same_site: refuse a redirect to another registered domain.
        """
        answer = await self._follow(url, same_site)
        if isinstance(answer, PageRefused):
            log.info("page_refused", url=answer.url, reason=answer.reason.value, detail=answer.detail, at=answer.at)
        return answer

    async def _follow(self, asked: str, same_site: bool) -> Fetched | PageRefused:
        budget, text, passed = _Budget(self.limits.seconds), asked, list[str]()
        while True:
            url = checked_url(asked, text, self._allowed)
            if isinstance(url, PageRefused):
                return url
            if same_site and passed and site_of(url.host) != site_of(httpx.URL(passed[0]).host):
                return PageRefused(asked, Reason.LEFT_SITE, f"redirected to {url.host}", at=str(url))
            host = self._hosts.setdefault(origin_of(url), _Host())
            rules = await self._rules(asked, url, host, budget)
            if isinstance(rules, PageRefused):
                return rules
            if rules.unreachable:
                return PageRefused(asked, Reason.ROBOTS_UNREACHABLE, rules.unreachable, at=str(url))
            if not rules.allow(str(url), AGENT):
                return PageRefused(asked, Reason.ROBOTS, "robots.txt forbids it", at=str(url))
            answer = await self._polite(asked, url, host, rules.delay(AGENT), budget)
            if isinstance(answer, _Failed):
                return PageRefused(asked, Reason.STATUS, f"status {answer.status}", at=str(url))
            if isinstance(answer, PageRefused):
                return answer
            if isinstance(answer, Fetched):
                return Fetched(
                    asked,
                    answer.final_url,
                    answer.content_type,
                    answer.charset,
                    answer.body,
                    answer.fetched_at,
                    answer.source,
                    tuple(passed),
                )
            passed.append(str(url))
            if len(passed) > self.limits.redirects:
                return PageRefused(asked, Reason.TOO_MANY_REDIRECTS, f"more than {self.limits.redirects}", at=str(url))
            try:
                text = str(url.join(answer.location))
            except (httpx.InvalidURL, ValueError, UnicodeError) as exc:
                return PageRefused(asked, Reason.BAD_REDIRECT, f"{answer.location[:200]!r}: {exc}", at=str(url))

    async def _rules(self, asked: str, url: httpx.URL, host: _Host, budget: _Budget) -> robots.Rules | PageRefused:
        now = asyncio.get_running_loop().time()
        async with host.reading_rules:
            if host.rules is None or now - host.rules_at > self.limits.robots_fresh:
                rules = await self._read_rules(asked, url, host, budget)
                if isinstance(rules, PageRefused):
                    return rules
                host.rules, host.rules_at = rules, now
            return host.rules

    async def _read_rules(
        self, asked: str, page: httpx.URL, host: _Host, budget: _Budget
    ) -> robots.Rules | PageRefused:
        """robots.txt by RFC 9309: none there allows everything, one that can't be read forbids everything."""
        url: httpx.URL | PageRefused = page.copy_with(raw_path=b"/robots.txt")
        for hop in range(self.limits.redirects + 1):
            if isinstance(url, PageRefused):
                return robots.Rules(unreachable=f"robots.txt redirects to {url.at[:200]}: {url.detail}")
            answer = await self._polite(asked, url, host, 0.0, budget, robots_txt=True)
            if isinstance(answer, Fetched):
                return robots.parse(answer.body)
            if isinstance(answer, _Failed):
                gone = 400 <= answer.status < 500 and answer.status != 429
                return robots.EVERYTHING if gone else robots.Rules(unreachable=f"robots.txt: status {answer.status}")
            if isinstance(answer, PageRefused):
                # What keeps robots.txt from being read at its first address keeps the page from being read too.
                return answer if hop == 0 else robots.Rules(unreachable=f"robots.txt: {answer.detail}")
            try:
                url = checked_url(asked, str(url.join(answer.location)), self._allowed)
            except (httpx.InvalidURL, ValueError, UnicodeError):
                return robots.Rules(unreachable="robots.txt redirects to what is no URL")
        return robots.Rules(unreachable="robots.txt redirects too often")

    async def _polite(
        self, asked: str, url: httpx.URL, host: _Host, delay: float, budget: _Budget, *, robots_txt: bool = False
    ) -> _Answer:
        """One request, in its turn. Waiting for the turn does not count against the page's time."""
        known = await self._cache.get(str(url)) if self._cache else None
        fresh = self.limits.robots_fresh if robots_txt else self.limits.fresh
        if known and 0 <= (datetime.now(UTC) - known.checked_at).total_seconds() < fresh:
            return _stored(asked, known, "cache")
        clock = asyncio.get_running_loop().time
        async with host.turn:
            wait = host.ready_at - clock()
            if max(delay, wait) > self.limits.most_delay:
                return PageRefused(asked, Reason.ASKED_TO_WAIT, f"asks for {max(delay, wait):.0f} s", at=str(url))
            if wait > 0:
                await asyncio.sleep(wait)
            started = clock()
            try:
                async with asyncio.timeout(max(budget.left, 0.0)):
                    return await self._request(asked, url, host, known, robots_txt)
            except (TimeoutError, httpx.TimeoutException):
                return PageRefused(asked, Reason.TOO_SLOW, f"not there in {self.limits.seconds:g} s", at=str(url))
            except TooLarge:
                return PageRefused(asked, Reason.TOO_LARGE, f"more than {self.limits.size:,} bytes", at=str(url))
            except BadEncoding as exc:
                return PageRefused(asked, Reason.ENCODING, str(exc), at=str(url))
            except (httpx.ProtocolError, httpx.DecodingError, httpx.UnsupportedProtocol, httpx.InvalidURL) as exc:
                return PageRefused(asked, Reason.PROTOCOL, f"{type(exc).__name__}: {exc}"[:200], at=str(url))
            except (httpx.TransportError, OSError) as exc:
                return PageRefused(asked, Reason.CONNECTION, f"{type(exc).__name__}: {exc}"[:200], at=str(url))
            finally:
                budget.left -= clock() - started
                host.ready_at = max(host.ready_at, clock() + max(self.limits.delay, delay))

    async def _request(self, asked: str, url: httpx.URL, host: _Host, known: Entry | None, robots_txt: bool) -> _Answer:
        address = await checked_address(asked, url, self._resolve, self._allowed)
        if isinstance(address, PageRefused):
            return address
        response = await self._transport.handle_async_request(self._pinned(url, address, known, robots_txt))
        try:
            status = response.status_code
            if status in _REDIRECTS and "location" in response.headers:
                return _Redirect(response.headers["location"])
            if status == 304 and known is not None:
                return await self._kept(asked, known, datetime.now(UTC))
            if status != 200:
                if status in (429, 503):
                    host.ready_at = asyncio.get_running_loop().time() + _retry_after(response)
                return _Failed(status)
            declared = response.headers.get("content-type", "")
            kind = declared.split(";", 1)[0].strip().lower()
            if kind not in PAGE_TYPES and not robots_txt:
                return PageRefused(asked, Reason.CONTENT_TYPE, f"{kind[:80] or 'none'} is no page", at=str(url))
            if not robots_txt and int(_digits(response.headers.get("content-length", ""))) > self.limits.size:
                raise TooLarge
            most = robots.SIZE if robots_txt else self.limits.size
            body = await bounded(
                response.aiter_raw(), response.headers.get("content-encoding", ""), most, cut=robots_txt
            )
            named = _CHARSET.search(declared)
            entry = Entry(
                str(url),
                kind,
                named[1] if named else None,
                response.headers.get("etag"),
                response.headers.get("last-modified"),
                datetime.now(UTC),
                body,
            )
            if "no-store" in response.headers.get("cache-control", "").lower():
                return _stored(asked, entry, "network")
            return await self._kept(asked, entry, entry.checked_at, source="network")
        finally:
            await response.aclose()

    async def _kept(self, asked: str, entry: Entry, now: datetime, source: str = "validated") -> Fetched:
        entry = Entry(**{**vars(entry), "checked_at": now})
        if self._cache is not None:
            await self._cache.put(entry)
        return _stored(asked, entry, source)

    def _pinned(self, url: httpx.URL, address: str, known: Entry | None, robots_txt: bool) -> httpx.Request:
        """The request for a URL, addressed to the IP address that was checked; the name goes into Host and TLS."""
        seconds = self.limits.connect_seconds
        timeout = {"connect": seconds, "read": self.limits.seconds, "write": seconds, "pool": self.limits.seconds}
        name = url.raw_host.decode("ascii")
        headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": self._agent,
            "Accept": "text/plain" if robots_txt else "text/html, application/xhtml+xml, text/plain;q=0.5",
            "Accept-Encoding": SUPPORTED,
            "Accept-Language": "en",
            **(known.validators() if known else {}),
        }
        extensions: dict[str, object] = {"timeout": timeout}
        if url.scheme == "https" and name != address:
            extensions["sni_hostname"] = name
        return httpx.Request("GET", url.copy_with(host=address), headers=headers, extensions=extensions)


def _stored(asked: str, entry: Entry, source: str) -> Fetched:
    return Fetched(asked, entry.url, entry.content_type, entry.charset, entry.body, entry.checked_at, source)


def _digits(text: str) -> str:
    return text if text.isascii() and text.isdigit() and len(text) < 20 else "0"


def _retry_after(response: httpx.Response) -> float:
    """Seconds that a busy server asks for; a date counts as an hour, since nobody waits for it within a run."""
    given = response.headers.get("retry-after", "").strip()
    if not given:
        return 30.0
    return min(float(given), _LONGEST_BAN) if given.isascii() and given.isdigit() else _LONGEST_BAN


def _loopback(origin: str) -> str:
    try:
        url = httpx.URL(origin)
    except httpx.InvalidURL as exc:
        raise ValueError(str(exc)) from exc
    if url.scheme not in ("http", "https") or not ipaddress.ip_address(url.host).is_loopback:
        raise ValueError("the origin that is let through must be a loopback address, as http://127.0.0.1:8099")
    return origin_of(url)
