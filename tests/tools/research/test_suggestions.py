"""People whom pages name become contacts by a person's word only."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Contact, ReferralSuggestion
from db.suppressions import suppress_address
from tests.support.rows import make_contact, make_prospect
from tools.research.suggestions import CannotAccept, SuggestionNotFound, accept, dismiss, listed, suggest
from tools.web.people import Person

PERSONAS = ("Athletic Director", "Facilities Director", "CFO")
URL = "https://hilltop.example/staff"
DANA = Person("Dana Whitlock", "Athletic Director", "Dana Whitlock | Athletic Director", "Dana@hilltop.example")
OMAR = Person("Omar Reyes", "Director of Facilities", "Omar Reyes | Director of Facilities")
COACH = Person("Lena Quist", "Head Coach, Track", "Lena Quist | Head Coach, Track", "lq@hilltop.example")
BARRED = Person("Petra Lund", "Chief Financial Officer", "Petra Lund | CFO", "petra@barred.example")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as made, acting_as("user:kim"):
        yield made


@pytest.fixture
def contact_id(database: Database) -> str:
    def make(session: Session) -> str:
        prospect = make_prospect(session, name="Hilltop College", playbook="sports-lighting")
        made = make_contact(session, prospect, first_name="Jo", last_name="Marsh", title="Athletic Director")
        suppress_address(session, "petra@barred.example", reason="asked", source="reply")
        return made.id

    return database.write_sync(make)


def find(database: Database, contact_id: str, *people: Person) -> int:
    return database.write_sync(lambda s: suggest(s, contact_id=contact_id, people=people, personas=PERSONAS, url=URL))


def test_only_wanted_people_each_once_and_never_who_is_suppressed(database: Database, contact_id: str) -> None:
    marsh = Person("Jo Marsh", "Athletic Director", "Jo Marsh | Athletic Director")
    assert find(database, contact_id, DANA, OMAR, COACH, BARRED, marsh, DANA) == 2
    assert find(database, contact_id, DANA, OMAR) == 0
    rows = database.read_sync(lambda s: listed(s))
    assert [(r.name, r.email, r.organisation, r.beside) for r in rows] == [
        ("Dana Whitlock", "dana@hilltop.example", "Hilltop College", "Jo Marsh"),
        ("Omar Reyes", None, "Hilltop College", "Jo Marsh"),
    ]
    assert rows[0].note == f"{URL}: Dana Whitlock | Athletic Director"
    assert len(database.read_sync(lambda s: s.scalars(select(Contact)).all())) == 1
    assert database.read_sync(lambda s: listed(s, playbook="qa-software")) == []


def test_accepting_makes_a_contact_and_dismissing_none(database: Database, contact_id: str) -> None:
    find(database, contact_id, DANA, OMAR)
    dana, omar = database.read_sync(lambda s: [row.id for row in listed(s)])
    made = database.write_sync(lambda s: accept(s, dana[:8], by="user:kim").id)
    found = database.read_sync(lambda s: s.get_one(Contact, made))
    assert (found.full_name, found.email, found.persona_type) == (
        "Dana Whitlock",
        "dana@hilltop.example",
        "Athletic Director",
    )
    assert (found.stage, found.email_verified, found.source) == ("new", None, "manual")
    database.write_sync(lambda s: dismiss(s, omar, by="user:kim").id)
    assert find(database, contact_id, DANA, OMAR) == 0
    assert database.read_sync(lambda s: listed(s)) == []
    row = database.read_sync(lambda s: s.get_one(ReferralSuggestion, omar))
    assert (row.status, row.decided_by) == ("dismissed", "user:kim")
    with pytest.raises(SuggestionNotFound, match="no open suggestion"):
        database.write_sync(lambda s: accept(s, dana, by="user:kim").id)


def test_an_address_is_one_whatever_its_case(database: Database, contact_id: str) -> None:
    find(database, contact_id, OMAR)

    def work(session: Session) -> None:
        session.get_one(Contact, contact_id).email = "J.Marsh@Hilltop.example"
        accept(session, listed(session)[0].id, by="user:kim", email="j.marsh@hilltop.example")

    with pytest.raises(CannotAccept, match="a contact there already"):
        database.write_sync(work)


@pytest.mark.parametrize(
    ("email", "why"),
    [("petra@barred.example", "must not be written to"), ("nonsense", "no e-mail address")],
)
def test_an_address_is_checked_when_a_person_gives_one(
    database: Database, contact_id: str, email: str, why: str
) -> None:
    find(database, contact_id, OMAR)
    (omar,) = database.read_sync(lambda s: [row.id for row in listed(s)])
    with pytest.raises(CannotAccept, match=why):
        database.write_sync(lambda s: accept(s, omar, by="user:kim", email=email).id)
    with pytest.raises(SuggestionNotFound, match="is no id"):
        database.write_sync(lambda s: accept(s, "Omar", by="user:kim").id)
