"""Which pages may be read, and which were: a model sees links by number only, the addresses are held here."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from tools.web.document import Link
from tools.web.facts import About
from tools.web.fetcher import Fetcher
from tools.web.outcome import PageRefused, Reason
from tools.web.reader import Reading, read_fetched
from tools.web.sites import site_of

MOST_PAGES: Final = 8
MOST_LISTED: Final = 40
_WORTH: Final = re.compile(
    r"\b(?:about|staff|directory|people|team|leadership|management|athletics?|facilit(?:y|ies)|stadium|fields?|venue"
    r"|news|press|careers?|jobs|company|engineering|technology|products?|enrollment|facts|history)\b",
    re.IGNORECASE,
)


def promises(text: str) -> bool:
    """Whether the words on a link promise facts."""
    return _WORTH.search(text) is not None


@dataclass(frozen=True)
class Choice:
    """A page that may be picked: what the model is shown is `number` and `text`."""

    number: int
    text: str
    host: str


@dataclass
class Picker:
    """The pages of one run: which may be picked, which were read, which were refused and why.

    Code puts addresses in (the operator's, search results, links of pages that were read); a number takes them out.
    `own_domains` are the registered domains of the organisation's own sites; links to pages that are `kept` already
    are not listed.
    """

    fetcher: Fetcher
    about: tuple[str, ...]
    own_domains: Collection[str] = ()
    most: int = MOST_PAGES
    kept: Collection[str] = ()
    readings: dict[str, Reading] = field(default_factory=dict)
    refused: list[PageRefused] = field(default_factory=list)
    _listed: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    _tried: dict[str, str | None] = field(default_factory=dict)

    def offer(self, pages: Iterable[tuple[str, str]], *, same_site: bool) -> None:
        """Puts pages (URL, text) on the list, those already there left out.

        Args:
            pages: addresses that code has, with a few words on each.
            same_site: they come from a page, so a redirect to another site is refused.
        """
        known = {url for url, _, _ in self._listed.values()}
        for url, text in pages:
            if url not in known and not (same_site and url in self.kept) and len(self._listed) < MOST_LISTED:
                known.add(url)
                self._listed[len(self._listed) + 1] = (url, " ".join(text.split())[:120], same_site)

    def choices(self) -> list[Choice]:
        """What may still be picked, in the order it was offered."""
        return [
            Choice(number, text, host_of(url))
            for number, (url, text, _) in self._listed.items()
            if url not in self._tried
        ]

    @property
    def left(self) -> int:
        """How many more pages may be read."""
        return max(0, self.most - len(self._tried))

    def tried(self, number: int) -> tuple[str, str | None] | None:
        """Of a number that was tried: its address, and where the page stood in the end, None where it was refused."""
        url = self._listed[number][0] if number in self._listed else ""
        return (url, self._tried[url]) if url in self._tried else None

    def refusal(self, url: str) -> PageRefused | None:
        """Why the page of an address that was tried is not there."""
        return next((refusal for refusal in self.refused if refusal.url == url), None)

    async def read(self, number: int) -> Reading | PageRefused | None:
        """The page of a number; None where there is no such number, or as many as may be were read.

        Its links of the same site are put on the list.
        """
        if number not in self._listed:
            return None
        url, _, same_site = self._listed[number]
        if url in self._tried:
            return self.readings.get(url) or self.refusal(url)
        if not self.left:
            return None
        self._tried[url] = None
        fetched = await self.fetcher.fetch(url, same_site=same_site)
        if isinstance(fetched, PageRefused):
            self.refused.append(fetched)
            return fetched
        reading = await read_fetched(fetched, About(self.about, self.own(fetched.final_url)))
        if isinstance(reading, PageRefused):
            self.refused.append(reading)
            return reading
        self.readings[url], self._tried[url] = reading, reading.page.url
        self.offer(((link.url, link.text) for link in best_first(reading.page.links)), same_site=True)
        return reading

    def record(self) -> list[dict[str, str]]:
        """The refusals, as they are kept in `agent_runs.decisions`."""
        return [refusal.record() for refusal in self.refused]

    def own(self, url: str) -> bool:
        """Whether an address is on one of the organisation's own sites."""
        return site_of(host_of(url)) in self.own_domains

    def state(self) -> dict[str, Any]:
        """What a run that is carried on elsewhere must know, as plain JSON; `restore` takes it."""
        return {
            "listed": [[number, *entry] for number, entry in self._listed.items()],
            "tried": dict(self._tried),
            "refused": self.record(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Goes on from where another process was."""
        self._listed = {number: (url, text, same_site) for number, url, text, same_site in state["listed"]}
        self._tried = dict(state["tried"])
        self.refused = [
            PageRefused(entry["url"], Reason(entry["refused"]), entry["detail"], entry["at"])
            for entry in state["refused"]
        ]


def host_of(url: str) -> str:
    """The host of an address; '' where it has none, or is no address."""
    try:
        return httpx.URL(url).host
    except (httpx.InvalidURL, ValueError, UnicodeError):
        return ""


def best_first(links: Sequence[Link]) -> list[Link]:
    """Links whose words promise facts before the others, each kind in the page's order."""
    return sorted(links, key=lambda link: not promises(f"{link.text} {httpx.URL(link.url).path}"))
