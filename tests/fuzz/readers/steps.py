"""What a model's answers and tool calls do in whole steps of the agents, on a real database."""

import asyncio
import atexit
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from langchain_core.messages import AIMessage, BaseMessage
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, ToolAgent
from agents.models import ModelSettings
from agents.models.errors import CallLimitReached, InvalidOutput
from agents.models.rules import calls
from agents.registry import AGENTS
from db.access import Database
from db.models import AgentRun, ExternalId, HygieneFlag, MessageVersion, ResearchFact
from evals.suites.sent import send
from evals.worlds import Template, World, _one_node
from tests.fuzz.damage import fitting, json_cases
from tests.fuzz.reader import Reader
from tests.fuzz.readers.data import COLLEGES
from tests.fuzz.readers.letters import REPLY
from tests.fuzz.readers.models import HONEST, answers_to, example_of
from tests.support.rows import make_contact, make_prospect
from tools.drafting.drafts import draft_id_for
from tools.plain_json import storable
from tools.replies.intake import take_in

STADIUM = {"School": "Harbor State", "Stadium": "Lakeside Bowl", "Capacity": "25319", "Year Built": "1969"}
FACT = {
    "source": 1,
    "field": "facility",
    "sentence": "The Lakeside Bowl was built in 1969.",
    "quote": "Year Built: 1969",
}
PLACE = tempfile.gettempdir()
"""Where a stage outlives the folder of the readers that use it."""
DRAFT_ID = draft_id_for("5" * 32, 1)
CALLS: dict[str, list[dict[str, Any]]] = {
    "researcher": [
        {"read_source": {"number": 1}},
        {"save_facts": {"facts": [FACT]}},
        {"save_hypothesis": {"constraint_hypothesis": "Old lights.", "value_proposition": "New ones."}},
    ],
    "hygiene": [
        {"classify_title": {"number": 1, "persona_type": "Other", "role": "unknown", "seniority_level": "director"}},
        {"judge_pair": {"number": 1, "verdict": "unsure", "reason": "Too little is known."}},
    ],
    "prospector": [
        {"see_values": {"column": "City"}},
        {
            "save_mapping": {
                "entity": "organisation",
                "columns": [
                    {"column": "Institution", "field": "organisation_name", "confidence": 90},
                    {"column": "Division", "field": "division", "confidence": 90},
                ],
                "id_column": "UNITID",
            }
        },
    ],
}
STATES: dict[str, dict[str, Any]] = {
    "orchestrator": {
        "playbook": "sports-lighting",
        "goal": "Draft 5 messages to colleges in OH with more than 500 seats",
    },
    "hygiene": {},
    "prospector": {},
}


@dataclass
class Said:
    """A rules policy that says what it was told to: an answer's text, or calls one after the other."""

    text: str = ""
    calls: Sequence[Mapping[str, Any]] = ()

    def __call__(self, messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:
        if schema is not None:
            return AIMessage(self.text or "?")
        turn = sum(isinstance(message, AIMessage) for message in messages)
        wanted = self.calls[turn] if turn < len(self.calls) else {}
        known = [(name, args) for name, args in wanted.items() if name in tools and isinstance(args, dict)]
        return calls(*known) if known else AIMessage("Done.")


@dataclass
class Stage:
    """A world with an organisation, a person, a letter that was sent and its reply; and what each step begins with."""

    world: World
    states: dict[str, dict[str, Any]]
    said: dict[str, Said] = field(default_factory=dict)
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def step(self, name: str, said: Said, state: Mapping[str, Any]) -> Any:
        """Runs an agent's step with a model that says this, and gives the rows that it left."""
        self.world.reset("fuzz")
        policy = self.said.setdefault(name, Said())
        policy.text, policy.calls = said.text, said.calls
        agent = AGENTS[name]
        assert isinstance(agent, ToolAgent | AnswerAgent)
        build = partial(_one_node, self.world.machine, replace(agent, policy=policy))
        self.runner.run(self.world.invoke(name, build, {**self.states.get(name, {}), **state}))
        return self.runner.run(self.world.read(_rows))


def _rows(session: Session) -> list[Any]:
    tables = (MessageVersion, ResearchFact, HygieneFlag, AgentRun)
    return [
        [str(getattr(row, column.key) or "")[:5000] for column in table.__table__.columns]
        for table in tables
        for row in session.scalars(select(table))
    ]


@cache
def stage() -> Stage:
    """Made once for a process, by honest work of the rules."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-stage-", dir=PLACE))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    states: dict[str, dict[str, Any]] = dict(STATES)

    def write(session: Session) -> dict[str, Any]:
        school = make_prospect(
            session,
            name="Harbor State University",
            playbook="sports-lighting",
            status="scored",
            tier="A1",
            venue_type="college_d2",
            stadium_name="Lakeside Bowl",
        )
        person = make_contact(session, school, first_name="Jo", last_name="Reyes", persona_type="Athletic Director")
        make_contact(session, school, first_name="Al", last_name="Roe", title="Grand Keeper of the Turf")
        record = {"table_name": "accounts", "record_id": school.account_id, "external_id": "x1"}
        session.add(ExternalId(source="Register", payload=STADIUM, imported_at=datetime.now(UTC), **record))
        ids = {"account_id": school.account_id, "prospect_id": school.id, "contact_id": person.id}
        sent = send(session, "qa-software", "Flaky tests", "Robin, hello.")
        raw = REPLY.replace(b"first@seller.example", sent.message_id.encode()).replace(
            b"J.Weber@college.example", sent.email.encode()
        )
        states["reply_triage"] = {"inbound_id": take_in(session, raw).inbound_id, "playbook": "qa-software"}
        return ids

    def begin(database: Database) -> None:
        common = {"playbook": "sports-lighting", "sequence_id": "5" * 32, "touch_number": 1, "tier": "A1"}
        states["researcher"] = {**common, **database.write_sync(write)}

    home = folder / "world"
    home.mkdir()
    first = Template(folder, begin)
    world = World(home, first, ModelSettings(name="rules"))
    made = Stage(world, states)
    states["drafting"] = dict(made.runner.run(world.step(AGENTS["researcher"], states["researcher"])))
    states["qc"] = dict(made.runner.run(world.step(AGENTS["drafting"], states["drafting"])))
    # What the honest steps left is what every case begins with.
    world._raw.backup(first._memory)
    return made


def _answer(name: str, data: bytes, _folder: Path) -> Any:
    return stage().step(name, Said(text=data.decode("utf-8", "replace")), {})


def _calls(name: str, data: bytes, folder: Path) -> Any:
    try:
        given = storable(json.loads(data))
    except (ValueError, RecursionError):
        given = []
    state: dict[str, Any] = {"playbook": "sports-lighting"}
    if name == "prospector":
        path = folder / "list.csv"
        path.write_bytes(COLLEGES)
        state["file"] = {"path": str(path), "what": "organisations"}
    turns = [turn for turn in given if isinstance(turn, dict)][:6] if isinstance(given, list) else []
    return stage().step(name, Said(calls=turns), state)


ANSWERING = ("orchestrator", "drafting", "qc", "reply_triage")
_NOT_OVER = (InvalidOutput, CallLimitReached)


def _schema(name: str) -> Any:
    agent = AGENTS[name]
    assert isinstance(agent, AnswerAgent)
    return agent.schema


def _turns(name: str) -> st.SearchStrategy[bytes]:
    """Up to five turns of an agent that call its tools with arguments that fit."""
    agent = AGENTS[name]
    assert isinstance(agent, ToolAgent)
    every: list[st.SearchStrategy[dict[str, Any]]] = [st.sampled_from(CALLS[name])]
    for tool in agent.tools:
        schema: Any = tool.tool_call_schema
        whole = schema.model_json_schema()
        every.append(st.fixed_dictionaries({tool.name: fitting(whole, whole, *HONEST)}))
    return st.lists(st.one_of(every), min_size=1, max_size=5).map(lambda turns: json.dumps(turns).encode())


READERS = (
    *(
        Reader(
            f"step of {name}, answer",
            partial(_answer, name),
            answers_to(_schema(name)),
            (json.dumps(example_of(_schema(name))).encode(),),
            _NOT_OVER,
            share=0.02,
            before=stage,
        )
        for name in ANSWERING
    ),
    *(
        Reader(
            f"step of {name}, calls",
            partial(_calls, name),
            _turns(name) | _turns(name) | json_cases(calls_),
            (json.dumps(calls_).encode(),),
            _NOT_OVER,
            share=0.02,
            before=stage,
        )
        for name, calls_ in CALLS.items()
    ),
)
