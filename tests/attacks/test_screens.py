"""Every command that prints, over a database whose every text is hostile: no control or direction character reaches
the terminal, nothing crashes, and what is oversized is no reason to hang."""

import json
import re
import sqlite3
from typing import Any

import pytest
from sqlalchemy import JSON, String, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from db.access import Database
from db.actors import acting_as
from db.engine import make_engine
from db.models import (
    AgentAuditLog,
    AgentRun,
    Base,
    BidAlert,
    Contact,
    HygieneFlag,
    MessageDraft,
    ReferralSuggestion,
    Reply,
    Signal,
)
from db.triggers import install, remove
from outreach.cli import app
from tests.e2e.conftest import MakeOffice, Office

HOSTILE = " \x1b]0;evil\x07\x1b[2J\x1b[31m\x9b31m\u202ednuf\u2066\u200b\u2028\x00'; DROP TABLE contacts;-- =1+1 {{7*7}}"
BIG = HOSTILE.replace("\x00", "") + "long " * 2_000
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
FIXED = re.compile(
    r"(^|_)(id|ids|key|hash|version|email|domain|value|recipient|author|by|playbook)$|^(prompt|content)_"
)
"""Columns that the program finds rows by, or that only it writes."""
OWN = re.compile(r"\x1b\[(?:[0-9;]*m(?!\x9b)|\?25[lh]|2K|1A)|\r")
"""What the program itself paints and counts with."""
COMMANDS = [
    "status", "status --json", "approve list", "approve list --json", "outbox", "outbox --json", "sequences",
    "sequences --json", "replies", "replies --json", "bids list", "bids list --json", "signals list --all",
    "signals list --all --json", "research people", "research people --json", "score explain {org}",
    "score explain {org} --json", "score changes", "score changes --json", "runs", "runs list --json", "runs show last",
    "runs show last --json", "review", "review --json", "flags", "flags --json", "flags show {flag}", "flags merges",
    "doctor", "doctor --json", "qc rules", "config", "db check",
]  # fmt: skip


def poison(url: str) -> int:
    """Adds hostile text to every text column that takes it; how many columns that was."""
    engine, poisoned = make_engine(url, "owner"), 0
    with engine.begin() as connection:
        remove(connection)
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            if column.primary_key or column.foreign_keys or FIXED.search(column.name) or column.computed:
                continue
            if isinstance(column.type, String):
                poisoned += _tried(engine, f"UPDATE {table.name} SET {column.name} = {column.name} || :said", BIG)
            elif isinstance(column.type, JSON):
                poisoned += _json(engine, table.name, column.name)
    with engine.begin() as connection:
        install(connection)
    engine.dispose()
    return poisoned


def _tried(engine: Any, sql: str, said: str) -> bool:
    try:
        with engine.begin() as connection:
            return bool(connection.execute(text(sql), {"said": said}).rowcount)
    except DBAPIError:
        return False  # a vocabulary, which a CHECK keeps


def _json(engine: Any, table: str, column: str) -> bool:
    with engine.begin() as connection:
        rows = connection.exec_driver_sql(f"SELECT rowid, {column} FROM {table} WHERE {column} IS NOT NULL").fetchall()
        for rowid, value in rows:
            new = json.dumps(_worse(json.loads(value)))
            connection.exec_driver_sql(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (new, rowid))
    return bool(rows)


WORDS = ("message", "text", "summary", "said", "note", "title", "sentence", "quote", "reason", "fix", "error", "name")


def _worse(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _worse(inner, name) for name, inner in value.items()}
    if isinstance(value, list):
        return [_worse(inner, key) for inner in value]
    return value + HOSTILE if isinstance(value, str) and key in WORDS else value


def fill(session: Session) -> None:
    """A row of each kind that a run of the sample leaves out."""
    contact = session.scalars(select(Contact).join(MessageDraft)).first()
    assert contact is not None
    whom = {"contact_id": contact.id}
    account, prospect = {"account_id": contact.account_id}, {"prospect_id": contact.prospect_id}
    run = session.scalars(select(AgentRun)).first()
    assert run is not None
    noted = {"agent_run_id": run.id, "agent_name": "qc", "action": "qc_failed", "requires_review": True}
    session.add_all(
        [
            Signal(**account, signal_type="funding", description="They raised money."),
            BidAlert(source="csv", external_id="B-1", title="Lights", organization_name="A school", description="LED"),
            HygieneFlag(**prospect, flag_type="data_quality", message="Odd.", suggested_action="Look."),
            Reply(**whom, channel="email", intent="positive", reply_tag="opener", summary="Glad.", raw_text="Yes."),
            ReferralSuggestion(**whom, name="Mallory Quick", title="Treasurer", note="They said so."),
            AgentAuditLog(**noted, **whom, **prospect, details={"reason": "It says so.", "summary": "Odd."}),
        ]
    )


@pytest.fixture
def office(make_office: MakeOffice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Office:
    made = make_office(sqlite_url, colleges=2)
    assert made.run().tally.waiting == 2
    with Database(sqlite_url, "user") as database, acting_as("user:test"):
        database.write_sync(fill)
    monkeypatch.setenv("OUTREACH_HOME", str(made.settings.home))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "80")
    assert poison(sqlite_url) > 60
    return made


def shown(*args: str) -> tuple[str, str, BaseException | None]:
    result = CliRunner().invoke(app, list(args), prog_name="outreach")
    failure = result.exception if not isinstance(result.exception, SystemExit) else None
    return result.stdout, result.stderr, failure


@pytest.mark.timeout(300)
@pytest.mark.parametrize("colour", [False, True], ids=["plain", "terminal"])
def test_no_control_character_reaches_the_screen(
    office: Office, monkeypatch: pytest.MonkeyPatch, colour: bool, sqlite_url: str
) -> None:
    if colour:
        import typer.rich_utils  # before the variable: it looks once, as it is imported, and would keep the colours

        assert typer.rich_utils
        monkeypatch.setenv("FORCE_COLOR", "1")
    else:
        monkeypatch.setenv("NO_COLOR", "1")
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        org = connection.execute("SELECT id FROM prospects").fetchone()[0]
        flag = connection.execute("SELECT id FROM hygiene_flags").fetchone()[0]
    connection.close()
    hostile = 0
    for line in COMMANDS:
        out, err, failure = shown(*(part.format(org=org, flag=flag) for part in line.split()))
        assert failure is None or "Complaint" in type(failure).__name__, f"outreach {line}: {failure!r}"
        said = out + err
        if colour:
            said = OWN.sub("", said)
        found = FORBIDDEN.search(said)
        assert found is None, (
            f"outreach {line}: U+{ord(found[0]):04X} near {said[found.start() - 60 : found.end() + 20]!r}"
        )
        hostile += "DROP TABLE" in said
    assert hostile > 8, "few commands have shown hostile text, so little was tried"
