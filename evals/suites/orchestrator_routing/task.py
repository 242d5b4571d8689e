"""Situations through whole runs and the decisions of a person: whom the orchestrator has written to next, what becomes
of each message, and who is left alone; judged by the rows that are there in the end."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.approvals import Decision, draft_hash, take_decision
from db.models import AgentRun, Batch, Contact, MessageDraft, MessageVersion, Prospect
from db.suppressions import plain_address, suppressed_among
from evals.suites.orchestrator_routing.situation import Decide, Input, Run, arrange, noon
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import PERSON, World
from graphs.runner import Runner
from playbooks import load_playbook


class Expected(Part):
    """What comes of it. `people`: by name, what there is of mails to them besides what had left before; `steps` of
    some of them, in their order; `plan` of the last run; `organisations` whose status matters; `barred`: who must not
    be written to any more in the end."""

    people: dict[str, list[str]]
    steps: dict[str, list[str]] = Field(default={})
    plan: list[str] | None = None
    organisations: dict[str, str] = Field(default={})
    barred: list[str] = Field(default=[])
    why: str


async def run(world: World, given: Input) -> None:
    """Writes the situation, and does one thing after another, as the commands do."""
    world.now = noon(given.today)
    await world.write(lambda session: arrange(session, given))
    async with world.runner() as runner:
        for step in given.do:
            if isinstance(step, Run):
                await _run(world, runner, given, step)
            else:
                await world.write(lambda session, step=step: _decide(session, given, step))  # type: ignore[misc]
                await runner.wake()


async def _run(world: World, runner: Runner, given: Input, step: Run) -> None:
    batch = await world.read(lambda session: session.scalar(select(Batch.id))) if step.batch else None
    await runner.run(given.playbook, files=[], limit=step.limit, only=step.run, batch_id=batch)


def _decide(session: Session, given: Input, step: Decide) -> None:
    draft = session.scalars(
        select(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .where(Contact.full_name == step.person, MessageDraft.approval_status.in_(("draft", "ready")))
    ).one()
    body = None
    if step.decide == "edit":
        new = step.with_words or ""
        body = draft.body.replace(step.words, new) if step.words else f"{new}\n\n{draft.body}"
    decision = Decision(
        draft.id,
        draft.version,
        draft_hash(draft),
        step.decide,
        PERSON,
        reason=step.reason,
        until=step.until,
        subject=draft.subject_line,
        body=body,
    )
    take_decision(session, decision, approval_days=load_playbook(given.playbook).limits.approval_days)


async def state(world: World, given: Input) -> dict[str, Any]:
    """What there is for everybody, which steps were taken, and how the last run was planned."""

    def read(session: Session) -> dict[str, Any]:
        everybody = select(Contact).order_by(Contact.full_name).execution_options(include_deleted=True)
        steps = session.scalars(
            select(AgentRun)
            .where(AgentRun.run_type.not_in(("model_call", "tool_call")))
            .order_by(AgentRun.started_at, AgentRun.id)
        ).all()
        before = {
            person.name for place in given.organisations for person in place.people if person.mail == "sent"
        }  # their first mail had left
        people, taken = {}, {}
        for contact in session.scalars(everybody):
            mine = [step.run_type for step in steps if step.contact_id == contact.id]
            people[contact.full_name] = _mails(session, contact, mine, sent_before=contact.full_name in before)
            taken[contact.full_name] = mine
        live = session.scalars(everybody).all()
        suppressed = suppressed_among(session, (contact.email for contact in live))
        barred = {c.full_name for c in live if c.do_not_contact or plain_address(c.email) in suppressed}
        plans = [step.decisions for step in steps if step.run_type == "orchestrate" and step.decisions]
        return {
            "people": people,
            "steps": taken,
            "plan": [hop["next"] for hop in plans[-1]] if plans else [],
            "organisations": {row.name: row.status for row in session.execute(select(Prospect.name, Prospect.status))},
            "barred": sorted(barred),
            "failed": [f"{step.run_type}: {step.error_message}" for step in steps if step.status == "error"],
        }

    return await world.read(read)


def _mails(session: Session, contact: Contact, steps: Sequence[str], *, sent_before: bool) -> list[str]:
    drafts = session.scalars(
        select(MessageDraft)
        .where(MessageDraft.contact_id == contact.id)
        .order_by(MessageDraft.touch_number, MessageDraft.created_at, MessageDraft.id)
    )
    found = [
        f"{_name(draft)} {_where(session, draft)}"
        for draft in drafts
        if not (sent_before and draft.touch_number == 1 and draft.touch_type == "email")
    ]
    return found or ["researched, nothing written" if "research" in steps else "left alone"]


def _name(draft: MessageDraft) -> str:
    named = {"reply_draft": "answer", "re_engagement": "re-engagement"}
    return named.get(draft.touch_type, f"mail {draft.touch_number}")


def _where(session: Session, draft: MessageDraft) -> str:
    if draft.approval_status != "draft":
        return {"archived": "put away"}.get(draft.approval_status, draft.approval_status)
    if draft.qc_passed:
        return "waits"
    author = session.scalar(
        select(MessageVersion.author).where(
            MessageVersion.draft_id == draft.id, MessageVersion.version == draft.version
        )
    )
    return "back with the person" if (author or "").startswith("user") else "stopped by QC"


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Compares person by person, and what else the case says."""
    wrong: list[str] = []
    right = 0
    for name in sorted({*expected.people, *got["people"]}):
        mails, wanted = got["people"].get(name, ["absent"]), expected.people.get(name, ["absent"])
        right += mails == wanted
        if mails != wanted:
            wrong.append(f"{name}: {', '.join(mails)}; not {', '.join(wanted)}")
    marks: dict[str, Mark] = {"people": (float(right), float(len({*expected.people, *got["people"]})))}
    if expected.steps:
        astray = {name: got["steps"].get(name) for name, steps in expected.steps.items() if got["steps"][name] != steps}
        wrong += [f"{name}'s steps: {steps}, not {expected.steps[name]}" for name, steps in astray.items()]
        marks["steps"] = not astray
    if expected.plan is not None:
        marks["plan"] = got["plan"] == expected.plan
        if got["plan"] != expected.plan:
            wrong.append(f"the plan: {got['plan']}, not {expected.plan}")
    for name, status in expected.organisations.items():
        if got["organisations"].get(name) != status:
            wrong.append(f"{name} is {got['organisations'].get(name)}, not {status}")
    marks["barred"] = got["barred"] == sorted(expected.barred)
    if not marks["barred"]:
        wrong.append(f"barred: {got['barred']}, not {sorted(expected.barred)}")
    wrong += got["failed"]
    return Judgement(marks, tuple(wrong))


TASK = Task(Input, Expected, run=run, found=state, judge=judge)
