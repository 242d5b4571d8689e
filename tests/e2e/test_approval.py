"""The person's turn, at a real terminal and across killed processes."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect
import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, DecisionRefused, take_decision
from db.models import (
    AgentRun,
    Approval,
    Batch,
    Contact,
    Delivery,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Suppression,
)
from db.queries.reading import Waiting
from outreach.session import RunnerSession
from tests.e2e.conftest import MakeOffice, Office, command
from tests.support.inbox import waiting_drafts
from tests.support.world import run_problems
from tools.outbox import ready

WHY = "the address is on their own page"
"""Why the sample's addresses, which nobody has verified, do not matter."""
EDITOR = """#!/bin/sh
sed -i 's/^Best,$/Whatever you decide, thank you for reading.\\n\\nBest,/' "$1"
"""


@pytest.fixture
def office(after_a_run: MakeOffice, database_url: str) -> Office:
    made = after_a_run(database_url, colleges=5)
    assert len(made.read(waiting_drafts)) == 5
    return made


def decide(office: Office, item: Waiting, decision: str, *, days: float = 14, **more: object) -> None:
    """Records a decision as the command line does, and leaves the thread asleep."""
    if decision == "approve":
        more.setdefault("reason", WHY)
    with Database(office.settings.effective_database_url(), "user") as database, acting_as("user:test"):
        made = Decision(
            draft_id=item.draft_id,
            version=item.version,
            content_hash=item.content_hash,
            decision=decision,  # type: ignore[arg-type]
            by="user:test",
            **more,  # type: ignore[arg-type]
        )
        database.write_sync(lambda session: take_decision(session, made, approval_days=days) and None)


def draft_of(office: Office, item: Waiting) -> MessageDraft:
    return office.read(lambda session: session.get_one(MessageDraft, item.draft_id))


Spawn = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def at_terminal(tmp_path: Path) -> Iterator[Spawn]:
    """`at_terminal(office, "approve")` runs a command in a plain terminal of 80 columns and 24 lines."""
    editor = tmp_path / "editor.sh"
    editor.write_text(EDITOR)
    editor.chmod(0o755)
    children = []

    def spawn(office: Office, *args: str) -> "pexpect.spawn[str]":
        child = pexpect.spawn(
            sys.executable,
            ["-m", "outreach", *args],
            cwd=Path(__file__).parents[2],
            env={
                **{name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")},
                "OUTREACH_HOME": str(office.settings.home),
                "OUTREACH_DATABASE_URL": office.settings.database_url,
                "OUTREACH_MODEL": "rules",
                "EDITOR": str(editor),
                "VISUAL": str(editor),
                "TERM": "dumb",
            },
            dimensions=(24, 80),
            encoding="utf-8",
            timeout=30,
        )
        children.append(child)
        return child

    yield spawn
    for child in children:
        child.close(force=True)


@pytest.fixture
def terminal(after_a_run: MakeOffice, sqlite_url: str, at_terminal: Spawn) -> tuple[Office, "pexpect.spawn[str]"]:
    office = after_a_run(sqlite_url, colleges=5)
    return office, at_terminal(office, "approve")


def press(child: "pexpect.spawn[str]", key: str) -> str:
    """Goes through the pages of the message to its last, and presses a key there; returns what was shown."""
    shown = ""
    while child.expect([r"Enter: [^\r\n]* > ", r"\[q\]uit > "]) == 0:
        shown += child.before or ""
        child.sendline("")
    shown += child.before or ""
    child.sendline(key)
    return shown


def test_a_sitting_at_the_terminal(terminal: tuple[Office, "pexpect.spawn[str]"]) -> None:
    office, child = terminal
    first, second, third, fourth, fifth = office.read(waiting_drafts)

    child.expect_exact("5 messages wait")
    shown = press(child, "a")
    for part in (first.person, first.recipient, first.subject, "Leaves:", "QC passed, 1 warning", "score", "“"):
        assert str(part) in shown
    child.expect_exact("QC warns: recipient.unverified")
    child.sendline(WHY)
    child.expect_exact("Ready to go out")

    # Undone, and approved once more, for the reason given before.
    press(child, "u")
    child.expect_exact("Taken back: approve")
    assert first.person in press(child, "a")
    child.expect_exact(f'Enter for "{WHY}"')
    child.sendline("")
    child.expect_exact("Ready to go out")

    assert second.person in press(child, "e")
    child.expect_exact("Ready to go out")

    assert third.person in press(child, "r")
    child.expect_exact("answers it > ")
    child.sendline("Please leave out the capacity")
    shown = press(child, "a")
    for part in ("version 2", "left out the seating", "Changed since version 1", "\n - ", "the same)"):
        assert part in shown
    child.expect_exact("Why may it leave?")
    child.sendline("")
    child.expect_exact("Ready to go out")

    assert fourth.person in press(child, "d")
    child.expect_exact("go back > ")
    child.sendline("Asked us to stop")

    press(child, "u")
    child.expect_exact("Your do not contact stands")
    assert fifth.person in press(child, "q")
    child.expect_exact("5 decided")
    child.expect(pexpect.EOF)

    assert draft_of(office, first).approval_status == "ready"
    taken = office.read(
        lambda s: s.execute(
            select(Approval.decision, Approval.reason)
            .where(Approval.draft_id == first.draft_id)
            .order_by(Approval.ordinal)
        ).all()
    )
    assert taken == [("approve", WHY), ("revoke", None), ("approve", WHY)]
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
    with RunnerSession(office.settings) as session:
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


def test_without_a_terminal_nothing_is_approved(after_a_run: MakeOffice, sqlite_url: str) -> None:
    office = after_a_run(sqlite_url, colleges=2)
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


def test_answers_from_a_file(after_a_run: MakeOffice, sqlite_url: str) -> None:
    office = after_a_run(sqlite_url, colleges=3)
    first, second, third = office.read(waiting_drafts)
    answers = [
        {
            "draft_id": first.draft_id,
            "version": 1,
            "hash": first.content_hash,
            "decision": "approve",
            "reason": WHY,
        },
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
    press(child, "a")
    child.expect_exact("Why may it leave?")
    child.sendline(WHY)
    child.expect_exact("Ready to go out")
    child.kill(signal.SIGKILL)
    child.wait()
    office.carry_on()
    assert draft_of(office, first).approval_status == "ready"
    assert len(office.read(waiting_drafts)) == 4
    assert office.read(run_problems) == []


def test_an_approval_is_taken_back_until_the_message_is_on_its_way(office: Office, tmp_path: Path) -> None:
    first, second, *_ = office.read(waiting_drafts)
    for item in (first, second):
        decide(office, item, "approve")
    office.carry_on()
    assert first.starts_sequence
    assert command(office, "outbox", "export", str(tmp_path / "mail"), second.draft_id).returncode == 0

    done = command(office, "approve", "undo", first.draft_id[:8], second.draft_id[:8])
    assert done.returncode == 3, done.stderr
    assert "on its way already" in done.stderr
    assert "1 decision taken back" in done.stderr
    again = next(i for i in office.read(waiting_drafts) if i.draft_id == first.draft_id)
    assert (again.came_back.startswith("You took your decision"), again.starts_sequence) == (True, True)
    assert draft_of(office, second).approval_status == "ready"
    assert office.read(lambda s: s.get_one(OutreachSequence, first.sequence_id)).approved_at is None
    # What was taken back does not leave; approved once more, it may.
    assert [o.draft_id for o in office.read(ready)] == [second.draft_id]
    decide(office, again, "approve")
    office.carry_on()
    assert draft_of(office, first).approval_status == "ready"
    assert office.read(lambda s: s.get_one(OutreachSequence, first.sequence_id)).approved_by == "user:test"
    assert office.read(run_problems) == []


def test_an_approval_that_lapses_sends_nothing_and_comes_back_with_a_note(office: Office) -> None:
    item = next(i for i in office.read(waiting_drafts) if i.starts_sequence)
    decide(office, item, "approve")
    office.carry_on()
    assert draft_of(office, item).approval_status == "ready"
    # Said again, for a second: so that it was ready, and lapses while the test looks on.
    decide(office, item, "approve", days=1 / 86400)
    time.sleep(1)

    assert office.read(ready) == []
    refused = command(office, "sent", item.draft_id)
    assert (refused.returncode, "lapsed" in refused.stderr) == (1, True)
    # It shows before anything has run, and is the same after.
    for wake in (False, True):
        if wake:
            with RunnerSession(office.settings) as machine:
                machine.wake()
        again = next(i for i in office.read(waiting_drafts) if i.draft_id == item.draft_id)
        assert "lapsed on" in again.came_back
    assert draft_of(office, item).approval_status == "draft"
    assert office.read(lambda s: s.get_one(OutreachSequence, item.sequence_id)).approved_at is None
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(Delivery))) == 0
    decide(office, again, "approve")
    office.carry_on()
    assert [o.draft_id for o in office.read(ready)] == [item.draft_id]


def test_an_edit_that_qc_stops_does_not_start_the_sequence(office: Office) -> None:
    item = next(i for i in office.read(waiting_drafts) if i.starts_sequence)
    body = item.body.replace("Best,", "Your lamps failed four times in 2019.\n\nBest,", 1)
    decide(office, item, "edit", subject=item.subject, body=body)
    office.carry_on()
    again = next(i for i in office.read(waiting_drafts) if i.draft_id == item.draft_id)
    assert (again.starts_sequence, again.came_back) == (True, "QC does not let this edit through.")


def test_a_warning_is_overridden_with_a_reason_only(office: Office) -> None:
    item = office.read(waiting_drafts)[0]
    with pytest.raises(DecisionRefused, match=r"recipient\.unverified.*needs a reason"):
        decide(office, item, "approve", reason=" ")
    decide(office, item, "approve", reason="I know them")
    assert office.read(lambda s: s.scalars(select(Approval.reason)).all()) == ["I know them"]


def test_bulk_approves_what_it_showed_after_one_question(
    after_a_run: MakeOffice, sqlite_url: str, at_terminal: Spawn
) -> None:
    office = after_a_run(sqlite_url, colleges=5)
    items = office.read(waiting_drafts)
    verified, other = items[0], items[1]
    with Database(sqlite_url, "user") as database, acting_as("user:test"):

        def prepare(session: Session) -> None:
            batch = Batch(batch_number=7)
            session.add(batch)
            session.flush()
            for item in items[:3]:
                session.get_one(MessageDraft, item.draft_id).batch_id = batch.id
            for item in (verified, items[4]):
                session.get_one(MessageDraft, item.draft_id).qc_flags = []

        database.write_sync(prepare)

    assert "everything at once" in command(office, "approve", "bulk").stderr
    piped = command(office, "approve", "bulk", "--batch", "7", given="y\n")
    assert "nothing was decided" in piped.stderr
    assert office.read(lambda s: s.scalar(select(func.count()).select_from(Approval))) == 0

    child = at_terminal(office, "approve", "bulk", "--batch", "7")
    child.expect_exact("Left out, because of QC: 2 messages. recipient.unverified (2)")
    child.expect_exact(verified.draft_id[:8])
    child.expect_exact("Approve 1 message?")
    child.sendline("r")
    child.expect_exact(str(verified.recipient))
    child.expect_exact("Approve 1 message?")
    child.sendline("y")
    child.expect_exact("1 message approved")
    child.expect(pexpect.EOF)
    assert draft_of(office, verified).approval_status == "ready"

    child = at_terminal(
        office, "approve", "bulk", "--batch", "7", "--accept", "recipient.unverified", "--reason", "checked by phone"
    )
    child.expect_exact("Approve 2 messages?")
    child.sendline("y")
    child.expect_exact("2 messages approved")
    child.expect(pexpect.EOF)
    assert draft_of(office, other).approval_status == "ready"
    rows = office.read(lambda s: s.execute(select(Approval.draft_id, Approval.content_hash, Approval.reason)).all())
    assert sorted(rows) == sorted(
        (i.draft_id, i.content_hash, None if i is verified else "checked by phone") for i in items[:3]
    )
    assert {i.draft_id for i in office.read(waiting_drafts)} == {i.draft_id for i in items[3:]}


def test_what_is_printed_can_be_answered_and_every_answer_is_told_of(after_a_run: MakeOffice, sqlite_url: str) -> None:
    office = after_a_run(sqlite_url, colleges=5)
    given = json.loads(command(office, "approve", "--json").stdout)
    later = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
    lines = [
        {**given[0], "decision": "approve", "reason": WHY},
        {**given[1], "decision": "edit", "body": given[1]["body"].replace("Best,", "Thank you for reading.\n\nBest,")},
        {**given[2], "decision": "approve", "reason": WHY, "body": "Something else."},
        {**given[3], "decision": "skip"},
        {**given[3], "decision": "skip", "until": later},
        {"draft_id": given[4]["draft_id"], "decision": "approve"},
        {**given[0], "decision": "revoke"},
    ]
    done = command(office, "approve", "--answers", "-", "--json", given="\n".join(map(json.dumps, lines)))
    assert done.returncode == 3, done.stderr
    outcomes = json.loads(done.stdout)
    assert [o["taken"] for o in outcomes] == [True, True, False, False, True, False, True]
    assert [o["line"] for o in outcomes] == [1, 2, 3, 4, 5, 6, 7]
    assert "the decision is edit" in outcomes[2]["because"]
    assert "needs `until`" in outcomes[3]["because"]
    assert outcomes[5]["because"] == "version: is missing; hash: is missing"
    drafts = [office.read(lambda s, i=i: s.get_one(MessageDraft, i["draft_id"])) for i in given]  # type: ignore[misc]
    assert [d.approval_status for d in drafts] == ["draft", "ready", "draft", "draft", "draft"]
    assert {i.draft_id for i in office.read(waiting_drafts)} == {given[n]["draft_id"] for n in (0, 2, 4)}
