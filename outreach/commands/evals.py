"""`outreach eval`: suites of cases over the agents and their prompts; runs, failures, comparisons, the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say, show
from outreach.context import MOST, settings_of
from outreach.errors import Complaint
from outreach.screens.eval_runs import (
    failure,
    held,
    number,
    print_comparison,
    print_failure,
    print_run,
    print_runs,
    right_in,
    summary,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evals.results import Run, Runs
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach eval list                                   the suites, their cases and their last run
  outreach eval run reply_triage                       with the model and the prompts in force
  outreach eval run reply_triage --prompt reply_triage@v2 --epochs 3
  outreach eval run qc --model gpt-4o-mini --limit 40
  outreach eval show                                   what went wrong in the last run, and each step of it
  outreach eval compare RUN RUN                        fixed, broken, how sure, at what price
  outreach eval gate                                   exit code 1 where a suite is below its thresholds
  outreach eval view --open                            a run as a page
"""

eval_app = typer.Typer(
    help="Measures agents and prompts on suites of cases (docs/evals.md).",
    no_args_is_help=True,
    epilog=EPILOG,
    rich_markup_mode="rich",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Model = Annotated[
    str | None, typer.Option("--model", help="Instead of the model in force (OUTREACH_MODEL).", show_default=False)
]
Judge = Annotated[
    str | None,
    typer.Option("--judge", metavar="MODEL", help="The model that judges style; else the same.", show_default=False),
]
AtOnce = Annotated[
    int | None, typer.Option("--concurrency", min=1, max=64, help="How many cases at a time.", show_default=False)
]
RunName = Annotated[str, typer.Argument(metavar="[RUN]", help="A run's id or a part of it; without it the last one.")]


def runs_of(settings: Settings) -> Runs:
    """The runs that are kept in the home folder."""
    from evals.results import Runs

    return Runs(settings.home / "evals" / "runs")


def found_run(settings: Settings, reference: str) -> Run:
    """A run by its id. Raises Complaint."""
    from evals.results import EvalRunNotFound

    try:
        return runs_of(settings).find(reference)
    except EvalRunNotFound as exc:
        raise Complaint(str(exc), "Run a suite with: outreach eval run SUITE", code=2) from exc


@eval_app.command("list")
def list_suites(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Lists the suites: what each measures, how many cases it has, and how its last run went."""
    from evals.figures import estimate
    from evals.results import EvalRunNotFound
    from evals.tasks import PASSED
    from outreach.evaluating import cases_of, suites_of

    runs = runs_of(settings_of(ctx))
    rows: list[dict[str, Any]] = []
    lasts: list[Run | None] = []
    for suite in suites_of([]):
        try:
            last = runs.find("last", suite.name)
        except EvalRunNotFound:
            last = None
        lasts.append(last)
        ended = last is not None and last.ended is not None
        passed = estimate(last.results, PASSED) if last and ended else None
        rows.append(
            {
                "suite": suite.name,
                "title": suite.title,
                "agent": suite.agent,
                "cases": len(cases_of(suite)),
                "last_run": last.id if last else None,
                "ended": last.ended if last else None,
                "finished": len(last.results) if last else None,
                "model": last.plan.model if last else None,
                "right": passed.value if passed else None,
                "low": passed.low if passed else None,
                "high": passed.high if passed else None,
            }
        )
    if as_json:
        print_json(rows)
        return
    print_table(
        "",
        ("suite", "what", "cases", "last run", "model", "right"),
        [
            (r["suite"], r["title"], r["cases"], r["last_run"], r["model"], right_in(last))
            for r, last in zip(rows, lasts, strict=True)
        ],
    )
    if not any(lasts):
        say("None of them was run yet. Begin with a small one: outreach eval run orchestrator_goals")


@eval_app.command()
def run(
    ctx: typer.Context,
    suites: Annotated[list[str] | None, typer.Argument(metavar="[SUITE…]", help="Without any, all of them.")] = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", metavar="AGENT@VERSION", help="Instead of the version in force.", show_default=False),
    ] = None,
    model: Model = None,
    judge: Judge = None,
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=100, help="How often each case is run.")] = 1,
    limit: Annotated[
        int | None,
        typer.Option("--limit", min=1, max=MOST, help="At most so many cases, always the same.", show_default=False),
    ] = None,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="TAG", help="Cases with a tag, or a case by its id.")
    ] = None,
    concurrency: AtOnce = None,
    cache: Annotated[bool, typer.Option("--cache/--no-cache", help="Use answers that a model gave before.")] = True,
    new: Annotated[bool, typer.Option("--new", help="Begin anew where a run of the same was not finished.")] = False,
    as_json: AsJson = False,
) -> None:
    """Runs suites and says how they went. A run that was cut off goes on where it stood.

    Exit codes: 0 it ran (whatever the score; `gate` judges that), 1 it could not go on, 2 wrong usage.
    """
    from outreach.evaluating import all_wanted, choose_suites, execute, prepared

    settings = settings_of(ctx)
    chosen = choose_suites(suites or [], prompts=prompt or [], only=only or [], limit=limit)
    if not suites and not all_wanted(chosen, model or settings.model, epochs):
        say("Nothing was run.")
        return
    trials = [
        prepared(
            settings, suite, runs_of(settings), prompts=prompt or [], model=model, epochs=epochs, limit=limit,
            only=only or [], cache=cache, new=new, judge=judge, strict=bool(suites),
        )
        for suite, _ in chosen
    ]  # fmt: skip
    given = {"prompt": prompt, "model": model, "judge": judge, "limit": limit, "only": only, "concurrency": concurrency}
    flags = [*(["--epochs", str(epochs)] if epochs > 1 else []), *([] if cache else ["--no-cache"])]
    execute(settings, trials, concurrency, [*_typed("run", given), *flags])
    if as_json:
        print_json([summary(trial.run) for trial in trials])
    elif len(trials) == 1:
        print_run(trials[0].run, runs_of(settings))
    else:
        print_runs([trial.run for trial in trials])


def _typed(command: str, given: Mapping[str, Any]) -> list[str]:
    """The command with these options, as it would be typed."""
    words = ["outreach", "eval", command]
    for name, value in given.items():
        for one in value if isinstance(value, list) else [] if value is None else [value]:
            words += [f"--{name}", str(one)]
    return words


@eval_app.command("show")
def show_run(
    ctx: typer.Context,
    reference: RunName = "last",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, max=MOST, help="How many of the failures.")] = 10,
    case: Annotated[
        list[str] | None, typer.Option("--case", metavar="ID", help="This case alone, right or wrong.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Shows a run: its metrics, and of what went wrong the input, what was expected, what came, and each step."""
    from outreach.evaluating import case_of

    settings = settings_of(ctx)
    found = found_run(settings, reference)
    if unknown := sorted(set(case or ()) - {result.case for result in found.results}):
        what = f"Of {found.id} no case {', '.join(unknown)} is finished."
        raise Complaint(what, f"See those that failed: outreach eval show {found.id}", code=2)
    failures = [r for r in found.results if (r.case in case if case else not r.passed)]
    if as_json:
        print_json({**summary(found), "failures": [failure(found, result) for result in failures]})
        return
    print_run(found, runs_of(settings))
    if not failures and found.ended is not None:
        say("Nothing went wrong. Any case and its steps: outreach eval view, or --case ID")
    for result in failures[: limit or None]:
        print_failure(result, case_of(found.plan.suite, result.case))
    if limit and len(failures) > limit:
        say(f"{many(len(failures) - limit, 'more failure')}: outreach eval show {found.id} --limit 0")


@eval_app.command()
def compare(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="The run to compare with.")],
    second: Annotated[str, typer.Argument(metavar="B", help="The run that may be better.")],
    as_json: AsJson = False,
) -> None:
    """Compares two runs of a suite, case by case: what B fixed and broke, how sure that is, and what it costs."""
    from dataclasses import asdict

    from evals.figures import NotComparable
    from evals.figures import compare as compared
    from outreach.evaluating import suites_of

    settings = settings_of(ctx)
    a, b = found_run(settings, first), found_run(settings, second)
    try:
        [suite] = suites_of([a.plan.suite])
        result = compared(a, b, tuple(suite.metrics))
    except NotComparable as exc:
        unfinished = [run.plan.suite for run in (a, b) if run.ended is None]
        mend = (
            f"Run what is left of it, with the options that it began with: outreach eval run {unfinished[0]}"
            if unfinished
            else "Name two runs of one suite: outreach eval list"
        )
        raise Complaint(str(exc), mend, code=2) from exc
    if as_json:
        print_json({"a": a.id, "b": b.id, **asdict(result)})
        return
    print_comparison(a, b, result)


@eval_app.command()
def gate(
    ctx: typer.Context,
    suites: Annotated[list[str] | None, typer.Argument(metavar="[SUITE…]", help="Without any, all of them.")] = None,
    model: Model = None,
    judge: Judge = None,
    prompt: Annotated[
        list[str] | None,
        typer.Option("--prompt", metavar="AGENT@VERSION", help="Instead of the version in force.", show_default=False),
    ] = None,
    concurrency: AtOnce = None,
    as_json: AsJson = False,
) -> None:
    """Runs the suites' cases for the gate and holds them to the thresholds in their suite.toml: for CI.

    Exit codes: 0 every suite reaches its thresholds, 1 one does not, or the run could not go on, 2 wrong usage.
    """
    from evals.gating import checks
    from outreach.evaluating import execute, prepared, suites_of

    settings = settings_of(ctx)
    chosen = suites_of(suites or [])
    if len(chosen) > 1:
        say(f"{len(chosen)} suites, held to the thresholds in their suite.toml.")
    trials = [
        prepared(
            settings, suite, runs_of(settings), prompts=prompt or [], model=model, judge=judge, for_gate=True,
            strict=False, new=False,
        )
        for suite in chosen
    ]  # fmt: skip
    given = {"prompt": prompt, "model": model, "judge": judge, "concurrency": concurrency}
    execute(settings, trials, concurrency, _typed("gate", given))
    found = [check for trial in trials for check in checks(trial.suite, trial.run, runs_of(settings))]
    if as_json:
        print_json([{**check.__dict__, "held": check.held} for check in found])
    else:
        rows = [(c.suite, c.metric, number(c.value), f"{c.least:.3f}", c.cases, held(c)) for c in found]
        print_table("", ("suite", "metric", "measured", "at least", "cases", "holds"), rows)
    below = sum(not check.held for check in found)
    if below:
        first = next(check for check in found if not check.held)
        say(f"{many(below, 'threshold')} missed. What went wrong: outreach eval show {first.run}", "bold red")
        raise typer.Exit(1)


@eval_app.command()
def view(
    ctx: typer.Context,
    reference: RunName = "last",
    into: Annotated[
        Path | None, typer.Option("--into", metavar="FILE", help="Where to; else beside the run.", show_default=False)
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Writes a run as one HTML page that needs no network, and prints where it is."""
    from evals.page import page_of
    from outreach.evaluating import cases_by_id, judge_of
    from outreach.pages.files import write_private
    from outreach.pages.safe import shown

    settings = settings_of(ctx)
    found = found_run(settings, reference)
    if into is not None and into.exists():
        raise Complaint(f"{into} is there already.", "Name another file.", code=2)
    judge = judge_of(runs_of(settings), found)
    page = page_of(found, cases_by_id(found.plan.suite), judge, shown=shown)
    path = write_private(into or found.folder / "run.html", page.encode("utf-8", "replace"), force=True)
    show(str(path))
    if open_it:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())
