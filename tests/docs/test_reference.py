"""docs/reference says what the code has."""

import pytest

from tests.support.reference_pages import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_the_one_that_the_code_makes(name: str) -> None:
    same = (FOLDER / name).read_text(encoding="utf-8") == PAGES[name]()
    assert same, f"docs/reference/{name} is stale: python -m tests.support.reference_pages makes it anew"
