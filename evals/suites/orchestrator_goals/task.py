"""A goal in words over records that name things, through the graph that reads it, judged by the order in its row."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.orchestrator_schema import WorkOrder
from db.access import Database
from db.models import Account, AgentRun, Contact, ExternalId, Prospect
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from graphs.orchestrator import build_goal_graph

_COLLEGES = (
    ("Hollin Ridge College", "college_d3", "OH", "Akron", "Lakeland Conference"),
    ("Tarn State University", "college_d2", "PA", "Erie", "Three Rivers League"),
    ("University of Marrow Bay", "college_d1", "IN", "Marrow Bay", "Big Prairie"),
    ("Old Quarry High School", "high_school_6a", "OH", "Dublin", None),
    ("St. Brannoc Academy", "high_school_other", "KY", "Covington", None),
)
_COMPANIES = (
    ("Marrowgate Systems", "Fintech", "Payments", 240, "Austin"),
    ("Quillbase", "Healthcare", "Telehealth", 60, "Boston"),
    ("Tessel & Rowe", "E-commerce", "Marketplaces", 900, "Denver"),
)
_SOURCES = {"sports-lighting": "State Directory 2026", "qa-software": "Spring Summit List"}


class Input(Part):
    """A goal as a seller types it, in a sales motion, on a day."""

    goal: str
    playbook: str = "sports-lighting"
    today: date = date(2026, 6, 15)


class Expected(Part):
    """The order's fields that are set (agents/orchestrator_schema.py); what is left out must stay empty. Each of
    `not_understood` must stand in what the order hands back, and without any it must hand back nothing."""

    order: dict[str, Any] = Field(default={})
    not_understood: list[str] = Field(default=[])
    matching: int | None = None

    @model_validator(mode="after")
    def _is_an_order(self) -> "Expected":
        if "not_understood" in self.order:
            raise ValueError("not_understood stands beside the order, not in it")
        WorkOrder.model_validate(self.order)
        return self


def stage(database: Database) -> None:
    """Organisations with names, places, conferences and industries that a goal may name, one person each."""

    def write(session: Session) -> None:
        for number, (name, kind, state, city, conference) in enumerate(_COLLEGES):
            prospect = Prospect(
                account=Account(name=name),
                name=name,
                playbook="sports-lighting",
                venue_type=kind,
                state=state,
                city=city,
                conference=conference,
            )
            _with_person(session, prospect, "sports-lighting", f"c{number}", "Athletic Director")
        for number, (name, industry, sub_industry, employees, city) in enumerate(_COMPANIES):
            account = Account(name=name, industry=industry, sub_industry=sub_industry, employee_count=employees)
            prospect = Prospect(
                account=account, name=name, playbook="qa-software", venue_type="company", state="OTHER", city=city
            )
            _with_person(session, prospect, "qa-software", f"s{number}", "QA Director")

    database.write_sync(write)


def _with_person(session: Session, prospect: Prospect, playbook: str, key: str, title: str) -> None:
    prospect.status, prospect.tier = "ready_for_outreach", "A2"
    session.add(prospect)
    session.flush()
    session.add(
        ExternalId(
            table_name="accounts",
            record_id=prospect.account_id,
            source=_SOURCES[playbook],
            external_id=key,
        )
    )
    session.add(
        Contact(
            account=prospect.account,
            prospect=prospect,
            first_name="Robin",
            last_name=f"Vance {key}",
            title=title,
            persona_type=title,
            email=f"robin@{key}.example",
        )
    )


async def run(world: World, given: Input) -> None:
    """Reads the goal on its day."""
    world.now = datetime.combine(given.today, time(12), UTC)
    await world.invoke(
        "goal", lambda: build_goal_graph(world.machine), {"goal": given.goal, "playbook": given.playbook}
    )


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """The order as the step's row has it: what is set, and what is handed back."""

    def read(session: Session) -> dict[str, Any]:
        outputs = session.scalars(select(AgentRun.outputs).where(AgentRun.run_type == "orchestrate")).first() or {}
        plain = WorkOrder.model_validate(outputs.get("order") or {}).model_dump(mode="json", exclude_defaults=True)
        back = plain.pop("not_understood", [])
        return {"order": plain, "not_understood": back, "matching": (outputs.get("update") or {}).get("matching")}

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Field by field; the order of a list does not count."""
    wanted = WorkOrder.model_validate(expected.order).model_dump(mode="json", exclude_defaults=True)
    found: Mapping[str, Any] = got["order"]
    wrong: list[str] = []
    right = 0
    fields = sorted(wanted.keys() | found.keys())
    for name in fields:
        if _set(wanted.get(name)) == _set(found.get(name)):
            right += 1
        else:
            wrong.append(f"{name} is {found.get(name)!r}, not {wanted.get(name)!r}")
    said = [" ".join(str(words).lower().split()) for words in got["not_understood"]]
    lost = [words for words in expected.not_understood if not any(_meets(words.lower(), each) for each in said)]
    wrong += [f"'{words}' is not handed back as not understood" for words in lost]
    if not expected.not_understood and said:
        wrong.append(f"handed back as not understood: {'; '.join(said)}")
    if expected.matching is not None and got["matching"] != expected.matching:
        wrong.append(f"it finds {got['matching']} people, not {expected.matching}")
    marks: dict[str, Mark] = {}
    if fields:
        marks["fields"] = (float(right), float(len(fields)))
    if expected.not_understood:
        of = len(expected.not_understood)
        marks["handed_back"] = (float(of - len(lost)), float(of))
    return Judgement(marks, tuple(wrong))


def _set(value: Any) -> Any:
    return sorted(str(each) for each in value) if isinstance(value, list) else value


def _meets(words: str, said: str) -> bool:
    """Whether one says the other: a model may hand back more of the sentence, or the heart of it."""
    return words in said or (len(said) > 3 and said in words)


TASK = Task(Input, Expected, run=run, found=state, judge=judge, stage=stage)
