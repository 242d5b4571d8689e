"""`outreach replies classify` says what messages are, in a shape that does not change, and writes nothing."""

import json
from pathlib import Path

import pytest

from agents.reply_classify import Classified
from tests.outreach.conftest import Outreach

SCHEMA = Path(__file__).parents[3] / "docs" / "replies.schema.json"
LINES = [
    {"id": "yes", "text": "Sounds good, can you call me on Tuesday?\n\nBob", "from": "bob@x.example"},
    {"id": "stop", "text": "Lovely article. Please take me off your list."},
    {"id": "other", "text": "Please talk to Nell Carver, our CFO: nell@x.example", "date": "2026-03-02"},
    {"id": "later", "text": "Our budget is locked. Try again in July.", "date": "2026-03-02"},
    {"id": "away", "subject": "Automatic reply: lights", "headers": {"Auto-Submitted": "auto-replied"},
     "text": "I am out of the office until March 9.", "date": "2026-03-02"},
    {"id": "dead", "from": "MAILER-DAEMON@x.example", "subject": "Undelivered Mail",
     "text": "Sorry. 550 5.1.1 <bob@y.example> User unknown", "date": "2026-03-02"},
]  # fmt: skip


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, LINES)), encoding="utf-8")
    return path


def test_the_schema_is_the_one_that_is_documented() -> None:
    assert json.loads(SCHEMA.read_text(encoding="utf-8")) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **Classified.model_json_schema(),
    }


def test_what_messages_are(lines: Path, home: Path, outreach: Outreach) -> None:
    rows = json.loads(outreach("replies", "classify", str(lines), "--json").stdout)
    assert [Classified.model_validate(row).model_dump(mode="json") for row in rows] == rows
    by_id = {row["id"]: row for row in rows}
    assert [by_id[one]["intent"] for one in ("yes", "stop", "other", "later")] == [
        "positive",
        "unsubscribe",
        "referral",
        "not_now",
    ]
    assert by_id["other"]["referral"] == {"name": "Nell Carver", "title": "CFO", "email": "nell@x.example"}
    assert by_id["later"]["resume_date"] == "2026-07-01"
    assert (by_id["away"]["kind"], by_id["away"]["return_date"]) == ("out_of_office", "2026-03-09")
    assert by_id["dead"]["kind"] == "bounce"
    assert (by_id["dead"]["bounce"]["severity"], by_id["dead"]["bounce"]["code"]) == ("hard", "5.1.1")
    assert by_id["dead"]["intent"] is None
    assert not (home / "outreach.db").exists()


def test_what_cannot_be_read_is_told(lines: Path, outreach: Outreach, tmp_path: Path) -> None:
    with lines.open("a", encoding="utf-8") as file:
        file.write("\nno json")
    result = outreach("replies", "classify", str(lines), "--json")
    assert result.exit_code == 3
    assert len(json.loads(result.stdout)) == len(LINES)
    assert "in.jsonl:7" in result.stderr
    assert outreach("replies", "classify", str(tmp_path / "nowhere")).exit_code == 2
    (tmp_path / "empty").mkdir()
    assert outreach("replies", "classify", str(tmp_path / "empty")).exit_code == 2
