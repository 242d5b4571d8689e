"""Whether a run reaches its suite's thresholds."""

from dataclasses import dataclass

from evals.figures import estimate
from evals.results import Run
from evals.suites import Suite


@dataclass(frozen=True)
class Check:
    """One threshold and what was measured; `value` None where the run had nothing to measure it by."""

    suite: str
    run: str
    metric: str
    value: float | None
    least: float
    cases: int

    @property
    def held(self) -> bool:
        return self.value is not None and self.value >= self.least


def checks(suite: Suite, run: Run) -> list[Check]:
    """Each threshold of a suite for the run's model."""
    return [
        Check(suite.name, run.id, metric, estimate(run.results, metric).value, least, len(run.plan.cases))
        for metric, least in suite.thresholds(run.plan.model).items()
    ]
