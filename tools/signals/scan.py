"""Finds the signals of a file, whatever it holds."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from playbooks.feeds import SignalWords
from tools.normalise import day
from tools.signals.found import Found, Note
from tools.signals.jobs import read_opening
from tools.signals.news import read_article
from tools.signals.reading import Imported, Texts


@dataclass
class Scan:
    """The signals of a file, and what looked like one and is none."""

    read: int = 0
    found: list[Found] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def take(self, one: Found | Note | None) -> None:
        """Files a reading where it belongs."""
        if isinstance(one, Found):
            self.found.append(one)
        elif one is not None:
            self.notes.append(one)

    def as_json(self, words: SignalWords, today: date) -> dict[str, Any]:
        """`signals` and `not_signals` of docs/signals.md."""
        return {
            "signals": [one.as_json(words, today) for one in self.found],
            "not_signals": [one.as_json() for one in self.notes],
        }


def scan(texts: Texts, words: SignalWords) -> Scan:
    """Reads all that a file holds. An opening that a feed gives twice counts once."""
    made = Scan(read=len(texts.openings) + len(texts.articles) + len(texts.imports))
    seen: set[tuple[str, str | None, str]] = set()
    if words.jobs is not None:
        for opening in texts.openings:
            found = read_opening(opening, words.jobs)
            if isinstance(found, Found):
                key = (found.source_url or found.description, found.organisation, found.type)
                if key in seen:
                    continue
                seen.add(key)
            made.take(found)
    for article in texts.articles:
        for one in read_article(article, words):
            made.take(one)
    for imported in texts.imports:
        for one in read_import(imported, words):
            made.take(one)
    return made


def read_import(said: Imported, words: SignalWords) -> list[Found | Note]:
    """What an import says in so many words: when the last round was, and what somebody is looking for."""
    found: list[Found | Note] = []
    on = day(said.funded_on)
    if on is not None and "funding" in words.expires_days:
        what = f"{said.organisation} raised money on {on.isoformat()}"
        what = f"{what} ({said.funded_by})" if said.funded_by else what
        reason = "the import gives the date of the last funding"
        found.append(
            Found(
                "funding",
                said.organisation,
                what,
                said.funded_on or "",
                (reason,),
                0.9,
                said.row,
                said.domain,
                None,
                on,
            )
        )
    intent = said.intent
    if intent is not None and "buyer_intent" in words.expires_days:
        if intent.casefold() in ("no", "false", "0", "low", "none"):
            return found
        what = f"{said.organisation} is said to look for {intent}"
        if intent.casefold() in ("yes", "true", "1", "high"):
            what = f"{said.organisation} is said to be looking"
        reason = "the import gives a buyer's intent"
        seen = day(said.intent_date)
        found.append(
            Found("buyer_intent", said.organisation, what, intent, (reason,), 0.7, said.row, said.domain, None, seen)
        )
    return found
