"""What speaks against a score, on both databases. All organisations and people are invented."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import BidAlert, Contact, IcpScore, OutreachSequence, Prospect, ProspectScore, Signal
from db.stamps import utc_now
from playbooks import Playbook, load_playbook
from tests.support.hygiene_run import RUN, college
from tests.support.rows import make_contact, make_prospect
from tools.scoring import due, score_prospects
from tools.scoring.anomalies import anomalies
from tools.scoring.reading import read_material

LIGHTS, QA = load_playbook("sports-lighting"), load_playbook("qa-software")
TODAY = datetime.now(UTC).date()
GOOD = {"venue_type": "college_d1", "enrollment": 25_000, "primary_sport": "football"}


def change(db: Database, prospect_id: str, **values: Any) -> None:
    def act(session: Session) -> None:
        for name, value in values.items():
            setattr(session.get_one(Prospect, prospect_id), name, value)

    with acting_as("user:kim"):
        db.write_sync(act)


def score(db: Database, playbook: Playbook = LIGHTS) -> None:
    db.write_sync(lambda s: score_prospects(s, playbook, due(s, playbook), RUN, "hygiene"))


def odd(db: Database, playbook: Playbook = LIGHTS) -> dict[str, list[str]]:
    def look(session: Session) -> dict[str, list[str]]:
        ids = session.scalars(select(Prospect.id)).all()
        return dict(anomalies(session, playbook, read_material(session, playbook, ids, TODAY)))

    return db.read_sync(look)


def test_an_ordinary_score_is_no_anomaly(db: Database) -> None:
    college(db, **GOOD)
    college(db)
    score(db)
    assert odd(db) == {}


def test_a_score_that_moved_far_in_a_month(db: Database) -> None:
    one = college(db, venue_type="high_school_other", state="OTHER", enrollment=100)
    score(db)
    # People come and go, and are no anomaly.
    db.write_sync(
        lambda s: [make_contact(s, s.get_one(Prospect, one), role="decision_maker") for _ in range(3)] and None
    )
    score(db)
    assert odd(db) == {}
    change(db, one, venue_type="college_d1", state="OH", enrollment=25_000)
    score(db)
    [cause] = odd(db)[one]
    assert cause.startswith("without the people there, the score went from 35 on ")
    assert cause.endswith(" to 75")
    # Another version of the formula is another matter, and so is what lies further back.
    newer = LIGHTS.model_copy(update={"scoring": LIGHTS.scoring.model_copy(update={"version": "2"})})
    assert odd(db, newer) == {}

    def age(session: Session) -> None:
        rows = session.scalars(select(ProspectScore)).all()
        latest = max(row.scored_at for row in rows)
        for row in rows:
            if row.scored_at < latest:
                row.scored_at -= timedelta(days=40)

    db.write_sync(age)
    assert odd(db) == {}


def test_somebodys_fit_that_moved_far(db: Database) -> None:
    def company(session: Session) -> str:
        prospect = make_prospect(session, playbook="qa-software", venue_type="company", state="OTHER", name="Oakline")
        make_contact(session, prospect, first_name="Kim", persona_type="SDET", seniority_level="IC")
        return str(prospect.id)

    one = db.write_sync(company)
    score(db, QA)
    change(db, one, status="nurture")

    def grown(session: Session) -> None:
        account = session.get_one(Prospect, one).account
        account.industry, account.employee_count, account.buyer_intent = "SaaS", 400, True

    db.write_sync(grown)
    score(db, QA)
    assert len(db.read_sync(lambda s: s.scalars(select(IcpScore)).all())) == 2
    day = utc_now().date()
    # 1 + 2 + 2 of 12; the two points of buyer intent are left out.
    assert odd(db, QA)[one] == [f"without buyer intent, Kim Reyes's score went from 8 on {day} to 42"]


def test_set_aside_though_a_tender_or_a_signal_is_live(db: Database) -> None:
    one = college(db)
    score(db)
    assert db.read_sync(lambda s: s.get_one(Prospect, one).tier) == "D"

    def live(session: Session) -> None:
        account_id = session.get_one(Prospect, one).account_id
        for status, due_date in (
            ("matched", TODAY + timedelta(days=9)),
            ("new", TODAY + timedelta(days=5)),
            ("matched", TODAY - timedelta(days=1)),
        ):
            session.add(
                BidAlert(source="manual", external_id=f"{status}{due_date}", title="Lights", organization_name="Oak",
                         matched_prospect_id=one, status=status, due_date=due_date)
            )  # fmt: skip
        for kind, expires, acted_on in (
            ("funding", TODAY, False),
            ("funding", None, False),
            ("product_launch", TODAY - timedelta(days=1), False),
            ("leadership_change", None, True),
        ):
            session.add(Signal(account_id=account_id, signal_type=kind, expires_at=expires, acted_on=acted_on))

    db.write_sync(live)
    assert odd(db)[one] == [
        f"tier D, though a tender of theirs is open until {TODAY + timedelta(days=9)}",
        "tier D, though there is a live signal: funding",
    ]


def test_written_to_though_the_lights_are_new_or_nearly_all_is_guessed(db: Database) -> None:
    new = college(db, **GOOD, current_lighting_type="modern_led")
    score(db)
    assert db.read_sync(lambda s: s.get_one(Prospect, new).tier) in LIGHTS.draft_tiers
    assert odd(db) == {new: [f"tier {tier_of(db, new)}, though the lights are modern LED"]}
    guess = college(db, venue_type="company", state="OH")
    generous = LIGHTS.model_copy(update={"tiers": {**LIGHTS.tiers, "A2": 20, "B": 10, "C": 5}})
    score(db, generous)
    assert odd(db, generous)[guess] == ["tier A2, though more than half of the weights are guesses"]


def tier_of(db: Database, prospect_id: str) -> str | None:
    return db.read_sync(lambda s: s.get_one(Prospect, prospect_id).tier)


def test_nobody_is_taken_out_of_a_running_sequence_but_it_is_told(db: Database) -> None:
    one = college(db, **GOOD)
    score(db)
    status = db.read_sync(lambda s: s.get_one(Prospect, one).status)
    assert (tier_of(db, one), status) == ("A2", "needs_research")

    def running(session: Session) -> None:
        person = make_contact(session, session.get_one(Prospect, one), first_name="Kim")
        session.add(
            OutreachSequence(prospect_id=one, contact_id=person.id, template_id="a2-1", tier="A2", status="active",
                             total_steps=3)
        )  # fmt: skip

    db.write_sync(running)
    change(db, one, venue_type="high_school_other", enrollment=100)
    score(db)
    assert tier_of(db, one) == "D"
    assert db.read_sync(lambda s: s.get_one(Prospect, one).status) == "needs_research"
    assert "tier D, though Kim Reyes is in a running sequence" in odd(db)[one]
    db.write_sync(lambda s: setattr(s.scalars(select(OutreachSequence)).one(), "status", "completed"))
    assert all("running sequence" not in cause for cause in odd(db).get(one, []))
    assert db.read_sync(lambda s: s.scalars(select(Contact.status)).one()) == "active"
