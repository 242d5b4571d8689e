"""Small whole runs for the end-to-end tests."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session as OrmSession

from db.access import Database
from graphs.runner import RunResult
from outreach.settings import Settings
from outreach.work import Session
from tests.support.pipeline import small_sample

T = TypeVar("T")


@dataclass
class Office:
    """A home with a database, and a small sample to work on."""

    settings: Settings
    files: list[dict[str, Any]]

    def run(self, limit: int | None = None) -> RunResult:
        with Session(self.settings) as session:
            return session.run(self.settings.playbook, self.files, limit)

    def carry_on(self) -> RunResult:
        with Session(self.settings) as session:
            return session.carry_on()

    def read(self, fn: Callable[[OrmSession], T]) -> T:
        with Database(self.settings.effective_database_url(), "user") as database:
            return database.read_sync(fn)


MakeOffice = Callable[..., Office]


@pytest.fixture
def make_office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MakeOffice:
    """Makes a home over a migrated database: `make_office(url, colleges=4, **settings)`."""
    monkeypatch.chdir(tmp_path)

    def make(url: str, colleges: int = 4, name: str = "home", **settings: Any) -> Office:
        home = tmp_path / name
        playbook = settings.get("playbook", "sports-lighting")
        files = small_sample(home / "files", colleges, playbook)
        return Office(Settings(home=home, database_url=url, **settings), files)

    return make
