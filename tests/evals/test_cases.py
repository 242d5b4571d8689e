"""Cases are read whole or refused, with the line and field that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.cases import BadCases, by_hash, dataset_hash, read_cases
from evals.suites.orchestrator_goals.task import TASK

GOOD: dict[str, Any] = {
    "id": "g-1",
    "input": {"goal": "5 drafts"},
    "expected": {"order": {"count": 5}},
    "tags": ["plain"],
    "source": "a test",
}


def read(folder: Path, *lines: Any) -> list[Any]:
    path = folder / "cases.jsonl"
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines), "utf-8")
    return read_cases([path], TASK)


def test_a_good_line_is_a_case(tmp_path: Path) -> None:
    [case] = read(tmp_path, GOOD)
    assert (case.id, case.input.goal, case.expected.order, case.group) == ("g-1", "5 drafts", {"count": 5}, "g-1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{not json", "line 2: it is not JSON"),
        ("[1]", "line 2: a case is a JSON object"),
        ({**GOOD, "id": "no spaces here"}, "line 2: id:"),
        ({**GOOD, "id": "g-2", "gaol": 1}, "line 2: gaol: there is no such field"),
        ({**GOOD, "id": "g-2", "input": {"gaol": "x"}}, "line 2 (g-2): input.gaol: there is no such field"),
        ({**GOOD, "id": "g-2", "input": {"goal": 7}}, "line 2 (g-2): input.goal:"),
        ({**GOOD, "id": "g-2", "input": {"goal": "x"}, "expected": {"order": {"count": -1}}}, "expected"),
        ({"id": "g-2", "input": {"goal": "x"}, "expected": {}}, "line 2: source: Field required"),
        ({**GOOD, "input": {"goal": "6 drafts"}}, "the id g-1 stands in cases.jsonl, line 1 already"),
        ({**GOOD, "id": "g-2"}, "g-2 has the same input as g-1"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: Any, said: str) -> None:
    with pytest.raises(BadCases) as found:
        read(tmp_path, GOOD, line)
    assert said in str(found.value)


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadCases) as found:
        read(tmp_path, "x", "y", GOOD)
    assert len(found.value.problems) == 2


def test_the_smaller_set_is_always_the_same_and_grows(tmp_path: Path) -> None:
    cases = read(tmp_path, *({**GOOD, "id": f"g-{n}", "input": {"goal": f"{n} drafts"}} for n in range(1, 40)))
    ten, twenty = {c.id for c in by_hash(cases, 10)}, {c.id for c in by_hash(cases, 20)}
    assert len(ten) == 10
    assert ten < twenty
    assert {c.id for c in by_hash(list(reversed(cases)), 10)} == ten
    assert by_hash(cases, None) == cases


def test_the_hash_is_of_what_the_cases_say(tmp_path: Path) -> None:
    two = {**GOOD, "id": "g-2", "input": {"goal": "6 drafts"}}
    one = dataset_hash(read(tmp_path, GOOD, two))
    assert dataset_hash(read(tmp_path, two, GOOD)) == one
    assert dataset_hash(read(tmp_path, GOOD, {**two, "expected": {"order": {"count": 6}}})) != one


def test_numbers_and_brackets_without_end_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadCases) as found:
        read(tmp_path, "9" * 5000, "[" * 5000, GOOD)
    assert ["it is not JSON" in problem for problem in found.value.problems] == [True, True]
