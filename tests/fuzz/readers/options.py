"""Options of the command line: whole commands on a real database, with what a person may type wrong."""

import os
import sqlite3
from pathlib import Path
from typing import Any
from unittest import mock

from hypothesis import strategies as st
from typer.testing import CliRunner

from outreach.cli import app
from tests.fuzz.damage import ODD_JSON, TEXTS
from tests.fuzz.reader import Reader
from tests.fuzz.readers.steps import stage

X = "?"
"""Where a value goes."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("batch", "build", "--dry-run", "--mix", X),
    ("batch", "build", "--dry-run", "--size", X, "--seed", X),
    ("batch", "build", "--ab", X, "--a", X, "--b", X, "--experiment", X),
    ("batch", "show", X),
    ("batch", "drop", X, X, "--reason", X),
    ("experiment", "new", X, "--variable", "opener_style", "--a", X, "--b", X, "--baseline", "0.1", "--lift", X),
    ("experiment", "new", X, "--variable", X, "--a", "1", "--b", "2", "--baseline", X, "--lift", "0.1", "--window", X),
    (
        "experiment",
        "new",
        X,
        "--variable",
        "opener_style",
        "--a",
        X,
        "--b",
        "2",
        "--baseline",
        "0.1",
        "--lift",
        "0.1",
        "--power",
        X,
        "--alpha",
        X,
    ),
    ("experiment", "add", X, X),
    ("experiment", "show", X),
    ("report", "replies", "--by", X, "--since", X, "--until", X),
    ("report", "funnel", "--since", X, "--until", X),
    ("called", "jo@x.example", "--outcome", "connected", "--duration", X, "--at", X, "--notes", X),
    ("called", X, "--outcome", X),
    ("meeting", "booked", X, "--on", X),
    ("meeting", "list", "--json"),
    ("followups", "--limit", X, "--state", X),
    ("sequences", "--status", X),
    ("sequences", "resume", X, "--on", X),
    ("replies", "--json"),
    ("runs", "show", X),
    ("flags", "list"),
    ("--playbook", X, "status"),
)
_TYPED = (
    *TEXTS,
    *(odd for odd in ODD_JSON if len(odd) < 40),
    "qa_leaders=3",
    "qa_leaders=999999999999",
    "=",
    "qa_leaders=-1,",
    "nan",
    "inf",
    "1e-320",
    "0.0000001",
    "0.999999",
    "9" * 30,
    "-1",
    "2026-03-02T09:30",
    "4:30",
    "99999999999:59",
    "%",
    "_",
    "'; DROP TABLE contacts; --",
    "reply",
    "opener_style",
    "x",
)
_VALUES = tuple(one for one in _TYPED if "\0" not in one and len(one) < 5000)


def _command(args: tuple[str, ...], folder: Path) -> Any:
    home = folder / "home"
    if not home.exists():
        home.mkdir()
        with sqlite3.connect(home / "outreach.db") as copy:
            stage().world.reset("options")
            stage().world._raw.backup(copy)
        copy.close()
    with mock.patch.dict(os.environ, {"OUTREACH_HOME": str(home), "COLUMNS": "80", "NO_COLOR": "1"}, clear=True):
        result = CliRunner().invoke(app, list(args), prog_name="outreach")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2, 3), result.exit_code
    assert result.exit_code == 0 or result.stderr.strip(), "it ends without a word"
    return "".join(char for char in result.output if char.isprintable())


def _filled(command: tuple[str, ...], values: list[str]) -> tuple[str, ...]:
    left = iter(values)
    return tuple(next(left) if arg == X else arg for arg in command)


CASES = st.sampled_from(COMMANDS).flatmap(
    lambda command: st.lists(st.sampled_from(_VALUES), min_size=command.count(X), max_size=command.count(X)).map(
        lambda values: _filled(command, values)
    )
)
READERS = (
    Reader("options", _command, CASES, (("status", "--json"), ("batch", "list", "--json")), share=0.04, before=stage),
)
