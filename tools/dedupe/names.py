"""Names of organisations and people, in the form in which they are compared."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import JaroWinkler

from tools.dedupe.knowledge import organisations, people
from tools.normalise import state_code

_APOSTROPHES = str.maketrans("", "", "'’`.")
_PARENTHESES = re.compile(r"\(([^()]*)\)")
_SLIP, _INITIALS = 0.85, 2
_CAMPUS = re.compile(r"\s+(?:at|in)\s+|\s*[-–—:,]\s*|/")


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """A name of an organisation.

    `words` in their order, spelled out; `key` the same as one text; `plain` without the words for kinds; `campus` the
    words after the first '-', ' at ' or comma; `state` what stood in parentheses, as in 'Miami (OH)'; `initials`
    as a short name would have them.
    """

    text: str
    words: tuple[str, ...]
    key: str
    plain: frozenset[str]
    kinds: frozenset[str]
    campus: frozenset[str]
    state: str | None
    initials: str


def fold(text: str) -> str:
    """Lower case without accents, dots and apostrophes; other marks become blanks, but '&' becomes 'and'."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    plain = plain.casefold().translate(_APOSTROPHES).replace("&", " and ")
    return " ".join(re.sub(r"[^\w]+|_", " ", plain).split())


@lru_cache(maxsize=200_000)
def organisation(text: str) -> Name:
    """A name of an organisation taken apart."""
    known = organisations()
    state = None
    for inside in _PARENTHESES.findall(text):
        state = state or state_code(inside.strip(" ."))
    bare = _PARENTHESES.sub(" ", text) if state else text
    parts = _CAMPUS.split(bare.casefold(), maxsplit=1)
    campus = tuple(_spelled(fold(parts[1]).split())) if len(parts) == 2 and parts[0].strip() else ()
    words = _spelled(fold(bare).split())
    if campus in known.main and len(words) > len(campus):
        words, campus = words[: -len(campus)], ()
    kept = tuple(word for word in words if word not in known.legal) or tuple(words) or (fold(text),)
    plain = frozenset(word for word in kept if word not in known.kinds)
    letters = "".join(word[0] for word in kept if word)
    return Name(
        text, kept, " ".join(kept), plain or frozenset(kept), frozenset(kept) & known.kinds, frozenset(campus), state,
        letters,
    )  # fmt: skip


def _spelled(words: list[str]) -> list[str]:
    """Words and phrases spelled out; 'St' is Saint before a name and State after one."""
    known = organisations()
    found: list[str] = []
    place = 0
    while place < len(words):
        word = words[place]
        for phrase, meant in known.phrases.get(word, ()):
            if tuple(words[place : place + len(phrase)]) == phrase:
                # 'Penn State University' must not say university twice.
                rest = words[place + len(phrase) : place + len(phrase) + 1]
                found += meant[:-1] if rest and meant and _one(rest[0]) == meant[-1] else meant
                place += len(phrase)
                break
        else:
            if word == "st":
                after = words[place + 1] if place + 1 < len(words) else ""
                is_state = bool(found) and (not after or _one(after) in known.kinds or found[-1] == "new mexico")
                found.append("state" if is_state else "saint")
            else:
                found += known.words.get(word, (word,))
            place += 1
    return found


def _one(word: str) -> str:
    meant = organisations().words.get(word, (word,))
    return meant[0] if meant else ""


@lru_cache(maxsize=200_000)
def person(text: str) -> tuple[str, str]:
    """First and last name of a full name, folded; titles and 'Jr' are left out, 'Last, First' is turned."""
    known = people()
    left, comma, right = text.partition(",")
    words = fold(left).split()
    after = fold(right).split()
    if comma and after and after[0] not in known.after:
        words = after + words
    while len(words) > 1 and words[0] in known.before:
        words = words[1:]
    while len(words) > 1 and words[-1] in known.after:
        words = words[:-1]
    return (words[0], words[-1]) if len(words) > 1 else ("", words[0] if words else "")


@lru_cache(maxsize=100_000)
def sounds(word: str) -> str:
    """A rough key of how a name sounds: first letter, then consonants in classes, doubles once (after Soundex)."""
    if not word:
        return ""
    classes = {**dict.fromkeys("bfpvw", "1"), **dict.fromkeys("cgjkqsxz", "2"), **dict.fromkeys("dt", "3"),
               "l": "4", **dict.fromkeys("mn", "5"), "r": "6"}  # fmt: skip
    last, found = classes.get(word[0], ""), word[0]
    for letter in word[1:]:
        sound = classes.get(letter, "")
        if sound and sound != last:
            found += sound
        if letter not in "hw":
            last = sound
    return found[:4]


def same_person_name(one: str, other: str) -> bool:
    """Whether one given name is a short form, or the initial, of the other."""
    if not one or not other:
        return False
    if len(one) == 1 or len(other) == 1:
        return one[0] == other[0]
    short = people().short
    return (
        other in short.get(one, ())
        or one in short.get(other, ())
        or bool(short.get(one, frozenset()) & short.get(other, frozenset()))
    )


def another_person(first: tuple[str, str], second: tuple[str, str]) -> bool:
    """Whether two names (given, last) cannot be one person's: the given names differ, neither is a form or the initials
    of the other, and neither stands elsewhere in the other's name. A last name changes with marriage, so it decides
    nothing; where a given name is not known nothing is said."""
    one, other = fold(first[0]), fold(second[0])
    if not one or not other:
        return False
    if one in other or other in one or same_person_name(one, other) or JaroWinkler.similarity(one, other) >= _SLIP:
        return False
    if min(len(one), len(other)) <= _INITIALS and one[0] == other[0]:
        return False
    words, others = (set(fold(" ".join(name)).split()) for name in (first, second))
    return not (set(one.split()) & others or set(other.split()) & words)
