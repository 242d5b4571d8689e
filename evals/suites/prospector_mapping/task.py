"""A file of an unknown layout, through the prospector's node and the import that follows, judged by the mapping that is
kept and by whether rows came in."""

import csv
from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from agents.registry import AGENTS
from db.enums import ImportEntity
from db.models import Account, Contact, ImportMapping
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from tools.importing.mapping import FIELDS

SURE = 0.8
"""Above it nobody is asked (`outreach import`)."""
NOTHING = "-"


class Input(Part):
    """A file: its columns and rows of cells; `what` is what the operator says it holds, if anything."""

    columns: list[str] = Field(min_length=2)
    rows: list[list[str]] = Field(min_length=1)
    what: str | None = None
    playbook: str = "sports-lighting"

    @model_validator(mode="after")
    def _is_a_table(self) -> "Input":
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.columns):
                raise ValueError(f"row {number} has {len(row)} cells for {len(self.columns)} columns")
        return self


class Expected(Part):
    """What the rows are, and of each column the fields that it may fill; '-' among them: it may be left out."""

    entity: ImportEntity
    fields: dict[str, list[str]]

    @model_validator(mode="after")
    def _are_fields(self) -> "Expected":
        known = {NOTHING, *(name for fields in FIELDS.values() for name in fields)}
        unknown = {name for names in self.fields.values() for name in names} - known
        if unknown:
            raise ValueError(f"there is no field {', '.join(sorted(unknown))}")
        return self


async def run(world: World, given: Input) -> None:
    """Imports the file as `outreach import` does."""
    path = world.file("list.csv")
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([given.columns, *given.rows])
    described = {"path": str(path), "source": "list", "what": given.what}
    await world.step(AGENTS["prospector"], {"playbook": given.playbook, "file": described})


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """The mapping that is kept, by column, and how many rows came in."""

    def read(session: Session) -> dict[str, Any]:
        kept = session.scalars(select(ImportMapping)).one_or_none()
        columns = kept.mapping["columns"] if kept else {}
        sure = (kept.mapping.get("sure") or {}) if kept else {}
        return {
            "entity": kept.entity if kept else None,
            "columns": {column: field for field, column in columns.items()},
            "sure": {
                column: sure.get(field, (kept.confidence or 0.0) if kept else 0) for field, column in columns.items()
            },
            "organisations": session.scalar(select(func.count()).select_from(Account)),
            "people": session.scalar(select(func.count()).select_from(Contact)),
        }

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:
    """Column by column. Of columns that may be left out, only a wrong field is wrong."""
    said: Mapping[str, str] = got["columns"]
    folded = {column.casefold(): field for column, field in said.items()}
    wrong: list[str] = []
    wanted = [column for column in given.columns if NOTHING not in expected.fields.get(column, [NOTHING])]
    found = 0
    for column in wanted:
        if folded.get(column.casefold()) in expected.fields[column]:
            found += 1
        else:
            wrong.append(f"'{column}' is {folded.get(column.casefold())}, not {' or '.join(expected.fields[column])}")
    mapped = [column for column in given.columns if column.casefold() in folded]
    right = [c for c in mapped if folded[c.casefold()] in expected.fields.get(c, [NOTHING])]
    wrong += [f"'{c}' is taken for {folded[c.casefold()]}" for c in mapped if c not in right and c not in wanted]
    sure = {column.casefold() for column, how in got["sure"].items() if how > SURE}
    is_right = got["entity"] == expected.entity.value
    if not is_right:
        wrong.append(f"the rows are taken for {got['entity']}, not {expected.entity.value}")
    marks: dict[str, Mark] = {"entity": is_right, "columns": (float(found), float(len(wanted)))}
    if mapped:
        marks["mapped_right"] = (float(len(right)), float(len(mapped)))
    if sure:
        marks["sure_right"] = (float(sum(c.casefold() in sure for c in right)), float(len(sure)))
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
