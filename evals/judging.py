"""Whether a judge's word counts: how far it agrees with the labels of people, beyond what chance would give.

A judge is a model with a prompt. It is measured by running the suite `judge` with both; until it was, and where it
agrees too little, what it says of other suites' cases is shown as not counted, and no gate asks for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agents.models import RULES
from evals.cases import dataset_hash
from evals.results import Plan, Result, Run, Runs
from evals.suites import load_suite

SUITE: Final = "judge"
BAR: Final = 0.6
"""The least kappa of a judge that counts: half-way between chance (0.2 and less is next to none) and unity."""
HELD_OUT: Final = "held-out"
"""The tag of the cases that decide: the rubric and the rules were written with the others in view."""


@dataclass(frozen=True)
class Agreement:
    """Cohen's kappa of a judge's good and bad with the labels, with its 95 per cent interval, over `cases`."""

    kappa: float
    low: float
    high: float
    cases: int


@dataclass(frozen=True)
class Standing:
    """Whether a judge counts, and why in words; `agreement` None where it was never measured."""

    counted: bool
    why: str
    agreement: Agreement | None = None


def agreement(results: Sequence[Result]) -> Agreement | None:
    """How far the verdicts of these results agree with the labels; None where no verdict is among them."""
    from statsmodels.stats.inter_rater import cohens_kappa

    table = [[0, 0], [0, 0]]
    for result in results:
        if not (verdict := result.got.get("verdict")):
            continue
        said, right = bool(verdict["good"]), bool(result.marks["verdict"][0])
        table[said == right][said] += 1
    labels, said_good = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    if not sum(labels):
        return None
    if 0 in labels or 0 in said_good:
        # One who says the same of all agrees by chance alone, whatever the formula makes of it.
        return Agreement(0.0, 0.0, 0.0, sum(labels))
    found = cohens_kappa(table)
    return Agreement(float(found.kappa), float(found.kappa_low), float(found.kappa_upp), sum(labels))


def standing(runs: Runs, plan: Plan) -> Standing:
    """Whether the judge of a run counts: the model and prompt that it judged with, by the last whole run of the suite
    `judge` over the present cases."""
    suite = load_suite(SUITE)
    cases = suite.cases()
    model, prompt = plan.settings.get("judge", plan.model), plan.prompts[SUITE]
    present = dataset_hash(cases)
    found: Run | None = None
    for run in runs.all(SUITE):
        same = run.plan.model == model and run.plan.prompts[SUITE]["hash"] == prompt["hash"]
        # The rules are code: a run of other code measured another judge.
        same = same and (model != RULES or run.plan.code == plan.code)
        if same and run.plan.dataset == present and run.ended is not None:
            found = run
    name = f"the judge ({model}, {prompt['id']})"
    if found is None:
        return Standing(False, f"not counted: {name} was not measured; outreach eval run judge")
    deciding = {case.id for case in cases if HELD_OUT in case.tags}
    agreed = agreement([r for r in runs.load(found.folder).results if r.case in deciding])
    if agreed is None:
        return Standing(False, f"not counted: {name} gave no verdict")
    told = f"kappa {agreed.kappa:.2f} ({agreed.low:.2f} to {agreed.high:.2f}) over {agreed.cases} labelled messages"
    if agreed.kappa < BAR:
        return Standing(False, f"not counted: {name} has {told}, below {BAR}", agreed)
    return Standing(True, f"{name} has {told}", agreed)
