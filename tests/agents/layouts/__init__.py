"""Layouts with the right mapping beside them, to measure a mapping by.

`exports.json` holds real header rows of Apollo and HubSpot exports (facts); the rest is invented.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """One file: its columns with their values, and the fields that each may fill ('-' for none)."""

    name: str
    entity: str
    values: dict[str, list[str]]
    right: dict[str, frozenset[str]]


def layouts(name: str = "unseen.txt") -> Iterator[Layout]:
    """The layouts of a file beside this one; its first lines say how it is written."""
    for block in (Path(__file__).parent / name).read_text(encoding="utf-8").split("\n## ")[1:]:
        title, header, fields, *rows = block.strip().split("\n")
        named, _, entity = title.rpartition(", ")
        columns = header.split("|")
        cells = [row.split("|") for row in rows]
        values = {column: [row[i] for row in cells if row[i]] for i, column in enumerate(columns)}
        right = {c: frozenset(f.split("/")) for c, f in zip(columns, fields.split("|"), strict=True)}
        yield Layout(named, entity, values, right)
