"""`outreach signals`: files without a database, and what is stored with one."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agents.prospector_signals_policy import policy
from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach
from tests.support.openai_server import Reply, ScriptedServer, policy_script, replies
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
    assert set(told) == {"file", "holds", "playbook", "decided_by", "counts", "signals", "not_signals", "refused"}
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
    runs = database.read_sync(
        lambda s: [(r.agent_name, r.run_type, r.status) for r in s.query(AgentRun) if r.parent_run_id is None]
    )
    assert runs == [("prospector", "signal_scan", "success")] * 3


def with_model(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    monkeypatch.setenv("OUTREACH_MODEL", "scripted")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def test_a_model_decides_and_code_checks_it(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "news.csv"
    file.write_text(NEWS.format(day=datetime.now(UTC).date().isoformat()))
    database.write_sync(lambda s: make_prospect(s, name="Acme Robotics", playbook="qa-software", venue_type="company"))

    def decision(**given: object) -> dict[str, object]:
        return {
            "number": 1, "type": "buyer_intent", "words": "raised $20 million", "confidence": 70, "reason": "they have "
            "money to spend", **given
        }  # fmt: skip

    said = {
        "decisions": [
            decision(),
            decision(number=2),
            decision(type="funding", words="Acme Robotics raised $90 million."),
        ]
    }
    with ScriptedServer(replies(Reply.json(said))) as server:
        with_model(monkeypatch, server)
        told = json.loads(qa(outreach, "scan", str(file), "--json").stdout)
        assert server.calls == 1
    assert told["by_type"] == {"buyer_intent": 1}
    assert told["counts"]["refused"] == 2
    assert [one["reason"] for one in told["refused_decisions"]] == [
        "no item has this number",
        "its words do not stand in the item",
    ]
    rows = json.loads(qa(outreach, "list", "--json").stdout)
    assert [(row["type"], row["description"]) for row in rows] == [
        ("buyer_intent", "Acme Robotics raised $20 million.")
    ]
    runs = {r.run_type: r for r in database.read_sync(lambda s: s.query(AgentRun).all()) if r.parent_run_id}
    root = database.read_sync(lambda s: s.query(AgentRun).filter(AgentRun.parent_run_id.is_(None)).one())
    assert (root.agent_name, root.run_type, root.status) == ("prospector", "signal_scan", "partial")
    batch, call = runs["signal_scan"], runs["model_call"]
    assert (batch.parent_run_id, call.parent_run_id) == (root.id, batch.id)
    assert (batch.prompt_id, call.model) == ("prospector_signals@v1", "scripted")
    assert len(batch.decisions) == 3
    assert call.tokens_in > 0


def test_the_rules_over_the_wire_keep_the_same_signals(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = datetime.now(UTC).date().isoformat()
    file = tmp_path / "jobs.csv"
    titles = ("SDET", "QA Lead", "Test Engineer", "Hardware Test Engineer", "Account Executive")
    file.write_text("Company,Title,Posted\n" + "".join(f"Acme Robotics,{title},{day}\n" for title in titles))
    database.write_sync(lambda s: make_prospect(s, name="Acme Robotics", playbook="qa-software", venue_type="company"))
    with ScriptedServer(policy_script(policy)) as server:
        with_model(monkeypatch, server)
        told = json.loads(qa(outreach, "scan", str(file), "--json").stdout)
    dry = json.loads(qa(outreach, "scan", str(file), "--dry-run", "--json").stdout)
    assert told["counts"]["created"] == dry["counts"]["signals"] == 2
    assert (told["counts"]["passed_over"], told["counts"]["asked"]) == (1, 4)
    assert told["counts"]["not_signals"] == dry["counts"]["not_signals"]
    monkeypatch.setenv("OUTREACH_MODEL", "rules")
    assert json.loads(qa(outreach, "scan", str(file), "--json").stdout)["counts"]["unchanged"] == 2


def test_a_model_that_does_not_answer_ends_the_scan_cleanly(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "news.csv"
    file.write_text(NEWS.format(day="2026-09-01"))
    with ScriptedServer(lambda _request, _number: Reply.error(401, "bad key")) as server:
        with_model(monkeypatch, server)
        result = qa(outreach, "scan", str(file))
    assert result.exit_code == 1
    assert "401" in result.stderr
    runs = database.read_sync(lambda s: {(r.run_type, r.status) for r in s.query(AgentRun)})
    assert runs == {("signal_scan", "error"), ("model_call", "error")}
