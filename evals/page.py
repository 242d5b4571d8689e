"""A run as one HTML page: no file beside it, no network, nothing that a case's text could run.

inspect-ai's own viewer needs a server that answers Range requests; its log lies in the run's folder for those who want
each message (`inspect view --log-dir RUN/inspect`).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2

from evals.figures import Estimate, estimate, pass_k, price
from evals.judging import Standing
from evals.results import Result, Run
from evals.suites import Suite, load_suite
from evals.tasks import PASSED

_TEMPLATE = Path(__file__).parent / "page.html.j2"


def page_of(
    run: Run,
    cases: Mapping[str, Mapping[str, Any]],
    judge: Standing | None = None,
    *,
    shown: Callable[[object], object],
) -> str:
    """The page of a run; `cases` are the suite's, by id, as plain data; `judge` says whether a judge's word counts.

    `shown` is what becomes of each value before it is escaped: a model's answer may hold what nobody would see.
    """
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, finalize=shown)
    suite = load_suite(run.plan.suite)
    at_the_gate = suite.gate.cases is None or len(run.plan.cases) == suite.gate.cases
    least = suite.thresholds(run.plan.model) if at_the_gate else {}
    rows = [_row(result, cases.get(result.case, {})) for result in run.results]
    rows.sort(key=lambda row: (row["passed"], row["case"], row["epoch"]))
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        run=run,
        suite=suite,
        metrics=[_metric(name, words, estimate(run.results, name), least) for name, words in suite.metrics.items()],
        facts=_facts(run, suite) + ([] if judge is None else [(", ".join(suite.judged), judge.why)]),
        rows=rows,
        failed=sum(not row["passed"] for row in rows),
    )


def _metric(name: str, words: str, found: Estimate, least: Mapping[str, float]) -> dict[str, Any]:
    row: dict[str, Any] = {"name": name, "words": words, "of": int(found.of), "least": least.get(name), "drawn": False}
    row["held"] = found.value is not None and found.value >= least.get(name, 0.0)
    if found.value is None or found.low is None or found.high is None:
        return {**row, "value": "-", "interval": ""}
    return {
        **row,
        "value": f"{found.value:.3f}",
        "interval": f"{found.low:.3f} to {found.high:.3f}",
        "drawn": True,
        "low": round(100 * found.low, 1),
        "width": round(100 * (found.high - found.low), 1),
        "at": round(100 * found.value, 1),
    }


def _facts(run: Run, suite: Suite) -> list[tuple[str, str]]:
    plan, cost = run.plan, price(run.results)
    facts = [(f"prompt {name}", f"{p['id']}, SHA-256 {p['hash']}") for name, p in plan.prompts.items()]
    facts += [
        ("model", ", ".join([plan.model, *(f"{k} {v}" for k, v in plan.settings.items())])),
        ("cases", f"{len(plan.cases)}, SHA-256 {plan.dataset}"),
        ("code", f"version {plan.version}, SHA-256 {plan.code}"),
        ("where the cases come from", suite.sources),
        (
            "cost",
            f"${cost.cost_usd * len(run.results):.4f}; {cost.tokens_in:,.0f} + {cost.tokens_out:,.0f} tokens a case",
        ),
        ("time", f"{cost.seconds:.2f} s a case in the middle, {cost.seconds_p95:.2f} s at the 95th of a hundred"),
    ]
    if plan.epochs > 1:
        told = (f"all of {k}: {pass_k(run.results, k):.3f}" for k in range(1, plan.epochs + 1))
        facts.append(("right in", "; ".join(told)))
    return facts


def _row(result: Result, case: Mapping[str, Any]) -> dict[str, Any]:
    depth: dict[str, int] = {}
    steps = []
    for step in result.tree:
        depth[step["id"]] = depth.get(step["parent"] or "", -1) + 1
        error = f": {step['error']}" if step["error"] else ""
        outputs = json.dumps(step["outputs"], ensure_ascii=False)[:1500] if step["outputs"] else ""
        steps.append(f"{'  ' * depth[step['id']]}{step['type']} {step['agent']} {step['status']}{error} {outputs}")
    tokens = f"{result.tokens_in} + {result.tokens_out} tokens, ${result.cost_usd:.5f}"
    return {
        "case": result.case,
        "epoch": result.epoch,
        "passed": result.passed,
        "tags": " ".join(case.get("tags", ())),
        "wrong": "; ".join(result.wrong),
        "input": _json(case.get("input", "the suite has no such case any more")),
        "expected": _json(case.get("expected", "")),
        "got": _json(result.got),
        "took": f"{result.seconds:.2f} s, {result.calls} model calls ({result.cached} from the cache), {tokens}"
        + "".join(f" · {name} {hits:g}/{of:g}" for name, (hits, of) in result.marks.items() if name != PASSED),
        "steps": "\n".join(steps),
    }


def _json(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
