"""A batch in the database: who is taken, what is written, numbers without a gap, and its life."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import (
    AgentRun,
    Batch,
    BatchProspect,
    Contact,
    Experiment,
    MessageDraft,
    OutreachSequence,
    Suppression,
)
from db.queries.batches import BatchNotFound, find_batch, list_batches, members, shares_of
from db.queries.due import first_touches_due
from db.queries.wanted import Wanted
from playbooks import load_playbook, playbook_names
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.batches.build import BatchRefused, Order, build, plan, refill, trial_of, trial_of_experiment
from tools.batches.progress import close, drop, follow_batch, start
from tools.drafting.variants import steering

PLAYBOOK = load_playbook("sports-lighting")
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MIX = {"athletic_directors": 2, "facilities": 1}
SOFT = trial_of(PLAYBOOK, "ask_intensity", "soft", "direct")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url, "user") as found, acting_as("user:kim"):
        yield found


@pytest.mark.parametrize("name", playbook_names())
def test_every_share_has_a_filter_that_can_be_read_and_the_mix_is_25(name: str) -> None:
    batches = load_playbook(name).batches
    for share in batches.shares.values():
        Wanted.model_validate(share.filter)
        assert share.filter
    assert batches.size == 25


def ready(session: Session, persona: str = "Athletic Director", **values: Any) -> Contact:
    prospect = make_prospect(session, tier="A2", status="needs_research", icp_score=60)
    return make_contact(session, prospect, persona_type=persona, **values)


def run_row(session: Session) -> str:
    run = AgentRun(id=uuid4().hex, run_type="batch_build", agent_name="analyst", status="running", started_at=NOW)
    session.add(run)
    session.flush()
    return run.id


def built(session: Session, order: Order) -> Batch:
    return build(session, PLAYBOOK, order, run_id=run_row(session), now=NOW)[0]


def test_who_is_not_ready_is_in_no_batch(database: Database) -> None:
    def make(session: Session) -> tuple[str, list[str]]:
        good = ready(session)
        ready(session, stage="sent")
        ready(session, email=None)
        ready(session, status="do_not_contact", do_not_contact=True)
        barred = ready(session, email="x@barred.example")
        session.add(Suppression(kind="domain", value="barred.example", reason="asked", source="test"))
        make_draft(session, ready(session))
        under_way = ready(session)
        session.add(
            OutreachSequence(
                prospect_id=under_way.prospect_id,
                contact_id=under_way.id,
                template_id="x",
                tier="A2",
                status="paused",
                total_steps=3,
            )
        )
        session.flush()
        assert barred.email
        found = plan(session, PLAYBOOK, Order({"athletic_directors": 10}, seed=1))
        return good.id, [place.taken.candidate.contact_id for place in found.places]

    good, taken = database.write_sync(make)
    assert taken == [good]


def test_a_batch_is_written_with_its_people_groups_and_run(database: Database) -> None:
    def make(session: Session) -> None:
        for _ in range(3):
            ready(session)
        ready(session, "Facilities Director")
        run_id = run_row(session)
        batch, found = build(session, PLAYBOOK, Order(MIX, seed=11, trial=SOFT), run_id=run_id, now=NOW)
        assert (batch.batch_number, batch.created_date, batch.prospect_count) == (1, NOW.date(), 3)
        assert (batch.status, batch.mix_ratio) == ("building", MIX)
        assert (batch.ab_variable, batch.ab_description) == ("ask_intensity", "A: soft; B: direct")
        places = session.scalars(select(BatchProspect).where(BatchProspect.batch_id == batch.id)).all()
        assert sorted(place.position_in_batch or 0 for place in places) == [1, 2, 3]
        assert {place.sequence_status for place in places} == {"not_started"}
        assert sorted(found.sizes.values()) == [1, 2]
        run = session.get_one(AgentRun, run_id)
        assert run.batch_id == batch.id
        assert {d["contact_id"]: d["group"] for d in run.decisions or []} == {p.contact_id: p.ab_group for p in places}
        assert sorted(shares_of(session, batch.id).values()) == ["athletic_directors"] * 2 + ["facilities"]
        for place in places:
            steered = steering(session, PLAYBOOK, place.contact_id)
            assert steered is not None
            assert (steered.group, steered.value) == (place.ab_group, SOFT.said[place.ab_group or ""])
        with pytest.raises(BatchRefused):  # one athletic director is left, and nobody else
            plan(session, PLAYBOOK, Order({"facilities": 1}, seed=1, fill=False))

    database.write_sync(make)


def test_a_run_writes_to_whom_the_batch_chose(database: Database) -> None:
    def make(session: Session) -> None:
        prospect = make_prospect(session, tier="A2", status="needs_research", icp_score=60)
        director = make_contact(session, prospect, persona_type="Athletic Director")
        money = make_contact(session, prospect, persona_type="CFO")
        other = ready(session)
        batch = built(session, Order({"budget_holders": 1}, seed=1))

        def due(batch_id: str | None) -> list[str]:
            args = (PLAYBOOK.name, PLAYBOOK.draft_tiers, PLAYBOOK.contact_personas)
            return [d.contact_id for d in first_touches_due(session, *args, limit=9, batch_id=batch_id)]

        assert due(batch.id) == [money.id]
        assert set(due(None)) == {money.id, other.id}
        batch.status = "completed"
        session.flush()
        assert set(due(None)) == {director.id, other.id}

    database.write_sync(make)


def test_two_processes_number_without_a_gap_and_take_nobody_twice(database_url: str) -> None:
    with Database(database_url, "user") as first, Database(database_url, "user") as second:
        with acting_as("user:kim"):
            first.write_sync(lambda s: [ready(s) for _ in range(12)])

        def one(number: int) -> None:
            with acting_as("user:kim"):
                database = (first, second)[number % 2]
                database.write_sync(lambda s: built(s, Order({"athletic_directors": 2}, seed=number)))

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(one, range(6)))
        rows = first.read_sync(list_batches)
        taken = first.read_sync(lambda s: list(s.scalars(select(BatchProspect.contact_id))))
    assert [row.number for row in rows] == [6, 5, 4, 3, 2, 1]
    assert len(taken) == len(set(taken)) == 12


def test_an_experiment_says_what_is_tested(database: Database) -> None:
    def make(session: Session) -> None:
        ready(session)
        session.add(
            Experiment(
                name="Soft asks",
                variable="ask_intensity",
                group_a_desc="soft: who else to ask",
                group_b_desc="direct",
                status="active",
            )
        )
        session.add(Experiment(name="Old", variable="ask_intensity", status="completed"))
        session.flush()
        trial = trial_of_experiment(session, PLAYBOOK, "soft asks")
        batch = built(session, Order({"athletic_directors": 1}, seed=1, trial=trial))
        experiment = session.scalars(select(Experiment).where(Experiment.name == "Soft asks")).one()
        assert experiment.batches_included == [batch.id]
        for name in ("Old", "Nowhere"):
            with pytest.raises(BatchRefused):
                trial_of_experiment(session, PLAYBOOK, name)

    database.write_sync(make)


@pytest.mark.parametrize(
    ("variable", "a", "b"),
    [("colour", "red", "blue"), ("ask_intensity", "soft", "loud"), ("ask_intensity", "soft", "soft")],
)
def test_what_cannot_be_tested_is_refused(variable: str, a: str, b: str) -> None:
    with pytest.raises(BatchRefused):
        trial_of(PLAYBOOK, variable, a, b)


def draft_of(session: Session, batch: Batch, contact_id: str, **values: Any) -> None:
    contact = session.get_one(Contact, contact_id)
    sequence = OutreachSequence(
        prospect_id=contact.prospect_id, contact_id=contact.id, template_id="x", tier="A2", total_steps=3
    )
    session.add(sequence)
    session.flush()
    make_draft(session, contact, sequence_id=sequence.id, batch_id=batch.id, **values)


def test_where_a_batch_stands_takes_no_more_looks_for_more_people(database: Database, statements: list[str]) -> None:
    looks = []

    def make(session: Session) -> None:
        for number in (2, 5):
            people = [ready(session) for _ in range(number)]
            batch = built(session, Order({"athletic_directors": number}, seed=1))
            for one in people:
                draft_of(session, batch, one.id, qc_passed=True)
            session.flush()
            statements.clear()
            assert follow_batch(session, batch) == "ready"
            looks.append(sum(one.startswith("SELECT") for one in statements))

    database.write_sync(make)
    assert looks[0] == looks[1]


def test_the_status_follows_from_the_messages(database: Database) -> None:
    def make(session: Session) -> None:
        first, second, blank = ready(session), ready(session), ready(session)
        batch = built(session, Order({"athletic_directors": 3}, seed=1))
        with pytest.raises(BatchRefused):
            start(session, batch)
        draft_of(session, batch, first.id, qc_passed=True)
        assert follow_batch(session, batch) == "building"
        draft_of(session, batch, second.id, qc_passed=False)
        blank.prospect.status = "nurture"
        session.flush()
        assert follow_batch(session, batch) == "building"
        by_person = {one.contact_id: one for one in members(session, batch)}
        assert {by_person[c.id].draft for c in (first, second, blank)} == {"waiting", "blocked", "none"}
        blocked = session.scalars(select(MessageDraft).where(MessageDraft.contact_id == second.id)).one()
        blocked.qc_passed = True
        session.flush()
        assert follow_batch(session, batch) == "ready"
        start(session, batch)
        assert follow_batch(session, batch) == "active"
        assert close(session, batch) == 2
        assert follow_batch(session, batch) == "completed"
        with pytest.raises(BatchRefused):
            start(session, batch)

    database.write_sync(make)


def test_who_leaves_before_a_message_leaves_no_trace_and_who_leaves_after_it_counts(database: Database) -> None:
    def make(session: Session) -> None:
        early, late = ready(session), ready(session)
        batch = built(session, Order({"athletic_directors": 2}, seed=1))
        draft_of(session, batch, late.id, qc_passed=True)
        assert drop(session, batch, early, "left", NOW, "user:kim") is True
        assert drop(session, batch, late, "a friend", NOW, "user:kim") is False
        (kept,) = members(session, batch)
        assert (kept.contact_id, kept.sequence_status, kept.draft) == (late.id, "stopped", "archived")
        assert batch.prospect_count == 1
        assert late.sequences[0].status == "stopped"
        with pytest.raises(BatchRefused):
            drop(session, batch, early, "again", NOW, "user:kim")
        assert [p.taken.candidate.contact_id for p in plan(session, PLAYBOOK, Order(MIX, seed=1)).places] == [early.id]

    database.write_sync(make)


def test_an_empty_place_goes_to_the_next_best_with_its_group(database: Database) -> None:
    def make(session: Session) -> None:
        for _ in range(2):
            ready(session)
        batch = built(session, Order({"athletic_directors": 2}, seed=1, trial=SOFT))
        spare = ready(session)
        blank = members(session, batch)[0]
        session.get_one(Contact, blank.contact_id).prospect.status = "nurture"
        session.flush()
        (decision,) = refill(session, PLAYBOOK, batch, run_id=run_row(session), now=NOW)
        assert (decision["contact_id"], decision["instead_of"]) == (spare.id, blank.contact_id)
        now = members(session, batch)[0]
        assert (now.contact_id, now.group, now.position, now.share) == (
            spare.id,
            blank.group,
            blank.position,
            "athletic_directors",
        )
        assert refill(session, PLAYBOOK, batch, run_id=run_row(session), now=NOW) == []

    database.write_sync(make)


def test_a_batch_is_found_by_number_or_id(database: Database) -> None:
    def make(session: Session) -> None:
        ready(session)
        batch = built(session, Order({"athletic_directors": 1}, seed=1))
        assert find_batch(session, "1").id == find_batch(session, batch.id[:8]).id == batch.id
        for name in ("2", "", "nobody"):
            with pytest.raises(BatchNotFound):
                find_batch(session, name)

    database.write_sync(make)
