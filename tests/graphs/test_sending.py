"""Sending by SMTP: what each answer of a real server leads to, and what may not leave."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from tenacity import wait_none

from db.access import Database
from db.actors import acting_as
from db.models import (
    AgentRun,
    Contact,
    Delivery,
    MessageDraft,
    OutreachSequence,
    Suppression,
    Touchpoint,
)
from db.queries.runs import has_unfinished_runs
from db.suppressions import suppress_address
from graphs.sending import Dispatched, Post, dispatch
from playbooks import Playbook, PlaybookInvalid
from tests.support.mail import SENDER, Case, approved_draft, make_ready, outgoing_case, unhurried
from tests.support.mail_servers import Letter, SmtpServer, free_port, smtp_server
from tools.mail.server import Server
from tools.outbox import find
from tools.outbox.dispatch import resolve
from tools.outbox.smtp import Mailer


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.fixture
def case(database_url: str) -> Iterator[Case]:
    with outgoing_case(database_url) as made:
        yield made


@pytest.fixture
def agent(case: Case) -> Iterator[Database]:
    """The database as the sending process has it."""
    with Database(case.database.url, "agent") as database:
        yield database


def post(smtp: SmtpServer, **given: Any) -> Post:
    return Post(
        **{
            "playbook_of": unhurried,
            "mailer": Mailer(smtp.server, timeout_s=5),
            "by": "user:dana",
            "pause": wait_none(),
            **given,
        }
    )


async def send(agent: Database, how: Post, **given: Any) -> Dispatched:
    async with how.mailer:
        return await dispatch(agent, how, **given)


def delivery(case: Case) -> Delivery:
    return case.database.read_sync(lambda s: s.scalars(select(Delivery)).one())


def status(case: Case) -> str:
    return str(case.get(MessageDraft, case.draft_id).approval_status)


async def test_what_the_server_takes_is_recorded_with_its_step(case: Case, agent: Database, smtp: SmtpServer) -> None:
    result = await send(agent, post(smtp))
    assert [(line.what, line.recipient) for line in result.lines] == [("sent", case.email)]
    assert smtp.counts() == {case.message_id: 1}
    assert (status(case), delivery(case).state, delivery(case).attempts) == ("sent", "sent", 1)
    assert case.get(OutreachSequence, case.sequence_id).emails_sent == 1
    runs = case.database.read_sync(
        lambda s: s.scalars(select(AgentRun).where(AgentRun.run_type == "dispatch").order_by(AgentRun.started_at)).all()
    )
    assert [(r.agent_name, r.status, r.parent_run_id) for r in runs] == [
        ("outreach", "success", None),
        ("outreach", "success", runs[0].id),
    ]
    assert runs[1].contact_id == case.contact_id
    assert runs[1].outputs["message_id"] == case.message_id
    assert (await send(agent, post(smtp))).lines == []
    assert len(smtp.letters) == 1


async def test_what_is_put_off_once_is_tried_again(case: Case, agent: Database, smtp: SmtpServer) -> None:
    answers = iter(["451 4.7.1 greylisted, try again"])
    smtp.on_rcpt = lambda _address: next(answers, None)
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["sent"]
    assert delivery(case).attempts == 2


async def test_what_is_put_off_each_time_waits_longer_each_time(case: Case, agent: Database, smtp: SmtpServer) -> None:
    smtp.on_rcpt = lambda _address: "451 4.7.1 greylisted, try again"
    result = await send(agent, post(smtp))
    assert [(line.what, line.said[:3]) for line in result.lines] == [("put off", "451")]
    assert (delivery(case).state, delivery(case).attempts, status(case)) == ("failed", 3, "ready")
    smtp.on_rcpt = lambda _address: None
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["waits"]
    assert "put off until" in result.lines[0].said
    earlier = datetime.now(UTC) - timedelta(hours=1)
    case.as_user(lambda s: setattr(s.scalars(select(Delivery)).one(), "updated_at", earlier))
    assert [line.what for line in (await send(agent, post(smtp))).lines] == ["sent"]


async def test_an_address_that_does_not_exist_bounces(case: Case, agent: Database, smtp: SmtpServer) -> None:
    smtp.on_rcpt = lambda address: f"550 5.1.1 <{address}>: user unknown"
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["bounced"]
    contact = case.get(Contact, case.contact_id)
    assert (contact.status, contact.email_verified, contact.do_not_contact) == ("bounced", False, False)
    assert (delivery(case).state, status(case)) == ("failed", "archived")
    assert case.get(OutreachSequence, case.sequence_id).status == "stopped"
    assert case.database.read_sync(lambda s: s.scalars(select(Suppression)).all()) == []


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("on_rcpt", "550 5.7.1 blocked by our reputation service"),
        ("on_rcpt", "550 we do not like you"),
        ("on_rcpt", "552 5.2.2 mailbox full"),
        ("on_data", "554 5.7.1 looks like spam"),
    ],
)
async def test_other_refusals_bounce_nobody_and_wait_for_a_person(
    case: Case, agent: Database, smtp: SmtpServer, where: str, answer: str
) -> None:
    setattr(smtp, where, lambda _what: answer)
    result = await send(agent, post(smtp))
    assert [(line.what, line.said) for line in result.lines] == [("refused", answer)]
    assert case.get(Contact, case.contact_id).status == "active"
    assert (delivery(case).state, delivery(case).attempts, status(case)) == ("failed", 1, "ready")
    setattr(smtp, where, lambda _what: None)
    assert [line.what for line in (await send(agent, post(smtp))).lines] == ["waits"]
    assert [line.what for line in (await send(agent, post(smtp), only=[case.draft_id])).lines] == ["sent"]


async def test_a_connection_lost_over_the_message_leaves_it_uncertain(
    case: Case, agent: Database, smtp: SmtpServer
) -> None:
    smtp.hang_up_after_data = True
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["uncertain"]
    assert (delivery(case).state, status(case)) == ("uncertain", "ready")
    smtp.hang_up_after_data = False
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["uncertain"]
    assert len(smtp.letters) == 1

    def said(verdict: Any) -> Callable[[Any], str]:
        return lambda s: resolve(s, find(s, case.draft_id), verdict, "user:dana", SENDER, datetime.now(UTC))

    case.as_user(said("not-sent"))
    assert delivery(case).state == "failed"
    assert [line.what for line in (await send(agent, post(smtp))).lines] == ["sent"]
    assert len(smtp.letters) == 2
    with pytest.raises(ValueError, match="nothing to decide"):
        case.as_user(said("sent"))


async def test_uncertain_and_seen_by_a_person_is_recorded_as_sent(
    case: Case, agent: Database, smtp: SmtpServer
) -> None:
    smtp.hang_up_after_data = True
    await send(agent, post(smtp))
    case.as_user(lambda s: resolve(s, find(s, case.draft_id), "sent", "user:dana", SENDER, datetime.now(UTC)))
    assert (delivery(case).state, status(case)) == ("sent", "sent")
    assert len(case.database.read_sync(lambda s: s.scalars(select(Touchpoint)).all())) == 1


async def test_no_server_stops_everything_and_claims_nothing(case: Case, agent: Database) -> None:
    how = post(SmtpServer(port=free_port()))
    result = await send(agent, how)
    assert result.stopped
    assert "no connection" in result.stopped
    assert (delivery(case).state, status(case)) == ("failed", "ready")
    root = case.get(AgentRun, result.run_id)
    assert root.status == "partial"


async def test_encryption_that_was_asked_for_and_is_not_offered_stops(
    case: Case, agent: Database, smtp: SmtpServer
) -> None:
    asked = Mailer(Server("smtp+starttls", "127.0.0.1", smtp.port, None, None), timeout_s=5)
    result = await send(agent, post(smtp, mailer=asked))
    assert "no encryption" in (result.stopped or "")
    assert smtp.letters == []


async def test_an_opt_out_between_acceptance_and_mark_is_recorded_and_so_is_the_message(
    case: Case, agent: Database, smtp: SmtpServer
) -> None:
    def opts_out(_letter: Letter) -> None:
        with Database(case.database.url, "agent") as other, acting_as(f"agent:{case.run_id}"):
            other.write_sync(lambda s: suppress_address(s, case.email, reason="asked", source="test"))

    smtp.on_data = opts_out
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["sent"]
    assert (delivery(case).state, status(case)) == ("sent", "sent")
    contact = case.get(Contact, case.contact_id)
    assert contact.do_not_contact
    assert case.get(OutreachSequence, case.sequence_id).status == "stopped"
    assert case.database.read_sync(lambda s: s.scalars(select(Suppression.value)).all()) == [case.email.lower()]
    assert len(case.database.read_sync(lambda s: s.scalars(select(Touchpoint)).all())) == 1


async def test_an_opt_out_between_two_tries_keeps_the_second_from_leaving(
    case: Case, agent: Database, smtp: SmtpServer
) -> None:
    def opts_out(_address: str) -> str:
        with Database(case.database.url, "agent") as other, acting_as(f"agent:{case.run_id}"):
            other.write_sync(lambda s: suppress_address(s, case.email, reason="asked", source="test"))
        return "451 4.3.0 later"

    smtp.on_rcpt = opts_out
    result = await send(agent, post(smtp, pause=lambda _state: 0.3))
    assert smtp.letters == []
    assert [line.what for line in result.lines] == ["waits"]
    assert delivery(case).state == "failed"


async def test_a_text_changed_after_approval_does_not_leave(case: Case, agent: Database, smtp: SmtpServer) -> None:
    case.as_user(lambda s: setattr(s.get_one(Contact, case.contact_id), "email", "other@hilltop.example"))
    result = await send(agent, post(smtp), only=[case.draft_id])
    assert [line.what for line in result.lines] == ["waits"]
    assert "changed after it was approved" in result.lines[0].said
    assert smtp.letters == []


async def test_an_invented_sender_writes_to_nobody_real(case: Case, agent: Database, smtp: SmtpServer) -> None:
    def real(session: Any) -> None:
        contact = session.get_one(Contact, case.contact_id)
        contact.email = "dana@hilltop.edu"
        session.flush()
        old = session.get_one(MessageDraft, case.draft_id)
        old.approval_status = "archived"
        session.flush()
        approved_draft(session, contact, session.get_one(OutreachSequence, case.sequence_id))

    case.as_user(real)
    result = await send(agent, post(smtp))
    assert [line.what for line in result.lines] == ["waits"]
    assert "is invented" in result.lines[0].said
    assert smtp.letters == []


def working(**given: Any) -> Callable[[str], Playbook]:
    """The playbook with other working hours or limits."""

    def of(name: str) -> Playbook:
        found = unhurried(name)
        return found.model_copy(update={"sending": found.sending.model_copy(update=given)})

    return of


async def test_outside_of_working_hours_it_waits(case: Case, agent: Database, smtp: SmtpServer) -> None:
    closed = [(date.today() + timedelta(days=ahead)).isoformat() for ahead in range(-1, 2)]  # noqa: DTZ011
    how = post(smtp, playbook_of=working(closed=closed))
    result = await send(agent, how)
    assert [line.what for line in result.lines] == ["waits"]
    assert result.lines[0].until
    assert result.lines[0].until > datetime.now(UTC)
    assert "America/New_York" in result.lines[0].said
    assert smtp.letters == []
    assert [line.what for line in (await send(agent, replace(how, any_time=True))).lines] == ["sent"]


async def test_a_mailbox_that_has_sent_enough_waits(
    case: Case, agent: Database, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    case.as_user(lambda s: make_ready(s, 2))
    limited = working(warm_up=(2, 1))

    def playbook_of(name: str) -> Playbook:
        """One of them cannot be read: the mail of the others leaves all the same."""
        if name == "torn":
            raise PlaybookInvalid("playbook.toml of 'torn' is not valid TOML")
        return limited(name)

    monkeypatch.setattr("graphs.sending.playbook_names", lambda: ["sports-lighting", "torn"])
    result = await send(agent, post(smtp, playbook_of=playbook_of))
    assert [line.what for line in result.lines] == ["sent", "sent", "waits"]
    assert "2 a day while the mailbox is new" in result.lines[2].said
    assert result.lines[2].until
    assert timedelta(hours=23) < result.lines[2].until - datetime.now(UTC) < timedelta(hours=24)


async def test_a_step_that_a_kill_left_open_is_closed(case: Case, agent: Database, smtp: SmtpServer) -> None:
    def cut_off(session: Any) -> None:
        session.get_one(AgentRun, case.run_id).status = "success"
        session.add(AgentRun(id="a" * 32, run_type="dispatch", agent_name="outreach", status="running"))

    case.as_agent(cut_off)
    assert not case.database.read_sync(has_unfinished_runs)
    await send(agent, post(smtp))
    assert case.get(AgentRun, "a" * 32).status == "error"
