"""Rates and their intervals, against Wilson's published formula worked out by hand."""

import pytest

from tools.rates import rate


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [(0, 100, 0.0, 0.0370), (6, 100, 0.0278, 0.1248), (100, 100, 0.9630, 1.0), (1, 10, 0.0179, 0.4042)],
)
def test_wilson(count: int, of: int, low: float, high: float) -> None:
    found = rate(count, of)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


def test_of_few_no_rate_is_told() -> None:
    assert rate(3, 29).as_json() == {
        "count": 3, "of": 29, "enough": False, "rate": None, "low": None, "high": None
    }  # fmt: skip
    assert rate(3, 30).as_json()["rate"] == 0.1
    assert (rate(0, 0).share, rate(0, 0).low, rate(0, 0).high) == (0.0, 0.0, 1.0)
