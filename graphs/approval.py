"""The person's turn: an interrupt that says exactly what would leave, and reads the decision from the database.

In the program's own processes the resume only wakes the thread, and the row in `approvals`, which only a person's
connection can write, says what was decided. Where a person answers the interrupt itself (`langgraph dev`), the door
gave the machine what takes an answer down: the same code, with the same checks, as at the terminal.
"""

from functools import cache
from typing import Any, Final

from langgraph.config import get_config
from langgraph.types import interrupt
from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from db.approvals import APPROVING, draft_hash, latest_decision, may_go, recipient_of, warnings_of
from db.models import AgentRun, Approval, MessageDraft
from db.queries.inbox import standing
from db.queries.together import with_recipient
from graphs.answering import ACTION, NotAnAnswer, read_answer
from graphs.nodes import Machine, Node
from graphs.recorder import Opening, step_id
from graphs.routing import ContactState

DECIDED: Final = {"decided": True}
"""What a thread is resumed with by those who recorded the decision themselves."""


def request(session: Session, draft_id: str, thread_id: str, refused: str | None = None) -> dict[str, Any]:
    """The interrupt's payload: LangChain's human-in-the-loop request, and Agent Inbox's beside it.

    `refused` says why the answer before was not taken. `approve`, which need not name anything, is offered only where
    it can be taken: QC passed without a warning, and no other text was shown under this thread.
    """
    draft = session.get_one(MessageDraft, draft_id)
    warned, shown = warnings_of(draft.qc_flags), draft_hash(draft)
    arguments = {
        "draft_id": draft.id,
        "version": draft.version,
        "hash": shown,
        "channel": draft.channel,
        "recipient": recipient_of(draft.contact, draft.channel) or "",
        "subject": draft.subject_line or "",
        "body": draft.body,
        "reason": "",
    }
    bare = bool(draft.qc_passed) and not warned and _is_only_one(session, thread_id, shown)
    described = _described(draft, warned, refused)
    return {
        "action_requests": [{"name": ACTION, "args": arguments, "description": described}],
        "review_configs": [
            {"action_name": ACTION, "allowed_decisions": [*(["approve"] if bare else []), "edit", "reject"]}
        ],
        "action_request": {"action": ACTION, "args": arguments},
        "config": {
            "allow_accept": bool(draft.qc_passed),
            "allow_edit": True,
            "allow_respond": True,
            "allow_ignore": True,
        },
        "description": described,
    }


def _described(draft: MessageDraft, warned: list[str], refused: str | None) -> str:
    """What stands above the message in a front end; Markdown for those that know it."""
    lines = [f"Your last answer was not taken. {refused}"] if refused else []
    person, organisation = _quoted(draft.contact.full_name), _quoted(draft.contact.prospect.name)
    lines.append(f"{draft.channel} to {person}, {organisation}, version {draft.version}")
    if not draft.qc_passed:
        lines.append("QC blocks this text, and a block cannot be overridden: edit it or reject it.")
    elif warned:
        lines.append(f"QC warns ({', '.join(warned)}): to approve it, say in `reason` why it may leave.")
    else:
        lines.append("QC has nothing against it.")
    lines.append("An edit that leaves subject and body as they are approves this text. A rejection needs a reason.")
    return "\n\n".join(lines)


def _quoted(name: str) -> str:
    """A name from outside: no Markdown of its own, and nothing invisible."""
    return "`" + "".join(c if c.isprintable() and c != "`" else "\ufffd" for c in name) + "`"


def _is_only_one(session: Session, thread_id: str, content_hash: str) -> bool:
    """Whether this thread never showed a person another text than this one."""
    outputs = session.scalars(_shown(), {"thread": thread_id})
    return {(shown or {}).get("shown", content_hash) for shown in outputs} <= {content_hash}


@cache
def _shown() -> Select[Any]:
    return select(AgentRun.outputs).where(AgentRun.thread_id == bindparam("thread"), AgentRun.run_type == "approval")


def read_decision(session: Session, draft_id: str) -> dict[str, Any]:
    """What is to be done with the draft now, as an update of its thread's state; `decision` is None while it waits.

    Besides a person's decisions there are 'edit' for any text that QC has not seen, and 'withdrawn' for a message
    that cannot go out any more, whatever was or will be decided.
    """
    draft = session.get_one(MessageDraft, draft_id)
    decision = _next(session, draft, latest_decision(session, draft))
    return {"decision": decision, "version": draft.version, "edit_stands": False, "by_person": decision == "edit"}


def _next(session: Session, draft: MessageDraft, found: Approval | None) -> str | None:
    decided = found.decision if found is not None else None
    if decided == "do_not_contact":
        return decided
    fate = standing(session, draft)
    if fate.state != "open":
        return None if fate.state == "held" else "withdrawn"
    if decided == "reject":
        return decided
    if draft.qc_passed is None:
        return "edit"
    # An approval may have lapsed, or the recipient's address have changed since; an edit may not have passed.
    return "approve" if decided in APPROVING and draft.qc_passed and may_go(session, draft) else None


def _look(
    session: Session, draft_id: str, thread_id: str, refused: str | None
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The decision, and what to ask for where there is none."""
    _near = with_recipient(session, draft_id)  # what is held is not asked for again
    update = read_decision(session, draft_id)
    return update, request(session, draft_id, thread_id, refused) if update["decision"] is None else None


def make_approval(machine: Machine) -> Node:
    """The approval node. It runs again from its start when the thread is resumed, so it only reads; what is decided
    already is not asked again."""

    async def approval(state: ContactState) -> dict[str, Any]:
        configurable = get_config()["configurable"]
        draft_id = state["draft_id"]
        assert draft_id is not None  # noqa: S101 (the router sends only drafts here)
        opening = Opening(
            id=step_id(configurable["thread_id"], configurable["checkpoint_ns"], "approval"),
            run_type="approval",
            agent_name="outreach",
            parent_id=state.get("root_run_id"),
            contact_id=state.get("contact_id"),
            thread_id=configurable["thread_id"],
            inputs={"draft_id": draft_id, "version": state.get("version")},
        )
        async with machine.recorder.step(opening) as step:
            if step.replayed:
                stored: dict[str, Any] = step.prior["update"]
                return stored
            thread, before = configurable["thread_id"], state.get("refused")
            update, asked = await machine.db.read(lambda session: _look(session, draft_id, thread, before))
            refused, shown = None, None
            if asked is not None:
                arguments = asked["action_request"]["args"]
                shown = arguments["hash"]
                step.outputs = {"shown": shown}
                given = interrupt(asked)
                if machine.answered is not None and given != DECIDED:
                    refused = await _answer(machine, given, arguments, configurable["thread_id"])
                update = await machine.db.read(lambda session: read_decision(session, draft_id))
            update["refused"] = refused if update["decision"] is None else None
            step.outputs = {"update": update, **({"shown": shown} if shown else {})}
            step.decisions = [{"decision": update["decision"], "version": update["version"]}]
            return update

    return approval


async def _answer(machine: Machine, given: Any, arguments: dict[str, Any], thread_id: str) -> str | None:
    """Takes down what a person answered to the interrupt; why it was not taken, or None."""
    only = await machine.db.read(lambda session: _is_only_one(session, thread_id, arguments["hash"]))
    try:
        answer = read_answer(given, arguments, only_one_shown=only, today=machine.clock().date())
    except NotAnAnswer as exc:
        return str(exc)
    assert machine.answered is not None  # noqa: S101 (the caller looked)
    return await machine.answered(answer)
