"""What the suites of hygiene and of the researcher call right and wrong."""

from typing import Any

import pytest

from evals.suites.hygiene_duplicates.task import TASK as DOUBLES
from evals.suites.hygiene_titles.task import TASK as TITLES
from evals.suites.researcher.task import TASK as PAGES


@pytest.mark.parametrize(
    ("same", "outcome", "passed", "marks"),
    [
        (True, "merged", True, {"decided", "merged", "found", "merged_right", "merged_right_by_code"}),
        (True, "flagged", False, {"found"}),
        (True, "apart", False, {"decided"}),
        (False, "apart", True, {"decided", "kept"}),
        (False, "flagged", False, {"kept"}),
        (False, "merged", False, {"decided"}),
        (False, "not taken", False, set()),
    ],
)
def test_a_flag_is_neither_a_merge_nor_a_miss(same: bool, outcome: str, passed: bool, marks: set[str]) -> None:
    given = DOUBLES.input.model_validate(
        {"kind": "person", "playbook": "qa-software", "a": {"name": "Kim Lee"}, "b": {"name": "Kim Lee"}}
    )
    got = {"outcome": outcome, "by": "hygiene", "verdict": None}
    judged = DOUBLES.judge(given, DOUBLES.expected(same=same), got)
    assert judged.passed is passed
    assert {name for name, mark in judged.marks.items() if mark} == marks


@pytest.mark.parametrize(
    ("expected", "persona", "level", "role", "passed"),
    [
        ({"persona_type": "CFO", "seniority_level": "C-Suite"}, "CFO", "C-Suite", "decision_maker", True),
        ({"persona_type": "CFO", "seniority_level": "C-Suite"}, "CFO", "VP", "decision_maker", False),
        ({"persona_type": "CFO"}, "CFO", "VP", "decision_maker", True),
        ({"persona_type": None}, None, None, None, True),
        ({"persona_type": None}, "Other", None, "unknown", True),
        ({"persona_type": None}, "Other", None, "influencer", False),
        ({"persona_type": None}, "CFO", None, "unknown", False),
        ({"persona_type": "Other"}, "Other", None, "unknown", True),
        ({"persona_type": "Other", "seniority_level": None}, "Other", "IC", "unknown", False),
    ],
)
def test_what_a_title_does_not_say_is_not_judged(
    expected: dict[str, Any], persona: str | None, level: str | None, role: str | None, passed: bool
) -> None:
    got = {"persona_type": persona, "seniority_level": level, "role": role}
    judged = TITLES.judge(TITLES.input(title="x"), TITLES.expected.model_validate(expected), got)
    assert judged.passed is passed


def page(facts: list[dict[str, str]]) -> Any:
    """The judgement on these kept facts of a page that says one thing of the school and one of another."""
    text = "Oak Field was opened in 1974.\nElm Field of Elmwood seats 7,200."
    given = PAGES.input.model_validate(
        {
            "organisation": {"name": "Oakmont High School", "domain": "oakmont.example"},
            "playbook": "sports-lighting",
            "kind": "facility_page",
            "url": "https://oakmont.example/field",
            "fetched": "2026-03-04",
            "format": "text",
            "page": text,
        }
    )
    wanted = {"about": "opened", "must_contain": ["1974"], "quote": "Oak Field was opened in 1974."}
    expected = PAGES.expected.model_validate({"facts": [wanted], "must_not": ["7,200"]})
    return PAGES.judge(given, expected, {"text": text, "facts": facts})


def test_a_fact_is_found_by_its_words_and_its_passage() -> None:
    found = page([{"sentence": "It opened in 1974.", "quote": "opened in 1974"}])
    assert found.passed
    assert found.marks == {"found": (1.0, 1.0), "any_found": True, "clean": (1.0, 1.0), "verbatim": (1.0, 1.0)}
    assert page([{"sentence": "It has 1974 seats.", "quote": "Elm Field of Elmwood seats"}]).marks["found"] == (
        0.0,
        1.0,
    )


def test_what_is_anothers_or_made_up_is_wrong() -> None:
    others = page([{"sentence": "It seats 7,200.", "quote": "Elm Field of Elmwood seats 7,200."}])
    assert (others.marks["clean"], others.marks["verbatim"]) == ((0.0, 1.0), (1.0, 1.0))
    made_up = page([{"sentence": "It opened in 1974.", "quote": "Oak Field opened in May 1974."}])
    assert made_up.marks["verbatim"] == (0.0, 1.0)
    assert len(others.wrong) == len(made_up.wrong) + 1 == 2
