"""Shares with their 95 % intervals, so that nobody reads a rate of three messages as a fact."""

from dataclasses import dataclass
from typing import Any

ENOUGH = 30
"""Of fewer than this many a rate is not told: one answer more or less would move it by three points and more."""


@dataclass(frozen=True)
class Rate:
    """`count` of `of`; `low` and `high` are the ends of the 95 % interval (Wilson), 0-1."""

    count: int
    of: int
    low: float
    high: float

    @property
    def share(self) -> float:
        """0-1; 0 of nothing."""
        return self.count / self.of if self.of else 0.0

    @property
    def enough(self) -> bool:
        """Whether there is enough to tell a rate of."""
        return self.of >= ENOUGH

    def as_json(self) -> dict[str, Any]:
        """The counts, and the rate with its interval where there is enough; null where not."""
        if not self.enough:
            return {"count": self.count, "of": self.of, "enough": False, "rate": None, "low": None, "high": None}
        low, high = round(self.low, 4), round(self.high, 4)
        return {
            "count": self.count,
            "of": self.of,
            "enough": True,
            "rate": round(self.share, 4),
            "low": low,
            "high": high,
        }


def rate(count: int, of: int) -> Rate:
    """The share of `count` in `of` with its interval; of nothing it may be anything."""
    if of == 0:
        return Rate(count, of, 0.0, 1.0)
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(count, of, alpha=0.05, method="wilson")
    return Rate(count, of, max(0.0, float(low)), min(1.0, float(high)))
