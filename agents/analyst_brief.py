"""The analyst's brief of a batch: five lines that a seller reads before working on it.

What is known is counted and numbered by code; each line names the points that it rests on, and says no number and no
name that those do not have.
"""

from typing import Any

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.analyst_brief_policy import policy
from agents.analyst_brief_schema import MOST, Brief
from tools.analyst.points import beyond, pick


async def prepare(work: Work, state: State) -> Briefing:
    """`state["points"]` are the numbered points; `state["wrong"]` what was wrong with an earlier answer."""
    material = {"seller": work.playbook.sender.company, "points": state["points"], "wrong": state.get("wrong")}
    return Briefing(material)


async def conclude(_work: Work, _state: State, briefing: Briefing, brief: Brief) -> Done:
    """Checks the lines; whoever asked decides what becomes of a brief with something wrong in it."""
    lines = [" ".join(line.text.split()) for line in brief.lines()]
    wrong = problems(brief, briefing.material)
    decisions = [{"line": n, "points": line.points} for n, line in enumerate(brief.lines(), start=1)]
    return Done({"lines": lines, "wrong": wrong}, decisions=decisions, processed=len(briefing.material["points"]))


def problems(brief: Brief, material: dict[str, Any]) -> list[str]:
    """What is wrong with a brief, a sentence each: a line that is empty or too long, a number or name from nowhere."""
    found: list[str] = []
    for number, line in enumerate(brief.lines(), start=1):
        text = " ".join(line.text.split())
        if not text or len(text) > MOST:
            found.append(f"Line {number} must have 1 to {MOST} characters; it has {len(text)}.")
        if said := beyond(text, pick(material["points"], line.points), [material["seller"]]):
            found.append(f"Line {number} says {', '.join(said)}, which the points it names do not have.")
    return found


AGENT = AnswerAgent(
    name="analyst",
    run_type="pre_brief",
    schema=Brief,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    prompt="analyst_brief",
)
