"""Sequences as a person looks at them, on both databases."""

from datetime import date

from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Followup, OutreachSequence
from db.queries.sequences import list_sequences
from tests.support.rows import make_contact


def fill(session: Session) -> None:
    """Two sequences, and two touches planned for each: the one that is due, and a person's own."""
    for _ in range(2):
        contact = make_contact(session)
        sequence = OutreachSequence(
            prospect_id=contact.prospect_id, contact_id=contact.id, template_id="a2-1", tier="A2", total_steps=3
        )
        session.add(sequence)
        session.flush()
        planned = {"contact_id": contact.id, "sequence_id": sequence.id}
        session.add(Followup(**planned, touch_number=2, channel="email", due_date=date(2027, 1, 4)))
        session.add(Followup(**planned, touch_number=3, channel="call", due_date=date(2027, 1, 11)))


def test_each_sequence_is_one_line_however_many_touches_are_planned(database_url: str) -> None:
    with Database(database_url, "user") as database, acting_as("user:test"):
        database.write_sync(fill)
        for limit, shown in ((1, 1), (2, 2), (9, 2)):
            rows, total = database.read_sync(lambda s, limit=limit: list_sequences(s, None, limit=limit))  # type: ignore[misc]
            assert (len(rows), total) == (shown, 2)
            assert {(row.next_touch, row.next_due, row.last_reply) for row in rows} == {(2, date(2027, 1, 4), None)}
