"""The two tables of transitions, and what moving leaves behind."""

from collections.abc import Iterator
from itertools import pairwise

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.actors import acting_as
from db.engine import make_engine
from db.enums import ContactStage, ProspectStatus
from db.lifecycle import (
    CONTACT_STAGES,
    PROSPECT_STATUSES,
    NotAllowed,
    contact_may_become,
    move_contact,
    move_prospect,
    prospect_may_become,
)
from db.models import Activity
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
