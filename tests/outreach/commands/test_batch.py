"""`outreach batch`, `outreach run --batch` and `outreach call-prep`, as a person meets them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from agents.parts import Part
from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, Batch, Contact, MessageDraft
from db.suppressions import bar_contact
from outreach.session import RunnerSession
from outreach.settings import load_settings
from tests.outreach.conftest import Outreach
from tests.support.pipeline import small_sample


@pytest.fixture
def database(home: Path, outreach: Outreach) -> Iterator[Database]:
    """Eight colleges, scored, nobody written to."""
    assert outreach("init").exit_code == 0
    with RunnerSession(load_settings()) as session:
        session.run("sports-lighting", small_sample(home, 8), None, only=[Part.IMPORT, Part.SCORE])
    with Database(f"sqlite:///{home / 'outreach.db'}", "user") as found, acting_as("user:test"):
        yield found


def shown(outreach: Outreach, *args: str) -> Any:
    result = outreach(*args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


MIX = ("--mix", "athletic_directors=4")


def test_from_the_mix_to_the_messages(database: Database, outreach: Outreach) -> None:
    dry = shown(outreach, "batch", "build", *MIX, "--ab", "ask_intensity", "--a", "soft", "--b", "direct", "--dry-run")
    assert shown(outreach, "batch", "list") == []
    args = ("--ab", "ask_intensity", "--a", "soft", "--b", "direct", "--seed", str(dry["seed"]))
    made = shown(outreach, "batch", "build", *MIX, *args)
    assert made["places"] == dry["places"]
    assert made["batch"] == 1
    assert len(made["brief"]) == 5
    assert {name: g["people"] for name, g in made["groups"].items()} == {"A": 2, "B": 2}
    assert outreach("run", "--batch", "1").exit_code == 0
    batch = shown(outreach, "batch", "show", "1")
    assert batch["status"] == "ready"
    groups = {m["contact_id"]: m["group"] for m in batch["members"]}
    drafts = database.read_sync(lambda s: list(s.scalars(select(MessageDraft))))
    assert drafts
    assert {d.contact_id for d in drafts} == {m["contact_id"] for m in batch["members"] if m["draft"] == "waiting"}
    for draft in drafts:
        assert (draft.batch_id, draft.ab_variable) == (batch["id"], "ask_intensity")
        assert draft.ab_group == groups[draft.contact_id]
        assert draft.ask_style == {"A": "soft_offer", "B": "direct_ask"}[draft.ab_group or ""]
    assert len(outreach("approve", "list", "--batch", "1", "--json").stdout) > 10
    last = json.loads(outreach("runs", "show", "last", "--json").stdout)
    assert last["agent_name"] == "orchestrator", "the brief that is written anew at its end is a part of the run"
    assert [run["run_type"] for run in last["children"]][-1] == "pre_brief"
    text = outreach("batch", "show", "1").stdout
    assert all(m["person"].split()[-1] in text for m in batch["members"])


def test_the_run_is_recorded_with_who_and_why(database: Database, outreach: Outreach) -> None:
    shown(outreach, "batch", "build", *MIX, "--seed", "5")

    def look(session: Any) -> None:
        batch = session.scalars(select(Batch)).one()
        run = session.scalars(select(AgentRun).where(AgentRun.run_type == "batch_build")).one()
        brief = session.scalars(select(AgentRun).where(AgentRun.run_type == "pre_brief")).one()
        assert (run.agent_name, run.status, run.batch_id) == ("analyst", "success", batch.id)
        assert run.inputs["seed"] == 5
        assert len(run.decisions) == 4
        assert all(d["because"] and d["share"] == "athletic_directors" for d in run.decisions)
        assert (brief.parent_run_id, brief.batch_id, brief.prompt_id) == (run.id, batch.id, "analyst_brief@v1")
        assert batch.pre_brief.count("\n") == 4

    database.read_sync(look)


@pytest.mark.parametrize(
    "args",
    [
        ("build", "--mix", "ceo=3"),
        ("build", "--mix", "athletic_directors=3", "--size", "9"),
        ("build", "--ab", "ask_intensity"),
        ("build", "--a", "soft"),
        ("build", "--ab", "ask_intensity", "--a", "soft", "--b", "loud"),
        ("build", "--experiment", "none such"),
        ("build", "--experiment", "x", "--ab", "ask_intensity"),
        ("show", "9"),
        ("start", "9"),
        ("brief", "9"),
        ("fill", "9"),
        ("drop", "9", "Dana", "--reason", "x"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence(
    database: Database, outreach: Outreach, args: tuple[str, ...]
) -> None:
    result = outreach("batch", *args)
    assert result.exit_code in (1, 2)
    assert result.stderr.strip()
    assert shown(outreach, "batch", "list") == []


def test_a_batch_of_nobody_runs_nothing(database: Database, outreach: Outreach) -> None:
    assert outreach("run", "--batch", "4").exit_code == 1
    assert outreach("run", "--batch", "4", "--goal", "x").exit_code == 2


def test_places_without_a_message_are_filled_and_people_dropped(database: Database, outreach: Outreach) -> None:
    shown(outreach, "batch", "build", *MIX)
    outreach("run", "--batch", "1")
    assert "Places without a message" in outreach("batch", "fill", "1").stderr
    people = shown(outreach, "batch", "show", "1")["members"]
    person = next(m for m in people if m["draft"] == "waiting")
    told = outreach("batch", "drop", "1", person["contact_id"], "--reason", "a friend")
    assert "still counts" in told.stderr
    after = {m["contact_id"]: m for m in shown(outreach, "batch", "show", "1")["members"]}
    assert (after[person["contact_id"]]["sequence_status"], after[person["contact_id"]]["draft"]) == (
        "stopped",
        "archived",
    )
    assert outreach("batch", "close", "1").exit_code == 0
    assert shown(outreach, "batch", "list")[0]["status"] == "completed"


def test_a_page_for_a_call(database: Database, outreach: Outreach) -> None:
    outreach("run", "--limit", "3")
    contact_id = database.read_sync(lambda s: s.scalars(select(MessageDraft.contact_id)).first())
    assert contact_id
    page = shown(outreach, "call-prep", contact_id)
    assert len(page["questions"]) == 3
    assert page["why_now"]
    assert all(line["sources"] for line in page["why_now"])
    lines = outreach("call-prep", contact_id).stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    run = database.read_sync(lambda s: s.scalars(select(AgentRun).where(AgentRun.run_type == "call_prep")).first())
    assert run is not None
    assert (run.agent_name, run.contact_id, run.status) == ("analyst", contact_id, "success")


def test_nobody_is_prepared_to_call_somebody_who_asked_not_to_be(database: Database, outreach: Outreach) -> None:
    def bar(session: Any) -> str:
        contact = session.scalars(select(Contact).where(Contact.email.is_not(None))).first()
        bar_contact(session, contact, reason="asked on the phone", source="test")
        return str(contact.id)

    contact_id = database.write_sync(bar)
    result = outreach("call-prep", contact_id)
    assert result.exit_code == 1
    assert "asked on the phone" in result.stderr
    assert result.stdout == ""
    assert outreach("call-prep", "Nobody Here").exit_code == 1
