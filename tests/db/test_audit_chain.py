"""The audit log: what it holds, and that a changed, removed or cut row shows."""

from __future__ import annotations

import hashlib
import threading
from typing import Any

import pytest
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.audit import Head, compare, head, seal, verify
from db.engine import make_engine
from db.errors import InvariantViolated
from db.models import Account, AgentRun, AuditLog


@pytest.fixture
def database(database_url: str) -> Any:
    with Database(database_url) as database:
        yield database


def log(session: Session) -> list[AuditLog]:
    return list(session.query(AuditLog).order_by(AuditLog.id))


def add(database: Database, *names: str) -> None:
    with acting_as("agent:1"):
        for name in names:
            database.write_sync(lambda session, name=name: session.add(Account(name=name)))


def tamper(url: str, *statements: str) -> None:
    """The owner does it, with the log's triggers out of the way."""
    engine = make_engine(url, "owner")
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_update")
            connection.exec_driver_sql("DROP TRIGGER audit_log_no_delete")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_log DISABLE TRIGGER ALL")
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()


def test_every_change_is_logged_with_both_rows(database: Database) -> None:
    with acting_as("user:ann"):
        key = database.write_sync(lambda session: _made(session, Account(name="Old", known_tools=["Selenium"])))
    with acting_as("agent:7"):
        database.write_sync(lambda session: session.execute(update(Account).values(name="New")))
        database.write_sync(lambda session: session.execute(text("DELETE FROM accounts")))
    rows = database.read_sync(log)
    assert [(row.table_name, row.record_id, row.action, row.changed_by) for row in rows] == [
        ("accounts", key, "insert", "user:ann"),
        ("accounts", key, "update", "agent:7"),
        ("accounts", key, "delete", "agent:7"),
    ]
    born, changed, gone = rows
    assert born.old_values is None
    assert born.new_values is not None
    assert born.new_values["known_tools"] == ["Selenium"]
    assert changed.old_values == born.new_values
    assert changed.new_values is not None
    assert changed.new_values["name"] == "New"
    assert gone.old_values == changed.new_values
    assert gone.new_values is None


def _made(session: Session, row: Any) -> str:
    session.add(row)
    session.flush()
    return str(row.id)


def test_large_values_are_logged_by_their_digest(database: Database) -> None:
    run = AgentRun(run_type="draft", agent_name="drafting", error_traceback="boom", inputs={"page": "x" * 10_000})
    with acting_as("agent:1"):
        database.write_sync(lambda session: _made(session, run))
    (row,) = database.read_sync(log)
    assert row.new_values is not None
    assert row.new_values["error_traceback"] == "sha256:" + hashlib.sha256(b"boom").hexdigest()
    assert row.new_values["inputs"].startswith("sha256:")
    assert row.new_values["outputs"] is None


def test_nobody_can_write(database: Database) -> None:
    with pytest.raises(InvariantViolated, match="nobody is named"):
        database.write_sync(lambda session: session.add(Account(name="x")))
    assert database.read_sync(log) == []


def test_rows_are_sealed_in_order(database: Database) -> None:
    add(database, "One", "Two")
    waiting = 0 if database.url.get_backend_name() == "sqlite" else 2
    assert database.read_sync(verify).unsealed == waiting
    assert database.write_sync(lambda session: seal(session, batch=1)) == waiting
    report = database.read_sync(verify)
    assert (report.sealed, report.unsealed, report.whole) == (2, 0, True)
    assert report.head == database.read_sync(head)
    add(database, "Three")
    database.write_sync(seal)
    assert report.head is not None
    exported = Head(**report.head.export())  # type: ignore[arg-type]
    assert database.read_sync(lambda session: compare(session, exported)) is None
    assert database.read_sync(verify).sealed == 3


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ("UPDATE audit_log SET changed_by = 'user:bob' WHERE seal_no = 2", 2),
        ("UPDATE audit_log SET new_values = '{}' WHERE seal_no = 2", 2),
        ("UPDATE audit_log SET timestamp = '2020-01-01 00:00:00' WHERE seal_no = 3", 3),
        ("UPDATE audit_log SET old_values = '{}' WHERE seal_no = 1", 1),
        ("UPDATE audit_log SET prev_hash = hash WHERE seal_no = 2", 2),
        ("DELETE FROM audit_log WHERE seal_no = 1", 1),
        ("DELETE FROM audit_log WHERE seal_no = 3", 3),
    ],
)
def test_a_changed_or_removed_row_shows(database_url: str, change: str, at: int) -> None:
    with Database(database_url) as database:
        add(database, "One", "Two", "Three", "Four")
        database.write_sync(seal)
        tamper(database_url, change)
        report = database.read_sync(verify)
    assert report.broken is not None
    assert report.broken.seal_no == at
    assert report.sealed == at - 1


def test_a_cut_tail_shows_against_an_exported_head(database_url: str) -> None:
    with Database(database_url) as database:
        add(database, "One", "Two", "Three")
        database.write_sync(seal)
        exported = database.read_sync(head)
        assert exported is not None
        tamper(database_url, "DELETE FROM audit_log WHERE seal_no = 3")
        assert database.read_sync(verify).whole
        assert "cut off" in str(database.read_sync(lambda session: compare(session, exported)))
        add(database, "Another three")
        database.write_sync(seal)
        assert database.read_sync(verify).whole
        assert "rewritten" in str(database.read_sync(lambda session: compare(session, exported)))


def test_sealing_while_others_write(postgres_url: str) -> None:
    with Database(postgres_url, readers=6) as database:
        writers = [
            threading.Thread(target=add, args=(database, *(f"{number}-{index}" for index in range(25))))
            for number in range(3)
        ]
        for writer in writers:
            writer.start()
        while any(writer.is_alive() for writer in writers):
            database.write_sync(lambda session: seal(session, batch=7))
        for writer in writers:
            writer.join()
        database.write_sync(seal)
        report = database.read_sync(verify)
    assert (report.sealed, report.unsealed, report.broken) == (75, 0, None)
