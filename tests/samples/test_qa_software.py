"""The sample of software companies."""

import csv
from collections import Counter

import pytest

from samples import sample_dir
from samples.builders.openings import MOST_ENGINEERING, engineering_rank, is_qa, openings


def _rows(name: str) -> list[dict[str, str]]:
    with (sample_dir("qa-software") / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


COMPANIES = {row["Domain"]: row for row in _rows("companies.csv")}
OPENINGS = _rows("openings.csv")


def test_counts_and_sizes() -> None:
    assert len(COMPANIES) == 100
    assert len({row["Company"] for row in COMPANIES.values()}) == 100
    sizes = [int(row["Employees"]) for row in COMPANIES.values() if row["Employees"]]
    assert min(sizes) >= 51
    assert sum(size <= 5000 for size in sizes) >= 0.9 * len(sizes)
    assert len(sizes) >= 70


def test_known_companies_and_no_namesakes() -> None:
    assert COMPANIES["stripe.com"]["Batch"] == "Summer 2009"
    assert COMPANIES["workday.com"]["Founded"] == "2005"
    assert COMPANIES["workday.com"]["Stage"] == "Public"
    assert not {row["Company"] for row in COMPANIES.values()} & {"Alloy", "Modal", "Warp", "Eight Sleep"}
    for row in COMPANIES.values():
        assert row["Website"].startswith(("https://", "http://"))
        assert row["Source URL"].startswith("https://")


def test_openings_belong_to_their_company_and_are_of_the_wanted_kinds() -> None:
    for row in OPENINGS:
        assert row["Company"] == COMPANIES[row["Domain"]]["Company"]
        assert row["Title"]
        assert row["Link"].startswith("https://")
        assert row["Posted"] == "" or row["Posted"][:2] == "20"
        assert is_qa(row["Title"]) or engineering_rank(row["Title"]) is not None
    engineering = Counter(row["Domain"] for row in OPENINGS if not is_qa(row["Title"]))
    assert max(engineering.values()) <= MOST_ENGINEERING
    assert len({row["Domain"] for row in OPENINGS if is_qa(row["Title"])}) >= 15


@pytest.mark.parametrize(
    "title",
    [
        "Senior Software Engineer in Test — macOS",
        "Sr Software Development Engineer in Test (SDET) - Evisort AI",
        "Director, Quality Assurance",
        "Software Quality Engineer - Adobe Premiere Pro",
        "Senior Test Automation Engineer",
        "Quality Automation Engineer II",
        "Engineering Manager - Regression Testing",
        "QA/DevOps Engineer",
        "Software Engineer — Test",
    ],
)
def test_testers_of_software(title: str) -> None:
    assert is_qa(title)


@pytest.mark.parametrize(
    "title",
    [
        "Manufacturing Test Engineer",
        "Senior Supplier Quality Engineer (PUQ-PQA)",
        "Hardware Signal Quality Test Engineer",
        "Manager, Accounting Quality Assurance & Governance",
        "Quality Assurance Supervisor",
        "AI Data Quality Analyst (Paradox)",
        "Solution Consultant - Quality",
        "Site Reliability Engineer II",
        "Localisation QA Specialist",
    ],
)
def test_not_testers_of_software(title: str) -> None:
    assert not is_qa(title)


@pytest.mark.parametrize(
    ("title", "rank"),
    [
        ("Engineering Manager, Fraud & Identity Platform", 0),
        ("VP, Software Engineering", 0),
        ("Manager I, Engineering - Applied AI/ML Product Analytics Suite", 0),
        ("Director of Engineering, Organizations & Cells", 0),
        ("Senior Software Engineer, Risk", 1),
        ("Staff Engineer - Cloud Networks", 1),
        ("Director, Enterprise Sales Engineering - US East", None),
        ("Forward Deployed Software Engineer, Internship - Commercial", None),
        ("IT Platform and Automation Engineer", None),
        ("Account Executive", None),
    ],
)
def test_engineering_rank(title: str, rank: int | None) -> None:
    assert engineering_rank(title) == rank


def test_openings_put_testers_first_and_keep_each_title_once() -> None:
    company = {"Company": "Acme", "Domain": "acme.com"}

    def posting(number: int, title: str, place: str) -> dict[str, str]:
        day = f"2026-08-{number:02d}T00:00:00Z"
        return {"title": title, "locations": place, "postedAt": day, "applyUrl": f"https://acme.com/{number}"}

    posted = [posting(number, f"Software Engineer {number}", "Oslo") for number in range(1, 8)]
    posted += [posting(9, "Software Engineer 7", "Rome"), posting(8, "QA Lead", "N/A; Oslo"), posted[0]]
    made = openings([company], {"ACME Inc": posted}, {"acme.com": "ACME Inc"})
    titles = [f"Software Engineer {number}" for number in (7, 6, 5, 4, 3)]
    assert [row["Title"] for row in made] == ["QA Lead", *titles]
    assert made[0]["Location"] == "Oslo"
    assert made[0]["Posted"] == "2026-08-08"
