"""Threads, one-click opt-outs and signatures: what other programs read in our mail."""

import email
import email.policy
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import dkim
import pytest

from db.models import Contact, OutreachSequence
from tests.support.mail import SENDER, SENT_AT, Case, approved_draft, outgoing_case
from tools.outbox import build_message, find, mark_sent, outgoing
from tools.outbox.dispatch import is_reserved, mail_of
from tools.outbox.signing import UnusableKey, load_signer
from tools.replies.intake import take_in

URL = "https://firm.example/stop/{id}"


@pytest.fixture
def case(sqlite_url: str) -> Any:
    with outgoing_case(sqlite_url) as made:
        yield made


def read(raw: bytes) -> Any:
    return email.message_from_bytes(raw, policy=email.policy.SMTP)


def next_touch(case: Case, touch: int, **values: Any) -> str:
    def write(session: Any) -> str:
        contact = session.get_one(Contact, case.contact_id)
        sequence = session.get_one(OutreachSequence, case.sequence_id)
        return approved_draft(session, contact, sequence, touch_number=touch, **values).id

    return str(case.as_user(write))


def test_later_touches_go_on_with_the_thread(case: Case) -> None:
    case.sent()
    second = next_touch(case, 2)
    mail = case.database.read_sync(lambda s: build_message(outgoing(s, find(s, second)), SENDER, SENT_AT))
    assert mail["In-Reply-To"] == mail["References"] == f"<{case.message_id}>"
    case.as_user(lambda s: mark_sent(s, second, SENT_AT + timedelta(minutes=5), "user:dana", SENDER))
    third = next_touch(case, 3)
    raw = case.database.read_sync(lambda s: build_message(outgoing(s, find(s, third)), SENDER, SENT_AT).as_bytes())
    assert read(raw)["In-Reply-To"] == f"<{second}@northlight.example>"
    assert read(raw)["References"].split() == [f"<{case.message_id}>", f"<{second}@northlight.example>"]


def test_a_reply_goes_on_with_what_it_answers(case: Case) -> None:
    case.sent()
    case.as_user(lambda s: take_in(s, case.reply("Tell me more", Message_ID="<q@college.example>")))
    draft = next_touch(case, 1, touch_type="reply_draft")
    mail = case.database.read_sync(lambda s: build_message(outgoing(s, find(s, draft)), SENDER, SENT_AT))
    assert mail["In-Reply-To"] == "<q@college.example>"


def test_the_first_touch_begins_a_thread(case: Case) -> None:
    mail = case.database.read_sync(lambda s: build_message(outgoing(s, find(s, case.draft_id)), SENDER, SENT_AT))
    assert mail["In-Reply-To"] is mail["References"] is None


def test_many_references_stay_within_the_lines_that_mail_may_have(case: Case) -> None:
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    ids = tuple(f"{'x' * 200}{n}@mail.example" for n in range(20))
    raw = build_message(replace(leaving, references=ids, in_reply_to=ids[-1]), SENDER, SENT_AT).as_bytes()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert read(raw)["References"].split() == [f"<{one}>" for one in ids]


def test_one_click_where_a_url_is_set(case: Case) -> None:
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    plain = read(build_message(leaving, SENDER, SENT_AT).as_bytes())
    assert plain["List-Unsubscribe-Post"] is None
    one_click = read(build_message(leaving, SENDER, SENT_AT, URL).as_bytes())
    assert one_click["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert one_click["List-Unsubscribe"].split() == [
        f"<https://firm.example/stop/{case.draft_id}>,",
        f"<mailto:{SENDER.email}?subject=unsubscribe>",
    ]


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A new RSA key: its file, and its public half as DNS has it."""
    path = tmp_path_factory.mktemp("key") / "dkim.pem"
    subprocess.run(["openssl", "genrsa", "-out", path, "2048"], check=True, capture_output=True)
    out = subprocess.run(["openssl", "rsa", "-in", path, "-pubout"], check=True, capture_output=True, text=True)
    return path, "".join(line for line in out.stdout.splitlines() if not line.startswith("-"))


def test_a_signature_holds_and_breaks_with_the_text(case: Case, key: tuple[Path, str]) -> None:
    path, public = key
    signer = load_signer("mail1", "northlight.example", path)
    leaving = case.database.read_sync(lambda s: outgoing(s, find(s, case.draft_id)))
    raw = mail_of(replace(leaving, body="Grüße\n\n.\nyours  \n"), SENDER, SENT_AT, signer, URL)

    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"mail1._domainkey.northlight.example."
        return f"v=DKIM1; k=rsa; p={public}".encode()

    assert dkim.verify(raw, dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"yours", b"yourz"), dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"One-Click", b"Two-Click"), dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"Subject:", b"References: <x@y.example>\r\nSubject:", 1), dnsfunc=dns)
    assert signer.covers(SENDER.email)
    assert signer.covers("a@mail.northlight.example")
    assert not signer.covers("a@evil-northlight.example")
    assert "PRIVATE" not in repr(signer)


def test_a_key_that_cannot_sign_is_refused_in_words(key: tuple[Path, str], tmp_path: Path) -> None:
    public = tmp_path / "public.pem"
    public.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", encoding="ascii")
    for given in (("mail1", "northlight.example", public), ("mail1", "northlight.example", tmp_path / "none")):
        with pytest.raises(UnusableKey):
            load_signer(*given)
    for selector, domain in (("a b", "northlight.example"), ("mail1", "north\r\nlight"), ("", "x.example")):
        with pytest.raises(UnusableKey, match="cannot be a DKIM"):
            load_signer(selector, domain, key[0])


@pytest.mark.parametrize(
    ("address", "reserved"),
    [
        ("a@uc.example", True),
        ("a@example.com", True),
        ("a@mail.example.org", True),
        ("a@x.test", True),
        ("a@example", True),
        ("a@uc.edu", False),
        ("a@notexample.com", False),
        ("a@example.co", False),
    ],
)
def test_addresses_that_nobody_can_have(address: str, reserved: bool) -> None:
    assert is_reserved(address) is reserved
