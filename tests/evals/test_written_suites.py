"""The suites of drafts and of whole runs: what their judgements make of rows, and that the cases are as generated."""

import json
from pathlib import Path
from typing import Any

import pytest

from evals.suites import load_suite
from evals.suites.drafting.task import Expected, Input
from evals.suites.drafting.task import judge as judge_draft
from evals.suites.pipeline import make
from evals.suites.pipeline.task import judge as judge_run

BODY = "Hi Nell,\n\nThe lights date from 1994.\n\nIs that known?\n\nBest,\nDana"
DRAFT: dict[str, Any] = {
    "subject": "The lights",
    "body": BODY,
    "waits": True,
    "claims": [{"sentence": "The lights date from 1994.", "fact": "f1"}],
    "blocked_by": [],
}
EXPECTED = Expected(why="x", greeting="Nell", must_cite_one_of=["f1"], must_not_mention=["barn", "NELL"], max_words=12)
GIVEN = load_suite("drafting").cases()[0].input


def wrong(expected: Expected = EXPECTED, **draft: Any) -> tuple[str, ...]:
    assert isinstance(GIVEN, Input)
    got = {"draft": {**DRAFT, **draft}, "due": True, "ended": None, "verdict": None}
    return judge_draft(GIVEN, expected, got).wrong


def test_a_good_draft_passes() -> None:
    assert wrong() == ()


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        ({"body": BODY.replace("Nell", "Neil")}, "it greets 'Neil'"),
        ({"body": BODY.replace("Nell", "NELL")}, "it says 'NELL'"),
        ({"claims": [{"sentence": "The lights date from 1994.", "fact": None}]}, "rests on nothing"),
        ({"claims": [{"sentence": "Another sentence.", "fact": "f1"}]}, "rests on nothing"),
        ({"claims": []}, "none of ['f1']"),
        ({"body": BODY.replace("known", "in a Barn")}, "it says 'barn'"),
        ({"body": BODY.replace("known", "known to you and to all of them")}, "more than 12"),
        ({"body": BODY.replace("known", "known? And now")}, "2 questions"),
        ({"subject": "{{stadium_name}}"}, "left unfilled"),
        ({"waits": False, "blocked_by": ["claim.number: x"]}, "no draft waits: claim.number"),
    ],
)
def test_each_defect_of_a_draft_is_named(draft: dict[str, Any], said: str) -> None:
    assert any(said in each for each in wrong(**draft))


def test_a_draft_where_none_should_be() -> None:
    expected = Expected(why="x", no_draft=True, reason="they have left")
    assert wrong(expected) == ("a draft waits, and none should: they have left",)
    assert wrong(expected, waits=False) == ()


def test_the_cases_of_whole_runs_are_those_that_are_generated() -> None:
    path = Path(make.__file__).with_name("cases.jsonl")
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == make.cases()


def test_a_run_is_judged_person_by_person() -> None:
    case = load_suite("pipeline").cases()[0]
    people = {name: list(fates) for name, fates in case.expected.people.items()}  # type: ignore[attr-defined]
    got = {
        "people": people,
        "count": case.expected.count,  # type: ignore[attr-defined]
        "organisations": case.expected.organisations,  # type: ignore[attr-defined]
        "barred_drafts": 0,
        "gaps": [],
    }
    assert judge_run(case.input, case.expected, got).passed  # type: ignore[arg-type]
    name = next(iter(people))
    for change, said in (
        ({"people": {**people, name: ["suppressed"]}}, f"{name}: suppressed, not"),
        ({"people": {**people, "Una Other": ["waiting"]}}, "Una Other is there"),
        ({"organisations": 9}, "9 organisations, not"),
        ({"barred_drafts": 1}, "1 drafts to people who may not be written to"),
        ({"gaps": ["qc is running"]}, "qc is running"),
    ):
        found = judge_run(case.input, case.expected, {**got, **change})  # type: ignore[arg-type]
        assert any(said in each for each in found.wrong)
