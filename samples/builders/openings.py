"""openings.csv: postings for testers of software, and a few for engineers, at the chosen companies."""

from __future__ import annotations

import re

from samples.builders.text import Row

COLUMNS: tuple[str, ...] = ("Company", "Domain", "Title", "Location", "Posted", "Link")

MOST_ENGINEERING = 5

_QA = re.compile(
    r"\bQA\b|\bSDET\b|quality assurance|engineer(ing)? in test\b|quality (automation )?engineer"
    r"|software quality|test automation|automation test|\btest (engineer|lead|analyst|core)\b|\btester\b"
    r"|regression testing|testing frameworks|software engineer\s*[—-]\s*test\b",
    re.IGNORECASE,
)
_NOT_QA = re.compile(
    r"manufactur|supplier|hardware|account|sales|locali[sz]ation|supervisor|mechanical|electrical|clinical"
    r"|scientific|\bNPI\b|data quality|product manager|food",
    re.IGNORECASE,
)
_LEADERSHIP = re.compile(
    r"(?<!data )engineering (manager|director|lead)"
    r"|(manager|mgr|director|head|vp|vice president)( I+)?,? (of |, )?"
    r"(software |product )?(engineering|development)"
    r"|(vp|head|director) of (software|engineering)",
    re.IGNORECASE,
)
_ENGINEER = re.compile(
    r"\b(software|back-?end|front-?end|full-?stack|platform|mobile|ios|android)[\w ]* (engineer|developer)\b"
    r"|\b(staff|principal) engineer\b",
    re.IGNORECASE,
)
_NOT_ENGINEERING = re.compile(
    r"\bIT\b|sales|solutions|support|intern\b|internship|new grad|customer|forward deployed|business|hardware"
    r"|facilities|value engineering|marketing",
    re.IGNORECASE,
)


def is_qa(title: str) -> bool:
    """Whether a posting looks for someone who tests software."""
    return bool(_QA.search(title)) and not _NOT_QA.search(title)


def engineering_rank(title: str) -> int | None:
    """0 for who leads software engineers, 1 for software engineers, None for anything else."""
    if _NOT_ENGINEERING.search(title):
        return None
    if _LEADERSHIP.search(title):
        return 0
    return 1 if _ENGINEER.search(title) else None


def openings(rows: list[Row], posted: dict[str, list[Row]], named: dict[str, str]) -> list[Row]:
    """Rows of openings.csv in the order of companies.csv, testers first, the newest first."""
    made: list[Row] = []
    for company in rows:
        source = posted.get(named.get(company["Domain"], ""), [])
        kept = _once([_opening(company, row) for row in source])
        kept.sort(key=lambda row: (row["Posted"], row["Title"], row["Link"]), reverse=True)
        qa = [row for row in kept if is_qa(row["Title"])]
        ranked = [(engineering_rank(row["Title"]), row) for row in kept if not is_qa(row["Title"])]
        engineering = [row for wanted in (0, 1) for rank, row in ranked if rank == wanted]
        made += qa + _distinct(engineering)[:MOST_ENGINEERING]
    return made


def _distinct(rows: list[Row]) -> list[Row]:
    """The first of each title: the same job in six towns says no more than in one."""
    return list({row["Title"]: row for row in reversed(rows)}.values())[::-1]


def _opening(company: Row, row: Row) -> Row:
    places = re.split(r"\s*;\s*", row["locations"])
    return {
        "Company": company["Company"],
        "Domain": company["Domain"],
        "Title": re.sub(r"\s+", " ", row["title"]),
        "Location": "; ".join(place.strip(" ,") for place in places if place.strip(" ,") not in {"", "N/A"}),
        "Posted": row["postedAt"][:10],
        "Link": row["applyUrl"],
    }


def _once(rows: list[Row]) -> list[Row]:
    """One posting for each link, and for each title and place: the source repeats some."""
    links: set[str] = set()
    jobs: set[tuple[str, str]] = set()
    kept: list[Row] = []
    for row in sorted(rows, key=lambda row: (row["Posted"], row["Link"]), reverse=True):
        job = (row["Title"].lower(), row["Location"])
        if row["Link"] not in links and job not in jobs:
            links.add(row["Link"])
            jobs.add(job)
            kept.append(row)
    return kept
