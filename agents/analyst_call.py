"""The analyst's preparation of one call: why now, what to ask, how to open, what to say to a machine.

Who it is, what was said so far and the likely objection stand in the records and are not asked of a model. What it says
is checked as QC checks a message: what is said aloud rests on cited facts or agreed statements.
"""

from typing import Any

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.analyst_call_policy import policy
from agents.analyst_call_schema import MOST_WORDS, CallLine, CallSheet
from tools.analyst.calls import spoken_problems
from tools.analyst.points import beyond, pick


async def prepare(work: Work, state: State) -> Briefing:
    """`state["material"]` is what is known (`tools.analyst.calls`), `state["wrong"]` what was wrong before."""
    return Briefing({**state["material"], "wrong": state.get("wrong")}, memo={"work": work})


async def conclude(work: Work, _state: State, briefing: Briefing, sheet: CallSheet) -> Done:
    """Checks the sheet; whoever asked decides what becomes of one with something wrong in it."""
    found = sheet.model_dump(mode="json")
    wrong = problems(sheet, briefing.material, work)
    sources = [p["source"] for p in briefing.material["points"] if p.get("source") and p["number"] in _used(sheet)]
    return Done({"sheet": found, "wrong": wrong}, outputs={"sheet": found}, sources=sources, processed=1)


def _used(sheet: CallSheet) -> set[int]:
    lines = [*sheet.why_now, *sheet.questions, sheet.opening, sheet.voicemail]
    return {number for line in lines for number in line.points}


def problems(sheet: CallSheet, material: dict[str, Any], work: Work) -> list[str]:
    """What is wrong with a sheet, a sentence each."""
    contact, sender = material["contact"], material["sender"]
    allowed = [
        *(str(value) for value in [*contact.values(), *sender.values()] if value),
        *material["names"],
        *(s["text"] for s in material["statements"]),
    ]
    found: list[str] = []

    def look(what: str, line: CallLine) -> None:
        if not line.text.strip():
            found.append(f"{what} is empty.")
        if said := beyond(line.text, pick(material["points"], line.points), allowed):
            found.append(f"{what} says {', '.join(said)}, which neither a cited point nor a statement has.")

    known = {point["number"] for point in material["points"]}
    for number, line in enumerate(sheet.why_now, start=1):
        look(f"Reason {number}", line)
        if not known & set(line.points):
            found.append(f"Reason {number} names no point that it rests on.")
    for number, line in enumerate(sheet.questions, start=1):
        look(f"Question {number}", line)
        if not line.text.rstrip().endswith("?"):
            found.append(f"Question {number} is no question.")
    for what, line in (("The opening", sheet.opening), ("The voicemail", sheet.voicemail)):
        look(what, line)
        if (count := len(line.text.split())) > MOST_WORDS:
            found.append(f"{what} has {count} words; {MOST_WORDS} are the most.")
        found += [f"{what}: {said}" for said in spoken_problems(work.playbook, material, line.text, line.points)]
    return list(dict.fromkeys(found))


AGENT = AnswerAgent(
    name="analyst",
    run_type="call_prep",
    schema=CallSheet,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    prompt="analyst_call",
)
