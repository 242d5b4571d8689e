"""Threads: woken by decisions, ended by what happens meanwhile."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from structlog.testing import capture_logs

from db.models import (
    AgentAuditLog,
    Approval,
    MessageDraft,
    MessageVersion,
    Suppression,
)
from db.queries.reading import Waiting
from outreach.session import RunnerSession
from playbooks import sound_playbook
from tests.support.inbox import waiting_drafts
from tests.support.waiting_home import DRAFTS, GOOD, Desk

LIE = "Your lamps failed four times in 2019."


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
