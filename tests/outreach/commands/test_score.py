"""`outreach score` as a person meets it. All records are invented."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun
from playbooks import load_playbook, loader
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_prospect
from tools.scoring import due, score_prospects

RUN = "c" * 32


@pytest.fixture
def colleges(database: Database) -> list[str]:
    """Two colleges that were scored by the shipped playbook; their ids."""
    playbook = load_playbook("sports-lighting")

    def make(s: Any) -> list[str]:
        s.add(AgentRun(id=RUN, run_type="hygiene", agent_name="hygiene"))
        one = make_prospect(s, name="Oakmont College", enrollment=3200, primary_sport="football")
        make_contact(s, one, role="decision_maker")
        other = make_prospect(s, name="Oakmont University", state="OTHER")
        s.flush()
        score_prospects(s, playbook, due(s, playbook), RUN, "hygiene")
        return [one.id, other.id]

    with acting_as(f"agent:{RUN}"):
        return database.write_sync(make)


@pytest.fixture
def changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The playbooks with another weight of geography, as version 2."""
    folder = tmp_path / "playbooks"
    shutil.copytree(loader.FOLDER, folder)
    file = folder / "sports-lighting" / "playbook.toml"
    text = file.read_text(encoding="utf-8").replace('"sports-lighting-1"', '"sports-lighting-2"')
    old = "[scoring.dimensions.geography]\nweight = 4"
    assert old in text
    file.write_text(text.replace(old, old.replace("4", "1")), encoding="utf-8")
    monkeypatch.setattr(loader, "FOLDER", folder)


def test_explained_by_name_and_by_the_beginning_of_an_id(outreach: Outreach, colleges: list[str]) -> None:
    told = json.loads(outreach("score", "explain", "oakmont college", "--json").stdout)
    assert (told["prospect_id"], told["up_to_date"], len(told["parts"])) == (colleges[0], True, 8)
    assert told["parts"][0] == {
        "dimension": "venue_type", "score": 6, "most": 10, "weight": 5,
        "reason": "It is a college of NCAA Division III.",
    }  # fmt: skip
    assert told["history"][0]["score"] == told["score"] == told["parts_give"]
    shown = outreach("score", "explain", colleges[0][:10]).stdout
    assert f"Oakmont College: {told['score']} of 100, tier {told['tier']}" in shown
    assert "Tiers from: A1 72, A2 60, B 56, C 51, D 0" in shown


def test_an_ambiguous_name_lists_who_is_meant(outreach: Outreach, colleges: list[str]) -> None:
    result = outreach("score", "explain", "oakmont", "--json")
    assert result.exit_code == 2
    assert [row["id"] for row in json.loads(result.stdout)] == colleges
    assert outreach("score", "explain", "willow").exit_code == 1


def test_after_a_change_what_moved_is_shown(outreach: Outreach, colleges: list[str], changed: None) -> None:
    assert json.loads(outreach("score", "explain", colleges[0], "--json").stdout)["up_to_date"] is False
    assert "outreach score again" in outreach("score", "explain", colleges[0]).stderr
    told = json.loads(outreach("score", "again", "--json").stdout)
    assert (told["version"], told["prospects"], told["counts"]["rescored"]) == ("sports-lighting-2", 2, 2)
    [move] = [move for move in told["scored_anew"] if move["prospect_id"] == colleges[0]]
    assert (move["before"]["version"], move["after"]["version"]) == ("sports-lighting-1", "sports-lighting-2")
    weights = {d["dimension"]: (d["before"]["weight"], d["after"]["weight"]) for d in move["dimensions"]}
    assert weights == {"geography": (4, 1)}
    assert json.loads(outreach("score", "again", "--json").stdout)["scored_anew"] == []
    assert json.loads(outreach("score", "again", "--all", "--json").stdout)["counts"]["rescored"] == 0
    assert "geography weight 4 → 1" in outreach("score", "changes").stdout


def test_nothing_to_do_is_said(outreach: Outreach, colleges: list[str]) -> None:
    assert "Every score is of version sports-lighting-1" in outreach("score", "again").stderr
    assert "Nothing was scored twice yet" in outreach("score", "changes").stderr
