"""Dispatch takes nobody's word: what changed a moment before it makes a message ready still counts."""

import pytest
from sqlalchemy.orm import Session

from agents.agent import Work
from agents.outreach import act
from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.models import AgentRun, Contact, MessageDraft, OutreachSequence
from playbooks import load_playbook
from tests.support.rows import make_contact, make_draft


def prepared(session: Session) -> tuple[str, str]:
    """An approved draft of a running sequence, and its contact's id."""
    contact = make_contact(session, email="jordan@harbor.example")
    sequence = OutreachSequence(
        prospect_id=contact.prospect_id,
        contact_id=contact.id,
        template_id="t",
        tier="A2",
        total_steps=3,
        status="active",
    )
    session.add(sequence)
    session.flush()
    draft = make_draft(session, contact=contact, sequence_id=sequence.id, touch_number=1, qc_passed=True)
    session.add(AgentRun(id="dispatch", run_type="dispatch", agent_name="outreach"))
    session.flush()
    decision = Decision(draft.id, draft.version, draft_hash(draft), "approve", "user:test")
    take_decision(session, decision, approval_days=14)
    return draft.id, contact.id


@pytest.mark.parametrize("stopped", [False, True], ids=["running", "stopped"])
async def test_a_sequence_that_was_stopped_since_sends_nothing(database_url: str, stopped: bool) -> None:
    with Database(database_url, "user") as database, acting_as("user:test"):
        draft_id, contact_id = database.write_sync(prepared)
        if stopped:
            database.write_sync(lambda s: setattr(s.get_one(MessageDraft, draft_id).sequence, "status", "stopped"))
    with Database(database_url) as database, acting_as("agent:dispatch"):
        prospect_id = database.read_sync(lambda s: s.get_one(Contact, contact_id).prospect_id)
        state = {"draft_id": draft_id, "contact_id": contact_id, "prospect_id": prospect_id}
        done = await act(Work(database, load_playbook("sports-lighting"), "dispatch"), state)
        status = database.read_sync(lambda s: s.get_one(MessageDraft, draft_id).approval_status)
    assert (done.update["outcome"], status) == ((None, "draft") if stopped else ("ready", "ready"))
