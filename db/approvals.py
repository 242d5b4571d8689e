"""A person's decisions: on one exact text, to one exact recipient.

The decision is bound to a hash over what would leave. Anything that changes afterwards (text, channel, address)
gives another hash, so that the decision no longer covers it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal, get_args

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Approval, Contact, MessageDraft, MessageVersion, OutreachSequence
from db.suppressions import bar_contact

DecisionName = Literal["approve", "edit", "reject", "skip", "do_not_contact", "revoke"]
APPROVING = ("approve", "edit")
KNOWN = get_args(DecisionName)


class DecisionRefused(ValueError):
    """The decision cannot be taken; the message says why and what to do."""


@dataclass(frozen=True)
class Decision:
    """What a person decided. `content_hash` is that of the text they saw; `until` is the day a skip ends."""

    draft_id: str
    version: int
    content_hash: str
    decision: DecisionName
    by: str
    reason: str | None = None
    until: date | None = None
    subject: str | None = None
    body: str | None = None


def content_hash(channel: str, recipient: str, subject: str | None, body: str) -> str:
    """SHA-256 over channel, recipient, subject and body, as 64 hexadecimal characters."""
    return hashlib.sha256("\x1f".join((channel, recipient, subject or "", body)).encode()).hexdigest()


def recipient_of(contact: Contact, channel: str) -> str | None:
    """Where a message of this channel goes: read from the contact's row, never from a message."""
    return {"email": contact.email, "linkedin": contact.linkedin_url, "call": contact.phone}[channel]


def draft_hash(draft: MessageDraft) -> str:
    """The hash of what would leave if the draft went out now."""
    recipient = recipient_of(draft.contact, draft.channel) or ""
    return content_hash(draft.channel, recipient, draft.subject_line, draft.body)


def latest_decision(session: Session, draft: MessageDraft) -> Approval | None:
    """The decision that counts for the draft's current version: the last one taken."""
    return session.scalars(
        select(Approval)
        .where(Approval.draft_id == draft.id, Approval.version == draft.version)
        .order_by(Approval.ordinal.desc())
        .limit(1)
    ).one_or_none()


def may_go(session: Session, draft: MessageDraft, now: datetime | None = None) -> bool:
    """Whether the current text to the current recipient is approved and the approval has not lapsed."""
    found = latest_decision(session, draft)
    return (
        found is not None
        and found.decision in APPROVING
        and found.contact_id == draft.contact_id
        and found.content_hash == draft_hash(draft)
        and (found.expires_at is None or found.expires_at > (now or datetime.now(UTC)))
    )


def take_decision(session: Session, decision: Decision, *, approval_days: int) -> Approval:
    """Records a decision; an edit is stored as the next version first, and approves that.

    Raises DecisionRefused where the text has changed since the person saw it, or the draft is past deciding.
    """
    draft = session.get(MessageDraft, decision.draft_id)
    if draft is None:
        raise DecisionRefused(f"There is no draft {decision.draft_id}.")
    if draft.approval_status in ("sent", "archived"):
        raise DecisionRefused(f"This message is {draft.approval_status} already; nothing is left to decide.")
    if draft.version != decision.version or draft_hash(draft) != decision.content_hash:
        raise DecisionRefused(
            f"The text or its recipient changed since you saw version {decision.version}; look at it again."
        )
    if decision.decision == "reject" and not (decision.reason or "").strip():
        raise DecisionRefused("A rejection needs a reason: the next version is written to answer it.")
    if decision.decision not in KNOWN:
        raise DecisionRefused(f"'{decision.decision}' is no decision; those are {', '.join(KNOWN)}.")
    if decision.decision == "approve" and not draft.qc_passed:
        raise DecisionRefused("QC blocks this text, and a block cannot be overridden: edit it or reject it.")
    if decision.decision == "edit":
        _store_edit(session, draft, decision)
    now = datetime.now(UTC)
    approving = decision.decision in APPROVING
    ordinal = session.scalar(
        select(func.coalesce(func.max(Approval.ordinal), 0)).where(
            Approval.draft_id == draft.id, Approval.version == draft.version
        )
    )
    approval = Approval(
        draft_id=draft.id,
        version=draft.version,
        contact_id=draft.contact_id,
        content_hash=draft_hash(draft),
        decision=decision.decision,
        decided_by=decision.by,
        decided_at=now,
        reason=decision.reason,
        until=decision.until,
        expires_at=now + timedelta(days=approval_days) if approving else None,
        ordinal=(ordinal or 0) + 1,
    )
    session.add(approval)
    session.flush()
    if approving:
        _start_sequence(session, draft, decision.by, now)
    if decision.decision == "do_not_contact":
        bar_contact(session, draft.contact, reason=decision.reason or "decided at approval", source="approval")
        draft.approval_status = "archived"
    return approval


def _store_edit(session: Session, draft: MessageDraft, decision: Decision) -> None:
    body = (decision.body or "").strip()
    if not body:
        raise DecisionRefused("The edited message is empty.")
    if (decision.subject or None, body) == (draft.subject_line, draft.body):
        raise DecisionRefused("The edit changes nothing; approve the draft as it is instead.")
    claims = session.scalar(
        select(MessageVersion.claims).where(
            MessageVersion.draft_id == draft.id, MessageVersion.version == draft.version
        )
    )
    draft.version += 1
    draft.subject_line, draft.body = decision.subject or None, body
    draft.approval_status, draft.qc_passed, draft.qc_flags = "draft", None, None
    session.add(
        MessageVersion(
            draft_id=draft.id,
            version=draft.version,
            subject_line=draft.subject_line,
            body=draft.body,
            author=decision.by,
            reason="human_edit",
            note=decision.reason,
            claims=claims or [],
        )
    )
    session.flush()


def _start_sequence(session: Session, draft: MessageDraft, by: str, now: datetime) -> None:
    """A1 sequences need a person to start them (SB, outreach_sequences); approving the first touch is that."""
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    if sequence is not None and sequence.requires_approval and sequence.approved_at is None:
        sequence.approved_by, sequence.approved_at = by, now
