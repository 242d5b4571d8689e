"""What the terminal shows of evaluation runs: how one went, what failed in it, how two of them differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outreach.console import dollars, many, moment, print_table, say, show, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evals.figures import Comparison, Price
    from evals.gating import Check
    from evals.results import Result, Run, Runs


def summary(run: Run) -> dict[str, Any]:
    """A run as JSON: what it was, its metrics with their intervals, and its price."""
    from dataclasses import asdict

    from evals.figures import estimate, pass_k, price
    from outreach.evaluating import suites_of

    [suite] = suites_of([run.plan.suite])
    metrics = {name: asdict(estimate(run.results, name)) for name in suite.metrics}
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


def print_run(run: Run, runs: Runs) -> None:
    """Prints how a run went; `runs` are where the run that vouches for its judge is looked for."""
    from outreach.evaluating import judge_of, suites_of

    [suite] = suites_of([run.plan.suite])
    told = summary(run)
    prompts = ", ".join(f"{p['id']} ({p['hash'][:12]})" for p in told["prompts"].values()) or "no prompt"
    show(f"{run.id}: {run.plan.model}, {prompts}", "bold")
    rows = [
        (name, share(m["value"], m["low"], m["high"]), m["of"], suite.metrics[name])
        for name, m in told["metrics"].items()
    ]
    rows += [(f"pass^{k}", number(v), "", f"cases right in all of {k}") for k, v in told.get("pass_k", {}).items()]
    print_table("", ("metric", "measured", "of", "what it is"), [(a, b, str(int(c or 0)), d) for a, b, c, d in rows])
    if (judge := judge_of(runs, run)) is not None:
        say(f"{', '.join(suite.judged)}: {judge.why}", "" if judge.counted else "yellow")
    say(_priced(run, told))
    if run.ended is None:
        said = f"Not finished: {len(run.results)} of {run.wanted}. The same command goes on with it"
        say(f"{said}: outreach eval run {run.plan.suite}, with the options that it began with.", "yellow")


def print_runs(runs: Sequence[Run]) -> None:
    """Prints how several runs went, a line each."""
    rows = [
        (r.plan.suite, right_in(r), len(r.plan.cases), dollars(sum(x.cost_usd for x in r.results)), r.id) for r in runs
    ]
    print_table("", ("suite", "right", "cases", "cost", "run"), rows)
    say("What went wrong in one, and all its metrics: outreach eval show RUN")


def right_in(run: Run | None) -> str:
    """The share of a run's cases that are right, with its interval; of one that has not ended only how far it is."""
    from evals.figures import estimate
    from evals.tasks import PASSED

    if run is None:
        return "-"
    if run.ended is None:
        return f"not finished: {len(run.results)} of {run.wanted}"
    passed = estimate(run.results, PASSED)
    return share(passed.value, passed.low, passed.high)


def _priced(run: Run, told: dict[str, Any]) -> str:
    price = told["price"]
    calls = f"{many(told['calls'], 'model call')}" + (f", {told['cached']} from the cache" if told["cached"] else "")
    cost = dollars(price["cost_usd"] * len(run.results)) or "no cost"
    return (
        f"{many(len(run.plan.cases), 'case')}, began {moment(run.began)}; {calls}; {cost}; "
        f"{price['seconds']:.2f} s a case in the middle."
    )


def failure(run: Run, result: Result) -> dict[str, Any]:
    """A case that went wrong as JSON, with what it was given."""
    from dataclasses import asdict

    from outreach.evaluating import case_of

    return {**asdict(result), "given": case_of(run.plan.suite, result.case)}


def print_failure(result: Result, case: dict[str, Any] | None) -> None:
    """Prints what a case was given, what was expected, what came, and each step."""
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


def print_comparison(a: Run, b: Run, result: Comparison) -> None:
    """Prints what B fixed and broke of A, how sure that is, and what a case costs in each."""
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


def share(value: float | None, low: float | None, high: float | None) -> str:
    """A share with its interval, or a dash."""
    return "-" if value is None or low is None or high is None else f"{value:.3f} ({low:.3f}–{high:.3f})"


def number(value: float | None) -> str:
    """A figure of three decimals, or a dash."""
    return "-" if value is None else f"{value:.3f}"


def held(check: Check) -> str:
    """Whether a threshold is reached, in a word."""
    if not check.counted:
        return "not counted"
    return "yes" if check.held else "NO"
