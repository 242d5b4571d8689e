"""The judge of style on labelled messages, judged by its own row."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from evals.judge import AGENT, verdict_of
from evals.judge_rules import Defect
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World


class Input(Part):
    """One message, and what its writer knew."""

    playbook: str
    touch: Literal["first", "follow-up"]
    contact: str
    organisation: str
    facts: list[str]
    subject: str
    body: str


class Expected(Part):
    """Whether a considerate person could send it; if not, the defects that it was written with."""

    good: bool
    defects: list[Defect] = Field(default=[])
    why: str

    @model_validator(mode="after")
    def _agrees(self) -> "Expected":
        if self.good == bool(self.defects):
            raise ValueError("a good message has no defects, a bad one has some")
        return self


async def run(world: World, given: Input) -> None:
    """Asks the judge."""
    message = given.model_dump(exclude={"playbook"})
    await world.step(AGENT, {"playbook": given.playbook, "message": message})


async def state(world: World, given: Input) -> dict[str, Any]:  # noqa: ARG001
    """What the judge said, by its row."""

    return {"verdict": await world.read(verdict_of)}


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Good or bad is what counts; which defects it names is measured besides."""
    if got["verdict"] is None:
        return Judgement({"verdict": False}, ("it gave no verdict",))
    said, found = got["verdict"]["good"], got["verdict"]["defects"]
    right = said == expected.good
    marks: dict[str, Mark] = {"verdict": right, "spared" if expected.good else "caught": right}
    if expected.defects:
        named = set(expected.defects) & set(found)
        marks["named"] = (float(len(named)), float(len(expected.defects)))
    if right:
        return Judgement(marks)
    what = "good" if said else f"bad ({', '.join(found)})"
    return Judgement(
        marks, (f"it calls it {what}, and the label says {'good' if expected.good else 'bad'}: {expected.why}",)
    )


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
