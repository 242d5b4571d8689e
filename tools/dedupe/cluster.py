"""Which records are one thing: pairs joined from the surest on, without chains."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from tools.dedupe.records import Record

Apart = Callable[[Record, Record], bool]


def apart(one: Record, other: Record) -> bool:
    """Whether one source gives the two different ids of one registry: then they are two things."""
    if one.source != other.source or not one.ids or not other.ids or one.ids == other.ids:
        return False
    kinds = {kind for kind, _id in one.ids} & {kind for kind, _id in other.ids}
    return any({i for k, i in one.ids if k == kind}.isdisjoint(i for k, i in other.ids if k == kind) for kind in kinds)


def clusters(
    records: Sequence[Record],
    pairs: Mapping[tuple[int, int], float],
    *,
    link: float,
    mean: float,
    separate: Apart = apart,
) -> list[list[int]]:
    """Groups of places, each at least two, the smallest place first.

    Two groups are joined by a pair of probability `link` or more only if the mean over all pairs between them, those
    never compared counting 0, is at least `mean`, and if nothing in the one is `separate` from anything in the other.
    """
    group: dict[int, list[int]] = {}
    known: dict[int, dict[int, float]] = defaultdict(dict)
    for (one, other), chance in pairs.items():
        known[one][other] = known[other][one] = chance
    for (one, other), chance in sorted(pairs.items(), key=lambda item: (-item[1], item[0])):
        if chance < link:
            break
        left, right = group.get(one) or [one], group.get(other) or [other]
        if left is right or one in right:
            continue
        if _mean(known, left, right) < mean or _any_apart(records, left, right, separate):
            continue
        joined = left + right
        for place in joined:
            group[place] = joined
    unique: dict[int, list[int]] = {min(members): sorted(members) for members in group.values()}
    return [unique[first] for first in sorted(unique)]


def _mean(known: Mapping[int, Mapping[int, float]], left: Sequence[int], right: Sequence[int]) -> float:
    total = sum(known[a].get(b, 0.0) for a in left for b in right)
    return total / (len(left) * len(right))


def _any_apart(records: Sequence[Record], left: Iterable[int], right: Sequence[int], separate: Apart) -> bool:
    return any(separate(records[a], records[b]) for a in left for b in right)
