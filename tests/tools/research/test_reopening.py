"""Who is taken up again once more is on file, and who stays set aside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import ExternalId, Prospect, ResearchSnapshot
from playbooks import load_playbook
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.research.reopening import take_up_again

BOOK = load_playbook("sports-lighting")
RESEARCHED = datetime.now(UTC) - timedelta(days=3)
Change = Callable[[Session, Prospect], None]


def record(session: Session, prospect: Prospect, at: datetime, **values: Any) -> None:
    """Something on file about the prospect's organisation since `at`."""
    given = {"table_name": "accounts", "record_id": prospect.account_id, "source": "Openings", **values}
    session.add(ExternalId(external_id=at.isoformat(), payload={"a": "b"}, imported_at=at, updated_at=at, **given))


def since(**values: Any) -> Change:
    return lambda s, p: record(s, p, RESEARCHED + timedelta(hours=1), **values)


def written_to(session: Session, prospect: Prospect) -> None:
    since()(session, prospect)
    make_draft(session, prospect.contacts[0])


def with_status(status: str, tier: str) -> Change:
    def change(session: Session, prospect: Prospect) -> None:
        since()(session, prospect)
        prospect.status, prospect.tier = status, tier

    return change


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (since(), True),
        (lambda s, p: since(table_name="prospects", record_id=p.id)(s, p), True),
        (since(source="given"), True),
        (lambda _s, _p: None, False),
        (lambda s, p: record(s, p, RESEARCHED - timedelta(hours=1)), False),
        (since(source="web"), False),
        (since(record_id="somebody-elses"), False),
        (written_to, False),
        (with_status("nurture", "D"), False),
        (with_status("deprioritized", "A1"), False),
    ],
    ids=[
        "an opening", "the school's record", "a page that was given", "nothing", "known before",
        "a page that was fetched", "about somebody else", "written to already", "of a tier that is not written to",
        "set aside for good",
    ],
)  # fmt: skip
def test_who_is_taken_up_again(database_url: str, change: Change, again: bool) -> None:
    def arrange(session: Session) -> str:
        prospect = make_prospect(session, status="nurture", tier="A1")
        make_contact(session, prospect)
        session.add(ResearchSnapshot(account_id=prospect.account_id, entity_type="company", created_at=RESEARCHED))
        session.flush()
        change(session, prospect)
        session.flush()
        return prospect.id

    with Database(database_url) as database, acting_as("agent:" + "0" * 32):
        prospect_id = database.write_sync(arrange)
        assert database.write_sync(lambda s: take_up_again(s, BOOK)) == int(again)
        found = database.read_sync(lambda s: s.get_one(Prospect, prospect_id).status)
    assert (found == "needs_research") is again
