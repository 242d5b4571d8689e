"""Files of openings and news, and what an import says in so many words."""

import json
from datetime import date
from pathlib import Path

import pytest

from playbooks.feeds import load_signal_words
from tools.reading import UnreadableFile
from tools.signals import read_texts, scan

WORDS = load_signal_words("qa-software")


def test_openings_from_a_table_count_once(tmp_path: Path) -> None:
    file = tmp_path / "jobs.csv"
    file.write_text(
        "company,title,locations,applyUrl,postedAt\n"
        "Acme,QA Engineer,Austin,https://a.example/1,2026-08-08T13:18:46-04:00\n"
        "Acme,QA Engineer,Austin,https://a.example/1,2026-08-09\nAcme,,,,\n"
    )
    texts = read_texts(file)
    made = scan(texts, WORDS)
    assert (texts.kind, texts.refused) == ("openings", [(4, "the record has no title")])
    (found,) = made.found
    assert (found.organisation, found.seen_on, found.row) == ("Acme", date(2026, 8, 8), 2)


def test_news_from_json_and_from_plain_text(tmp_path: Path) -> None:
    news = [
        {
            "organization": {"name": "Acme"},
            "headline": "Acme news",
            "body": "Acme raised $2 million.",
            "date": "2026-08-01",
        }
    ]
    file = tmp_path / "news.json"
    file.write_text(json.dumps({"articles": [*news, "nothing"]}))
    texts = read_texts(file)
    assert [one.type for one in scan(texts, WORDS).found] == ["funding"]
    assert texts.refused == [(2, "the record has no text")]
    plain = tmp_path / "one.txt"
    plain.write_text("We raised $2 million.")
    (found,) = scan(read_texts(plain, organisation="Acme"), WORDS).found
    assert found.organisation == "Acme"


def test_what_an_import_says(tmp_path: Path) -> None:
    file = tmp_path / "accounts.csv"
    file.write_text(
        "Company,Last Raised At,Latest Funding,Primary Intent Topic\n"
        "Acme,2026-05-01,Series B,Test Automation\nGlobex,,,No\n"
    )
    made = scan(read_texts(file), WORDS)
    assert [(one.type, one.organisation) for one in made.found] == [("funding", "Acme"), ("buyer_intent", "Acme")]


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("Colour,Size\nred,1\n")
    with pytest.raises(UnreadableFile, match="neither a job's title nor a text"):
        read_texts(file)
