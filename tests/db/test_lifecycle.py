"""The tables of transitions, what moving leaves behind, and that nobody goes past them."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.actors import acting_as
from db.engine import make_engine
from db.enums import ContactStage, ProspectStatus
from db.lifecycle import (
    CONTACT_STAGES,
    LIFE_CYCLES,
    PROSPECT_STATUSES,
    NotAllowed,
    contact_may_become,
    follow_sequence,
    may_become,
    member_status,
    move_batch,
    move_contact,
    move_followup,
    move_opportunity,
    move_prospect,
    move_sequence,
    prospect_may_become,
    set_outcome,
)
from db.models import Activity, Batch, BatchProspect, Followup, Opportunity, OutreachSequence, Reply
from tests.support.lifecycle_page import PAGE, page
from tests.support.rows import make_contact, make_prospect

CONTACT_FLOW = (
    "new",
    "researched",
    "drafted",
    "sent",
    "follow_up",
    "replied",
    "meeting_booked",
    "meeting_held",
    "opportunity",
    "closed",
    "re_engaged",
    "dormant",
    "re_engaged",
    "drafted",
)
PROSPECT_FLOW = (
    "identified",
    "needs_scoring",
    "scored",
    "needs_research",
    "research_complete",
    "ready_for_outreach",
    "outreach_active",
    "engaged",
    "nurture",
    "deprioritized",
    "needs_scoring",
    "scored",
)


@pytest.fixture
def session(database_url: str) -> Iterator[Session]:
    engine = make_engine(database_url, "user")
    with acting_as("user:dana"), Session(engine) as session:
        yield session
    engine.dispose()


def reachable(table: dict[str, frozenset[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        for following in table[waiting.pop()] - found:
            found.add(following)
            waiting.append(following)
    return found


def test_every_state_has_its_row_and_can_be_reached() -> None:
    assert set(CONTACT_STAGES) == set(ContactStage) == reachable(dict(CONTACT_STAGES), ContactStage.NEW)
    assert (
        set(PROSPECT_STATUSES) == set(ProspectStatus) == reachable(dict(PROSPECT_STATUSES), ProspectStatus.IDENTIFIED)
    )


def test_no_state_is_a_dead_end_or_follows_itself() -> None:
    for table in (CONTACT_STAGES, PROSPECT_STATUSES):
        for state, following in table.items():
            assert following
            assert state not in following


def test_a_contact_goes_the_whole_way(session: Session) -> None:
    contact = make_contact(session)
    for stage in CONTACT_FLOW[1:]:
        assert contact_may_become(contact.stage, stage)
        assert move_contact(session, contact, stage)
        assert contact.stage == stage
    session.commit()
    assert contact.stage == "drafted"


def test_a_prospect_goes_the_whole_way_and_every_step_is_noted(session: Session) -> None:
    prospect = make_prospect(session)
    for status in PROSPECT_FLOW[1:]:
        assert prospect_may_become(prospect.status, status)
        assert move_prospect(session, prospect, status, reason=f"on to {status}")
    session.commit()

    activities = session.scalars(select(Activity).order_by(Activity.created_at)).all()
    steps = {f"{old} -> {new}" for old, new in pairwise(PROSPECT_FLOW)}
    assert {activity.subject for activity in activities} == steps
    assert {activity.type for activity in activities} == {"status_change"}
    assert all(activity.prospect_id == prospect.id for activity in activities)
    assert activities[0].description == "on to needs_scoring"


def test_staying_does_nothing(session: Session) -> None:
    contact = make_contact(session)
    assert not move_contact(session, contact, "new")
    assert not move_prospect(session, contact.prospect, "identified")
    assert session.scalar(select(func.count()).select_from(Activity)) == 0


@pytest.mark.parametrize("stage", ["opportunity", "meeting_held", "re_engaged", "follow_up"])
def test_a_new_contact_cannot_leap(session: Session, stage: str) -> None:
    contact = make_contact(session)
    with pytest.raises(NotAllowed, match=f"from new to {stage}; what may follow is closed, dormant, drafted"):
        move_contact(session, contact, stage)
    assert contact.stage == "new"
    assert not contact_may_become("new", stage)


def test_a_closed_contact_is_not_written_to_again_by_itself(session: Session) -> None:
    contact = make_contact(session, stage="closed")
    for stage in ("sent", "drafted", "follow_up"):
        with pytest.raises(NotAllowed):
            move_contact(session, contact, stage)


@pytest.mark.parametrize("status", ["ready_for_outreach", "outreach_active", "engaged"])
def test_a_prospect_is_scored_before_it_is_written_to(session: Session, status: str) -> None:
    prospect = make_prospect(session)
    with pytest.raises(NotAllowed):
        move_prospect(session, prospect, status)
    assert prospect.status == "identified"
    assert session.scalar(select(func.count()).select_from(Activity)) == 0


def test_a_word_that_is_no_state_is_an_error(session: Session) -> None:
    contact = make_contact(session)
    with pytest.raises(ValueError, match="won"):
        move_contact(session, contact, "won")
    with pytest.raises(ValueError, match="won"):
        move_prospect(session, contact.prospect, "won")


@pytest.mark.parametrize(
    ("actor", "agent_id", "user_id"),
    [("agent:run7", "run7", None), ("user:dana", None, "dana"), ("user", None, "user")],
)
def test_the_activity_says_who(session: Session, actor: str, agent_id: str | None, user_id: str | None) -> None:
    prospect = make_prospect(session)
    with acting_as(actor):
        move_prospect(session, prospect, "scored")
    activity = session.scalars(select(Activity)).one()
    assert (activity.agent_id, activity.user_id) == (agent_id, user_id)


NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
MOVED_ELSEWHERE = {
    ("db/suppressions.py", "contact.status"),  # reachable or not: no life cycle, kept by the database
    ("tools/hygiene/note_effects.py", "contact.status"),
    ("tools/outbox/sending.py", "delivery.state"),  # kept by db/triggers
    ("tools/outbox/dispatch.py", "delivery.state"),
    ("tools/research/suggestions.py", "row.status"),  # referral_suggestions: open, then decided once
    ("tools/replies/corrections.py", "row.status"),
    ("tools/bids/review.py", "alert.status"),
    ("tools/bids/store.py", "alert.status"),
    ("graphs/recorder.py", "row.status"),  # agent_runs
    ("graphs/recovery.py", "row.status"),
    ("outreach/mcp/writing.py", "root.status"),
    ("tools/dedupe/records.py", "record.state"),  # of the Union, not of a row
    ("tools/importing/cleaning.py", "found.state"),
    ("agents/models/errors.py", "self.status"),
}


def test_every_table_names_every_state_and_no_state_follows_itself() -> None:
    for column, table in LIFE_CYCLES.items():
        enumeration = type(next(iter(table)))
        assert set(table) == set(enumeration), column
        for state, following in table.items():
            assert following <= set(enumeration)
            assert state not in following
    assert may_become("followups.state", "pending", "pending")
    assert not may_become("followups.state", "completed", "pending")


def assigned(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            for one in target.elts if isinstance(target, ast.Tuple) else [target]:
                if isinstance(one, ast.Attribute) and one.attr in {
                    "status", "state", "stage", "sequence_status", "meeting_outcome",
                }:  # fmt: skip
                    yield ast.unparse(one)


def test_nobody_changes_a_state_past_the_tables() -> None:
    found = {
        (path.relative_to(ROOT).as_posix(), text)
        for folder in ("db", "tools", "agents", "graphs", "outreach")  # evals lays the rows that a case begins with
        for path in (ROOT / folder).rglob("*.py")
        if "lifecycle" not in path.parts
        for text in assigned(ast.parse(path.read_text(encoding="utf-8")))
    }
    of_runs = {one for one in found if one[1] == "step.status"}  # agent_runs
    assert found - of_runs == MOVED_ELSEWHERE


def test_the_page_is_made_from_the_tables() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def a_sequence(session: Session, **values: Any) -> OutreachSequence:
    contact = make_contact(session)
    row = OutreachSequence(
        prospect_id=contact.prospect_id, contact_id=contact.id, template_id="t", tier="A2", total_steps=3, **values
    )
    session.add(row)
    session.flush()
    return row


def test_a_sequence_moves_with_its_moments(session: Session) -> None:
    sequence = a_sequence(session, next_step_at=NOW)
    assert move_sequence(session, sequence, "active")
    assert sequence.next_step_at == NOW
    assert move_sequence(session, sequence, "paused", NOW)
    assert (sequence.paused_at, sequence.next_step_at) == (NOW, None)
    assert not move_sequence(session, sequence, "paused", NOW + timedelta(days=1))
    assert sequence.paused_at == NOW
    assert move_sequence(session, sequence, "completed", NOW)
    assert (sequence.paused_at, sequence.completed_at) == (None, NOW)
    for status in ("active", "pending", "paused", "stopped"):
        with pytest.raises(NotAllowed, match="from completed to"):
            move_sequence(session, sequence, status)
    assert sequence.status == "completed"


def test_a_place_in_a_batch_follows_the_sequence(session: Session) -> None:
    sequence = a_sequence(session)
    batch = Batch(status="active")
    session.add(batch)
    session.flush()
    member = BatchProspect(batch_id=batch.id, contact_id=sequence.contact_id)
    session.add(member)
    session.flush()

    def at(status: str) -> str | None:
        move_sequence(session, sequence, status, NOW)
        return member.sequence_status

    follow_sequence(session, sequence.contact_id)
    assert member.sequence_status == "not_started"
    assert [at("active"), at("paused"), at("active")] == ["active", "paused", "active"]
    session.add(Reply(contact_id=sequence.contact_id, intent="not_now", replied_at=NOW))
    session.flush()
    assert [at("paused"), at("stopped")] == ["replied", "stopped"]
    session.add(
        OutreachSequence(
            prospect_id=sequence.prospect_id, contact_id=sequence.contact_id, template_id="t:re_engagement", tier="A2",
            total_steps=2, current_step=1,
        )
    )  # fmt: skip
    session.flush()
    assert member_status(session, sequence.contact_id) == "active"
    follow_sequence(session, sequence.contact_id)
    assert member.sequence_status == "active"


def test_nobody_in_no_batch_and_no_sequence(session: Session) -> None:
    contact = make_contact(session)
    follow_sequence(session, contact.id)
    assert member_status(session, contact.id) == "not_started"


def test_a_followup_is_done_once(session: Session) -> None:
    row = Followup(contact_id=make_contact(session).id, reminder_sent=True)
    session.add(row)
    session.flush()
    assert move_followup(session, row, "overdue")
    assert row.reminder_sent
    assert move_followup(session, row, "pending")
    assert not row.reminder_sent
    assert move_followup(session, row, "completed", NOW)
    assert row.completed_at == NOW
    for state in ("pending", "skipped", "overdue"):
        with pytest.raises(NotAllowed, match="what may follow is nothing"):
            move_followup(session, row, state)


def test_batches_and_opportunities_keep_to_their_tables(session: Session) -> None:
    contact = make_contact(session)
    batch = Batch()
    meeting = Opportunity(contact_id=contact.id, account_id=contact.account_id, status="meeting_booked")
    session.add_all([batch, meeting])
    session.flush()
    assert move_batch(session, batch, "ready")
    with pytest.raises(NotAllowed):
        move_batch(session, Batch(id="x", status="completed"), "active")
    with pytest.raises(NotAllowed):
        move_opportunity(session, meeting, "opportunity_created")
    assert move_opportunity(session, meeting, "meeting_held")
    assert set_outcome(session, meeting, "no_show")
    assert not set_outcome(session, meeting, "no_show")
    with pytest.raises(NotAllowed):
        set_outcome(session, meeting, "qualified")
    assert set_outcome(session, meeting, "rescheduled")
    assert set_outcome(session, meeting, "qualified")
