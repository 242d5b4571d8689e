"""The one look at the end: a two-proportion test with its interval, and what follows in a sentence."""

from dataclasses import dataclass

SMALL = 5.0
"""Below this expected count in any cell the exact test decides, not the score test."""
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
    same = total in (0, people)  # all or nobody in both: no test is needed, and the score test divides by nothing
    # The library works out the ratios too, which divide by the share of A.
    score = exact if same or a == 0 or b == 0 or a == of_a or b == of_b else float(
        test_proportions_2indep(b, of_b, a, of_a, method="score", compare="diff").pvalue
    )  # fmt: skip
    least = min(of_a, of_b) * min(total, people - total) / people
    test, p = ("fisher", exact) if least < SMALL or same else ("score", score)
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
