"""colleges.csv and its contacts.csv: NCAA and NAIA colleges of five states."""

from __future__ import annotations

import re
from pathlib import Path

from samples.builders.people import CONTACT_COLUMNS, Employer, People, per_mille
from samples.builders.text import Row, host, read_csv, website

STATES = frozenset({"OH", "IN", "PA", "KY", "IL"})

COLUMNS: tuple[str, ...] = (
    "UNITID",
    "Institution Name",
    "Aliases",
    "Address",
    "City",
    "State",
    "ZIP",
    "Website",
    "Sanction",
    "Division",
    "Undergraduates",
)
CONTACTS: tuple[str, ...] = (*CONTACT_COLUMNS, "UNITID")

# The survey's own codes of classification.
DIVISIONS: dict[str, str] = {
    "1": "NCAA Division I-FBS",
    "2": "NCAA Division I-FCS",
    "3": "NCAA Division I (without football)",
    "4": "NCAA Division II (with football)",
    "5": "NCAA Division II (without football)",
    "6": "NCAA Division III (with football)",
    "7": "NCAA Division III (without football)",
    "9": "NAIA Division I",
    "10": "NAIA Division II",
}

# Self-reported codes that the data itself shows to be wrong: UNITID → (sanction, code, reason).
CORRECTED_CODES: dict[str, tuple[str, str, str]] = {
    "498562": (
        "NCAA",
        "4",
        "Commonwealth University reports NCCAA; CollegeFootballData lists its football teams of Bloomsburg "
        "and Lock Haven in NCAA Division II",
    ),
    "157809": (
        "NCAA",
        "4",
        "Thomas More reports 'other' and explains: dual member, NAIA and NCAA Division II with football; "
        "CollegeFootballData lists it in Division II",
    ),
    "148496": (
        "NCAA",
        "7",
        "Dominican (Illinois) reports NJCAA Division III, the junior colleges, but IPEDS has it as a "
        "four-year university; it plays in the NCAA's Division III and has no football",
    ),
}

# Names by which people know a college whose official name carries its campus.
PLAIN_NAMES: dict[str, str] = {
    "151351": "Indiana University",
    "203517": "Kent State University",
    "204024": "Miami University",
    "214777": "Penn State University",
    "215293": "University of Pittsburgh",
    "243780": "Purdue University",
    "149222": "Southern Illinois University",
    "145637": "University of Illinois",
    "151801": "Indiana Wesleyan University",
    "215770": "Saint Joseph's University",
}

AD_TITLES = {
    "I": (
        "Director of Athletics",
        "Vice President and Director of Athletics",
        "Vice President for Intercollegiate Athletics",
        "Athletic Director",
    ),
    "": (
        "Athletic Director",
        "Director of Athletics",
        "Director of Athletics",
        "Director of Athletics and Recreation",
        "Vice President for Athletics and Recreation",
        "Director of Intercollegiate Athletics",
        "Athletic Director",
        "Director of Athletics",
        "Athletic Director",
        "Interim Athletic Director",
        "Assistant Vice President and Director of Athletics",
    ),
}
FACILITIES_TITLES = (
    "Associate AD, Facilities & Operations",
    "Associate Athletic Director for Facilities",
    "Assistant AD, Facilities and Game Operations",
    "Senior Associate AD, Capital Projects & Facilities",
    "Director of Athletic Facilities",
    "Director of Facilities",
    "Director of Facilities Management",
    "Associate Vice President, Facilities Services",
)
FINANCE_TITLES = (
    "Chief Financial Officer",
    "Vice President for Finance and Administration",
    "Vice President for Finance & CFO",
    "VP for Business and Finance",
    "Vice President for Business Affairs and Treasurer",
    "Senior Vice President for Finance and Operations",
)


def colleges(data: Path) -> tuple[list[Row], list[str]]:
    """Rows of colleges.csv by name, and what was corrected or left out, in words."""
    directory = {row["UNITID"]: row for row in read_csv(data / "colleges/ipeds_hd2024.csv")}
    rows: list[Row] = []
    notes: list[str] = []
    for survey in read_csv(data / "colleges/eada_2022.csv"):
        unitid, sanction, code = survey["UNITID"], survey["Sanction Name"], survey["Classification Name"]
        if survey["State CD"] not in STATES:
            continue
        if unitid in CORRECTED_CODES:
            sanction, code, reason = CORRECTED_CODES[unitid]
            notes.append(f"corrected: {reason}")
        if sanction not in {"NCAA", "NAIA"}:
            notes.append(f"left out: {survey['Institution Name']} ({survey['State CD']}) reports {sanction}")
            continue
        entry = directory[unitid]
        if entry["CLOSEDAT"] != "-2":
            notes.append(f"left out: {entry['INSTNM']}, closed {entry['CLOSEDAT']} by IPEDS")
            continue
        rows.append(_college(survey, entry, sanction, code))
    return sorted(rows, key=lambda row: (row["Institution Name"], row["UNITID"])), notes


def _college(survey: Row, entry: Row, sanction: str, code: str) -> Row:
    name = entry["INSTNM"]
    return {
        "UNITID": entry["UNITID"],
        "Institution Name": name,
        "Aliases": "; ".join(aliases(name, entry["UNITID"], survey["Institution Name"], entry["IALIAS"])),
        "Address": re.sub(r"\s+", " ", entry["ADDR"]),
        "City": entry["CITY"],
        "State": entry["STABBR"],
        "ZIP": entry["ZIP"],
        "Website": website(entry["WEBADDR"]),
        "Sanction": sanction,
        "Division": DIVISIONS[code],
        "Undergraduates": survey["Total Undergraduates"],
    }


def aliases(name: str, unitid: str, survey_name: str, listed: str) -> list[str]:
    """Other names, the plain one first: IPEDS separates them in five different ways."""
    plain = PLAIN_NAMES.get(unitid) or re.sub(r"[- ]Main Campus$", "", name)
    pieces = re.split(r"\||;|\s{2,}|,(?! Indiana\b)(?![^()]*\))", listed)
    found: list[str] = []
    for piece in (plain, survey_name, *pieces):
        text = piece.strip().strip(",")
        if len(text) > 1 and not text.startswith("(") and text not in (name, *found):
            found.append(text)
    return found


def contacts(rows: list[Row]) -> list[Row]:
    """One to three invented people for each college, from colleges.csv alone."""
    people = People("sports-lighting")
    made: list[Row] = []
    for row in sorted(rows, key=lambda row: row["UNITID"]):
        key = row["UNITID"]
        site = host(row["Website"])
        employer = Employer(key, row["Institution Name"], site, row["City"], row["State"])
        top = "I" if row["Division"].startswith("NCAA Division I") and "II" not in row["Division"] else ""
        posts: list[tuple[str, tuple[str, ...]]] = [("director", AD_TITLES[top])]
        if per_mille(f"{key}:has-facilities", 500):
            posts.append(("facilities", FACILITIES_TITLES))
        if per_mille(f"{key}:has-finance", 333):
            posts.append(("finance", FINANCE_TITLES))
        made += [people.invent(employer, post, titles) | {"UNITID": key} for post, titles in posts]
    return made
