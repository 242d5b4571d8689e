"""Numbered points that a short text for the seller rests on, and what it says beyond them: QC's rule, for briefs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tools.qc import numbers, support

_SUBJECT = re.compile(
    r"\s*(?:['’]s\b|,|&|\b(?:and|is|are|has|have|had|was|were|plays?|seats?|wants?|runs?|uses?|needs?|said|wrote)\b)"
)


@dataclass(frozen=True)
class Point:
    """One thing that is known: what it is about, in words that may be said, and where that stands."""

    about: str
    says: str
    source: str | None = None

    def numbered(self, number: int) -> dict[str, Any]:
        """As whoever writes is shown it."""
        shown: dict[str, Any] = {"number": number, "about": self.about, "says": self.says}
        return shown | ({"source": self.source} if self.source else {})


def beyond(text: str, cited: Iterable[str], allowed: Iterable[str] = ()) -> list[str]:
    """What a text says that nothing it rests on has: numbers, however written, and names.

    `cited` are the points that it names; `allowed` may be named without one: whom it is about, who sells.
    """
    backing = " ".join([*cited, *allowed])
    known = numbers.values(backing)
    found = [
        f"the number {text[amount.start : amount.end]}" for amount in numbers.amounts(text) if amount.value not in known
    ]
    held = {support.bare(word).casefold() for word in re.findall(r"[\w'’&.-]+", backing)}
    named = sorted(n for n in support.names_in(text) if n.casefold() not in held and not _only_begins(text, n))
    return found + [f"the name {name}" for name in named]


def _only_begins(text: str, word: str) -> bool:
    """Whether a word is capitalised for no other reason than that sentences begin with it ('Write first to …')."""
    for match in re.finditer(rf"\b{re.escape(word)}\b", text):
        begins = match.start() == 0 or re.search(r"[.?!:;]\s*[\"“(]?$", text[: match.start()])
        after = text[match.end() :]
        if not begins or _SUBJECT.match(after) or re.match(r"\s+[A-Z]\w", after):
            return False
    return True


def pick(points: Sequence[dict[str, Any]], chosen: Iterable[int]) -> list[str]:
    """What the points of these numbers say; a number that there is not says nothing."""
    said = {point["number"]: f"{point['says']} {point.get('source') or ''}" for point in points}
    return [said[number] for number in chosen if number in said]


def many(count: int, one: str, more: str | None = None) -> str:
    """A count and its noun, as a point says them: '1 draft', '1,204 people'."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"
