"""The fields of two records set against each other, each as a level of agreement with its words and first weights."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.fuzz import ratio, token_sort_ratio

from tools.dedupe import likeness
from tools.dedupe.names import same_person_name
from tools.dedupe.records import Record

UNKNOWN: Final = -1


class Level(NamedTuple):
    """A level of agreement: what it says, and how often it is met among matches (m) and others (u) before learning.

    `most` is what it may say at most, in bits: namesakes of one state or system are likelier than chance would have it.
    """

    words: str
    m: float
    u: float
    most: float = 99.0


@dataclass(frozen=True)
class Feature:
    """One thing that is compared. `compare` gives the place of a level, or UNKNOWN where a side is blank; `value` is
    what agrees at the first level, so that a rare value can count for more."""

    name: str
    levels: tuple[Level, ...]
    compare: Callable[[Record, Record], int]
    value: Callable[[Record], str]
    needs: str


def name_level(a: Record, b: Record) -> int:
    """How alike the closest two of their names are (`likeness`)."""
    if not a.names or not b.names:
        return UNKNOWN
    if len(a.names) == len(b.names) == 1:
        return likeness.name_level(a.names[0], b.names[0], a.place_words, b.place_words)
    best = likeness.DIFFERENT
    for one in a.names[:8]:
        for other in b.names[:8]:
            if one is other:
                return likeness.SAME
            best = min(best, likeness.name_level(one, other, a.place_words, b.place_words))
    return best


def _given(a: Record, b: Record) -> int:
    if not a.given or not b.given:
        return UNKNOWN
    if a.given == b.given:
        return 0
    level = _given_level(a.given, b.given)
    if level > 1 and a.given == b.surname and a.surname and ratio(a.surname, b.given) >= 60:
        return 3
    return level


@lru_cache(maxsize=200_000)
def _given_level(one: str, other: str) -> int:
    if same_person_name(one, other):
        return 1
    if _slip(one, other) or JaroWinkler.similarity(one, other) >= 0.92:
        return 2
    if JaroWinkler.similarity(one, other) >= 0.8:
        return 4
    return 5


def _surname(a: Record, b: Record) -> int:
    if not a.surname or not b.surname:
        return UNKNOWN
    if a.surname == b.surname:
        return 0
    level = _word_level(a.surname, b.surname)
    if level and a.surname == b.given and a.given and ratio(a.given, b.surname) >= 60:
        return 2
    return (1, 3, 4)[level - 1]


@lru_cache(maxsize=200_000)
def _word_level(one: str, other: str) -> int:
    """1 a slip, 2 alike, 3 different; 0 the same."""
    if one == other:
        return 0
    if _slip(one, other) or JaroWinkler.similarity(one, other) >= 0.92:
        return 1
    return 2 if JaroWinkler.similarity(one, other) >= 0.8 else 3


def _slip(one: str, other: str) -> bool:
    """One letter more, fewer, other, or two turned round."""
    return abs(len(one) - len(other)) <= 1 and OSA.distance(one, other, score_cutoff=1) <= 1


def _text(attribute: str) -> Callable[[Record, Record], int]:
    def compare(a: Record, b: Record) -> int:
        one, other = getattr(a, attribute), getattr(b, attribute)
        if not one or not other:
            return UNKNOWN
        return _text_level(one, other)

    return compare


@lru_cache(maxsize=300_000)
def _text_level(one: str, other: str) -> int:
    if one == other:
        return 0
    score = max(token_sort_ratio(one, other), ratio(one.replace(" ", ""), other.replace(" ", "")))
    if score >= 86:
        return 1
    return 2 if score >= 70 or one.startswith(other) or other.startswith(one) else 3


def _word(attribute: str) -> Callable[[Record, Record], int]:
    def compare(a: Record, b: Record) -> int:
        one, other = getattr(a, attribute), getattr(b, attribute)
        if not one or not other:
            return UNKNOWN
        return _word_level(one, other)

    return compare


def _digits(attribute: str) -> Callable[[Record, Record], int]:
    def compare(a: Record, b: Record) -> int:
        one, other = getattr(a, attribute), getattr(b, attribute)
        if not one or not other:
            return UNKNOWN
        if one == other:
            return 0
        return 1 if _slip(one, other) else 2

    return compare


def _exact(attribute: str) -> Callable[[Record, Record], int]:
    def compare(a: Record, b: Record) -> int:
        one, other = getattr(a, attribute), getattr(b, attribute)
        if not one or not other:
            return UNKNOWN
        return 0 if one == other else 1

    return compare


def _birth(a: Record, b: Record) -> int:
    if not a.birth or not b.birth:
        return UNKNOWN
    return _birth_level(a.birth, b.birth)


@lru_cache(maxsize=200_000)
def _birth_level(one: str, other: str) -> int:
    if one == other:
        return 0
    if _slip(one, other):
        return 1
    if len(one) == len(other) == 8:
        parts = sum(x == y for x, y in ((one[:4], other[:4]), (one[4:6], other[4:6]), (one[6:], other[6:])))
        if parts == 2 or (one[:4] == other[:4] and one[4:6] == other[6:] and one[6:] == other[4:6]):
            return 2
    return 3 if OSA.distance(one, other, score_cutoff=2) <= 2 else 4


def _email(a: Record, b: Record) -> int:
    if not a.email or not b.email:
        return UNKNOWN
    return _email_level(a.email, b.email)


@lru_cache(maxsize=200_000)
def _email_level(one: str, other: str) -> int:
    if one == other:
        return 0
    if ratio(one, other) >= 88:
        return 1
    local, _at, host = one.partition("@")
    other_local, _at2, other_host = other.partition("@")
    if local == other_local or (host == other_host and JaroWinkler.similarity(local, other_local) >= 0.88):
        return 2
    return 3 if host == other_host else 4


def _domain(a: Record, b: Record) -> int:
    if not a.host or not b.host:
        return UNKNOWN
    if a.host == b.host:
        # Institutions of one system share a host and part in the path.
        return 0 if a.path == b.path or not a.path or not b.path else 1
    return 1 if a.domain == b.domain else 2


def _nothing(_record: Record) -> str:
    # A state's name also stands in the names of what is in it: a rare one says no more than another.
    return ""


def _of(attribute: str) -> Callable[[Record], str]:
    return lambda record: str(getattr(record, attribute))


def _name_value(record: Record) -> str:
    return record.names[0].key if record.names else ""


def _levels(*rows: tuple[str, float, float] | tuple[str, float, float, float]) -> tuple[Level, ...]:
    return tuple(Level(*row) for row in rows)


FEATURES: Final[tuple[Feature, ...]] = (
    Feature(
        "name",
        _levels(
            ("the same name", 0.6, 0.0002), ("the same name, spelled differently", 0.12, 0.0003, 11.0),
            ("the same name, less the word for what it is", 0.1, 0.0008, 11.0),
            ("the same name, but for what it is called", 0.04, 0.0008, 6.5),
            ("one name is the other's initials", 0.01, 0.0002, 4.0), ("one name adds the place", 0.05, 0.0004, 10.0),
            ("one name says more", 0.04, 0.006, 2.5), ("each name has words of its own", 0.02, 0.08, -3.0),
            ("other names", 0.02, 0.91),
        ),
        name_level, _name_value, "names",
    ),
    Feature(
        "given name",
        _levels(
            ("the same given name", 0.7, 0.01), ("one given name is short for the other", 0.05, 0.006),
            ("given names one slip apart", 0.1, 0.01), ("given name and surname changed places", 0.03, 0.0002),
            ("given names alike", 0.03, 0.01), ("other given names", 0.09, 0.96),
        ),
        _given, _of("given"), "given",
    ),
    Feature(
        "surname",
        _levels(
            ("the same surname", 0.75, 0.004), ("surnames one slip apart", 0.1, 0.005),
            ("surname and given name changed places", 0.03, 0.0002), ("surnames alike", 0.03, 0.02),
            ("other surnames", 0.09, 0.97),
        ),
        _surname, _of("surname"), "surname",
    ),
    Feature(
        "birth date",
        _levels(
            ("the same birth date", 0.7, 0.0005), ("birth dates one slip apart", 0.12, 0.003),
            ("two parts of the birth date agree", 0.06, 0.01), ("birth dates alike", 0.05, 0.03),
            ("other birth dates", 0.07, 0.9565),
        ),
        _birth, _of("birth"), "birth",
    ),
    Feature(
        "number",
        _levels(
            ("the same number", 0.85, 0.00002), ("numbers one slip apart", 0.1, 0.0003),
            ("other numbers", 0.05, 0.9997),
        ),
        _digits("code"), _of("code"), "code",
    ),
    Feature(
        "email",
        _levels(
            ("the same email", 0.6, 0.0005), ("emails a slip apart", 0.12, 0.001),
            ("emails alike", 0.12, 0.005), ("emails at one host", 0.06, 0.02), ("other emails", 0.1, 0.97),
        ),
        _email, _of("email"), "email",
    ),
    Feature(
        "phone",
        _levels(
            ("the same phone", 0.75, 0.0005), ("phones one slip apart", 0.03, 0.0005),
            ("other phones", 0.22, 0.999),
        ),
        _digits("phone"), _of("phone"), "phone",
    ),
    Feature(
        "linkedin",
        _levels(("the same LinkedIn page", 0.95, 0.00001), ("other LinkedIn pages", 0.05, 0.99999)),
        _exact("linkedin"), _of("linkedin"), "linkedin",
    ),
    Feature(
        "domain",
        _levels(
            ("the same web host", 0.75, 0.0003, 11.0), ("hosts of one web domain", 0.05, 0.001, 2.0),
            ("other web domains", 0.2, 0.9987),
        ),
        _domain, _of("host"), "host",
    ),
    Feature(
        "street",
        _levels(
            ("the same street", 0.6, 0.002), ("streets alike", 0.15, 0.002), ("streets somewhat alike", 0.08, 0.02),
            ("other streets", 0.17, 0.976),
        ),
        _text("street"), _of("street"), "street",
    ),
    Feature(
        "street number",
        _levels(
            ("the same house number", 0.75, 0.01), ("house numbers one slip apart", 0.08, 0.05),
            ("other house numbers", 0.17, 0.94),
        ),
        _digits("number"), _of("number"), "number",
    ),
    Feature(
        "locality",
        _levels(
            ("the same second address line", 0.6, 0.002), ("second address lines alike", 0.12, 0.003),
            ("second address lines somewhat alike", 0.08, 0.02), ("other second address lines", 0.2, 0.975),
        ),
        _text("locality"), _of("locality"), "locality",
    ),
    Feature(
        "city",
        _levels(
            ("the same city", 0.75, 0.01), ("cities a slip apart", 0.08, 0.003),
            ("cities alike", 0.04, 0.02), ("other cities", 0.13, 0.967),
        ),
        _word("city"), _of("city"), "city",
    ),
    Feature(
        "state",
        _levels(("the same state", 0.93, 0.05), ("other states", 0.07, 0.95)),
        _exact("state"), _nothing, "state",
    ),
    Feature(
        "zip",
        _levels(
            ("the same postal code", 0.8, 0.002), ("postal codes one slip apart", 0.08, 0.01),
            ("other postal codes", 0.12, 0.988),
        ),
        _digits("zip"), _of("zip"), "zip",
    ),
    Feature(
        "kind",
        _levels(
            ("of one kind", 0.6, 0.1), ("kinds alike", 0.1, 0.03),
            ("kinds somewhat alike", 0.1, 0.07), ("of other kinds", 0.2, 0.8),
        ),
        _text("kind"), _of("kind"), "kind",
    ),
)  # fmt: skip


def in_use(records: Sequence[Record]) -> tuple[Feature, ...]:
    """The features that these records give anything for."""
    return tuple(feature for feature in FEATURES if any(getattr(record, feature.needs) for record in records))
