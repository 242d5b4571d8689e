"""Whether a run reaches its suite's thresholds."""

from dataclasses import dataclass

from evals.figures import estimate
from evals.judging import standing
from evals.results import Run, Runs
from evals.suites import Suite


@dataclass(frozen=True)
class Check:
    """One threshold and what was measured; `value` None where the run had nothing to measure it by. `counted` is False
    where a judge gave it that is not to be trusted."""

    suite: str
    run: str
    metric: str
    value: float | None
    least: float
    cases: int
    counted: bool = True

    @property
    def held(self) -> bool:
        """Whether it is reached; what is not counted holds nobody up."""
        return not self.counted or (self.value is not None and self.value >= self.least)


def checks(suite: Suite, run: Run, runs: Runs) -> list[Check]:
    """Each threshold of a suite for the run's model; `runs` are those among which the judge's is looked for."""
    judge = standing(runs, run.plan) if suite.judged else None
    trusted = judge is not None and judge.counted
    return [
        Check(
            suite.name,
            run.id,
            metric,
            estimate(run.results, metric).value,
            least,
            len(run.plan.cases),
            trusted or metric not in suite.judged,
        )
        for metric, least in suite.thresholds(run.plan.model).items()
    ]
