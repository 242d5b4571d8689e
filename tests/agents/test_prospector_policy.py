"""The rule-made mapping. Header rows are those of real Apollo and HubSpot exports; values are invented."""

import json
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from agents.prospector_policy import confidence, entity_of, mapping_of, policy
from tools.importing.mapping import ENTITY_OF_WHAT, FIELDS, ColumnMapping, problem_of

TOOLS = ("see_values", "save_mapping")
APOLLO = (
    "First Name", "Last Name", "Title", "Company", "Company Name for Emails", "Email", "Email Status", "Seniority",
    "Work Direct Phone", "Mobile Phone", "Stage", "# Employees", "Industry", "Person Linkedin Url", "Website",
    "Company Linkedin Url", "City", "State", "Country", "Company Address", "Company City", "Company State",
    "Technologies", "Annual Revenue", "Latest Funding", "Apollo Contact Id", "Apollo Account Id",
)  # fmt: skip
HUBSPOT = ("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Job Title", "Associated Company IDs")
HUBSPOT_COMPANIES = ("Record ID", "Company name", "Website URL", "Company owner", "Create Date")


def material(columns: dict[str, list[str]], holds: str | None = None, id_column: str | None = None) -> dict[str, Any]:
    entities = sorted(ENTITY_OF_WHAT[holds]) if holds else list(FIELDS)
    return {
        "file": {"name": "f.csv", "holds": holds, "source": "s", "licence": None, "id_column": id_column},
        "columns": [{"column": c, "samples": s} for c, s in columns.items()],
        "entities": {entity: list(FIELDS[entity]) for entity in entities},
        "fields": {},
    }


def mapped(columns: dict[str, list[str]], holds: str | None = None, id_column: str | None = None) -> dict[str, Any]:
    given = material(columns, holds, id_column)
    found = mapping_of(given, columns, entity_of(given, columns))
    checked = [ColumnMapping(**c) for c in found["columns"]]
    assert problem_of(found["entity"], checked, found["id_column"], list(columns), holds) is None
    return {**found, "columns": {c.field: c.column for c in checked}}


def blank(names: tuple[str, ...]) -> dict[str, list[str]]:
    return {name: [] for name in names}


def test_an_apollo_export_is_people_with_their_companies() -> None:
    found = mapped(blank(APOLLO))
    assert (found["entity"], found["id_column"]) == ("mixed", "Apollo Account Id")
    expected = {
        "organisation_name": "Company", "email": "Email", "phone": "Work Direct Phone", "employees": "# Employees",
        "person_city": "City", "city": "Company City", "funding_stage": "Latest Funding",
        "linkedin_url": "Person Linkedin Url",
        "company_linkedin": "Company Linkedin Url", "person_id": "Apollo Contact Id", "job_title": "Title",
    }  # fmt: skip
    assert expected.items() <= found["columns"].items()
    assert "Stage" not in found["columns"].values()


def test_hubspot_exports() -> None:
    people = mapped(blank(HUBSPOT))
    assert (people["entity"], people["id_column"]) == ("contact", "Associated Company IDs")
    assert people["columns"]["person_id"] == "Record ID"
    companies = mapped(blank(HUBSPOT_COMPANIES))
    assert (companies["entity"], companies["id_column"]) == ("organisation", "Record ID")
    assert companies["columns"] == {"organisation_name": "Company name", "website": "Website URL"}


def test_one_header_means_different_things_in_different_files() -> None:
    opening = mapped(
        {"Company": ["Oakline"], "Title": ["QA Engineer"], "Posted": ["2026-08-01"], "Link": ["https://x.example/1"]}
    )
    person = mapped(
        {"Company": ["Oakline"], "Title": ["QA Manager"], "First Name": ["Kim"], "Email": ["kim@x.example"]}
    )
    assert (opening["entity"], opening["columns"]["opening_title"]) == ("signal", "Title")
    assert (person["entity"], person["columns"]["job_title"]) == ("contact", "Title")


def test_the_operators_word_goes_first() -> None:
    columns = {"UNITID": ["1"], "School": ["Oakmont"], "Stadium": ["Quarry Field"], "Year Built": ["1931"]}
    found = mapped(columns, holds="facts", id_column="UNITID")
    assert (found["entity"], found["id_column"]) == ("organisation", "UNITID")
    assert found["columns"]["year_built"] == "Year Built"


def test_values_that_contradict_a_name_are_not_believed() -> None:
    assert confidence("Email", "email", ["kim@x.example", "sam@x.example"], "contact") > 0.9
    assert confidence("Email", "email", ["yes", "no"], "contact") == 0
    assert confidence("Sector", "industry", ["1", "2"], "organisation") == 0
    assert confidence("Contact point", "email", ["kim@x.example"], "contact") == pytest.approx(0.85)
    assert confidence("Remarks", "email", ["kim@x.example", "call her", "x"], "contact") < 0.6


def test_what_is_unclear_is_looked_into_and_then_mapped() -> None:
    columns = {"First Name": ["Kim"], "Company": ["Oakline"], "Reach": []}
    said: list[BaseMessage] = [SystemMessage("x"), HumanMessage(json.dumps(material(columns, "contacts")))]
    first = policy(said, tools=TOOLS, schema=None)
    assert [(c["name"], c["args"]) for c in first.tool_calls] == [("see_values", {"column": "Reach"})]
    answer = ToolMessage(
        json.dumps({"column": "Reach", "values": ["kim@x.example"]}), tool_call_id="1", name="see_values"
    )
    second = policy([*said, first, answer], tools=TOOLS, schema=None)
    saved = second.tool_calls[0]
    assert saved["name"] == "save_mapping"
    assert {"column": "Reach", "field": "email", "confidence": 85} in saved["args"]["columns"]
    done = ToolMessage("Saved: 3 of 3 columns are mapped.", tool_call_id="2", name="save_mapping")
    last = policy([*said, first, answer, second, done], tools=TOOLS, schema=None)
    assert isinstance(last, AIMessage)
    assert last.tool_calls == []


def test_a_cell_that_says_nothing_does_not_speak_against_a_column() -> None:
    from agents.prospector_looks import fit

    assert fit("email", ["N/A", "nell@aldous.example", "-", ""]) == 1.0
    assert fit("email", ["N/A", ""]) is None
