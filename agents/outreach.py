"""Dispatch: what a person approved becomes ready to go out. Code alone, and it takes nobody's word for it."""

from sqlalchemy.orm import Session

from agents.agent import CodeAgent, Done, State, Work
from db.approvals import latest_decision, may_go, start_sequence
from db.lifecycle import move_prospect
from db.models import MessageDraft, Prospect
from db.queries.inbox import standing
from tools.journal import note


async def act(work: Work, state: State) -> Done:
    """Makes the draft ready where its approval covers it, text and recipient alike; otherwise asks again."""

    def write(session: Session) -> bool:
        draft = session.get_one(MessageDraft, state["draft_id"])
        if draft.approval_status in ("ready", "sent"):
            return True
        # Looked at in the transaction that makes it ready: an opt-out or a stop may have come a moment ago.
        approval = latest_decision(session, draft)
        if approval is None or not may_go(session, draft) or not draft.qc_passed:
            return False
        if standing(session, draft).state != "open":
            return False
        draft.approval_status = "ready"
        start_sequence(session, draft, approval)
        session.flush()
        prospect = session.get_one(Prospect, state["prospect_id"])
        if prospect.status == "research_complete":
            move_prospect(session, prospect, "ready_for_outreach")
        note(
            session,
            run_id=work.run_id,
            agent="outreach",
            action="message_ready",
            prospect_id=prospect.id,
            contact_id=state["contact_id"],
            details={"draft_id": draft.id, "version": draft.version},
        )
        return True

    ready = await work.db.write(write)
    return Done(
        {"outcome": "ready" if ready else None, "decision": None},
        decisions=[{"ready": ready}],
        processed=1,
        partial=None if ready else "the approval does not cover this text and recipient any more",
    )


AGENT = CodeAgent(name="outreach", run_type="dispatch", act=act)
