"""Openings for software testers, told from other trades' quality and test."""

import csv
from datetime import date
from pathlib import Path

import pytest

from playbooks.feeds import load_signal_words
from tools.signals import FoundSignal, Note, Opening, read_opening

WORDS = load_signal_words("qa-software").jobs
DATA = Path(__file__).parent / "data"
assert WORDS is not None


def is_signal(title: str, description: str | None = None, department: str | None = None) -> bool:
    assert WORDS is not None
    return isinstance(read_opening(Opening(title, "Acme", description, department), WORDS), FoundSignal)


@pytest.mark.parametrize(
    ("title", "signal"),
    [
        ("Senior SDET, Payments", True),
        ("Software Engineer in Test II", True),
        ("QA Analyst (Mobile)", True),
        ("Director of Quality Engineering", True),
        ("Software Test Engineer, Autonomous Vehicles", True),
        ("Ingénieur QA", True),
        ("Hardware Test Engineer", False),
        ("QA/QC Manager, Data Center Construction", False),
        ("Manufacturing Quality Engineer", False),
        ("Content Quality Analyst", False),
        ("Call Center QA Analyst", False),
        ("Localisation QA Specialist", False),
        ("Penetration Tester", False),
        ("Test Engineer", False),  # of what?
        ("Backend Engineer", False),
        ("Engineering Manager - Regression Testing", True),
        ("Manager, Quality Engineering", True),
        ("Quality Control Inspector, Manufacturing", False),
        ("Supplier Quality Engineer", False),
        ("Software Engineer, Payments", False),
    ],
)
def test_titles(title: str, signal: bool) -> None:
    assert is_signal(title) is signal


def test_a_description_decides_where_the_title_could_be_either() -> None:
    assert is_signal("Test Engineer", "Write Playwright tests for our web applications.")
    assert not is_signal("Test Engineer", "Oscilloscopes, PCB rework, ISO 9001.")
    assert is_signal("Quality Engineer", "You own automated tests and our regression suite in CI/CD.")
    assert not is_signal("QA Engineer", department="Manufacturing")


def test_a_title_without_testing_needs_a_description_that_is_about_little_else() -> None:
    much = "You write automated tests in Cypress, own test automation and find bugs before users do: software testing."
    assert is_signal("Software Engineer, Release", much)
    assert not is_signal("Software Engineer", "You write automated tests for what you build.")
    assert not is_signal("Account Executive", much)


def test_what_is_found_says_why_and_until_when() -> None:
    assert WORDS is not None
    opening = Opening("QA Lead", "Acme", location="Austin", posted=date(2026, 9, 1), url="https://a.example/1", row=7)
    found = read_opening(opening, WORDS)
    assert isinstance(found, FoundSignal)
    told = found.as_json(load_signal_words("qa-software"), date(2026, 12, 1))
    assert told == {
        "type": "qa_job_posting",
        "organization": "Acme",
        "domain": None,
        "description": "QA Lead, Austin",
        "evidence": "QA Lead",
        "reasons": ["the title says 'qa lead'"],
        "confidence": 0.8,
        "source_url": "https://a.example/1",
        "detected_at": date(2026, 9, 1),
        "expires_at": date(2026, 11, 30),
        "expired": True,
        "row": 7,
    }
    note = read_opening(Opening("Supplier Quality Engineer"), WORDS)
    assert isinstance(note, Note)
    assert note.reason == "'supplier' is of another trade"


def test_the_labelled_titles() -> None:
    """The bar is what the three draws reach together; the figures of each draw are in docs/signals.md."""
    with (DATA / "job_titles_labelled.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    said = [(is_signal(r["title"], department=r["department"] or None), r["software_testing"] == "1") for r in rows]
    right = sum(found and true for found, true in said)
    assert len(rows) == 180
    assert right / sum(found for found, _true in said) >= 0.95
    assert right / sum(true for _found, true in said) >= 0.95
