"""What follows when a touch is done, on both databases: planned, passed over, halted, resumed, ended."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Contact, Followup, MessageDraft, OutreachSequence, Reply
from db.queries.due import followups_due, re_engagement_id
from db.suppressions import bar_contact
from playbooks import load_playbook
from tests.support.mail import Case, outgoing_case
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.sequences import SequenceRefused, first_working_day, pause, plan_next, resume, settle, stop, touch_done

LIGHTS, TESTING = load_playbook("sports-lighting"), load_playbook("qa-software")
MONDAY = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        yield made


def sequence_for(session: Session, playbook: str, tier: str, **contact: Any) -> OutreachSequence:
    prospect = make_prospect(session, playbook=playbook, tier=tier)
    person = make_contact(session, prospect, **contact)
    row = OutreachSequence(
        prospect_id=prospect.id,
        contact_id=person.id,
        template_id=f"{playbook}:{tier}",
        tier=tier,
        total_steps=len(load_playbook(playbook).steps_of(tier)),
    )
    session.add(row)
    session.flush()
    return row


def followups(session: Session, sequence: OutreachSequence) -> list[tuple[int | None, str | None, date | None, str]]:
    rows = session.scalars(
        select(Followup).where(Followup.sequence_id == sequence.id).order_by(Followup.touch_number)
    ).all()
    return [(row.touch_number, row.channel, row.due_date, row.state) for row in rows]


@pytest.mark.parametrize(
    ("tier", "touches"), [("A1", [1, 2, 3, 4]), ("A2", [1, 2, 3]), ("B", [1, 2])], ids=["A1", "A2", "B"]
)
def test_a_tier_has_its_steps_and_then_ends(case: Case, tier: str, touches: list[int]) -> None:
    """SB: A1 four steps, A2 three, B two; the waits are those of the seed templates."""
    waits = {"A1": [4, 5, 7], "A2": [5, 7], "B": [90]}[tier]

    def walk(session: Session) -> None:
        sequence = sequence_for(session, "sports-lighting", tier)
        when = MONDAY
        for touch in touches:
            due = touch_done(session, LIGHTS, sequence, touch=touch, channel="email", when=when)
            assert sequence.next_step_at == due
            if touch == touches[-1]:
                assert due is None
                continue
            assert due is not None
            planned = when + timedelta(days=waits[touch - 1])
            assert due.date() == first_working_day(LIGHTS, planned.date())
            assert due.weekday() < 5
            assert followups(session, sequence)[-1] == (touch + 1, "email", due.date(), "pending")
            when = due
        assert (sequence.status, sequence.current_step, sequence.completed_at) == ("completed", touches[-1], when)
        assert {state for *_, state in followups(session, sequence)} == {"completed"}

    case.as_user(walk)


def test_nobody_of_the_other_tiers_has_a_sequence() -> None:
    for playbook in (LIGHTS, TESTING):
        assert not {"C", "D"} & (set(playbook.sequences) | set(playbook.draft_tiers))
        assert set(playbook.draft_tiers) == set(playbook.sequences)
        assert all(1 < len(steps) <= 6 for steps in playbook.sequences.values())


@pytest.mark.parametrize(
    ("contact", "touches"),
    [
        ({"linkedin_url": "https://in.example/dana", "phone": "(614) 555-0101"}, [1, 2, 3, 4, 5, 6]),
        ({"phone": "(614) 555-0101"}, [1, 3, 4, 6]),
        ({}, [1, 4, 6]),
    ],
    ids=["all channels", "no LinkedIn page", "mail alone"],
)
def test_a_touch_that_reaches_nobody_is_passed_over(case: Case, contact: dict[str, str], touches: list[int]) -> None:
    def walk(session: Session) -> list[int]:
        sequence = sequence_for(session, "qa-software", "A1", **contact)
        done, when = [1], MONDAY
        while due := touch_done(session, TESTING, sequence, touch=done[-1], channel="email", when=when):
            row = followups(session, sequence)[-1]
            assert row[1] == TESTING.steps_of("A1")[(row[0] or 0) - 1].channel
            done.append(row[0] or 0)
            when = due
        assert sequence.status == "completed"
        return done

    assert case.as_user(walk) == touches


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (date(2026, 3, 6), date(2026, 3, 6)),
        (date(2026, 3, 7), date(2026, 3, 9)),
        (date(2026, 12, 24), date(2026, 12, 28)),
        (date(2026, 12, 31), date(2027, 1, 4)),
    ],
)
def test_nothing_is_due_on_a_weekend_or_a_closed_day(day: date, first: date) -> None:
    assert first_working_day(LIGHTS, day) == first


def test_the_same_touch_twice_plans_one(case: Case) -> None:
    def twice(session: Session) -> None:
        sequence = sequence_for(session, "sports-lighting", "A2")
        due = [touch_done(session, LIGHTS, sequence, touch=1, channel="email", when=MONDAY) for _ in range(2)]
        assert due[0] == due[1]
        assert len(followups(session, sequence)) == 1

    case.as_user(twice)


def test_sending_plans_and_an_opt_out_unplans(case: Case) -> None:
    case.sent()
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert case.database.read_sync(lambda s: followups(s, sequence))[0][2] == sequence.next_step_at.date()
    case.as_user(lambda s: bar_contact(s, s.get_one(Contact, case.contact_id), reason="asked", source="test"))
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert (sequence.status, sequence.next_step_at) == ("stopped", None)
    assert [row[3] for row in case.database.read_sync(lambda s: followups(s, sequence))] == ["skipped"]
    with pytest.raises(SequenceRefused, match="not paused"):
        case.as_user(lambda s: resume(s, LIGHTS, s.get_one(OutreachSequence, case.sequence_id), MONDAY))


def test_by_hand_paused_resumed_and_stopped(case: Case) -> None:
    case.sent()

    def state(session: Session) -> tuple[Any, ...]:
        row = session.get_one(OutreachSequence, case.sequence_id)
        return row.status, row.next_step_at and row.next_step_at.date(), followups(session, row)[0][2:]

    def act(fn: Any, *args: Any) -> Any:
        return case.as_user(lambda s: fn(s, *args[:1], s.get_one(OutreachSequence, case.sequence_id), *args[1:]))

    case.as_user(lambda s: pause(s, s.get_one(OutreachSequence, case.sequence_id), MONDAY))
    status, due, (_, planned) = case.database.read_sync(state)
    assert (status, due, planned) == ("paused", None, "skipped")
    act(resume, LIGHTS, MONDAY, date(2026, 3, 7))
    assert case.database.read_sync(state) == ("active", date(2026, 3, 9), (date(2026, 3, 9), "pending"))
    with pytest.raises(SequenceRefused, match="is active, not paused"):
        act(resume, LIGHTS, MONDAY)
    case.as_user(lambda s: stop(s, s.get_one(OutreachSequence, case.sequence_id), MONDAY))
    assert case.database.read_sync(state)[0] == "stopped"
    for fn in (pause, stop):
        with pytest.raises(SequenceRefused, match="stopped"):
            case.as_user(lambda s, fn=fn: fn(s, s.get_one(OutreachSequence, case.sequence_id), MONDAY))


def test_nobody_who_opted_out_is_resumed(case: Case) -> None:
    case.sent()

    def barred(session: Session) -> None:
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        contact = session.get_one(Contact, case.contact_id)
        contact.status, contact.do_not_contact, contact.dnc_reason = "do_not_contact", True, "asked"
        pause(session, sequence, MONDAY)
        resume(session, LIGHTS, sequence, MONDAY)

    with pytest.raises(SequenceRefused, match="does not want"):
        case.as_user(barred)


def test_resuming_what_never_began_leaves_its_first_touch_alone(case: Case) -> None:
    def go(session: Session) -> None:
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        pause(session, sequence, MONDAY)
        assert resume(session, LIGHTS, sequence, MONDAY) is None
        assert (sequence.status, followups(session, sequence)) == ("pending", [])

    case.as_user(go)


def due_on(case: Case, day: date) -> list[tuple[str, int]]:
    found = case.database.read_sync(lambda s: followups_due(s, "sports-lighting", today=day, limit=9))
    return [(touch.sequence_id, touch.touch_number) for touch in found]


def test_what_is_due_and_when(case: Case) -> None:
    case.sent()
    due = case.get(OutreachSequence, case.sequence_id).next_step_at.date()
    assert due_on(case, due - timedelta(days=1)) == []
    assert due_on(case, due) == [(case.sequence_id, 2)]
    later = datetime.combine(due + timedelta(days=1), MONDAY.timetz())
    assert case.as_user(lambda s: settle(s, LIGHTS, later)).overdue == 1
    assert case.as_user(lambda s: settle(s, LIGHTS, later)).overdue == 0
    assert due_on(case, due) == [(case.sequence_id, 2)]

    def draft(session: Session) -> None:
        make_draft(session, session.get_one(Contact, case.contact_id), sequence_id=case.sequence_id, touch_number=2)

    case.as_user(draft)
    assert due_on(case, due) == []


@pytest.mark.parametrize("change", ["paused", "bounced", "unread", "deleted"])
def test_who_is_not_written_to_though_it_is_due(case: Case, change: str) -> None:
    from db.models import InboundMessage

    case.sent()
    due = case.get(OutreachSequence, case.sequence_id).next_step_at.date()

    def happen(session: Session) -> None:
        contact = session.get_one(Contact, case.contact_id)
        if change == "paused":
            session.get_one(OutreachSequence, case.sequence_id).status = "paused"
        elif change == "bounced":
            contact.status = "bounced"
        elif change == "deleted":
            contact.deleted_at = MONDAY
        else:
            session.add(InboundMessage(message_id="m@x.example", contact_id=contact.id, raw=b"x", text="hello"))

    case.as_user(happen)
    assert due_on(case, due) == []


def test_a_number_that_is_gone_moves_the_sequence_on(case: Case) -> None:
    def go(session: Session) -> None:
        sequence = sequence_for(session, "qa-software", "B", phone="(614) 555-0101")
        due = touch_done(session, TESTING, sequence, touch=1, channel="email", when=MONDAY)
        assert due is not None
        session.get_one(Contact, sequence.contact_id).phone = None
        session.flush()
        assert settle(session, TESTING, due).passed_over == 1
        assert [row[0] for row in followups(session, sequence) if row[3] == "skipped"] == [2]
        assert [row[0] for row in followups(session, sequence) if row[3] == "pending"] == [3]
        assert settle(session, TESTING, due).passed_over == 0

    case.as_user(go)


def not_now(case: Case, day: date, status: str = "paused") -> str:
    """They said 'not now' and named a day, as reply triage writes it down."""

    def write(session: Session) -> str:
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        sequence.status, sequence.next_step_at = status, None
        for row in session.scalars(select(Followup).where(Followup.sequence_id == sequence.id)):
            row.state = "skipped"
        session.add(Reply(contact_id=case.contact_id, intent="not_now", replied_at=MONDAY, channel="email"))
        row = Followup(
            contact_id=case.contact_id, sequence_id=sequence.id, touch_number=2, channel="email", due_date=day
        )
        session.add(row)
        session.flush()
        return row.id

    found: str = case.as_user(write)
    return found


def test_not_now_leads_to_one_touch_in_a_sequence_of_its_own(case: Case) -> None:
    case.sent()
    day = date(2026, 9, 1)
    followup_id = not_now(case, day)
    moment = datetime(2026, 9, 1, 8, tzinfo=UTC)
    assert case.as_user(lambda s: settle(s, LIGHTS, moment - timedelta(days=1))).re_engaged == 0
    assert case.as_user(lambda s: settle(s, LIGHTS, moment)).re_engaged == 1
    assert case.as_user(lambda s: settle(s, LIGHTS, moment)).re_engaged == 0
    fresh_id = re_engagement_id(followup_id)
    assert due_on(case, day) == [(fresh_id, 2)]
    old, fresh = case.get(OutreachSequence, case.sequence_id), case.get(OutreachSequence, fresh_id)
    assert (old.status, fresh.status, fresh.current_step, fresh.total_steps) == ("stopped", "pending", 1, 2)

    def sent(session: Session) -> None:
        row = session.get_one(OutreachSequence, fresh_id)
        assert touch_done(session, LIGHTS, row, touch=2, channel="email", when=moment) is None
        assert row.status == "completed"

    case.as_user(sent)


def test_a_sequence_that_was_halted_for_another_reason_is_not_gone_on_with(case: Case) -> None:
    case.sent()
    case.as_user(lambda s: setattr(s.get_one(OutreachSequence, case.sequence_id), "status", "paused"))
    assert case.as_user(lambda s: settle(s, LIGHTS, MONDAY + timedelta(days=900))).re_engaged == 0
    assert case.get(OutreachSequence, case.sequence_id).status == "paused"


def test_a_playbook_that_became_shorter_still_ends_its_sequences(case: Case) -> None:
    def go(session: Session) -> None:
        sequence = sequence_for(session, "sports-lighting", "B")
        sequence.current_step, sequence.total_steps = 2, 4
        due = plan_next(session, LIGHTS, sequence, after=MONDAY)
        assert due is not None
        assert followups(session, sequence) == [(3, "email", due.date(), "pending")]

    case.as_user(go)


def test_the_draft_of_a_reply_moves_no_step(case: Case) -> None:
    from tests.support.mail import SENDER, SENT_AT, approved_draft
    from tools.outbox import mark_sent

    case.sent()

    def answer(session: Session) -> tuple[str, str]:
        session.add(Reply(contact_id=case.contact_id, intent="positive", replied_at=SENT_AT, channel="email"))
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        contact = session.get_one(Contact, case.contact_id)
        draft = approved_draft(session, contact, sequence, touch_number=1, touch_type="reply_draft")
        mark_sent(session, draft.id, SENT_AT + timedelta(minutes=5), "user:dana", SENDER)
        return draft.id, session.scalars(select(Reply.id)).one()

    draft_id, reply_id = case.as_user(answer)
    assert case.get(MessageDraft, draft_id).approval_status == "sent"
    assert case.get(OutreachSequence, case.sequence_id).current_step == 1
    reply = case.get(Reply, reply_id)
    assert (reply.handled_at is not None, reply.next_step_taken) == (True, "answered")
