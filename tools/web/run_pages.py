"""The web pages of one run of the researcher: what is on offer, what was read, and as which source.

All of it stands in one entry of the journal, written together with each page that is kept. So a run that was cut off
finds the same numbers again in another process: steps that were recorded are not done again, and what was read before
is not fetched twice.
"""

import asyncio
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Session

from db.access import Database
from tools.context import Source
from tools.journal import running_note
from tools.research.suggestions import suggest
from tools.web.access import Web
from tools.web.outcome import PageRefused
from tools.web.picker import Picker
from tools.web.reader import Reading
from tools.web.research_sources import kept_pages, store_page
from tools.web.search import SearchFailed

ACTION: Final = "web_pages"
MOST_RESULTS: Final = 5


@dataclass(frozen=True)
class Whom:
    """Whom a run is about. `names` are what the organisation is called, `personas` whom we write to there."""

    run_id: str
    account_id: str
    prospect_id: str
    contact_id: str
    names: tuple[str, ...]
    personas: tuple[str, ...]


@dataclass
class RunPages:
    """See the module. `kept` are pages of earlier runs, which are sources from the beginning; `sources` those that
    were read in this run, in the order of their sources' numbers, from `first`."""

    db: Database
    web: Web
    whom: Whom
    picker: Picker
    first: int = 1
    kept: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    people: int = 0
    failed: list[dict[str, str]] = field(default_factory=list)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def look_up(self, query: str) -> None:
        """Puts what the search engine finds on the list; that it failed is noted, and no reason to end."""
        if self.web.search is None:
            return
        try:
            hits = await self.web.search.search(query, MOST_RESULTS)
        except SearchFailed as exc:
            self.failed.append({"search": query, "failed": str(exc)})
            return
        self.picker.offer(((hit.url, f"{hit.title}. {hit.snippet}") for hit in hits), same_site=False)

    def choices(self) -> list[dict[str, Any]]:
        """What may be read next, as a model is told of it."""
        return [asdict(choice) for choice in self.picker.choices()] if self.picker.left else []

    async def read(self, number: int) -> dict[str, Any] | None:
        """Reads the page of a number and keeps it, once. None where there is no such number, or no more may be read.

        What a model is told: `source`, `title`, `published`, `text` and what rules found in it (`stated`), or
        `refused` with the reason; and in both cases which `pages` may be read next.
        """
        async with self._turn:
            tried = self.picker.tried(number)
            if tried is None:
                answer = await self.picker.read(number)
                if answer is None:
                    return None
                before = self.people
                async with self.web.turns[self.whom.account_id]:
                    await self.db.write(lambda session: self._keep(session, answer, before))
                tried = self.picker.tried(number)
            assert tried is not None  # noqa: S101 (it was read just now)
            asked, stands_at = tried
            more = {"pages": self.choices(), "left": self.picker.left}
            if stands_at is None:
                refusal = self.picker.refusal(asked)
                why = refusal.record() if refusal else {"refused": "unreadable", "detail": ""}
                return {"page": number, "refused": why["refused"], "detail": why["detail"], **more}
            source = await self.source(self._number(stands_at))
            return {"page": number, **told(source), **more} if source else None

    def _number(self, url: str) -> int:
        """The number of the source that a page is: its own from before, where an earlier run had kept it."""
        if url in self.kept:
            return self.first - len(self.kept) + self.kept.index(url)
        if url not in self.sources:
            self.sources.append(url)
        return self.first + self.sources.index(url)

    def _keep(self, session: Session, answer: Reading | PageRefused, people: int) -> None:
        """Keeps an answer; `people` were suggested before it. A transaction may be tried twice."""
        if isinstance(answer, Reading):
            url = answer.page.url or ""
            own = self.picker.own(url)
            store_page(session, self.whom.account_id, answer, own_site=own)
            self._number(url)
            if own:
                self.people = people + suggest(
                    session,
                    contact_id=self.whom.contact_id,
                    people=answer.page.people,
                    personas=self.whom.personas,
                    url=url,
                )
        self.save(session)

    async def source(self, number: int) -> Source | None:
        """The page that is source `number` of this run, as it is kept."""
        known = [*self.kept, *self.sources]
        place = number - self.first + len(self.kept)
        if not 0 <= place < len(known):
            return None
        url, whom = known[place], self.whom
        return (await self.db.read(lambda s: kept_pages(s, whom.account_id, whom.names, urls=[url], first=number)))[0]

    def save(self, session: Session) -> None:
        """Writes down where the run is."""
        details = {
            **self.picker.state(),
            "first": self.first,
            "kept": list(self.kept),
            "sources": list(self.sources),
            "people_suggested": self.people,
            "failed": self.failed,
        }
        whom = self.whom
        running_note(
            session,
            run_id=whom.run_id,
            agent="researcher",
            action=ACTION,
            prospect_id=whom.prospect_id,
            details=details,
        )

    def restore(self, session: Session) -> bool:
        """Goes on from where this run was cut off; False where it begins."""
        entry = running_note(session, run_id=self.whom.run_id, agent="researcher", action=ACTION)
        if entry is None:
            return False
        state: dict[str, Any] = entry.details or {}
        self.picker.restore(state)
        self.first, self.kept, self.sources = state["first"], list(state["kept"]), list(state["sources"])
        self.people, self.failed = state["people_suggested"], list(state["failed"])
        return True


def told(source: Source) -> dict[str, Any]:
    """A page as a model is told of it."""
    page = source.page
    return {
        "source": source.number,
        "title": source.title,
        "published": page.published.isoformat() if page and page.published else None,
        "text": source.text,
        "stated": [asdict(fact) for fact in page.stated] if page else [],
    }
