"""What waits for a person's look is listed and resolved, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentAuditLog
from db.queries.review import ReviewNotFound, count_to_review, resolve, to_review
from tests.support.rows import make_contact, make_prospect

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def add(session: Session, entry_id: str, minutes: int, **values: Any) -> None:
    given = {"agent_name": "hygiene", "action": "prospect_merged", "requires_review": True, **values}
    session.add(AgentAuditLog(id=entry_id.ljust(32, "0"), created_at=NOW + timedelta(minutes=minutes), **given))


def fill(session: Session) -> None:
    college = make_prospect(session, name="Kenyon College")
    person = make_contact(session, make_prospect(session, playbook="qa-software", name="Acme"))
    add(session, "aa1", 2, prospect_id=college.id, details={"certainty": 0.8})
    add(session, "aa2", 1, contact_id=person.id)
    add(session, "bb1", 3)
    add(session, "cc1", 4, prospect_id=college.id, requires_review=False)
    college.deleted_at = NOW


@pytest.fixture
def database(database_url: str) -> Any:
    with Database(database_url, "user") as found, acting_as("user:test"):
        found.write_sync(fill)
        yield found


def test_the_oldest_comes_first_with_whom_it_is_about(database: Database) -> None:
    found = database.read_sync(to_review)
    assert [(i.id[:3], i.organisation, i.contact, i.playbook) for i in found] == [
        ("aa2", "Acme", "Dana Reyes", "qa-software"),
        ("aa1", "Kenyon College", None, "sports-lighting"),
        ("bb1", None, None, None),
    ]
    assert database.read_sync(count_to_review) == 3
    assert [i.id[:3] for i in database.read_sync(lambda s: to_review(s, playbook="qa-software"))] == ["aa2"]
    assert database.read_sync(lambda s: count_to_review(s, playbook="qa-software")) == 1
    assert len(database.read_sync(lambda s: to_review(s, limit=1))) == 1


def test_resolving_says_who_when_and_what_they_noted(database: Database) -> None:
    database.write_sync(lambda s: resolve(s, ["aa1", "bb"], by="user:test", note="fine", now=NOW))

    def rows(session: Session) -> dict[str, AgentAuditLog]:
        return {row.id[:3]: row for row in session.scalars(select(AgentAuditLog))}

    after = database.read_sync(rows)
    assert (after["aa1"].reviewed_by, after["aa1"].reviewed_at) == ("user:test", NOW)
    assert after["aa1"].details == {"certainty": 0.8, "review_note": "fine"}
    assert after["bb1"].details == {"review_note": "fine"}
    assert after["aa2"].reviewed_at is None
    assert [i.id[:3] for i in database.read_sync(to_review)] == ["aa2"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [("aa", "Several"), ("cc1", "no entry that waits"), ("zz", "is no id"), ("", "is no id")],
)
def test_one_bad_id_and_nothing_is_marked(database: Database, reference: str, message: str) -> None:
    with pytest.raises(ReviewNotFound, match=message):
        database.write_sync(lambda s: resolve(s, ["bb1", reference], by="user:test"))
    assert database.read_sync(count_to_review) == 3
