"""What ends a line, in whatever goes into a mail's header: nothing of it becomes a header or a recipient."""

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pydantic import ValidationError

from outreach.settings import Settings
from tests.support.mail import SENDER, SENT_AT, Case, outgoing_case
from tests.support.mail_servers import SmtpServer, smtp_server
from tools.outbox import NotReady, build_message, find, outgoing
from tools.outbox.leaving import Outgoing
from tools.outbox.smtp import Mailer

EVIL = "all@evil.example"
BREAKS = {
    "CR LF": "\r\n", "LF": "\n", "CR": "\r", "LF CR": "\n\r", "two": "\r\n\r\n", "folded": "\r\n ", "VT": "\x0b",
    "FF": "\x0c", "FS": "\x1c", "NEL": "\x85", "LS": "\u2028", "PS": "\u2029", "NUL": "\x00\n",
    "encoded word": "=?utf-8?q?=0D=0A?=", "encoded word in base64": "=?utf-8?b?DQo=?=",
}  # fmt: skip
HEADERS = {
    "From", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "List-Unsubscribe",
    "List-Unsubscribe-Post", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
}  # fmt: skip
ONE_CLICK = "https://firm.example/stop/{id}"


@pytest.fixture
def case(sqlite_url: str) -> Iterator[Case]:
    with outgoing_case(sqlite_url) as made:
        yield made


@pytest.fixture
def leaving(case: Case) -> Outgoing:
    found: Outgoing = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    return found


@pytest.fixture
def sink() -> Iterator[SmtpServer]:
    with smtp_server() as server:
        yield server


@pytest.mark.parametrize("ends", BREAKS.values(), ids=list(BREAKS))
async def test_at_the_server_arrive_our_headers_and_no_others(leaving: Outgoing, sink: SmtpServer, ends: str) -> None:
    foul = f"Lights{ends}Bcc: {EVIL}{ends}X-Evil: 1{ends}Subject: other"
    evil = replace(
        leaving, subject=foul, contact_name=foul, in_reply_to=f"a{foul}@x.example", references=[f"b{foul}@x.example"]
    )
    raw = build_message(evil, SENDER.model_copy(update={"name": foul}), SENT_AT, ONE_CLICK).as_bytes()
    async with Mailer(sink.server, timeout_s=10) as mailer:
        await mailer.submit(SENDER.email, leaving.recipient, raw)
    letter = sink.letters[0]
    assert letter.recipients == [leaving.recipient]
    head = letter.raw.partition(b"\r\n\r\n")[0]
    assert not set(head.replace(b"\r\n", b"").decode("ascii")) & {"\r", "\n", "\x00", "\x0b", "\x0c", "\x1c"}
    got = email.message_from_bytes(letter.raw, policy=email.policy.default)
    thread = {"In-Reply-To", "References"} if ends.startswith("=?") or not ends.isascii() else set()
    assert sorted(got.keys()) == sorted(HEADERS - thread), "an id with such words in it is none"
    assert [one.addr_spec for one in got["To"].addresses] == [leaving.recipient]
    assert [one.addr_spec for one in got["From"].addresses] == [SENDER.email]
    assert "Lights" in got["Subject"]


@pytest.mark.parametrize(
    "name", [f"a, b <{EVIL}> c", f'x" <{EVIL}>, "y', f"{'x' * 70} {EVIL}, {'y' * 70}", f"<{EVIL}>,"]
)
def test_an_address_in_a_name_stays_a_name(leaving: Outgoing, name: str) -> None:
    for one in (name, f"{name} {'and more ' * 20}", f"Zoë {name} {'and more ' * 20}"):
        message = build_message(replace(leaving, contact_name=one), SENDER.model_copy(update={"name": one}), SENT_AT)
        got = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
        assert [each.addr_spec for each in got["To"].addresses] == [leaving.recipient]
        assert [each.addr_spec for each in got["From"].addresses] == [SENDER.email]
        # The library's newer parser puts spaces between the encoded words of a name.
        assert "".join(got["To"].addresses[0].display_name.split()) == "".join(one.split())


@pytest.mark.parametrize("ends", BREAKS.values(), ids=list(BREAKS))
def test_an_address_with_more_in_it_is_none(leaving: Outgoing, ends: str) -> None:
    for foul in (f"{leaving.recipient}{ends}Bcc: {EVIL}", f"a{ends}@x.example", f"{leaving.recipient},{EVIL}"):
        with pytest.raises(NotReady, match="not an address"):
            build_message(replace(leaving, recipient=foul), SENDER, SENT_AT)
        with pytest.raises(NotReady, match="not an address"):
            build_message(leaving, SENDER.model_copy(update={"email": foul}), SENT_AT)


@pytest.mark.parametrize("ends", [one for one in BREAKS.values() if not one.startswith("=?")])
def test_an_opt_out_url_with_more_in_it_is_none(ends: str) -> None:
    with pytest.raises(ValidationError):
        Settings(unsubscribe_url=f"https://firm.example/stop/{{id}}{ends}Bcc: {EVIL}")
