"""What `outreach run --goal` shows before anything runs, and asks."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import typer

from outreach.console import many, print_table, say
from outreach.errors import Complaint

if TYPE_CHECKING:
    from agents.orchestrator_schema import WorkOrder
    from graphs.runner import Goal
    from playbooks import Playbook

SCHEMA: Final = "outreach.goal/1"
_SAID: Final = {
    "only": "do nothing but",
    "files": "import first",
    "organisations": "organisations",
    "states": "states",
    "cities": "cities",
    "venues": "kinds",
    "conferences": "conferences",
    "industries": "industries",
    "tiers": "tiers",
    "personas": "people",
    "signals": "with a signal",
    "sources": "imported from",
    "least_seats": "seats, at least",
    "most_seats": "seats, at most",
    "least_students": "students, at least",
    "most_students": "students, at most",
    "least_employees": "employees, at least",
    "most_employees": "employees, at most",
    "lights_at_least_years": "age of the lights, years, at least",
    "built_before": "stadium built before",
    "built_after": "stadium built after",
}


def order_json(goal: Goal, playbook: Playbook) -> dict[str, Any]:
    """The order as `--json` prints it (docs/goals.md)."""
    return {
        "schema": SCHEMA,
        "playbook": playbook.name,
        "order": goal.order.model_dump(mode="json"),
        "matching": goal.matching,
        "run_id": goal.run_id,
    }


def show_order(goal: Goal, playbook: Playbook) -> None:
    """The order as a table, with what it would find now."""
    order = goal.order
    most = order.count or playbook.limits.drafts_per_run
    rows: list[tuple[str, str]] = [("playbook", playbook.name), ("new drafts, at most", str(most))]
    rows += [(said, _told(value)) for name, said in _SAID.items() if (value := getattr(order, name)) not in (None, [])]
    print_table("The work order", ("what", "is"), rows)
    if _drafts(order):
        found = f"{many(goal.matching, 'person', 'people')} can be written to for the first time under this order now"
        say(f"{found}{', before the import and the scoring' if order.files else ''}.")
    if order.not_understood:
        say(f"Not understood: {'; '.join(order.not_understood)}", "yellow")


def agreed(goal: Goal, *, yes: bool) -> bool:
    """Whether the order may run. Raises Complaint where nobody can be asked, or words are left that nobody read."""
    lost = "; ".join(goal.order.not_understood)
    asked = sys.stdin.isatty() and sys.stdout.isatty()
    if lost and (yes or not asked):
        raise Complaint(
            f"A part of the goal was not understood: {lost}",
            "Say it in other words, or leave it out. What a goal may say: docs/goals.md",
            code=2,
        )
    if yes:
        return True
    if not asked:
        raise Complaint("Nothing was run: an order is agreed to first.", "Add --yes, or run it in a terminal.", code=2)
    return typer.confirm("Run it without these words?" if lost else "Run it?", default=not lost, err=True)


def files_of(order: WorkOrder) -> list[Path]:
    """The files that the goal names. Raises Complaint where one is missing."""
    from tools.reading import absent

    for name in order.files:
        if not Path(name).is_file():
            raise Complaint(absent(Path(name)), "Check the path in your goal.", code=2)
    return [Path(name) for name in order.files]


def _drafts(order: WorkOrder) -> bool:
    return not order.only or "draft" in order.only


def _told(value: Any) -> str:
    return ", ".join(str(item) for item in value) if isinstance(value, list) else str(value)
