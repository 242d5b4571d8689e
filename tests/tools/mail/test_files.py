"""Mails are read from every kind of file that they lie in."""

import json
import mailbox
from pathlib import Path

from tools.mail.files import mail_files, messages_in, messages_of

MAIL = b"From: bob@x.example\nSubject: Re: lights\nMessage-ID: <1@x.example>\n\nYes.\n"
OTHER = b"From: eve@x.example\nSubject: Re: lights\nMessage-ID: <2@x.example>\n\nFrom here on, no.\n"


def test_one_mail() -> None:
    (found,) = messages_of(MAIL, "a.eml")
    assert (found.id, found.source, found.raw) == ("1@x.example", "a.eml", MAIL)


def test_an_mbox_and_a_maildir_as_the_standard_library_writes_them(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "in.mbox")
    folder = mailbox.Maildir(tmp_path / "Maildir")
    for raw in (MAIL, OTHER):
        box.add(raw)
        folder.add(raw)
    box.close()
    found = list(messages_in(tmp_path / "in.mbox"))
    assert [one.id for one in found] == ["1@x.example", "2@x.example"]
    assert found[1].mail is not None
    assert found[1].mail.text == "From here on, no."
    assert [one.source.rpartition(":")[2] for one in found] == ["1", "2"]
    files = mail_files(tmp_path / "Maildir")
    assert sorted(one.id for path in files for one in messages_in(path)) == ["1@x.example", "2@x.example"]


def test_json_lines() -> None:
    rows = [
        {"id": "a", "text": "No, thanks.", "from": "Bob <Bob@x.example>", "date": "2026-03-02"},
        {"subject": "Automatic reply", "headers": {"Auto-Submitted": "auto-replied", "Message-ID": "<3@x.example>"}},
        {"text": "x", "headers": [["Content-Type", "multipart/report; report-type=delivery-status"]]},
    ]
    one, two, three = messages_of("\n".join(map(json.dumps, rows)).encode(), "in.jsonl")
    assert one.mail is not None
    assert (one.id, one.mail.from_address, str(one.mail.date)[:10]) == ("a", "bob@x.example", "2026-03-02")
    assert two.mail is not None
    assert (two.id, two.mail.headers["auto-submitted"]) == ("3@x.example", "auto-replied")
    assert three.mail is not None
    assert three.mail.report_type == "delivery-status"


def test_what_cannot_be_read_is_told_and_stops_nothing(tmp_path: Path) -> None:
    found = list(messages_of(b'{"text": "yes"}\n{"text": \n[1]\n{}\n', "in.jsonl"))
    assert [bool(one.error) for one in found] == [False, True, True, True]
    assert [one.source for one in found if one.error] == ["in.jsonl:2", "in.jsonl:3", "in.jsonl:4"]
    assert [bool(one.error) for one in messages_in(tmp_path / "nowhere.eml")] == [True]
    assert [bool(one.error) for one in messages_of(b"", "empty")] == [True]


def test_the_first_and_last_days_there_are(tmp_path: Path) -> None:
    dates = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-03-02")
    found = list(messages_of("\n".join(json.dumps({"text": "x", "date": date}) for date in dates).encode(), "in.jsonl"))
    assert [one.mail is not None and str(one.mail.date)[:10] for one in found] == ["None", "None", "2026-03-02"]
