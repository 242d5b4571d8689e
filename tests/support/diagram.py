"""The diagram of docs/architecture.md: `python -m tests.support.diagram` draws it anew, with Graphviz (`dot`).

Its nodes and arrows are the import contract's and the compiled graphs' own. Kept here is how they look, and which node
starts threads of another graph.
"""

import subprocess
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree

from agents.models import ModelSettings
from graphs.contact import Graph, build_contact_graph, build_reply_graph
from graphs.nodes import Machine
from graphs.orchestrator import build_goal_graph, build_orchestrator

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docs" / "pictures" / "architecture.svg"
NOBODY: Any = None
"""In the place of databases and servers: a graph is built, and none of its nodes is called."""
MORE_WORDS = {"contact_approval": "approval: you", "contact_outreach": "outreach:\ninto the outbox"}
"""What a node says where its name is not enough."""
THREADS = {"orchestrator_replies": "reply_start", "orchestrator_contacts": "contact_start"}
"""The nodes that start threads of another graph, and where those begin."""
SVG = "http://www.w3.org/2000/svg"
FONT = 'fontname="Helvetica,Arial,sans-serif" fontsize=14'
SETTINGS = f"""
graph [{FONT} ranksep=0.36 nodesep=0.2 pad=0.1 compound=true newrank=true style=rounded]
node [{FONT} shape=box style=rounded width=0.5 height=0.36 margin="0.11,0.04"]
edge [arrowsize=0.7]
"""
LOOKS = {"imports": "penwidth=3", "follows": "", "starts": "style=dashed minlen=2"}
STYLE = """
.graph > polygon { fill: #fff; }
.cluster path { fill: #f6f8fa; stroke: #d0d7de; }
.node path { fill: #fff; stroke: #57606a; }
.you path { fill: #fff3c4; stroke: #9a6700; }
.edge path, .edge polygon { stroke: #57606a; }
.edge polygon { fill: #57606a; }
text { fill: #1f2328; }
.cluster text { font-weight: bold; }
@media (prefers-color-scheme: dark) {
  .graph > polygon { fill: #131416; }
  .cluster path { fill: #1f2226; stroke: #3d4248; }
  .node path { fill: #131416; stroke: #9ca0a5; }
  .you path { fill: #4a3800; stroke: #d4a72c; }
  .edge path, .edge polygon { stroke: #9ca0a5; }
  .edge polygon { fill: #9ca0a5; }
  text { fill: #e6e8ea; }
}
"""


class Arrow(NamedTuple):
    """A package `imports` the next, a node of a graph `follows` another, or one `starts` threads of another graph."""

    kind: str
    source: str
    target: str


def graphs() -> list[Graph]:
    machine = Machine(NOBODY, NOBODY, ModelSettings(name="rules"))
    return [
        build_goal_graph(machine),
        build_orchestrator(machine, NOBODY, NOBODY),
        build_reply_graph(machine, NOBODY),
        build_contact_graph(machine, NOBODY),
    ]


def layers() -> list[str]:
    """The packages from the top to the leaves; the leaves are one entry."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = settings["tool"]["importlinter"]["contracts"]
    return [layer.replace(" | ", "\n") for layer in contract["layers"]]


def boxes() -> dict[str, dict[str, str]]:
    """By group, what each of its nodes says, in the order of a run."""
    found = {"packages": {_package(layer): layer for layer in layers()}}
    for graph in graphs():
        names = {_node(graph, name): _word(name) for name in graph.get_graph().nodes}
        found[graph.name] = {node: MORE_WORDS.get(node, word) for node, word in names.items()}
    return found


def arrows() -> list[Arrow]:
    names = [_package(layer) for layer in layers()]
    found = [Arrow("imports", *pair) for pair in pairwise(names)]
    for graph in graphs():
        edges = graph.get_graph().edges
        found += [Arrow("follows", _node(graph, edge.source), _node(graph, edge.target)) for edge in edges]
    return found + [Arrow("starts", *pair) for pair in THREADS.items()]


def _package(layer: str) -> str:
    return "leaves" if "\n" in layer else layer


def _node(graph: Graph, name: str) -> str:
    return f"{graph.name}_{name.strip('_')}"


def _word(name: str) -> str:
    return name.strip("_").capitalize() if name.startswith("__") else name


def source() -> str:
    """The diagram in Graphviz's language. It is laid out from the top down by the order of the statements."""
    return "\n".join(["digraph architecture {", SETTINGS, *_statements(), "}"])


def _statements() -> Iterator[str]:
    for group, nodes in boxes().items():
        yield f'subgraph cluster_{group} {{ label="{group}"'
        for node, words in nodes.items():
            label = words.replace("\n", r"\n")
            yield f'{node} [label="{label}" class="{"you" if node == "contact_approval" else ""}"]'
        yield "}"
    place = {node: at for at, node in enumerate(node for nodes in boxes().values() for node in nodes)}
    for arrow in sorted(arrows(), key=lambda one: (place[one.source], place[one.target])):
        into = f"lhead=cluster_{arrow.target.partition('_')[0]}" if arrow.kind == "starts" else ""
        yield f'{arrow.source} -> {arrow.target} [class="{arrow.kind}" {LOOKS[arrow.kind]} {into}]'
    yield "leaves -> goal_start [style=invis]"  # one below the other: side by side they would be too wide for a page


def draw() -> None:
    """Writes the picture: what Graphviz lays out, in colours for a light page and for a dark one."""
    made = subprocess.run(["dot", "-Tsvg"], input=source(), capture_output=True, text=True, check=True).stdout
    ElementTree.register_namespace("", SVG)
    svg = ElementTree.fromstring(made)  # noqa: S314 (our own)
    for side in ("width", "height"):
        svg.attrib[side] = svg.attrib[side].removesuffix("pt")
    style = ElementTree.Element(f"{{{SVG}}}style")
    style.text = STYLE
    svg.insert(0, style)
    FILE.write_text(ElementTree.tostring(svg, encoding="unicode") + "\n", encoding="utf-8")


def drawn() -> tuple[dict[str, str], list[Arrow]]:
    """What the picture shows: what each node says, and the arrows. Graphviz names both in titles."""
    nodes, found = {}, []
    for part in ElementTree.parse(FILE).iter(f"{{{SVG}}}g"):  # noqa: S314 (our own)
        what, _, kind = part.attrib["class"].partition(" ")
        title = part.findtext(f"{{{SVG}}}title", "")
        if what == "node":
            nodes[title] = "\n".join(text.text or "" for text in part.iter(f"{{{SVG}}}text"))
        elif what == "edge":
            found.append(Arrow(kind, *title.split("->")))
    return nodes, found


if __name__ == "__main__":
    draw()
