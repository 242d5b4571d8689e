"""The suites: a folder each, with `suite.toml`, `cases.jsonl` and `task.py` (evals/README.md)."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from evals.cases import read_cases
from evals.tasks import PASSED, Case, Task

FOLDER = Path(__file__).parent
CASES = "cases.jsonl"


class SuiteNotFound(LookupError):
    """There is no suite of that name."""


class BadSuite(ValueError):
    """A suite's own files do not fit together; the message says which and how."""


class _Gate(BaseModel):
    """What a run must reach to pass the gate. `cases` is how many of the suite's cases are run for it (fixed by the
    hash of their ids), all without it; `least` has a threshold, 0 to 1, by metric, and `models` other ones by model."""

    model_config = ConfigDict(extra="forbid")

    cases: int | None = Field(default=None, ge=10)
    least: dict[str, float] = Field(min_length=1)
    models: dict[str, dict[str, float]] = {}


class _Toml(BaseModel):
    model_config = ConfigDict(extra="forbid")

    title: str
    measures: str
    agent: str
    prompts: list[str]
    sources: str
    files: list[str] = [CASES]
    judged: list[str] = []
    metrics: dict[str, str]
    gate: _Gate


@dataclass(frozen=True)
class Suite:
    """One suite. `prompts` are the folders of prompts that its agents use; `metrics` says in words what each is;
    `judged` are those that a judge gives, which count only where the judge does (evals/judging.py)."""

    name: str
    title: str
    measures: str
    agent: str
    prompts: tuple[str, ...]
    sources: str
    metrics: Mapping[str, str]
    judged: tuple[str, ...]
    gate: _Gate
    files: tuple[Path, ...]

    @property
    def task(self) -> Task[Any, Any]:
        """How its cases run; imports the suite's module."""
        found: Task[Any, Any] = import_module(f"evals.suites.{self.name}.task").TASK
        return found

    def cases(self) -> list[Case]:
        """Raises evals.cases.BadCases."""
        return read_cases(self.files, self.task)

    def thresholds(self, model: str) -> Mapping[str, float]:
        """What a run of this model must reach: the model's own, else those of the rules model, which costs nothing and
        so must be worth replacing."""
        return self.gate.models.get(model, self.gate.least)


def suite_names() -> list[str]:
    """All suites, in alphabetical order."""
    return sorted(path.parent.name for path in FOLDER.glob("*/suite.toml"))


@cache
def load_suite(name: str) -> Suite:
    """Raises SuiteNotFound, and BadSuite where its suite.toml is wrong."""
    path = FOLDER / name / "suite.toml"
    if name not in suite_names():
        raise SuiteNotFound(f"There is no suite {name}; there are: {', '.join(suite_names())}.")
    try:
        given = _Toml.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (ValueError, RecursionError) as exc:  # pydantic's errors and tomllib's, also of bytes that are no UTF-8
        raise BadSuite(f"{name}/suite.toml: {exc}") from exc
    metrics = {PASSED: "cases that are right in everything", **given.metrics}
    for thresholds in (given.gate.least, *given.gate.models.values()):
        if unknown := set(thresholds) - set(metrics):
            raise BadSuite(f"{name}/suite.toml: the gate asks for what is no metric: {', '.join(sorted(unknown))}.")
    if unknown := set(given.judged) - set(metrics):
        raise BadSuite(f"{name}/suite.toml: judged is what is no metric: {', '.join(sorted(unknown))}.")
    return Suite(
        name=name,
        title=given.title,
        measures=given.measures,
        agent=given.agent,
        prompts=tuple(given.prompts),
        sources=given.sources,
        metrics=metrics,
        judged=tuple(given.judged),
        gate=given.gate,
        files=tuple((FOLDER / name / file).resolve() for file in given.files),
    )
