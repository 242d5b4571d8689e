"""Goals by somebody who had not seen the program, with what a colleague would understand; run as orchestrator_goals.

What an order has no field for (a tone, a funding round, a step) is not scored. Rules were tuned on the odd
half.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from agents.orchestrator_policy import OLD_YEARS
from db.enums import SignalType
from evals.suites.orchestrator_goals import task as older
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World

_FIELDS = {
    "venue_types": "venues",
    "personas": "personas",
    "tiers": "tiers",
    "signal_types": "signals",
    "built_before": "built_before",
    "min_enrollment": "least_students",
    "max_enrollment": "most_students",
    "min_seats": "least_seats",
}
"""The filters of the file that an order has a field for. `signals` only of types that a signal has."""
_SCORED = {"count", "states", *_FIELDS.values()}
MOST = 1_000
"""The most that an order may ask for (agents/orchestrator_schema.py); what is more must be handed back."""


class Input(Part):
    """A goal as a seller types it, under a playbook."""

    goal: str
    playbook: str = "sports-lighting"


class Expected(Part):
    """What a colleague understands, in the file's own terms: SOURCES.md. `exclude` may be handed back instead."""

    playbook: str | None = None
    what: str | None = None
    states: list[str] = Field(default=[])
    filters: dict[str, Any] = Field(default={})
    count: int | None = None
    not_understood: list[str] = Field(default=[])
    exclude: dict[str, list[str]] = Field(default={})


def reads(row: dict[str, Any]) -> dict[str, Any]:
    """A goal is typed under the playbook that it means; half of the cases, by their number, are `even`."""
    playbook = row["expected"].get("playbook") or "sports-lighting"
    half = "even" if int(row["id"].rpartition("-")[2]) % 2 == 0 else "odd"
    tags = [*row.get("tags", []), half]
    return {**row, "input": {**row["input"], "playbook": playbook}, "tags": tags}


def _order(expected: Expected) -> dict[str, Any]:
    order = {ours: expected.filters[name] for name, ours in _FIELDS.items() if name in expected.filters}
    if "signals" in order:
        order["signals"] = [s for s in order["signals"] if s in {signal.value for signal in SignalType}]
    if expected.filters.get("stadium") == "old":
        order["built_before"] = older.Input(goal="").today.year - OLD_YEARS
    if expected.states:
        order["states"] = expected.states
    if expected.count is not None and expected.count <= MOST:
        order["count"] = expected.count
    return {name: value for name, value in order.items() if value not in (None, [])}


async def run(world: World, given: Input) -> None:
    """Reads the goal."""
    await older.run(world, older.Input(goal=given.goal, playbook=given.playbook))


async def state(world: World, given: Input) -> dict[str, Any]:
    """The order as its row has it."""
    return await older.state(world, older.Input(goal=given.goal, playbook=given.playbook))


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:
    """Field by field of those that are scored. What is excluded must show in the order or be handed back."""
    found = {name: value for name, value in got["order"].items() if name in _SCORED}
    wanted = _order(expected)
    if found.get("venues") == ["company"]:
        found.pop("venues")  # every organisation of that playbook is one
    back = bool(got["not_understood"])
    marks: dict[str, Mark] = {}
    wrong: list[str] = []
    if expected.exclude:
        heeded = back or ("states" in expected.exclude and sorted(found.get("states", [])) == sorted(expected.states))
        marks["exclusions"] = heeded
        if not heeded:
            wrong.append(f"{expected.exclude} is neither left out nor handed back")
        if back and "states" in expected.exclude:
            found.pop("states", None)
            wanted.pop("states", None)
    asked = older.Input(goal=given.goal, playbook=given.playbook)
    right = older.Expected(order=wanted, not_understood=expected.not_understood)
    # Handing back more than it must is right for what no field holds, and not judged.
    said = got["not_understood"] if expected.not_understood else []
    judged = older.judge(asked, right, {**got, "order": found, "not_understood": said})
    return Judgement({**judged.marks, **marks}, (*wrong, *judged.wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge, stage=older.stage, reads=reads)
