"""Drafts whose thread was lost, and what a new one starts from."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import AgentRun, Contact, MessageDraft, MessageVersion, OutreachSequence, Prospect
from db.thread_ids import contact_of, touch_thread

FEW: Final = 500
"""Up to so many threads are asked for by their contacts; of more, all drafts are read."""


@dataclass(frozen=True)
class LeftDraft:
    """A draft that nobody's thread looks after any more, with what a new thread starts from."""

    thread_id: str
    state: dict[str, Any]


def left_drafts(session: Session, *, without: Collection[str], only: Collection[str] | None = None) -> list[LeftDraft]:
    """Drafts that are neither out nor over and have no thread: their checkpoints were lost.

    `without` are the threads that exist, `only` narrows it to these. What was checked begins at the approval, what
    was not, or was sent back, at QC; `state["revision"]` tells how often QC sent it back already.
    """
    statement = (
        select(MessageDraft, Contact, Prospect.playbook, OutreachSequence.tier, AgentRun.parent_run_id)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(OutreachSequence, OutreachSequence.id == MessageDraft.sequence_id)
        .join(AgentRun, AgentRun.id == MessageDraft.agent_run_id, isouter=True)
        .where(MessageDraft.approval_status == "draft")
        .order_by(MessageDraft.id)
    )
    if only is not None and len(only) <= FEW:
        statement = statement.where(MessageDraft.contact_id.in_({contact_of(thread_id) for thread_id in only}))
    found = []
    for draft, contact, playbook, tier, root in session.execute(statement):
        thread_id = touch_thread(contact.id, draft.sequence_id, draft.touch_number)
        if thread_id in without or (only is not None and thread_id not in only):
            continue
        by_person, revision = _history(session, draft)
        checked = draft.qc_passed is True or (draft.qc_passed is False and by_person)
        state = {
            "root_run_id": root,
            "playbook": playbook,
            "account_id": contact.account_id,
            "prospect_id": contact.prospect_id,
            "contact_id": contact.id,
            "sequence_id": draft.sequence_id,
            "touch_number": draft.touch_number,
            "tier": tier,
            "draft_id": draft.id,
            "version": draft.version,
            "revision": revision,
            "qc_passed": draft.qc_passed,
            "by_person": by_person,
            "begin": "approval" if checked else "qc",
        }
        found.append(LeftDraft(thread_id, state))
    return found


def _history(session: Session, draft: MessageDraft) -> tuple[bool, int]:
    """Whether a person wrote the present text, and how often QC sent back what led to it."""
    versions = session.execute(
        select(MessageVersion.author, MessageVersion.reason)
        .where(MessageVersion.draft_id == draft.id, MessageVersion.version <= draft.version)
        .order_by(MessageVersion.version.desc())
    ).all()
    revision = 0
    for _, reason in versions:
        if reason != "qc_revision":
            break
        revision += 1
    return bool(versions) and versions[0].author.startswith("user"), revision
