"""Rows that come in by the shipped import, for suites whose cases begin with a list that somebody has: the layout is
agreed on beforehand, so that no model is asked what its columns mean."""

import csv
from collections.abc import Mapping

from agents.registry import AGENTS
from db.access import Database
from evals.worlds import PERSON, World
from playbooks import playbook_names
from tools.importing.mapping import ColumnMapping, keep_mapping

LAYOUTS: Mapping[str, tuple[str, Mapping[str, str | None]]] = {
    "organisations": (
        "organisation",
        {
            "name": "organisation_name",
            "domain": "domain",
            "address": "address",
            "city": "city",
            "state": "state",
            "division": "division",
            "phone": None,
            "notes": None,
        },
    ),
    "contacts": (
        "mixed",
        {
            "name": "full_name",
            "title": "job_title",
            "organisation": "organisation_name",
            "email": "email",
            "phone": "phone",
            "linkedin": "linkedin_url",
            "city": "person_city",
            "division": "division",
            "notes": None,
        },
    ),
}
"""What a list holds to its entity and its columns, each with the field that it fills; None: kept as it came."""


def agree(database: Database) -> None:
    """Agrees on the layouts, for every playbook: a suite's stage."""
    for playbook in playbook_names():
        for entity, layout in LAYOUTS.values():
            columns = [ColumnMapping(column=c, field=f, confidence=1.0) for c, f in layout.items() if f is not None]
            database.write_sync(
                lambda session, p=playbook, e=entity, h=list(layout), c=columns: keep_mapping(  # type: ignore[misc]
                    session, p, h, e, c, None, PERSON
                )
            )


async def bring_in(world: World, playbook: str, what: str, source: str, row: Mapping[str, str | None]) -> None:
    """Imports one row of a list, as `outreach import` does. `what` is a key of LAYOUTS, `row` is by its columns."""
    path, columns = world.file(f"{source}.csv"), list(LAYOUTS[what][1])
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, [row.get(column) or "" for column in columns]])
    described = {"path": str(path), "source": source, "what": what}
    await world.step(AGENTS["prospector"], {"playbook": playbook, "file": described})
