"""Follow-ups by hand, and the one reminder, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Activity, Contact, Followup, OutreachSequence
from db.queries.followups import FollowupNotFound, find_followup, list_followups
from playbooks import load_playbook
from tests.support.mail import SENT_AT, Case, outgoing_case
from tests.support.rows import make_draft
from tools.followups import FollowupRefused, complete, postpone, remind, skip
from tools.meetings import Booking, book, no_show
from tools.outbox import Call, record_call
from tools.sequences import pause, settle

LIGHTS = load_playbook("sports-lighting")
BY = "user:dana"
LATER = datetime.now(UTC) + timedelta(days=30)


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        made.sent()
        yield made


def change(case: Case, fn: Any, *args: Any) -> Any:
    return case.as_user(
        lambda s: fn(s, LIGHTS, s.scalars(select(Followup).where(Followup.state.in_(OPEN))).one(), *args)
    )


OPEN = ("pending", "overdue")


def states(case: Case) -> list[tuple[int | None, str, bool]]:
    def read(session: Session) -> list[tuple[int | None, str, bool]]:
        rows = session.scalars(select(Followup).order_by(Followup.touch_number))
        return [(row.touch_number, row.state, row.completed_at is not None) for row in rows]

    return case.database.read_sync(read)


def test_overdue_is_named_once_and_again_with_another_day(case: Case) -> None:
    assert case.as_user(remind) == []
    case.as_user(lambda s: settle(s, LIGHTS, LATER))
    (row,) = case.as_user(lambda s: remind(s, "sports-lighting"))
    assert (row.person, row.touch_number, row.state) == ("Dana Reyes", 2, "overdue")
    assert case.as_user(remind) == []
    assert case.as_user(lambda s: remind(s, "qa-software")) == []
    change(case, postpone, LATER.date(), LATER, BY)
    case.as_user(lambda s: settle(s, LIGHTS, LATER + timedelta(days=9)))
    assert len(case.as_user(remind)) == 1


def test_done_by_hand_goes_on_with_the_next_touch(case: Case) -> None:
    assert change(case, complete, "met at the fair", LATER, BY)
    assert states(case) == [(2, "completed", True), (3, "pending", False)]
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert (sequence.current_step, sequence.status) == (2, "active")
    first = case.database.read_sync(lambda s: s.scalars(select(Followup.id).where(Followup.touch_number == 2)).one())
    assert not case.as_user(lambda s: complete(s, LIGHTS, s.get_one(Followup, first), None, LATER, BY))
    noted = case.database.read_sync(
        lambda s: s.scalars(select(Activity).where(Activity.subject.like("Follow-up%"))).one()
    )
    assert (noted.subject, noted.description, noted.user_id) == (
        "Follow-up (touch 2) done by hand",
        "met at the fair",
        BY,
    )


def test_skipped_by_hand_goes_on_with_the_next_touch_to_the_end(case: Case) -> None:
    change(case, skip, "on leave", LATER, BY)
    assert states(case) == [(2, "skipped", False), (3, "pending", False)]
    change(case, skip, "on leave", LATER, BY)
    assert case.get(OutreachSequence, case.sequence_id).status == "completed"
    rows = case.database.read_sync(lambda s: [f.id for f in s.scalars(select(Followup))])
    assert not case.as_user(lambda s: skip(s, LIGHTS, s.get_one(Followup, rows[0]), "again", LATER, BY))
    with pytest.raises(FollowupRefused, match="is skipped; that stands"):
        case.as_user(lambda s: complete(s, LIGHTS, s.get_one(Followup, rows[0]), None, LATER, BY))


def test_another_day_is_a_working_day_and_the_sequence_knows(case: Case) -> None:
    assert change(case, postpone, date(2027, 3, 6), LATER, BY) == date(2027, 3, 8)
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert sequence.next_step_at == datetime(2027, 3, 8, 9, tzinfo=UTC)


def test_a_message_that_is_written_is_decided_on_first(case: Case) -> None:
    def write(session: Session) -> None:
        contact = session.get_one(Contact, case.contact_id)
        draft = make_draft(session, contact, sequence_id=case.sequence_id, touch_number=2)
        session.scalars(select(Followup)).one().message_draft_id = draft.id

    case.as_user(write)
    for fn, args in ((complete, (None, LATER, BY)), (skip, ("x", LATER, BY))):
        with pytest.raises(FollowupRefused, match="outreach approve"):
            change(case, fn, *args)
    assert change(case, postpone, date(2027, 3, 8), LATER, BY) == date(2027, 3, 8)


def test_after_a_missed_meeting_a_call_is_the_follow_up(case: Case) -> None:
    def missed(session: Session) -> None:
        contact = session.get_one(Contact, case.contact_id)
        contact.phone = "(614) 555-0101"
        book(session, contact, Booking(SENT_AT), SENT_AT, BY)
        no_show(session, contact, LIGHTS, SENT_AT, BY)

    case.as_user(missed)
    assert case.as_user(lambda s: settle(s, LIGHTS, LATER)).overdue == 1
    assert case.as_user(lambda s: settle(s, LIGHTS, LATER)).re_engaged == 0
    case.as_user(lambda s: record_call(s, s.get_one(Contact, case.contact_id), Call("connected"), LATER, BY))
    assert sorted(state for _, state, _ in states(case)) == ["completed", "skipped"]


def test_done_in_a_paused_sequence_plans_nothing(case: Case) -> None:
    def planned_for_later(session: Session) -> None:
        pause(session, session.get_one(OutreachSequence, case.sequence_id), LATER)
        session.add(
            Followup(contact_id=case.contact_id, sequence_id=case.sequence_id, touch_number=2, due_date=LATER.date())
        )

    case.as_user(planned_for_later)
    change(case, complete, None, LATER, BY)
    assert sorted(state for _, state, _ in states(case)) == ["completed", "skipped"]
    assert case.get(OutreachSequence, case.sequence_id).status == "paused"


def test_found_by_the_beginning_of_an_id_and_listed_in_order(case: Case) -> None:
    rows, total = case.database.read_sync(lambda s: list_followups(s, "sports-lighting"))
    assert (total, rows[0].state, rows[0].draft) == (1, "pending", None)
    assert case.database.read_sync(lambda s: list_followups(s, None, until=date(2020, 1, 1))) == ([], 0)
    assert case.database.read_sync(lambda s: find_followup(s, rows[0].id[:9]).id) == rows[0].id
    for wrong in ("", "xyz", "0" * 32):
        with pytest.raises(FollowupNotFound):
            case.database.read_sync(lambda s, wrong=wrong: find_followup(s, wrong))
