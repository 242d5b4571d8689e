"""`outreach config` shows what is in force, where it came from, and no secret."""

import json
from pathlib import Path
from typing import Any

import pytest

from outreach.commands.config import _MEANING
from outreach.settings import Settings
from tests.outreach.conftest import Outreach


def shown(outreach: Outreach, *args: str) -> dict[str, dict[str, Any]]:
    result = outreach(*args, "config", "--json")
    assert result.exit_code == 0, result.stderr
    return {row["name"]: row for row in json.loads(result.stdout)}


def test_every_setting_is_shown_and_explained(outreach: Outreach) -> None:
    assert set(shown(outreach)) == set(Settings.model_fields) == set(_MEANING)


def test_where_each_value_came_from(outreach: Outreach, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "config.toml").write_text('model = "from-toml"\nuser = "toml"\nconcurrency = 3\nplaybook = "toml"\n')
    Path(".env").write_text("OUTREACH_USER=dotenv\nOUTREACH_CONCURRENCY=4\nOUTREACH_PLAYBOOK=dotenv\n")
    monkeypatch.setenv("OUTREACH_CONCURRENCY", "5")
    monkeypatch.setenv("OUTREACH_PLAYBOOK", "environment")
    rows = shown(outreach, "--playbook", "qa-software")
    assert (rows["model"]["value"], rows["model"]["origin"]) == ("from-toml", str(home / "config.toml"))
    assert (rows["user"]["value"], rows["user"]["origin"]) == ("dotenv", ".env")
    assert (rows["concurrency"]["value"], rows["concurrency"]["origin"]) == (5, "environment")
    assert (rows["playbook"]["value"], rows["playbook"]["origin"]) == ("qa-software", "command line")
    assert (rows["log_level"]["value"], rows["log_level"]["origin"]) == ("warning", "default")
    assert rows["database_url"]["value"] == f"sqlite:///{home / 'outreach.db'}"
    assert rows["openai_api_key"]["value"] is None


def test_home_on_the_command_line_brings_its_own_file(outreach: Outreach, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.toml").write_text('user = "Other"\n')
    rows = shown(outreach, "--home", str(other))
    assert (rows["home"]["value"], rows["home"]["origin"]) == (str(other), "command line")
    assert rows["user"]["value"] == "Other"


def test_no_secret_is_shown(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-s3cret")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:s3cret@models.example/v1")
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "postgresql://me:s3cret@db.example/o")
    monkeypatch.setenv("OUTREACH_SMTP_URL", "smtps://me:s3cret@smtp.example:465")
    monkeypatch.setenv("OUTREACH_IMAP_URL", "imaps://me:s3cret@imap.example")
    for args in (["config"], ["config", "--json"]):
        result = outreach(*args)
        assert result.exit_code == 0
        assert "s3cret" not in result.output
        assert "postgresql://me:***@db.example/o" in result.stdout
    rows = shown(outreach)
    assert rows["openai_api_key"]["value"] == "***"
    assert rows["smtp_url"]["value"] == "smtps://me:***@smtp.example:465"
    assert rows["checkpoint_url"]["value"] == "postgresql://me:***@db.example/o"


def test_a_misspelt_setting_in_the_file_is_named(outreach: Outreach, home: Path) -> None:
    (home / "config.toml").write_text('modell = "x"\n')
    result = outreach("config")
    assert result.exit_code == 1
    assert "settings that do not exist: modell" in result.stderr


@pytest.mark.parametrize("data", [b"\xff", b"a = " + b"9" * 5000, b"a = " + b"[" * 5000])
def test_files_of_settings_that_are_none_are_named(outreach: Outreach, home: Path, tmp_path: Path, data: bytes) -> None:
    (home / "config.toml").write_bytes(data)
    result = outreach("config")
    assert result.exit_code == 1
    assert "config.toml is not valid TOML" in result.stderr.replace("\n", "")
    (home / "config.toml").unlink()
    (tmp_path / ".env").write_bytes(b"OUTREACH_USER=\xff")
    assert ".env is not UTF-8 text" in outreach("config").stderr.replace("\n", "")


def test_bytes_that_are_no_text_are_refused(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_USER", "k\udcff")
    assert "no UTF-8" in outreach("config").stderr
    monkeypatch.delenv("OUTREACH_USER")
    result = outreach("runs", "show", "k\udcff")
    assert (result.exit_code, "Argument 3 is no UTF-8 text" in result.stderr) == (2, True)
