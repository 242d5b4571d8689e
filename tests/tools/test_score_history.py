"""What is due, how a score came about and what moved, on both databases. All records are invented."""

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, Contact, HygieneFlag, Prospect
from playbooks import Playbook, WeightedFormula, load_playbook
from tests.support.hygiene_run import RUN, college
from tests.support.rows import make_contact, make_prospect
from tools.hygiene.rescoring import rescore
from tools.scoring import due, explain, score_prospects, scored_by_another_version
from tools.scoring.explain import Ambiguous, NotScored, find_prospect
from tools.scoring.history import moves, scorings

LIGHTS, QA = load_playbook("sports-lighting"), load_playbook("qa-software")


def company(db: Database, **person: Any) -> str:
    def make(session: Session) -> str:
        prospect = make_prospect(session, playbook="qa-software", venue_type="company", state="OTHER", name="Oakline")
        prospect.account.industry, prospect.account.employee_count = "SaaS", 400
        if person:
            make_contact(session, prospect, **person)
        return str(prospect.id)

    return db.write_sync(make)


def score(db: Database, playbook: Playbook) -> None:
    """Every scoring is a run of its own, as the journal's entries follow from the run."""
    run = uuid4().hex

    def act(session: Session) -> None:
        session.add(AgentRun(id=run, run_type="hygiene", agent_name="hygiene"))
        session.flush()
        score_prospects(session, playbook, due(session, playbook), run, "hygiene")

    db.write_sync(act)


def newer(playbook: Playbook, version: str, **formula: Any) -> Playbook:
    return playbook.model_copy(update={"scoring": playbook.scoring.model_copy(update={"version": version, **formula})})


def test_only_the_last_version_counts_and_going_back_counts_as_well(db: Database) -> None:
    one = college(db)
    for version in ("v9", "v10", "v9"):
        playbook = newer(LIGHTS, version)
        if version != "v9" or db.read_sync(lambda s: scorings(s, LIGHTS, [one])):
            assert db.read_sync(lambda s, p=playbook: scored_by_another_version(s, p)) == [one]  # type: ignore[misc]
        score(db, playbook)
        assert db.read_sync(lambda s, p=playbook: due(s, p)) == []  # type: ignore[misc]
    assert [s.version for s in db.read_sync(lambda s: scorings(s, LIGHTS, [one]))[one]] == ["v9", "v10", "v9"]


@pytest.mark.parametrize(
    "person",
    [{}, {"status": "do_not_contact", "do_not_contact": True}, {"persona_type": "SDET", "seniority_level": "IC"}],
    ids=["nobody", "nobody who may be written to", "somebody"],
)
def test_a_company_is_due_once_for_each_version_whoever_is_there(db: Database, person: dict[str, Any]) -> None:
    one = company(db, **person)
    for version in ("v9", "v10", "v9"):
        playbook = newer(QA, version)
        assert db.read_sync(lambda s, p=playbook: due(s, p)) == [one]  # type: ignore[misc]
        score(db, playbook)
        assert db.read_sync(lambda s, p=playbook: due(s, p)) == []  # type: ignore[misc]


def test_somebody_barred_since_does_not_keep_a_company_due(db: Database) -> None:
    company(db, persona_type="SDET", seniority_level="IC")
    score(db, QA)
    with acting_as("user:kim"):
        db.write_sync(lambda s: setattr(s.scalars(select(Contact)).one(), "status", "bounced"))
    playbook = newer(QA, "v2")
    score(db, playbook)
    assert db.read_sync(lambda s: scored_by_another_version(s, playbook)) == []


def test_what_moved_and_by_which_dimension(db: Database) -> None:
    assert isinstance(LIGHTS.scoring, WeightedFormula)
    one, other = college(db, state="OH", name="Oakmont"), college(db, state="OTHER", name="Quarry")
    score(db, LIGHTS)
    before = {p: db.read_sync(lambda s, p=p: s.get_one(Prospect, p).icp_score) for p in (one, other)}  # type: ignore[misc]
    geography = LIGHTS.scoring.dimensions["geography"].model_copy(update={"weight": 1})
    light = newer(LIGHTS, "v2", dimensions={**LIGHTS.scoring.dimensions, "geography": geography})
    ids = db.read_sync(lambda s: scored_by_another_version(s, light))
    counts = db.write_sync(lambda s: rescore(s, light, ids, RUN))
    assert (counts["looked_at"], counts["rescored"]) == (2, 2)
    assert db.read_sync(lambda s: scored_by_another_version(s, light)) == []
    first, _ = db.read_sync(lambda s: moves(s, light, [one, other]))
    assert (first.name, first.before and first.before.score, first.before and first.before.version) == (
        "Oakmont", before[one], "sports-lighting-1",
    )  # fmt: skip
    assert first.after.version == "v2"
    assert first.after.score < (before[one] or 0)
    [shift] = first.shifts
    assert (shift.dimension, shift.before and shift.before.weight, shift.after and shift.after.weight) == (
        "geography", 4, 1,
    )  # fmt: skip
    assert db.write_sync(lambda s: rescore(s, light, [one], RUN))["rescored"] == 0


def test_rescoring_tidies_and_flags_as_hygiene_does(db: Database) -> None:
    one = college(db, name="Oakmont  College")
    db.write_sync(lambda s: rescore(s, LIGHTS, [one], RUN))
    assert db.read_sync(lambda s: s.get_one(Prospect, one).name) == "Oakmont College"
    kinds = db.read_sync(lambda s: set(s.scalars(select(HygieneFlag.flag_type))))
    assert kinds == {"missing_contact", "data_quality"}


def test_a_companys_history_is_that_of_its_best_person(db: Database) -> None:
    one = company(db, first_name="Kim", persona_type="SDET", seniority_level="IC")
    score(db, QA)
    db.write_sync(
        lambda s: (
            make_contact(
                s, s.get_one(Prospect, one), first_name="Jo", persona_type="QA Director", seniority_level="Director"
            )
            and None
        )
    )
    score(db, QA)
    latest, first = db.read_sync(lambda s: scorings(s, QA, [one]))[one]
    assert (first.score, latest.score) == (42, 83)
    assert sum(part.score for part in latest.parts) == 10
    found = db.read_sync(lambda s: explain(s, one))
    assert found.sum == "3 + 2 + 2 + 2 + 1 + 0 = 10 of 12; times 100/12, rounded: 83"
    assert (found.score, found.parts_give, found.thresholds["A1"]) == (83, 83, 80)
    assert [scoring.score for scoring in found.history] == [83, 42]


def test_the_sum_of_the_weighted_formula_gives_the_score(db: Database) -> None:
    one = college(db, enrollment=900)
    score(db, LIGHTS)
    found = db.read_sync(lambda s: explain(s, one))
    points = sum(part.score * part.weight for part in found.parts)
    assert (
        found.sum
        == f"score times weight, added up: {points}; divided by the weights' sum 30; times 10, rounded: {found.score}"
    )
    assert (found.parts_give, found.version, found.playbook_version) == (found.score,) + ("sports-lighting-1",) * 2


def test_a_prospect_is_found_by_id_name_or_words(db: Database) -> None:
    one, other = college(db, name="Oakmont College"), college(db, name="Oakmont College North")
    named = college(db, name="Ada")

    def found(told: str) -> str:
        return db.read_sync(lambda s: find_prospect(s, told, "sports-lighting").id)

    assert (found(one), found(one[:12]), found("oakmont college"), found("north oakmont")) == (one, one, one, other)
    assert found("ada") == named
    with pytest.raises(Ambiguous) as caught:
        found("oakmont")
    assert [p.name for p in caught.value.candidates] == ["Oakmont College", "Oakmont College North"]
    for nobody in ("Willow", "", "100%"):
        with pytest.raises(NotScored):
            found(nobody)
    with pytest.raises(NotScored):
        db.read_sync(lambda s: find_prospect(s, one, "qa-software"))
