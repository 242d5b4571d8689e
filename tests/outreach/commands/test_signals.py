"""`outreach signals`: files without a database, and what is stored with one."""

import json
from pathlib import Path

from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach
from tests.support.rows import make_prospect

NEWS = (
    "Company,Headline,Text,Date,Link\nAcme Robotics,,Acme Robotics raised $20 million.,{day},https://news.example/1\n"
)


def qa(outreach: Outreach, *args: str):  # type: ignore[no-untyped-def]  # the runner's own result
    return outreach("--playbook", "qa-software", "signals", *args)


def test_a_dry_run_needs_no_database_and_writes_nothing(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "jobs.csv"
    file.write_text("Company,Title,Posted\nAcme,SDET,2026-09-01\nAcme,Hardware Test Engineer,2026-09-01\n")
    result = qa(outreach, "scan", str(file), "--dry-run", "--json")
    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert set(told) == {"file", "holds", "playbook", "counts", "signals", "not_signals", "refused"}
    assert told["counts"] == {
        "read": 2, "signals": 1, "not_signals": 1, "refused": 0, "by_type": {"qa_job_posting": 1}
    }  # fmt: skip
    assert told["signals"][0]["expires_at"] == "2026-11-30"
    assert told["not_signals"][0]["reason"] == "'hardware' is of another trade"
    assert list(home.iterdir()) == []
    other = outreach("signals", "scan", str(file), "--dry-run")
    assert "takes no signals from openings" in other.stderr


def test_text_without_columns(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    file = tmp_path / "news.txt"
    file.write_text("Voters approved a $24 million bond issue. Kenyon College has no plans to replace stadium lights.")
    result = outreach("signals", "scan", str(file), "--organisation", "Kenyon College", "--dry-run", "--json")
    told = json.loads(result.stdout)
    assert [one["type"] for one in told["signals"]] == ["funding"]
    assert told["signals"][0]["evidence"] == "Voters approved a $24 million bond issue."


def test_wrong_usage(outreach: Outreach, home: Path, tmp_path: Path) -> None:
    assert outreach("signals", "scan", "--dry-run").exit_code == 2
    assert outreach("signals", "scan", str(tmp_path / "none.csv"), "--dry-run").exit_code == 2
    assert outreach("signals", "scan", str(tmp_path), "--as", "films", "--dry-run").exit_code == 2
    assert outreach("signals", "list", "--type", "rumour").exit_code == 2


def test_scan_into_the_database_and_over_it(outreach: Outreach, database: Database, tmp_path: Path) -> None:
    from datetime import UTC, datetime

    file = tmp_path / "news.csv"
    file.write_text(NEWS.format(day=datetime.now(UTC).date().isoformat()))
    database.write_sync(lambda s: make_prospect(s, name="Acme Robotics", playbook="qa-software", venue_type="company"))
    first = json.loads(qa(outreach, "scan", str(file), "--json").stdout)
    assert first["counts"]["created"] == 1
    assert json.loads(qa(outreach, "scan", str(file), "--json").stdout)["counts"]["unchanged"] == 1
    assert qa(outreach, "scan").exit_code == 0
    rows = json.loads(qa(outreach, "list", "--json").stdout)
    assert [(row["type"], row["prospect"]) for row in rows] == [("funding", "Acme Robotics")]
    assert "raised $20 million" in qa(outreach, "list", "--type", "funding").stdout
    runs = database.read_sync(lambda s: [(r.agent_name, r.run_type, r.status) for r in s.query(AgentRun)])
    assert runs == [("prospector", "signal_scan", "success")] * 3
