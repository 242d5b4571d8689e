"""A person who approves whatever waits and sends it, and time that passes meanwhile."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, take_decision
from db.models import MessageDraft
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import load_playbook
from tests.support.inbox import waiting_drafts
from tools.outbox import mark_sent, ready

BY = "user:kim"


def approve_all(settings: Settings) -> int:
    """Approves all that waits, and has it made ready. Returns how many."""
    with Database(settings.effective_database_url(), "user") as database, acting_as(BY):
        items = database.read_sync(waiting_drafts)
        for item in items:
            why = "The address is the one that their site gives."
            decision = Decision(item.draft_id, item.version, item.content_hash, "approve", BY, reason=why)
            database.write_sync(lambda s, made=decision: take_decision(s, made, approval_days=14) and None)  # type: ignore[misc]
    with RunnerSession(settings) as session:
        session.carry_on()
    return len(items)


def send_all(settings: Settings, when: datetime) -> int:
    """Marks all that is ready as sent at `when`, or on the day its step was due where that is later."""

    def send(session: Session, draft_id: str) -> Any:
        draft = session.get_one(MessageDraft, draft_id)
        due = draft.sequence.next_step_at if draft.sequence else None
        sender = load_playbook(draft.contact.prospect.playbook).sender
        return mark_sent(session, draft_id, max(when, due) if due else when, BY, sender)

    with Database(settings.effective_database_url(), "user") as database, acting_as(BY):
        found = database.read_sync(ready)
        for one in found:
            database.write_sync(lambda s, draft_id=one.draft_id: send(s, draft_id) and None)  # type: ignore[misc]
    return len(found)
