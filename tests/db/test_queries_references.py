"""The row that a person means by the beginning of its id, and whom they mean by what they know of them."""

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Prospect
from db.queries.references import ContactNotFound, find_contact, prefix_in, the_one
from tests.support.rows import make_contact, make_prospect


@pytest.mark.parametrize(
    ("reference", "prefix"),
    [(" AB1 ", "ab1"), ("a" * 32, "a" * 32), ("a" * 33, None), ("", None), ("xyz", None), ("a%", None)],
)
def test_what_may_begin_an_id(reference: str, prefix: str | None) -> None:
    assert prefix_in(reference) == prefix


@pytest.mark.parametrize(
    ("reference", "found"),
    [
        ("ab1", "ab1" + "0" * 29),
        ("AB2", "ab2" + "f" * 29),
        ("ab", "Several ids begin with ab;"),
        ("ac", "no college whose id begins with ac"),
        ("zz", "`outreach colleges`"),
    ],
)
def test_the_one_that_is_meant(database_url: str, reference: str, found: str) -> None:
    with Database(database_url, "user") as database, acting_as("user:kim"):
        for one in ("ab1" + "0" * 29, "ab2" + "f" * 29):
            database.write_sync(lambda session, one=one: make_prospect(session, id=one))

        def look() -> str:
            how = {"what": "college", "listed": "outreach colleges", "error": LookupError}
            return database.read_sync(lambda s: the_one(s, select(Prospect), Prospect.id, reference, **how).id)

        if len(found) == 32:
            assert look() == found
        else:
            with pytest.raises(LookupError, match=found):
                look()


def test_whom_a_person_means(database_url: str) -> None:
    with Database(database_url, "user") as database, acting_as("user:kim"):

        def lay(session: Session) -> str:
            for _ in range(2):
                make_contact(session, first_name="Sam", last_name="Poole")
            return make_contact(session, email="Dana.Reyes@hilltop.example", phone="(513) 555-0144").id

        dana = database.write_sync(lay)
        for reference in (dana, dana[:10].upper(), "DANA.reyes@hilltop.example", "513 555 0144", " dana reyes "):
            assert database.read_sync(lambda s, r=reference: find_contact(s, r).id) == dana, reference
        # No number: what has digits in it besides, and what is too short for one.
        for reference in ("sam poole", "nobody", "%", "555", "", "5550144@x.example", "Dana Reyes 5550144"):
            with pytest.raises(ContactNotFound):
                database.read_sync(lambda s, r=reference: find_contact(s, r))
