"""What an agreement is worth, learned from the records themselves without labels (Fellegi and Sunter 1969, by EM).

u, how often records that are not the same agree, comes from pairs drawn at random. m, how often the same ones do, and
how many there are, come from expectation and maximisation over the candidate pairs. Both start from the figures in
`compare.FEATURES` and are held to them by PRIOR_PAIRS (m) and PRIOR_RANDOM (u)
imagined pairs, so that few records move them little.

For organisations m stays as it is given: the names of a state's colleges share words, and EM takes that for the
matches (docs/dedupe.md has the figures).
"""

import math
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from tools.dedupe.compare import UNKNOWN, Feature
from tools.dedupe.records import Record

PRIOR_PAIRS: Final = 40.0
PRIOR_RANDOM: Final = 500.0
RANDOM_PAIRS: Final = 60_000
ROUNDS: Final = 40
_SEED: Final = 20260801

Pattern = tuple[int, ...]


@dataclass(frozen=True)
class Weights:
    """`prior` is the share of matches among all pairs; `m` and `u` are by feature and level."""

    features: tuple[Feature, ...]
    prior: float
    m: tuple[tuple[float, ...], ...]
    u: tuple[tuple[float, ...], ...]

    def bits(self, number: int, level: int) -> float:
        """What a level of a feature says, in bits: above 0 for the same, below for another."""
        if level == UNKNOWN:
            return 0.0
        return min(math.log2(self.m[number][level] / self.u[number][level]), self.features[number].levels[level].most)

    def score(self, pattern: Pattern) -> float:
        """The log-odds of a match in bits."""
        return math.log2(self.prior / (1 - self.prior)) + sum(self.bits(n, level) for n, level in enumerate(pattern))


def compare(features: Sequence[Feature], one: Record, other: Record) -> Pattern:
    """The levels of agreement of two records."""
    return tuple([feature.compare(one, other) for feature in features])


def learn(
    features: tuple[Feature, ...],
    records: Sequence[Record],
    patterns: Mapping[Pattern, int],
    *,
    all_pairs: float,
    people: bool,
    fresh: int | None = None,
) -> Weights:
    """The weights for these records, from the patterns of their candidate pairs; `all_pairs` is how many there are.

    `fresh`: how many of the records the pairs are about, where that is not all of them.
    """
    rows = len(records) if fresh is None else fresh
    drawn = _draw(features, records)
    m = tuple(tuple(level.m for level in feature.levels) for feature in features)
    # One record in five has a second, to begin with.
    weights = Weights(features, _between(0.2 * rows / max(all_pairs, 1.0)), m, m)
    weights = replace(weights, u=_chance(weights, drawn, first=True))
    for _round in range(ROUNDS):
        following = _step(weights, patterns, all_pairs, rows, people)
        following = replace(following, u=_chance(following, drawn))
        moved = abs(math.log(following.prior / weights.prior))
        weights = following
        if moved < 1e-4:
            break
    return weights


def _between(share: float) -> float:
    return min(max(share, 1e-12), 0.5)


def _draw(features: tuple[Feature, ...], records: Sequence[Record]) -> Counter[Pattern]:
    """The patterns of pairs drawn at random."""
    draw = random.Random(_SEED)
    found: Counter[Pattern] = Counter()
    for _ in range(min(RANDOM_PAIRS, len(records) * (len(records) - 1) // 2)):
        one, other = draw.randrange(len(records)), draw.randrange(len(records))
        if one != other:
            found[compare(features, records[one], records[other])] += 1
    return found


def _chance(weights: Weights, drawn: Mapping[Pattern, int], *, first: bool = False) -> tuple[tuple[float, ...], ...]:
    """u: how often pairs agree that were drawn at random, less those among them that are likely the same."""
    counts = [[0.0] * len(feature.levels) for feature in weights.features]
    for pattern, times in drawn.items():
        share = times * (1.0 if first else 1.0 - probability(weights.score(pattern)))
        for number, level in enumerate(pattern):
            if level != UNKNOWN:
                counts[number][level] += share
    return tuple(
        _blend(count, [level.u for level in feature.levels], PRIOR_RANDOM)
        for count, feature in zip(counts, weights.features, strict=True)
    )


def _blend(counts: Sequence[float], before: Sequence[float], held: float) -> tuple[float, ...]:
    norm, total = sum(before), sum(counts)
    return tuple((count + held * share / norm) / (total + held) for count, share in zip(counts, before, strict=True))


def _step(weights: Weights, patterns: Mapping[Pattern, int], all_pairs: float, rows: int, people: bool) -> Weights:
    matched: list[list[float]] = [[0.0] * len(feature.levels) for feature in weights.features]
    matches = 0.0
    for pattern, times in patterns.items():
        share = times * probability(weights.score(pattern))
        if share < 1e-9:
            continue
        matches += share
        for number, level in enumerate(pattern):
            if level != UNKNOWN:
                matched[number][level] += share
    m = weights.m
    if people:
        m = tuple(
            _blend(counts, [level.m for level in feature.levels], PRIOR_PAIRS)
            for feature, counts in zip(weights.features, matched, strict=True)
        )
    return replace(weights, prior=_between((matches + _imagined(rows, people) + 0.5) / (all_pairs + 1.0)), m=m)


def _imagined(rows: int, people: bool) -> float:
    """Matches that are taken for granted, so that the share does not run to nothing: one in a hundred records. For
    organisations one in five of the first hundred: a short list says little by itself (docs/dedupe.md, small files)."""
    return 0.01 * rows if people else max(0.01 * rows, min(20.0, 0.2 * rows))


def probability(bits: float) -> float:
    """Log-odds in bits as a probability."""
    if bits > 60:
        return 1.0
    if bits < -60:
        return 0.0
    return 1.0 / (1.0 + math.exp2(-bits))
