"""Rows fetched together, rows of an id, and columns described only where somebody asks."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Account, Contact, MessageDraft, MessageVersion, Prospect
from db.queries.together import with_organisation, with_recipient
from tests.support.rows import make_contact, make_prospect


@contextmanager
def counted(session: Session) -> Iterator[list[str]]:
    """The statements that the session runs."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    connection = session.connection()
    event.listen(connection, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(connection, "before_cursor_execute", note)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with Database(database_url) as database, acting_as("user:test"):
        yield database


def person(session: Session) -> str:
    return make_contact(session, make_prospect(session, name="North Ridge College"), first_name="Dana").id


def drafted(session: Session) -> str:
    draft = MessageDraft(contact_id=person(session), channel="email", touch_number=1, touch_type="email", body="Two.")
    draft.version = 2
    session.add(draft)
    session.flush()
    for version, body in ((1, "One."), (2, "Two.")):
        session.add(
            MessageVersion(
                draft_id=draft.id, version=version, body=body, author="agent:x", reason="draft", note=None, claims=[]
            )
        )
    return draft.id


def test_a_person_comes_with_their_organisation(database: Database) -> None:
    contact_id = database.write_sync(person)

    def look(session: Session) -> tuple[str, str, bool]:
        with counted(session) as statements:
            contact = with_organisation(session, contact_id)
            assert contact is not None
            names = contact.prospect.name, contact.prospect.account.name
            same = session.get_one(Contact, contact_id) is contact
            assert session.get(Prospect, contact.prospect_id) is contact.prospect
            assert session.get(Account, contact.account_id) is contact.prospect.account
            assert len(statements) == 1
        return *names, same

    assert database.read_sync(look) == ("North Ridge College", "North Ridge College", True)
    assert database.read_sync(lambda session: with_organisation(session, "0" * 32)) is None


def test_a_draft_comes_with_its_current_text_and_its_recipient(database: Database) -> None:
    draft_id = database.write_sync(drafted)

    def look(session: Session) -> None:
        with counted(session) as statements:
            draft, version = with_recipient(session, draft_id)
            assert version is not None
            assert (draft.id, version.version, version.body) == (draft_id, 2, "Two.")
            assert (draft.contact.first_name, draft.contact.prospect.name) == ("Dana", "North Ridge College")
            assert len(statements) == 1
        with pytest.raises(NoResultFound):
            with_recipient(session, "0" * 32)

    database.read_sync(look)


def test_what_was_deleted_does_not_come_along(database: Database) -> None:
    draft_id = database.write_sync(drafted)

    def delete(session: Session) -> str:
        contact = session.get_one(MessageDraft, draft_id).contact
        contact.prospect.deleted_at = datetime.now(UTC)
        return contact.id

    contact_id = database.write_sync(delete)

    def look(session: Session) -> None:
        contact = with_organisation(session, contact_id)
        assert contact is not None
        assert contact.prospect is None
        draft, _version = with_recipient(session, draft_id)
        assert draft.contact.prospect is None
        assert session.get(Prospect, contact.prospect_id) is None
        with pytest.raises(NoResultFound):
            session.get_one(Prospect, contact.prospect_id)
        seen = session.get(Prospect, contact.prospect_id, execution_options={"include_deleted": True})
        assert seen is not None
        assert seen.name == "North Ridge College"

    database.read_sync(look)


def test_the_row_of_an_id(database: Database) -> None:
    contact_id = database.write_sync(person)

    def look(session: Session) -> None:
        contact = session.get_one(Contact, contact_id)
        with counted(session) as statements:
            assert session.get(Contact, contact_id) is contact
            assert statements == []
            assert session.get(Contact, contact_id, populate_existing=True) is contact
            assert len(statements) == 1
        assert session.get(Contact, "0" * 32) is None
        assert session.get(Contact, (contact_id,)) is contact
        assert session.get(Contact, {"id": contact_id}) is contact

    database.read_sync(look)

    def change(session: Session) -> None:
        made = make_prospect(session, name="Lake View College")
        made.name = "Lake View"  # not written yet: to look for another row writes it first, as Session.get does
        with counted(session) as statements:
            session.get(Contact, contact_id)
        assert [statement.split()[0] for statement in statements] == ["UPDATE", "SELECT"]

    database.write_sync(change)


def test_columns_are_described_where_somebody_asks(postgres_url: str) -> None:
    with Database(postgres_url) as database, acting_as("user:test"):

        def look(session: Session) -> None:
            cursor = session.connection().connection.cursor()
            cursor.execute("SELECT 1 AS one, 'x'::text AS two")
            said = cursor.description
            assert (len(said), said[0].name, [column[0] for column in said], said[1:][0].name) == (
                *(2, "one", ["one", "two"], "two"),
            )
            assert cursor.fetchall() == [(1, "x")]
            cursor.execute("SET LOCAL lock_timeout = 0")
            assert cursor.description is None
            # SQLAlchemy reads it by name, the first time and later.
            for _ in range(2):
                row = session.execute(text("SELECT 1 AS one, 2 AS two")).one()
                assert (row.two, row.one) == (2, 1)
                assert session.execute(select(Account.id, Account.name).limit(1)).first() is None

        database.read_sync(look)
