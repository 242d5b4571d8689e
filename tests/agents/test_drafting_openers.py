"""What a letter opens with where a test asks for a style, and what style it then says that it has."""

import pytest

from agents.drafting_openers import openers, read_facts, reminders, style_of

COMPANY = [
    {"number": 1, "field": "company_metrics", "sentence": "Harbor Labs has about 320 employees."},
    {"number": 2, "field": "hiring_signals", "sentence": "Harbor Labs has an opening for a QA Engineer."},
]


@pytest.mark.parametrize(
    ("style", "rests_on"),
    [(None, [2]), ("activity_reference", [2]), ("company_metric", [1]), ("career_reference", [2])],
)
def test_the_style_that_is_asked_for_where_the_facts_allow_it(style: str | None, rests_on: list[int]) -> None:
    found = openers(read_facts(COMPANY), style)
    assert found
    assert all(numbers == rests_on for _text, numbers in found)


def test_a_style_that_no_fact_allows_is_another_and_says_so() -> None:
    found = openers(read_facts(COMPANY[1:]), "company_metric")
    assert found
    assert {style_of(text) for text, _numbers in found} == {"activity_reference"}
    assert {style_of(text) for text, _numbers in openers(read_facts(COMPANY), "company_metric")} == {"company_metric"}


def test_that_somebody_plays_football_is_no_reason_to_write() -> None:
    facts = read_facts(
        [{"number": 1, "field": "facility", "sentence": "Harbor State plays its home football at Lakeside Field."}]
    )
    told = [text for text, numbers in reminders(facts) if numbers == [1]]
    assert len(told) == 3
    assert not [text for text in told if "because" in text]
