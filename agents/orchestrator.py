"""The orchestrator's one decision by a model: what a goal in words asks for.

What it answers is a work order, which a person sees before it runs. Code holds it to the goal's own words and to what
the records know; routing itself is a table (`graphs/orchestrator.py`).
"""

import re
from collections.abc import Mapping
from typing import Any

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.orchestrator_policy import policy
from agents.orchestrator_schema import WorkOrder
from db.queries.due import first_touches_due
from db.queries.wanted import known_values
from playbooks import PlaybookNotFound, load_playbook, playbook_names
from tools.normalise import state_code

NAME = "orchestrator"
_BY_NAME = ("organisations", "cities", "conferences", "industries", "sources")


def checked(order: WorkOrder, goal: str, known: Mapping[str, list[str]]) -> WorkOrder:
    """The order as far as the goal and the records bear it out; what they don't is among `not_understood`.

    A name counts only where the records have it, in their spelling; a file only where the goal names it letter for
    letter.
    """
    doubtful = list(order.not_understood)
    update: dict[str, Any] = {}
    for field in _BY_NAME:
        spelling = {value.lower(): value for value in known.get(field, [])}
        asked: list[str] = getattr(order, field)
        update[field] = [spelling[value.lower()] for value in asked if value.lower() in spelling]
        doubtful += [value for value in asked if value.lower() not in spelling]
    codes = {value: state_code(value) for value in order.states}
    update["states"] = list(dict.fromkeys(code for code in codes.values() if code))
    doubtful += [value for value, code in codes.items() if code is None]
    update["files"] = [name for name in order.files if name in re.findall(r"[^\s\"',;]+|(?<=\")[^\"]+(?=\")", goal)]
    doubtful += [name for name in order.files if name not in update["files"]]
    if order.playbook is not None and order.playbook not in playbook_names():
        update["playbook"] = None
        doubtful.append(order.playbook)
    update["not_understood"] = list(dict.fromkeys(doubtful))
    return order.model_copy(update=update)


async def prepare(work: Work, state: State) -> Briefing | Done:
    """The goal, and what the records call the things that it may name."""
    goal, today = str(state["goal"]), work.now().date().isoformat()
    known = await work.db.read(lambda session: known_values(session, work.playbook.name, goal))
    titles = {}
    for name in playbook_names():
        try:
            titles[name] = load_playbook(name).title
        except (PlaybookNotFound, ValueError):  # one that is being written must not stop the others
            continue
    return Briefing({"playbook": work.playbook.name, "playbooks": titles, "known": known, "goal": goal, "today": today})


async def conclude(work: Work, state: State, briefing: Briefing, order: WorkOrder) -> Done:
    """The checked order, and how many people it would find."""
    result = checked(order, str(state["goal"]), briefing.material["known"])
    playbook = load_playbook(result.playbook or work.playbook.name)
    wanted = result.wanted()
    today = work.now().date()
    found = await work.db.read(
        lambda session: first_touches_due(
            session,
            playbook.name,
            playbook.draft_tiers,
            playbook.contact_personas,
            limit=10_000,
            wanted=wanted,
            today=today,
        )
    )
    plain = result.model_dump(mode="json")
    return Done({"order": plain, "matching": len(found)}, outputs={"order": plain}, processed=1)


AGENT = AnswerAgent(
    name=NAME, run_type="orchestrate", schema=WorkOrder, policy=policy, prepare=prepare, conclude=conclude
)
