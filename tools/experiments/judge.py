"""The one look at the end: a two-proportion test with its interval, and what follows in a sentence."""

from dataclasses import dataclass

SMALL = 5.0
"""Below this expected count in any cell, and where a group has none or nothing else, the exact test decides."""
MISMATCH = 0.001
"""Groups as unequal as chance makes them less often than this are not put down to chance."""


@dataclass(frozen=True)
class Verdict:
    """The rates and their difference, B minus A, as shares; `p` is that of the test that decided (`test`)."""

    rate_a: float
    rate_b: float
    difference: float
    low: float
    high: float
    p: float
    p_score: float
    p_fisher: float
    test: str
    winner: str | None


def compare(a: int, of_a: int, b: int, of_b: int, alpha: float) -> Verdict:
    """Whether two shares differ: the score test (Miettinen and Nurminen), Fisher's exact test where counts are small,
    and the interval of the difference (Newcombe). There is a winner only where the test and the interval say so.

    Both groups hold somebody; counts are not above what they are of.
    """
    from scipy.stats import fisher_exact
    from statsmodels.stats.proportion import confint_proportions_2indep, test_proportions_2indep

    low, high = confint_proportions_2indep(b, of_b, a, of_a, method="newcomb", compare="diff", alpha=alpha)
    exact = float(fisher_exact([[a, of_a - a], [b, of_b - b]])[1])
    total, people = a + b, of_a + of_b
    # With nobody, or everybody, of a group the score test divides by nothing, and so do the ratios that the library
    # works out beside it.
    extreme = a in (0, of_a) or b in (0, of_b)
    least = min(of_a, of_b) * min(total, people - total) / people
    score = exact if extreme else float(
        test_proportions_2indep(b, of_b, a, of_a, method="score", compare="diff").pvalue
    )  # fmt: skip
    test, p = ("fisher", exact) if extreme or least < SMALL else ("score", score)
    difference = b / of_b - a / of_a
    found = p < alpha and (low > 0 or high < 0)
    winner = ("B" if difference > 0 else "A") if found else None
    return Verdict(a / of_a, b / of_b, difference, float(low), float(high), p, score, exact, test, winner)


def mismatch(of_a: int, of_b: int) -> float:
    """How often chance alone makes two groups that should be equal at least so unequal (chi-square, 0-1)."""
    if of_a + of_b == 0:
        return 1.0
    from scipy.stats import chisquare

    return float(chisquare([of_a, of_b]).pvalue)
