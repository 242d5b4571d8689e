"""The person's turn: an interrupt that says exactly what would leave, and reads the decision from the database.

What a front end sends with the resume is not trusted with anything: it wakes the thread, and the row in `approvals`,
which only a person's connection can write, says what was decided.
"""

from typing import Any

from langgraph.config import get_config
from langgraph.types import interrupt
from sqlalchemy.orm import Session

from db.approvals import draft_hash, latest_decision, may_go, recipient_of
from db.models import MessageDraft
from graphs.nodes import Machine, Node
from graphs.recorder import Opening, step_id
from graphs.routing import ContactState

ACTION = "send_message"
DECIDING = ("approve", "edit", "reject", "do_not_contact")


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


def read_decision(session: Session, draft_id: str, version: int) -> dict[str, Any]:
    """What was decided since the thread began to wait at `version`, as an update of its state."""
    draft = session.get_one(MessageDraft, draft_id)
    found = latest_decision(session, draft)
    decision = found.decision if found is not None and found.decision in DECIDING else None
    if decision == "edit" and draft.version == version:
        decision = None  # it was this thread's own edit, already checked, that did not pass
    if decision == "approve" and not may_go(session, draft):
        decision = None  # lapsed, or the recipient's address has changed since
    return {"decision": decision, "version": draft.version, "edit_stands": decision == "edit"}


def make_approval(machine: Machine) -> Node:
    """The approval node. It runs again from its start when the thread is resumed, so it only reads."""

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
            interrupt(await machine.db.read(lambda session: hitl_request(session, draft_id)))
            update = await machine.db.read(lambda session: read_decision(session, draft_id, state["version"]))
            step.outputs = {"update": update}
            step.decisions = [{"decision": update["decision"], "version": update["version"]}]
            return update

    return approval
