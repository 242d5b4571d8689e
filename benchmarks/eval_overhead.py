"""What a case costs beyond inspect-ai itself: a run of 1,000 cases with an instant model, beside as many bare cases.

The bare ones are a task of inspect-ai with one `generate` each, a model of our own that answers at once, and a scorer:
what inspect costs for the same number. Ours are goals (each another text) through the shipped graph, with a fresh
database, rows of `agent_runs`, the check of the answer, the query for who is meant, and the judgement of the rows; the
policy of the rules model answers at once, with an order for five drafts; one case at a time, as with all rules. CPU is
that of the whole process, threads included; rounds take turns. The aim: a ratio of time of at most 2.

    python -m benchmarks.eval_overhead [CASES] [ROUNDS]
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import inspect_ai
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import ModelAPI, ModelOutput, ModelUsage, modelapi
from inspect_ai.scorer import match
from inspect_ai.solver import generate
from langchain_core.messages import AIMessage, BaseMessage

import agents.orchestrator as orchestrator
from agents.models import ModelSettings
from agents.registry import AGENTS
from evals.cases import read_cases
from evals.planning import plan_of, prompts_of
from evals.results import Runs
from evals.running import Trial, run_trials
from evals.suites import load_suite

AIM = 2.0
ORDER = AIMessage('{"count": 5}')


@modelapi(name="instant")
class Instant(ModelAPI):
    """Answers at once."""

    async def generate(self, *_args: Any, **_named: Any) -> ModelOutput:
        output = ModelOutput.from_content(self.model_name, "yes")
        output.usage = ModelUsage(input_tokens=300, output_tokens=1, total_tokens=301)
        return output


def instant(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """An order for five drafts, whatever the goal."""
    return ORDER


def bare(count: int, folder: Path) -> None:
    """`count` cases of inspect-ai's own."""
    task = inspect_ai.Task(
        dataset=MemoryDataset([Sample(id=f"b-{n}", input=goal(n), target="yes") for n in range(count)]),
        solver=generate(),
        scorer=match(),
    )
    [log] = inspect_ai.eval(
        task,
        model="instant/x",
        log_dir=str(folder),
        display="none",
        log_realtime=False,
        max_samples=8,
        score_display=False,
    )
    assert log.status == "success", log.error


def goal(number: int) -> str:
    """A goal like no other of the run."""
    return f"5 drafts to athletic directors at colleges in Ohio, list {number}"


def ours(count: int, folder: Path) -> None:
    """`count` cases through the shipped graph."""
    suite = load_suite("orchestrator_goals")
    path = folder / "cases.jsonl"
    lines = (
        {"id": f"c-{n}", "input": {"goal": goal(n)}, "expected": {"order": {"count": 5}}, "source": "the benchmark"}
        for n in range(count)
    )
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    cases = read_cases([path], suite.task)
    models, prompts = ModelSettings(), prompts_of(suite, {}, [])
    run = Runs(folder / "runs").begin(plan_of(suite, cases, models, prompts, 1))
    run_trials([Trial(suite, cases, run, models, prompts)], concurrency=1, cache_folder=folder / "cache")
    assert all(result.passed for result in run.results), next(r.wrong for r in run.results if not r.passed)


def measured(work: Callable[[int, Path], None], count: int) -> tuple[float, float]:
    """Seconds of time and of CPU."""
    with TemporaryDirectory() as folder:
        began, cpu = time.perf_counter(), time.process_time()
        work(count, Path(folder))
        return time.perf_counter() - began, time.process_time() - cpu


def main() -> None:
    """Prints the figures and the ratio; exit code 1 where the aim is missed."""
    count, rounds = [*(int(given) for given in sys.argv[1:]), *(1000, 3)[len(sys.argv) - 1 :]]
    AGENTS["orchestrator"] = replace(orchestrator.AGENT, policy=instant)
    measured(bare, 20)
    measured(ours, 20)
    figures = [(measured(bare, count), measured(ours, count)) for _ in range(rounds)]
    for name, place in (("inspect-ai, bare", 0), ("this program's", 1)):
        wall, cpu = (statistics.median(pair[place][kind] for pair in figures) for kind in (0, 1))
        print(f"{name:17} {count:,} cases in {wall:.1f} s, {cpu:.1f} s CPU: {wall * 1000 / count:.1f} ms a case")
    ratio, of_cpu = (statistics.median(theirs[kind] / bare_[kind] for bare_, theirs in figures) for kind in (0, 1))
    print(f"ratio: {ratio:.2f} of time, {of_cpu:.2f} of CPU (aim: at most {AIM})")
    sys.exit(ratio > AIM)


if __name__ == "__main__":
    main()
