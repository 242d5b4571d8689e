"""`outreach flags` and `outreach dedupe` as a person meets them. All records are invented."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Database
from db.models import AgentAuditLog, AgentRun, Contact, HygieneFlag, Prospect
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_prospect
from tools.merging.people import PeoplePair, flag_people


@pytest.fixture
def pair(database: Database) -> str:
    """A duplicate_suspect flag of two colleges; its id."""

    def make(s: Any) -> str:
        one = make_prospect(s, name="Oakmont University", city="Akron")
        other = make_prospect(s, name="Oakmont Univ.", address="1 Main Street")
        flag = HygieneFlag(
            prospect_id=one.id, other_prospect_id=other.id, flag_type="duplicate_suspect", message="Alike in name."
        )
        s.add(flag)
        s.flush()
        return str(flag.id)

    return database.write_sync(make)


def test_listed_shown_merged_and_taken_back(outreach: Outreach, database: Database, pair: str) -> None:
    [listed] = json.loads(outreach("flags", "--json").stdout)
    assert (listed["id"], listed["organisation"], listed["other"]) == (pair, "Oakmont University", "Oakmont Univ.")
    shown = json.loads(outreach("flags", "show", pair[:8], "--json").stdout)
    assert shown["table"] == "accounts"
    assert [r["name"] for r in shown["records"]] == ["Oakmont University", "Oakmont Univ."]
    assert "1 Main Street" in outreach("flags", "show", pair[:8]).stdout
    told = json.loads(outreach("flags", "merge", pair[:8], "--keep", "2", "--note", "one campus", "--json").stdout)
    assert (told["kept"], told["merged"], told["merged_by"]) == ("Oakmont Univ.", "Oakmont University", "user")
    assert database.read_sync(lambda s: [p.city for p in s.scalars(select(Prospect))]) == ["Akron"]
    [resolved] = json.loads(outreach("flags", "--resolved", "--json").stdout)
    assert resolved["resolution_notes"] == "one campus"
    [entry] = json.loads(outreach("flags", "merges", "--json").stdout)
    assert entry["id"] == told["id"]
    undone = json.loads(outreach("flags", "undo", told["id"][:8], "--json").stdout)
    assert undone["undone_by"] == "user"
    assert len(database.read_sync(lambda s: s.scalars(select(Prospect)).all())) == 2
    assert outreach("flags", "undo", told["id"]).exit_code == 1


def test_kept_apart_resolved_and_reopened(outreach: Outreach, pair: str) -> None:
    [done] = json.loads(outreach("flags", "keep-apart", pair[:8], "--note", "two campuses", "--json").stdout)
    assert done["resolution_notes"] == "kept apart: two campuses"
    assert json.loads(outreach("flags", "--json").stdout) == []
    assert outreach("flags", "merge", pair).exit_code == 1
    assert outreach("flags", "resolve", pair).exit_code == 1
    assert outreach("flags", "reopen", pair).exit_code == 0
    assert outreach("flags", "resolve", pair, "--note", "looked").exit_code == 0
    assert outreach("flags", "show", "ffff").exit_code == 1
    assert outreach("flags", "show", "no id").exit_code == 1
    assert outreach("--playbook", "none-such", "flags").exit_code == 2


def test_two_people_of_one_flag(outreach: Outreach, database: Database) -> None:
    def make(s: Any) -> str:
        prospect = make_prospect(s)
        one = make_contact(s, prospect, email="dana@oakmont.example")
        other = make_contact(s, prospect, email=None, phone="555-0101")
        s.add(AgentRun(id="c" * 32, run_type="hygiene", agent_name="hygiene"))
        s.flush()
        found = PeoplePair(one, other, 70.0, "the same given name; the same surname", certain=False)
        assert flag_people(s, "c" * 32, [found]) == 1
        assert flag_people(s, "c" * 32, [found]) == 0
        return str(s.scalars(select(HygieneFlag.id)).one())

    flag = database.write_sync(make)
    assert json.loads(outreach("flags", "show", flag, "--json").stdout)["table"] == "contacts"
    assert outreach("flags", "merge", flag).exit_code == 0
    [person] = database.read_sync(lambda s: s.scalars(select(Contact)).all())
    assert (person.email, person.phone) == ("dana@oakmont.example", "555-0101")
    assert database.read_sync(lambda s: s.scalars(select(AgentAuditLog.contact_id)).one()) == person.id


@pytest.fixture
def lists(tmp_path: Path) -> list[str]:
    """Two files that name one company in two ways."""
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_text(
        "Company,Website,City,State,Score\n"
        "Oakmont Robotics Inc,https://www.oakmont.example/,Akron,Ohio,1\n"
        "Quarry Labs,quarry.example,Erie,PA,2\n"
    )
    other.write_text("Name;Domain;Town\nOakmont Robotics;oakmont.example;Akron\nWillow;willow.example;Gary\n")
    return [str(one), str(other)]


def test_files_are_compared_without_a_database(outreach: Outreach, home: Path, lists: list[str]) -> None:
    told = json.loads(outreach("dedupe", *lists, "--json").stdout)
    assert (told["version"], told["kind"]) == (1, "organisations")
    assert told["files"][0]["columns"] == {
        "Company": "name", "Website": "domain", "City": "city", "State": "state", "Score": None,
    }  # fmt: skip
    [cluster] = told["clusters"]
    assert cluster["rows"] == [{"file": lists[0], "row": 2}, {"file": lists[1], "row": 2}]
    assert cluster["verdict"] == "certain"
    assert told["pairs"][0]["evidence"][0]["field"] == "name"
    assert "Oakmont Robotics" in outreach("dedupe", *lists).stdout
    assert list(home.iterdir()) == []


def test_meanings_can_be_given(outreach: Outreach, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("Unit,Key\nOakmont Robotics,1\nOakmont Robotics,2\n")
    assert outreach("dedupe", str(path)).exit_code == 2
    assert outreach("dedupe", str(path), "--field", "Unit=wizard").exit_code == 2
    assert outreach("dedupe", str(path), "--field", "Other=name").exit_code == 2
    assert outreach("dedupe", str(tmp_path / "missing.csv")).exit_code == 2
    found = json.loads(outreach("dedupe", str(path), "--field", "Unit=name", "--json").stdout)
    assert len(found["pairs"]) == 1
    apart = outreach("dedupe", str(path), "--field", "Unit=name", "--id", "Key", "--json").stdout
    assert json.loads(apart)["pairs"] == []
