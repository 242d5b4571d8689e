"""From web pages to the researcher's documents.

A page is fetched once and its text is kept in `external_ids` (source 'web', external_id its URL), so that a quote can
be held against it later. The model sees links by number only: `Picker` holds the addresses.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ExternalId, ResearchFact
from tools.context import Source
from tools.sources import WEB
from tools.web.document import Link, Page
from tools.web.facts import About
from tools.web.fetcher import Fetcher
from tools.web.outcome import Refused
from tools.web.reader import Reading, read_fetched
from tools.web.sites import site_of

MOST_PAGES: Final = 8
MOST_LISTED: Final = 40
LONGEST: Final = 20_000
_EARLIER: Final = 5
_WORTH: Final = re.compile(
    r"\b(?:about|staff|directory|people|team|leadership|management|athletics?|facilit(?:y|ies)|stadium|fields?|venue"
    r"|news|press|careers?|jobs|company|engineering|technology|products?|enrollment|facts|history)\b",
    re.IGNORECASE,
)


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
    """

    fetcher: Fetcher
    about: tuple[str, ...]
    own_domain: str | None = None
    most: int = MOST_PAGES
    readings: dict[str, Reading] = field(default_factory=dict)
    refused: list[Refused] = field(default_factory=list)
    _listed: dict[int, tuple[str, str, bool]] = field(default_factory=dict)
    _tried: set[str] = field(default_factory=set)

    def offer(self, pages: Iterable[tuple[str, str]], *, same_site: bool) -> None:
        """Puts pages (URL, text) on the list, those already there left out.

        Args:
            pages: addresses that code has, with a few words on each.
            same_site: they come from a page, so a redirect to another site is refused.
        """
        known = {url for url, _, _ in self._listed.values()}
        for url, text in pages:
            if url not in known and len(self._listed) < MOST_LISTED:
                known.add(url)
                self._listed[len(self._listed) + 1] = (url, " ".join(text.split())[:120], same_site)

    def choices(self) -> list[Choice]:
        """What may still be picked, in the order it was offered."""
        return [
            Choice(number, text, httpx.URL(url).host)
            for number, (url, text, _) in self._listed.items()
            if url not in self._tried
        ]

    def worth_reading(self) -> list[int]:
        """What rules would pick: links whose words promise facts, in their order."""
        return [choice.number for choice in self.choices() if _WORTH.search(choice.text)]

    async def read(self, number: int) -> Reading | Refused | None:
        """The page of a number; None where there is no such number, or as many as may be were read.

        Its links of the same site are put on the list.
        """
        if number not in self._listed or len(self._tried) >= self.most:
            return None
        url, _, same_site = self._listed[number]
        if url in self._tried:
            return self.readings.get(url)
        self._tried.add(url)
        fetched = await self.fetcher.fetch(url, same_site=same_site)
        if isinstance(fetched, Refused):
            self.refused.append(fetched)
            return fetched
        own = self.own_domain is not None and site_of(httpx.URL(fetched.final_url).host) == self.own_domain
        reading = await read_fetched(fetched, About(self.about, own))
        if isinstance(reading, Refused):
            self.refused.append(reading)
            return reading
        self.readings[url] = reading
        self.offer(((link.url, link.text) for link in best_first(reading.page.links)), same_site=True)
        return reading

    async def read_best(self) -> list[Reading]:
        """Reads what rules would pick, the offered pages first, until nothing is left or the limit is reached."""
        readings: list[Reading] = []
        for number in list(self._listed):
            reading = await self.read(number)
            readings += [reading] if isinstance(reading, Reading) else []
        while len(self._tried) < self.most and (numbers := self.worth_reading()):
            reading = await self.read(numbers[0])
            readings += [reading] if isinstance(reading, Reading) else []
        return readings

    def record(self) -> list[dict[str, str]]:
        """The refusals, as they are kept in `agent_runs.decisions`."""
        return [refusal.record() for refusal in self.refused]


def best_first(links: Sequence[Link]) -> list[Link]:
    """Links whose words promise facts before the others, each kind in the page's order."""
    return sorted(links, key=lambda link: _WORTH.search(f"{link.text} {httpx.URL(link.url).path}") is None)


def _key(session: Session, account_id: str, url: str) -> tuple[str, ExternalId | None]:
    """The row of a page, and its external_id: the URL, or where another organisation has that, the URL and ours."""
    for key in (url, f"{url}#{account_id}"):
        row = session.scalar(
            select(ExternalId).where(
                ExternalId.table_name == "accounts", ExternalId.source == WEB, ExternalId.external_id == key
            )
        )
        if row is None or row.record_id == account_id:
            return key, row
    raise RuntimeError("a page is kept under another organisation's key")


def store_page(session: Session, account_id: str, page: Page, fetched_at: datetime | None = None) -> ExternalId:
    """Keeps a page's text for an organisation; the same text again changes only when it was seen.

    A text that it replaces stays in `earlier` where a kept fact still rests on it.
    """
    if page.url is None:
        raise ValueError("only a page with an address can be kept")
    now = fetched_at or datetime.now(UTC)
    key, row = _key(session, account_id, page.url)
    payload: dict[str, Any] = {
        "title": page.title,
        "text": page.text,
        "fetched_at": now.isoformat(),
        "published": page.published.isoformat() if page.published else None,
    }
    if row is None:
        row = ExternalId(table_name="accounts", record_id=account_id, source=WEB, external_id=key, source_url=page.url)
        session.add(row)
    else:
        before = row.payload or {}
        texts = [*before.get("earlier", ()), {"text": before.get("text", ""), "fetched_at": before.get("fetched_at")}]
        quotes = session.scalars(
            select(ResearchFact.quote).where(ResearchFact.account_id == account_id, ResearchFact.source_url == page.url)
        ).all()
        needed = [quote for quote in quotes if quote not in page.text]
        if kept := [old for old in texts if any(quote in old["text"] for quote in needed)]:
            payload["earlier"] = kept[-_EARLIER:]
        row.updated_at = now
    row.payload = payload
    row.observed_on = page.published or now.date()
    session.flush()
    return row


def web_sources(session: Session, account_id: str, *, first: int = 1, most: int = MOST_PAGES) -> tuple[Source, ...]:
    """The kept pages of an organisation as documents, numbered from `first`, in the order of their addresses."""
    rows = session.scalars(
        select(ExternalId)
        .where(ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == WEB)
        .order_by(ExternalId.external_id)
    ).all()
    return tuple(
        Source(
            number=number,
            title=str((row.payload or {}).get("title") or row.source_url),
            text=str((row.payload or {}).get("text", ""))[:LONGEST],
            url=row.source_url,
            observed_on=row.observed_on.isoformat() if row.observed_on else None,
        )
        for number, row in enumerate(rows[:most], start=first)
    )


def kept_since(session: Session, account_id: str, age: timedelta, now: datetime | None = None) -> set[str]:
    """The addresses of pages that were seen within `age`: they need not be fetched again."""
    rows = session.scalars(
        select(ExternalId).where(
            ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == WEB
        )
    )
    oldest = (now or datetime.now(UTC)) - age
    return {row.source_url for row in rows if row.source_url and row.updated_at >= oldest}


def unsupported(session: Session, account_id: str) -> list[ResearchFact]:
    """Facts from kept pages whose quote stands in none of the page's kept texts. There should be none."""
    texts = {
        row.source_url: [
            str((row.payload or {}).get("text", "")),
            *(str(old["text"]) for old in (row.payload or {}).get("earlier", ())),
        ]
        for row in session.scalars(
            select(ExternalId).where(
                ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == WEB
            )
        )
    }
    facts = session.scalars(select(ResearchFact).where(ResearchFact.account_id == account_id)).all()
    return [
        fact
        for fact in facts
        if fact.source_url in texts and not any(fact.quote in text for text in texts[fact.source_url])
    ]
