"""Files of openings and news, and what an import says in so many words."""

import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from playbooks.feeds import load_signal_words
from tools.bids import read_feed
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


def test_openings_from_json_lines_of_different_keys_and_as_a_job_board_gives_them(tmp_path: Path) -> None:
    file = tmp_path / "jobs.jsonl"
    file.write_text('{"title": "Chef"}\n{"title": "Test Engineer", "description": "Playwright tests of web apps."}\n')
    assert [one.evidence for one in scan(read_texts(file), WORDS).found] == ["Test Engineer"]
    board = {
        "jobs": [
            {
                "title": "Quality Engineer",
                "content": "You own test automation in CI/CD.",
                "location": {"name": "Austin"},
                "absolute_url": "https://a.example/1",
                "updated_at": "2026-08-01T10:00:00Z",
            }
        ]
    }
    file = tmp_path / "board.json"
    file.write_text(json.dumps(board))
    texts = read_texts(file, organisation="Acme")
    assert texts.kind == "openings"
    (found,) = scan(texts, WORDS).found
    assert (found.organisation, found.description, found.source_url, found.seen_on) == (
        "Acme",
        "Quality Engineer, Austin",
        "https://a.example/1",
        date(2026, 8, 1),
    )


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\xff\x13" * 50, b'{"a": [', b"[1, 2]", b"[" * 100_000],
    ids=["empty", "binary", "cut", "numbers", "deep"],
)
def test_what_cannot_be_read_is_said_so(tmp_path: Path, content: bytes) -> None:
    for name in ("x.json", "x.csv"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile):
            read_texts(tmp_path / name)
        with pytest.raises(UnreadableFile):
            read_feed(tmp_path / name)


def test_a_damaged_gzip_file_is_said_so(tmp_path: Path) -> None:
    file = tmp_path / "jobs.csv.gz"
    packed = bytearray(gzip.compress(b"Title,Company\n" + b"SDET,Acme\n" * 500))
    packed[20:40] = b"\x00" * 20
    file.write_bytes(packed)
    with pytest.raises(UnreadableFile, match="no sound gzip"):
        read_texts(file)


def test_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("Colour,Size\nred,1\n")
    with pytest.raises(UnreadableFile, match="neither a job's title nor a text"):
        read_texts(file)


def test_deep_records_and_odd_letters(tmp_path: Path) -> None:
    deep = '{"title": "QA", "location": "x", "company": ' + '{"name": ' * 900 + "1" + "}" * 900 + "}"
    (tmp_path / "deep.jsonl").write_text(f"{deep}\n{deep}")
    with pytest.raises(UnreadableFile, match="no sound JSON"):
        read_texts(tmp_path / "deep.jsonl")
    (tmp_path / "odd.txt").write_text("Kite raised\0 money.")
    assert read_texts(tmp_path / "odd.txt").articles[0].text == "Kite raised\ufffd money."
