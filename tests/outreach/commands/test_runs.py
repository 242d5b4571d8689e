"""`outreach runs` lists runs and shows them as trees that stay readable."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach
from tests.support.rows import make_contact, make_prospect

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROOT = "a0" * 16
AGENTS = (("researcher", "research"), ("drafting", "draft"), ("qc", "qc"))


def add_run(session: Session, run_id: str, parent: str | None, second: int, **values: Any) -> str:
    given = {"run_type": "orchestrate", "agent_name": "orchestrator", "status": "success", **values}
    session.add(AgentRun(id=run_id, parent_run_id=parent, started_at=BEGAN + timedelta(seconds=second), **given))
    session.flush()
    return run_id


def fill(session: Session, contacts: int) -> None:
    add_run(session, ROOT, None, 0, duration_ms=125_000)
    college = make_prospect(session, name="Kenyon \x1b[2JCollege")
    for number in range(contacts):
        contact = make_contact(session, college, first_name=f"P{number:03}")
        for place, (agent, kind) in enumerate(AGENTS):
            failed = agent == "drafting" and number == contacts - 1
            run = add_run(
                session,
                f"{number:04x}{place}".ljust(32, "f"),
                ROOT,
                number * 3 + place + 1,
                run_type=kind,
                agent_name=agent,
                contact_id=contact.id,
                duration_ms=1500,
                status="error" if failed else "success",
                error_message="ModelBusy: the server answers 429" if failed else None,
            )
            add_run(
                session,
                f"{number:04x}{place}".ljust(32, "e"),
                run,
                number * 3 + place + 2,
                run_type="model_call",
                agent_name=agent,
                model="tiny-1",
                tokens_in=1000,
                tokens_out=100,
                tokens_cached=10,
                cost_usd=0.001,
                duration_ms=700,
                inputs={"name": "tiny-1", "messages": ["Write to \x1b[31mher."]},
                outputs=[{"content": "x" * 2000}],
            )


def test_the_list_shows_roots_with_what_is_below_them(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: fill(s, 2))
    result = outreach("runs", "list")
    assert result.exit_code == 0
    row = next(line for line in result.stdout.splitlines() if line.startswith(ROOT[:8]))
    assert "orchestrator" in row
    assert "2m05s" in row
    assert "6,000" in row
    assert "$0.0060" in row
    rows = json.loads(outreach("runs", "list", "--json").stdout)
    assert [(r["id"], r["total"]["tokens_in"], r["total"]["errors"]) for r in rows] == [(ROOT, 6000, 1)]
    failed = json.loads(outreach("runs", "list", "--status", "error", "--agent", "drafting", "--json").stdout)
    assert [r["agent_name"] for r in failed] == ["drafting"]
    assert len(json.loads(outreach("runs", "list", "--agent", "qc", "-n", "1", "--json").stdout)) == 1


def test_a_wrong_filter_is_wrong_usage(outreach: Outreach, database: Database) -> None:
    result = outreach("runs", "list", "--status", "completed")
    assert result.exit_code == 2
    assert "Known are: running, waiting, success, partial, error" in result.stderr
    assert "Known are: orchestrator" in outreach("runs", "list", "--agent", "x").stderr


def test_the_tree_has_durations_tokens_cost_and_errors(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: fill(s, 1))
    result = outreach("runs", "show", "last")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["step", "type", "status", "time", "in", "out", "cached", "cost"]
    assert " ".join(lines[1].split()) == "orchestrator a0a0a0a0 orchestrate success 2m05s 3,000 300 30 $0.0030"
    assert lines[2].startswith("├─ researcher: P000 Reyes, Kenyon <U+001B>[2JCollege 00000fff")
    assert " ".join(lines[3].split()) == "│ └─ model tiny-1 model_call success 700ms 1,000 100 10 $0.0010"
    assert "│  ! ModelBusy: the server answers 429" in result.stdout
    assert "\x1b" not in result.output
    assert "3 model calls, 0 tool calls, 3,000 tokens in (30 cached), 300 out, $0.0030" in result.stderr


def test_250_contacts_stay_readable_and_all_shows_them(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: fill(s, 250))
    lines = outreach("runs", "show", ROOT[:6]).stdout.splitlines()
    assert len(lines) < 45
    folded = [line for line in lines if "more" in line]
    assert len(folded) == 3
    assert folded[0].split()[:4] == ["├─", "…", "245", "more"]
    assert "245k" in folded[0]
    # What went wrong is shown first, though it came last.
    assert any("ModelBusy" in line for line in lines)
    assert any("drafting: P249" in line for line in lines)
    assert len(outreach("runs", "show", "last", "--all").stdout.splitlines()) == 2 + 250 * 6 + 1


def test_full_shows_what_went_in_and_out_trimmed(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: fill(s, 1))
    text = outreach("runs", "show", "last", "--full").stdout
    assert "in:  {" in text
    assert "Write to" in text
    assert "characters; --json has all)" in text
    assert "\x1b" not in text
    assert "x" * 2000 not in text.replace("\n", "")


def test_json_is_the_nested_tree_with_everything(outreach: Outreach, database: Database) -> None:
    database.write_sync(lambda s: fill(s, 1))
    tree = json.loads(outreach("runs", "show", ROOT, "--json").stdout)
    assert tree["total"]["cost_usd"] == pytest.approx(0.003)
    assert [child["agent_name"] for child in tree["children"]] == ["researcher", "drafting", "qc"]
    call = tree["children"][0]["children"][0]
    assert (call["model"], call["own"]["tokens_in"]) == ("tiny-1", 1000)
    assert call["inputs"]["messages"] == ["Write to \x1b[31mher."]
    assert call["outputs"] == [{"content": "x" * 2000}]


def test_an_unknown_run_is_a_complaint(outreach: Outreach, database: Database) -> None:
    assert "Next: outreach run" in outreach("runs", "show", "last").stderr
    for reference in ("ffff", "nothing"):
        result = outreach("runs", "show", reference)
        assert result.exit_code == 1
        assert "outreach runs list" in result.stderr
