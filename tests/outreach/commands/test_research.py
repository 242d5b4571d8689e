"""`outreach research page`: a file in, JSON out; no database, nothing written."""

import json
from pathlib import Path

from tests.outreach.conftest import Outreach
from tests.support.web_site import ABOUT, STAFF

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
