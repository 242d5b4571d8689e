"""What a scan asks about: openings and texts that may be signals, each with the number that it is known by.

Code leaves out what no reader would take for a signal, so that a feed of 16,000 openings is a few dozen calls; whoever
decides, the rules or a model, is shown the same items, and code checks what is decided and makes the signals.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from playbooks.feeds import JobWords, SignalName, SignalWords
from tools.normalise import clean
from tools.prompt_chunks import LETTERS_PER_CALL
from tools.signals.found import FoundSignal, Note
from tools.signals.jobs import Opening, found_in_opening
from tools.signals.news import Article, found_in_article, parts_of, sentence_with

PER_CALL: Final = 15
"""The answer on so many fits into 1,200 tokens, which is what an answer may have unless the operator allows more."""


class SignalDecision(BaseModel):
    """What is decided of one item. An item that is no signal at all needs none."""

    model_config = ConfigDict(extra="forbid")

    number: int = Field(description="the item's number")
    type: Literal[SignalName, "none"] = Field(description="none: it looks like a signal and is not one")
    organisation: str | None = Field(
        default=None,
        max_length=200,
        description="whose news it is, as the text has it, where the item names nobody",
    )
    words: str = Field(min_length=1, max_length=2000, description="the sentence or title it rests on, copied exactly")
    # Whole numbers: under a grammar small models write a fraction without end (0.9999…).
    confidence: int = Field(ge=0, le=100, description="per cent, 0 to 100")
    reason: str = Field(min_length=1, max_length=600, description="why, in a few words")


@dataclass(frozen=True)
class Item:
    """One opening or text. `alike` are openings that differ from it in place and link only."""

    subject: Opening | Article
    account_id: str | None = None
    alike: tuple[Opening, ...] = ()

    def shown(self, number: int) -> dict[str, Any]:
        """What is told of it, as plain JSON; `subject_of` reads it again."""
        one = self.subject
        if isinstance(one, Opening):
            said = {name: getattr(one, name) for name in ("title", "department", "location", "description")}
            said = {"number": number, "is": "opening", "organisation": one.organisation, **said}
        else:
            said = {"number": number, "is": "news", "organisation": one.organisation, "headline": one.headline}
            said |= {"text": one.text, "published": one.published.isoformat() if one.published else None}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def letters(self) -> int:
        """How long it is to read."""
        return sum(len(value) for value in self.shown(0).values() if isinstance(value, str))

    def says(self, words: str) -> bool:
        """Whether these words stand in it, case and white space aside."""
        one = self.subject
        texts = (one.title, one.department, one.description) if isinstance(one, Opening) else (one.headline, one.text)
        told = _flat(words)
        return bool(told) and any(told in _flat(text) for text in texts if text)


def subject_of(shown: Mapping[str, Any]) -> Opening | Article:
    """An item's subject from what is told of it."""
    if shown["is"] == "opening":
        return Opening(
            shown["title"],
            shown.get("organisation"),
            shown.get("description"),
            shown.get("department"),
            shown.get("location"),
        )
    return Article(shown["text"], shown.get("organisation"), shown.get("headline"))


@dataclass
class Gathered:
    """What a scan read: what is to be decided, what needs no decision, and how much code passed over."""

    read: int = 0
    passed_over: int = 0
    items: list[Item] = field(default_factory=list)
    certain: list[tuple[str | None, FoundSignal]] = field(default_factory=list)


def may_be_testing(opening: Opening, words: JobWords) -> bool:
    """Whether an opening is worth a reader's look: its title has a word of testing or quality, or its duties do."""
    if re.search(words.look, opening.title, re.IGNORECASE):
        return True
    text = opening.description or ""
    return any(re.search(pattern, text, re.IGNORECASE) for pattern in words.duties)


def items_of_openings(
    openings: Iterable[tuple[str | None, Opening]], words: JobWords | None, gathered: Gathered
) -> None:
    """Adds the openings that are worth a look; one that a feed gives twice counts once, and alike ones are one item."""
    seen: set[tuple[str | None, str, str | None]] = set()
    groups: dict[tuple[str | None, ...], list[tuple[str | None, Opening]]] = {}
    for account_id, opening in openings:
        gathered.read += 1
        if words is None or not may_be_testing(opening, words):
            gathered.passed_over += 1
            continue
        own = (account_id, opening.url or f"{opening.title}, {opening.location}", opening.organisation)
        if own in seen:
            continue
        seen.add(own)
        like = (account_id, opening.organisation, opening.title, opening.department, opening.description)
        groups.setdefault(like, []).append((account_id, opening))
    for same in groups.values():
        account_id, first = same[0]
        gathered.items.append(Item(first, account_id, tuple(opening for _id, opening in same[1:])))


def items_of_articles(articles: Iterable[tuple[str | None, Article]], gathered: Gathered) -> None:
    """Adds texts; a long one in parts that end with a sentence."""
    for account_id, article in articles:
        gathered.read += 1
        gathered.items += [Item(part, account_id) for part in parts_of(article, LETTERS_PER_CALL // 2)]


@dataclass
class SettledSignals:
    """What came of decisions: signals with their accounts, what is none, and decisions that the item does not bear."""

    found: list[tuple[str | None, FoundSignal]] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


def settle(items: Sequence[Item], decisions: Iterable[SignalDecision], words: SignalWords) -> SettledSignals:
    """Makes signals of decisions about items that were numbered from 1.

    A decision is refused where no item has its number, where such an item cannot have the type in this playbook, and
    where its words do not stand in the item. Of two about one item and type the surer counts.
    """
    settled = SettledSignals()
    best: dict[tuple[int, str], SignalDecision] = {}
    for decision in decisions:
        wrong = _wrong(items, decision, words)
        if wrong is not None:
            settled.refused.append({"number": decision.number, "type": decision.type, "reason": wrong})
            continue
        if decision.type == "none":
            settled.notes.append(_note(items[decision.number - 1].subject, decision))
            continue
        known = best.get((decision.number, decision.type))
        if known is None or decision.confidence > known.confidence:
            best[decision.number, decision.type] = decision
    for decision in best.values():
        item = items[decision.number - 1]
        settled.found += [(item.account_id, _found(one, decision)) for one in (item.subject, *item.alike)]
    return settled


def _wrong(items: Sequence[Item], decision: SignalDecision, words: SignalWords) -> str | None:
    if not 1 <= decision.number <= len(items):
        return "no item has this number"
    item = items[decision.number - 1]
    if decision.type == "none":
        return None
    if decision.type not in words.expires_days:
        return "the playbook knows no signals of this type"
    if isinstance(item.subject, Opening) and decision.type != "qa_job_posting":
        return "an opening is no signal of this type"
    if not item.says(decision.words):
        return "its words do not stand in the item"
    return None


def _found(subject: Opening | Article, decision: SignalDecision) -> FoundSignal:
    sure, reasons = decision.confidence / 100, (decision.reason,)
    if isinstance(subject, Opening):
        return found_in_opening(subject, sure, reasons)
    whose = subject.organisation or _as_told(subject, decision.organisation)
    sentence = sentence_with(subject, decision.words)
    # The one name of a type that is no signal was dealt with before.
    kind: Any = decision.type
    return found_in_article(subject, kind, sentence, whose, sure, reasons)


def _as_told(article: Article, name: str | None) -> str | None:
    """A name that the text has; None for one that it has not."""
    told = clean(name)
    return told if told and _flat(told) in _flat(f"{article.headline or ''} {article.text}") else None


def _note(subject: Opening | Article, decision: SignalDecision) -> Note:
    return Note(subject.row, subject.organisation, decision.words[:300], decision.reason)


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()
