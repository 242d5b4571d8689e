"""The sample of colleges."""

import csv
from collections import Counter

import pytest

from samples import sample_dir
from samples.builders.colleges import DIVISIONS, STATES, aliases
from samples.builders.stadiums import candidates, facts, near


def _rows(name: str) -> list[dict[str, str]]:
    with (sample_dir("sports-lighting") / name).open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


COLLEGES = {row["UNITID"]: row for row in _rows("colleges.csv")}
STADIUMS = {row["UNITID"]: row for row in _rows("stadiums.csv")}

# UNITID, the football source's name, the stadium: pairs that people know, the tricky ones included.
KNOWN = [
    ("204796", "Ohio State", "Ohio Stadium"),
    ("204857", "Ohio", "Peden Stadium"),
    ("204635", "Ohio Northern", "Dial-Roberson Stadium"),
    ("204909", "Ohio Wesleyan", "Selby Stadium"),
    ("204617", "Ohio Dominican", "Panther Stadium"),
    ("204024", "Miami (OH)", "Yager Stadium"),
    ("203517", "Kent State", "Dix Stadium"),
    ("201441", "Bowling Green", "Doyt L. Perry Stadium"),
    ("157951", "Western Kentucky", "Houchens Industries-L.T. Smith Stadium"),
    ("201690", "Central State (OH)", "McPherson Memorial Stadium"),
    ("206507", "Wilmington (OH)", "Williams Stadium"),
    ("206048", "Tiffin", "Frost-Kalnow Stadium"),
    ("204200", "Mount St. Joseph", "Schueler Field"),
    ("204185", "University of Mount Union", "Mount Union Stadium"),
    ("214777", "Penn State", "Beaver Stadium"),
    ("215062", "Pennsylvania", "Franklin Field"),
    ("213020", "Indiana-Pennsylvania", "George P. Miller Stadium"),
    ("151351", "Indiana", "Memorial Stadium"),
    ("151324", "Indiana State", "Memorial Stadium"),
    ("151263", "Indianapolis", "Key Stadium"),
    ("150604", "Franklin", 'Stewart "Red" Faught Stadium'),
    ("212577", "Franklin & Marshall", "Shadek Stadium"),
    ("152080", "Notre Dame", "Notre Dame Stadium"),
    ("145637", "Illinois", "Memorial Stadium"),
    ("145691", "Illinois College", "England Stadium"),
    ("145813", "Illinois State", "Hancock Stadium"),
    ("145646", "Illinois Wesleyan", "Tucci Stadium"),
    ("149222", "Southern Illinois", "Saluki Stadium"),
    ("147767", "Northwestern", "Ryan Field"),
    ("144050", "Chicago", "Amos Alonzo Stagg Field"),
    ("143084", "Augustana (IL)", "Charles D. Lindberg Stadium"),
    ("147341", "Monmouth (IL)", "April Zorn Memorial Stadium"),
    ("157076", "Kentucky Wesleyan", "Steele Stadium"),
    ("157058", "Kentucky State", "Alumni Stadium"),
    ("157085", "Kentucky", "Kroger Field"),
    ("213598", "Lincoln (PA)", "Lincoln University Stadium"),
    ("213321", "Kings College (PA)", "McCarthy Stadium"),
    ("216931", "Wilkes", "Schmidt Stadium"),
    ("215743", "St. Francis (PA)", "DeGol Field"),
    ("216807", "Westminster (PA)", "Memorial Field"),
    ("498571", "PennWest California", "Adamson Stadium"),
    ("498562", "Bloomsburg", "Robert B. Redman Stadium"),
    ("216764", "West Chester", "John A. Farrell Stadium"),
]


@pytest.mark.parametrize(("unitid", "school", "stadium"), KNOWN, ids=[pair[1] for pair in KNOWN])
def test_known_pairs(unitid: str, school: str, stadium: str) -> None:
    assert (STADIUMS[unitid]["School"], STADIUMS[unitid]["Stadium"]) == (school, stadium)
    assert STADIUMS[unitid]["State"] == COLLEGES[unitid]["State"]


@pytest.mark.parametrize(
    "name",
    [
        "Pennsylvania State University-Penn State Altoona",
        "Pennsylvania State University-Penn State Erie-Behrend College",
        "Indiana University-East",
        "Indiana University-South Bend",
        "Indiana University-Indianapolis",
        "Purdue University Fort Wayne",
        "Purdue University Northwest",
        "University of Pittsburgh-Johnstown",
        "Southern Illinois University Edwardsville",
        "University of Illinois Chicago",
        "University of Northwestern Ohio",
        "University of Saint Francis-Fort Wayne",
        "Chicago State University",
        "Alvernia University",
        "Thomas More University",
    ],
)
def test_branch_campuses_and_namesakes_have_no_stadium_of_others(name: str) -> None:
    (unitid,) = [row["UNITID"] for row in COLLEGES.values() if row["Institution Name"] == name]
    assert unitid not in STADIUMS


def test_counts_states_and_divisions() -> None:
    assert len(COLLEGES) == 252
    assert len(STADIUMS) == 134
    assert Counter(row["State"] for row in COLLEGES.values()).keys() == STATES
    assert Counter(row["Sanction"] for row in COLLEGES.values()) == {"NCAA": 208, "NAIA": 44}
    assert {row["Division"] for row in COLLEGES.values()} == set(DIVISIONS.values())
    assert all(row["Division"].startswith(row["Sanction"]) for row in COLLEGES.values())
    assert all(100 < int(row["Undergraduates"]) < 60_000 for row in COLLEGES.values())
    assert all(row["Website"].startswith("https://") and "@" not in row["Website"] for row in COLLEGES.values())


def test_closed_colleges_are_not_there_and_wrong_codes_are_corrected() -> None:
    names = {row["Institution Name"] for row in COLLEGES.values()}
    assert not names & {"Cabrini University", "Notre Dame College", "Clarks Summit University"}
    assert COLLEGES["498562"]["Division"] == "NCAA Division II (with football)"
    assert COLLEGES["157809"]["Division"] == "NCAA Division II (with football)"
    assert COLLEGES["148496"]["Division"] == "NCAA Division III (without football)"


def test_stadium_facts_are_plausible() -> None:
    for row in STADIUMS.values():
        assert row["Capacity"] != "0"
        assert not row["Capacity"] or 300 <= int(row["Capacity"]) <= 110_000
        assert not row["Year Built"] or 1870 <= int(row["Year Built"]) <= 2026
        assert row["Surface"] in {"", "grass", "artificial turf"}
        assert bool(row["Latitude"]) == bool(row["Longitude"])
        assert not row["Latitude"] or (36 < float(row["Latitude"]) < 43 and -92 < float(row["Longitude"]) < -74)
        assert "(" not in row["Stadium"]
        football = COLLEGES[row["UNITID"]]["Division"]
        assert "without football" not in football
        assert "NCAA" in football


def test_what_is_known_to_be_wrong_is_blank() -> None:
    northwestern = STADIUMS["147767"]
    assert (northwestern["Capacity"], northwestern["Year Built"], northwestern["Surface"]) == ("", "", "")
    assert STADIUMS["152080"]["Capacity"] == ""
    assert STADIUMS["150604"]["Latitude"] == ""


def _college(name: str, city: str, state: str = "OH", aliases: str = "", unitid: str = "1") -> dict[str, str]:
    return {"UNITID": unitid, "Institution Name": name, "Aliases": aliases, "City": city, "State": state}


def test_a_whole_name_beats_a_shared_core() -> None:
    flagship = _college("University of Illinois Urbana-Champaign", "Champaign", "IL", "Illinois", "1")
    college = _college("Illinois College", "Jacksonville", "IL", "", "2")
    assert candidates("Illinois", "IL", [flagship, college]) == [flagship]
    assert candidates("Illinois College", "IL", [flagship, college]) == [college]


def test_the_state_in_brackets_and_the_state_column_hold() -> None:
    anderson = _college("Anderson University", "Anderson", "IN")
    assert candidates("Anderson (IN)", "IN", [anderson]) == [anderson]
    assert candidates("Anderson (IN)", "SC", [anderson]) == []


def test_saint_and_st_and_of_pennsylvania() -> None:
    saint = _college("Saint Francis University", "Loretto", "PA", "", "1")
    ship = _college("Shippensburg University of Pennsylvania", "Shippensburg", "PA", "", "2")
    assert candidates("St. Francis (PA)", "PA", [saint, ship]) == [saint]
    assert candidates("Shippensburg", "PA", [saint, ship]) == [ship]


def test_two_colleges_of_one_name_are_told_apart_by_place() -> None:
    here = _college("Marian University", "Akron", unitid="1")
    there = _college("Marian College", "Toledo", unitid="2")
    assert len(candidates("Marian", "OH", [here, there])) == 2
    team = {"school": "Marian", "city": "Toledo", "latitude": "41.66", "longitude": "-83.56"}
    assert near(team, there, (41.66, -83.61))
    assert not near(team, here, (41.08, -81.51))


def test_facts_blank_zero_capacity_and_far_coordinates() -> None:
    team = {
        "school": "Nowhere",
        "stadium_name": "Alumni Stadium (OH)",
        "capacity": "0.0",
        "year_constructed": "",
        "grass": "True",
        "conference": "Ohio",
        "classification": "iii",
        "city": "Ada",
        "state": "OH",
        "timezone": "",
        "latitude": "38.84",
        "longitude": "-83.51",
    }
    row, blanked = facts(team, _college("Nowhere College", "Ada"), (40.77, -83.83))
    assert (row["Stadium"], row["Capacity"], row["Surface"], row["Latitude"]) == (
        "Alumni Stadium",
        "",
        "grass",
        "",
    )
    assert len(blanked) == 1
    tiny, blanked = facts(team | {"capacity": "100", "classification": "fcs"}, _college("N", "Ada"), (38.84, -83.51))
    assert (tiny["Capacity"], tiny["Latitude"]) == ("", "38.84")
    assert "impossible" in blanked[0]


def test_aliases_are_split_and_the_plain_name_stands_first() -> None:
    assert aliases("Ohio State University-Main Campus", "204796", "Ohio State University-Main Campus", "") == [
        "Ohio State University"
    ]
    listed = "CCSJ, CAL COLLEGE;  Calumet College of St. Joseph   Calumet College"
    found = aliases("Calumet College of Saint Joseph", "1", "Calumet College of Saint Joseph", listed)
    assert found == ["CCSJ", "CAL COLLEGE", "Calumet College of St. Joseph", "Calumet College"]
    kept = aliases("A", "1", "A", "University of Saint Francis of Fort Wayne, Indiana  USF")
    assert kept == ["University of Saint Francis of Fort Wayne, Indiana", "USF"]
