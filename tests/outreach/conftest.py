"""The command line as a person meets it: a home folder of its own, nothing from this machine's environment."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from db.access import Database
from db.actors import acting_as
from outreach.cli import app

Outreach = Callable[..., Result]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder, set in the environment; the current folder has no .env."""
    for name in list(os.environ):
        if name.startswith(("OUTREACH_", "OPENAI_")):
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("OUTREACH_HOME", str(folder))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    return folder


@pytest.fixture
def outreach(home: Path) -> Outreach:
    """`outreach("status", "--json")` runs a command and gives its exit code, stdout and stderr."""

    def run(*args: str) -> Result:
        result = CliRunner().invoke(app, list(args), prog_name="outreach")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def database(home: Path, migrated_sqlite: Path) -> Iterator[Database]:
    """The migrated database of the home folder, open as a person."""
    path = home / "outreach.db"
    shutil.copyfile(migrated_sqlite, path)
    with Database(f"sqlite:///{path}", "user") as found, acting_as("user:test"):
        yield found


@pytest.fixture
def leftovers() -> Iterator[None]:
    """What a test left in circles is collected at its end, under its own filters of warnings."""
    yield
    gc.collect()
