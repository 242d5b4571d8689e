"""What is approved leaves exactly as approved, once, and is recorded everywhere."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.models import (
    Activity,
    Contact,
    Delivery,
    Followup,
    MessageDraft,
    OutreachSequence,
    Prospect,
    Touchpoint,
)
from db.suppressions import suppress_address
from tests.support.mail import SENDER, SENT_AT, Case, approved_draft, make_ready, outgoing_case
from tools.outbox import NotReady, build_message, export_eml, find, mark_sent, message_id_for, outgoing, ready


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        yield made


def test_lists_what_is_ready(case: Case) -> None:
    found = case.database.read_sync(ready)
    assert [(one.draft_id, one.recipient, one.organisation) for one in found] == [
        (case.draft_id, case.email, "Hilltop College")
    ]
    assert found[0].approved_by == "user:dana"
    assert case.database.read_sync(lambda s: ready(s, "qa-software")) == []


def test_each_that_is_ready_costs_a_look_at_its_decision_and_at_its_thread(case: Case, statements: list[str]) -> None:
    looks = []
    for more in (0, 3):
        if more:
            case.as_user(lambda s: make_ready(s, 3) and None)
        statements.clear()
        assert len(case.database.read_sync(ready)) == 1 + more
        looks.append(sum(one.startswith("SELECT") for one in statements))
    assert looks[1] - looks[0] == 3 * 2


def test_the_mail_is_what_was_approved(case: Case) -> None:
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id[:10])))
    message = build_message(leaving, SENDER, SENT_AT)
    again = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert again["To"].addresses[0].addr_spec == case.email
    assert again["From"].addresses[0].addr_spec == SENDER.email
    assert again["Message-ID"] == f"<{case.message_id}>" == f"<{message_id_for(case.draft_id, SENDER.email)}>"
    assert again["List-Unsubscribe"] == f"<mailto:{SENDER.email}?subject=unsubscribe>"
    assert again.get_content().replace("\r\n", "\n").rstrip("\n") == leaving.body


def test_a_long_id_and_other_letters_arrive_whole(case: Case) -> None:
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    body = "Grüße — " + "x" * 1200 + "\n\n.\nFrom here"
    answering = replace(
        leaving,
        in_reply_to="a" * 300 + "@mail.example",
        subject="Licht für Jürgen " * 8,
        contact_name="Zoë Müller-Lüdenscheid " * 4 + ", Ltd.",
        body=body,
    )
    raw = build_message(answering, SENDER, SENT_AT).as_bytes()
    again = email.message_from_bytes(raw, policy=email.policy.default)
    assert again["In-Reply-To"] == again["References"] == f"<{'a' * 300}@mail.example>"
    assert again["Subject"] == ("Licht für Jürgen " * 8).strip()
    # The library's newer parser puts spaces between the encoded words of a name; its older one does not.
    shown = str(make_header(decode_header(email.message_from_bytes(raw)["To"])))
    assert shown == "Zoë Müller-Lüdenscheid " * 4 + f", Ltd. <{case.email}>"
    assert again.get_content().replace("\r\n", "\n").rstrip("\n") == body
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")


def test_no_header_can_be_added_through_a_name_or_subject(case: Case) -> None:
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    evil = replace(leaving, subject="Hi\r\nBcc: all@x.example", contact_name="A\nCc: b@x.example", in_reply_to="x\ny@z")
    message = email.message_from_bytes(build_message(evil, SENDER, SENT_AT).as_bytes(), policy=email.policy.default)
    assert message["Bcc"] is None
    assert message["Cc"] is None
    with pytest.raises(NotReady, match="not an address"):
        build_message(replace(leaving, recipient="a@x.example, b@x.example"), SENDER, SENT_AT)


def test_export_claims_and_repeats(case: Case, tmp_path: Path) -> None:
    def write() -> Path:
        path: Path = case.as_user(
            lambda s: export_eml(s, s.get_one(MessageDraft, case.draft_id), SENDER, tmp_path / "out")
        )
        return path

    first, second = write(), write()
    assert first == second
    assert len(list(first.parent.iterdir())) == 1
    delivery = case.database.read_sync(lambda s: s.scalars(select(Delivery)).one())
    assert (delivery.state, delivery.message_id) == ("claimed", case.message_id)
    assert case.get(MessageDraft, case.draft_id).approval_status == "ready"


def test_mark_sent_shows_everywhere(case: Case) -> None:
    sent = case.as_user(lambda s: mark_sent(s, case.draft_id, SENT_AT, "user:dana", SENDER))
    assert not sent.again
    assert case.get(MessageDraft, case.draft_id).approval_status == "sent"
    contact = case.get(Contact, case.contact_id)
    assert (contact.stage, contact.last_contacted_at) == ("sent", SENT_AT)
    assert case.get(Prospect, contact.prospect_id).status == "outreach_active"
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert (sequence.status, sequence.current_step, sequence.emails_sent) == ("active", 1, 1)
    assert sequence.started_at == SENT_AT
    assert sequence.next_step_at == SENT_AT + timedelta(days=5)  # SB, seed template a2-2

    def rows(session):  # type: ignore[no-untyped-def]
        return (
            session.scalars(select(Delivery)).one(),
            session.scalars(select(Touchpoint)).one(),
            session.scalars(select(Followup)).one(),
            session.scalars(select(Activity.type).order_by(Activity.type)).all(),
        )

    delivery, touchpoint, followup, activities = case.database.read_sync(rows)
    assert (delivery.state, delivery.sent_at, delivery.recipient) == ("sent", SENT_AT, case.email)
    assert (touchpoint.sent_at, touchpoint.touch_number, touchpoint.message_draft_id) == (SENT_AT, 1, case.draft_id)
    assert (followup.touch_number, followup.due_date) == (2, sequence.next_step_at.date())
    assert "email_sent" in activities
    assert "outreach_started" in activities


def test_mark_sent_twice_records_once(case: Case) -> None:
    case.sent()
    assert case.as_user(lambda s: mark_sent(s, case.draft_id, SENT_AT, "user:dana", SENDER)).again
    counts = case.database.read_sync(
        lambda s: [s.scalar(select(func.count()).select_from(t)) for t in (Delivery, Touchpoint, Followup)]
    )
    assert counts == [1, 1, 1]
    assert case.get(OutreachSequence, case.sequence_id).emails_sent == 1


def test_the_last_touch_ends_the_sequence(case: Case) -> None:
    case.sent()

    def later(session):  # type: ignore[no-untyped-def]
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        sequence.total_steps = 2
        draft = approved_draft(session, session.get_one(Contact, case.contact_id), sequence, touch_number=2)
        mark_sent(session, draft.id, SENT_AT + timedelta(hours=1), "user:dana", SENDER)

    case.as_user(later)
    sequence = case.get(OutreachSequence, case.sequence_id)
    assert (sequence.status, sequence.current_step, sequence.next_step_at) == ("completed", 2, None)
    assert case.get(Contact, case.contact_id).stage == "follow_up"
    assert case.database.read_sync(lambda s: s.scalars(select(Followup.state)).all()) == ["completed"]


def test_a_changed_address_voids_the_approval(case: Case) -> None:
    case.as_user(lambda s: setattr(s.get_one(Contact, case.contact_id), "email", "other@hilltop.example"))
    assert case.database.read_sync(ready) == []
    with pytest.raises(NotReady, match="changed after it was approved"):
        case.sent()


def test_a_suppressed_contact_gets_nothing(case: Case) -> None:
    case.as_user(lambda s: suppress_address(s, case.email, reason="asked", source="test"))
    assert case.database.read_sync(ready) == []
    with pytest.raises(NotReady, match="archived"):
        case.sent()


def test_the_database_refuses_in_a_sentence(case: Case) -> None:
    def domain(session):  # type: ignore[no-untyped-def]
        from db.models import Suppression

        session.add(Suppression(kind="domain", value="hilltop.example"))
        session.flush()
        session.get_one(MessageDraft, case.draft_id).approval_status = "ready"

    with pytest.raises(Exception, match="suppressed"):
        case.as_user(domain)


def test_a_halted_sequence_sends_nothing_new_but_records_what_left(case: Case, tmp_path: Path) -> None:
    def halt(session):  # type: ignore[no-untyped-def]
        session.get_one(OutreachSequence, case.sequence_id).status = "paused"

    case.as_user(halt)
    with pytest.raises(NotReady, match="is paused"):
        case.sent()
    case.as_user(lambda s: setattr(s.get_one(OutreachSequence, case.sequence_id), "status", "pending"))
    case.as_user(lambda s: export_eml(s, s.get_one(MessageDraft, case.draft_id), SENDER, tmp_path))
    case.as_user(halt)
    case.sent()
    assert case.get(MessageDraft, case.draft_id).approval_status == "sent"
    assert case.get(OutreachSequence, case.sequence_id).status == "paused"
    assert case.database.read_sync(lambda s: s.scalars(select(Followup)).all()) == []
