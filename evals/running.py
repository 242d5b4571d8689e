"""Runs suites on inspect-ai: its tasks, epochs, concurrency, cache and logs around this program's own graphs."""

import asyncio
import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import inspect_ai
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.model import Model
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from langchain_core.messages import BaseMessage
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.models import ModelSettings, RunBudget, spending
from agents.models.settings import RULES
from db.models import AgentRun
from evals.inspected import Call, asked_by
from evals.results import Result, Run
from evals.suites import Suite
from evals.tasks import PASSED, Case, Judgement, Task
from evals.worlds import Template, World, Worlds
from graphs.garbage_collection import collected_rarely
from graphs.recorder import Question, from_outside
from prompts import Prompt

_NO_ANSWER = ("ModelSettingsError:", "ModelRefused:", "ModelGarbled:")
"""Of one case the model may say that it is too long for it; who says so of each has measured nothing."""
_ENOUGH = 5
"""After so many cases without any answer the run stops."""


class Stopped(Exception):
    """The run could not go on (no money left, the server away): what is finished is kept, and it can be resumed."""


@dataclass
class _Spent:
    """What the model calls of one case took. `saved` are the seconds that cached answers took when they were made."""

    calls: int = 0
    cached: int = 0
    saved: float = 0.0


_spent: ContextVar[_Spent] = ContextVar("spent")


@dataclass
class Trial:
    """A suite with all that one run of it needs. `on_end` is told of each case that is over.

    `unanswered` are cases to which the model server gave no answer, each with why: they are held back until it has
    given one (`answered`), since of a server that answers nobody nothing is measured.
    """

    suite: Suite
    cases: Sequence[Case]
    run: Run
    models: ModelSettings
    prompts: Mapping[str, Prompt]
    judge: ModelSettings | None = None
    cache: bool = True
    on_end: Callable[[], None] = lambda: None
    stopped: str | None = None
    answered: bool = False
    unanswered: list[tuple[str, Result]] = field(default_factory=list)
    budget: RunBudget = field(default_factory=RunBudget)

    async def ask(self, model: Model, question: Question, call: Call) -> list[BaseMessage]:
        """A model's answer by way of inspect. The rules model has no usage to count and is never answered for from the
        cache, its code being what changes: it is asked as it always is, which halves the cost of a case."""
        spent = _spent.get()
        spent.calls += 1
        if question.model == RULES:
            return await call()
        scopes = {
            "agent": question.agent_name,
            "prompt": question.prompt_hash or "",
            "model": question.model,
            **_scopes(self),
        }
        answer = await asked_by(model, question.messages, call, scopes if self.cache else None)
        if answer.cached:
            spent.cached += 1
            spent.saved += answer.seconds
        else:
            self.answered = True
        return answer.messages

    def stop(self, why: str) -> Stopped:
        """Notes why nothing more of it can be run; the caller raises what this returns."""
        self.stopped = re.sub(r"^\w+: ", "", why)
        return Stopped(self.stopped)


def _scopes(trial: Trial) -> dict[str, str]:
    """What decides a model's answer besides the messages: the endpoint, its settings, and the code that makes the
    schemas and the tools' descriptions."""
    plan = trial.run.plan
    return {"code": plan.code, "settings": repr(sorted(plan.settings.items()))}


def run_trials(
    trials: Sequence[Trial],
    *,
    concurrency: int,
    cache_folder: Path,
    on_over: Callable[[Trial], None] = lambda _trial: None,
) -> None:
    """Runs what is not finished of each trial; each result is kept as it comes, and `on_over` is told of each trial
    that came to its end. Raises Stopped."""
    # Read by the library when it is needed: where the cache is.
    os.environ["INSPECT_CACHE_DIR"] = str(cache_folder)
    with TemporaryDirectory(prefix="outreach-eval-") as folder, collected_rarely():
        for number, trial in enumerate(trials):
            trial.answered = any(result.calls > result.cached for result in trial.run.results)
            worlds = _worlds(trial, Path(folder) / str(number))
            try:
                _run(trial, worlds, concurrency)
            finally:
                worlds.close()
            if trial.stopped:
                raise Stopped(trial.stopped)
            for why, result in trial.unanswered:
                if not trial.answered:
                    raise trial.stop(why)
                trial.run.add(result)
            trial.run.ended = datetime.now(UTC)
            trial.run.save()
            on_over(trial)


def _worlds(trial: Trial, folder: Path) -> Worlds:
    folder.mkdir()
    template = Template(folder, trial.suite.task.stage)
    model = inspect_ai.model.get_model(f"outreach/{trial.models.name.replace('/', '-')}", memoize=False)

    def make(place: Path) -> World:
        async def ask(question: Question, call: Call) -> list[BaseMessage]:
            if _spent.get(None) is not None:
                return await trial.ask(model, question, call)
            # A whole run gives each of its threads a bare context, in which nobody knows the case: inspect is asked in
            # the case's, and the call is made in the thread's.
            here = copy_context()

            async def calls() -> list[BaseMessage]:
                with spending(trial.budget):
                    return await call()

            def apart() -> asyncio.Task[list[BaseMessage]]:
                return asyncio.create_task(calls(), context=here)

            if world.context is None:
                raise RuntimeError("a model was asked outside of any case")
            return await asyncio.create_task(trial.ask(model, question, apart), context=world.context.copy())

        world = World(place, template, trial.models, prompts=trial.prompts, ask=ask, judge=trial.judge)
        return world

    return Worlds(template, make, folder)


def _run(trial: Trial, worlds: Worlds, concurrency: int) -> None:
    plan = trial.run.plan
    model = inspect_ai.model.get_model(f"outreach/{trial.models.name.replace('/', '-')}", memoize=False)
    course = _Course(trial, worlds)
    task = inspect_ai.Task(
        name=trial.suite.name,
        dataset=MemoryDataset(
            [
                Sample(id=c.id, input=c.input.model_dump_json(), target="right", metadata={"group": c.group})
                for c in trial.cases
            ],
            name=trial.suite.name,
        ),
        solver=_solver(course),
        scorer=_scorer(course),
        epochs=inspect_ai.Epochs(plan.epochs, ["mean", f"pass_k_{plan.epochs}"] if plan.epochs > 1 else None),
        metadata={"run": trial.run.id, "prompts": {k: dict(v) for k, v in plan.prompts.items()}, "code": plan.code},
    )
    trial.budget = RunBudget.of(trial.models)
    logs = inspect_ai.eval(
        task,
        model=model,
        log_dir=str(trial.run.folder / "inspect"),
        display="none",
        log_level="error",
        log_realtime=False,
        max_samples=concurrency,
        score_display=False,
        fail_on_error=True,
    )
    if not logs or logs[0].status == "cancelled":  # a Ctrl-C, which inspect keeps to itself
        raise KeyboardInterrupt
    [log] = logs
    if log.status != "success" and trial.stopped is None:
        raise RuntimeError(log.error.traceback if log.error else f"inspect-ai ended with {log.status}")


class _Course:
    """A trial under way: its cases by id, and what is finished by case and epoch. One object, since inspect writes the
    arguments of solvers into its log; and the results do not travel in its store, which it compares again and again."""

    def __init__(self, trial: Trial, worlds: Worlds) -> None:
        self.trial, self.worlds = trial, worlds
        self.cases = {case.id: case for case in trial.cases}
        self.finished = {(result.case, result.epoch): result for result in trial.run.results}


@solver
def _solver(course: _Course) -> Solver:
    trial = course.trial

    async def solve(state: TaskState, generate: Generate) -> TaskState:  # noqa: ARG001 (the agents ask themselves)
        case = course.cases[str(state.sample_id)]
        result = course.finished.get((case.id, state.epoch))
        if result is None:
            result, unanswered = await _one(trial, course.worlds, case, state.epoch)
            if unanswered and not trial.answered:
                trial.unanswered.append((unanswered, result))
                if len(trial.unanswered) >= _ENOUGH:
                    raise trial.stop(unanswered)
            else:
                trial.run.add(result)
            trial.on_end()
            course.finished[case.id, state.epoch] = result
        state.completed = True
        return state

    return solve


@scorer(metrics=[accuracy(), stderr(cluster="group")], name="passed")
def _scorer(course: _Course) -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:  # noqa: ARG001
        result = course.finished[str(state.sample_id), state.epoch]
        # As text: inspect walks through every value that it keeps, several times.
        got = json.dumps(result.got, ensure_ascii=False, default=str)
        return Score(value=float(result.passed), answer=got, explanation="\n".join(result.wrong))

    return score


async def _one(trial: Trial, worlds: Worlds, case: Case, epoch: int) -> tuple[Result, str | None]:
    """What came of a case, and why the model server gave no answer to it, where it gave none."""
    task: Task[Any, Any] = trial.suite.task
    spent, error, took = _Spent(), None, 0.0
    token = _spent.set(spent)
    try:
        async with worlds.one(f"eval:{case.id}:{epoch}") as world:
            world.context = copy_context()
            began = time.perf_counter()
            error = await _tried(trial, task.run(world, case.input))
            took = time.perf_counter() - began + spent.saved
            # Of the rules model's steps there is nothing to tell where all is right. A judge's are not the case's.
            rows = await world.read(_rows) if trial.models.name != RULES or trial.judge is not None else []
            if task.rate is not None and error is None:
                # A judge that fails has not judged; the case is what it is.
                await _tried(trial, task.rate(world, case.input))
            try:
                got = await task.found(world, case.input)
            except Exception as exc:
                # The suite's own fault: its cases must leave rows that can be read.
                raise RuntimeError(f"{trial.suite.name}, {case.id}: {error or exc}") from exc
            judged: Judgement = task.judge(case.input, case.expected, got)
            wrong = (*judged.wrong, *([error] if error else []))
            if wrong and not rows:
                rows = await world.read(_rows)
    finally:
        _spent.reset(token)
    said = [error or "", *(r["error"] or "" for r in rows if r["status"] == "error")]
    outside = next((one for one in said if from_outside(one)), None)
    if outside is not None:
        raise trial.stop(outside)
    marks = {name: mark if isinstance(mark, tuple) else (float(mark), 1.0) for name, mark in judged.marks.items()}
    if unknown := set(marks) - set(trial.suite.metrics):
        raise ValueError(f"{trial.suite.name} judges what its suite.toml does not name: {', '.join(sorted(unknown))}")
    result = Result(
        case=case.id,
        epoch=epoch,
        group=case.group,
        passed=not wrong,
        marks={PASSED: (float(not wrong), 1.0), **marks},
        got=got,
        wrong=wrong,
        error=error,
        seconds=round(took, 4),
        calls=spent.calls,
        cached=spent.cached,
        tokens_in=sum(r["tokens_in"] or 0 for r in rows),
        tokens_out=sum(r["tokens_out"] or 0 for r in rows),
        cost_usd=sum(r["cost_usd"] or 0.0 for r in rows),
        tree=tuple(rows) if wrong else (),
    )
    return result, next((one for one in said if one.startswith(_NO_ANSWER)), None)


async def _tried(trial: Trial, work: Awaitable[None]) -> str | None:
    """What went wrong with it, in words; None where nothing did. What comes from outside is raised: the run stops."""
    try:
        with spending(trial.budget):
            await work
    except Exception as exc:
        error = f"{type(exc).__name__}: {exc}"
        if from_outside(error):
            trial.stop(error)
            raise
        return error
    return None


_COLUMNS = {
    "id": AgentRun.id,
    "parent": AgentRun.parent_run_id,
    "type": AgentRun.run_type,
    "agent": AgentRun.agent_name,
    "status": AgentRun.status,
    "error": AgentRun.error_message,
    "model": AgentRun.model,
    "prompt": AgentRun.prompt_id,
    "tokens_in": AgentRun.tokens_in,
    "tokens_out": AgentRun.tokens_out,
    "cost_usd": AgentRun.cost_usd,
    "ms": AgentRun.duration_ms,
    "outputs": AgentRun.outputs,
}


def _rows(session: Session) -> list[dict[str, Any]]:
    """The case's rows of `agent_runs`, as they began."""
    found = session.execute(select(*_COLUMNS.values()).order_by(AgentRun.started_at, AgentRun.id))
    return [dict(zip(_COLUMNS, row, strict=True)) for row in found]
