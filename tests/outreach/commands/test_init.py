"""`outreach init` makes everything, once."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.access import Database
from db.models import OutreachTemplate
from outreach.settings import load_settings
from tests.outreach.conftest import Outreach


def templates(home: Path) -> int:
    with Database(f"sqlite:///{home / 'outreach.db'}", "user") as database:
        return database.read_sync(lambda s: s.scalar(select(func.count()).select_from(OutreachTemplate)) or 0)


def test_it_makes_home_database_and_templates_and_says_what_is_next(outreach: Outreach, tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    result = outreach("--home", str(home), "init")
    assert result.exit_code == 0
    assert "The database is made." in result.stderr
    assert f"Next: outreach --home {home} demo" in result.stderr
    assert max(map(len, result.stderr.replace(f" --home {home}", "").splitlines())) < 80
    assert str(home) in result.stdout
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert templates(home) >= 9


def test_again_it_changes_nothing(outreach: Outreach, home: Path) -> None:
    assert outreach("init").exit_code == 0
    (home / "config.toml").write_text('user = "Rob"\n')
    before = templates(home)
    result = outreach("init")
    assert result.exit_code == 0
    assert "was there already" in result.stderr
    assert templates(home) == before
    assert load_settings().user == "Rob"


def test_the_config_file_it_writes_is_valid_and_sets_nothing(outreach: Outreach, home: Path) -> None:
    before = load_settings()
    outreach("init")
    assert (home / "config.toml").exists()
    assert load_settings() == before


def test_a_home_that_cannot_be_made_is_a_complaint(outreach: Outreach, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = outreach("--home", str(tmp_path / "file" / "home"), "init")
    assert result.exit_code == 1
    assert "cannot be made" in result.stderr
    assert "--home" in result.stderr


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite://", "needs a file"),
        ("mysql://me:s3cret@localhost/x", "not supported"),
        ("rubbish", "cannot be reached"),
        ("postgresql://me:s3cret@127.0.0.1:1/x", "cannot be reached"),
    ],
)
def test_a_database_url_that_does_not_work_is_a_complaint(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", url)
    for command in ("init", "status"):
        result = outreach(command)
        assert result.exit_code == 1
        assert words in result.stderr
        assert "s3cret" not in result.output


def test_it_makes_a_postgresql_database_too(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch, empty_database_url: str
) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", empty_database_url)
    missing = outreach("status")
    assert missing.exit_code == 1
    assert "Run: outreach init" in missing.stderr
    assert outreach("init").exit_code == 0
    assert outreach("status").exit_code == 0
