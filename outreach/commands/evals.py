"""`outreach eval`: suites of cases over the agents and their prompts; runs, failures, comparisons, the gate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import dollars, many, moment, print_json, print_table, say, show, visible
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.figures import Comparison, Price
    from evals.gating import Check
    from evals.results import Result, Run, Runs
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
    from evals.results import RunNotFound

    try:
        return runs_of(settings).find(reference)
    except RunNotFound as exc:
        raise Complaint(str(exc), "Run a suite with: outreach eval run SUITE", code=2) from exc


@eval_app.command("list")
def list_suites(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Lists the suites: what each measures, how many cases it has, and how its last run went."""
    from evals.base import PASSED
    from evals.figures import estimate
    from evals.results import RunNotFound
    from outreach.evaluating import cases_of, suites_of

    runs = runs_of(settings_of(ctx))
    rows: list[dict[str, Any]] = []
    for suite in suites_of([]):
        try:
            last = runs.find("last", suite.name)
        except RunNotFound:
            last = None
        passed = estimate(last.results, PASSED) if last else None
        rows.append(
            {
                "suite": suite.name,
                "title": suite.title,
                "agent": suite.agent,
                "cases": len(cases_of(suite)),
                "last_run": last.id if last else None,
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
            (r["suite"], r["title"], r["cases"], r["last_run"], r["model"], _share(r["right"], r["low"], r["high"]))
            for r in rows
        ],
    )


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
        int | None, typer.Option("--limit", min=1, help="At most so many cases, always the same.", show_default=False)
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
    from outreach.evaluating import execute, prepared, suites_of

    settings = settings_of(ctx)
    trials = [
        prepared(
            settings, suite, runs_of(settings), prompts=prompt or [], model=model, epochs=epochs, limit=limit,
            only=only or [], cache=cache, new=new, judge=judge,
        )
        for suite in suites_of(suites or [])
    ]  # fmt: skip
    execute(settings, trials, concurrency)
    if as_json:
        print_json([_summary(trial.run) for trial in trials])
        return
    for trial in trials:
        _print_run(trial.run, runs_of(settings))


@eval_app.command("show")
def show_run(
    ctx: typer.Context,
    reference: RunName = "last",
    limit: Annotated[int, typer.Option("--limit", "-n", min=0, help="How many of the failures.")] = 10,
    case: Annotated[
        list[str] | None, typer.Option("--case", metavar="ID", help="This case alone, right or wrong.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Shows a run: its metrics, and of what went wrong the input, what was expected, what came, and each step."""
    from outreach.evaluating import case_of

    settings = settings_of(ctx)
    found = found_run(settings, reference)
    failures = [r for r in found.results if (r.case in case if case else not r.passed)]
    if as_json:
        print_json({**_summary(found), "failures": [_failure(found, result) for result in failures]})
        return
    _print_run(found, runs_of(settings))
    for result in failures[: limit or None]:
        _print_failure(result, case_of(found.plan.suite, result.case))
    if limit and len(failures) > limit:
        say(f"{len(failures) - limit} more failures: outreach eval show {found.id} --limit 0")


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
    from evals.suites import load_suite

    settings = settings_of(ctx)
    a, b = found_run(settings, first), found_run(settings, second)
    try:
        result = compared(a, b, tuple(load_suite(a.plan.suite).metrics))
    except NotComparable as exc:
        raise Complaint(str(exc), "Name two runs of one suite: outreach eval list", code=2) from exc
    if as_json:
        print_json({"a": a.id, "b": b.id, **asdict(result)})
        return
    _print_comparison(a, b, result)


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
    trials = [
        prepared(
            settings, suite, runs_of(settings), prompts=prompt or [], model=model, judge=judge, for_gate=True,
            strict=False,
        )
        for suite in suites_of(suites or [])
    ]  # fmt: skip
    execute(settings, trials, concurrency)
    found = [check for trial in trials for check in checks(trial.suite, trial.run, runs_of(settings))]
    if as_json:
        print_json([{**check.__dict__, "held": check.held} for check in found])
    else:
        rows = [(c.suite, c.metric, _number(c.value), f"{c.least:.3f}", c.cases, _held(c)) for c in found]
        print_table("", ("suite", "metric", "measured", "at least", "cases", "holds"), rows)
    below = sum(not check.held for check in found)
    if below:
        say(f"{many(below, 'threshold')} missed. What went wrong: outreach eval show RUN", "bold red")
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
    from outreach.pages.safe import shown

    settings = settings_of(ctx)
    found = found_run(settings, reference)
    path = into or found.folder / "run.html"
    judge = judge_of(runs_of(settings), found)
    path.write_text(page_of(found, cases_by_id(found.plan.suite), judge, shown=shown), encoding="utf-8")
    show(str(path))
    if open_it:
        import webbrowser

        webbrowser.open(path.resolve().as_uri())


def _summary(run: Run) -> dict[str, Any]:
    from dataclasses import asdict

    from evals.figures import estimate, pass_k, price
    from evals.suites import load_suite

    metrics = {name: asdict(estimate(run.results, name)) for name in load_suite(run.plan.suite).metrics}
    summary = {
        "run": run.id,
        "suite": run.plan.suite,
        "model": run.plan.model,
        "prompts": {name: dict(each) for name, each in run.plan.prompts.items()},
        "dataset": run.plan.dataset,
        "code": run.plan.code,
        "epochs": run.plan.epochs,
        "cases": len(run.plan.cases),
        "finished": len(run.results),
        "ended": run.ended,
        "metrics": metrics,
        "price": asdict(price(run.results)),
        "cached": sum(r.cached for r in run.results),
        "calls": sum(r.calls for r in run.results),
    }
    if run.plan.epochs > 1:
        summary["pass_k"] = {str(k): pass_k(run.results, k) for k in range(1, run.plan.epochs + 1)}
    return summary


def _print_run(run: Run, runs: Runs) -> None:
    from evals.suites import load_suite
    from outreach.evaluating import judge_of

    told = _summary(run)
    prompts = ", ".join(f"{p['id']} ({p['hash'][:12]})" for p in told["prompts"].values()) or "no prompt"
    show(f"{run.id}: {run.plan.model}, {prompts}", "bold")
    words = load_suite(run.plan.suite).metrics
    rows = [
        (name, _share(m["value"], m["low"], m["high"]), m["of"], words[name]) for name, m in told["metrics"].items()
    ]
    rows += [(f"pass^{k}", _number(v), "", f"cases right in all of {k}") for k, v in told.get("pass_k", {}).items()]
    print_table("", ("metric", "measured", "of", "what it is"), [(a, b, str(int(c or 0)), d) for a, b, c, d in rows])
    if (judge := judge_of(runs, run)) is not None:
        say(f"{', '.join(load_suite(run.plan.suite).judged)}: {judge.why}", "" if judge.counted else "yellow")
    say(_priced(run, told))
    if run.ended is None:
        say(f"Not finished: {len(run.results)} of {run.wanted}. The same command goes on with it.", "yellow")


def _priced(run: Run, told: dict[str, Any]) -> str:
    price = told["price"]
    calls = f"{many(told['calls'], 'model call')}" + (f", {told['cached']} from the cache" if told["cached"] else "")
    cost = dollars(price["cost_usd"] * len(run.results)) or "no cost"
    return (
        f"{many(len(run.plan.cases), 'case')}, began {moment(run.began)}; {calls}; {cost}; "
        f"{price['seconds']:.2f} s a case in the middle."
    )


def _failure(run: Run, result: Result) -> dict[str, Any]:
    from dataclasses import asdict

    from outreach.evaluating import case_of

    return {**asdict(result), "given": case_of(run.plan.suite, result.case)}


def _print_failure(result: Result, case: dict[str, Any] | None) -> None:
    from outreach.console import to_json

    show("")
    show(f"{result.case}" + (f" (epoch {result.epoch})" if result.epoch > 1 else ""), "bold")
    for line in result.wrong or ("right",):
        show(f"  {visible(line)}", "" if result.passed else "red")
    if case is None:
        show("  (the suite has no such case any more)")
    else:
        show(f"  input     {_inline(to_json(case['input']))}")
        show(f"  expected  {_inline(to_json(case['expected']))}")
    show(f"  got       {_inline(to_json(result.got))}")
    depth: dict[str, int] = {}
    for step in result.tree:
        depth[step["id"]] = depth.get(step["parent"] or "", -1) + 1
        tokens = f", {step['tokens_in']}+{step['tokens_out']} tokens" if step["tokens_in"] else ""
        said = f": {step['error']}" if step["error"] else ""
        show(f"  {'  ' * depth[step['id']]}{step['type']} {step['agent']} {step['status']}{tokens}{visible(said)}")


def _inline(text: str) -> str:
    return text.replace("\n", "\n            ")


def _print_comparison(a: Run, b: Run, result: Comparison) -> None:
    show(f"A {a.id}\nB {b.id}", "bold")
    show("What differs: " + ("; ".join(result.differs) or "nothing but the time of the run"))
    left = f", {result.left_out} in only one of them left out" if result.left_out else ""
    show(f"{many(result.cases, 'case')} in common{left}.")
    rows = [
        (
            d.metric,
            f"{d.first:.3f}",
            f"{d.second:.3f}",
            f"{d.change:+.3f}",
            f"{d.low:+.3f} to {d.high:+.3f}",
            _verdict(d),
        )
        for d in result.metrics
    ]
    print_table("", ("metric", "A", "B", "B - A", "95 % interval", "so B is"), rows)
    show(f"Fixed ({len(result.fixed)}): {_named(result.fixed)}")
    show(f"Broken ({len(result.broken)}): {_named(result.broken)}")
    show(f"McNemar's exact test of {len(result.fixed)} against {len(result.broken)}: p = {result.p:.3g}")
    print_table(
        "",
        ("a case", "A", "B"),
        [
            ("cost", *(f"${price.cost_usd:.5f}" for price in (result.first, result.second))),
            ("tokens in + out", *(_tokens(price) for price in (result.first, result.second))),
            ("seconds, median", *(f"{price.seconds:.2f}" for price in (result.first, result.second))),
            ("seconds, 95 of 100", *(f"{price.seconds_p95:.2f}" for price in (result.first, result.second))),
        ],
    )


def _tokens(price: Price) -> str:
    return f"{price.tokens_in:,.0f} + {price.tokens_out:,.0f}"


def _verdict(difference: Any) -> str:
    if not difference.clear:
        return "not clearly different"
    return "better" if difference.change > 0 else "worse"


def _named(cases: Sequence[str]) -> str:
    return ", ".join(cases[:20]) + (f" and {len(cases) - 20} more" if len(cases) > 20 else "") or "none"


def _share(value: float | None, low: float | None, high: float | None) -> str:
    return "-" if value is None or low is None or high is None else f"{value:.3f} ({low:.3f}–{high:.3f})"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _held(check: Check) -> str:
    if not check.counted:
        return "not counted"
    return "yes" if check.held else "NO"
