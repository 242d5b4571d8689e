"""What `outreach eval` does before and after a run: which suites, with which model and prompts, and how it is shown."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.judging import Standing
    from evals.results import Run, Runs
    from evals.running import Trial
    from evals.suites import Suite
    from evals.tasks import Case
    from outreach.settings import Settings


def need_extra(*modules: str) -> None:
    """Raises Complaint where a package of the extra `evals` is not installed."""
    missing = [module for module in modules if find_spec(module) is None]
    if missing:
        raise Complaint(
            f"This needs {' and '.join(missing).replace('_', '-')}, which is not installed.",
            "Install it with: pip install 'outreach-command-center[evals]'",
        )


def suites_of(names: Sequence[str]) -> list[Suite]:
    """The suites of these names, or all. Raises Complaint."""
    from evals.suites import BadSuite, SuiteNotFound, load_suite, suite_names

    try:
        return [load_suite(name) for name in dict.fromkeys(names or suite_names())]
    except SuiteNotFound as exc:
        raise Complaint(str(exc), code=2) from exc
    except BadSuite as exc:
        raise Complaint(str(exc), "evals/README.md says what a suite.toml holds.", code=2) from exc


def cases_of(suite: Suite) -> list[Case]:
    """All cases of a suite. Raises Complaint with every line that is wrong."""
    from evals.cases import BadCases

    try:
        return suite.cases()
    except BadCases as exc:
        shown = "\n".join(exc.problems[:20])
        more = f"\n… and {len(exc.problems) - 20} more." if len(exc.problems) > 20 else ""
        raise Complaint(f"The cases of {suite.name} are wrong:\n{shown}{more}", "evals/README.md", code=2) from exc


def judge_of(runs: Runs, run: Run) -> Standing | None:
    """Whether the judge of a run counts; None where the suite has nothing that a judge says, or is no more."""
    from evals.judging import standing
    from evals.suites import load_suite, suite_names

    if run.plan.suite not in suite_names() or not load_suite(run.plan.suite).judged:
        return None
    need_extra("statsmodels")
    return standing(runs, run.plan)


@cache
def cases_by_id(suite: str) -> dict[str, dict[str, Any]]:
    """The cases of a suite as plain data, by id; empty where there is no such suite any more."""
    from evals.suites import suite_names

    if suite not in suite_names():
        return {}
    [found] = suites_of([suite])
    return {
        case.id: {
            "input": case.input.model_dump(mode="json"),
            "expected": case.expected.model_dump(mode="json", exclude_unset=True),
            "tags": list(case.tags),
            "source": case.source,
        }
        for case in cases_of(found)
    }


def case_of(suite: str, case: str) -> dict[str, Any] | None:
    """A case as plain data; None where the suite has no such case any more."""
    return cases_by_id(suite).get(case)


def prepared(
    settings: Settings,
    suite: Suite,
    runs: Runs,
    *,
    prompts: Sequence[str] = (),
    model: str | None = None,
    judge: str | None = None,
    epochs: int = 1,
    limit: int | None = None,
    only: Sequence[str] = (),
    cache: bool = True,
    new: bool = True,
    for_gate: bool = False,
    strict: bool = True,
) -> Trial:
    """A run that can begin, or one of the same plan that was cut off. Without `strict`, a prompt that this suite has no
    use for is left to those that have. Raises Complaint."""
    need_extra("inspect_ai")
    from evals.planning import WrongPrompt, choose_cases, plan_of, prompts_of
    from evals.running import Trial
    from outreach.wiring import model_settings, own_prompts, prompts_in_force
    from prompts import PromptInvalid, PromptNotFound, find_prompt

    cases_of(suite)
    models = model_settings(settings)
    if model is not None:
        models = models.model_copy(update={"name": model})
    cases = choose_cases(suite, only=only, limit=limit, for_gate=for_gate)
    if not cases:
        raise Complaint(f"{suite.name} has no case with {', '.join(only)}.", "Tags stand in its cases.", code=2)
    try:
        named = [find_prompt(reference, own_prompts(settings)) for reference in prompts]
        if not strict:
            named = [prompt for prompt in named if prompt.agent in suite.prompts]
        used = prompts_of(suite, prompts_in_force(settings), named)
    except (PromptNotFound, PromptInvalid, WrongPrompt) as exc:
        raise Complaint(str(exc), "See them with: outreach prompts list", code=2) from exc
    judging = models.model_copy(update={"name": judge}) if judge and suite.judged and judge != models.name else None
    plan = plan_of(suite, cases, models, used, epochs, judging)
    run = None if new else runs.unfinished(plan)
    return Trial(suite, cases, run or runs.begin(plan), models, used, judging, cache=cache)


def execute(settings: Settings, trials: Sequence[Trial], concurrency: int | None) -> None:
    """Runs them all, with a bar that counts the cases. Raises Complaint where a run cannot go on.

    Where only the written rules answer there is nothing to wait for, and one case at a time is quickest: statements
    and graphs are built for one database instead of eight.
    """
    from agents.models import RULES
    from evals.running import Stopped, run_trials
    from outreach.console import progress, say

    resumed = sum(len(trial.run.results) for trial in trials)
    if resumed:
        say(f"Going on with a run that was cut off: {resumed} finished already.")
    wanted = sum(trial.run.wanted for trial in trials)
    rules = all({trial.models.name, trial.judge.name if trial.judge else RULES} == {RULES} for trial in trials)
    at_once = concurrency or (1 if rules else settings.concurrency)
    with progress("Running cases", wanted) as bar:
        bar.advance(resumed)
        for trial in trials:
            trial.on_end = lambda: bar.advance(1)
        try:
            run_trials(trials, concurrency=at_once, cache_folder=settings.home / "evals" / "cache")
        except Stopped as exc:
            raise Complaint(
                f"The run stopped: {exc}", "What is finished is kept. The same command goes on from there."
            ) from exc
