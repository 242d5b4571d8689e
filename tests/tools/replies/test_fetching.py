"""Of a person's mailbox only what is about our messages is taken."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from db.models import Contact, InboundMessage, Suppression
from tests.support.letters import returned
from tests.support.mail import SENDER, Case, outgoing_case
from tools.outbox.optout import UnknownRecipient, opt_out_of
from tools.replies.fetching import first_day, take_fetched, verdict_on

US = [SENDER.email]


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        made.sent()
        yield made


def verdict(case: Case, head: str) -> str:
    return case.database.read_sync(lambda s: verdict_on(s, head.encode(), US))


@pytest.mark.parametrize(
    ("head", "is_"),
    [
        ("From: x@y.example\nIn-Reply-To: <{ours}>\nMessage-ID: <1@y.example>\n\n", "ours"),
        ("From: x@y.example\nReferences: <a@b.example> <{ours}>\nMessage-ID: <1@y.example>\n\n", "ours"),
        ("From: Dana <dana.reyes@HILLTOP.example>\nSubject: News\nMessage-ID: <1@y.example>\n\n", "ours"),
        ("From: x@y.example\nSubject: unsubscribe\nMessage-ID: <1@y.example>\n\n", "ours"),
        ("From: news@shop.example\nSubject: Sale\nMessage-ID: <1@y.example>\n\n", "other"),
        ("From: x@y.example\nMessage-ID: <{ours}>\n\n", "own"),
        (f"From: {SENDER.email}\nIn-Reply-To: <{{ours}}>\nMessage-ID: <1@y.example>\n\n", "own"),
        ("From: MAILER-DAEMON@mx.example\nSubject: Undelivered\nMessage-ID: <1@y.example>\n\n", "report"),
        ("From: x@y.example\nContent-Type: multipart/report; boundary=b\nMessage-ID: <1@y.example>\n\n", "report"),
        ("", "other"),
    ],
)
def test_what_a_message_is_by_its_headers(case: Case, head: str, is_: str) -> None:
    assert verdict(case, head.replace("{ours}", case.message_id)) == is_


def test_what_was_taken_in_is_known(case: Case) -> None:
    raw = case.reply("Yes please", Message_ID="<r@college.example>")
    assert verdict(case, raw.decode()) == "ours"
    assert case.as_user(lambda s: take_fetched(s, raw, "ours")).matched_by == "in_reply_to"
    assert verdict(case, raw.decode()) == "known"


def test_a_report_is_taken_only_where_it_is_about_a_message_of_ours(case: Case, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    about = [
        returned(tmp_path, name, recipient=case.email, message_id=f"<{message_id}>", when=now).read_bytes()
        for name, message_id in (("ours", case.message_id), ("theirs", "f" * 32 + "@elsewhere.example"))
    ]
    found = [case.as_user(lambda s, raw=raw: take_fetched(s, raw, "report")) for raw in about]  # type: ignore[misc]
    assert found[0].kind == "bounce"
    assert found[1] is None
    assert len(case.database.read_sync(lambda s: s.scalars(select(InboundMessage)).all())) == 1


def test_how_far_back_is_looked(case: Case) -> None:
    now = datetime.now(UTC)
    since = case.database.read_sync(lambda s: first_day(s, 30, now))
    assert since is not None
    assert timedelta(hours=24) < now - since < timedelta(hours=36)  # nothing was sent before yesterday
    assert case.database.read_sync(lambda s: first_day(s, 1, now)) == now - timedelta(days=1)


def test_nothing_was_ever_sent(database_url: str) -> None:
    with outgoing_case(database_url) as fresh:
        assert fresh.database.read_sync(lambda s: first_day(s, 30, datetime.now(UTC))) is None


def test_an_opt_out_by_the_id_of_a_message_or_by_address(case: Case) -> None:
    case.as_user(lambda s: setattr(s.get_one(Contact, case.contact_id), "email", "new@hilltop.example"))
    assert case.as_user(lambda s: opt_out_of(s, case.draft_id.upper(), "one click")) == case.email.lower()
    case.as_user(lambda s: opt_out_of(s, "Someone@Else.example", "rang us"))
    values = set(case.database.read_sync(lambda s: s.scalars(select(Suppression.value)).all()))
    assert values == {"new@hilltop.example", case.email.lower(), "someone@else.example"}
    assert case.get(Contact, case.contact_id).do_not_contact
    for unknown in ("f" * 32, "bob", "a@b@c", ""):
        with pytest.raises(UnknownRecipient):
            case.as_user(lambda s, one=unknown: opt_out_of(s, one, "x"))  # type: ignore[misc]
