"""A message that is approved and ready to leave, and mails that answer it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, draft_hash, take_decision
from db.models import AgentRun, Contact, MessageDraft, MessageVersion, OutreachSequence, Prospect
from playbooks import Playbook, Sending, load_playbook
from playbooks.sending import WEEKDAYS
from tests.support.rows import make_contact, make_draft, make_prospect
from tools.outbox import mark_sent

PLAYBOOK = load_playbook("sports-lighting")
SENDER = PLAYBOOK.sender
SENT_AT = datetime.now(UTC) - timedelta(hours=2)


@dataclass
class Case:
    """A database with one contact in a sequence, and the draft of its first touch."""

    database: Database
    contact_id: str
    draft_id: str
    sequence_id: str
    run_id: str
    email: str

    @property
    def message_id(self) -> str:
        return f"{self.draft_id}@northlight.example"

    def as_user(self, fn: Any) -> Any:
        with acting_as("user:dana"):
            return self.database.write_sync(fn)

    def as_agent(self, fn: Any) -> Any:
        with acting_as(f"agent:{self.run_id}"):
            return self.database.write_sync(fn)

    def get(self, model: Any, key: str) -> Any:
        return self.database.read_sync(lambda s: s.get_one(model, key))

    def sent(self) -> None:
        self.as_user(lambda s: mark_sent(s, self.draft_id, SENT_AT, "user:dana", SENDER))

    def reply(self, text: str, **headers: str) -> bytes:
        given = {
            "From": f"Dana Reyes <{self.email}>",
            "To": SENDER.email,
            "Subject": "Re: Field lighting",
            "Message-ID": f"<{abs(hash(text))}@college.example>",
            "In-Reply-To": f"<{self.message_id}>",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        head = "".join(f"{name}: {value}\n" for name, value in given.items() if value)
        return f"{head}Content-Type: text/plain; charset=utf-8\n\n{text}\n".encode()


def approve(session: Session, draft: MessageDraft) -> None:
    """A person approves the draft as it is, and it becomes ready."""
    decision = Decision(draft.id, draft.version, draft_hash(draft), "approve", "user:dana")
    take_decision(session, decision, approval_days=14)
    session.flush()
    draft.approval_status = "ready"
    session.flush()


def approved_draft(
    session: Session, contact: Contact, sequence: OutreachSequence | None, **values: Any
) -> MessageDraft:
    """A draft with its version, approved and ready."""
    draft = make_draft(session, contact, sequence_id=sequence.id if sequence else None, qc_passed=True, **values)
    session.add(
        MessageVersion(
            draft_id=draft.id,
            version=1,
            subject_line=draft.subject_line,
            body=draft.body,
            author="agent:x",
            reason="draft",
        )
    )
    approve(session, draft)
    return draft


@contextmanager
def outgoing_case(url: str) -> Iterator[Case]:
    """A contact of a prospect that is ready for outreach, in an A2 sequence, with an approved first touch."""

    def build(session: Session) -> tuple[str, str, str, str, str]:
        prospect = make_prospect(session, name="Hilltop College", status="ready_for_outreach", tier="A2")
        contact = make_contact(session, prospect, stage="drafted", email="Dana.Reyes@hilltop.example")
        sequence = OutreachSequence(
            prospect_id=prospect.id, contact_id=contact.id, template_id="a2-1", tier="A2", total_steps=3
        )
        run = AgentRun(run_type="reply_triage", agent_name="reply_triage")
        session.add_all([sequence, run])
        session.flush()
        draft = approved_draft(session, contact, sequence)
        return contact.id, draft.id, sequence.id, run.id, contact.email or ""

    with Database(url, "user") as database:
        with acting_as("user:dana"):
            ids = database.write_sync(build)
        yield Case(database, *ids)


def make_ready(session: Session, number: int, prospect: Prospect | None = None) -> list[str]:
    """So many people, each in a sequence of their own with an approved first touch; returns the drafts' ids."""
    owner = prospect or make_prospect(session, name="Hilltop College", status="ready_for_outreach", tier="A2")
    ids = []
    for index in range(number):
        contact = make_contact(
            session, owner, stage="drafted", last_name=f"Reyes{index}", email=f"dana{index}@hilltop.example"
        )
        sequence = OutreachSequence(
            prospect_id=owner.id, contact_id=contact.id, template_id="a2-1", tier="A2", total_steps=3
        )
        session.add(sequence)
        session.flush()
        ids.append(approved_draft(session, contact, sequence).id)
    return ids


def unhurried(name: str) -> Playbook:
    """A playbook whose mailbox may send as much as it likes, whenever."""
    free = Sending(
        per_hour=10**6, per_day=10**6, warm_up=(10**6, 1), days=list(WEEKDAYS), opens=time(0), closes=time.max
    )
    return load_playbook(name).model_copy(update={"sending": free})
