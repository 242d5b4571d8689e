"""Reads and checks the cases of a suite: JSON lines, one case each."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evals.tasks import Case, Task
from tools.plain_json import BadJson, read_json


class BadCases(ValueError):
    """A file of cases cannot be used. `problems` has a sentence for each, with the file and the number of its line."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _Line(BaseModel):
    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
    input: dict[str, Any]
    expected: dict[str, Any]
    tags: list[str] = []
    source: str = Field(min_length=1)
    group: str | None = None


def read_cases(paths: Iterable[Path], task: Task[Any, Any]) -> list[Case]:
    """All cases of the files, in their order. Raises BadCases with everything that is wrong in them."""
    problems: list[str] = []
    cases: list[Case] = []
    seen: dict[str, str] = {}
    alike: dict[str, str] = {}
    for path in paths:
        try:
            lines = path.read_text(encoding="utf-8").split("\n")  # a JSON string may hold U+2028 as it is
        except UnicodeDecodeError as exc:
            raise BadCases([f"{path.name} cannot be read: it is no UTF-8 text."]) from exc
        except OSError as exc:
            raise BadCases([f"{path.name} cannot be read: {exc.strerror or exc}."]) from exc
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"{path.name}, line {number}"
            case = _case(line, where, task, problems)
            if case is None:
                continue
            if case.id in seen:
                problems.append(f"{where}: the id {case.id} stands in {seen[case.id]} already.")
            seen.setdefault(case.id, where)
            same = json.dumps(case.input.model_dump(mode="json"), sort_keys=True)
            if same in alike:
                problems.append(f"{where}: {case.id} has the same input as {alike[same]}.")
            alike.setdefault(same, case.id)
            cases.append(case)
    if problems:
        raise BadCases(problems)
    return cases


def _case(line: str, where: str, task: Task[Any, Any], problems: list[str]) -> Case | None:
    try:
        raw = read_json(line)
    except BadJson as exc:
        problems.append(f"{where}: it is not JSON: {exc}.")
        return None
    if not isinstance(raw, dict):
        problems.append(f"{where}: a case is a JSON object, {{…}}.")
        return None
    try:
        line_read = task.reads(raw) if task.reads else raw
        if line_read is None:
            return None
        given = _Line.model_validate(line_read)
    except ValidationError as exc:
        problems.extend(_told(exc, where, ""))
        return None
    except KeyError as exc:
        problems.append(f"{where}: {exc} is missing.")
        return None
    except (TypeError, ValueError) as exc:
        problems.append(f"{where}: {type(exc).__name__}: {exc}.")
        return None
    found: dict[str, Any] = {}
    for name, model in (("input", task.input), ("expected", task.expected)):
        try:
            found[name] = model.model_validate(getattr(given, name))
        except ValidationError as exc:
            problems.extend(_told(exc, f"{where} ({given.id})", name))
    if len(found) < 2:
        return None
    return Case(
        given.id, found["input"], found["expected"], tuple(given.tags), given.source, given.group or given.id, raw
    )


def _told(exc: ValidationError, where: str, part: str) -> list[str]:
    told = []
    for error in exc.errors():
        path = ".".join(str(p) for p in (part, *error["loc"]) if p != "")
        message = "there is no such field" if error["type"] == "extra_forbidden" else error["msg"]
        told.append(f"{where}: {path or 'the line'}: {message}.")
    return told


def by_hash(cases: Sequence[Case], most: int | None) -> list[Case]:
    """The cases that a smaller run takes: always the same of a set, whatever their order, and growing with `most`."""
    if most is None or most >= len(cases):
        return list(cases)
    chosen = {case.id for case in sorted(cases, key=lambda case: digest(case.id))[:most]}
    return [case for case in cases if case.id in chosen]


def digest(value: str | Mapping[str, Any]) -> str:
    """SHA-256 of a text, or of a mapping as JSON."""
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def dataset_hash(cases: Sequence[Case]) -> str:
    """What the cases say, as a hash: it changes with any of them, and not with their order."""
    return digest("\n".join(sorted(digest(case.raw) for case in cases)))
