"""The analyst: what it may say of numbers, and what it is not believed."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agents.analyst_policy import policy, write
from db.access import Database
from db.models import AgentRun
from tests.outreach.conftest import Outreach, database, home, outreach  # noqa: F401 (fixtures)
from tests.support.openai_server import Reply, ScriptedServer, policy_script, replies
from tests.support.touches import lay, made_up
from tools.analyst.report_rows import problems

ROWS: list[dict[str, Any]] = [
    {"number": 1, "kind": "total", "says": "1,200 people were written to; 90 replied."},
    {"number": 2, "kind": "rate", "by": "opener", "key": "x", "says": "opener x: 60 of 500 replied, 12.0%."},
    {
        "number": 3, "kind": "difference", "by": "opener", "key": "x", "difference": 0.05, "real": True,
        "says": "opener x against the others: a difference of +5.0 points (+1.2 to +8.9).",
    },
    {
        "number": 4, "kind": "difference", "by": "tier", "key": "A1", "difference": 0.02, "real": False,
        "says": "tier A1 against the others: a difference of +2.0 points (-1.0 to +5.0).",
    },
    {"number": 5, "kind": "few", "by": "touch", "key": "4", "says": "touch 4: 12 sent, 1 replied."},
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "cited", "wrong"),
    [
        ("1200 people were written to.", [1], None),
        ("Opener x did better, by 5.0 points.", [3], None),
        ("90 replied to opener x.", [2], "do not have 90"),
        ("14 % replied.", [2], "do not have 14"),
        ("Tier A1 did better, by 2.0 points.", [4], "'better' tells of a difference"),
        ("Opener x and tier A1 work best.", [3, 4], "'best' tells of a difference"),
        ("Opener x got 12.0%, higher than others.", [2], "'higher' tells of a difference"),
        ("Tier A1: from -1.0 to +5.0 points, so nothing is shown.", [4], None),
        ("All is well.", [], "cites no row"),
        ("All is well.", [9], "there is no row 9"),
        ("x" * 241, [1], "1 to 240 characters"),
    ],
)
def test_what_may_be_said(text: str, cited: list[int], wrong: str | None) -> None:
    found = "; ".join(problems(text, cited, ROWS))
    assert (found == "") if wrong is None else (wrong in found)


def test_the_rules_say_only_what_bears_checking() -> None:
    for rows in (ROWS, ROWS[:1], [row for row in ROWS if row["number"] != 3]):
        said = write(rows)
        assert len(said) <= 10
        assert [problems(one.text, one.rows, rows) for one in said] == [[]] * len(said)
    assert [one.kind for one in write(ROWS)] == ["overall", "worked", "too_little", "next"]
    assert "worked" not in [one.kind for one in write([row for row in ROWS if row["number"] != 3])]


@pytest.fixture
def filled(database: Database, home: Path) -> Database:  # noqa: F811 (a fixture)
    lay(f"sqlite:///{home / 'outreach.db'}", made_up(900, 3, seed=5))
    return database


def with_model(monkeypatch: pytest.MonkeyPatch, server: ScriptedServer) -> None:
    monkeypatch.setenv("OUTREACH_MODEL", "scripted")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def test_over_a_database(outreach: Outreach, filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    told = json.loads(outreach("analyse", "--json").stdout)
    assert told["refused"] == []
    shown = [one["text"] for one in told["statements"] if one["kind"] == "worked"]
    assert any("opener company_metric" in text and text.startswith("Better") for text in shown)
    # Drawn at random: no difference is told.
    assert not any("pain-hook" in text or "tier" in text for text in shown)
    run = filled.read_sync(lambda s: s.scalars(select(AgentRun).where(AgentRun.parent_run_id.is_(None))).one())
    assert (run.agent_name, run.run_type, run.status) == ("analyst", "analysis", "success")
    assert run.outputs["statements"] == told["statements"]
    screen = outreach("analyse", "--rows").stdout
    assert "In all: 900 people were written to" in screen
    with ScriptedServer(policy_script(policy)) as server:
        with_model(monkeypatch, server)
        assert json.loads(outreach("analyse", "--json").stdout)["statements"] == told["statements"]


def test_a_model_is_not_believed(outreach: Outreach, filled: Database, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    lies = {
        "statements": [
            {"kind": "overall", "text": "900 people were written to.", "rows": [1]},
            {"kind": "worked", "text": "Replies have doubled to 4,321.", "rows": [1]},
        ]
    }
    with ScriptedServer(replies(Reply.json(lies), Reply.json(lies))) as server:
        with_model(monkeypatch, server)
        told = json.loads(outreach("analyse", "--json").stdout)
        assert server.calls == 2  # it is told what was wrong, once
    assert [one["text"] for one in told["statements"]] == ["900 people were written to."]
    assert "4,321" in told["refused"][0]
    run = filled.read_sync(lambda s: s.scalars(select(AgentRun).where(AgentRun.parent_run_id.is_(None))).one())
    assert run.status == "partial"


def test_of_nothing(outreach: Outreach, database: Database) -> None:  # noqa: F811
    said = outreach("analyse")
    assert "0 people were written to with 0 touches; 0 replied, 0 positively; 0 meetings" in said.stdout
    assert "No message has left that fits. What is ready to: outreach outbox" in said.stderr
