"""What was done about a reply is kept once, with the time of the first step."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from db.models import Contact, ReferralSuggestion, Reply
from tests.support.mail import Case, outgoing_case
from tools.replies.handled import mark_handled
from tools.research.suggestions import accept
from tools.sequences import reply_answered

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        yield made


@pytest.fixture
def reply_id(case: Case) -> str:
    def add(session: Session) -> str:
        reply = Reply(contact_id=case.contact_id, channel="email", intent="referral", replied_at=NOON)
        session.add(reply)
        session.flush()
        return reply.id

    made: str = case.as_user(add)
    return made


def test_the_first_time_counts_and_a_later_step_stands_behind_it(case: Case, reply_id: str) -> None:
    later = NOON + timedelta(hours=2)
    done = [
        case.as_user(lambda s, d=did, w=when: mark_handled(s, s.get_one(Reply, reply_id), d, w))
        for did, when in (("called  back", NOON), ("called back", later), ("meeting booked", later))
    ]
    assert done == [True, False, True]
    reply = case.get(Reply, reply_id)
    assert (reply.next_step_taken, reply.handled_at) == ("called back; meeting booked", NOON)


def test_an_answer_that_left_handles_it(case: Case, reply_id: str) -> None:
    case.as_user(lambda s: reply_answered(s, case.contact_id, NOON))
    reply = case.get(Reply, reply_id)
    assert (reply.next_step_taken, reply.handled_at) == ("answered", NOON)


def test_accepting_a_referral_handles_its_reply(case: Case, reply_id: str) -> None:
    def suggest(session: Session) -> str:
        row = ReferralSuggestion(reply_id=reply_id, contact_id=case.contact_id, name="Maria Lopez")
        session.add(row)
        session.flush()
        return row.id

    row_id = case.as_user(suggest)
    made = case.as_user(lambda s: accept(s, row_id, by="user:dana").id)
    assert case.get(Contact, made).source == "referral"
    reply = case.get(Reply, reply_id)
    assert reply.next_step_taken == "took Maria Lopez in as a contact"
    assert reply.handled_at is not None
