"""How good the rule-made mapping is, on the whole layouts of the suite prospector_mapping."""

from dataclasses import dataclass
from typing import Any

import pytest

from agents.prospector_policy import entity_of, mapping_of
from tests.agents.layouts import Layout, layouts
from tools.importing.mapping import FIELDS, ColumnMapping, problem_of, source_of

EXPORTS = {layout.name: list(layout.values) for layout in layouts("export")}


def mapped(values: dict[str, list[str]]) -> tuple[dict[str, Any], str | None]:
    material = {
        "file": {"name": "f.csv", "holds": None, "source": "s", "licence": None, "id_column": None},
        "columns": [{"column": column, "samples": samples} for column, samples in values.items()],
        "entities": {entity: list(fields) for entity, fields in FIELDS.items()},
        "fields": {},
    }
    found = mapping_of(material, values, entity_of(material, values))
    columns = [ColumnMapping(**column) for column in found["columns"]]
    return found, problem_of(found["entity"], columns, found["id_column"], list(values), None)


@dataclass
class Score:
    """Columns counted over layouts."""

    wanted: int = 0
    right: int = 0
    wrong: int = 0
    wrong_and_sure: int = 0
    entities: int = 0

    def count(self, layout: Layout) -> None:
        found, _problem = mapped(layout.values)
        self.entities += found["entity"] == layout.entity
        got = {column["column"]: column for column in found["columns"]}
        for column, right in layout.right.items():
            said = got.get(column)
            self.wanted += "-" not in right
            if said is None:
                continue
            if said["field"] in right:
                self.right += "-" not in right
            else:
                self.wrong += 1
                self.wrong_and_sure += said["confidence"] > 0.8


@pytest.mark.parametrize("name", EXPORTS)
def test_known_exports_need_no_question(name: str) -> None:
    found, problem = mapped({column: [] for column in EXPORTS[name]})
    assert problem is None
    assert min(column["confidence"] for column in found["columns"]) >= 0.8
    fields = {column["field"] for column in found["columns"]}
    if "companies" in name:
        assert (found["id_column"], fields) == ("Record ID", {"organisation_name", "website"})
    else:
        assert {"first_name", "last_name", "email"} <= fields
        assert ("person_id" in fields) == bool({"Apollo Contact Id", "Record ID"} & set(EXPORTS[name]))


@pytest.mark.parametrize(("tag", "least"), [("unseen", 0.95), ("fresh", 0.95)])
def test_unknown_layouts_are_mapped_and_nothing_wrong_is_sure(tag: str, least: float) -> None:
    score = Score()
    for layout in layouts(tag):
        score.count(layout)
    assert score.wrong_and_sure == 0
    assert score.right >= least * score.wanted
    assert score.wrong <= 2
    assert score.entities >= 27


def test_odd_layouts_get_nothing_wrong_that_is_sure() -> None:
    score = Score()
    for layout in layouts("odd"):
        score.count(layout)
    assert score.wrong_and_sure == 0
    assert score.right >= 0.9 * score.wanted


@pytest.mark.parametrize(
    ("column", "values", "sure"),
    [
        ("Position", ["Goalkeeper", "Defender"], False),
        ("Position", ["QA Director", "CTO"], True),
        ("Seats", ["25", "300"], False),
        ("Seating Capacity", ["25", "300"], True),
    ],
)
def test_a_vague_heading_alone_is_asked_about(column: str, values: list[str], sure: bool) -> None:
    people = {"First Name": ["Kim", "Sam"], "Last Name": ["Lee", "Roe"], "Email": ["k@x.example", "s@x.example"]}
    school = {"School": ["Oakmont College", "Elm University"]}
    found, _problem = mapped({**(people if column == "Position" else school), column: values})
    [said] = [c["confidence"] for c in found["columns"] if c["column"] == column]
    assert (said >= 0.8) == sure


def test_a_system_is_known_by_what_only_it_calls_so() -> None:
    assert {name: source_of(columns) for name, columns in EXPORTS.items() if name != "hubspot-contacts-a"} == {
        **dict.fromkeys(
            ("apollo-contacts-full", "apollo-contacts-short", "apollo-contacts-2", "apollo-contacts-3"), "Apollo"
        ),
        **dict.fromkeys(("hubspot-contacts-b", "hubspot-contacts-c", "hubspot-companies"), "HubSpot"),
        "hubspot-contacts-d": "HubSpot",
    }
    assert source_of(["First Name", "Last Name", "URL", "Connected On"]) == "LinkedIn connections"
    assert source_of(["Name", "City"]) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        (["Akron, OH", "Erie, PA", "Reno, Nevada"], "city"),
        (["Room 12", "Hall B", "Berlin, Germany"], None),
        ([], None),
    ],
)
def test_a_location_is_a_town_where_its_values_are(values: list[str], field: str | None) -> None:
    found, _problem = mapped({"School": ["Oakmont College", "Elm University", "Quarry College"], "Location": values})
    assert {c["column"]: c["field"] for c in found["columns"]}.get("Location") == field
