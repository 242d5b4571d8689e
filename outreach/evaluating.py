"""What `outreach eval` does before and after a run: which suites, with which model and prompts, and how it is shown."""

from __future__ import annotations

import shlex
import sys
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import typer

from outreach.console import many, say
from outreach.errors import INTERRUPTED, Complaint

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
        raise Complaint(str(exc), "What each measures: outreach eval list", code=2) from exc
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

    models = model_settings(settings)
    if model is not None:
        models = models.model_copy(update={"name": model})
    cases = choose_cases(suite, only=only, limit=limit, for_gate=for_gate)
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


def choose_suites(
    names: Sequence[str], *, prompts: Sequence[str] = (), only: Sequence[str] = (), limit: int | None = None
) -> list[tuple[Suite, int]]:
    """The suites to run, each with how many cases: those named; without a name all that have a case with one of the
    tags, and a use for one of the prompts. Raises Complaint."""
    from evals.planning import choose_cases

    agents = {reference.partition("@")[0] for reference in prompts}
    found = []
    for suite in suites_of(names):
        if not names and agents and not agents & set(suite.prompts):
            continue
        cases_of(suite)
        count = len(choose_cases(suite, only=only, limit=limit))
        if count:
            found.append((suite, count))
        elif names:
            raise Complaint(f"{suite.name} has no case with {', '.join(only)}.", "Tags stand in its cases.", code=2)
    if not found:
        what = f"has a case with {', '.join(only)}" if only else f"uses the prompts of {', '.join(sorted(agents))}"
        raise Complaint(f"No suite {what}.", "See what there is: outreach eval list, outreach prompts list", code=2)
    return found


def all_wanted(suites: Sequence[tuple[Suite, int]], model: str, epochs: int) -> bool:
    """Says what a command without the name of a suite is about to run; asks whether it shall, where somebody is there
    to answer."""
    cases = sum(count for _, count in suites) * epochs
    by = "by the written rules, which cost nothing" if model == "rules" else f"by {model}, which is asked for each case"
    say(f"{many(len(suites), 'suite')}, {many(cases, 'case')}, {by}.")
    say("One alone: outreach eval run SUITE\nA few cases of each: outreach eval run --limit 10")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return True
    return typer.confirm("Run all of them?", default=model == "rules", err=True)


def execute(settings: Settings, trials: Sequence[Trial], concurrency: int | None, again: Sequence[str]) -> None:
    """Runs them all and says how far it is. `again` is the command and its options, without the names of suites.

    Where only the written rules answer there is nothing to wait for, and one case at a time is quickest: statements
    and graphs are built for one database instead of eight.

    Raises Complaint where a run cannot go on, and where it was stopped and the same command would not go on with it.
    """
    from agents.models import RULES
    from evals.running import Stopped, run_trials
    from outreach.console import progress

    resumed = sum(len(trial.run.results) for trial in trials)
    if resumed:
        say(f"Going on with a run that was cut off: {resumed} finished already.")
    wanted = sum(trial.run.wanted for trial in trials)
    rules = all({trial.models.name, trial.judge.name if trial.judge else RULES} == {RULES} for trial in trials)
    at_once = concurrency or (1 if rules else settings.concurrency)

    def over(trial: Trial) -> None:
        if len(trials) > 1:
            results = trial.run.results
            say(f"{trial.suite.name}: {sum(result.passed for result in results):,} of {len(results):,} right")

    try:
        with progress("Running cases", wanted) as bar:
            bar.advance(resumed)
            for trial in trials:
                trial.on_end = lambda: bar.advance(1)
            run_trials(trials, concurrency=at_once, cache_folder=settings.home / "evals" / "cache", on_over=over)
    except Stopped as exc:
        doctor = "See whether the model answers: outreach doctor"
        raise Complaint(f"The run stopped: {exc}", f"{_left(trials, again)}\n{doctor}") from exc
    except KeyboardInterrupt as exc:
        raise Complaint("Stopped.", _left(trials, again), code=INTERRUPTED) from exc
    finally:
        for trial in trials:
            trial.run.drop_if_empty()


def _left(trials: Sequence[Trial], again: Sequence[str]) -> str:
    """What is kept of runs that did not all come to their end, and what goes on with them."""
    finished = sum(len(trial.run.results) for trial in trials)
    if not finished:
        return "No case is finished, so nothing was measured."
    kept = f"{finished:,} of {many(sum(trial.run.wanted for trial in trials), 'case')} are finished and kept."
    rest = [trial.suite.name for trial in trials if trial.run.ended is None]
    return f"{kept} This goes on from there: {shlex.join([*again, *rest])}"
