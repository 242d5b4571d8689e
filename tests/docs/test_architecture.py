"""The diagram of docs/architecture.md is what the packages and the graphs are."""

import re
from pathlib import Path

import pytest

from tests.support.diagram import FILE, arrows, boxes, drawn

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
STALE = "python -m tests.support.diagram draws it anew, with Graphviz: first what is missing, then what is too much"


def test_the_arrows_are_the_import_contract_and_the_edges_of_the_compiled_graphs() -> None:
    _, shown = drawn()
    assert (set(arrows()) - set(shown), set(shown) - set(arrows())) == (set(), set()), STALE
    assert len(shown) == len(arrows())


def test_the_boxes_are_the_packages_and_the_nodes_of_the_compiled_graphs() -> None:
    shown, _ = drawn()
    said = {node: words for nodes in boxes().values() for node, words in nodes.items()}
    assert (said.items() - shown.items(), shown.items() - said.items()) == (set(), set()), STALE


def test_the_page_shows_the_diagram() -> None:
    assert f"](pictures/{FILE.name})" in PAGE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(\w[\w/]*/[\w./]*)`", PAGE))))
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()
