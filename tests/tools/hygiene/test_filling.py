"""What hygiene fills from what is known, on both databases. All organisations and people are invented."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Account, Activity, Contact, Prospect, ResearchFact, ResearchSnapshot
from playbooks import Playbook, load_playbook
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.engagement import engagement
from tools.hygiene.filling import does_not_reach, zone_of
from tools.hygiene.tidy import settle_people

LIGHTS, QA = load_playbook("sports-lighting"), load_playbook("qa-software")


def made(db: Database, act: Any = None, person: Any = None, **values: Any) -> str:
    def make(session: Session) -> str:
        prospect = make_prospect(session, **values)
        contact = make_contact(session, prospect, **(person or {}))
        if act is not None:
            act(session, prospect, contact)
        return str(prospect.id)

    return db.write_sync(make)


def settled(db: Database, prospect_id: str, playbook: Playbook = LIGHTS) -> tuple[Prospect, Contact]:
    db.write_sync(lambda s: settle_people(s, playbook, [prospect_id]))
    return db.read_sync(
        lambda s: (
            s.get_one(Prospect, prospect_id),
            s.scalars(select(Contact).where(Contact.prospect_id == prospect_id)).one(),
        )
    )


def test_engagement_adds_up_what_somebody_did_and_leaves_out_machines(db: Database) -> None:
    def did(session: Session, prospect: Prospect, contact: Contact) -> None:
        for kind, direction, text in (
            ("email_sent", "outbound", None),
            ("email_received", "inbound", "Asks for a study."),
            ("email_received", "inbound", None),
            ("email_received", "inbound", "out of office"),
            ("email_received", "inbound", "auto ack"),
            ("meeting", None, None),
            ("call", "outbound", None),
            ("email_clicked", None, None),
            ("email_opened", None, None),
            ("status_change", None, None),
        ):
            session.add(
                Activity(
                    prospect_id=prospect.id, contact_id=contact.id, type=kind, direction=direction, description=text
                )
            )

    one = made(db, did)
    assert settled(db, one)[1].engagement_score == 2 * 10 + 25 + 5 + 3 + 1
    contact_id = settled(db, one)[1].id

    def meetings(session: Session) -> None:
        session.add_all(Activity(prospect_id=one, contact_id=contact_id, type="meeting") for _ in range(5))

    db.write_sync(meetings)
    assert db.read_sync(lambda s: engagement(s, [contact_id])) == {contact_id: 100}
    with acting_as("user:kim"):
        db.write_sync(lambda s: setattr(s.get_one(Contact, contact_id), "status", "do_not_contact"))
    assert settled(db, one)[1].engagement_score == 0


@pytest.mark.parametrize(
    ("location", "home", "city", "state", "zone"),
    [
        ("Erie, PA", None, None, "OTHER", "America/New_York"),
        ("Toronto, ON", "Toronto, ON, Canada", "Toronto", "OTHER", "America/Toronto"),
        ("Berlin, Germany", None, None, "OTHER", "Europe/Berlin"),
        (None, "San Jose, CA, USA", None, "OTHER", "America/Los_Angeles"),
        (None, None, "Peoria", "IL", "America/Chicago"),
        # Indiana has two zones, and nobody knows this town.
        (None, None, "Nowhere Creek", "IN", None),
        ("somewhere", None, None, "OTHER", None),
    ],
)
def test_the_timezone_of_a_place(
    location: str | None, home: str | None, city: str | None, state: str, zone: str | None
) -> None:
    prospect = Prospect(account=Account(name="Oakmont", hq_location=home), city=city, state=state)
    assert zone_of(Contact(location=location), prospect) == zone


def test_sizes_budget_month_and_what_cannot_be_reached(db: Database) -> None:
    def size(_session: Session, prospect: Prospect, _contact: Contact) -> None:
        prospect.account.employee_count = 640

    one = made(
        db, size, {"email": "kim@gmial.com", "location": "Akron, OH"}, name="Oakmont State University", state="OH"
    )
    prospect, person = settled(db, one)
    account = db.read_sync(lambda s: s.get_one(Account, prospect.account_id))
    assert (account.employee_band, account.tier, prospect.budget_cycle_month) == ("201-1000", "Mid-Market", 7)
    assert (person.timezone, person.email_verified) == ("America/New_York", False)
    plain, person = settled(db, made(db, name="Oakmont College", state="OH"))
    assert (plain.budget_cycle_month, person.email_verified) == (None, None)
    assert not does_not_reach("info@oakmont.example")
    school = made(db, name="Quarry High School", venue_type="high_school_5a", state="KY")
    assert settled(db, school)[0].budget_cycle_month == 7


def test_what_stands_there_stays(db: Database) -> None:
    given = {"timezone": "Europe/Berlin", "email_verified": True, "email": "kim@gmial.com",
             "persona_type": "CFO", "predicted_objection": "They told me: after the audit."}  # fmt: skip
    one = made(db, None, given, name="Oakmont State University", budget_cycle_month=1)
    prospect, person = settled(db, one)
    assert (prospect.budget_cycle_month, person.timezone, person.email_verified) == (1, "Europe/Berlin", True)
    assert (person.predicted_objection, person.objection_response) == ("They told me: after the audit.", None)


def fact(session: Session, prospect: Prospect, sentence: str) -> None:
    snapshot = ResearchSnapshot(account_id=prospect.account_id, entity_type="company")
    session.add(snapshot)
    session.flush()
    session.add(
        ResearchFact(
            snapshot_id=snapshot.id, account_id=prospect.account_id, field="facility", sentence=sentence,
            quote=sentence, confidence=4, fact_key=sentence,
        )
    )  # fmt: skip


def test_the_likeliest_objection_follows_the_persona_and_then_the_facts(db: Database) -> None:
    by_id = {o.id: o for o in LIGHTS.objections}
    one = made(db, None, {"persona_type": "Athletic Director"})
    person = settled(db, one)[1]
    assert (person.predicted_objection, person.objection_response) == (
        by_id["no-budget"].text,
        by_id["no-budget"].response,
    )
    db.write_sync(lambda s: fact(s, s.get_one(Prospect, one), "Oakmont Field was built in 2016."))
    assert settled(db, one)[1].predicted_objection == by_id["recent-stadium"].text
    other = settled(db, made(db, None, {"persona_type": "Other"}))[1]
    assert other.predicted_objection == by_id["somebody-else"].text
    # Whose part nobody has understood yet gets none.
    assert settled(db, made(db, None, {"persona_type": None, "title": None}))[1].predicted_objection is None


def test_personalization_is_that_of_the_best_message(db: Database) -> None:
    def drafts(session: Session, _prospect: Prospect, contact: Contact) -> None:
        make_draft(session, contact, personalization_score=2)
        make_draft(session, contact, personalization_score=3, touch_number=2)

    assert settled(db, made(db, drafts))[1].personalization_score == 3


@pytest.mark.parametrize("playbook", [LIGHTS, QA], ids=lambda p: p.name)
def test_every_persona_of_a_playbook_has_an_objection_with_its_response(playbook: Playbook) -> None:
    for persona in [*playbook.contact_personas, "Other"]:
        found = playbook.objection_for(persona, "company", "")
        assert found is not None
        assert found.response
        assert found.basis
