"""People with a title, through the import and the hygiene agent, judged by what stands on their rows in the end."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.registry import AGENTS
from db.enums import ContactRole, PersonaType, SeniorityLevel
from db.models import Contact
from evals.suites.imported import agree, bring_in
from evals.suites.sent import ORGANISATIONS
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World


class Input(Part):
    """A title as a list has it, and the playbook under which the list is imported."""

    title: str
    playbook: str = "sports-lighting"


class Expected(Part):
    """What the title says; null where it says nothing. A field that is left out is not judged; `reason` is for the
    reader."""

    persona_type: PersonaType | None = None
    seniority_level: SeniorityLevel | None = None
    reason: str | None = None


async def run(world: World, given: Input) -> None:
    """Imports somebody with the title, and has hygiene go over the list."""
    organisation, _kind = ORGANISATIONS[given.playbook]
    row = {
        "name": "Robin Vance",
        "title": given.title,
        "organisation": organisation,
        "email": "robin.vance@theirs.example",
        "division": "NCAA Division III",
    }
    await bring_in(world, given.playbook, "contacts", "list", row)
    await world.step(AGENTS["hygiene"], {"playbook": given.playbook})


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """Persona, seniority and role of the one person."""

    def read(session: Session) -> dict[str, Any]:
        person = session.scalars(select(Contact)).one_or_none()
        fields = ("title", "persona_type", "seniority_level", "role")
        return {name: getattr(person, name) if person else None for name in fields}

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Field by field; only what the case gives."""
    marks: dict[str, Mark] = {}
    wrong: list[str] = []
    said, wanted = got["persona_type"], expected.persona_type
    if "persona_type" in expected.model_fields_set:
        # A row has no persona for "the title does not say": it is Other then, in a part that is unknown.
        untold = said is None or (said == PersonaType.OTHER and got["role"] in (None, ContactRole.UNKNOWN))
        right = untold if wanted is None else said == wanted
        marks["persona"] = right
        if wanted not in (None, PersonaType.OTHER):
            marks["wanted_found"] = right
        if said not in (None, PersonaType.OTHER):
            marks["wanted_right"] = right
        if not right:
            wrong.append(f"the persona is {said}, not {wanted}")
    if "seniority_level" in expected.model_fields_set:
        level = expected.seniority_level
        marks["seniority"] = got["seniority_level"] == level
        if got["seniority_level"] != level:
            wrong.append(f"the seniority is {got['seniority_level']}, not {level}")
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge, stage=agree)
