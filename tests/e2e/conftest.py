"""Small whole runs for the end-to-end tests."""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db.access import Database
from graphs.runner import RunResult
from outreach.cli import app
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.pipeline import small_sample
from tests.support.postgres import PostgresServer
from tests.support.rounds import Copy, Forks, on_postgresql, on_sqlite

T = TypeVar("T")
IN_A_ROUND = 2
"""So many contacts have the homes that are killed."""


@dataclass
class Office:
    """A home with a database, and a small sample to work on."""

    settings: Settings
    files: list[dict[str, Any]]

    def run(self, limit: int | None = None) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.run(self.settings.playbook, self.files, limit)

    def carry_on(self) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.carry_on()

    def read(self, fn: Callable[[Session], T]) -> T:
        with Database(self.settings.effective_database_url(), "user") as database:
            return database.read_sync(fn)


@dataclass
class Ended:
    """What a command printed, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def command(office: Office, *args: str, given: str | None = None, **env: str) -> Ended:
    """`outreach ARGS` without a terminal, in this process: a process of its own takes a second to start."""
    none = {name: None for name in os.environ if name.startswith(("OUTREACH_", "OPENAI_"))}
    url = office.settings.effective_database_url()
    home = {"OUTREACH_HOME": str(office.settings.home), "OUTREACH_DATABASE_URL": url}
    done = CliRunner().invoke(app, list(args), given, {**none, **home, **env}, prog_name="outreach")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ended(done.exit_code, done.stdout, done.stderr)


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


@dataclass
class Templates:
    """Homes and databases in which a run was made once, to be copied."""

    folder: Path
    migrated_sqlite: Path
    request: pytest.FixtureRequest
    """Of the whole session: the PostgreSQL server is started when it is first wanted."""

    def copy(self, office: Office, colleges: int, limit: int | None) -> None:
        """The state after one run of the rules over so many organisations, put where the office has its database.

        On PostgreSQL the checkpoints are in the database; on SQLite in a file of the home."""
        playbook, url = office.settings.playbook, office.settings.database_url
        name = f"run_{playbook.replace('-', '_')}_{colleges}_{limit}"
        if url.startswith("sqlite"):
            made = self._on_sqlite(self.folder / name, playbook, colleges, limit)
            shutil.copyfile(made / "outreach.db", url.removeprefix("sqlite:///"))
            shutil.copyfile(made / "checkpoints.db", office.settings.home / "checkpoints.db")
            return
        server: PostgresServer = self.request.getfixturevalue("postgres_server")
        migrated: str = self.request.getfixturevalue("migrated_postgres")

        def run(draft: str) -> None:
            server.drop(server.name_of(draft))
            server.create(server.name_of(draft), migrated)
            _run(Settings(home=self.folder / f"pg-{name}", database_url=draft, playbook=playbook), colleges, limit)

        target = server.name_of(url)
        server.drop(target)
        server.create(target, server.template(name, run))

    def _on_sqlite(self, home: Path, playbook: str, colleges: int, limit: int | None) -> Path:
        if not home.exists():
            draft = home.with_name(f"{home.name}.unfinished")
            draft.mkdir(parents=True)
            shutil.copyfile(self.migrated_sqlite, draft / "outreach.db")
            url = f"sqlite:///{draft / 'outreach.db'}"
            _run(Settings(home=draft, database_url=url, playbook=playbook), colleges, limit)
            draft.rename(home)
        return home


def _run(settings: Settings, colleges: int, limit: int | None) -> None:
    office = Office(settings, small_sample(settings.home / "files", colleges, settings.playbook))
    # In a thread of its own: the test that comes first may be a coroutine, and a session has its own event loop.
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(office.run, limit).result()
    assert result.complete, result.tally


@pytest.fixture(scope="session")
def templates(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path
) -> Templates:
    return Templates(tmp_path_factory.mktemp("runs"), migrated_sqlite, request)


@pytest.fixture
def after_a_run(make_office: MakeOffice, templates: Templates) -> MakeOffice:
    """Like `make_office`, with a run behind it, whose drafts wait: `after_a_run(url, colleges=4, limit=None, …)`.

    The run is made once, by the rules with the settings as they come, and copied: what is tested begins afterwards."""

    def make(url: str, colleges: int = 4, limit: int | None = None, name: str = "home", **settings: Any) -> Office:
        office = make_office(url, colleges, name, **settings)
        templates.copy(office, colleges, limit)
        return office

    return make


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Forks what is to be killed, or to meet trouble."""
    with Forks() as found:
        yield found


@pytest.fixture(scope="session")
def copies_on_sqlite(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Copy:
    """Copies of homes at the beginning of each kind of work."""
    return on_sqlite(migrated_sqlite, tmp_path_factory.mktemp("sqlite"), IN_A_ROUND)


@pytest.fixture(scope="session")
def copies_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: PostgresServer, migrated_postgres: str
) -> Iterator[Copy]:
    """The same on PostgreSQL."""
    with on_postgresql(postgres_server, migrated_postgres, tmp_path_factory.mktemp("postgresql"), IN_A_ROUND) as copy:
        yield copy
