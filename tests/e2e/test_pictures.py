"""The pictures of the docs show what the program says now."""

from pathlib import Path

import pytest

from tests.e2e.conftest import MakeOffice, command
from tests.support.pictures import FOLDER, IN_COLOUR, compare

MOST_BYTES = 150_000


def test_the_tree_of_a_run(after_a_run: MakeOffice, sqlite_url: str) -> None:
    office = after_a_run(sqlite_url, colleges=1)
    said = command(office, "runs", "show", "last", **IN_COLOUR)
    assert (said.returncode, said.stderr.count("\n")) == (0, 1)
    compare("run", said.stdout + said.stderr, "outreach runs show last")


@pytest.mark.parametrize("picture", sorted(FOLDER.iterdir()), ids=lambda path: path.name)
def test_a_picture_is_small_and_fetches_nothing(picture: Path) -> None:
    content = picture.read_bytes()
    assert len(content) < MOST_BYTES
    if picture.suffix == ".svg":
        text = content.decode()
        assert text.replace("http://www.w3.org/2000/svg", "").count("://") == text.count("xlink:") == 0
