"""Do not contact: one person, their address, everybody who has it; once."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Contact, Followup, OutreachSequence, Suppression
from db.suppressions import bar_contact, suppress_address
from tests.support.rows import make_contact


@pytest.mark.parametrize("times", [1, 2])
def test_barring_a_contact(database_url: str, times: int) -> None:
    def build(session: Session) -> tuple[str, str]:
        contact = make_contact(session, email="Dana@College.example")
        namesake = make_contact(session, email="dana@college.example")
        sequence = OutreachSequence(
            prospect_id=contact.prospect_id, contact_id=contact.id, template_id="a2-1", tier="A2", total_steps=3
        )
        session.add(sequence)
        session.flush()
        session.add(Followup(contact_id=contact.id, sequence_id=sequence.id, touch_number=2, due_date=date(2027, 1, 1)))
        return contact.id, namesake.id

    with Database(database_url, "user") as database, acting_as("user:test"):
        ids = database.write_sync(build)
        for number in range(times):
            reason = "asked by phone" if number == 0 else "again"
            database.write_sync(lambda s, r=reason: bar_contact(s, s.get_one(Contact, ids[0]), reason=r, source="test"))  # type: ignore[misc]
        for contact_id in ids:
            contact = database.read_sync(lambda s, i=contact_id: s.get_one(Contact, i))  # type: ignore[misc]
            assert (contact.status, contact.do_not_contact, contact.dnc_reason) == (
                "do_not_contact",
                True,
                "asked by phone",
            )
        kept = database.read_sync(lambda s: s.scalars(select(Suppression)).one())
        assert (kept.kind, kept.value, kept.contact_id) == ("address", "dana@college.example", ids[0])
        assert database.read_sync(lambda s: s.scalars(select(OutreachSequence.status)).all()) == ["stopped"]
        assert database.read_sync(lambda s: s.scalars(select(Followup.state)).all()) == ["skipped"]


def test_an_address_that_nobody_has_is_kept_all_the_same(database_url: str) -> None:
    with Database(database_url, "user") as database, acting_as("user:test"):
        assert database.write_sync(lambda s: suppress_address(s, " X@Y.example ", reason="asked", source="test")) == []
        assert database.write_sync(lambda s: suppress_address(s, " ", reason="asked", source="test")) == []
        assert database.read_sync(lambda s: s.scalars(select(Suppression.value)).all()) == ["x@y.example"]
