"""How a thread begins whose state nobody prepared: what a server's client asks for becomes a touch that is due."""

from typing import Any

from langgraph.config import get_config
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from db.models import MessageDraft
from db.queries.due import first_touches_due, followups_due
from db.queries.left_drafts import left_drafts
from db.queries.wanted import Wanted
from db.thread_ids import touch_thread
from graphs.nodes import Machine, Node
from graphs.recorder import Opening, step_id


class Asked(BaseModel):
    """What a thread may be asked for; with neither, whatever is due next."""

    draft_id: str | None = Field(default=None, max_length=32, description="A draft that waits for your decision.")
    organisation: str | None = Field(default=None, max_length=200, description="A first message to somebody there.")


class NothingDue(LookupError):
    """There is nothing to write or to decide as it was asked for; the message says so."""


def make_entry(machine: Machine, playbook_name: str) -> Node:
    """The node that a served thread begins with. It opens the root of the thread's steps, and gives the state that the
    orchestrator would have given; whatever else a client sends is not looked at."""

    async def entry(state: Asked) -> dict[str, Any]:
        configurable = get_config()["configurable"]
        thread_id = configurable["thread_id"]
        opening = Opening(
            id=step_id(thread_id, configurable["checkpoint_ns"], "entry"),
            run_type="orchestrate",
            agent_name="orchestrator",
            thread_id=thread_id,
            inputs=state.model_dump(),
            trigger="manual",
        )
        async with machine.recorder.step(opening) as step:
            if step.replayed:
                stored: dict[str, Any] = step.prior["update"]
                return stored
            update = await machine.db.read(lambda session: _begun(session, machine, playbook_name, state, step.id))
            step.outputs = {"update": update}
            step.decisions = [{"begin": update["begin"] or "researcher", "contact_id": update["contact_id"]}]
            return update

    return entry


def _begun(session: Session, machine: Machine, playbook_name: str, asked: Asked, root: str) -> dict[str, Any]:
    if draft_id := asked.draft_id:
        draft = session.get(MessageDraft, draft_id)
        thread = touch_thread(draft.contact_id, draft.sequence_id, draft.touch_number) if draft is not None else ""
        for left in left_drafts(session, without=(), only=(thread,)):
            return {**left.state, "root_run_id": root}
        raise NothingDue(f"No draft {draft_id} waits to be checked or decided on.")
    playbook, today = machine.playbook(playbook_name), machine.clock().date()
    organisation = asked.organisation
    if not organisation:
        for due in followups_due(session, playbook.name, today=today, limit=1):
            return due.state(root, playbook.name)
    wanted = Wanted(organisations=[organisation]) if organisation else Wanted()
    for due in first_touches_due(
        session, playbook.name, playbook.draft_tiers, playbook.contact_personas, limit=1, wanted=wanted, today=today
    ):
        return due.state(root, playbook.name)
    raise NothingDue(f"Nobody at {organisation} is to be written to now." if organisation else "Nothing is due.")
