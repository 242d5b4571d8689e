"""What a spreadsheet would reckon with, and what it would not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.csv_cells import as_it_was, harmless

FORMULAS = (
    "=1+1", "+1 513 555 0101", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "\u00a0=1", "\ufeff=1", "\u200b=1",
    "＝1", "＋1", "－1", "＠A", "﹦1", "\u22121", "|calc", " \t@x", '=HYPERLINK("http://evil.example")', "\x00=1",
)  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_what_begins_a_formula_gets_an_apostrophe(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert as_it_was(harmless(text)) == text


@pytest.mark.parametrize("text", ["", "Dana", "a=b", "1 (513) 555-0101", "'quoted'", "O'Hara", "(=1)", "1-2"])
def test_anything_else_stays(text: str) -> None:
    assert harmless(text) == text
    assert as_it_was(text) == text


def test_none_is_an_empty_cell_and_a_number_its_digits() -> None:
    assert (harmless(None), harmless(81), harmless(-3)) == ("", "81", "'-3")


@given(st.text(alphabet=st.sampled_from("'=+-@ \t\r\nab＝\u00a0|"), max_size=8))
def test_it_can_always_be_taken_back(text: str) -> None:
    assert as_it_was(harmless(text)) == text
    assert not harmless(text).lstrip(" \t\r\n\u00a0").startswith(("=", "+", "-", "@", "＝"))
