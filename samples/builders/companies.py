"""companies.csv, openings.csv and contacts.csv of the qa-software sample."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from samples.builders.company_tables import (
    COUNTRIES,
    DOMAINS,
    NOT_SOFTWARE,
    NOT_THE_SAME,
    OTHER_TAGS,
    POSTING_COMPANIES,
    POSTINGS,
    SOFTWARE_INDUSTRIES,
    SOFTWARE_TAGS,
    SOURCE_URLS,
    SP500,
    SP500_COMPANIES,
    US_STATES,
    YC,
)
from samples.builders.people import CONTACT_COLUMNS, Employer, People, per_mille
from samples.builders.text import Row, host, norm, read_csv, website

COLUMNS: tuple[str, ...] = (
    "Company",
    "Website",
    "Domain",
    "Industry",
    "Sub-Industry",
    "Employees",
    "City",
    "State/Country",
    "Founded",
    "Batch",
    "Stage",
    "Source",
    "Source URL",
)
CONTACTS: tuple[str, ...] = (*CONTACT_COLUMNS, "Domain")

WANTED = 100
FEWEST, MOST, MOST_WITH_POSTINGS = 51, 5000, 8000

LEAD_TITLES = (
    "QA Director",
    "Director of Quality Engineering",
    "Head of Quality Engineering",
    "QA Manager",
    "Senior Manager, Software Quality",
    "Director of QA & Release",
)
ENGINEERING_TITLES = (
    "VP Engineering",
    "Vice President of Engineering",
    "VP of Engineering, Platform",
    "Head of Engineering",
    "Director of Engineering",
)
SDET_TITLES = ("SDET Lead", "Test Automation Lead", "Staff SDET", "Principal Engineer in Test", "QA Lead")


def postings(data: Path) -> dict[str, list[Row]]:
    """The postings by their company's name as the source writes it."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in read_csv(data / "jobs/new_jobs_2026-08.csv.gz"):
        found[row["company"]].append(row)
    return dict(found)


def companies(data: Path, posted: dict[str, list[Row]]) -> tuple[list[Row], dict[str, str]]:
    """Rows of companies.csv by name, and for each domain the name under which its postings stand."""
    by_name = {norm(name): name for name in posted}
    rows = {row["Domain"]: row for row in _listed(data)}
    named = {known.domain: known.postings for known in SP500_COMPANIES.values()}
    for known, sub_industry, city, place in POSTING_COMPANIES:
        rows[known.domain] = _row(known.name, known.domain, POSTINGS, SOURCE_URLS[POSTINGS]) | {
            "Industry": "Information Technology",
            "Sub-Industry": sub_industry,
            "City": city,
            "State/Country": place,
        }
        named[known.domain] = known.postings
    spare: list[Row] = []
    for entry in read_csv(data / "companies/yc_companies.csv"):
        name, size = norm(_called(entry["name"])), int(float(entry["team_size"] or 0))
        right = entry["status"] in {"Active", "Public"} and _domain(entry) not in rows
        if not right or size < FEWEST or name in NOT_THE_SAME | NOT_SOFTWARE:
            continue
        if name in by_name and size <= MOST_WITH_POSTINGS:
            rows[_domain(entry)] = _yc(entry)
            named[_domain(entry)] = by_name[name]
        elif size <= MOST and _builds_software(entry):
            spare.append(entry)
    spare.sort(key=lambda entry: (-float(entry["team_size"]), entry["name"]))
    for entry in spare[: max(0, WANTED - len(rows))]:
        rows[_domain(entry)] = _yc(entry)
    chosen = sorted(rows.values(), key=lambda row: (row["Company"].lower(), row["Domain"]))
    return chosen, {domain: name for domain, name in named.items() if name}


def _row(name: str, domain: str, source: str, url: str) -> Row:
    row = dict.fromkeys(COLUMNS, "")
    return row | {
        "Company": name,
        "Website": f"https://{domain}/",
        "Domain": domain,
        "Source": source,
        "Source URL": url,
    }


def _listed(data: Path) -> list[Row]:
    rows: list[Row] = []
    for entry in read_csv(data / "companies/sp500.csv"):
        known = SP500_COMPANIES.get(entry["Symbol"])
        if known is None:
            continue
        city, _, state = entry["Headquarters Location"].partition(", ")
        rows.append(
            _row(known.name, known.domain, SP500, SOURCE_URLS[SP500])
            | {
                "Industry": entry["GICS Sector"],
                "Sub-Industry": entry["GICS Sub-Industry"],
                "City": city,
                "State/Country": f"{US_STATES[state]}, USA",
                "Founded": entry["Founded"],
                "Stage": "Public",
            }
        )
    return rows


def _called(name: str) -> str:
    """The name without '(formerly …)'."""
    return re.sub(r"\s*\((fka|formerly)\b[^)]*\)$", "", name)


def _domain(entry: Row) -> str:
    name = host(entry["website"])
    return DOMAINS.get(name, name)


def _yc(entry: Row) -> Row:
    first = entry["all_locations"].split(";")[0].strip()
    city, _, place = first.partition(", ")
    _, _, sub_industry = entry["subindustry"].partition(" -> ")
    return _row(_called(entry["name"]), _domain(entry), YC, entry["yc_url"]) | {
        "Website": website(entry["website"]),
        "Industry": entry["industry"],
        "Sub-Industry": sub_industry,
        "Employees": str(int(float(entry["team_size"]))),
        "City": city if place else "",
        "State/Country": place,
        "Batch": entry["batch"],
        "Stage": "Public" if entry["status"] == "Public" else entry["stage"],
    }


def _builds_software(entry: Row) -> bool:
    """Whether the directory's own tags make it a hiring maker of software in a country served."""
    tags = set(entry["tags"].split("; "))
    country = entry["all_locations"].split(";")[0].rpartition(", ")[2].strip()
    return (
        entry["industry"] in SOFTWARE_INDUSTRIES
        and entry["isHiring"] == "True"
        and bool(tags & SOFTWARE_TAGS)
        and not tags & OTHER_TAGS
        and country in COUNTRIES
    )


def contacts(rows: list[Row]) -> list[Row]:
    """One to three invented people for each company, from companies.csv alone."""
    people = People("qa-software")
    made: list[Row] = []
    for row in sorted(rows, key=lambda row: row["Domain"]):
        domain = row["Domain"]
        state = row["State/Country"].rpartition(", ")[0]
        employer = Employer(domain, row["Company"], domain, row["City"], state)
        posts: list[tuple[str, tuple[str, ...]]] = [("quality", LEAD_TITLES)]
        if per_mille(f"{domain}:has-engineering", 550):
            posts.append(("engineering", ENGINEERING_TITLES))
        if per_mille(f"{domain}:has-sdet", 350):
            posts.append(("sdet", SDET_TITLES))
        made += [people.invent(employer, post, titles) | {"Domain": domain} for post, titles in posts]
    return made
