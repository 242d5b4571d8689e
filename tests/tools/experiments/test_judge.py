"""The test at the end: against published figures, and by two thousand experiments in which nothing differs."""

from random import Random

import pytest

from tools.experiments.judge import compare, mismatch
from tools.experiments.plan import ExperimentRefused, Plan, people_needed

ALPHA = 0.05


def test_the_interval_is_newcombes() -> None:
    # Newcombe (1998), table II, method 10: 56/70 against 48/80.
    found = compare(48, 80, 56, 70, ALPHA)
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))
    assert (found.winner, found.test) == ("B", "score")
    assert compare(56, 70, 48, 80, ALPHA).winner == "A"


@pytest.mark.parametrize(("a", "b"), [(0, 0), (40, 40), (0, 1), (1, 0), (0, 40), (40, 0), (39, 40)])
def test_small_and_extreme_counts_are_judged(a: int, b: int) -> None:
    found = compare(a, 40, b, 40, ALPHA)
    assert 0 <= found.p <= 1
    assert found.winner == ({(0, 40): "B", (40, 0): "A"}.get((a, b)))


def test_the_test_that_decided_is_the_one_that_is_named() -> None:
    none_of_a = compare(0, 1000, 40, 1000, ALPHA)
    assert (none_of_a.test, none_of_a.p) == ("fisher", none_of_a.p_fisher)
    some_of_a = compare(20, 1000, 60, 1000, ALPHA)
    assert (some_of_a.test, some_of_a.p) == ("score", some_of_a.p_score)


def test_no_winner_where_the_interval_holds_zero() -> None:
    for a in range(0, 60, 3):
        for b in range(0, 60, 3):
            found = compare(a, 60, b, 60, ALPHA)
            assert found.winner is None or not found.low <= 0 <= found.high


def test_how_many_people_it_takes() -> None:
    # 6 % against 10 % at 5 % and 80 %: 721 a group by the usual formula (pooled under the null).
    assert people_needed(Plan("reply", 0.06, 0.04)) == 721
    assert people_needed(Plan("reply", 0.06, 0.02)) > 2500
    for wrong in (Plan("reply", 0, 0.1), Plan("reply", 0.9, 0.2), Plan("reply", 0.1, 0.1, alpha=0)):
        with pytest.raises(ExperimentRefused):
            people_needed(wrong)


def test_unequal_groups() -> None:
    assert mismatch(0, 0) == mismatch(50, 50) == 1.0
    assert mismatch(700, 721) > 0.1
    assert mismatch(600, 800) < 0.001


def winners(experiments: int, looks: int, seed: int) -> float:
    """The share of experiments without an effect that give a winner, who looks so often and stops at the first."""
    random, batch, found = Random(seed), 50, 0
    for _ in range(experiments):
        a = b = 0
        for number in range(1, 11):
            a += sum(random.random() < 0.1 for _ in range(batch))
            b += sum(random.random() < 0.1 for _ in range(batch))
            if number > 10 - looks and compare(a, number * batch, b, number * batch, ALPHA).winner:
                found += 1
                break
    return found / experiments


def test_one_look_at_the_end_keeps_its_promise_and_a_look_at_each_batch_does_not() -> None:
    once = winners(2000, looks=1, seed=11)
    peeking = winners(400, looks=10, seed=11)
    assert once <= ALPHA + 0.015  # three standard errors
    assert once > 0.02  # it does find something by chance
    assert peeking > 2 * ALPHA
