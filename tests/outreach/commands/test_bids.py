"""`outreach bids`: files without a database, and the round of import, list and review with one."""

import json
from pathlib import Path

from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach
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
    assert set(told) == {"file", "format", "playbook", "columns", "prospects", "counts", "tenders", "refused"}
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
    run = database.read_sync(lambda s: [(r.agent_name, r.run_type, r.status) for r in s.query(AgentRun)])
    assert run == [("prospector", "prospect", "partial")] * 2

    rows = json.loads(outreach("bids", "list", "--json").stdout)
    assert {row["status"] for row in rows} == {"matched", "new"}
    mason = next(row for row in rows if row["status"] == "new")
    done = outreach("bids", "review", mason["id"][:8], "--not-relevant", "--json")
    assert json.loads(done.stdout)["status"] == "not_relevant"
    assert len(json.loads(outreach("bids", "list", "--json").stdout)) == 1
    assert "Athletic Field Lighting" in outreach("bids", "list").stdout
    assert outreach("bids", "review", "zz", "--relevant").exit_code == 1
    assert json.loads(outreach("bids", "match", "--json").stdout)["counts"] == {"amended": 0, "unchanged": 1}
