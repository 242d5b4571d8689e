"""A tree of runs as lines of text, and as JSON."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size

from outreach.console import SHORT_ID, dollars, span, visible

if TYPE_CHECKING:
    from db.queries.runs import RunNode, Sums

FOLD_BEYOND = 5
TRIMMED = 600
COLUMNS = (("status", 7), ("time", 6), ("in", 6), ("out", 6), ("cached", 6), ("cost", 7))
TYPE_COLUMN = ("type", 12)
WIDE = 110
STYLES = {"error": "red", "partial": "yellow", "running": "cyan", "waiting": "magenta", "folded": "dim"}


@dataclass(frozen=True)
class Line:
    """One line of the tree and how it is coloured."""

    text: str
    style: str = ""


def run_json(node: RunNode) -> dict[str, Any]:
    """A run with everything below it, nested, with inputs and outputs where they were loaded."""
    shown: dict[str, Any] = {
        name: getattr(node, name)
        for name in (
            *("id", "run_type", "agent_name", "status", "thread_id", "contact_id", "contact", "organisation"),
            *(
                "called",
                "model",
                "prompt_id",
                "prompt_hash",
                "attempt",
                "duration_ms",
                "started_at",
                "completed_at",
            ),
            "error_message",
        )
    }
    shown["records"] = dict(zip(("processed", "created", "updated"), node.records, strict=True))
    shown["own"] = {name: value for name, value in asdict(node.own).items() if name.startswith(("tokens", "cost"))}
    shown["total"] = asdict(node.total)
    if node.payload is not None:
        shown |= asdict(node.payload)
    shown["children"] = [run_json(child) for child in node.children]
    return shown


def title_of(node: RunNode) -> str:
    """What a step was: the agent, or the tool or model that was called."""
    if node.run_type == "model_call":
        return f"model {node.model or node.called or '?'}"
    if node.run_type == "tool_call":
        return f"tool {node.called or '?'}"
    kind = f" ({node.run_type})" if node.run_type in ("approval", "dispatch") else ""
    whom = ", ".join(part for part in (node.contact, node.organisation) if part)
    return f"{node.agent_name}{kind}{': ' + whom if whom else ''}"


@dataclass(frozen=True)
class _Layout:
    width: int
    everything: bool
    full: bool

    @property
    def columns(self) -> tuple[tuple[str, int], ...]:
        return (TYPE_COLUMN, *COLUMNS) if self.width >= WIDE else COLUMNS

    @property
    def room(self) -> int:
        return max(self.width - sum(size + 1 for _, size in self.columns), 24)

    def row(self, name: str, *values: str) -> str:
        """One line; without the type column its value, the first, is left out."""
        shown = values[len(values) - len(self.columns) :]
        cells = "".join(f" {value:>{size}}" for value, (_, size) in zip(shown, self.columns, strict=True))
        return (set_cell_size(name, self.room) + cells).rstrip()


def tree_lines(root: RunNode, width: int, *, everything: bool = False, full: bool = False) -> list[Line]:
    """The tree, one run a line, with the sums of what is below each; errors and payloads stand under their run.

    Args:
        root: the run to begin with.
        width: columns of the terminal.
        everything: show every child instead of folding many of one agent into a line.
        full: show inputs and outputs, trimmed, where they were loaded.
    """
    layout = _Layout(width, everything, full)
    head = layout.row("step", TYPE_COLUMN[0], *(name for name, _ in COLUMNS))
    return [Line(head, "bold"), *_lines(root, "", "", layout)]


def _lines(node: RunNode, first: str, rest: str, layout: _Layout) -> Iterator[Line]:
    style = STYLES.get(node.status, "")
    yield Line(layout.row(_name(node, first, layout.room), node.run_type, *_numbers(node)), style)
    below = rest + ("│  " if node.children else "   ")
    if node.error_message:
        yield from _indented("! " + node.error_message, below, layout.width, style or "yellow")
    if layout.full and node.payload is not None:
        for label, value in (("in: ", node.payload.inputs), ("out:", node.payload.outputs)):
            if value is not None:
                yield from _indented(f"{label} {_trimmed(value)}", below, layout.width, "dim")
    groups = list(_grouped(node.children, layout.everything))
    for place, group in enumerate(groups):
        last = place == len(groups) - 1
        branch, onward = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if isinstance(group, list):
            yield _folded(group, rest + branch, layout)
        else:
            yield from _lines(group, rest + branch, rest + onward, layout)


def _name(node: RunNode, first: str, room: int) -> str:
    """The step's name; an agent's run has its id behind it, to go on with."""
    attempt = f" (attempt {node.attempt})" if node.attempt > 1 else ""
    name = f"{first}{visible(title_of(node))}{attempt}"
    tail = "" if node.is_call else f" {node.id[:SHORT_ID]}"
    if cell_len(name) + len(tail) > room:
        name = set_cell_size(name, room - len(tail) - 1) + "…"
    return name + tail


def _numbers(node: RunNode) -> tuple[str, ...]:
    return node.status, span(node.duration_ms), *_sums(node.total)


def _sums(sums: Sums) -> tuple[str, str, str, str]:
    counts = (_count(sums.tokens_in), _count(sums.tokens_out), _count(sums.tokens_cached))
    return *counts, dollars(sums.cost_usd)


def _count(number: int) -> str:
    if not number:
        return ""
    if number < 100_000:
        return f"{number:,}"
    return f"{number // 1000}k" if number < 1_000_000 else f"{number / 1_000_000:.1f}M"


def _indented(text: str, below: str, width: int, style: str) -> Iterator[Line]:
    room = max(width - len(below), 20)
    for line in visible(text, lines=True).expandtabs(2).splitlines():
        for part in textwrap.wrap(line, room, drop_whitespace=False, replace_whitespace=False) or [""]:
            yield Line(below + part, style)


def _trimmed(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= TRIMMED else f"{text[:TRIMMED]} … ({len(text):,} characters; --json has all)"


def _kind(node: RunNode) -> tuple[str, str, str | None]:
    return node.run_type, node.agent_name, node.called if node.run_type == "tool_call" else None


def _grouped(children: Sequence[RunNode], everything: bool) -> Iterator[RunNode | list[RunNode]]:
    """The children in order; of each agent no more than FOLD_BEYOND are shown, those that went wrong before others,
    and the rest follows the last of them as one list."""
    if everything:
        yield from children
        return
    by_kind: dict[tuple[str, str, str | None], list[RunNode]] = {}
    for child in children:
        by_kind.setdefault(_kind(child), []).append(child)
    for group in by_kind.values():
        # To fold a single line would save nothing.
        if len(group) <= FOLD_BEYOND + 1:
            continue
        ranked = sorted(range(len(group)), key=lambda n: (not _wrong(group[n]), n))
        kept = sorted(ranked[:FOLD_BEYOND])
        group[:] = [*(group[n] for n in kept), *(group[n] for n in sorted(ranked[FOLD_BEYOND:]))]
    shown = {
        child.id: group
        for group in by_kind.values()
        for child in (group[:FOLD_BEYOND] if len(group) > FOLD_BEYOND + 1 else group)
    }
    for child in children:
        found = shown.get(child.id)
        if found is None:
            continue
        yield child
        if len(found) > FOLD_BEYOND + 1 and found[FOLD_BEYOND - 1] is child:
            yield found[FOLD_BEYOND:]


def _wrong(node: RunNode) -> bool:
    return node.status in ("error", "partial") or node.total.errors > 0


def _folded(group: Sequence[RunNode], branch: str, layout: _Layout) -> Line:
    from db.queries.runs import Sums

    sums = Sums()
    states: dict[str, int] = {}
    for node in group:
        sums.add(node.total)
        states[node.status] = states.get(node.status, 0) + 1
    first = group[0]
    what = title_of(first) if first.is_call else first.agent_name
    # One status stands in its column; several follow the name, and the name may be cut before them.
    told = "" if len(states) == 1 else ": " + ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    name = f"{branch}… {len(group):,} more {visible(what)}"
    if cell_len(name + told) > layout.room:
        name = set_cell_size(name, max(layout.room - len(told) - 1, 16)) + "…"
    status = first.status if len(states) == 1 else ""
    took = span(sum(node.duration_ms or 0 for node in group))
    return Line(layout.row(name + told, first.run_type, status, took, *_sums(sums)), STYLES["folded"])
