"""A draft that an assistant wrote: through the code of the drafting agent and through QC, into the inbox.

What the drafting agent's model would have answered, the assistant did; everything else is that agent's own step, with a
row of its own under a run of its own. A person decides on it as on any other draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, Done, Work
from agents.drafting_schema import Claim, DraftAnswer
from agents.models import RunBudget, spending
from agents.registry import AGENTS
from db.actors import acting_as, agent, is_user
from db.locks import only_one, step_lock
from db.models import Contact, MessageDraft, MessageVersion, Prospect
from db.queries.due import DueTouch, never_written_to, ready_organisations, sequence_id_for
from db.queries.inbox import Sought, lines
from graphs.nodes import make_step
from graphs.recorder import Opening, Step, step_id
from playbooks import load_playbook
from tools.drafting.brief import Brief

if TYPE_CHECKING:
    from agents.agent import Briefing
    from graphs.nodes import Machine

OPEN: Final = ("waiting", "stopped", "skipped")
"""The states of a draft in which another version may take its place: nobody has decided on it to let it leave."""


class DraftRefused(ValueError):
    """The draft is not written; the message says why and what to do."""


@dataclass(frozen=True)
class WrittenDraft:
    """A text for one person. `claims` are (sentence, fact id); `revises` is the version that it takes the place of, 0
    for the first. `client` is the name that the assistant's program gave of itself."""

    contact_id: str
    subject: str
    body: str
    claims: tuple[tuple[str, str], ...]
    opener_style: Any
    ask_style: Any
    note: str
    revises: int
    client: str


async def write_draft(machine: Machine, written: WrittenDraft) -> dict[str, Any]:
    """Writes the draft and has QC check it; what became of it. Raises DraftRefused, and whatever QC's model raises."""
    run_id = uuid4().hex
    opening = Opening(
        id=run_id,
        run_type="orchestrate",
        agent_name="orchestrator",
        contact_id=None,
        inputs={"asked_by": f"mcp:{written.client}", "contact_id": written.contact_id, "revises": written.revises},
        trigger="manual",
        memoised=False,
    )
    due, playbook = await machine.db.read(lambda session: _due(session, written))
    state = {**due.state(run_id, playbook), "version": written.revises or None, "draft_id": due.draft_id}
    # Held while the step is under way: an open row whose lock is free was cut off.
    with only_one(machine.db.url, step_lock(run_id)):
        async with machine.recorder.step(opening) as root:
            drafted = await _draft(machine, state, written)
            if isinstance(drafted, str):
                root.status, root.error = "partial", drafted
            else:
                with spending(RunBudget.of(machine.models)):
                    checked = {**state, **drafted, "by_person": False}
                    found = await make_step(machine, AGENTS["qc"])(checked, step_id(run_id, "qc"), None)
                root.outputs = {"draft_id": drafted["draft_id"], "version": drafted["version"]}
                root.created = 1
    if isinstance(drafted, str):
        raise DraftRefused(drafted)
    flags = await machine.db.read(lambda session: session.get_one(MessageDraft, drafted["draft_id"]).qc_flags)
    passed = bool(found["qc_passed"])
    return {
        "draft_id": drafted["draft_id"],
        "version": drafted["version"],
        "qc_passed": passed,
        "qc_flags": flags or [],
        "run_id": run_id,
        "next": (
            "It waits for a person to decide on it."
            if passed
            else f"QC blocks it, so nobody is shown it. Mend what the flags say and write again, with "
            f"revises={drafted['version']}."
        ),
    }


def _due(session: Session, written: WrittenDraft) -> tuple[DueTouch, str]:
    """The first touch of this person's, where it may be written, or written anew."""
    contact = session.get(Contact, written.contact_id)
    if contact is None or contact.deleted_at is not None:
        raise DraftRefused(f"There is no person {written.contact_id}: find_people gives the ids.")
    prospect = contact.prospect
    sequence_id = sequence_id_for(contact.id, prospect.playbook)
    existing = session.scalars(
        select(MessageDraft).where(MessageDraft.sequence_id == sequence_id, MessageDraft.touch_number == 1)
    ).one_or_none()
    due = DueTouch(
        contact.account_id,
        prospect.id,
        contact.id,
        sequence_id,
        1,
        prospect.tier or "",
        begin=None,
        draft_id=existing.id if existing is not None else None,
    )
    if existing is None:
        _refuse_first(session, contact, prospect, written)
    else:
        _refuse_again(session, existing, written)
    return due, prospect.playbook


def _refuse_first(session: Session, contact: Contact, prospect: Prospect, written: WrittenDraft) -> None:
    if written.revises:
        raise DraftRefused("There is no draft to this person yet: leave revises at 0.")
    playbook = load_playbook(prospect.playbook)
    may = session.scalar(
        select(Contact.id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(
            Contact.id == contact.id,
            *never_written_to(),
            *ready_organisations(prospect.playbook, playbook.draft_tiers),
        )
    )
    if may is None:
        raise DraftRefused(
            "No first message to this person is due: they have no address or may not be written to, somebody of their "
            "organisation was written to already, or the organisation is of no tier that is written to."
        )


def _refuse_again(session: Session, existing: MessageDraft, written: WrittenDraft) -> None:
    if existing.version != written.revises:
        raise DraftRefused(
            f"There is a draft to this person, {existing.id}, at version {existing.version}: read it with show_draft, "
            f"and write with revises={existing.version}."
        )
    if not lines(session, Sought(ids=[existing.id]), states=OPEN):
        raise DraftRefused("A person has decided on this draft, or it has left: it is not written anew.")
    author = session.scalar(
        select(MessageVersion.author).where(
            MessageVersion.draft_id == existing.id, MessageVersion.version == existing.version
        )
    )
    if is_user(author or ""):
        raise DraftRefused("A person wrote the present text: it is theirs to change.")


async def _draft(machine: Machine, state: dict[str, Any], written: WrittenDraft) -> dict[str, Any] | str:
    """The drafting agent's step with the assistant's answer in the place of a model's; why not, where it is refused."""
    drafting = AGENTS["drafting"]
    assert isinstance(drafting, AnswerAgent)  # noqa: S101 (it answers once, as the assistant does)
    opening = Opening(
        id=step_id(state["root_run_id"], "drafting"),
        run_type=drafting.run_type,
        agent_name=drafting.name,
        parent_id=state["root_run_id"],
        contact_id=state["contact_id"],
        inputs={name: value for name, value in state.items() if value is not None},
    )
    async with machine.recorder.step(opening) as step:
        step.model = f"mcp:{written.client}"
        with acting_as(agent(step.id)):
            work = Work(machine.db, machine.playbook(state["playbook"]), step.id, machine.web, machine.clock)
            # What holds a message back is looked at before its text, for a new version as for the first.
            briefing = await drafting.prepare(work, {**state, "version": None})
            if not isinstance(briefing, Done) and state["version"]:
                briefing = await drafting.prepare(work, state)
            if isinstance(briefing, Done):
                return _refused(step, briefing.partial or "This person is not written to now.")
            answer = _answer(briefing, written)
            if isinstance(answer, str):
                return _refused(step, answer)
            done = await drafting.conclude(work, state, briefing, answer)
        step.outputs = {"update": done.update, **done.outputs}
        step.decisions, step.created = done.decisions, done.created
    return done.update


def _answer(briefing: Briefing, written: WrittenDraft) -> DraftAnswer | str:
    brief: Brief = briefing.memo["brief"]
    if not brief.fact_ids:
        return "Nothing is known about this organisation yet: have it researched first, with outreach run."
    numbers = {fact_id: number for number, fact_id in enumerate(brief.fact_ids, start=1)}
    if unknown := [fact_id for _, fact_id in written.claims if fact_id not in numbers]:
        return f"There is no usable fact {unknown[0]} about this person: show_person lists them."
    return DraftAnswer(
        subject=written.subject,
        body=written.body,
        claims=[Claim(sentence=sentence, fact=numbers[fact_id]) for sentence, fact_id in written.claims],
        opener_style=written.opener_style,
        ask_style=written.ask_style,
        note=written.note,
    )


def _refused(step: Step, why: str) -> str:
    step.status, step.error = "partial", why
    return why
