"""`outreach db check` and `outreach doctor` find what is wrong and say how to mend it."""

import json
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pytest

from db.access import Database
from outreach.errors import Complaint
from outreach.mail_check import IMAP, SMTP, Server, parse_server
from tests.outreach.conftest import Outreach
from tests.support.openai_server import Reply, ScriptedServer, replies
from tests.support.rows import make_prospect


def raw(home: Path, *statements: str) -> None:
    """What the owner of the file can do behind the program's back."""
    connection = sqlite3.connect(home / "outreach.db")
    try:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    finally:
        connection.close()


def a_trigger(home: Path) -> str:
    connection = sqlite3.connect(home / "outreach.db")
    try:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
        return str(found.fetchone()[0])
    finally:
        connection.close()


def test_a_clean_check_keeps_the_chains_head(outreach: Outreach, database: Database, home: Path) -> None:
    database.write_sync(make_prospect)
    result = outreach("db", "check")
    assert result.exit_code == 0, result.output
    assert "is what it should be" in result.stderr
    kept = json.loads((home / "audit-head.json").read_text())
    head = kept[f"sqlite:///{home / 'outreach.db'}"]
    assert head["seal_no"] >= 2
    assert len(head["hash"]) == 64
    told = json.loads(outreach("db", "check", "--json").stdout)
    assert (told["differences"], told["audit_rows"]) == ([], head["seal_no"])


def test_a_lost_trigger_is_found_and_upgrade_brings_it_back(outreach: Outreach, database: Database, home: Path) -> None:
    name = a_trigger(home)
    raw(home, f"DROP TRIGGER {name}")
    result = outreach("db", "check")
    assert result.exit_code == 1
    assert f"trigger {name} is missing" in result.stdout
    assert "outreach db upgrade" in result.stderr
    assert not (home / "audit-head.json").exists()
    assert outreach("db", "upgrade").exit_code == 0
    assert outreach("db", "check").exit_code == 0


def test_a_log_whose_end_was_cut_off_is_found(outreach: Outreach, database: Database, home: Path) -> None:
    database.write_sync(make_prospect)
    assert outreach("db", "check").exit_code == 0
    connection = sqlite3.connect(home / "outreach.db")
    triggers = connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_log'"
    ).fetchall()
    connection.close()
    raw(
        home,
        *(f"DROP TRIGGER {name}" for name, _ in triggers),
        "DELETE FROM audit_log WHERE seal_no = (SELECT max(seal_no) FROM audit_log)",
        *(sql for _, sql in triggers),
    )
    result = outreach("db", "check")
    assert result.exit_code == 1
    assert "the end of the audit log was cut off" in result.stdout
    assert "trigger" not in result.stdout


def test_heads_of_several_databases_stand_side_by_side(
    outreach: Outreach, database: Database, home: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    database.write_sync(make_prospect)
    assert outreach("db", "check").exit_code == 0
    monkeypatch.setenv("OUTREACH_DATABASE_URL", postgres_url)
    assert outreach("runs", "list").exit_code == 0
    result = outreach("db", "check")
    assert result.exit_code == 0, result.output
    assert f"sqlite:///{home / 'outreach.db'}" in json.loads((home / "audit-head.json").read_text())


def test_a_garbled_head_file_is_a_complaint(outreach: Outreach, database: Database, home: Path) -> None:
    for text in ("{", "[]", f'{{"sqlite:///{home / "outreach.db"}": {{"seal_no": "x"}}}}'):
        (home / "audit-head.json").write_text(text)
        result = outreach("db", "check")
        assert result.exit_code == 1
        assert "audit-head.json cannot be read" in result.stderr


def checks(outreach: Outreach, *args: str, code: int) -> dict[str, dict[str, Any]]:
    result = outreach("doctor", "--json", *args)
    assert result.exit_code == code, result.output
    return {check["name"]: check for check in json.loads(result.stdout)}


def test_all_is_well_but_for_what_one_should_know(outreach: Outreach, database: Database) -> None:
    found = checks(outreach, code=0)
    assert {name: check["verdict"] for name, check in found.items()} == {
        "python": "ok",
        "home": "ok",
        "database": "ok",
        "migrations": "ok",
        "triggers": "ok",
        "model": "ok",
        "web": "ok",
        "mail out": "warn",
        "mail in": "warn",
        "playbook": "ok",
        "sender": "warn",
    }
    assert "rules" in found["model"]["says"]
    text = outreach("doctor")
    assert text.exit_code == 0
    assert "Before anything real leaves" in text.stdout
    assert "what keeps a message from leaving unapproved is in place" in text.stdout
    assert "Nothing is wrong; 3 things to know (warn)." in text.stderr


def test_nothing_set_up_fails_with_the_mend(outreach: Outreach, home: Path) -> None:
    found = checks(outreach, code=1)
    assert (found["database"]["verdict"], found["database"]["mend"]) == ("fail", "Run: outreach init")
    assert "migrations" not in found
    assert "1 thing is to be mended first (fail), 3 things to know (warn)." in outreach("doctor").stderr


def test_a_lost_trigger_fails(outreach: Outreach, database: Database, home: Path) -> None:
    raw(home, f"DROP TRIGGER {a_trigger(home)}")
    assert checks(outreach, code=1)["triggers"]["verdict"] == "fail"


def test_another_migration_fails(outreach: Outreach, database: Database, home: Path) -> None:
    raw(home, "UPDATE alembic_version SET version_num = '0000'")
    found = checks(outreach, code=1)
    assert "does not know its migration 0000" in found["migrations"]["says"]
    assert outreach("status").exit_code == 1


def test_a_model_that_answers(outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(replies(Reply.text("hello"))) as server:
        monkeypatch.setenv("OUTREACH_MODEL", "scripted")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        assert checks(outreach, code=0)["model"]["verdict"] == "ok"
        monkeypatch.setenv("OUTREACH_MODEL", "other")
        other = checks(outreach, code=0)["model"]
        assert (other["verdict"], other["mend"]) == ("warn", "Set OUTREACH_MODEL; it has: scripted")
        assert server.calls == 0
    gone = checks(outreach, code=1)["model"]
    assert gone["verdict"] == "fail"
    assert server.base_url in gone["says"]


def test_a_hosted_model_without_a_key(outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_MODEL", "gpt-4o-mini")
    found = checks(outreach, code=1)["model"]
    assert "OPENAI_API_KEY" in found["mend"]


def test_mail_settings_are_parsed_and_contacted_only_on_request(
    outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_SMTP_URL", "smtp://me:s3cret@127.0.0.1:1")
    monkeypatch.setenv("OUTREACH_IMAP_URL", "imap://me:s3cret@127.0.0.1:1")
    assert checks(outreach, code=0)["mail out"]["verdict"] == "ok"
    found = checks(outreach, "--connect", code=1)
    for name in ("mail out", "mail in"):
        assert found[name]["verdict"] == "fail"
        assert "127.0.0.1:1 does not answer: Connection refused." in found[name]["says"]
    monkeypatch.setenv("OUTREACH_SMTP_URL", "https://me:s3cret@127.0.0.1")
    assert "must begin with smtp:// or smtp+starttls:// or smtps://" in checks(outreach, code=1)["mail out"]["says"]
    assert "s3cret" not in outreach("doctor").output


def test_how_mail_is_signed_and_opted_out_of(
    outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OUTREACH_SMTP_URL", "smtp://127.0.0.1:1")
    found = checks(outreach, code=0)
    assert "not signed from here" in found["signature"]["says"]
    assert "one-click opt-out is off" in found["opt-out"]["says"]
    monkeypatch.setenv("OUTREACH_DKIM_SELECTOR", "mail1")
    assert "OUTREACH_DKIM_DOMAIN, OUTREACH_DKIM_KEY_FILE" in checks(outreach, code=1)["signature"]["says"]
    monkeypatch.setenv("OUTREACH_DKIM_DOMAIN", "northlight.example")
    (tmp_path / "key").write_text("no key", encoding="ascii")
    monkeypatch.setenv("OUTREACH_DKIM_KEY_FILE", str(tmp_path / "key"))
    assert "no private RSA key" in checks(outreach, code=1)["signature"]["says"]
    subprocess.run(["openssl", "genrsa", "-out", tmp_path / "key", "2048"], check=True, capture_output=True)
    assert "mail1._domainkey.northlight.example" in checks(outreach, code=0)["signature"]["says"]
    monkeypatch.setenv("OUTREACH_DKIM_DOMAIN", "elsewhere.example")
    assert checks(outreach, code=0)["signature"]["verdict"] == "warn"
    monkeypatch.setenv("OUTREACH_UNSUBSCRIBE_URL", "https://firm.example/stop/{id}")
    assert "https://firm.example/stop/{id}" in checks(outreach, code=0)["opt-out"]["says"]


@pytest.mark.parametrize(
    "url", ["http://firm.example/{id}", "https://firm.example/", "https://firm.example/{id}>\r\nBcc: x", "https://{id}"]
)
def test_an_opt_out_address_that_cannot_stand_in_a_mail(
    outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("OUTREACH_UNSUBSCRIBE_URL", url)
    result = outreach("doctor")
    assert result.exit_code == 1
    assert "OUTREACH_UNSUBSCRIBE_URL is wrong" in result.stderr


def test_mail_servers_taken_apart() -> None:
    assert parse_server("smtps://you%40firm.example:p%3Aw@smtp.example", SMTP) == Server(
        "smtps", "smtp.example", 465, "you@firm.example", "p:w"
    )
    assert parse_server("imap://imap.example:1143", IMAP) == Server("imap", "imap.example", 1143, None, None)
    for wrong in ("smtp://", "smtp://host:port", "imap://x.example"):
        with pytest.raises(Complaint):
            parse_server(wrong, SMTP)


def test_an_unknown_playbook_fails(outreach: Outreach, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_PLAYBOOK", "submarines")
    assert outreach("doctor").exit_code == 1
