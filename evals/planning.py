"""What a run is to run: which cases, by which prompts and model, on which version of the program."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from agents.models import RULES, ModelSettings
from evals.cases import by_hash, dataset_hash
from evals.results import Plan
from evals.suites import Suite
from evals.tasks import Case
from prompts import Prompt, newest

_PACKAGES = ("agents", "db", "evals", "graphs", "playbooks", "prompts", "tools")
_KINDS = {".py", ".toml", ".md", ".npz", ".txt"}


class WrongPrompt(ValueError):
    """A prompt was named that the suite does not use."""


@cache
def code_hash() -> str:
    """The hash of the program's own files, prompts and cases left out: those have hashes of their own."""
    root = Path(__file__).parents[1]
    sums = hashlib.sha256()
    for package in _PACKAGES:
        for path in sorted((root / package).rglob("*")):
            parts = path.relative_to(root).parts
            prompt = package == "prompts" and path.suffix == ".md"
            if path.suffix in _KINDS and path.is_file() and not prompt and "__pycache__" not in parts:
                sums.update("/".join(parts).encode() + b"\0" + path.read_bytes())
    return sums.hexdigest()


def choose_cases(
    suite: Suite, *, only: Sequence[str] = (), limit: int | None = None, for_gate: bool = False
) -> list[Case]:
    """The cases of a run: those with one of the tags (a case's id counts as a tag of its own), and of these the first
    `limit` by the hash of their ids. Raises BadCases."""
    cases = suite.cases()
    if only:
        cases = [case for case in cases if set(only) & {case.id, *case.tags}]
    most = [n for n in (limit, suite.gate.cases if for_gate else None) if n is not None]
    return by_hash(cases, min(most) if most else None)


def prompts_of(suite: Suite, chosen: Mapping[str, Prompt], named: Sequence[Prompt]) -> dict[str, Prompt]:
    """The prompts that a run of the suite uses, by folder: what is named, else what was put in force, else the newest.

    Raises WrongPrompt where one is named that the suite has no use for.
    """
    wrong = [prompt.id for prompt in named if prompt.agent not in suite.prompts]
    if wrong:
        used = ", ".join(suite.prompts) or "none"
        raise WrongPrompt(f"{suite.name} does not use {', '.join(wrong)}; it uses the prompts of: {used}.")
    found = {name: chosen.get(name) or newest(name) for name in suite.prompts}
    return {**found, **{prompt.agent: prompt for prompt in named}}


def plan_of(
    suite: Suite,
    cases: Sequence[Case],
    models: ModelSettings,
    prompts: Mapping[str, Prompt],
    epochs: int,
    judge: ModelSettings | None = None,
) -> Plan:
    """The plan of a run; `judge` is the model that judges, where it is another one."""
    rules = models.name == RULES and (judge is None or judge.name == RULES)
    settings: dict[str, Any] = (
        {} if rules else {"address": models.address, "max_output_tokens": models.max_output_tokens}
    )
    if models.temperature is not None and not rules:
        settings["temperature"] = models.temperature
    if judge is not None:
        settings["judge"] = judge.name
    return Plan(
        suite=suite.name,
        dataset=dataset_hash(cases),
        cases=tuple(case.id for case in cases),
        prompts={name: {"id": prompt.id, "hash": prompt.hash} for name, prompt in sorted(prompts.items())},
        model=models.name,
        settings=settings,
        epochs=epochs,
        code=code_hash(),
        version=version("outreach-command-center"),
    )
