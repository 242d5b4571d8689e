"""`outreach run --goal`: an order shown before anything runs, and run only as agreed."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.models import AgentRun, MessageDraft, Prospect
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.outreach.conftest import Outreach
from tests.support.openai_server import Reply, ScriptedServer
from tests.support.pipeline import small_sample


@pytest.fixture
def scored(home: Path, database: Database) -> Database:
    """Three colleges with their people, scored, nobody written to."""
    settings = Settings(home=home)
    with RunnerSession(settings) as session:
        session.run(settings.playbook, small_sample(home / "files", 3), 0)
    return database


def drafted(database: Database) -> list[Any]:
    def names(session: Session) -> list[str]:
        drafts = session.scalars(select(MessageDraft)).all()
        return [session.get_one(Prospect, draft.contact.prospect_id).state for draft in drafts]

    return database.read_sync(names)


def runs(database: Database, **values: Any) -> list[AgentRun]:
    return database.read_sync(
        lambda s: list(s.scalars(select(AgentRun).filter_by(**values).order_by(AgentRun.started_at)))
    )


def test_an_order_is_shown_and_then_run(outreach: Outreach, scored: Database) -> None:
    state = scored.read_sync(lambda s: s.scalars(select(Prospect.state).order_by(Prospect.name)).first())
    goal = f"1 draft to athletic directors in {state}"
    shown = outreach("run", "--goal", goal, "--dry-run")
    assert shown.exit_code == 0
    assert "Athletic Director" in shown.stdout
    assert "Nothing was run." in shown.stderr
    assert drafted(scored) == []
    done = outreach("run", "--goal", goal, "--yes", "--json")
    assert done.exit_code == 0
    assert drafted(scored) == [state]
    (run,) = runs(scored, id=json.loads(done.stdout)["run_id"])
    assert run.inputs
    assert run.inputs["wanted"] == {"states": [state], "personas": ["Athletic Director"]}
    (goal_run,) = runs(scored, id=run.inputs["goal_run_id"])
    assert goal_run.outputs
    assert goal_run.outputs["order"]["count"] == 1
    (step,) = runs(scored, parent_run_id=goal_run.id)
    assert (step.agent_name, step.prompt_id, step.status) == ("orchestrator", "orchestrator@v1", "success")


def test_json_without_yes_only_shows(outreach: Outreach, scored: Database) -> None:
    result = outreach("run", "--goal", "2 drafts to CFOs", "--json")
    told = json.loads(result.stdout)
    assert (told["schema"], told["playbook"], told["order"]["count"]) == ("outreach.goal/1", "sports-lighting", 2)
    assert isinstance(told["matching"], int)
    assert drafted(scored) == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--goal", "10 drafts to big colleges", "--yes"], "not understood: big"),
        (["--goal", "10 drafts to colleges"], "agreed to first"),
        (["--goal", "  ", "--yes"], "The goal is empty"),
        (["--goal", "import nowhere.csv", "--yes"], "There is no file nowhere.csv"),
        (["--goal", "5 drafts", "--limit", "3"], "A goal says itself"),
        (["--yes"], "belong to a --goal"),
        (["--only", "everything"], "everything"),
    ],
)
def test_what_is_refused_runs_nothing(outreach: Outreach, database: Database, args: list[str], says: str) -> None:
    result = outreach("run", *args)
    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert runs(database, agent_name="drafting") == []


def test_a_goal_imports_its_file_and_nothing_else(outreach: Outreach, scored: Database, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    path.write_text(
        "Institution,City,State,Division\nAlder Hall College,Dayton,OH,NCAA Division III\nElm College,Lima,OH,\n",
        encoding="utf-8",
    )
    result = outreach("run", "--goal", f'only import "{path}"', "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert [step["next"] for step in told["plan"]] == ["prospector", "end"]
    assert told["partly"] == ["prospector: 1 of 2 rows were not taken"]
    names = scored.read_sync(lambda s: set(s.scalars(select(Prospect.name))))
    assert "Alder Hall College" in names
    assert drafted(scored) == []


@pytest.mark.parametrize(("held", "said"), [(b"", "is empty."), (b"\x7fELF\x02\x01\x01" + bytes(200), "two.csv")])
def test_a_file_that_is_no_table_is_said(
    outreach: Outreach, database: Database, tmp_path: Path, held: bytes, said: str
) -> None:
    file = tmp_path / "two.csv"
    file.write_bytes(held)
    result = outreach("run", "--import", str(file))
    assert result.exit_code == 1
    assert said in result.stderr
    assert "docs/importing.md" in result.stderr
    assert "Traceback" not in result.stderr
    assert [run.status for run in runs(database, run_type="prospect")] == ["error"]


def test_one_part_alone(outreach: Outreach, scored: Database) -> None:
    result = outreach("run", "--only", "replies", "--json")
    assert [step["next"] for step in json.loads(result.stdout)["plan"]] == ["end"]
    assert drafted(scored) == []


def test_a_model_behind_an_endpoint_reads_goals_too(
    outreach: Outreach, scored: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = {"count": 1, "cities": ["Atlantis"], "states": ["Ohio"], "files": ["passwords.csv"]}
    with ScriptedServer(lambda _request, _number: Reply.json(order)) as server:
        monkeypatch.setenv("OUTREACH_MODEL", "scripted")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        result = outreach("run", "--goal", "one draft in Atlantis, Ohio", "--json")
    told = json.loads(result.stdout)["order"]
    assert (told["count"], told["states"], told["cities"], told["files"]) == (1, ["OH"], [], [])
    assert told["not_understood"] == ["Atlantis", "passwords.csv"]
    (step,) = runs(scored, run_type="model_call", model="scripted")
    assert step.tokens_in > 0


def test_a_model_that_gives_no_order(outreach: Outreach, scored: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer(lambda _request, _number: Reply.text("Sure, I will do that.")) as server:
        monkeypatch.setenv("OUTREACH_MODEL", "scripted")
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        result = outreach("run", "--goal", "one draft", "--yes")
    assert result.exit_code == 1
    assert "could not be read" in result.stderr
    assert drafted(scored) == []


def test_a_list_that_leads_to_nothing_is_told_why(
    outreach: Outreach, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scored high enough, but nothing to open with; then nobody is left, and the next command says what was missing."""
    monkeypatch.setenv("OUTREACH_PLAYBOOK", "qa-software")
    head = "Company,Website,Industry,Employees,First Name,Last Name,Title,Email,City,State\n"
    row = "Quarry Books,quarrybooks.example,Software,600,Tomas,Lind,Director of QA,t@quarrybooks.example,Oakland,CA\n"
    (tmp_path / "leads.csv").write_text(head + row)
    assert outreach("import", "leads.csv", "--source", "A fair", "--yes").exit_code == 0
    said = " ".join(outreach("run").stderr.split())
    assert "No message for 1 of them: no fact that a first message could open with." in said
    (prospect_id,) = database.read_sync(lambda s: s.scalars(select(Prospect.id)).all())
    assert f"Next: outreach score explain {prospect_id[:8]}" in said
    assert outreach("score", "explain", prospect_id[:8]).exit_code == 0
