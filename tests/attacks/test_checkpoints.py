"""What somebody plants in the checkpoints makes no code run: only plain types are read back, and the draft is kept."""

import sqlite3
from pathlib import Path
from unittest.mock import patch

import ormsgpack
import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from sqlalchemy import text

from db.engine import make_engine
from tests.e2e.conftest import MakeOffice, Office
from tests.e2e.test_approval import decide
from tests.support.inbox import waiting_drafts
from tools.outbox import ready

SINGLE_ARGUMENT = 0
"""LangGraph's code for a value that is made by calling a name of a module with one argument."""


def plant(office: Office, target: Path) -> None:
    """Puts a call of `os.mkdir` into every checkpoint's state."""
    call = ormsgpack.packb(("os", "mkdir", str(target)))
    url = office.settings.effective_checkpoint_url()
    if url.startswith("postgresql"):
        _plant_there(url, ormsgpack.packb(ormsgpack.Ext(SINGLE_ARGUMENT, call)))
        return
    path = office.settings.home / "checkpoints.db"
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT rowid, checkpoint FROM checkpoints").fetchall()
        assert rows
        for rowid, raw in rows:
            state = ormsgpack.unpackb(raw, ext_hook=lambda _code, _data: None)
            state["channel_values"]["tier"] = ormsgpack.Ext(SINGLE_ARGUMENT, call)
            connection.execute("UPDATE checkpoints SET checkpoint = ? WHERE rowid = ?", (ormsgpack.packb(state), rowid))
    connection.close()


def _plant_there(url: str, blob: bytes) -> None:
    engine = make_engine(url, "owner")
    with engine.begin() as connection:
        added = connection.execute(
            text(
                "INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)"
                " SELECT DISTINCT thread_id, checkpoint_ns, 'tier', checkpoint->'channel_versions'->>'tier', 'msgpack',"
                " CAST(:blob AS bytea) FROM checkpoints WHERE checkpoint->'channel_versions'->>'tier' IS NOT NULL"
                " ON CONFLICT (thread_id, checkpoint_ns, channel, version)"
                " DO UPDATE SET type = EXCLUDED.type, blob = EXCLUDED.blob"
            ),
            {"blob": blob},
        )
        assert added.rowcount
    engine.dispose()


def test_a_planted_type_is_refused_and_the_draft_goes_on(
    make_office: MakeOffice, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    office = make_office(database_url, colleges=1)
    assert office.run().tally.waiting == 1
    plant(office, tmp_path / "made")
    decide(office, office.read(waiting_drafts)[0], "approve")
    with patch("langgraph.checkpoint.serde.jsonplus._warned_blocked_types", set()):  # each is said once in a process
        office.carry_on()
    assert not (tmp_path / "made").exists()
    assert "Blocked deserialization of os.mkdir" in caplog.text
    assert len(office.read(ready)) == 1, "what the person approved is ready to leave all the same"


def test_without_the_control_the_code_runs(make_office: MakeOffice, database_url: str, tmp_path: Path) -> None:
    office = make_office(database_url, colleges=1)
    assert office.run().tally.waiting == 1
    plant(office, tmp_path / "made")
    loose = JsonPlusSerializer(allowed_msgpack_modules=True)
    with patch("graphs.checkpoints.JsonPlusSerializer", lambda **_given: loose):
        office.carry_on()
    assert (tmp_path / "made").exists()
