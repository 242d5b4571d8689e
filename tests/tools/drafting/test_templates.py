"""A variable without a value takes its sentence with it; nothing else goes, and nothing is left blank."""

import pytest

from tools.drafting.templates import fill, variables_of


@pytest.mark.parametrize(
    ("template", "values", "expected"),
    [
        ("Hi {{a}},\n\nB.", {"a": "Jo"}, "Hi Jo,\n\nB."),
        ("One {{a}}. Two {{b}}.", {"b": "2"}, "Two 2."),
        ("{{a}} {{b}}", {"b": "Whole sentence."}, "Whole sentence."),
        ("{{a}}\n\nStays.", {"a": None}, "Stays."),
        ("{{a}}\n\nStays.", {"a": "  "}, "Stays."),
        ("Best,\n{{name}}", {"name": "Dana"}, "Best,\nDana"),
        ("At St. {{a}} field. Next.", {}, "Next."),
    ],
)
def test_fill(template: str, values: dict[str, str | None], expected: str) -> None:
    assert fill(template, values) == expected


def test_a_value_is_not_read_as_a_template() -> None:
    assert fill("{{a}}", {"a": "{{b}}", "b": "no"}) == "{{b}}"


def test_variables_are_listed_once_in_order() -> None:
    assert variables_of("{{b}} {{ a }} {{b}}") == ["b", "a"]
