"""A key that the settings hold is nowhere else: not in the tables, checkpoints, logs, messages or exports."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from db.engine import make_engine
from tests.e2e.conftest import MakeOffice, Office
from tests.support.openai_server import Reply, ScriptedServer

ROOT = Path(__file__).parents[2]
KEY = "sk-planted-9f2c71d0e4"
PASSWORD = "planted-p4ssw0rd"
ECHO = Reply.error(401, f"Incorrect API key provided: {KEY}. You can find your key in the settings.")
GARBLED = Reply.garbage(f"<html>Authorization: Bearer {KEY}".encode())


DOOR = """
import json, sys, traceback
from outreach.cli import app
for line in json.loads(sys.argv[1]):
    print("\\x00" + " ".join(line), flush=True)
    try:
        app(line, prog_name="outreach")
    except SystemExit:
        pass
    except Exception:
        traceback.print_exc()
"""
"""One process that runs commands in turn, since its start costs more than most of them."""


def ran(office: Office, server: ScriptedServer, commands: list[list[str]]) -> dict[str, str]:
    """What each command says on both streams."""
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
        [sys.executable, "-c", DOOR, json.dumps(commands)],
        cwd=ROOT,
        env={**environment, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
    )
    parts = (part.partition("\n") for part in done.stdout.split("\x00")[1:])
    said = {command: text for command, _, text in parts}
    assert list(said) == [" ".join(line) for line in commands], done.stdout[-2000:]
    return said


ASKING = [["doctor"], ["doctor", "--json"], ["run"], ["run", "--goal", "ten schools in Ohio"]]
"""Commands that speak with the model's server."""
SHOWING = [
    ["config"],
    ["config", "--json"],
    ["runs"],
    ["runs", "show", "last"],
    ["runs", "show", "last", "--json"],
    ["send"],
    ["replies", "fetch"],
    ["status", "--json"],
    ["review", "--json"],
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("database", ["sqlite_url", "postgres_url"])
def test_no_secret_is_kept_or_shown(
    make_office: MakeOffice, request: pytest.FixtureRequest, tmp_path: Path, database: str
) -> None:
    """An answer that repeats the key; on SQLite in an error of the server's, on PostgreSQL in a body that is none.
    `make torture` has each on both."""
    url = request.getfixturevalue(database)
    keep_secrets(make_office(url, colleges=2), tmp_path, ECHO if database == "sqlite_url" else GARBLED)


def keep_secrets(office: Office, folder: Path, answer: Reply) -> None:
    """Runs the commands, and looks through all that they print, all rows and all files for the secrets."""
    office.run(limit=0)
    with ScriptedServer(lambda _request, _number: answer) as server:
        said = ran(office, server, [*ASKING, *SHOWING])
        asked = server.headers
    assert asked, "the model was never asked, so nothing was tried"
    assert "model" in said["runs show last"], "a step that asked the model is shown"
    for command, printed in said.items():
        for secret in (KEY, PASSWORD):
            assert secret not in printed, f"`outreach {command}` shows {secret}"
    files = [path for path in folder.rglob("*") if path.is_file()]
    kept = {path.name: path.read_bytes() for path in files}
    kept |= {f"table {name}": rows for name, rows in rows_of(office.settings.effective_database_url())}
    assert {"checkpoints.db", "table checkpoint_blobs"} & set(kept), "the checkpoints are looked through as well"
    assert any(b"model_call" in content for content in kept.values())
    for name, content in kept.items():
        for secret in (KEY, PASSWORD):
            assert secret.encode() not in content, f"{name} holds {secret}"


def rows_of(url: str) -> Iterator[tuple[str, bytes]]:
    """The tables of a PostgreSQL database, the checkpoints' too, with what their rows hold; SQLite's are files."""
    if url.startswith("sqlite"):
        return
    engine = make_engine(url, "owner")
    with engine.begin() as connection:
        names = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        for name in connection.execute(text(names)).scalars().all():
            values = (value for row in connection.execute(text(f'SELECT * FROM "{name}"')) for value in row)
            yield name, b"\n".join(one if isinstance(one, bytes) else str(one).encode() for one in values)
    engine.dispose()
