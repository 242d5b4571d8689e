"""Threads whose checkpoints are lost, damaged or those of another version: the tables say where each draft stands."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from sqlalchemy import select

from db.models import (
    AgentRun,
)
from graphs.threads import Tally, Threads
from outreach.errors import Complaint
from outreach.session import RunnerSession
from tests.support.waiting_home import DRAFTS, GOOD, Desk


def test_lost_checkpoints_lose_no_draft(desk: Desk) -> None:
    before = desk.waiting()
    old_rows = desk.read(lambda s: s.scalars(select(AgentRun.id).where(AgentRun.status == "waiting")).all())
    desk.lose_checkpoints()
    assert desk.carry_on().tally.waiting == DRAFTS
    assert desk.waiting() == before
    closed = desk.read(lambda s: s.scalars(select(AgentRun.status).where(AgentRun.id.in_(old_rows))).all())
    assert closed == ["partial"] * DRAFTS, "nobody could ever close these any more"
    desk.decide(before[0], "approve")
    desk.carry_on()
    assert desk.draft(before[0]).approval_status == "ready"
    assert desk.carry_on().resumed == 0


def test_lost_checkpoints_lose_no_decision(desk: Desk) -> None:
    first, second, third = desk.waiting()
    desk.decide(first, "approve")
    desk.decide(second, "reject", reason="too long")
    desk.edit(third, GOOD)
    desk.lose_checkpoints()
    assert desk.carry_on().tally.failed == 0
    assert desk.draft(first).approval_status == "ready"
    assert (desk.draft(second).version, desk.draft(second).qc_passed) == (2, True)
    assert (desk.draft(third).approval_status, desk.draft(third).version) == ("ready", 2)
    assert [item.draft_id for item in desk.waiting()] == [second.draft_id]


def test_one_thread_asked_for_by_name_is_taken_up_alone(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.lose_checkpoints()
    desk.decide(first, "approve")
    draft = desk.draft(first)
    with RunnerSession(desk.settings) as session:
        session.carry_on([f"touch:{draft.contact_id}:{draft.sequence_id}:1"])
    assert desk.draft(first).approval_status == "ready"
    assert desk.threads() == set()
    desk.carry_on()


def test_one_thread_asked_for_by_name_looks_at_no_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes answering one of 10,000 that wait take no longer than one of ten (benchmarks/approve_one.py)."""
    first, second, *_ = desk.waiting()
    desk.decide(first, "approve")
    looked: list[str] = []
    can_go_on = Threads._can_go_on

    async def noted(self: Threads, thread_id: str) -> bool:
        looked.append(thread_id)
        return await can_go_on(self, thread_id)

    def refuse(*_args: Any, **_more: Any) -> Any:
        raise AssertionError("it looked at all that waits")

    monkeypatch.setattr(Threads, "_can_go_on", noted)
    monkeypatch.setattr("graphs.threads.thread_ids", refuse)
    monkeypatch.setattr("graphs.threads.left_drafts", refuse)
    with RunnerSession(desk.settings) as session:
        assert session.carry_on([first.thread_id]).resumed == 1
        assert desk.draft(first).approval_status == "ready"
        # And without a name: those that were decided alone.
        desk.decide(second, "reject", reason="too long")
        monkeypatch.undo()
        monkeypatch.setattr(Threads, "_can_go_on", noted)
        assert session.wake().resumed == 1
    assert list(dict.fromkeys(looked)) == [first.thread_id, second.thread_id]
    assert desk.draft(second).version == 2


def test_a_checkpoint_that_cannot_be_read_is_done_without(desk: Desk) -> None:
    first, *_ = desk.waiting()
    with sqlite3.connect(desk.checkpoints) as connection:
        connection.execute("UPDATE checkpoints SET checkpoint = x'c1c1'")
    connection.close()
    desk.decide(first, "approve")
    assert desk.carry_on().tally.failed == 0
    assert desk.draft(first).approval_status == "ready"
    assert len(desk.threads()) == DRAFTS - 1


def _written_otherwise(desk: Desk, change: Callable[[dict[str, Any]], None]) -> None:
    """Has every checkpoint be as another version would have written it."""
    serde = JsonPlusSerializer(allowed_msgpack_modules=None)
    with closing(sqlite3.connect(desk.checkpoints)) as connection, connection:
        for rowid, *kept in connection.execute("SELECT rowid, type, checkpoint FROM checkpoints").fetchall():
            checkpoint = serde.loads_typed((kept[0], kept[1]))
            change(checkpoint)
            connection.execute(
                "UPDATE checkpoints SET type = ?, checkpoint = ? WHERE rowid = ?",
                (*serde.dumps_typed(checkpoint), rowid),
            )


def _without(*names: str) -> Callable[[dict[str, Any]], None]:
    def change(checkpoint: dict[str, Any]) -> None:
        for part in ("channel_values", "channel_versions"):
            for name in names:
                checkpoint[part].pop(name, None)

    return change


def _newer(checkpoint: dict[str, Any]) -> None:
    """A format of which nothing is known, a channel more, and one fewer that nothing depends on."""
    _without("version")(checkpoint)
    checkpoint["v"] = 9
    checkpoint["channel_values"]["mood"] = "fine"
    checkpoint["channel_versions"]["mood"] = max(checkpoint["channel_versions"].values())


@pytest.mark.parametrize(
    ("change", "read"), [(_newer, True), (_without("playbook", "tier"), False)], ids=["newer", "older"]
)
def test_checkpoints_of_another_version_lose_nothing(
    desk: Desk, change: Callable[[dict[str, Any]], None], read: bool
) -> None:
    """They are carried on with where they hold what this version needs, else begun anew where the tables say that
    each draft stands. No decision is lost, and none is asked for twice."""
    first, second, third = desk.waiting()
    desk.decide(first, "approve")
    desk.decide(second, "reject", reason="too long")
    _written_otherwise(desk, change)
    result = desk.carry_on()
    assert (result.tally.failed, result.resumed) == (0, 2 if read else DRAFTS)
    assert desk.draft(first).approval_status == "ready"
    assert (desk.draft(second).version, desk.draft(second).qc_passed) == (2, True)
    assert {item.draft_id for item in desk.waiting()} == {second.draft_id, third.draft_id}
    assert desk.carry_on().resumed == 0


def test_a_thread_of_a_kind_that_a_newer_program_knows_is_kept_for_it(desk: Desk) -> None:
    """The tables of this one say nothing of what it was for. Its draft, if it had one, is taken up."""
    first, *_ = desk.waiting()
    desk.decide(first, "approve")
    with closing(sqlite3.connect(desk.checkpoints)) as connection, connection:
        for table in ("checkpoints", "writes"):
            connection.execute(f"UPDATE {table} SET thread_id = 'plan:1' WHERE thread_id = ?", (first.thread_id,))
    assert desk.carry_on().tally.failed == 0
    assert desk.draft(first).approval_status == "ready"
    with RunnerSession(desk.settings) as session:
        assert session._loop.run(session._runner.threads.serve("plan:1", None, Tally())) == "waiting"
    assert desk.threads() == {"plan:1", *(item.thread_id for item in desk.waiting())}


def test_a_worker_that_is_given_an_unreadable_thread_clears_it_away(desk: Desk) -> None:
    """A kind of bytes that this version does not know. The next look at the tables takes the draft up."""
    first, *_ = desk.waiting()
    desk.decide(first, "approve")
    with closing(sqlite3.connect(desk.checkpoints)) as connection, connection:
        connection.execute("UPDATE checkpoints SET type = 'msgpack9'")
    with RunnerSession(desk.settings) as session:
        threads = session._runner.threads
        assert session._loop.run(threads.serve(first.thread_id, None, Tally())) == "done"
        assert session._loop.run(threads.serve(first.thread_id, None, Tally())) == "done"
    assert desk.draft(first).approval_status == "ready"
    desk.carry_on()


def test_a_file_of_checkpoints_with_other_tables_is_told(desk: Desk) -> None:
    """As the library's own older ones had them."""
    with closing(sqlite3.connect(desk.checkpoints)) as connection:
        connection.execute("ALTER TABLE writes RENAME COLUMN type TO kind")
    with pytest.raises(Complaint, match="of another version: no such column: type") as told:
        desk.carry_on()
    assert "Move that file away" in told.value.mend, "which the next test follows"


@pytest.mark.parametrize("damage", ["head", "middle"])
def test_a_damaged_file_of_checkpoints_is_told(desk: Desk, damage: str) -> None:
    with sqlite3.connect(desk.checkpoints) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(desk.checkpoints.read_bytes())
    start = 0 if damage == "head" else 4096 * 2
    content[start : start + 4096] = b"\x5a" * 4096
    desk.checkpoints.write_bytes(content)
    with pytest.raises(Complaint, match="cannot be read") as told:
        desk.carry_on()
    assert str(desk.checkpoints) in told.value.what
    assert "Move that file away" in told.value.mend
    desk.lose_checkpoints()
    assert desk.carry_on().tally.waiting == DRAFTS, "the advice holds"
