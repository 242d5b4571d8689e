"""Replies that nothing was tuned on: each answers a message of its own, as a person or as a machine does.

They run as those of reply_triage do, and are judged as those are, and by their kind besides.
"""

from collections.abc import Mapping
from datetime import date
from email.utils import parseaddr
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import InboundKind, ReplyIntent
from db.models import AgentRun
from evals.suites.reply_triage import task as older
from evals.suites.sent import ROBIN, send
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World


class Input(Part):
    """One reply, and our message that it answers. `from` is who answers, as the header has it."""

    playbook: str
    subject: str
    sender: str = Field(alias="from")
    text: str
    received: date = Field(alias="date")
    ours: str


class Expected(Part):
    """What the reply is and wants; `intent` null where no person wrote. A field that is left out is not judged, a
    referral that is null must not be made up."""

    kind: InboundKind
    intent: ReplyIntent | None
    referral_name: str | None = None
    referral_title: str | None = None
    referral_email: str | None = None
    resume_date: date | None = None


def _as_older(given: Input) -> older.Input:
    return older.Input(
        playbook=given.playbook,
        subject=given.subject,
        text=given.text,
        received=given.received,
        sender=parseaddr(given.sender)[1],
    )


async def run(world: World, given: Input) -> None:
    """Our message goes to who answers, except where that is a machine; then the reply comes."""
    name, address = parseaddr(given.sender)
    first, _, last = name.partition(" ")
    greeted = given.ours.removeprefix("Hi ").startswith(f"{first},")
    to = (first, last, address) if greeted else ROBIN
    await world.write(lambda session: send(session, given.playbook, "A short question", given.ours, to=to))
    await older.run(world, _as_older(given))


async def state(world: World, given: Input) -> dict[str, Any]:
    """What the rows say in the end, and the return that an absence gave."""

    def read(session: Session) -> str | None:
        outputs = session.scalars(select(AgentRun.outputs).where(AgentRun.run_type == "reply_triage")).first() or {}
        return outputs.get("back_on")

    return {**await older.state(world, _as_older(given)), "back_on": await world.read(read)}


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:
    """As reply_triage judges, where a person wrote; the kind always, the return of who is away where it is known."""
    right = got["kind"] == expected.kind.value
    wrong = [] if right else [f"the kind is {got['kind']}, not {expected.kind.value}"]
    marks: dict[str, Mark] = {"kind": right}
    if expected.intent is not None:
        fields = expected.model_dump(exclude={"kind"}, exclude_unset=True)
        human = older.judge(_as_older(given), older.Expected(**fields), got)
        marks |= human.marks
        # A referral on which people differ is not judged; older knows only "none".
        if "referral_name" not in expected.model_fields_set:
            marks.pop("referral_right", None)
            return Judgement(marks, (*wrong, *(w for w in human.wrong if not w.startswith("nobody is referred to"))))
        return Judgement(marks, (*wrong, *human.wrong))
    if got["suppressed"]:
        marks["opt_out_right"] = False
        wrong.append("the address is suppressed, and no person wrote")
    if expected.kind is InboundKind.OUT_OF_OFFICE and expected.resume_date is not None:
        day = expected.resume_date.isoformat()
        marks["resume_date"] = got["back_on"] == day
        if got["back_on"] != day:
            wrong.append(f"they are taken to be back on {got['back_on']}, not on {day}")
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
