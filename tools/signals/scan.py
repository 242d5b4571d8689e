"""Finds the signals of a file, whatever it holds."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from playbooks.feeds import SignalWords
from tools.normalise import day
from tools.signals.found import FoundSignal, Note
from tools.signals.items import Gathered, items_of_articles, items_of_openings
from tools.signals.jobs import Opening, read_opening
from tools.signals.news import Article, read_article
from tools.signals.reading import Imported, Texts


@dataclass
class Scan:
    """The signals of a file, and what looked like one and is none."""

    read: int = 0
    found: list[FoundSignal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def take(self, one: FoundSignal | Note | None) -> None:
        """Files a reading where it belongs."""
        if isinstance(one, FoundSignal):
            self.found.append(one)
        elif one is not None:
            self.notes.append(one)

    def as_json(self, words: SignalWords, today: date) -> dict[str, Any]:
        """`signals` and `not_signals` of docs/signals.md."""
        return {
            "signals": [one.as_json(words, today) for one in self.found],
            "not_signals": [one.as_json() for one in self.notes],
        }


def gather(texts: Texts, words: SignalWords) -> Gathered:
    """What a file gives to decide on, and what it says in so many words."""
    gathered = Gathered()
    items_of_openings(((None, opening) for opening in texts.openings), words.jobs, gathered)
    items_of_articles(((None, article) for article in texts.articles), gathered)
    for imported in texts.imports:
        gathered.read += 1
        gathered.certain += [(None, one) for one in read_import(imported, words)]
    return gathered


def scan(texts: Texts, words: SignalWords) -> Scan:
    """Reads all that a file holds, by the rules."""
    gathered = gather(texts, words)
    made = Scan(read=gathered.read, found=[one for _account_id, one in gathered.certain])
    for item in gathered.items:
        for subject in (item.subject, *item.alike):
            for one in read_subject(subject, words):
                made.take(one)
    return made


def read_subject(subject: Opening | Article, words: SignalWords) -> list[FoundSignal | Note]:
    """What the rules say of an opening or a text: its signals, and why what looks like one is none."""
    if isinstance(subject, Article):
        return read_article(subject, words)
    found = read_opening(subject, words.jobs) if words.jobs is not None else None
    return [found] if found is not None else []


def read_import(said: Imported, words: SignalWords) -> list[FoundSignal]:
    """What an import says in so many words: when the last round was, and what somebody is looking for."""
    found: list[FoundSignal] = []
    on = day(said.funded_on)
    if on is not None and "funding" in words.expires_days:
        what = f"{said.organisation} raised money on {on.isoformat()}"
        what = f"{what} ({said.funded_by})" if said.funded_by else what
        reason = "the import gives the date of the last funding"
        found.append(
            FoundSignal(
                type="funding",
                organisation=said.organisation,
                description=what,
                evidence=said.funded_on or "",
                reasons=(reason,),
                sure=0.9,
                row=said.row,
                domain=said.domain,
                seen_on=on,
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
            FoundSignal(
                type="buyer_intent",
                organisation=said.organisation,
                description=what,
                evidence=intent,
                reasons=(reason,),
                sure=0.7,
                row=said.row,
                domain=said.domain,
                seen_on=seen,
            )
        )
    return found
