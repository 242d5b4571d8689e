"""The diagram in docs/architecture.md is what the packages and the graphs are."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agents.models import ModelSettings
from graphs.contact import Graph, build_contact_graph, build_reply_graph
from graphs.nodes import Machine
from graphs.orchestrator import build_goal_graph, build_orchestrator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
NODE = r"\w+(?:\[[^\]]*\]|\(\[[^\]]*\]\))?"
DRAW = "draw it so in docs/architecture.md: first what is missing there, then what is too much"
NOBODY: Any = None
"""In the place of databases and servers: a graph is built, and none of its nodes is called."""


def drawn(arrow: str) -> list[tuple[str, str]]:
    """The arrows of one kind, from and to, without the labels."""
    found = re.findall(rf"^ +({NODE}) {arrow} ({NODE})$", PAGE, flags=re.MULTILINE)
    return [(re.split(r"\W", source)[0], re.split(r"\W", target)[0]) for source, target in found]


def graphs() -> list[Graph]:
    machine = Machine(NOBODY, NOBODY, ModelSettings(name="rules"))
    return [
        build_goal_graph(machine),
        build_orchestrator(machine, NOBODY, NOBODY),
        build_reply_graph(machine, NOBODY),
        build_contact_graph(machine, NOBODY),
    ]


def test_thin_arrows_are_the_edges_of_the_compiled_graphs() -> None:
    edges = [
        (f"{graph.name}_{edge.source.strip('_')}", f"{graph.name}_{edge.target.strip('_')}")
        for graph in graphs()
        for edge in graph.get_graph().edges
    ]
    assert (set(edges) - set(drawn("-->")), set(drawn("-->")) - set(edges)) == (set(), set()), DRAW
    assert len(drawn("-->")) == len(edges)


def test_thick_arrows_are_the_import_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    *layers, leaves = contract["layers"]
    assert drawn("==>") == list(zip(layers, [*layers[1:], "leaves"], strict=True))
    assert f'leaves["{leaves}"]' in PAGE


@pytest.mark.parametrize("path", sorted(set(re.findall(r"`(\w[\w/]*/[\w./]*)`", PAGE))))
def test_what_the_page_names_is_there(path: str) -> None:
    assert (ROOT / path).exists()
