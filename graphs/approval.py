"""The person's turn: an interrupt that says exactly what would leave, and reads the decision from the database.

What a front end sends with the resume is not trusted with anything: it wakes the thread, and the row in `approvals`,
which only a person's connection can write, says what was decided.
"""

from typing import Any

from langgraph.config import get_config
from langgraph.types import interrupt
from sqlalchemy.orm import Session

from db.approvals import APPROVING, draft_hash, latest_decision, may_go, recipient_of
from db.models import Approval, MessageDraft
from db.queries.inbox import standing
from graphs.nodes import Machine, Node
from graphs.recorder import Opening, step_id
from graphs.routing import ContactState

ACTION = "send_message"


def hitl_request(session: Session, draft_id: str) -> dict[str, Any]:
    """The interrupt's payload, in the shape of LangChain's human-in-the-loop requests."""
    draft = session.get_one(MessageDraft, draft_id)
    arguments = {
        "draft_id": draft.id,
        "version": draft.version,
        "hash": draft_hash(draft),
        "channel": draft.channel,
        "recipient": recipient_of(draft.contact, draft.channel),
        "subject": draft.subject_line,
        "body": draft.body,
    }
    return {
        "action_requests": [
            {
                "name": ACTION,
                "args": arguments,
                "description": f"{draft.channel} to {draft.contact.full_name}, {draft.contact.prospect.name}",
            }
        ],
        "review_configs": [{"action_name": ACTION, "allowed_decisions": ["approve", "edit", "reject", "respond"]}],
    }


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
            inputs={"draft_id": draft_id, "version": state["version"]},
        )
        async with machine.recorder.step(opening) as step:
            if step.replayed:
                stored: dict[str, Any] = step.prior["update"]
                return stored
            update = await machine.db.read(lambda session: read_decision(session, draft_id))
            if update["decision"] is None:
                interrupt(await machine.db.read(lambda session: hitl_request(session, draft_id)))
                update = await machine.db.read(lambda session: read_decision(session, draft_id))
            step.outputs = {"update": update}
            step.decisions = [{"decision": update["decision"], "version": update["version"]}]
            return update

    return approval
