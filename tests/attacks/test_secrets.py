"""A key that the settings hold is nowhere else: not in the tables, checkpoints, logs, messages or exports."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeOffice, Office
from tests.support.openai_server import Reply, ScriptedServer

ROOT = Path(__file__).parents[2]
KEY = "sk-planted-9f2c71d0e4"
PASSWORD = "planted-p4ssw0rd"
ECHO = Reply.error(401, f"Incorrect API key provided: {KEY}. You can find your key in the settings.")
GARBLED = Reply.garbage(f"<html>Authorization: Bearer {KEY}".encode())


def ran(office: Office, server: ScriptedServer, *args: str, **more: str) -> str:
    """What a command says on both streams."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("OUTREACH_", "OPENAI_"))}
    given = {
        "OUTREACH_HOME": str(office.settings.home),
        "OUTREACH_DATABASE_URL": office.settings.effective_database_url(),
        "OUTREACH_MODEL": "scripted",
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": server.base_url.replace("http://", f"http://us:{PASSWORD}@"),
        "OUTREACH_SMTP_URL": f"smtp://us:{PASSWORD}@127.0.0.1:1",
        "OUTREACH_IMAP_URL": f"imap://us:{PASSWORD}@127.0.0.1:1",
        "OUTREACH_MODEL_ATTEMPTS": "2",
        "OUTREACH_LOG_LEVEL": "debug",
        "OUTREACH_LOG_FORMAT": "json",
    }
    done = subprocess.run(
        [sys.executable, "-m", "outreach", *args],
        cwd=ROOT,
        env={**environment, **given, **more},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


COMMANDS = [
    ["config"],
    ["config", "--json"],
    ["doctor"],
    ["doctor", "--json"],
    ["run"],
    ["runs"],
    ["runs", "show", "last"],
    ["runs", "show", "last", "--json"],
    ["send"],
    ["replies", "fetch"],
    ["run", "--goal", "ten schools in Ohio"],
    ["status", "--json"],
    ["review", "--json"],
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("answer", [ECHO, GARBLED], ids=["echo", "garbled"])
def test_no_secret_is_kept_or_shown(make_office: MakeOffice, sqlite_url: str, tmp_path: Path, answer: Reply) -> None:
    office = make_office(sqlite_url, colleges=2)
    office.run(limit=0)
    with ScriptedServer(lambda _request, _number: answer) as server:
        said = {" ".join(args): ran(office, server, *args) for args in COMMANDS}
        asked = server.headers
    assert asked, "the model was never asked, so nothing was tried"
    for command, text in said.items():
        for secret in (KEY, PASSWORD):
            assert secret not in text, f"`outreach {command}` shows {secret}"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "checkpoints.db" for path in files)
    for path in files:
        content = path.read_bytes()
        for secret in (KEY, PASSWORD):
            assert secret.encode() not in content, f"{path.name} holds {secret}"
