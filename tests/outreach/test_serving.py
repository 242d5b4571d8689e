"""The graph that `langgraph dev` serves: begun by what is asked for, answered in both shapes, unable to send."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command
from sqlalchemy import select, update

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, Approval, Contact, Delivery, MessageDraft
from graphs.contact import Graph, build_contact_graph
from graphs.entry import NothingDue, make_entry
from outreach.serving import open_graph
from outreach.session import open_machine
from outreach.settings import Settings
from tests.e2e.conftest import MakeOffice, Office
from tests.e2e.conftest import make_office as make_office
from tests.support.world import run_problems

WHY = "the address is on their own page"
ROOT = Path(__file__).parents[2]


def _office(make_office: MakeOffice, url: str, limit: int) -> Office:
    made = make_office(url, colleges=1, user="dana")
    made.run(limit=limit)
    return made


@pytest.fixture
def office(make_office: MakeOffice, sqlite_url: str) -> Office:
    """One organisation that nobody has written to."""
    return _office(make_office, sqlite_url, 0)


@pytest.fixture
def written(make_office: MakeOffice, sqlite_url: str) -> Office:
    """An office in which a draft waits."""
    return _office(make_office, sqlite_url, 1)


class Client:
    """What a server does for its client: a checkpointer of its own, threads, runs."""

    def __init__(self, graph: Graph, thread_id: str) -> None:
        self.graph = graph.copy({"checkpointer": InMemorySaver()})
        self.config: RunnableConfig = {"configurable": {"thread_id": thread_id}}
        self.values: dict[str, Any] = {}

    async def run(self, given: Any) -> dict[str, Any] | None:
        """Runs the thread to its next halt; the payload that waits there, if one does."""
        self.values = await self.graph.ainvoke(given, self.config)
        waiting = (await self.graph.aget_state(self.config)).interrupts
        return waiting[0].value if waiting else None

    async def answer(self, given: Any) -> dict[str, Any] | None:
        return await self.run(Command(resume=given))


@asynccontextmanager
async def serve(office: Office) -> AsyncIterator[Client]:
    async with AsyncExitStack() as stack:
        yield Client(await open_graph(office.settings, stack), "a-server-thread")


def arguments(payload: dict[str, Any] | None) -> dict[str, Any]:
    assert payload is not None
    found: dict[str, Any] = payload["action_requests"][0]["args"]
    assert payload["action_request"] == {"action": "send_message", "args": found}
    return found


def edit(args: dict[str, Any], **changed: Any) -> dict[str, Any]:
    action = {"name": "send_message", "args": {**args, **changed}}
    return {"decisions": [{"type": "edit", "edited_action": action}]}


def decisions(office: Office) -> list[tuple[int, str, str]]:
    return office.read(
        lambda session: [
            tuple(row)
            for row in session.execute(
                select(Approval.version, Approval.decision, Approval.decided_by).order_by(Approval.decided_at)
            )
        ]
    )


FILES = {"open", "os.scandir", "os.listdir", "glob.glob", "pathlib.Path.glob"}
read_in_the_loop: list[str] = []
watched: list[bool] = []


def _watch(event: str, args: tuple[Any, ...]) -> None:
    if not watched or event not in FILES or asyncio._get_running_loop() is None:
        return
    path = str(args[0])
    if not path.endswith((".py", ".pyc", ".so")) and "__pycache__" not in path:
        read_in_the_loop.append(f"{event} {path}")


@pytest.fixture
def files() -> Iterator[list[str]]:
    """What is read of files in an event loop, which `langgraph dev` forbids; modules that are imported apart."""
    sys.addaudithook(_watch)  # for good: a hook cannot be taken off
    read_in_the_loop.clear()
    watched.append(True)
    yield read_in_the_loop
    watched.clear()


async def test_no_file_is_read_in_the_server_s_event_loop(office: Office, files: list[str]) -> None:
    async with serve(office) as client:
        args = arguments(await client.run({}))
        second = arguments(await client.answer([{"type": "response", "args": "Too long. Shorten it."}]))
        assert second["version"] == args["version"] + 1
        assert await client.answer(edit(second, reason=WHY)) is None
    assert files == []


async def test_one_contact_from_what_is_due_to_the_outbox(office: Office) -> None:
    async with serve(office) as client:
        args = arguments(payload := await client.run({}))
        # QC warns of an address that nobody has verified, so an approval without words is not offered, nor taken.
        assert payload["review_configs"] == [{"action_name": "send_message", "allowed_decisions": ["edit", "reject"]}]
        assert payload["config"] == dict.fromkeys(("allow_accept", "allow_edit", "allow_respond", "allow_ignore"), True)
        for refused in ({"decisions": [{"type": "approve"}]}, "yes", [{"type": "accept", "args": None}]):
            again = await client.answer(refused)
            assert arguments(again) == args
            assert again["description"].startswith("Your last answer was not taken.")
        assert decisions(office) == []

        second = arguments(await client.answer([{"type": "response", "args": "Too long. Shorten it."}]))
        assert second["version"] == 2
        # Two texts were shown here, so that an approval which names none could mean the other.
        assert "More than one text" in (await client.answer({"decisions": [{"type": "approve"}]}))["description"]
        stale = edit({**args, "reason": WHY})
        assert "changed since you saw version 1" in (await client.answer(stale))["description"]

        assert await client.answer(edit(second, reason=WHY)) is None
        assert client.values["outcome"] == "ready"
    assert decisions(office) == [(1, "reject", "user:dana"), (2, "approve", "user:dana")]
    assert office.read(run_problems) == []
    steps = office.read(
        lambda session: session.execute(
            select(AgentRun.run_type, AgentRun.trigger, AgentRun.parent_run_id)
            .where(AgentRun.thread_id == "a-server-thread", AgentRun.run_type.not_in(("model_call", "tool_call")))
            .order_by(AgentRun.started_at)
        ).all()
    )
    assert steps[0][:2] == ("orchestrate", "manual")
    assert {"research", "draft", "qc", "approval", "dispatch"} <= {kind for kind, _, _ in steps}
    assert len({parent for _, _, parent in steps[1:]}) == 1
    # What is approved waits in the outbox: nothing here can send.
    assert office.read(lambda session: session.scalars(select(MessageDraft.approval_status)).all()) == ["ready"]
    assert office.read(lambda session: session.scalars(select(Delivery.id)).all()) == []


async def test_a_draft_that_waits_is_decided_on_in_agent_inbox_shape(written: Office) -> None:
    office = written
    draft_id = office.read(lambda session: session.scalars(select(MessageDraft.id)).one())
    async with serve(office) as client:
        # What a client sends besides is not looked at.
        asked = {"draft_id": draft_id, "decision": "approve", "qc_passed": True, "root_run_id": "x", "contact_id": "y"}
        args = arguments(await client.run(asked))
        assert client.values.get("decision") is None
        skipped = await client.answer([{"type": "ignore", "args": None}])
        assert arguments(skipped) == args
        texts = {name: str(value) for name, value in args.items()}
        changed = {
            **texts,
            "body": args["body"].replace("Best,", "Thank you for reading.\n\nBest,"),
            "reason": "kinder",
        }
        assert await client.answer([{"type": "edit", "args": {"action": "send_message", "args": changed}}]) is None
    assert [(version, decision) for version, decision, _ in decisions(office)] == [(1, "skip"), (2, "edit")]
    draft = office.read(lambda session: session.get_one(MessageDraft, draft_id))
    assert draft.approval_status == "ready"
    assert "Thank you for reading." in draft.body


async def test_nothing_leaves_by_a_state_that_a_client_wrote(office: Office) -> None:
    async with serve(office) as client:
        args = arguments(await client.run({}))
        await client.graph.aupdate_state(client.config, {"decision": "approve", "outcome": "ready"}, as_node="approval")
        assert arguments(await client.run(None)) == args
        # The address is another one now: an approval of the text as it was shown does not cover it.
        with Database(office.settings.effective_database_url(), "user") as database, acting_as("user:dana"):
            moved = update(Contact).where(Contact.email == args["recipient"]).values(email="other@firm.example")
            database.write_sync(lambda session: session.execute(moved) and None)
        again = await client.answer(edit(args, reason=WHY))
        assert "recipient is not what was shown" in again["description"]
        assert arguments(again)["recipient"] == "other@firm.example"
    assert decisions(office) == []
    assert office.read(lambda session: session.scalars(select(MessageDraft.approval_status)).all()) == ["draft"]


async def test_where_nobody_takes_answers_down_a_resume_decides_nothing(office: Office) -> None:
    async with AsyncExitStack() as stack:
        machine = open_machine(office.settings, stack)
        graph = build_contact_graph(machine, None, entry=make_entry(machine, "sports-lighting"))
        client = Client(graph, "an-agent-thread")
        args = arguments(await client.run({}))
        assert arguments(await client.answer(edit(args, reason=WHY))) == args
    assert decisions(office) == []


async def test_what_is_not_due_is_said(make_office: MakeOffice, sqlite_url: str) -> None:
    settings = make_office(sqlite_url, colleges=1).settings
    async with AsyncExitStack() as stack:
        graph = await open_graph(settings, stack)
        for asked, why in (
            ({}, "Nothing is due"),
            ({"organisation": "Hilltop"}, "Nobody at Hilltop"),
            ({"draft_id": "4f1c"}, "No draft 4f1c"),
        ):
            with pytest.raises(NothingDue, match=why):
                await Client(graph, why).run(asked)


async def test_langgraph_json_names_a_graph_without_a_checkpointer(
    make_office: MakeOffice, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: Settings = make_office(sqlite_url, colleges=1).settings
    monkeypatch.setenv("OUTREACH_HOME", str(settings.home))
    monkeypatch.setenv("OUTREACH_DATABASE_URL", sqlite_url)
    named = json.loads((ROOT / "langgraph.json").read_text())
    # Pages of other origins could read the drafts and approve them.
    assert "*" not in named["http"]["cors"]["allow_origins"]
    (described,) = named["graphs"].values()
    path, _, name = described["path"].partition(":")
    spec = spec_from_file_location("served", ROOT / path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    async with getattr(module, name)() as graph:
        assert graph.checkpointer is None
        assert set(graph.get_input_jsonschema()["properties"]) == {"draft_id", "organisation"}
        assert "decision" in graph.get_output_jsonschema()["properties"]
        assert {"entry", "researcher", "drafting", "qc", "approval", "outreach"} <= set(graph.nodes)
