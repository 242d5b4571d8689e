"""`outreach bids`: files without a database, and the round of import, list and review with one."""

import json
from pathlib import Path

import pytest

from agents.prospector_bids_policy import policy
from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach
from tests.support.openai_server import Reply, ScriptedServer, policy_script, replies
from tests.support.rows import make_prospect

FEED = (
    "Bid Number,Title,Agency,State,City,Posted,Due Date\n"
    "RFP-0000041,Athletic Field Lighting,Kenyon College,OH,Gambier,2026-09-01,2036-10-01\n"
    "RFP-0000042,Football field lights,Mason City Schools,OH,Mason,2026-09-01,2036-10-01\n"
    "RFP-0000043,,City of Mason,OH,Mason,2026-09-01,2036-10-01\n"
)


def feed(folder: Path) -> str:
    path = folder / "feed.csv"
    path.write_text(FEED)
    return str(path)


def test_a_dry_run_needs_no_database_and_writes_nothing(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    result = outreach("bids", "match", feed(tmp_path), "--dry-run", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert set(told) == {
        "file",
        "format",
        "playbook",
        "decided_by",
        "columns",
        "prospects",
        "counts",
        "tenders",
        "refused",
    }
    assert told["prospects"]["source"] == "colleges.csv"
    assert told["counts"]["relevant"] == 2
    kenyon = told["tenders"][0]
    assert set(kenyon) == {
        "source", "external_id", "title", "organization", "state", "city", "posted", "due", "stage", "url", "status",
        "relevance", "match", "earlier", "notices",
    }  # fmt: skip
    assert kenyon["status"] == "matched"
    assert kenyon["match"]["prospect"] == "Kenyon College"
    assert kenyon["match"]["evidence"]
    assert told["refused"] == [{"row": 4, "reason": "the row has no title"}]
    assert list(home.iterdir()) == []


def test_prospects_of_a_file(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    prospects = tmp_path / "prospects.csv"
    prospects.write_text("Name,State,City\nMason High School,OH,Mason\n")
    result = outreach("bids", "match", feed(tmp_path), "--prospects", str(prospects), "--json")
    mason = json.loads(result.stdout)["tenders"][1]
    assert (mason["match"]["verdict"], mason["match"]["prospect"]) == ("review", "Mason High School")
    table = outreach("bids", "match", feed(tmp_path), "--dry-run", "--prospects", str(prospects))
    assert "Athletic Field Lighting" in table.stdout
    assert "Nothing was written" in table.stderr


def test_wrong_usage(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    assert outreach("bids", "match", "--dry-run").exit_code == 2
    assert outreach("bids", "match", str(tmp_path / "none.csv"), "--dry-run").exit_code == 2
    assert outreach("bids", "match", feed(tmp_path), "--dry-run", "--column", "title").exit_code == 2
    assert outreach("bids", "match", feed(tmp_path), "--dry-run", "--column", "title=Titel").exit_code == 2
    assert outreach("bids", "review", "ab").exit_code == 2
    assert outreach("bids", "list", "--status", "old").exit_code == 2
    assert "outreach init" in outreach("bids", "import", feed(tmp_path)).stderr


def test_import_list_and_review(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    database.write_sync(lambda s: make_prospect(s, name="Kenyon College", city="Gambier"))
    first = outreach("bids", "import", feed(tmp_path), "--json")
    assert first.exit_code == 3  # one row was refused, the others are in
    counts = json.loads(first.stdout)["counts"]
    assert (counts["created"], counts["matched"], counts["refused"]) == (2, 1, 1)
    again = json.loads(outreach("bids", "import", feed(tmp_path), "--json").stdout)["counts"]
    assert (again["created"], again["amended"], again["unchanged"]) == (0, 0, 2)
    run = database.read_sync(
        lambda s: [(r.agent_name, r.run_type, r.status) for r in s.query(AgentRun) if r.parent_run_id is None]
    )
    assert run == [("prospector", "prospect", "partial")] * 2

    rows = json.loads(outreach("bids", "list", "--json").stdout)
    assert {row["status"] for row in rows} == {"matched", "new"}
    mason = next(row for row in rows if row["status"] == "new")
    done = outreach("bids", "review", mason["id"][:8], "--not-relevant", "--json")
    assert json.loads(done.stdout)["status"] == "not_relevant"
    assert len(json.loads(outreach("bids", "list", "--json").stdout)) == 1
    assert "Athletic Field Lighting" in outreach("bids", "list").stdout
    assert outreach("bids", "review", "zz", "--relevant").exit_code == 1
    assert json.loads(outreach("bids", "match", "--json").stdout)["counts"] == {
        "amended": 0, "unchanged": 1, "asked": 1, "passed_over": 0
    }  # fmt: skip


def with_model(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    monkeypatch.setenv("OUTREACH_MODEL", "scripted")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def test_a_model_decides_and_the_list_shows_its_reasons(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_sync(lambda s: make_prospect(s, name="Kenyon College", city="Gambier"))
    said = {
        "decisions": [
            {"number": 1, "relevance": 91, "words": "Athletic field lighting", "prospect": 1, "confidence": 60,
             "reason": "fields are to be lit", "evidence": "perhaps another Kenyon"},
            {"number": 2, "relevance": 10, "reason": "lights of a practice field that is gone"},
        ]
    }  # fmt: skip
    with ScriptedServer(replies(Reply.json(said))) as server:
        with_model(monkeypatch, server)
        counts = json.loads(outreach("bids", "import", feed(tmp_path), "--json").stdout)["counts"]
        again = json.loads(outreach("bids", "import", feed(tmp_path), "--json").stdout)["counts"]
        assert server.calls == 1  # what is unchanged is not asked about again
    assert (counts["created"], counts["asked"], counts["to_review"], counts["not_relevant"]) == (2, 2, 1, 1)
    assert (again["unchanged"], again["asked"]) == (2, 0)
    (row,) = json.loads(outreach("bids", "list", "--json").stdout)
    assert (row["title"], row["status"], row["match_confidence"]) == ("Athletic Field Lighting", "new", 0.6)
    assert row["relevance"] == {"score": 91, "standing": "relevant", "reasons": ["fields are to be lit"]}
    root, other = database.read_sync(
        lambda s: s.query(AgentRun).filter(AgentRun.parent_run_id.is_(None)).order_by(AgentRun.started_at).all()
    )
    children = database.read_sync(lambda s: s.query(AgentRun).filter(AgentRun.parent_run_id == root.id).all())
    assert [(c.agent_name, c.run_type, c.prompt_id) for c in children] == [
        ("prospector", "prospect", "prospector_bids@v1")
    ]
    assert other.status == "partial"
    # Back with the rules, the same tenders are judged by the playbook's words, and shown so.
    monkeypatch.setenv("OUTREACH_MODEL", "rules")
    assert json.loads(outreach("bids", "match", "--json").stdout)["counts"]["amended"] == 2
    rows = json.loads(outreach("bids", "list", "--json").stdout)
    assert {row["status"] for row in rows} == {"matched", "new"}
    assert all("speaks of" in row["relevance"]["reasons"][0] for row in rows)


def test_a_feed_of_which_nothing_could_be_taken_is_a_failure(outreach: Outreach, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text("Bid Number,Title,Agency\nRFP-1,,City of Mason\n")
    assert outreach("bids", "import", str(tmp_path / "feed.csv")).exit_code == 1


def test_the_rules_over_the_wire_make_the_same_rows(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database.write_sync(lambda s: make_prospect(s, name="Kenyon College", city="Gambier"))
    with ScriptedServer(policy_script(policy)) as server:
        with_model(monkeypatch, server)
        assert outreach("bids", "import", feed(tmp_path)).exit_code == 3
    monkeypatch.setenv("OUTREACH_MODEL", "rules")
    assert json.loads(outreach("bids", "match", "--json").stdout)["counts"]["amended"] == 0
    rows = json.loads(outreach("bids", "list", "--json").stdout)
    assert {(row["status"], row["match_confidence"]) for row in rows} == {("matched", 0.99), ("new", None)}


def test_a_decision_that_is_not_borne_out_leaves_the_tender_to_the_rules(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lie = {"decisions": [{"number": 1, "relevance": 99, "words": "a stadium of gold", "reason": "gold"}]}
    with ScriptedServer(replies(Reply.json(lie))) as server:
        with_model(monkeypatch, server)
        told = json.loads(outreach("bids", "import", feed(tmp_path), "--json").stdout)
    assert told["refused_decisions"] == [{"number": 1, "reason": "its words do not stand in the tender"}]
    assert {row["status"] for row in json.loads(outreach("bids", "list", "--json").stdout)} == {"new"}
