"""Mail is stored once and matched to what it answers."""

from collections.abc import Iterator

import pytest
from sqlalchemy import func, select

from db.models import AgentAuditLog, InboundMessage
from tests.support.mail import Case, outgoing_case
from tools.replies.intake import TakenMail, channel_of, made_here, received, take_in, typed_id


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        made.sent()
        yield made


def take(case: Case, raw: bytes) -> TakenMail:
    taken: TakenMail = case.as_user(lambda s: take_in(s, raw))
    return taken


def count(case: Case) -> int:
    return case.database.read_sync(lambda s: s.scalar(select(func.count()).select_from(InboundMessage))) or 0


def test_a_reply_is_stored_once(case: Case) -> None:
    first, second = take(case, case.reply("Yes, call me.")), take(case, case.reply("Yes, call me."))
    assert (first.new, second.new) == (True, False)
    assert first.inbound_id == second.inbound_id
    assert count(case) == 1
    row = case.get(InboundMessage, first.inbound_id)
    assert (row.text, row.kind, row.matched_by, row.contact_id) == (
        "Yes, call me.",
        "human",
        "in_reply_to",
        case.contact_id,
    )
    assert case.database.read_sync(received)[0]["triaged"] is False


def test_a_mail_without_an_id_gets_one_from_its_content(case: Case) -> None:
    raw = case.reply("No id here.", Message_ID="")
    assert take(case, raw).new
    assert not take(case, raw).new
    assert take(case, raw).message_id.endswith("@made.invalid")


def test_matching_in_order_of_proof(case: Case) -> None:
    by_references = case.reply("one", In_Reply_To="<x@y.example>", References=f"<a@b.example> <{case.message_id}>")
    by_body = case.reply(f"two\n> Message-ID: <{case.message_id}>", In_Reply_To="", From="colleague@hilltop.example")
    by_sender = case.reply("three", In_Reply_To="")
    by_nothing = case.reply("four", In_Reply_To="", From="stranger@else.example")
    assert [take(case, raw).matched_by for raw in (by_references, by_body, by_sender, by_nothing)] == [
        "references",
        "body",
        "sender",
        None,
    ]


def test_an_unmatched_mail_waits_for_a_person(case: Case) -> None:
    taken = take(case, case.reply("hello", In_Reply_To="", From="stranger@else.example"))
    row = case.database.read_sync(
        lambda s: s.scalars(select(AgentAuditLog).where(AgentAuditLog.action == "inbound_unmatched")).one()
    )
    assert row.requires_review
    assert row.details["inbound_id"] == taken.inbound_id


def test_a_nul_in_a_mail_is_kept_as_a_mark(case: Case) -> None:
    taken = take(case, case.reply("before\x00after"))
    assert "\ufffd" in case.get(InboundMessage, taken.inbound_id).raw


def test_an_id_as_they_are_made_here_is_believed_of_no_mail(case: Case) -> None:
    typed = typed_id("linkedin", case.contact_id, "Yes, call me.")
    taken = take(case, case.reply("Stop writing to me.", Message_ID=f"<{typed}>"))
    row = case.get(InboundMessage, taken.inbound_id)
    assert (row.message_id == typed, channel_of(row)) == (False, "email")
    assert made_here(row.message_id)
    assert not made_here("one@notmade.invalid")
    shouted = take(case, case.reply("Another.", Message_ID="<one@LinkedIn.MADE.invalid>"))
    assert shouted.message_id.endswith("@made.invalid")
