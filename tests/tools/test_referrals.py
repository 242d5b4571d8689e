"""Whom a reply names, and a person takes in, is introduced by who named them; nobody else's message says so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from agents.drafting_policy import write
from db.models import Contact, ReferralSuggestion, Reply, ResearchFact
from db.queries.due import first_touches_due, sequence_id_for
from tests.support.mail import PLAYBOOK, Case, outgoing_case
from tools.drafting.brief import Subject, make_brief
from tools.drafting.drafts import facts_about
from tools.research.suggestions import accept

SAID = "Dana Reyes suggested that I write to you."
PERSONAS = ("Athletic Director", "Facilities Director")


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        made.sent()
        yield made


def taken_in(case: Case, intent: str) -> str:
    """A reply that names Maria Lopez, and a person who takes her in; her id."""

    def work(session: Session) -> str:
        contact = session.get_one(Contact, case.contact_id)
        reply = Reply(
            contact=contact, channel="email", intent=intent, raw_text="Ask Maria Lopez.", replied_at=datetime.now(UTC)
        )
        row = ReferralSuggestion(reply=reply, contact=contact, name="Maria Lopez", email="ml@hilltop.example")
        session.add_all([reply, row])
        session.flush()
        return accept(session, row.id, by="user:dana").id

    made: str = case.as_user(work)
    return made


def due(case: Case) -> list[str]:
    def read(session: Session) -> list[str]:
        found = first_touches_due(session, PLAYBOOK.name, ("A1", "A2"), PERSONAS, limit=9)
        return [touch.contact_id for touch in found]

    found: list[str] = case.database.read_sync(read)
    return found


def brief_for(case: Case, contact_id: str) -> dict[str, Any]:
    def read(session: Session) -> dict[str, Any]:
        contact = session.get_one(Contact, contact_id)
        sequence = sequence_id_for(contact_id, PLAYBOOK.name)
        about = Subject(contact.prospect_id, contact_id, sequence, "A2", 1, draft_id="0" * 32)
        return make_brief(session, PLAYBOOK, about).material

    found: dict[str, Any] = case.database.read_sync(read)
    return found


def test_the_introduction_is_due_and_names_the_referrer(case: Case) -> None:
    assert due(case) == []
    maria = taken_in(case, "referral")
    assert due(case) == [maria]
    brief = brief_for(case, maria)
    number = brief["referred_by"]["fact"]
    assert brief["referred_by"]["sentence"] == SAID
    assert brief["facts"][number - 1]["quote"] == "Ask Maria Lopez."
    draft = write(brief)
    assert SAID in draft.body
    assert (SAID, number) in [(claim.sentence, claim.fact) for claim in draft.claims]


def test_nobody_elses_message_says_so(case: Case) -> None:
    taken_in(case, "referral")
    assert brief_for(case, case.contact_id)["referred_by"] is None
    assert SAID not in [fact["sentence"] for fact in brief_for(case, case.contact_id)["facts"]]

    def known(session: Session) -> list[str]:
        contact = session.get_one(Contact, case.contact_id)
        return [fact.sentence for fact in facts_about(session, contact.account_id, contact.id)]

    assert case.database.read_sync(known) == []


def test_who_named_somebody_without_referring_is_not_named(case: Case) -> None:
    maria = taken_in(case, "negative")
    assert brief_for(case, maria)["referred_by"] is None
    assert due(case) == []
    rows = case.database.read_sync(lambda s: s.query(ResearchFact).count())
    assert rows == 0
