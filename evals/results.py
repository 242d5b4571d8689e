"""Runs of suites and what came of each case, as files that any two of can be compared later.

A run is a folder `OUTREACH_HOME/evals/runs/ID` with `run.json` (suite, hashes of cases and prompts, model, code),
`results.jsonl` (a line for each finished case and epoch, written as it finishes, so that a run which was killed
goes on where it stood) and `inspect/` (inspect-ai's own log of it).
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

RUN, RESULTS = "run.json", "results.jsonl"


class EvalRunNotFound(LookupError):
    """There is no such run; the message says which there are, or that it could be several."""


@dataclass(frozen=True)
class Plan:
    """What a run runs: two runs of the same plan may differ only by chance. `cases` are ids, `dataset` the hash of what
    they say; `prompts` has {"id", "hash"} by the folder of the prompt; `code` is the hash of the program's files."""

    suite: str
    dataset: str
    cases: tuple[str, ...]
    prompts: Mapping[str, Mapping[str, str]]
    model: str
    settings: Mapping[str, Any]
    epochs: int
    code: str
    version: str

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Plan":
        return cls(**{**value, "cases": tuple(value["cases"])})


@dataclass(frozen=True)
class Result:
    """What came of one case in one epoch (from 1). `marks` has (right, of) by metric; `tree` is the case's rows of
    `agent_runs`, kept where something was wrong; `seconds` and `cost_usd` are what it took and cost when the model was
    asked, also where its answers came from the cache (`cached` of `calls`)."""

    case: str
    epoch: int
    group: str
    passed: bool
    marks: Mapping[str, tuple[float, float]]
    got: Mapping[str, Any]
    wrong: tuple[str, ...] = ()
    error: str | None = None
    seconds: float = 0.0
    calls: int = 0
    cached: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    tree: tuple[Mapping[str, Any], ...] = ()

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> "Result":
        marks = {name: (float(hits), float(of)) for name, (hits, of) in value["marks"].items()}
        given = {**value, "marks": marks, "wrong": tuple(value["wrong"]), "tree": tuple(value.get("tree") or ())}
        return cls(**given)


@dataclass
class Run:
    """One run: its plan, when it began and ended (None while it has not), and its results."""

    folder: Path
    plan: Plan
    began: datetime
    ended: datetime | None = None
    results: list[Result] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def wanted(self) -> int:
        return len(self.plan.cases) * self.plan.epochs

    def done(self) -> set[tuple[str, int]]:
        """The cases and epochs that are finished."""
        return {(result.case, result.epoch) for result in self.results}

    def add(self, result: Result) -> None:
        """Keeps a result, at once and for good. A run is listed from its first one on."""
        if not self.results:
            self.save()
        self.results.append(result)
        line = json.dumps(vars(result), ensure_ascii=False, default=str) + "\n"
        with (self.folder / RESULTS).open("a", encoding="utf-8") as file:
            file.write(line)

    def save(self) -> None:
        """Writes what the run is; replaces the file whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        value = {
            "plan": asdict(self.plan),
            "began": self.began.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
        }
        made = self.folder / f"{RUN}.new"
        made.write_text(json.dumps(value, ensure_ascii=False, indent=1), encoding="utf-8")
        made.replace(self.folder / RUN)

    def drop_if_empty(self) -> None:
        """Leaves nothing of a run in which no case was finished: nothing was measured."""
        if not self.results:
            shutil.rmtree(self.folder, ignore_errors=True)


class Runs:
    """The runs that are kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def begin(self, plan: Plan) -> Run:
        """A new run of a plan, with a folder of its own."""
        now = datetime.now(UTC)
        stem = f"{now:%Y%m%d-%H%M%S}-{plan.suite}"
        for number in count(1):
            path = self.folder / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            break
        return Run(path, plan, now)

    def unfinished(self, plan: Plan) -> Run | None:
        """The latest run of exactly this plan that did not come to its end."""
        for run in reversed(list(self.all())):
            if run.plan == plan and run.ended is None:
                return self.load(run.folder)
        return None

    def all(self, suite: str | None = None) -> Iterator[Run]:
        """The runs, oldest first, without their results."""
        for path in sorted(self.folder.glob(f"*/{RUN}")):
            run = _read(path)
            if run is not None and (suite is None or run.plan.suite == suite):
                yield run

    def find(self, reference: str = "last", suite: str | None = None) -> Run:
        """A run by its id, a part of it that is in no other's, or `last`. Raises EvalRunNotFound."""
        found = list(self.all(suite))
        if not found:
            raise EvalRunNotFound("Nothing was run yet." if suite is None else f"{suite} was not run yet.")
        if reference == "last":
            return self.load(found[-1].folder)
        fitting = [run for run in found if run.id == reference] or [run for run in found if reference in run.id]
        if len(fitting) != 1:
            names = ", ".join(run.id for run in (fitting or found)[-5:])
            what = "Several runs fit" if fitting else "No run fits"
            raise EvalRunNotFound(f"{what} '{reference}': {names}.")
        return self.load(fitting[0].folder)

    def load(self, folder: Path) -> Run:
        """A run with its results. A line that a kill cut off is left out, and cut off the file."""
        run = _read(folder / RUN)
        if run is None:
            raise EvalRunNotFound(f"{folder} holds no run.")
        path = folder / RESULTS
        if not path.exists():
            return run
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        if len(whole) < len(data):
            os.truncate(path, len(whole))
        seen: set[tuple[str, int]] = set()
        # Not splitlines: what a model said may hold U+2028 as it is.
        for line in filter(None, whole.decode("utf-8").split("\n")):
            result = Result.of(json.loads(line))
            if (result.case, result.epoch) not in seen:
                seen.add((result.case, result.epoch))
                run.results.append(result)
        return run


def _read(path: Path) -> Run | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        ended = value["ended"]
        return Run(
            path.parent,
            Plan.of(value["plan"]),
            datetime.fromisoformat(value["began"]),
            datetime.fromisoformat(ended) if ended else None,
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None  # another program's file, or one of an older version of this one
