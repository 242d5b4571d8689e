"""`outreach research`: a page in, JSON out, with no database; pages given, people taken in; what doctor says."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.models import ExternalId, ReferralSuggestion
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_prospect
from tests.support.web_site import ABOUT, STADIUM, STAFF

KEYS = ["schema", "url", "title", "published", "site_name", "text", "text_from", "text_cut", "facts", "people", "links"]


def test_the_json_of_a_page(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "about.html"
    file.write_text(ABOUT)
    done = outreach(
        "research", "page", str(file), "--json", "--url", "https://hilltop.example/about",
        "--organisation", "Hilltop College", "--own",
    )  # fmt: skip
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert list(told) == KEYS
    assert told["schema"] == "outreach.research.page/1"
    assert (told["published"], told["text_from"]) == ("2026-03-02", "main")
    assert [(fact["sentence"], fact["confidence"]) for fact in told["facts"]] == [
        ("Hilltop College has 2,310 students.", 5),
        ("Hilltop College has 340 employees.", 4),
    ]
    assert all(fact["quote"] in told["text"] for fact in told["facts"])
    assert told["links"][0] == {"number": 1, "url": "https://hilltop.example/", "text": "Home"}
    assert list(home.iterdir()) == []


def test_people_and_words_for_a_person(outreach: Outreach, tmp_path: Path) -> None:
    file = tmp_path / "staff.html"
    file.write_text(STAFF)
    done = outreach("research", "page", str(file))
    assert done.exit_code == 0
    assert "Dana Whitlock" in done.stdout
    assert "0 facts, 4 people." in done.stderr


def test_what_cannot_be_read(outreach: Outreach, tmp_path: Path) -> None:
    empty = tmp_path / "empty.html"
    empty.write_text(" ")
    assert outreach("research", "page", str(empty)).exit_code == 1
    assert outreach("research", "page", str(tmp_path / "none.html")).exit_code == 2
    empty.write_text(ABOUT)
    assert outreach("research", "page", str(empty), "--own").exit_code == 2
    assert outreach("research", "page", str(empty), "--url", "http://127.0.0.1/").exit_code == 2


def test_a_page_is_given_and_people_are_taken_in(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    def make(session: Session) -> str:
        prospect = make_prospect(session, name="Hilltop College", playbook="sports-lighting")
        contact = make_contact(session, prospect, first_name="Jo", last_name="Marsh")
        session.add(ReferralSuggestion(contact_id=contact.id, name="Omar Reyes", title="Director of Facilities"))
        session.add(ReferralSuggestion(contact_id=contact.id, name="Lena Quist", title="CFO"))
        return prospect.id

    prospect_id = database.write_sync(make)
    file = tmp_path / "stadium.html"
    file.write_text(STADIUM)
    kept = outreach(
        "research", "add", "hilltop college", "https://hilltop.example/stadium", "--page", str(file), "--own"
    )
    assert (kept.exit_code, "Kept for Hilltop College" in kept.stderr) == (0, True)
    given = outreach("research", "add", prospect_id[:8], "https://hilltop.example/news")
    assert (given.exit_code, "once OUTREACH_WEB is on" in given.stderr) == (0, True)
    rows = database.read_sync(lambda s: {row.source: row for row in s.scalars(select(ExternalId))})
    assert (rows["web"].source_url, rows["given"].source_url) == (
        "https://hilltop.example/stadium",
        "https://hilltop.example/news",
    )
    assert rows["web"].payload["own_site"]
    assert outreach("research", "add", "Nobody", "https://hilltop.example/").exit_code == 1
    assert outreach("research", "add", "Hilltop College", "http://127.0.0.1/").exit_code == 2
    listed = json.loads(outreach("research", "people", "--json").stdout)
    ids = {row["name"]: row["id"] for row in listed}
    done = outreach("research", "accept", ids["Omar Reyes"], "--email", "omar@hilltop.example", "--json")
    assert json.loads(done.stdout)["email"] == "omar@hilltop.example"
    assert outreach("research", "dismiss", ids["Lena Quist"]).exit_code == 0
    assert outreach("research", "people").stderr.startswith("Nobody is suggested. ")
    assert outreach("research", "accept", ids["Lena Quist"]).exit_code == 1


def test_doctor_says_what_research_may_do(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    def web() -> tuple[str, str]:
        report = json.loads(outreach("doctor", "--json").stdout)
        return next((check["verdict"], check["says"]) for check in report if check["name"] == "web")

    assert web()[1].startswith("off")
    monkeypatch.setenv("OUTREACH_WEB", "on")
    assert "no search engine" in web()[1]
    assert web()[0] == "warn"
    monkeypatch.setenv("OUTREACH_WEB_CONTACT", "https://northlight.example/bot")
    monkeypatch.setenv("OUTREACH_SEARCH_URL", "http://localhost:8888")
    assert web()[0] == "ok"
    monkeypatch.setenv("OUTREACH_SEARCH_URL", "ftp://search.example")
    assert web()[0] == "fail"
    monkeypatch.setenv("OUTREACH_SEARCH_URL", "")
    monkeypatch.setenv("OUTREACH_WEB_LOOPBACK", "http://10.0.0.1")
    assert web()[0] == "fail"
