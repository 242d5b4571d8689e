"""Whole sequences: written, approved, sent and followed up to their end, by rule and over an endpoint."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.migrate import upgrade
from db.models import (
    AgentRun,
    Batch,
    BatchProspect,
    Contact,
    Delivery,
    Followup,
    InboundMessage,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Reply,
)
from graphs.checkpoints import open_checkpoints
from playbooks import load_playbook
from tests.e2e.conftest import MakeOffice, Office
from tests.e2e.test_endpoint import endpoint, rules_over_the_wire
from tests.support.openai_server import ScriptedServer
from tests.support.outgoing import approve_all, send_all
from tests.support.world import run_problems, world
from tools.drafting.drafts import without_footer
from tools.wording import sentences

LONG_AGO = datetime.now(UTC) - timedelta(days=200)


def go_round(office: Office) -> int:
    """One run, one person who approves all, one sending; returns how many left."""
    assert office.run().complete
    return write_to_all(office)


def write_to_all(office: Office) -> int:
    """One person who approves all that waits, one sending; returns how many left."""
    approve_all(office.settings)
    return send_all(office.settings, LONG_AGO)


def change(office: Office, fn: Any) -> Any:
    with Database(office.settings.effective_database_url(), "user") as database, acting_as("user:kim"):
        return database.write_sync(fn)


def drafts(session: Session) -> list[dict[str, Any]]:
    rows = session.execute(
        select(MessageDraft, MessageVersion, OutreachSequence, Contact)
        .join(OutreachSequence, OutreachSequence.id == MessageDraft.sequence_id)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(
            MessageVersion,
            (MessageVersion.draft_id == MessageDraft.id) & (MessageVersion.version == MessageDraft.version),
        )
        .order_by(Contact.full_name, MessageDraft.touch_number)
    ).all()
    return [
        {
            "who": contact.full_name,
            "tier": sequence.tier,
            "touch": draft.touch_number,
            "type": draft.touch_type,
            "channel": draft.channel,
            "status": draft.approval_status,
            "version": draft.version,
            "text": without_footer(draft.body, load_playbook(contact.prospect.playbook).sender, draft.channel),
            "subject": draft.subject_line,
            "blocks": [f for f in draft.qc_flags or [] if f["severity"] == "block"],
            "claims": version.claims,
            "run": draft.agent_run_id,
        }
        for draft, version, sequence, contact in rows
    ]


def state(session: Session) -> list[tuple[Any, ...]]:
    rows = session.scalars(select(OutreachSequence).order_by(OutreachSequence.id))
    return [(row.status, row.current_step, row.total_steps, row.next_step_at) for row in rows]


@pytest.mark.parametrize("playbook", ["sports-lighting", "qa-software"])
def test_a_sequence_from_its_first_touch_to_its_last(after_a_run: MakeOffice, database_url: str, playbook: str) -> None:
    office = after_a_run(database_url, colleges=4 if playbook == "qa-software" else 2, playbook=playbook)
    assert write_to_all(office) >= 1

    def everything(session: Session) -> None:
        """Whoever has a page and a number gets every touch of the longest sequence."""
        for n, contact in enumerate(session.scalars(select(Contact).order_by(Contact.id))):
            contact.linkedin_url = f"https://in.example/{n}"
            contact.phone = "(614) 555-0100"
        for sequence in session.scalars(select(OutreachSequence)):
            sequence.tier, sequence.total_steps = "A1", len(load_playbook(playbook).steps_of("A1"))

    change(office, everything)
    while go_round(office):
        pass
    book = load_playbook(playbook)
    found = office.read(drafts)
    steps = book.steps_of("A1")
    for who in {row["who"] for row in found}:
        own = [row for row in found if row["who"] == who]
        assert [(row["channel"], row["type"]) for row in own] == [(s.channel, s.touch) for s in steps]
        assert {row["status"] for row in own} == {"sent"}
        said: set[str] = set()
        for row in own:
            assert row["blocks"] == []
            mine = {s for line in row["text"].split("\n") for s in sentences(line) if len(s.split()) >= 4}
            assert not mine & said, mine & said
            said |= mine
            assert all(claim["sentence"] in row["text"] for claim in row["claims"])
    assert {row[0] for row in office.read(state)} == {"completed"}
    assert office.read(lambda s: set(s.scalars(select(Followup.state)))) == {"completed"}
    linked = office.read(lambda s: s.scalars(select(Followup).where(Followup.message_draft_id.is_(None))).all())
    assert linked == []
    assert office.read(run_problems) == []


def test_follow_ups_come_before_first_touches(make_office: MakeOffice, sqlite_url: str) -> None:
    office = make_office(sqlite_url, colleges=4)
    assert office.run(limit=2).tally.waiting == 2
    approve_all(office.settings)
    assert send_all(office.settings, LONG_AGO) == 2
    assert office.run(limit=3).tally.waiting == 3
    assert sorted(row["touch"] for row in office.read(drafts) if row["status"] == "draft") == [1, 2, 2]


def test_over_an_endpoint_the_same_follow_ups(make_office: MakeOffice, sqlite_url: str, empty_twin_url: str) -> None:
    upgrade(empty_twin_url)
    plain = make_office(empty_twin_url, name="plain", colleges=2)
    assert go_round(plain) == 2
    assert plain.run().complete
    with ScriptedServer(rules_over_the_wire()) as server:  # type: ignore[arg-type]
        wired = endpoint(make_office, sqlite_url, server)
        wired.files = plain.files
        assert go_round(wired) == 2
        assert wired.run().complete
    texts = [[(r["who"], r["touch"], r["subject"], r["text"]) for r in o.read(drafts)] for o in (plain, wired)]
    assert texts[0] == texts[1]
    assert {touch for _, touch, *_ in texts[0]} == {1, 2}
    assert wired.read(world) == plain.read(world)


def test_a_rejected_follow_up_is_written_again(after_a_run: MakeOffice, sqlite_url: str) -> None:
    office = after_a_run(sqlite_url, colleges=1)
    write_to_all(office)
    office.run()

    def reject(session: Session) -> None:
        draft = session.scalars(select(MessageDraft).where(MessageDraft.touch_number == 2)).one()
        decision = Decision(draft.id, draft.version, draft_hash(draft), "reject", "user:kim", reason="too long")
        take_decision(session, decision, approval_days=14)

    before = next(row for row in office.read(drafts) if row["touch"] == 2)
    change(office, reject)
    assert office.carry_on().tally.waiting == 1
    after = next(row for row in office.read(drafts) if row["touch"] == 2)
    assert (after["version"], after["blocks"]) == (2, [])
    assert len(after["text"].split()) < len(before["text"].split())


async def _forget(url: str) -> None:
    from graphs.checkpoints import thread_ids

    async with open_checkpoints(url) as saver:
        for thread in await thread_ids(saver):
            await saver.adelete_thread(thread)


async def test_a_follow_up_that_lost_its_thread_is_taken_up_again(after_a_run: MakeOffice, sqlite_url: str) -> None:
    import asyncio

    office = after_a_run(sqlite_url, colleges=1)
    await asyncio.to_thread(write_to_all, office)
    await asyncio.to_thread(office.run)
    await _forget(office.settings.effective_checkpoint_url())
    assert await asyncio.to_thread(approve_all, office.settings) == 1
    assert await asyncio.to_thread(send_all, office.settings, LONG_AGO) == 1
    assert [row["touch"] for row in await asyncio.to_thread(office.read, drafts) if row["status"] == "sent"] == [1, 2]


def replied(office: Office, intent: str, text: str, **more: Any) -> None:
    """A triaged reply to the last message that left, as reply triage writes it down."""

    def write(session: Session) -> None:
        delivery = session.scalars(select(Delivery).order_by(Delivery.touch_number.desc())).first()
        assert delivery is not None
        inbound = InboundMessage(
            message_id=f"{intent}@college.example",
            contact_id=delivery.contact_id,
            delivery_id=delivery.id,
            from_address=delivery.recipient.lower(),
            matched_by="in_reply_to",
            text=text,
            raw=b"x",
            processed_at=datetime.now(UTC),
        )
        session.add(inbound)
        session.flush()
        session.add(
            Reply(
                contact_id=delivery.contact_id,
                inbound_message_id=inbound.id,
                intent=intent,
                confidence=more.get("confidence", 0.9),
                raw_text=text,
                channel="email",
                replied_at=datetime.now(UTC) - timedelta(hours=1),
            )
        )
        sequence = session.get_one(OutreachSequence, delivery.sequence_id)
        sequence.status, sequence.next_step_at = "paused", None
        for followup in session.scalars(select(Followup).where(Followup.sequence_id == sequence.id)):
            if followup.state == "pending":
                followup.state = "skipped"
        if due := more.get("due"):
            session.add(Followup(contact_id=delivery.contact_id, sequence_id=sequence.id, touch_number=2, due_date=due))

    change(office, write)


def test_a_reply_is_answered_once_and_the_sequence_stays_paused(after_a_run: MakeOffice, database_url: str) -> None:
    office = after_a_run(database_url, colleges=1)
    write_to_all(office)
    replied(office, "positive", "Yes, please send it.")
    assert office.run().tally.waiting == 1
    answer = next(row for row in office.read(drafts) if row["type"] == "reply_draft")
    assert (answer["blocks"], answer["touch"]) == ([], 1)
    assert "Thank you for writing back." in answer["text"]
    assert office.run().tally.waiting == 0
    approve_all(office.settings)
    assert send_all(office.settings, datetime.now(UTC)) == 1
    assert office.read(lambda s: s.scalars(select(Reply.handled_at)).one()) is not None
    assert [row[0] for row in office.read(state)] == ["paused"]
    assert office.run().tally.waiting == 0


@pytest.mark.parametrize(("intent", "confidence"), [("neutral", 0.9), ("negative", 0.9), ("positive", 0.4)])
def test_what_is_a_persons_to_answer_is_left_to_them(
    after_a_run: MakeOffice, sqlite_url: str, intent: str, confidence: float
) -> None:
    office = after_a_run(sqlite_url, colleges=1)
    write_to_all(office)
    replied(office, intent, "How much is it?", confidence=confidence)
    assert office.run().tally.waiting == 0


def test_not_now_is_written_to_again_on_their_day(after_a_run: MakeOffice, database_url: str) -> None:
    office = after_a_run(database_url, colleges=1)
    write_to_all(office)
    replied(office, "not_now", "Not this year.", due=datetime.now(UTC).date())
    office.run()
    found = {row["type"]: row for row in office.read(drafts)}
    assert "You asked me to come back" in found["re_engagement"]["text"]
    assert found["re_engagement"]["blocks"] == []
    assert "I have put it down for later" in found["reply_draft"]["text"]
    approve_all(office.settings)
    assert send_all(office.settings, datetime.now(UTC)) == 2
    assert sorted(row[0] for row in office.read(state)) == ["completed", "stopped"]
    assert office.read(run_problems) == []


def test_the_group_of_a_batch_is_kept_on_the_draft(make_office: MakeOffice, sqlite_url: str) -> None:
    office = make_office(sqlite_url, colleges=2)
    assert office.run(limit=0).complete

    def group(session: Session) -> None:
        batch = Batch(status="active", ab_variable="ask_intensity", ab_description="A: soft; B: direct")
        session.add(batch)
        session.flush()
        for contact in session.scalars(select(Contact)):
            session.add(BatchProspect(batch_id=batch.id, contact_id=contact.id, ab_group="A"))

    change(office, group)
    office.run()
    kept = office.read(
        lambda s: [
            (d.ab_group, d.ab_variable, d.ask_style, d.batch_id is None) for d in s.scalars(select(MessageDraft))
        ]
    )
    assert kept == [("A", "ask_intensity", "soft_offer", False)] * 2
    assert office.read(lambda s: s.scalars(select(AgentRun).where(AgentRun.status == "error")).all()) == []
