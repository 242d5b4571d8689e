"""A comparison's figures follow from what came of the cases, and from nothing else."""

from datetime import UTC, datetime
from pathlib import Path

from evals.figures import compare, estimate
from evals.results import Plan, Result, Run

PASSED = "passed"


def run_of(name: str, right: list[bool], *, backwards: bool = False) -> Run:
    """A run with a case for each of `right`, the results as they came in: forwards, or backwards."""
    plan = Plan("s", "d", tuple(f"c{n:02}" for n in range(len(right))), {}, "m", {}, 1, "c", "1")
    results = [
        Result(case, 1, f"g{n % 7}", one, {PASSED: (float(one), 1.0)}, {})
        for n, (case, one) in enumerate(zip(plan.cases, right, strict=True))
    ]
    day = datetime(2026, 1, 2, tzinfo=UTC)
    return Run(Path(name), plan, day, day, results[:: -1 if backwards else 1])


def test_the_order_in_which_cases_finished_changes_nothing() -> None:
    good, bad = [n % 5 != 0 for n in range(40)], [n % 3 != 0 for n in range(40)]
    straight = compare(run_of("a", good), run_of("b", bad), [PASSED])
    turned = compare(run_of("a", good, backwards=True), run_of("b", bad, backwards=True), [PASSED])
    assert straight == turned
    assert straight.metrics[0].low < straight.metrics[0].change < straight.metrics[0].high
    ways = [estimate(run_of("a", good, backwards=way).results, PASSED) for way in (False, True)]
    assert ways[0] == ways[1]
