"""The whole way from plain records to pairs with a probability and its evidence, and to clusters."""

import math
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tools.dedupe.blocking import Candidates
from tools.dedupe.cluster import apart, clusters
from tools.dedupe.compare import UNKNOWN, in_use
from tools.dedupe.likeness import KINDLESS, SPELLED
from tools.dedupe.records import Record
from tools.dedupe.weights import Pattern, Weights, compare, learn, probability

CERTAIN: Final = 0.99
LINK: Final = 0.5
DOUBTFUL: Final = 0.1
AGAINST: Final = -1.0
FEWEST: Final = 500
"""A file is thought of as part of at least so many records: few rows make a value no rarer, nor a pair likelier."""
FEWEST_ORGANISATIONS: Final = 100
"""The same for the share of doubles among organisations, whose names say more by themselves."""
MEAN: Final = {True: 0.2, False: 0.5}
_IDENTIFYING: Final = ("domain", "phone", "linkedin", "street")
_MOST_RARE_BITS: Final = 6.0
_LEAST_RARE_BITS: Final = -15.0


class Verdict(StrEnum):
    """What a probability amounts to."""

    CERTAIN = "certain"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


@dataclass(frozen=True)
class Evidence:
    """One thing compared: what was found, and what it says in bits (above 0: for the same)."""

    field: str
    words: str
    bits: float


@dataclass(frozen=True)
class Pair:
    """Two records by their places, the probability that they are one thing, and why."""

    one: int
    other: int
    probability: float
    evidence: tuple[Evidence, ...]
    doubted: bool
    """Whether it stays doubtful, however probable: a field speaks against it, or the names agree only in part."""

    @property
    def verdict(self) -> Verdict:
        """certain, doubtful or different."""
        if self.probability < DOUBTFUL:
            return Verdict.DIFFERENT
        return Verdict.DOUBTFUL if self.doubted or self.probability < CERTAIN else Verdict.CERTAIN

    def why(self) -> str:
        """The evidence as one sentence, the weightiest first."""
        said = sorted(self.evidence, key=lambda e: -abs(e.bits))
        return "; ".join(e.words for e in said if abs(e.bits) >= 0.3) or "nothing to compare"


@dataclass(frozen=True)
class Duplicates:
    """`pairs` at DOUBTFUL or above, likeliest first; `clusters` of places; `compared` pairs; what was learned."""

    pairs: tuple[Pair, ...]
    clusters: tuple[tuple[int, ...], ...]
    compared: int
    weights: Weights


class _Rarity:
    """How much more, or less, the agreement on one value says than agreement on values in general."""

    def __init__(self, weights: Weights, records: Sequence[Record]) -> None:
        self._features = weights.features
        self._u = [levels[0] for levels in weights.u]
        self._counts = [Counter(value for r in records if (value := f.value(r))) for f in weights.features]
        self._totals = [sum(count.values()) for count in self._counts]

    def bits(self, number: int, record: Record) -> float:
        """To be added where the two agree at the first level."""
        value = self._features[number].value(record)
        times, total = self._counts[number][value], self._totals[number]
        if not value or total < 2:
            return 0.0
        # The chance that another record has the value by accident: one of those that do is the other record itself.
        # Where records are few, they are thought of as part of FEWEST.
        share = (max(times - 1.0, 0.5) + FEWEST * self._u[number]) / (total + FEWEST)
        return max(_LEAST_RARE_BITS, min(_MOST_RARE_BITS, math.log2(self._u[number] / share)))


def find(
    records: Sequence[Record],
    *,
    people: bool,
    separate: Callable[[Record, Record], bool] = apart,
    link: float = LINK,
    fresh: Collection[int] | None = None,
) -> Duplicates:
    """Finds what is one thing among `records`.

    Args:
        records: prepared records; `record.place` must be the place in the sequence.
        people: they are people, else organisations.
        separate: pairs that are never one thing, whatever they look like.
        link: the probability from which a pair may join two clusters.
        fresh: places of which a pair must have at least one; None compares everything.
    """
    features = in_use(records)
    ones, others, shapes = array("I"), array("I"), array("I")
    numbers: dict[Pattern, int] = {}
    counts: Counter[int] = Counter()
    for one, other in Candidates(records, people=people, apart=separate, fresh=fresh):
        pattern = compare(features, records[one], records[other])
        number = numbers.setdefault(pattern, len(numbers))
        counts[number] += 1
        ones.append(one)
        others.append(other)
        shapes.append(number)
    patterns = list(numbers)
    weights = learn(
        features,
        records,
        {p: counts[n] for p, n in numbers.items()},
        all_pairs=_all_pairs(len(records), fresh, people),
        people=people,
        fresh=None if fresh is None else len(fresh),
    )
    scores = [weights.score(pattern) for pattern in patterns]
    rarity = _Rarity(weights, records)
    chances: dict[tuple[int, int], float] = {}
    kept: dict[tuple[int, int], Pattern] = {}
    floor = math.log2(DOUBTFUL / (1 - DOUBTFUL))
    for one, other, number in zip(ones, others, shapes, strict=True):
        pattern, bits = patterns[number], scores[number]
        agreed = [n for n, level in enumerate(pattern) if level == 0]
        if bits + _MOST_RARE_BITS * len(agreed) < floor:
            continue
        bits += sum(rarity.bits(n, records[one]) for n in agreed)
        if bits >= floor:
            chances[one, other] = probability(bits)
            kept[one, other] = pattern
    pairs: list[Pair] = []
    for (one, other), chance in chances.items():
        said = _evidence(weights, rarity, kept[one, other], records[one])
        pairs.append(Pair(one, other, chance, said, _doubted(weights, kept[one, other], said, people)))
    pairs.sort(key=lambda pair: (-pair.probability, pair.one, pair.other))
    groups = clusters(records, chances, link=link, mean=MEAN[people], separate=separate)
    return Duplicates(tuple(pairs), tuple(tuple(g) for g in groups), len(ones), weights)


def _all_pairs(rows: int, fresh: Collection[int] | None, people: bool) -> float:
    # A few records are not likelier to be the same for being few.
    every = rows * max(rows - 1, FEWEST if people else FEWEST_ORGANISATIONS) / 2
    old = rows - len(fresh) if fresh is not None else 0
    return every * (1 - (old / rows) ** 2) if old else every


def _evidence(weights: Weights, rarity: _Rarity, pattern: Pattern, record: Record) -> tuple[Evidence, ...]:
    said: list[Evidence] = []
    for number, level in enumerate(pattern):
        if level == UNKNOWN:
            continue
        feature = weights.features[number]
        bits = weights.bits(number, level) + (rarity.bits(number, record) if level == 0 else 0.0)
        said.append(Evidence(feature.name, feature.levels[level].words, round(bits, 1)))
    return tuple(said)


def _doubted(weights: Weights, pattern: Pattern, said: Sequence[Evidence], people: bool) -> bool:
    if any(evidence.bits <= AGAINST for evidence in said):
        return True
    levels = dict(zip((feature.name for feature in weights.features), pattern, strict=True))
    name = levels.get("name", UNKNOWN)
    if people or name <= SPELLED:
        return False
    # 'Chicago' may be any school there; with a host or a phone in common it is the one.
    return name != KINDLESS or all(levels.get(field) != 0 for field in _IDENTIFYING)


def same_pairs(groups: Iterable[Sequence[int]]) -> set[tuple[int, int]]:
    """All pairs of places that are in one cluster."""
    return {(a, b) for group in groups for n, a in enumerate(sorted(group)) for b in sorted(group)[n + 1 :]}
