"""The judge: an agent that says how a message reads, by a rubric of eight defects (prompts/judge).

With the rules model it is what can be seen by rule, the baseline of every other judge. What a judge says counts only
where it agrees with people's labels (evals/judging.py).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from db.models import AgentRun
from evals.judge_rules import StyleVerdict, policy

STYLE = "style"
"""The metric that a judge's verdicts make."""


def message_of(
    *, touch: str, contact: str, organisation: str, facts: Sequence[str], subject: str, body: str
) -> dict[str, Any]:
    """What a judge is shown of a message."""
    return {
        "touch": touch,
        "contact": contact,
        "organisation": organisation,
        "facts": list(facts),
        "subject": subject,
        "body": body,
    }


async def prepare(work: Work, state: State) -> Briefing:  # noqa: ARG001
    """The message, as it is."""
    return Briefing(dict(state["message"]))


async def conclude(work: Work, state: State, briefing: Briefing, verdict: StyleVerdict) -> Done:  # noqa: ARG001
    """The verdict is the step's output: nothing acts on it."""
    found = sorted({shown.defect for shown in verdict.defects})
    shown = [each.model_dump() for each in verdict.defects]
    return Done({}, outputs={"good": not found, "defects": found, "shown": shown}, processed=1)


AGENT = AnswerAgent(
    name="qc",  # whose part it is to say what is wrong with a message; its prompt and its kind of run are its own
    run_type="analysis",
    schema=StyleVerdict,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    prompt="judge",
)


def verdict_of(session: Session) -> dict[str, Any] | None:
    """What the judge said in this database: `good`, `defects`, and where it saw them; None where it said nothing."""
    query = select(AgentRun.outputs).where(AgentRun.run_type == AGENT.run_type, AgentRun.agent_name == AGENT.name)
    outputs = session.scalars(query).one_or_none() or {}
    return {name: outputs[name] for name in ("good", "defects", "shown")} if "good" in outputs else None
