"""The person's turn, at a real terminal and across killed processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from sqlalchemy import func, select

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, DecisionRefused, take_decision
from db.models import AgentRun, Approval, Contact, MessageDraft, MessageVersion, OutreachSequence, Suppression
from db.queries.inbox import Waiting, waiting_drafts
from outreach.work import Session
from tests.e2e.conftest import MakeOffice, Office
from tests.support.world import run_problems

EDITOR = """#!/bin/sh
sed -i 's/^Best,$/Whatever you decide, thank you for reading.\\n\\nBest,/' "$1"
"""
LYING_EDITOR = """#!/bin/sh
sed -i 's/^Best,$/Your lamps failed four times in 2019.\\n\\nBest,/' "$1"
"""


@pytest.fixture
def office(make_office: MakeOffice, database_url: str) -> Office:
    made = make_office(database_url, colleges=5)
    assert made.run().tally.waiting == 5
    return made


def decide(office: Office, item: Waiting, decision: str, **more: object) -> None:
    """Records a decision as the command line does, and leaves the thread asleep."""
    with Database(office.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        made = Decision(
            draft_id=item.draft_id,
            version=item.version,
            content_hash=item.content_hash,
            decision=decision,  # type: ignore[arg-type]
            by="user:test",
            **more,  # type: ignore[arg-type]
        )
        database.write_sync(lambda session: take_decision(session, made, approval_days=14) and None)


def draft_of(office: Office, item: Waiting) -> MessageDraft:
    return office.read(lambda session: session.get_one(MessageDraft, item.draft_id))


@pytest.fixture
def terminal(make_office: MakeOffice, sqlite_url: str, tmp_path: Path) -> Iterator[tuple[Office, "pexpect.spawn[str]"]]:
    office = make_office(sqlite_url, colleges=5)
    office.run()
    editor = tmp_path / "editor.sh"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    child = pexpect.spawn(
        sys.executable,
        ["-m", "outreach", "approve"],
        cwd=Path(__file__).parents[2],
        env={
            **os.environ,
            "OUTREACH_HOME": str(office.settings.home),
            "OUTREACH_DATABASE_URL": sqlite_url,
            "OUTREACH_MODEL": "rules",
            "EDITOR": str(editor),
            "VISUAL": str(editor),
            "TERM": "dumb",
        },
        dimensions=(60, 100),
        encoding="utf-8",
        timeout=30,
    )
    yield office, child
    child.close(force=True)


def test_a_sitting_at_the_terminal(terminal: tuple[Office, "pexpect.spawn[str]"]) -> None:
    office, child = terminal
    first, second, third, fourth, fifth = office.read(waiting_drafts)

    child.expect_exact(first.person)
    child.expect_exact("exactly what will leave")
    child.expect_exact("[q]uit > ")
    child.sendline("a")
    child.expect_exact("Ready to go out")

    child.expect_exact(second.person)
    child.expect_exact("[q]uit > ")
    child.sendline("e")
    child.expect_exact("Ready to go out")

    child.expect_exact(third.person)
    child.expect_exact("[q]uit > ")
    child.sendline("r")
    child.expect_exact("answers it > ")
    child.sendline("Please leave out the capacity")
    child.expect_exact("version 2")
    child.expect_exact("left out the seating")
    child.expect_exact("[q]uit > ")
    child.sendline("a")
    child.expect_exact("Ready to go out")

    child.expect_exact(fourth.person)
    child.expect_exact("[q]uit > ")
    child.sendline("d")
    child.expect_exact("go back > ")
    child.sendline("Asked us to stop")

    child.expect_exact(fifth.person)
    child.expect_exact("[q]uit > ")
    child.sendline("q")
    child.expect_exact("5 decided")
    child.expect(pexpect.EOF)

    assert draft_of(office, first).approval_status == "ready"
    edited = draft_of(office, second)
    assert (edited.approval_status, edited.version) == ("ready", 2)
    assert "thank you for reading" in edited.body
    rewritten = draft_of(office, third)
    assert (rewritten.approval_status, rewritten.version) == ("ready", 2)
    assert "seats" not in rewritten.body
    assert draft_of(office, fourth).approval_status == "archived"
    assert draft_of(office, fifth).approval_status == "draft"
    authors = office.read(
        lambda s: s.execute(
            select(MessageVersion.version, MessageVersion.author, MessageVersion.reason)
            .where(MessageVersion.draft_id == second.draft_id)
            .order_by(MessageVersion.version)
        ).all()
    )
    assert authors[0][1].startswith("agent:")
    assert authors[1][1:] == ("user", "human_edit")
    assert [i.draft_id for i in office.read(waiting_drafts)] == [fifth.draft_id]
    assert office.read(run_problems) == []


def test_decisions_outlive_a_kill_before_the_thread_is_woken(office: Office) -> None:
    items = office.read(waiting_drafts)
    decide(office, items[0], "approve")
    decide(office, items[1], "reject", reason="too long")
    body = items[2].body.replace("Best,", "Whatever you decide, thank you for reading.\n\nBest,", 1)
    decide(office, items[2], "edit", subject=items[2].subject, body=body)
    decide(office, items[3], "do_not_contact", reason="asked by phone")
    # Here the process that took the decisions died. Another one carries on.
    assert office.carry_on().tally.failed == 0
    assert draft_of(office, items[0]).approval_status == "ready"
    assert draft_of(office, items[1]).version == 2
    assert draft_of(office, items[2]).approval_status == "ready"
    assert draft_of(office, items[3]).approval_status == "archived"
    contact = office.read(lambda s: s.scalars(select(Contact).where(Contact.full_name == items[3].person)).one())
    assert (contact.status, contact.do_not_contact) == ("do_not_contact", True)
    assert office.read(lambda s: s.scalars(select(Suppression.value)).all()) == [contact.email]
    waiting = {i.draft_id for i in office.read(waiting_drafts)}
    assert waiting == {items[1].draft_id, items[4].draft_id}
    assert office.read(run_problems) == []
    # And once more: nothing moves any further.
    before = office.read(lambda s: s.scalar(select(func.count()).select_from(AgentRun)))
    assert office.carry_on().resumed == 0
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(AgentRun))) == before


def test_a_resume_without_a_decision_moves_nothing(office: Office) -> None:
    """A front end may say 'approve' as often as it likes: what counts is the row that it cannot write."""
    from langgraph.types import Command

    item = office.read(waiting_drafts)[0]
    draft = draft_of(office, item)
    thread = f"touch:{draft.contact_id}:{draft.sequence_id}:1"
    with Session(office.settings) as session:
        runner = session._runner
        config = {"configurable": {"thread_id": thread}}
        graph = runner.threads.graph_of(thread)
        forged = Command(resume={"decisions": [{"type": "approve"}], "approved": True, "by": "user"})
        session._loop.run(graph.ainvoke(forged, config, durability="sync"))
    assert draft_of(office, item).approval_status == "draft"
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(Approval))) == 0
    decide(office, item, "approve")
    office.carry_on()
    assert draft_of(office, item).approval_status == "ready"


def test_a_changed_address_voids_an_approval(office: Office) -> None:
    item = office.read(waiting_drafts)[0]
    decide(office, item, "approve")
    contact_id = draft_of(office, item).contact_id
    with Database(office.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        database.write_sync(lambda s: setattr(s.get_one(Contact, contact_id), "email", "someone.else@osu.example"))
    office.carry_on()
    assert draft_of(office, item).approval_status == "draft"
    again = next(i for i in office.read(waiting_drafts) if i.draft_id == item.draft_id)
    assert again.recipient == "someone.else@osu.example"
    decide(office, again, "approve")
    office.carry_on()
    assert draft_of(office, item).approval_status == "ready"


def test_an_edit_that_says_more_than_the_facts_comes_back_with_the_flags(office: Office) -> None:
    item = office.read(waiting_drafts)[0]
    body = item.body.replace("Best,", "Your lamps failed four times in 2019.\n\nBest,", 1)
    decide(office, item, "edit", subject=item.subject, body=body)
    office.carry_on()
    again = next(i for i in office.read(waiting_drafts) if i.draft_id == item.draft_id)
    assert (again.version, again.qc_passed) == (2, False)
    assert "claim.unsupported" in {flag["rule"] for flag in again.qc_flags}
    with pytest.raises(DecisionRefused, match="cannot be overridden"):
        decide(office, again, "approve")
    decide(office, again, "edit", subject=item.subject, body=item.body)
    office.carry_on()
    final = draft_of(office, item)
    assert (final.approval_status, final.version, final.body) == ("ready", 3, item.body)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("Hi {first},", "Hi Brunhilde,", "greeting.name"),
        ("Best,", "I hear that the trustees have already voted for new lights.\n\nBest,", "claim.unsupported"),
        ("Best,", "{organisation} has 123,456 seats.\n\nBest,", "claim.number"),
        ("Best,", "I have long admired Fernhollow State University.\n\nBest,", "organisation.wrong"),
        ("Best,", "I called you on Monday.\n\nBest,", "history.call"),
    ],
)
def test_a_persons_slip_is_caught_before_it_can_go(office: Office, old: str, new: str, rule: str) -> None:
    item = office.read(waiting_drafts)[0]
    names = {"first": item.person.split()[0], "organisation": item.organisation}
    body = item.body.replace(old.format(**names), new.format(**names), 1)
    assert body != item.body
    decide(office, item, "edit", subject=item.subject, body=body)
    office.carry_on()
    again = next(i for i in office.read(waiting_drafts) if i.draft_id == item.draft_id)
    found = [flag for flag in again.qc_flags if flag["rule"] == rule]
    assert found
    assert again.body[found[0]["start"] : found[0]["end"]] == found[0]["text"]
    with pytest.raises(DecisionRefused, match="cannot be overridden"):
        decide(office, again, "approve")
    assert draft_of(office, item).approval_status == "draft"


def test_a_decision_on_a_text_that_has_changed_is_refused(office: Office) -> None:
    item = office.read(waiting_drafts)[0]
    decide(office, item, "reject", reason="too long")
    office.carry_on()
    with pytest.raises(DecisionRefused, match="changed since you saw version 1"):
        decide(office, item, "approve")


def test_a_skipped_message_comes_back_on_its_day(office: Office) -> None:
    item = office.read(waiting_drafts)[0]
    day = datetime.now(UTC) + timedelta(days=7)
    decide(office, item, "skip", until=day.date())
    office.carry_on()
    assert item.draft_id not in {i.draft_id for i in office.read(waiting_drafts)}
    later = office.read(lambda s: waiting_drafts(s, now=day))
    assert item.draft_id in {i.draft_id for i in later}


def test_approving_the_first_touch_of_an_a1_sequence_starts_it(office: Office) -> None:
    item = next(i for i in office.read(waiting_drafts) if i.tier == "A1")
    assert item.starts_sequence
    decide(office, item, "approve")
    office.carry_on()
    sequence = office.read(lambda s: s.get_one(OutreachSequence, item.sequence_id))
    assert (sequence.requires_approval, sequence.approved_by) == (True, "user:test")


def test_without_a_terminal_nothing_is_approved(make_office: MakeOffice, sqlite_url: str) -> None:
    office = make_office(sqlite_url, colleges=2)
    office.run()
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "--home", str(office.settings.home), "approve"],
        env={**os.environ, "OUTREACH_DATABASE_URL": sqlite_url},
        cwd=Path(__file__).parents[2],
        input="a\na\n",
        capture_output=True,
        text=True,
        check=True,
    )
    assert "nothing was decided" in done.stderr
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(Approval))) == 0


def test_answers_from_a_file(make_office: MakeOffice, sqlite_url: str) -> None:
    office = make_office(sqlite_url, colleges=3)
    office.run()
    first, second, third = office.read(waiting_drafts)
    answers = [
        {"draft_id": first.draft_id, "version": 1, "hash": first.content_hash, "decision": "approve"},
        {"draft_id": second.draft_id, "version": 1, "hash": "0" * 64, "decision": "approve"},
        {"draft_id": third.draft_id, "version": 1, "hash": third.content_hash, "decision": "publish"},
    ]
    done = subprocess.run(
        [sys.executable, "-m", "outreach", "--home", str(office.settings.home), "approve", "--answers", "-"],
        env={**os.environ, "OUTREACH_DATABASE_URL": sqlite_url},
        cwd=Path(__file__).parents[2],
        input="\n".join([*map(json.dumps, answers), "not json"]),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "1 decided, 3 refused" in done.stderr
    assert [draft_of(office, i).approval_status for i in (first, second, third)] == ["ready", "draft", "draft"]


def test_killed_at_the_prompt_nothing_is_lost(terminal: tuple[Office, "pexpect.spawn[str]"]) -> None:
    office, child = terminal
    first = office.read(waiting_drafts)[0]
    child.expect_exact("[q]uit > ")
    child.sendline("a")
    child.expect_exact("Ready to go out")
    child.kill(signal.SIGKILL)
    child.wait()
    office.carry_on()
    assert draft_of(office, first).approval_status == "ready"
    assert len(office.read(waiting_drafts)) == 4
    assert office.read(run_problems) == []
