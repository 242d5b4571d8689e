"""What the linter says, and where in a playbook's files a key stands."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple

Loc = tuple[str | int, ...]
"""A key of a playbook, from the outside in: ('statements', 3, 'text')."""
Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: in which file and line, at which key, what, why it matters, and how to mend it.

    An error keeps the playbook, or a part of it, from working; a warning is to know of. `line` counts from 1, and is
    None where the whole file is meant.
    """

    level: Level
    file: str
    line: int | None
    key: str
    wrong: str
    why: str
    mend: str


class Doubt(NamedTuple):
    """A finding whose place in the files is not yet looked up."""

    level: Level
    loc: Loc
    wrong: str
    why: str
    mend: str


Doubts = Iterator[Doubt]


def key_of(loc: Sequence[str | int]) -> str:
    """A key as it is said: 'statements.4.text', where the fourth statement is meant."""
    return ".".join(str(part + 1) if isinstance(part, int) else part for part in loc)


@dataclass
class Places:
    """Where each key of the files stands. Lists that sequences.toml adds to count on from those of playbook.toml."""

    lines: dict[str, dict[Loc, int]] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)

    def read(self, path: Path, data: dict[str, object]) -> None:
        """Learns the keys of one file, and how many entries its lists have."""
        self.lines[path.name] = lines_of(path.read_text(encoding="utf-8"))
        if path.name == "playbook.toml":
            self.added = {k: len(v) for k, v in data.items() if k in ("statements", "editions") and isinstance(v, list)}

    def of(self, loc: Loc) -> tuple[str, int | None]:
        """The file and line of a key, or of what it would stand in."""
        file = "playbook.toml"
        first = loc[0] if loc else ""
        if len(loc) > 1 and isinstance(loc[1], int) and loc[1] >= self.added.get(str(first), loc[1] + 1):
            file, loc = "sequences.toml", (first, loc[1] - self.added[str(first)], *loc[2:])
        elif (first,) not in self.lines.get(file, {}) and (first,) in self.lines.get("sequences.toml", {}):
            file = "sequences.toml"
        return file, nearest(self.lines.get(file, {}), loc)


def nearest(lines: dict[Loc, int], loc: Loc) -> int | None:
    """The line of a key, or of the nearest one around it."""
    while loc:
        if loc in lines:
            return lines[loc]
        loc = loc[:-1]
    return None


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]+?)\s*\]\]?\s*")
_KEY = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[\w-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[\w-]+))*)\s*=""")
_PART = re.compile(r""""([^"]*)"|'([^']*)'|([\w-]+)""")
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"|'[^']*'|#.*""")
_LONG = ('"""', "'''")


def lines_of(text: str) -> dict[Loc, int]:
    """The line of each table and each key that begins a line, from a text that is valid TOML."""
    found: dict[Loc, int] = {}
    count: dict[Loc, int] = {}
    table: Loc = ()
    until, depth = "", 0
    for number, line in enumerate(text.split("\n"), start=1):
        if until:
            until = "" if until in line else until
            continue
        bare = _QUOTED.sub("", line) if not any(mark in line for mark in _LONG) else line
        if not depth:
            if header := _HEADER.fullmatch(bare if '"' not in line else line.split("#")[0]):
                table = _table(_parts(header[2]), header[1] == "[[", count)
                found.setdefault(table[:1], number)
                found.setdefault(table, number)
                continue
            if key := _KEY.match(line):
                found.setdefault((*table, *_parts(key[1])), number)
        opened = next((mark for mark in _LONG if mark in line), "")
        if opened and line.count(opened) == 1:
            until = opened
        elif not opened:
            depth += sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}")
    return found


def _parts(text: str) -> tuple[str, ...]:
    return tuple("".join(match) for match in _PART.findall(text))


def _table(parts: tuple[str, ...], one_of_many: bool, count: dict[Loc, int]) -> Loc:
    if not one_of_many:
        return parts
    count[parts] = count.get(parts, -1) + 1
    return (*parts, count[parts])
