"""Meetings, on both databases: what earns them, what follows from them, and what is refused."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Activity,
    Batch,
    BatchProspect,
    Contact,
    Delivery,
    Followup,
    MessageDraft,
    Opportunity,
    OutreachSequence,
    Prospect,
    Reply,
    Touchpoint,
)
from db.queries.answers import reply_draft_id
from db.queries.meetings import history, meetings, shares
from db.suppressions import bar_contact
from playbooks import load_playbook
from tests.support.mail import SENDER, SENT_AT, Case, approve, approved_draft, outgoing_case
from tests.support.rows import make_contact, make_draft
from tools.meetings import (
    Booking,
    MeetingRefused,
    MeetingUpdate,
    book,
    disqualify,
    earned_by,
    feedback,
    held,
    lose,
    no_show,
    qualify,
    reschedule,
)
from tools.meetings.booking import meetings_of
from tools.outbox import claim, mark_sent

LIGHTS = load_playbook("sports-lighting")
NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
BY = "user:dana"


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    """A first touch that was sent two hours ago, drafted with everything that attribution copies."""
    with outgoing_case(database_url) as made:

        def groups(session: Session) -> None:
            draft = session.get_one(MessageDraft, made.draft_id)
            draft.proof_point_used, draft.pain_hook, draft.opener_style = "dayton", "glare", "company_metric"
            draft.personalization_score, draft.ab_group, draft.ab_variable = 2, "B", "opener_style"

        made.as_user(groups)
        made.sent()
        yield made


def do(case: Case, fn: Callable[..., MeetingUpdate], *args: Any) -> MeetingUpdate:
    told: MeetingUpdate = case.as_user(lambda s: fn(s, s.get_one(Contact, case.contact_id), *args))
    return told


def row(case: Case) -> Opportunity:
    found: Opportunity = case.database.read_sync(
        lambda s: meetings_of(s, s.scalars(select(Contact).join(Opportunity).limit(1)).one())[0]
    )
    return found


def state(case: Case) -> tuple[str, str, str, list[str]]:
    """Stage, prospect's status, sequence's status, states of the follow-ups."""

    def read(session: Session) -> tuple[str, str, str, list[str]]:
        contact = session.get_one(Contact, case.contact_id)
        followups = session.scalars(select(Followup.state).where(Followup.contact_id == contact.id))
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        return contact.stage, contact.prospect.status, sequence.status, sorted(followups)

    return case.database.read_sync(read)


def answered(case: Case, at: datetime, touchpoint_id: str | None = "first", **values: Any) -> str:
    """A reply of theirs, to the first touch unless told otherwise."""

    def write(session: Session) -> str:
        touch = session.scalars(select(Touchpoint).order_by(Touchpoint.sent_at).limit(1)).one()
        reply = Reply(
            contact_id=case.contact_id,
            touchpoint_id=touch.id if touchpoint_id == "first" else touchpoint_id,
            replied_at=at,
            **{"intent": "positive", "channel": "email", **values},
        )
        session.add(reply)
        session.flush()
        return reply.id

    found: str = case.as_user(write)
    return found


def another_touch(case: Case, at: datetime, number: int = 2, **values: Any) -> str:
    """A later message that was sent to them; returns the touchpoint's id."""

    def write(session: Session) -> str:
        contact = session.get_one(Contact, case.contact_id)
        draft = make_draft(session, contact, **{"touch_number": number, "qc_passed": True, **values})
        approve(session, draft)
        delivery = Delivery(
            draft=draft, version=1, contact_id=contact.id, touch_number=number, touch_type=draft.touch_type,
            channel=draft.channel, recipient=contact.email, message_id=f"{draft.id}@northlight.example",
        )  # fmt: skip
        session.add(delivery)
        session.flush()
        delivery.state, delivery.sent_at = "sent", at
        draft.approval_status = "sent"
        touch = Touchpoint(
            contact_id=contact.id, message_draft_id=draft.id, channel="email", touch_number=number, sent_at=at
        )
        session.add(touch)
        session.flush()
        return touch.id

    found: str = case.as_user(write)
    return found


def first_touch(case: Case) -> str:
    found: str = case.database.read_sync(
        lambda s: s.scalars(select(Touchpoint.id).where(Touchpoint.message_draft_id == case.draft_id)).one()
    )
    return found


def credited(case: Case) -> tuple[Any, ...]:
    found = row(case)
    return found.trigger_touchpoint_id, found.trigger_reply_id


# What earns a meeting.


def test_the_touch_that_the_latest_reply_answered_earns_it_with_all_that_its_draft_was(case: Case) -> None:
    answered(case, NOW - timedelta(minutes=90))
    reply = answered(case, NOW - timedelta(hours=1))
    another_touch(case, NOW - timedelta(minutes=30))
    do(case, book, Booking(on=NOW + DAY), NOW, BY)
    found = row(case)
    assert (found.trigger_touchpoint_id, found.trigger_reply_id) == (first_touch(case), reply)
    assert (found.attribution_channel, found.attribution_touch_number) == ("email", 1)
    assert (found.attribution_proof_point, found.attribution_pain_hook) == ("dayton", "glare")
    assert (found.attribution_opener_style, found.attribution_personalization_score) == ("company_metric", 2)
    assert (found.attribution_ab_group, found.attribution_ab_variable) == ("B", "opener_style")
    assert (found.contact_id, found.account_id) == (case.contact_id, case.get(Contact, case.contact_id).account_id)


def test_without_a_reply_the_last_touch_before_it(case: Case) -> None:
    second = another_touch(case, NOW - timedelta(hours=1))
    another_touch(case, NOW - timedelta(minutes=1), number=3)
    do(case, book, Booking(), NOW - timedelta(minutes=30), BY)
    assert credited(case) == (second, None)
    assert row(case).attribution_touch_number == 2


def test_a_reply_after_the_booking_did_not_earn_it(case: Case) -> None:
    answered(case, NOW)
    do(case, book, Booking(), NOW - timedelta(hours=1), BY)
    assert credited(case) == (first_touch(case), None)


def test_an_answer_to_a_reply_earns_nothing_itself(case: Case) -> None:
    first = answered(case, NOW - timedelta(minutes=80))
    answer = another_touch(case, NOW - timedelta(minutes=60), 1, id=reply_draft_id(first), touch_type="reply_draft")
    do(case, book, Booking(), NOW - timedelta(minutes=50), BY)
    assert credited(case) == (first_touch(case), first)
    do(case, lose, "moved away", NOW - timedelta(minutes=49), BY)
    second = answered(case, NOW - timedelta(minutes=40), touchpoint_id=answer)
    do(case, book, Booking(), NOW, BY)
    assert credited(case) == (first_touch(case), second)
    assert row(case).attribution_proof_point == "dayton"


def test_only_answers_after_the_last_touch_leave_it_with_that_touch(case: Case) -> None:
    """An answer that no reply on record led to: the last real touch before it."""
    another_touch(case, NOW - timedelta(minutes=60), 1, touch_type="reply_draft")
    do(case, book, Booking(), NOW, BY)
    assert credited(case) == (first_touch(case), None)


def test_a_reply_that_names_no_touch_answers_the_last_one_of_its_channel(case: Case) -> None:
    case.as_user(
        lambda s: s.add(
            Touchpoint(
                contact_id=case.contact_id, channel="call", sent_at=NOW - timedelta(hours=1), outcome="voicemail"
            )
        )
    )
    reply = answered(case, NOW - timedelta(minutes=10), touchpoint_id=None, channel="email")
    do(case, book, Booking(), NOW, BY)
    assert credited(case) == (first_touch(case), reply)
    do(case, lose, "no", NOW, BY)
    answered(case, NOW - timedelta(minutes=5), touchpoint_id=None, channel="call")
    do(case, book, Booking(), NOW, BY)
    assert (row(case).attribution_channel, row(case).attribution_touch_number) == ("call", None)


def test_somebody_whom_nobody_wrote_to_is_credited_to_nothing(case: Case) -> None:
    stranger = case.as_user(lambda s: make_contact(s).id)
    told = case.as_user(lambda s: book(s, s.get_one(Contact, stranger), Booking(), NOW, BY))
    assert "none is credited" in told.did
    found = row(case)
    assert (found.trigger_touchpoint_id, found.attribution_channel) == (None, None)
    assert case.get(Contact, stranger).stage == "meeting_booked"
    assert case.get(Contact, stranger).prospect_id


def test_a_person_may_name_the_touch_or_the_reply(case: Case) -> None:
    early = answered(case, NOW - timedelta(minutes=90))
    answered(case, NOW - timedelta(minutes=20))
    second = another_touch(case, NOW - timedelta(minutes=50))
    do(case, book, Booking(reply=early[:10], touch="2"), NOW, BY)
    assert credited(case) == (second, early)
    assert not do(case, book, Booking(reply=early[:10], touch="2"), NOW, BY).changed
    assert "what earned it" in do(case, book, Booking(touch=first_touch(case)[:10]), NOW, BY).did
    assert credited(case)[0] == first_touch(case)
    for wrong in ({"reply": "ffff"}, {"touch": "5"}, {"touch": "zz"}):
        with pytest.raises(MeetingRefused) as refused:
            do(case, book, Booking(**wrong), NOW, BY)
        assert "outreach meeting show" in refused.value.mend


# What follows.


def test_from_booked_to_an_opportunity(case: Case) -> None:
    reply = answered(case, NOW - timedelta(hours=1))
    told = do(case, book, Booking(NOW - timedelta(minutes=5), "Sam Ortiz", 90000, "at their field"), NOW - DAY / 48, BY)
    assert told.changed
    assert state(case) == ("meeting_booked", "engaged", "paused", ["skipped"])
    found = case.get(Reply, reply)
    assert (found.next_step_taken, found.handled_at) == (f"meeting booked for {local(NOW, -5)}", NOW - DAY / 48)
    assert case.get(Contact, case.contact_id).engagement_score == 25
    do(case, held, NOW, BY)
    assert state(case) == ("meeting_held", "engaged", "completed", ["skipped"])
    assert (row(case).meeting_held, row(case).meeting_outcome, row(case).status) == (True, None, "meeting_held")
    do(case, qualify, 120000, NOW, BY)
    made = row(case)
    assert (made.status, made.meeting_outcome, made.opportunity_created) == ("opportunity_created", "qualified", True)
    assert (made.opportunity_created_date, made.pipeline_value) == (NOW, 120000)
    assert state(case)[0] == "opportunity"
    do(case, feedback, "Budget is there.", NOW, BY)
    do(case, feedback, "Board decides in May.", NOW, BY)
    assert row(case).ae_feedback == "Budget is there.\nBoard decides in May."
    kinds = case.database.read_sync(
        lambda s: s.scalars(select(Activity.type).where(Activity.user_id == BY).order_by(Activity.created_at)).all()
    )
    assert kinds.count("meeting") == 1


def local(moment: datetime, minutes: int) -> str:
    return f"{(moment + timedelta(minutes=minutes)).astimezone():%Y-%m-%d %H:%M}"


def changes(case: Case) -> tuple[int, ...]:
    def read(session: Session) -> tuple[int, ...]:
        return tuple(
            session.scalar(select(func.count()).select_from(model)) or 0 for model in (Activity, Opportunity, Followup)
        )

    return case.database.read_sync(read)


def test_every_step_twice_changes_nothing_and_says_so(case: Case) -> None:
    when = NOW - timedelta(minutes=5)
    steps: list[tuple[Callable[..., MeetingUpdate], tuple[Any, ...]]] = [
        (book, (Booking(when, "Sam Ortiz", 5000, "note"), NOW, BY)),
        (no_show, (LIGHTS, NOW, BY)),
        (reschedule, (NOW, NOW, BY)),
        (held, (NOW, BY)),
        (qualify, (7000, NOW, BY)),
        (feedback, ("Good.", NOW, BY)),
        (lose, ("bought elsewhere", NOW, BY)),
    ]
    for fn, args in steps:
        assert do(case, fn, *args).changed, fn
        before = changes(case)
        again = do(case, fn, *args)
        assert not again.changed, fn
        assert "before" in again.did or "already" in again.did
        assert changes(case) == before, fn
    assert do(case, book, Booking(NOW), NOW, BY).changed is False  # that meeting was held
    assert do(case, book, Booking(NOW + DAY), NOW, BY).changed  # another one
    assert changes(case)[1] == 2


@pytest.mark.parametrize(
    ("fn", "args", "mend"),
    [
        (held, (NOW, BY), "outreach meeting booked"),
        (no_show, (LIGHTS, NOW, BY), "outreach meeting booked"),
        (reschedule, (NOW, NOW, BY), "outreach meeting booked"),
        (qualify, (1, NOW, BY), "outreach meeting booked"),
        (disqualify, ("x", NOW, BY), "outreach meeting booked"),
        (feedback, ("x", NOW, BY), "outreach meeting booked"),
    ],
)
def test_before_it_is_booked_nothing_can_be_said_of_it(
    case: Case, fn: Callable[..., MeetingUpdate], args: tuple[Any, ...], mend: str
) -> None:
    with pytest.raises(MeetingRefused, match="No meeting with Dana Reyes is booked") as refused:
        do(case, fn, *args)
    assert mend in refused.value.mend
    assert case.contact_id[:8] in refused.value.mend


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This machine's clock, some hours behind UTC."""
    with monkeypatch.context() as changed:
        changed.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_new_york")
def test_a_command_that_is_suggested_gives_a_time_to_come_by_this_machines_clock(case: Case) -> None:
    at = datetime(2031, 5, 1, 1, 30, tzinfo=UTC)  # still the last of April in New York

    def suggested(fn: Callable[..., MeetingUpdate], *args: Any) -> str:
        with pytest.raises(MeetingRefused) as refused:
            do(case, fn, *args)
        return refused.value.mend.rpartition(" --on ")[2]

    assert suggested(held, at, BY) == "2031-05-07T14:00"
    assert suggested(reschedule, at + 2 * DAY, at, BY) == "2031-05-02T21:30"
    do(case, book, Booking(at + DAY), at, BY)
    assert suggested(book, Booking(at + 2 * DAY), at, BY) == "2031-05-02T21:30"
    assert suggested(held, at, BY) == "2031-04-30"


def test_the_wrong_order_names_the_command_that_mends_it(case: Case) -> None:
    do(case, book, Booking(NOW + 3 * DAY), NOW, BY)
    for fn, args, says, mend in (
        (held, (NOW, BY), "still to come", "rescheduled"),
        (no_show, (LIGHTS, NOW, BY), "still to come", "rescheduled"),
        (qualify, (1, NOW, BY), "not held yet", "outreach meeting held"),
        (book, (Booking(NOW + 4 * DAY), NOW, BY), "booked already", "outreach meeting rescheduled"),
        (reschedule, (NOW + 3 * DAY, NOW, BY), "on that day already", "new day"),
    ):
        with pytest.raises(MeetingRefused, match=says) as refused:
            do(case, fn, *args)  # type: ignore[arg-type]
        assert mend in refused.value.mend
    do(case, reschedule, NOW - timedelta(minutes=1), NOW, BY)
    do(case, no_show, LIGHTS, NOW, BY)
    with pytest.raises(MeetingRefused, match="did not come"):
        do(case, held, NOW, BY)
    do(case, disqualify, "no budget", NOW, BY)
    with pytest.raises(MeetingRefused, match="is disqualified; no other is booked"):
        do(case, held, NOW, BY)


@pytest.mark.parametrize(("phone", "channel"), [("(614) 555-0101", "call"), (None, "email")])
def test_who_does_not_come_is_followed_up_by_a_person(case: Case, phone: str | None, channel: str) -> None:
    case.as_user(lambda s: setattr(s.get_one(Contact, case.contact_id), "phone", phone))
    friday = datetime(2026, 3, 6, 15, tzinfo=UTC)
    do(case, book, Booking(friday), friday - DAY, BY)
    do(case, no_show, LIGHTS, friday, BY)
    assert state(case) == ("follow_up", "engaged", "paused", ["pending", "skipped"])
    planned = case.database.read_sync(lambda s: s.scalars(select(Followup).where(Followup.state == "pending")).one())
    assert (planned.due_date, planned.channel) == (date(2026, 3, 9), channel)
    assert (planned.sequence_id, planned.touch_number) == (case.sequence_id, None)
    do(case, reschedule, friday + 7 * DAY, friday + DAY, BY)
    assert state(case) == ("meeting_booked", "engaged", "paused", ["skipped", "skipped"])
    assert row(case).meeting_outcome == "rescheduled"
    do(case, held, friday + 7 * DAY, BY)
    do(case, qualify, None, friday + 7 * DAY, BY)
    assert row(case).meeting_outcome == "qualified"


@pytest.mark.parametrize(
    ("fn", "status", "outcome", "prospect"),
    [(disqualify, "disqualified", "disqualified", "deprioritized"), (lose, "lost", None, "nurture")],
)
def test_the_end_of_it(
    case: Case, fn: Callable[..., MeetingUpdate], status: str, outcome: str | None, prospect: str
) -> None:
    do(case, book, Booking(NOW), NOW, BY)
    do(case, fn, "they lease the field", NOW, BY)
    found = row(case)
    assert (found.status, found.meeting_outcome, found.disqualification_reason) == (
        status, outcome, "they lease the field",
    )  # fmt: skip
    assert state(case) == ("closed", prospect, "completed", ["skipped"])


def test_a_colleagues_meeting_keeps_the_organisation_engaged(case: Case) -> None:
    def colleague(session: Session) -> None:
        prospect = session.get_one(Contact, case.contact_id).prospect
        book(session, make_contact(session, prospect, first_name="Ada"), Booking(NOW), NOW, BY)

    do(case, book, Booking(NOW), NOW, BY)
    case.as_user(colleague)
    do(case, lose, "no", NOW, BY)
    assert state(case)[1] == "engaged"


def test_somebody_who_opted_out_and_asked_for_a_meeting_has_one(case: Case) -> None:
    case.as_user(lambda s: bar_contact(s, s.get_one(Contact, case.contact_id), reason="asked", source="test"))
    assert do(case, book, Booking(NOW), NOW, BY).changed
    assert state(case) == ("meeting_booked", "engaged", "stopped", ["skipped"])
    assert "nobody follows up" in do(case, no_show, LIGHTS, NOW, BY).did
    assert state(case)[3] == ["skipped"]
    assert case.get(Contact, case.contact_id).do_not_contact


def test_a_place_in_a_batch_goes_along(case: Case) -> None:
    def join(session: Session) -> None:
        batch = Batch(status="active")
        session.add(batch)
        session.flush()
        session.add(BatchProspect(batch_id=batch.id, contact_id=case.contact_id, sequence_status="active"))

    def place() -> str | None:
        return case.database.read_sync(lambda s: s.scalars(select(BatchProspect.sequence_status)).one())

    case.as_user(join)
    answered(case, NOW)
    do(case, book, Booking(NOW), NOW, BY)
    assert place() == "replied"
    do(case, held, NOW, BY)
    assert place() == "completed"


def test_what_is_ahead_what_waits_and_what_earned_it(case: Case) -> None:
    do(case, book, Booking(NOW - timedelta(minutes=1), value=10), NOW, BY)

    def others(session: Session) -> None:
        for name, day in (("Ada", 2), ("Bea", 1), ("Cid", None)):
            person = make_contact(session, first_name=name)
            book(session, person, Booking(NOW + day * DAY if day else None), NOW, BY)

    case.as_user(others)
    rows = case.database.read_sync(lambda s: meetings(s, "sports-lighting", NOW))
    assert [(r.when, r.person.split()[0]) for r in rows] == [
        ("passed", "Dana"), ("ahead", "Bea"), ("ahead", "Ada"), ("no day", "Cid"),
    ]  # fmt: skip
    do(case, held, NOW, BY)
    do(case, qualify, 50000, NOW, BY)
    rows = case.database.read_sync(lambda s: meetings(s, None, NOW))
    assert rows[-1].when == "over"
    totals = {(t.by, t.value): (t.meetings, t.opportunities, t.pipeline) for t in shares(rows)}
    assert totals["channel", "email"] == (1, 1, 50000)
    assert totals["channel", "none"] == (3, 0, 0)
    assert totals["proof point", "dayton"] == (1, 1, 50000)
    told = case.database.read_sync(lambda s: history(s, case.contact_id))
    assert told[0].what == "touch 1 by email"
    assert {e.what.split(" for ")[0].split(",")[0] for e in told[1:]} >= {"Meeting booked", "Opportunity created"}
    assert case.database.read_sync(lambda s: meetings(s, "qa-software", NOW)) == []
    assert case.get(Prospect, case.get(Contact, case.contact_id).prospect_id).status == "engaged"


def test_earned_by_asks_of_one_moment(case: Case) -> None:
    def ask(session: Session) -> Any:
        return earned_by(session, session.get_one(Contact, case.contact_id), SENT_AT - DAY)

    found = case.database.read_sync(ask)
    assert (found.touchpoint, found.reply) == (None, None)


def test_what_left_before_they_agreed_does_not_take_the_meeting_back(database_url: str) -> None:
    """A message that was written out already, and is recorded as sent after the booking."""

    def write_out(session: Session) -> str:
        contact = session.get_one(Contact, case.contact_id)
        second = approved_draft(session, contact, session.get_one(OutreachSequence, case.sequence_id), touch_number=2)
        claim(session, second, SENDER)
        return second.id

    with outgoing_case(database_url) as case:
        case.sent()
        draft_id = case.as_user(write_out)
        do(case, book, Booking(NOW), NOW, BY)
        case.as_user(lambda s: mark_sent(s, draft_id, NOW, BY, SENDER))
        assert state(case)[:3] == ("meeting_booked", "engaged", "paused")
