"""stadiums.csv: football facts by school name, joined to colleges by name, alias, city and state."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from samples.builders.stadium_fixes import (
    BY_HAND,
    CORRECTIONS,
    FAR_KM,
    LEFT_OUT,
    MINIMUM_CAPACITY,
    PLACE_CONFIRMED,
    YEARS,
)
from samples.builders.text import Row, distance_km, norm, read_csv

COLUMNS: tuple[str, ...] = (
    "UNITID",
    "School",
    "Stadium",
    "Capacity",
    "Year Built",
    "Surface",
    "Conference",
    "City",
    "State",
    "Time Zone",
    "Latitude",
    "Longitude",
)

_SURFACES = {"True": "grass", "False": "artificial turf"}
_FILLERS = frozenset({"university", "college", "of", "the"})
Place = tuple[float, float]


@dataclass
class Join:
    """The result: rows, and in words what was joined, left out and blanked."""

    rows: list[Row] = field(default_factory=list)
    matched: list[str] = field(default_factory=list)
    unmatched: list[str] = field(default_factory=list)
    blanked: list[str] = field(default_factory=list)


def names_of(college: Row) -> Iterator[tuple[str, int]]:
    """Comparable names of a college with their rank: 0 a whole name, 1 a name without 'University of'."""
    for name in (college["Institution Name"], *college["Aliases"].split("; ")):
        whole = norm(name)
        if not whole:
            continue
        yield whole, 0
        yield core(whole), 1
        short = re.sub(r" university of pennsylvania( main campus)?$", "", whole)
        if short != whole:
            yield short, 1


def core(name: str) -> str:
    """A comparable name without the words that many share."""
    return " ".join(word for word in name.split() if word not in _FILLERS) or name


def candidates(school: str, state: str, colleges: list[Row]) -> list[Row]:
    """Colleges of that state that may be meant, best rank only. 'Miami (OH)' is looked for as 'Miami'."""
    if school in BY_HAND:
        return [row for row in colleges if row["UNITID"] == BY_HAND[school] and row["State"] == state]
    whole = norm(re.sub(r"\s*\([A-Z]{2}\)$", "", school))
    wanted = {whole, core(whole)}
    ranked: dict[int, list[Row]] = {0: [], 1: []}
    for row in colleges:
        if row["State"] != state:
            continue
        ranks = [rank if name == whole else 1 for name, rank in names_of(row) if name in wanted]
        if ranks:
            ranked[min(ranks)].append(row)
    return ranked[0] or ranked[1]


def place(row: Row, latitude: str, longitude: str) -> Place | None:
    """Coordinates in degrees, or None where they are blank."""
    if not row.get(latitude) or not row.get(longitude):
        return None
    return float(row[latitude]), float(row[longitude])


def near(team: Row, college: Row, campus: Place) -> bool:
    """Whether the team's place confirms the college: the same city, or within 40 km of the campus."""
    if norm(team["city"]) == norm(college["City"]) or team["school"] in PLACE_CONFIRMED:
        return True
    spot = place(team, "latitude", "longitude")
    return spot is not None and distance_km(spot, campus) <= FAR_KM


def join(data: Path, colleges: list[Row]) -> Join:
    """Rows of stadiums.csv by UNITID. A doubtful pair is left out, with its reason."""
    directory = read_csv(data / "colleges/ipeds_hd2024.csv")
    campus = {row["UNITID"]: (float(row["LATITUDE"]), float(row["LONGITUD"])) for row in directory}
    states = {row["State"] for row in colleges}
    result = Join()
    taken: dict[str, str] = {}
    for team in read_csv(data / "colleges/cfbd_football_teams.csv"):
        school, state = team["school"], team["state"]
        if state not in states:
            continue
        label = f"{school} ({state}, {team['city']})"
        found = candidates(school, state, colleges)
        good = [row for row in found if near(team, row, campus[row["UNITID"]])]
        if school in LEFT_OUT:
            result.unmatched.append(f"{label}: {LEFT_OUT[school]}")
        elif len(good) != 1 or good[0]["UNITID"] in taken:
            result.unmatched.append(f"{label}: {_why(found, good)}")
        else:
            college = good[0]
            taken[college["UNITID"]] = school
            row, blanked = facts(team, college, campus[college["UNITID"]])
            result.rows.append(row)
            result.matched.append(f"{label} = {college['Institution Name']} ({college['City']})")
            result.blanked += blanked
    result.rows.sort(key=lambda row: row["UNITID"])
    return result


def _why(found: list[Row], good: list[Row]) -> str:
    if not found:
        return "no college of that name in the sample"
    if not good:
        return "the place does not confirm " + ", ".join(row["Institution Name"] for row in found)
    if len(good) > 1:
        return "could be " + " or ".join(row["Institution Name"] for row in good)
    return f"{good[0]['Institution Name']} has its stadium already"


def facts(team: Row, college: Row, campus: Place) -> tuple[Row, list[str]]:
    """One row of stadiums.csv, what is plainly wrong blanked, and in words what was blanked."""
    school = team["school"]
    row = {
        "UNITID": college["UNITID"],
        "School": school,
        # A trailing '(OH)' or '(Champaign, IL)' tells the source's stadiums apart, nobody says it.
        "Stadium": re.sub(r"\s*\([^()]*\)$", "", team["stadium_name"]),
        "Capacity": _whole(team["capacity"]),
        "Year Built": _whole(team["year_constructed"]),
        "Surface": _SURFACES.get(team["grass"], ""),
        "Conference": team["conference"],
        "City": team["city"],
        "State": team["state"],
        "Time Zone": team["timezone"],
        "Latitude": team["latitude"],
        "Longitude": team["longitude"],
    }
    blanked: list[str] = []
    spot = place(team, "latitude", "longitude")
    if spot and distance_km(spot, campus) > FAR_KM:
        blanked.append(f"{school}: coordinates {distance_km(spot, campus):.0f} km from the campus")
        row |= {"Latitude": "", "Longitude": ""}
    capacity, year = row["Capacity"], row["Year Built"]
    if capacity and int(capacity) < MINIMUM_CAPACITY[team["classification"]]:
        blanked.append(f"{school}: capacity {capacity} is impossible in {team['classification']}")
        row["Capacity"] = ""
    if year and int(year) not in YEARS:
        blanked.append(f"{school}: year {year} is impossible")
        row["Year Built"] = ""
    for name, column, value, reason in CORRECTIONS:
        if name == school and row[column] != value:
            blanked.append(f"{school}: {column} {row[column]!r} → {value!r}: {reason}")
            row[column] = value
    return row, blanked


def _whole(number: str) -> str:
    """'60670.0' → '60670'; the source writes 0 for unknown."""
    value = int(float(number or 0))
    return str(value) if value else ""


def stale_differences(data: Path, rows: list[Row]) -> list[str]:
    """Where capacity (by over 10 %) or year differ from the older list, for a person to judge."""
    older = {(r["team"], r["state"]): r for r in read_csv(data / "colleges/stadiums_2014_stale.csv")}
    found: list[str] = []
    for row in rows:
        old = older.get((row["School"], row["State"]))
        if old is None:
            continue
        capacity, before = int(row["Capacity"] or 0), int(float(old["capacity"] or 0))
        if capacity and before and abs(capacity - before) > 0.1 * before:
            found.append(f"{row['School']}: capacity {capacity}, formerly {before}")
        if row["Year Built"] and old["built"] and row["Year Built"] != _whole(old["built"]):
            found.append(f"{row['School']}: built {row['Year Built']}, formerly {_whole(old['built'])}")
    return found
