"""What came of a call is recorded: with a draft once, without one each time."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.models import Activity, Contact, Delivery, HygieneFlag, MessageDraft, OutreachSequence, Touchpoint
from db.suppressions import bar_contact
from tests.support.mail import SENDER, SENT_AT, Case, approved_draft, outgoing_case
from tools.outbox import Call, NotReady, mark_sent, record_call, seconds_of


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        yield made


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("3:20", 200), ("1:02:03", 3723), ("4m", 240), ("3m20s", 200), ("3 min 20 sec", 200), ("45s", 45), ("5", 300)],
)
def test_durations_as_people_write_them(text: str, seconds: int) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "4 parsecs", "-3", "3:4", "1:2:3:4"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds_of(text)


def call(case: Case, what: Call, when: Any = SENT_AT) -> None:
    case.as_user(lambda s: record_call(s, s.get_one(Contact, case.contact_id), what, when, "user:dana") and None)


def test_a_call_without_a_draft(case: Case) -> None:
    call(case, Call("connected", 200, "Send the study in March"))
    call(case, Call("no_answer"), SENT_AT + timedelta(minutes=5))
    found = case.database.read_sync(lambda s: s.scalars(select(Touchpoint).order_by(Touchpoint.sent_at)).all())
    assert [(t.channel, t.outcome, t.call_duration_seconds, t.call_notes) for t in found] == [
        ("call", "connected", 200, "Send the study in March"),
        ("call", "no_answer", None, None),
    ]
    told = case.database.read_sync(
        lambda s: s.scalars(select(Activity.description).where(Activity.type == "call")).all()
    )
    assert "call: connected (3 min 20 s): Send the study in March" in told
    contact = case.get(Contact, case.contact_id)
    assert (contact.stage, contact.last_contacted_at) == ("sent", SENT_AT + timedelta(minutes=5))
    assert contact.last_response_at == SENT_AT


def test_a_wrong_number_is_flagged(case: Case) -> None:
    call(case, Call("wrong_number"))
    flags = case.database.read_sync(lambda s: s.scalars(select(HygieneFlag)).all())
    assert [flag.flag_type for flag in flags] == ["data_quality"]
    assert "not the number of Dana Reyes" in flags[0].message


def test_a_call_draft_is_done_once_and_moves_its_sequence(case: Case) -> None:
    case.sent()

    def write(session: Any) -> str:
        contact = session.get_one(Contact, case.contact_id)
        contact.phone = "+1 513 555 0144"
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        return approved_draft(session, contact, sequence, touch_number=2, channel="call", touch_type="call_snippet").id

    draft = case.as_user(write)
    for again in (False, True):
        done = case.as_user(
            lambda s: mark_sent(s, draft, SENT_AT + timedelta(hours=1), "user:dana", SENDER, Call("voicemail", 30))
        )
        assert done.again is again
    found = case.database.read_sync(lambda s: s.scalars(select(Touchpoint).where(Touchpoint.channel == "call")).all())
    assert [(t.outcome, t.call_duration_seconds, t.touch_number) for t in found] == [("voicemail", 30, 2)]
    assert case.get(MessageDraft, draft).approval_status == "sent"
    assert case.get(OutreachSequence, case.sequence_id).current_step == 2
    deliveries = case.database.read_sync(lambda s: s.scalars(select(Delivery).where(Delivery.channel == "call")).all())
    assert [d.recipient for d in deliveries] == ["+1 513 555 0144"]


def test_somebody_who_is_not_to_be_contacted_is_not_called(case: Case) -> None:
    def bar(session: Any) -> None:
        bar_contact(session, session.get_one(Contact, case.contact_id), reason="asked", source="test")

    case.as_user(bar)
    with pytest.raises(NotReady, match="do-not-contact"):
        call(case, Call("connected"), SENT_AT + timedelta(days=1))
