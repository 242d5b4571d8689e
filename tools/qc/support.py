"""How far a text holds what a sentence says: words, numbers, denials, praise, and who is spoken about."""

import re
from collections.abc import Set
from functools import cache
from typing import Final

from tools.qc.words import EVERYDAY, OWN_DOING, RELATED, SENTENCE_STARTERS, UNITS
from tools.wording import numbers_in

WORD = re.compile(r"[A-Za-z][A-Za-z'’&.-]*")
ENOUGH = 0.6
_NAME = re.compile(r"\b[A-Z][\w'’&.-]*(?:\s+(?:of|the|and|at|de|for)\s+[A-Z][\w'’&.-]*|\s+[A-Z][\w'’&.-]*)*")
_CLAUSE_ENDS = re.compile(r"\s*(?:,(?!\d)|;|:(?!\d)|\s[–—-]\s|—|\b(?:and|but|so|because|while)\b)\s*")
_DENIAL = re.compile(
    r"\b(?:not|never|no|none|nor|neither|without|hardly|barely|cannot|any ?more|longer)\b|n['’]t\b", re.IGNORECASE
)
# Ends in -est, and is no superlative.
_PLAIN_EST = (
    r"(?:t|r|w|b(?=\b)|qu|inter|requ|hon|for|gu|sugg|inv|cont|midw|dig|mod|harv|prot|arr|mani?f|earn|nor?thw"
    r"|southw)est"
)
_PRAISE = re.compile(
    rf"\b(?!{_PLAIN_EST}s?\b)\w{{3,}}est\b|\b(?:most|best|worst|least|leading|premier|top|only|unique|unmatched"
    r"|unrivall?ed|perfect|impressive|incredible|amazing|beautiful|iconic|legendary|historic|storied|renowned"
    r"|proven)\b",
    re.IGNORECASE,
)
_COUNT = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundreds?|thousands?|"
    r"millions?|dozens?|half|twice|double[ds]?|triple[ds]?|percent|decades?|century|centuries)\b",
    re.IGNORECASE,
)
WORD_NUMBERS: Final = {
    word: number
    for number, word in (
        *enumerate(
            re.findall(r"\S+", "two three four five six seven eight nine ten eleven twelve"),
            start=2,
        ),
        (20, "twenty"),
        (30, "thirty"),
        (40, "forty"),
        (50, "fifty"),
    )
}
_AMOUNT_BEFORE = re.compile(r"\b(?:seats?|holds?|has|have|room for|capacity(?: of)?|about|over|around)\W*$", re.I)
_YEAR_BEFORE = re.compile(
    r"\b(?:in|since|from|until|by|circa|year|built|back to|dates (?:to|from|back to)|back in)\W*$", re.I
)


@cache
def stem(word: str) -> str:
    """A word without its ending, so that 'fixtures' is 'fixture' and 'dimmed' is 'dims'."""
    word = re.sub(r"['’]s$", "", word.lower().strip(".'’-"))
    if word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if word.endswith("e") and len(word) > 3:
        word = word[:-1]
    if word.endswith("y") and len(word) > 3:
        word = word[:-1] + "i"
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


_RELATED = tuple(frozenset(stem(word) for word in group) for group in RELATED)
_UNITS = tuple(frozenset(stem(word) for word in group) for group in UNITS)
_EMPTY = frozenset(stem(word) for word in EVERYDAY)
_OWN = frozenset(stem(word) for word in OWN_DOING)


def words(text: str) -> set[str]:
    """The words of a text that say something, as stems; of a hyphened word its parts."""
    return {s for w in WORD.findall(text.lower().replace("-", " ")) if len(s := stem(w)) > 1} - _EMPTY


def vocabulary(text: str) -> set[str]:
    """Its words and those that may stand for them."""
    held = words(text)
    return held.union(*(group for group in _RELATED if group & held))


def speaks_of_sender(clause: str) -> bool:
    """Whether 'I' or 'we' is the subject."""
    return re.match(r"\W*(?:\w+ ){0,3}?(?:I|we|We)(?:['’]\w+)?\b", clause) is not None


def goes_on_of_sender(clause: str, sentence: str) -> bool:
    """Whether the sender is the subject of a clause, also where 'I' was said before: '…, and wanted to ask'."""
    first = WORD.search(clause)
    verb_first = first is not None and stem(first[0]) in _OWN
    return speaks_of_sender(clause) or (verb_first and speaks_of_sender(sentence))


def own_doing(text: str) -> set[str]:
    """Of its words those that say what senders do themselves."""
    return words(text) & _OWN


def share(held: Set[str], wanted: Set[str]) -> float:
    """How much of what is wanted is held, 0 to 1."""
    return len(wanted & held) / len(wanted) if wanted else 1.0


def clauses(sentence: str) -> list[str]:
    """The parts of a sentence that each say something."""
    return [part for part in _CLAUSE_ENDS.split(sentence) if part and words(part)]


def names_in(text: str) -> set[str]:
    """Words that look like names: capitalised, and not merely because a sentence begins there."""
    found: set[str] = set()
    for match in _NAME.finditer(text):
        parts = match[0].split()
        if match.start() == 0 or text[: match.start()].rstrip().endswith((".", "?", "!", ":")):
            first = parts[0].strip(".,")
            parts = parts[1:] if first in SENTENCE_STARTERS or first.endswith("ing") else parts
        found |= {bare(part) for part in parts if part[:1].isupper()}
    return {name for name in found if len(name) > 1} - {"I'm", "I've", "I'd", "I'll", "I’m", "I’ve", "I’d", "I’ll"}


def bare(name: str) -> str:
    """A name without its genitive and punctuation."""
    return re.sub(r"['’]s?$", "", name.strip(".,'’-"))


def denies(text: str) -> bool:
    """Whether something is said not to be so."""
    return _DENIAL.search(text) is not None


def praises(text: str) -> set[str]:
    """Superlatives and praise."""
    return {match[0].lower() for match in _PRAISE.finditer(text)}


def counts(text: str) -> set[str]:
    """Numbers in words."""
    return {match[0].lower() for match in _COUNT.finditer(text)}


def misused_numbers(sentence: str, facts: list[str]) -> set[str]:
    """Numbers that the facts have, but as something else: a capacity as a year, students as seats."""
    wrong = set()
    for match in re.finditer(r"\d[\d,.]*", sentence):
        number = match[0].rstrip(".,")
        uses = [use for text in facts for use in _uses(text, number)]
        here = _use(sentence, match.start(), match.start() + len(number))
        roles = {role for role, _ in uses if role}
        units = set().union(*(unit for _, unit in uses))
        if (here[0] and roles and here[0] not in roles) or (here[1] and units and not here[1] & units):
            wrong.add(number)
    return wrong


def _uses(text: str, number: str) -> list[tuple[str, set[int]]]:
    wanted = numbers_in(number)
    found = [m for m in re.finditer(r"\d[\d,.]*", text) if numbers_in(m[0]) == wanted]
    return [_use(text, m.start(), m.start() + len(m[0].rstrip(".,"))) for m in found]


_NEAR = 200
"""Characters around a number that can say what it counts: with all of a text for each, the cost is its square."""


def _use(text: str, start: int, end: int) -> tuple[str, set[int]]:
    """How a number is used: as a 'year' or an 'amount' ('' where that cannot be told), and what it may count."""
    before, number, after = text[max(0, start - _NEAR) : start], text[start:end], text[end : end + _NEAR]
    # What stands beside it on its own line and in its own clause; a column's name stands before its value.
    near = re.split(r"[\n,;]| and ", before)[-1].split()[-3:] + re.split(r"[\n,;]| and ", after)[0].split()[:3]
    beside = {stem(word) for part in near for word in WORD.findall(part.replace("-", " "))}
    units = {n for n, group in enumerate(_UNITS) if group & beside}
    plausible = re.fullmatch(r"1[6-9]\d\d|20\d\d", number) is not None
    if plausible and _YEAR_BEFORE.search(before) and not units:
        return "year", units
    if units or "," in number or _AMOUNT_BEFORE.search(before):
        return "amount", units
    return ("amount" if _YEAR_BEFORE.search(before) else ""), units
