"""Both formulas, on both databases. All organisations and people are invented."""

from typing import Any

import pytest
from sqlalchemy import func, select

from db.access import Database
from db.actors import acting_as
from db.models import Account, Activity, Contact, ExternalId, IcpScore, ImportMapping, Prospect, ProspectScore
from playbooks import load_playbook
from tests.support.hygiene_run import RUN, college
from tests.support.rows import make_contact, make_prospect
from tools.scoring import due, explain, score_prospects
from tools.scoring.apply import choose_primary
from tools.scoring.explain import NotScored

LIGHTS, QA = load_playbook("sports-lighting"), load_playbook("qa-software")


def company(db: Database, *people: dict[str, Any], **account: Any) -> str:
    def make(session: Any) -> str:
        prospect = make_prospect(session, playbook="qa-software", venue_type="company", state="OTHER", name="Oakline")
        for key, value in account.items():
            setattr(prospect.account, key, value)
        for person in people:
            make_contact(session, prospect, **person)
        return str(prospect.id)

    return db.write_sync(make)


def score(db: Database, playbook: Any = LIGHTS) -> int:
    return db.write_sync(lambda s: score_prospects(s, playbook, due(s, playbook), RUN, "hygiene").rescored)


def got(db: Database, prospect_id: str) -> Prospect:
    return db.read_sync(lambda s: s.get_one(Prospect, prospect_id))


def parts(db: Database, prospect_id: str) -> dict[str, tuple[int, int, str]]:
    found = db.read_sync(lambda s: explain(s, prospect_id))
    return {part.dimension: (part.score, part.weight, part.notes) for part in found.parts}


def test_the_weighted_formula_by_hand(db: Database) -> None:
    known = college(
        db, venue_type="college_d1", state="OH", enrollment=25_000, current_lighting_age_years=22,
        has_night_games=False, broadcast_requirements="espn", estimated_project_timeline="immediate",
    )  # fmt: skip
    db.write_sync(
        lambda s: [make_contact(s, s.get_one(Prospect, known), role="decision_maker") for _ in range(2)] and None
    )
    assert score(db) == 1
    row = got(db, known)
    # (10*5 + 10*4 + 10*4 + 10*4 + 1*3 + 10*3 + 9*4 + 10*3) / 30 * 10 = 89.67
    assert (row.icp_score, row.tier, row.status) == (90, "A1", "needs_research")
    assert parts(db, known)["decision_maker_access"] == (9, 4, "2 decision makers with an e-mail address.")


def test_stand_ins_say_that_they_are_stand_ins(db: Database) -> None:
    plain = college(db, primary_sport="football")

    def record(session: Any) -> None:
        prospect = session.get_one(Prospect, plain)
        session.add(
            ExternalId(
                table_name="accounts", record_id=prospect.account_id, source="stadium list", external_id="1",
                payload={"UNITID": "1", "Built In": "1931"},
            )
        )  # fmt: skip
        session.add(
            ImportMapping(
                layout_hash="x", playbook="sports-lighting", entity="organisation", headers=["UNITID", "Built In"],
                mapping={"columns": {"year_built": "Built In"}, "id_column": "UNITID"}, confidence=0.9,
            )
        )  # fmt: skip

    db.write_sync(record)
    score(db)
    found = parts(db, plain)
    assert found["current_lighting_age"][:2] == (7, 4)
    assert "built in 1931, stands in" in found["current_lighting_age"][2]
    assert found["night_game_frequency"][0] == 7
    assert "stands in" in found["night_game_frequency"][2]
    assert found["broadcast_requirements"][0] == 4
    assert found["budget_signals"][2] == "The enrollment is not known."


def test_only_decision_makers_who_can_be_written_to_count(db: Database) -> None:
    one = college(db)

    def people(session: Any) -> None:
        prospect = session.get_one(Prospect, one)
        make_contact(session, prospect, role="influencer")
        make_contact(session, prospect, role="decision_maker", email=None)
        make_contact(session, prospect, role="decision_maker", status="do_not_contact", do_not_contact=True)

    db.write_sync(people)
    score(db)
    assert parts(db, one)["decision_maker_access"][2].startswith("0 decision makers")


def test_an_equal_score_leaves_no_row_and_a_new_one_keeps_the_old(db: Database) -> None:
    one = college(db, enrollment=1000)
    assert score(db) == 1
    assert db.read_sync(lambda s: due(s, LIGHTS)) == []
    assert db.write_sync(lambda s: score_prospects(s, LIGHTS, [one], RUN, "hygiene").rescored) == 0
    with acting_as("user:kim"):
        db.write_sync(lambda s: setattr(s.get_one(Prospect, one), "enrollment", 9000))
    assert db.read_sync(lambda s: due(s, LIGHTS)) == [one]
    assert score(db) == 1
    rows = db.read_sync(
        lambda s: s.scalars(
            select(ProspectScore.score)
            .where(ProspectScore.dimension == "budget_signals")
            .order_by(ProspectScore.scored_at)
        ).all()
    )
    assert list(rows) == [3, 8]
    subjects = db.read_sync(
        lambda s: s.scalars(
            select(Activity.subject).where(Activity.type == "score_change").order_by(Activity.created_at)
        ).all()
    )
    assert subjects[0].startswith("unscored -> ")
    assert len(subjects) == 2


def test_a_new_version_of_the_formula_scores_anew(db: Database) -> None:
    college(db)
    score(db)
    newer = LIGHTS.model_copy(update={"scoring": LIGHTS.scoring.model_copy(update={"version": "sports-lighting-2"})})
    assert score(db, newer) == 1
    assert db.read_sync(lambda s: s.scalar(select(func.count()).select_from(ProspectScore))) == 16


def test_a_status_that_somebody_chose_stays_while_the_tier_does(db: Database) -> None:
    one = college(db, venue_type="college_d1", enrollment=25_000, current_lighting_age_years=25)
    score(db)
    assert got(db, one).status == "needs_research"
    with acting_as("user:kim"):
        db.write_sync(lambda s: setattr(s.get_one(Prospect, one), "status", "nurture"))
    score(db)
    assert got(db, one).status == "nurture"
    with acting_as("user:kim"):
        db.write_sync(lambda s: setattr(s.get_one(Prospect, one), "status", "engaged"))
        db.write_sync(lambda s: setattr(s.get_one(Prospect, one), "enrollment", 100))
    score(db)
    assert got(db, one).status == "engaged"


def test_the_contact_formula_takes_the_best_person(db: Database) -> None:
    one = company(
        db,
        {"first_name": "Kim", "persona_type": "QA Director", "seniority_level": "Director", "role": "decision_maker"},
        {"first_name": "Sam", "persona_type": "SDET", "seniority_level": "IC"},
        {"first_name": "Jo", "persona_type": "VP Eng", "seniority_level": "VP", "status": "bounced"},
        industry="B2B", employee_count=350, buyer_intent=True,
    )  # fmt: skip
    assert score(db, QA) == 1
    row = got(db, one)
    # 3 title + 2 vertical + 2 size + 2 seniority + 1 owns testing + 2 intent = 12
    assert (row.icp_score, row.tier, row.status) == (100, "A1", "needs_research")
    totals = db.read_sync(lambda s: sorted(s.scalars(select(IcpScore.total_score)).all()))
    assert totals == [7, 12]
    assert parts(db, one)["title_match"] == (3, 1, "The best contact is Kim Reyes: QA Director.")
    assert db.read_sync(lambda s: due(s, QA)) == []


def test_a_company_without_people_is_scored_by_itself_and_again_when_somebody_comes(db: Database) -> None:
    one = company(db, industry="Fintech", employee_count=60)
    score(db, QA)
    assert got(db, one).icp_score == 25
    db.write_sync(
        lambda s: make_contact(s, s.get_one(Prospect, one), persona_type="QA Manager", seniority_level="Manager")
    )
    assert db.read_sync(lambda s: due(s, QA)) == [one]
    score(db, QA)
    assert got(db, one).icp_score == 58


@pytest.mark.parametrize(
    ("count", "band", "fit"), [(201, None, 2), (5001, None, 1), (20_000, None, 0), (None, "51-200", 1), (None, None, 0)]
)
def test_company_size(db: Database, count: int | None, band: str | None, fit: int) -> None:
    one = company(db, employee_count=count, employee_band=band)
    score(db, QA)
    assert parts(db, one)["company_size_fit"][0] == fit


def test_priority_follows_from_tier_role_and_address(db: Database) -> None:
    one = college(db, venue_type="college_d1", enrollment=25_000, current_lighting_age_years=25)

    def people(session: Any) -> None:
        prospect = session.get_one(Prospect, one)
        for name, values in (("Ann", {"is_primary": True}), ("Bo", {}), ("Cy", {"email": None})):
            make_contact(session, prospect, first_name=name, role="decision_maker", **values)

    db.write_sync(people)
    score(db)
    found = db.read_sync(lambda s: {c.first_name: c for c in s.scalars(select(Contact))})
    assert (got(db, one).tier, found["Ann"].priority_score, found["Bo"].priority_score) == ("A1", 5, 4)
    assert found["Cy"].priority_score == 1
    assert found["Ann"].priority_factors == {"tier": 3, "decision_maker": 1, "primary": 1, "buyer_intent": 0}


def test_the_primary_contact_is_the_first_persona_that_can_be_written_to() -> None:
    def person(name: str, persona: str | None, **values: Any) -> Contact:
        given = {"email": f"{name}@x.example", "status": "active", "is_primary": False, **values}
        return Contact(id=name, first_name=name, persona_type=persona, **given)

    personas = ["Athletic Director", "Facilities Director", "CFO"]
    people = [
        person("a", "Athletic Director", email=None),
        person("b", "CFO", is_primary=True),
        person("c", "Facilities Director"),
        person("d", "Athletic Director", status="do_not_contact"),
    ]
    assert choose_primary(people, personas)
    assert [p.id for p in people if p.is_primary] == ["c"]
    assert not choose_primary(people, personas)


def test_what_has_no_score_is_said(db: Database) -> None:
    one = college(db, name="Oakmont College")
    with pytest.raises(NotScored, match="Oakmont College has no score yet"):
        db.read_sync(lambda s: explain(s, one))
    with pytest.raises(NotScored, match="no prospect"):
        db.read_sync(lambda s: explain(s, "f" * 32))
    assert db.read_sync(lambda s: s.scalars(select(Account)).one()).name == "Oakmont College"
