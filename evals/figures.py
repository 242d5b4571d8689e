"""What results amount to: metrics with intervals, pass^k, and two runs compared case by case.

Cases of one group (one text, one organisation) are not independent, so intervals are made by drawing whole groups: the
cluster bootstrap, 95 per cent, with a fixed seed, so that the same results give the same interval.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb, sqrt
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from evals.results import Result, Run
from evals.tasks import PASSED

DRAWS: Final = 4000
_SEED: Final = 20260615
_Z: Final = 1.959964

Floats = NDArray[np.float64]


class NotComparable(ValueError):
    """These two runs cannot be compared; the message says why."""


@dataclass(frozen=True)
class Estimate:
    """A metric: `value` from 0 to 1 with its 95 per cent interval, over `of` things to be right about in `groups`
    groups. None for all three where nothing was to be judged."""

    value: float | None
    low: float | None
    high: float | None
    of: float
    groups: int


@dataclass(frozen=True)
class Difference:
    """A metric of two runs over the cases in common, and how much higher it is in the second, with its interval."""

    metric: str
    first: float
    second: float
    change: float
    low: float
    high: float

    @property
    def clear(self) -> bool:
        """Whether the interval leaves no room for no difference."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Price:
    """What a run's cases took in the middle: US dollars and tokens a case (means), seconds (median, and the 95th of a
    hundred)."""

    cost_usd: float
    tokens_in: float
    tokens_out: float
    seconds: float
    seconds_p95: float


@dataclass(frozen=True)
class Comparison:
    """Two runs of one suite over their cases in common. `fixed` and `broken` are cases that the second run gets right,
    or wrong, where the first does not; with epochs, a case is right where it is in more than half of them. `p` is
    McNemar's exact test of those two numbers. `differs` says what was not the same about the two runs."""

    cases: int
    left_out: int
    differs: tuple[str, ...]
    metrics: tuple[Difference, ...]
    fixed: tuple[str, ...]
    broken: tuple[str, ...]
    p: float
    first: Price
    second: Price


def estimate(results: Sequence[Result], metric: str) -> Estimate:
    """A metric over results."""
    sums = _by_group(results, metric)
    if not sums or sum(of for _, of in sums.values()) == 0:
        return Estimate(None, None, None, 0, 0)
    hits, of = (np.array(column, dtype=float) for column in zip(*sums.values(), strict=True))
    value = float(hits.sum() / of.sum())
    low, high = (_wilson if value in (0.0, 1.0) or len(sums) < 2 else _drawn)(hits, of)
    return Estimate(value, low, high, float(of.sum()), int((of > 0).sum()))


def pass_k(results: Sequence[Result], k: int) -> float:
    """How likely a case is right in all of `k` tries, over its epochs (unbiased: C(right, k) / C(n, k))."""
    tries: dict[str, list[bool]] = {}
    for result in results:
        tries.setdefault(result.case, []).append(result.passed)
    enough = [ran for ran in tries.values() if len(ran) >= k]
    return sum(comb(sum(ran), k) / comb(len(ran), k) for ran in enough) / len(enough) if enough else 0.0


def compare(first: Run, second: Run, metrics: Sequence[str]) -> Comparison:
    """Two runs, case by case. Raises NotComparable for different suites, for a run that has not ended, and where they
    have no case in common."""
    from statsmodels.stats.contingency_tables import mcnemar

    if first.plan.suite != second.plan.suite:
        raise NotComparable(f"{first.id} ran {first.plan.suite} and {second.id} ran {second.plan.suite}.")
    for run in (first, second):
        if run.ended is None:
            # Which cases are finished first is no accident: the quick and the short ones.
            raise NotComparable(f"{run.id} has not ended: {len(run.results)} of {run.wanted} are finished.")
    a, b = _by_case(first.results), _by_case(second.results)
    common = sorted(a.keys() & b.keys())  # not as they finished: that differs from run to run
    if not common:
        raise NotComparable(f"{first.id} and {second.id} have no case in common.")
    ours = [r for case in common for r in a[case]]
    theirs = [r for case in common for r in b[case]]
    before, after = ({case: _rate(each[case]) > 0.5 for case in common} for each in (a, b))
    fixed = tuple(case for case in common if after[case] and not before[case])
    broken = tuple(case for case in common if before[case] and not after[case])
    table = [
        [sum(before[c] and after[c] for c in common), len(broken)],
        [len(fixed), sum(not before[c] and not after[c] for c in common)],
    ]
    found = [_difference(ours, theirs, metric) for metric in dict.fromkeys([PASSED, *metrics])]
    return Comparison(
        cases=len(common),
        left_out=len(a.keys() ^ b.keys()),
        differs=_differs(first, second),
        metrics=tuple(d for d in found if d is not None),
        fixed=fixed,
        broken=broken,
        p=float(mcnemar(table, exact=True).pvalue),
        first=price(ours),
        second=price(theirs),
    )


def price(results: Sequence[Result]) -> Price:
    """What these cases cost and took; all zero without any."""
    if not results:
        return Price(0.0, 0.0, 0.0, 0.0, 0.0)
    seconds = np.array([r.seconds for r in results])
    return Price(
        cost_usd=float(np.mean([r.cost_usd for r in results])),
        tokens_in=float(np.mean([r.tokens_in for r in results])),
        tokens_out=float(np.mean([r.tokens_out for r in results])),
        seconds=float(np.median(seconds)),
        seconds_p95=float(np.percentile(seconds, 95)),
    )


def _by_case(results: Sequence[Result]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {}
    for result in results:
        found.setdefault(result.case, []).append(result)
    return found


def _rate(results: Sequence[Result]) -> float:
    return sum(r.passed for r in results) / len(results)


def _by_group(results: Sequence[Result], metric: str) -> dict[str, tuple[float, float]]:
    """Each group's hits, and of how many; in the order of their names, so that what is drawn of them is the same in
    whatever order the cases finished."""
    sums: dict[str, tuple[float, float]] = {}
    for result in results:
        hits, of = sums.get(result.group, (0.0, 0.0))
        more = result.marks.get(metric, (0.0, 0.0))
        sums[result.group] = (hits + more[0], of + more[1])
    return dict(sorted(sums.items()))


def _draws(groups: int) -> Floats:
    """How often each group is drawn, in each of DRAWS draws of as many groups as there are."""
    rng = np.random.default_rng(_SEED)
    return rng.multinomial(groups, np.full(groups, 1 / groups), size=DRAWS).astype(np.float64)


def _drawn(hits: Floats, of: Floats) -> tuple[float, float]:
    weights = _draws(len(hits))
    return _middle((weights @ hits), (weights @ of))


def _middle(hits: Floats, of: Floats) -> tuple[float, float]:
    known = of > 0
    low, high = np.percentile(hits[known] / of[known], [2.5, 97.5])
    return float(low), float(high)


def _wilson(hits: Floats, of: Floats) -> tuple[float, float]:
    """Where every group is alike, drawing them says nothing: Wilson's interval over the groups."""
    n, share = int((of > 0).sum()), float(hits.sum() / of.sum())
    middle, spread = share + _Z**2 / (2 * n), _Z * sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    scale = 1 + _Z**2 / n
    return max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)


def _difference(first: Sequence[Result], second: Sequence[Result], metric: str) -> Difference | None:
    a, b = _by_group(first, metric), _by_group(second, metric)
    groups = list(a)
    table = np.array([[*a[g], *b.get(g, (0.0, 0.0))] for g in groups], dtype=float)
    sums = table.sum(axis=0)
    if sums[1] == 0 or sums[3] == 0:
        return None
    drawn = _draws(len(groups)) @ table
    known = (drawn[:, 1] > 0) & (drawn[:, 3] > 0)
    drawn = drawn[known]
    low, high = np.percentile(drawn[:, 2] / drawn[:, 3] - drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    before, after = float(sums[0] / sums[1]), float(sums[2] / sums[3])
    return Difference(metric, before, after, after - before, float(low), float(high))


def _differs(first: Run, second: Run) -> tuple[str, ...]:
    a, b = first.plan, second.plan
    told: list[str] = []
    for name in sorted(a.prompts.keys() | b.prompts.keys()):
        one, other = a.prompts.get(name, {}), b.prompts.get(name, {})
        if one.get("hash") != other.get("hash"):
            told.append(f"prompt {one.get('id')} ({_short(one)}) and {other.get('id')} ({_short(other)})")
    pairs: list[tuple[str, Any, Any]] = [
        ("model", a.model, b.model),
        ("settings", _plain(a.settings), _plain(b.settings)),
        ("epochs", a.epochs, b.epochs),
        ("code", a.code[:12], b.code[:12]),
        ("cases", f"{len(a.cases)} (hash {a.dataset[:12]})", f"{len(b.cases)} (hash {b.dataset[:12]})"),
    ]
    return (*told, *(f"{what} {one} and {other}" for what, one, other in pairs if one != other))


def _short(prompt: Mapping[str, str]) -> str:
    return prompt.get("hash", "none")[:12]


def _plain(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
