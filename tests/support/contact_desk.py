"""One contact of one school, and the nodes of a thread that work on it. The school and its people are invented."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from langgraph.graph import END, START, StateGraph
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.agent import Agent, Work
from agents.models import ModelSettings
from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, ExternalId, Prospect
from graphs.nodes import Machine, make_node
from graphs.recorder import Recorder
from graphs.routing import ContactState
from playbooks import load_playbook
from tests.support.agent_graph import RULES
from tests.support.openai_server import ScriptedServer
from tests.support.rows import make_contact, make_prospect

LIGHTS = "sports-lighting"
STADIUM = {"School": "Harbor State", "Stadium": "Lakeside Bowl", "Capacity": "25319", "Year Built": "1969"}
COLLEGE = {"Institution Name": "Harbor State University-Main Campus", "Division": "NCAA Division II (with football)"}


class Desk:
    """One contact of one school, and the nodes that work on it. `state` grows as it does in the graph."""

    def __init__(self, db: Database, models: ModelSettings) -> None:
        self.db, self.machine, self.runs = db, Machine(db, Recorder(db), models), 0
        self.state: dict[str, Any] = {}

    async def write(self, fn: Any) -> Any:
        with acting_as("user:kim"):
            return await self.db.write(fn)

    async def sit_down(self, *records: dict[str, str], playbook: str = LIGHTS, **contact: Any) -> None:
        """Makes the school with these records as its sources, and the state that a thread begins with."""

        def make(session: Session) -> dict[str, Any]:
            prospect = make_prospect(
                session,
                name="Harbor State University-Main Campus",
                playbook=playbook,
                status="scored",
                tier="A1",
                venue_type="college_d2",
                stadium_name="Lakeside Bowl",
            )
            person = {"first_name": "Jo", "last_name": "Reyes", "persona_type": "Athletic Director", **contact}
            made = make_contact(session, prospect, **person)
            add_records(session, prospect, *records)
            return {"account_id": prospect.account_id, "prospect_id": prospect.id, "contact_id": made.id}

        ids = await self.write(make)
        self.state = {"playbook": playbook, "sequence_id": "5" * 32, "touch_number": 1, "tier": "A1", **ids}

    async def run(self, agent: Agent) -> AgentRun:
        """Runs one agent's node; its update goes into the state."""
        self.runs += 1
        thread = f"test:{agent.name}:{self.runs}"
        graph: StateGraph[Any] = StateGraph(ContactState)
        graph.add_node(agent.name, make_node(self.machine, agent))
        graph.add_edge(START, agent.name)
        graph.add_edge(agent.name, END)
        self.state = await graph.compile().ainvoke(self.state, {"configurable": {"thread_id": thread}})
        return await self.db.read(
            lambda s: s.scalars(
                select(AgentRun).where(AgentRun.thread_id == thread, AgentRun.run_type == agent.run_type)
            ).one()
        )

    def work(self, run: AgentRun) -> Work:
        return Work(self.db, load_playbook(self.state["playbook"]), run.id)

    async def all(self, entity: Any) -> list[Any]:
        return list(await self.db.read(lambda s: s.scalars(select(entity)).all()))

    async def one(self, entity: Any, id_: str) -> Any:
        return await self.db.read(lambda s: s.get_one(entity, id_))


def add_records(session: Session, prospect: Prospect, *records: dict[str, str], key: str = "x") -> None:
    for number, record in enumerate(records):
        row = {"table_name": "accounts", "record_id": prospect.account_id, "external_id": f"{key}{number}"}
        session.add(ExternalId(source=f"Register {number}", payload=record, imported_at=datetime.now(UTC), **row))


@asynccontextmanager
async def desk_at(url: str, models: ModelSettings = RULES) -> AsyncIterator[Desk]:
    with Database(url) as db:
        yield Desk(db, models)


def endpoint(server: ScriptedServer) -> ModelSettings:
    return ModelSettings(name="scripted", base_url=server.base_url)
