"""Search engines as sources of addresses. What they return is listed by number; a model never sees a way to write one.

Without a provider, research works from records, the operator's pages and their links, and says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import httpx

from tools.plain_json import BadJson, read_json
from tools.web.addresses import checked_url, origin_of
from tools.web.bodies import BadEncoding, TooLarge, bounded
from tools.web.fetcher import certificates
from tools.web.outcome import PageRefused

MOST: Final = 20
_LARGEST: Final = 1_000_000
_SECONDS: Final = 10.0


@dataclass(frozen=True)
class SearchResult:
    """One hit; its text is the engine's, and as untrusted as the page."""

    url: str
    title: str
    snippet: str


class SearchFailed(Exception):
    """The search engine did not answer as it should; the message says how."""


class SearchProvider(Protocol):
    """Finds pages for a few words."""

    async def search(self, query: str, limit: int) -> Sequence[SearchResult]:
        """At most `limit` hits, best first, each URL of a form that may be fetched. Raises SearchFailed."""
        ...


class SearXng:
    """The JSON interface of a SearXNG instance (`search.formats` in its settings must have `json`).

    Args:
        base_url: the instance that the operator has set; it may be on this machine, and is the one address asked.
        allow_origin: one loopback origin that hits may lead to all the same; for tests and trials.
    """

    def __init__(self, base_url: str, *, allow_origin: str | None = None) -> None:
        try:
            self._url = httpx.URL(base_url.rstrip("/") + "/search")
        except httpx.InvalidURL as exc:
            raise ValueError(str(exc)) from exc
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise ValueError("the address of SearXNG must start with http:// or https://")
        self._allowed = origin_of(httpx.URL(allow_origin)) if allow_origin else None

    async def search(self, query: str, limit: int) -> Sequence[SearchResult]:
        """See SearchProvider."""
        words = " ".join(query.split())[:300]
        if not words or limit < 1:
            return []
        async with httpx.AsyncClient(
            verify=certificates(), trust_env=False, timeout=_SECONDS, follow_redirects=False
        ) as client:
            try:
                async with client.stream(
                    "GET", self._url, params={"q": words, "format": "json"}, headers={"Accept-Encoding": "identity"}
                ) as response:
                    if response.status_code != 200:
                        raise SearchFailed(f"the search engine answered with status {response.status_code}")
                    encoding = response.headers.get("content-encoding", "")
                    body = await bounded(response.aiter_raw(), encoding, _LARGEST)
            except httpx.HTTPError as exc:
                raise SearchFailed(f"the search engine could not be asked: {type(exc).__name__}") from exc
            except (TooLarge, BadEncoding) as exc:
                raise SearchFailed("the search engine's answer is too large or damaged") from exc
        return _results(body, min(limit, MOST), self._allowed)


def _results(body: bytes, limit: int, allowed: str | None) -> list[SearchResult]:
    try:
        hits = read_json(body)["results"]
    except (BadJson, KeyError, TypeError) as exc:
        raise SearchFailed("the search engine's answer is no list of results in JSON") from exc
    found: dict[str, SearchResult] = {}
    for hit in hits if isinstance(hits, list) else []:
        if not isinstance(hit, dict) or not isinstance(hit.get("url"), str):
            continue
        url = checked_url(hit["url"], hit["url"], allowed)
        if isinstance(url, PageRefused):
            continue
        found.setdefault(str(url), SearchResult(str(url), _text(hit.get("title")), _text(hit.get("content"))))
        if len(found) >= limit:
            break
    return list(found.values())


def _text(value: object) -> str:
    return " ".join(str(value or "").split())[:300]
