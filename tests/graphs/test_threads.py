"""Threads: woken by decisions, ended by what happens meanwhile, taken up again when their checkpoints are lost."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any, TypeVar

import pytest
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, take_decision
from db.models import (
    AgentAuditLog,
    AgentRun,
    Approval,
    Contact,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Suppression,
)
from db.queries.reading import Waiting
from graphs.runner import RunResult
from graphs.threads import Tally, Threads
from outreach.errors import Complaint
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import sound_playbook
from tests.support.inbox import waiting_drafts
from tests.support.pipeline import small_sample
from tests.support.world import run_problems

T = TypeVar("T")
DRAFTS = 3


@dataclass
class Desk:
    """A home whose drafts wait, and a person who decides on them."""

    settings: Settings

    @property
    def checkpoints(self) -> Path:
        return self.settings.home / "checkpoints.db"

    def carry_on(self) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.carry_on()

    def run(self, limit: int | None = None) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.run(self.settings.playbook, [], limit)

    def read(self, fn: Callable[[Session], T]) -> T:
        with Database(self.settings.effective_database_url(), "user") as database:
            return database.read_sync(fn)

    def write(self, fn: Callable[[Session], Any]) -> None:
        with Database(self.settings.effective_database_url(), "user") as database, acting_as("user:test"):
            database.write_sync(lambda session: fn(session) and None)

    def waiting(self) -> list[Waiting]:
        return self.read(waiting_drafts)

    def decide(self, item: Waiting, decision: str, *, days: int = 14, **more: Any) -> None:
        if decision == "approve":
            more.setdefault("reason", "the address is on their own page")
        self.write(
            lambda session: take_decision(
                session,
                Decision(item.draft_id, item.version, item.content_hash, decision, "user:test", **more),  # type: ignore[arg-type]
                approval_days=days,
            )
        )

    def again(self, item: Waiting) -> Waiting:
        """The item with the present text of its draft, whether or not it waits."""
        from db.approvals import draft_hash

        def present(session: Session) -> dict[str, Any]:
            draft = session.get_one(MessageDraft, item.draft_id)
            return {"version": draft.version, "content_hash": draft_hash(draft), "body": draft.body}

        from dataclasses import replace

        return replace(item, **self.read(present))

    def edit(self, item: Waiting, sentence: str, **more: Any) -> None:
        body = item.body.replace("Best,", f"{sentence}\n\nBest,", 1)
        self.decide(item, "edit", subject=item.subject, body=body, **more)

    def draft(self, item: Waiting) -> MessageDraft:
        return self.read(lambda session: session.get_one(MessageDraft, item.draft_id))

    def contact(self, item: Waiting, **values: Any) -> None:
        def change(session: Session) -> None:
            contact = session.get_one(Contact, session.get_one(MessageDraft, item.draft_id).contact_id)
            for name, value in values.items():
                setattr(contact, name, value)

        self.write(change)

    def sequence(self, item: Waiting, status: str) -> None:
        self.write(lambda s: setattr(s.get_one(OutreachSequence, item.sequence_id), "status", status))

    def rows_of_checkpoints(self) -> tuple[int, int]:
        with sqlite3.connect(self.checkpoints) as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("checkpoints", "writes")
            ]
        connection.close()
        return counts[0], counts[1]

    def threads(self) -> set[str]:
        with sqlite3.connect(self.checkpoints) as connection:
            found = {row[0] for row in connection.execute("SELECT DISTINCT thread_id FROM checkpoints")}
        connection.close()
        return found

    def lose_checkpoints(self) -> None:
        for path in self.settings.home.glob("checkpoints.db*"):
            path.unlink()


@pytest.fixture(scope="module")
def waiting_home(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """Three drafts wait; to be copied."""
    home = tmp_path_factory.mktemp("waiting") / "home"
    home.mkdir()
    (home / "outreach.db").write_bytes(migrated_sqlite.read_bytes())
    settings = Settings(home=home, database_url=f"sqlite:///{home / 'outreach.db'}", model="rules")
    with RunnerSession(settings) as session:
        result = session.run(settings.playbook, small_sample(home / "files", DRAFTS), None)
    assert result.tally.waiting == DRAFTS
    return home


@pytest.fixture
def desk(waiting_home: Path, tmp_path: Path) -> Iterator[Desk]:
    home = tmp_path / "home"
    copytree(waiting_home, home)
    made = Desk(Settings(home=home, database_url=f"sqlite:///{home / 'outreach.db'}", model="rules"))
    yield made
    assert made.read(run_problems) == []


GOOD = "Whatever you decide, thank you for reading."
LIE = "Your lamps failed four times in 2019."


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


@pytest.mark.parametrize("lost", [True, False], ids=["without its thread", "with it"])
def test_a_broken_playbook_stops_what_is_its_own_alone(
    desk: Desk, lost: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, *_ = desk.waiting()
    broken = tmp_path / "own" / "mine"
    broken.mkdir(parents=True)
    (broken / "playbook.toml").write_text("title = ", encoding="utf-8")
    monkeypatch.setattr("playbooks.loader._own", [broken.parent])
    for item in (first, second):
        desk.decide(item, "approve")
    if lost:
        desk.write(lambda s: setattr(s.get_one(MessageDraft, first.draft_id).contact.prospect, "playbook", "mine"))
        desk.lose_checkpoints()
    else:
        monkeypatch.setattr("graphs.threads.sound_playbook", lambda _name: sound_playbook("mine"))
        assert desk.carry_on().resumed == 0
        monkeypatch.undo()
    with capture_logs() as told:
        done = desk.carry_on()
    assert done.tally.errors == []
    assert desk.draft(second).approval_status == "ready"
    assert desk.draft(first).approval_status == ("draft" if lost else "ready")
    if lost:
        (warned,) = (line for line in told if line["event"] == "playbook.broken")
        assert "playbook.toml of 'mine'" in warned["why"]
        assert "outreach playbook check mine" in warned["to_do"]


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


def _suppress_domain(desk: Desk, item: Waiting) -> None:
    domain = (item.recipient or "").rpartition("@")[2]
    desk.write(lambda s: s.add(Suppression(kind="domain", value=domain, reason="asked", source="test")))


ENDS: dict[str, Callable[[Desk, Waiting], None]] = {
    "do not contact": lambda desk, item: desk.contact(item, status="do_not_contact", do_not_contact=True),
    "domain suppressed": _suppress_domain,
    "bounced": lambda desk, item: desk.contact(item, status="bounced"),
    "deleted": lambda desk, item: desk.contact(item, deleted_at=datetime.now(UTC)),
    "sequence stopped": lambda desk, item: desk.sequence(item, "stopped"),
    "archived": lambda desk, item: desk.write(
        lambda s: setattr(s.get_one(MessageDraft, item.draft_id), "approval_status", "archived")
    ),
}


@pytest.mark.parametrize("decided", [False, True], ids=["undecided", "approved"])
@pytest.mark.parametrize("end", list(ENDS))
def test_a_message_that_cannot_go_out_any_more_comes_to_its_end(desk: Desk, end: str, decided: bool) -> None:
    first, *others = desk.waiting()
    if decided:
        desk.decide(first, "approve")
    ENDS[end](desk, first)
    assert desk.waiting() == others, "it is not offered"
    assert desk.carry_on().tally.failed == 0
    assert desk.draft(first).approval_status == "archived"
    assert len(desk.threads()) == DRAFTS - 1
    withdrawn = desk.read(
        lambda s: s.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == "message_withdrawn")).all()
    )
    assert [details["draft_id"] for details in withdrawn if details] == [first.draft_id]
    assert desk.carry_on().resumed == 0


@pytest.mark.parametrize("hold", ["paused", "no address"])
def test_what_is_held_waits_until_it_is_not(desk: Desk, hold: str) -> None:
    first, second, third = desk.waiting()
    desk.decide(first, "approve")
    for item in (first, second):
        if hold == "paused":
            desk.sequence(item, "paused")
        else:
            desk.contact(item, email=None)
    assert desk.waiting() == [third]
    desk.carry_on()
    assert desk.draft(first).approval_status == "draft"
    for item in (first, second):
        if hold == "paused":
            desk.sequence(item, "active")
        else:
            desk.contact(item, email=item.recipient)
    assert desk.waiting() == [second, third]
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"


def test_a_sequence_that_is_paused_after_the_decision_was_read(desk: Desk) -> None:
    """The node that makes it ready looks for itself."""
    first, *_ = desk.waiting()
    desk.decide(first, "approve")
    desk.sequence(first, "paused")
    draft = desk.draft(first)
    from graphs.approval import read_decision

    with RunnerSession(desk.settings) as session:
        runner = session._runner
        thread = f"touch:{draft.contact_id}:{draft.sequence_id}:1"
        config: Any = {"configurable": {"thread_id": thread}}
        graph = runner.threads.graph_of(thread)
        decided = {**desk.read(lambda s: read_decision(s, draft.id)), "decision": "approve"}
        session._loop.run(graph.aupdate_state(config, decided, as_node="approval"))
        session._loop.run(graph.ainvoke(None, config, durability="sync"))
        snapshot = session._loop.run(graph.aget_state(config))
    assert [task.name for task in snapshot.tasks] == ["approval"]
    assert desk.draft(first).approval_status == "draft"


def test_a_revoked_approval_asks_again(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.decide(first, "approve")
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"
    desk.decide(first, "revoke")
    desk.carry_on()
    assert desk.draft(first).approval_status == "draft"
    assert first.draft_id in {item.draft_id for item in desk.waiting()}
    desk.decide(first, "approve")
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"


def test_a_rejection_after_the_approval_leads_to_the_next_version(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.decide(first, "approve")
    desk.carry_on()
    desk.decide(first, "reject", reason="too long")
    desk.carry_on()
    draft = desk.draft(first)
    assert (draft.approval_status, draft.version, draft.qc_passed) == ("draft", 2, True)


@pytest.mark.parametrize("when", ["before it was ready", "after it was ready"])
def test_an_approval_that_lapsed_asks_again(desk: Desk, when: str) -> None:
    first, *_ = desk.waiting()
    if when == "after it was ready":
        desk.decide(first, "approve")
        desk.carry_on()
        assert desk.draft(first).approval_status == "ready"
    desk.decide(first, "approve", days=-1)
    desk.carry_on()
    assert desk.draft(first).approval_status == "draft"
    assert first.draft_id in {item.draft_id for item in desk.waiting()}
    desk.decide(first, "approve")
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"


def test_an_edit_that_lapsed_asks_again(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.edit(first, GOOD, days=-1)
    desk.carry_on()
    draft = desk.draft(first)
    assert (draft.approval_status, draft.version, draft.qc_passed) == ("draft", 2, True)
    again = next(item for item in desk.waiting() if item.draft_id == first.draft_id)
    desk.decide(again, "approve")
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"


@pytest.mark.parametrize(("one", "other", "status", "version"), [
    ("approve", "reject", "draft", 2),
    ("reject", "approve", "ready", 1),
    ("skip", "approve", "ready", 1),
    ("approve", "do_not_contact", "archived", 1),
])  # fmt: skip
def test_of_two_decisions_the_later_counts(desk: Desk, one: str, other: str, status: str, version: int) -> None:
    first, *_ = desk.waiting()
    for decision in (one, other):
        desk.decide(first, decision, reason="a reason", until=date(2999, 1, 1) if decision == "skip" else None)
    desk.carry_on()
    draft = desk.draft(first)
    assert (draft.approval_status, draft.version) == (status, version)
    decisions = desk.read(lambda s: s.scalars(select(Approval.decision).order_by(Approval.ordinal)).all())
    assert decisions == [one, other]


def test_an_edit_of_an_edit(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.edit(first, LIE)
    desk.edit(desk.again(first), GOOD)
    desk.carry_on()
    draft = desk.draft(first)
    assert (draft.version, draft.qc_passed, draft.approval_status) == (3, False, "draft"), "the lie still stands in it"
    again = next(item for item in desk.waiting() if item.draft_id == first.draft_id)
    desk.decide(again, "edit", subject=first.subject, body=first.body)
    desk.carry_on()
    assert (desk.draft(first).version, desk.draft(first).approval_status) == (4, "ready")


@pytest.mark.parametrize("after", ["skip", "revoke"])
@pytest.mark.parametrize("sentence", [GOOD, LIE], ids=["passes", "blocked"])
def test_an_edit_that_was_put_off_is_checked_and_stays_the_persons_own(desk: Desk, after: str, sentence: str) -> None:
    """It goes to QC all the same, never to a model to be written anew, and comes back in its time."""
    first, *_ = desk.waiting()
    desk.edit(first, sentence)
    day = datetime.now(UTC).date() + timedelta(days=7)
    desk.decide(desk.again(first), after, until=day if after == "skip" else None)
    desk.carry_on()
    draft = desk.draft(first)
    assert (draft.version, draft.qc_passed, draft.approval_status) == (2, sentence == GOOD, "draft")
    authors = desk.read(
        lambda s: s.scalars(select(MessageVersion.author).where(MessageVersion.draft_id == draft.id)).all()
    )
    assert len(authors) == 2
    now = datetime.now(UTC) + timedelta(days=7)
    again = next(i for i in desk.read(lambda s: waiting_drafts(s, now=now)) if i.draft_id == first.draft_id)
    if sentence == GOOD:
        desk.decide(again, "approve")
        desk.carry_on()
        assert desk.draft(first).approval_status == "ready"


def test_a_skip_whose_day_has_come(desk: Desk) -> None:
    first, *_ = desk.waiting()
    desk.decide(first, "skip", until=datetime.now(UTC).date() - timedelta(days=1))
    assert desk.carry_on().resumed == 0
    assert first.draft_id in {item.draft_id for item in desk.waiting()}
    desk.decide(first, "approve")
    desk.carry_on()
    assert desk.draft(first).approval_status == "ready"


def test_threads_that_are_over_leave_no_checkpoints(desk: Desk) -> None:
    assert len(desk.threads()) == DRAFTS
    for item in desk.waiting():
        desk.decide(item, "approve")
    assert desk.carry_on().tally.done == DRAFTS
    assert desk.rows_of_checkpoints() == (0, 0)


def test_a_draft_that_qc_gave_up_on_is_not_taken_up_again(desk: Desk) -> None:
    """Its thread came to its end by itself: that it has none is no loss."""
    from db.queries.left_drafts import left_drafts
    from graphs.threads import goes_on

    first, *_ = desk.waiting()

    def block(session: Session, reasons: tuple[str, ...]) -> None:
        draft = session.get_one(MessageDraft, first.draft_id)
        for reason in reasons:
            draft.version += 1
            draft.body += " And more."
            draft.qc_passed = False
            session.add(
                MessageVersion(
                    draft_id=draft.id,
                    version=draft.version,
                    body=draft.body,
                    author="agent:test",
                    reason=reason,
                    claims=[],
                )
            )
            session.flush()

    def fate() -> bool:
        (found,) = [
            draft
            for draft in desk.read(lambda s: left_drafts(s, without=()))
            if draft.state["draft_id"] == first.draft_id
        ]
        assert found.state["begin"] == "qc"
        return not goes_on(found.state)

    desk.write(lambda s: block(s, ("qc_revision",)))
    assert not fate()
    desk.write(lambda s: block(s, ("qc_revision",)))
    assert fate()
    desk.write(lambda s: block(s, ("rejection",)))
    assert not fate(), "a person's rejection begins the count anew"
