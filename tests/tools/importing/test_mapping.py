"""Which column means what."""

import pytest

from tools.importing.mapping import ColumnMapping, Mapped, changed, layout_hash, problem_of, save_mapping

KNOWN = ("UNITID", "School", "Name", "Mail", "Title")


def columns(**fields: str) -> list[ColumnMapping]:
    return [ColumnMapping(column=column, field=field, confidence=0.9) for field, column in fields.items()]


def test_a_whole_mapping_has_no_problem() -> None:
    assert problem_of("organisation", columns(organisation_name="School"), "UNITID", KNOWN, None) is None
    assert problem_of("contact", columns(full_name="Name", email="Mail"), "UNITID", KNOWN, "contacts") is None
    assert problem_of("signal", columns(opening_title="Title", organisation_name="School"), None, KNOWN, None) is None
    assert problem_of("organisation", [], "UNITID", KNOWN, "facts") is None


@pytest.mark.parametrize(
    ("entity", "mapped", "id_column", "what", "told"),
    [
        ("organisation", {"organisation_name": "Skool"}, None, None, "no column 'Skool'"),
        ("organisation", {"organisation": "School"}, None, None, "no field of the entity"),
        ("organisation", {"first_name": "Name", "organisation_name": "School"}, None, None, "no field of the entity"),
        ("organisation", {"organisation_name": "School", "city": "School"}, None, None, "mapped twice"),
        ("organisation", {"city": "School"}, "UNITID", None, "organisation_name"),
        ("organisation", {"organisation_name": "School"}, "NCES", None, "no column 'NCES'"),
        ("contact", {"email": "Mail"}, "UNITID", None, "first_name or full_name"),
        ("contact", {"full_name": "Name"}, None, None, "lead to its organisation"),
        ("mixed", {"full_name": "Name"}, "UNITID", None, "organisation_name"),
        ("signal", {"organisation_name": "School"}, None, None, "opening_title"),
        ("organisation", {"organisation_name": "School"}, None, "contacts", "must be contact or mixed"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    entity: str, mapped: dict[str, str], id_column: str | None, what: str | None, told: str
) -> None:
    problem = problem_of(entity, columns(**mapped), id_column, KNOWN, what)
    assert problem is not None
    assert told in problem


def test_two_columns_on_one_field() -> None:
    twice = columns(organisation_name="School") + columns(organisation_name="Name")
    problem = problem_of("organisation", twice, None, KNOWN, None)
    assert problem is not None
    assert "'School' and 'Name'" in problem


def test_a_layout_is_its_columns_in_order_in_whatever_case() -> None:
    assert layout_hash(["Name", "City"]) == layout_hash(["NAME", "city"])
    assert layout_hash(["Name", "City"]) != layout_hash(["City", "Name"])


def test_a_persons_changes_are_sure_and_may_change_the_entity() -> None:
    before = columns(organisation_name="School", city="Name")
    entity, after, id_column = changed("organisation", before, None, {"Name": "full_name", "UNITID": "id"})
    assert (entity, id_column) == ("mixed", "UNITID") or (entity, id_column) == ("contact", "UNITID")
    assert {c.field: (c.column, c.confidence) for c in after} == {
        "organisation_name": ("School", 0.9), "full_name": ("Name", 1.0)
    }  # fmt: skip
    entity, after, id_column = changed("organisation", before, "UNITID", {"Name": "-", "UNITID": "-"})
    assert (entity, id_column, [c.field for c in after]) == ("organisation", None, ["organisation_name"])
    _, after, _ = changed("organisation", before, None, {"Title": "organisation_name"})
    assert {c.field: c.column for c in after} == {"city": "Name", "organisation_name": "Title"}


def test_columns_below_a_confidence_can_be_left_out() -> None:
    mapped = Mapped("contact", {"full_name": "Name", "email": "Mail"}, None, 0.6, {"full_name": 0.9, "email": 0.6})
    assert mapped.at_least(0.8).columns == {"full_name": "Name"}
    assert Mapped("contact", {"email": "Mail"}, None, 0.9).at_least(0.8).columns == {"email": "Mail"}


def test_a_model_says_how_sure_it_is_in_whole_per_cent() -> None:
    [said] = save_mapping.tool_call_schema.model_json_schema()["$defs"].values()
    assert said["properties"]["confidence"]["type"] == "integer"
    assert (said["properties"]["confidence"]["minimum"], said["properties"]["confidence"]["maximum"]) == (0, 100)
