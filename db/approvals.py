"""A person's decisions: on one exact text, to one exact recipient.

The decision is bound to a hash over what would leave. Anything that changes afterwards (text, channel, address)
gives another hash, so that the decision no longer covers it.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Literal, Protocol, get_args

from sqlalchemy import Select, and_, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from db.models import Approval, Delivery, MessageDraft, MessageVersion, OutreachSequence
from db.suppressions import bar_contact

OUT = ("claimed", "sent", "uncertain")
"""The states of a delivery whose message has gone out, or may have."""

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


class Reachable(Protocol):
    """A contact, or a row that has a contact's addresses."""

    @property
    def email(self) -> str | None: ...
    @property
    def linkedin_url(self) -> str | None: ...
    @property
    def phone(self) -> str | None: ...


def recipient_of(contact: Reachable, channel: str) -> str | None:
    """Where a message of this channel goes: read from the contact's row, never from a message."""
    return {"email": contact.email, "linkedin": contact.linkedin_url, "call": contact.phone}[channel]


def draft_hash(draft: MessageDraft) -> str:
    """The hash of what would leave if the draft went out now."""
    recipient = recipient_of(draft.contact, draft.channel) or ""
    return content_hash(draft.channel, recipient, draft.subject_line, draft.body)


def latest_decision(session: Session, draft: MessageDraft) -> Approval | None:
    """The decision that counts for the draft's current version: the last one taken."""
    return session.scalars(_latest(), {"draft": draft.id, "version": draft.version}).one_or_none()


@cache
def _latest() -> Select[Approval]:
    return (
        select(Approval)
        .where(Approval.draft_id == bindparam("draft"), Approval.version == bindparam("version"))
        .order_by(Approval.ordinal.desc())
        .limit(1)
    )


def latest_approval() -> Any:
    """An alias of Approval and the condition that makes it the decision that counts for a draft's current version:
    `select(…).outerjoin(alias, condition)`."""
    latest, later = aliased(Approval), aliased(Approval)
    newest = (
        select(func.max(later.ordinal))
        .where(later.draft_id == MessageDraft.id, later.version == MessageDraft.version)
        .correlate(MessageDraft)
        .scalar_subquery()
    )
    on = and_(latest.draft_id == MessageDraft.id, latest.version == MessageDraft.version, latest.ordinal == newest)
    return latest, on


class Approving(Protocol):
    """An approval, or a row that has its columns."""

    @property
    def contact_id(self) -> str: ...
    @property
    def content_hash(self) -> str: ...
    @property
    def decided_at(self) -> datetime: ...
    @property
    def expires_at(self) -> datetime | None: ...


def lapse(approval: Approving, contact_id: str, present_hash: str, now: datetime) -> str:
    """Why an approval does not cover what would leave now, as a sentence for the person; '' where it does."""
    day = approval.decided_at.date()
    if approval.contact_id != contact_id or approval.content_hash != present_hash:
        return f"What would leave has changed since it was approved on {day} (the text or the recipient's address)."
    if approval.expires_at is not None and approval.expires_at <= now:
        return f"The approval of {day} lapsed on {approval.expires_at.date()} before the message left."
    return ""


def may_go(session: Session, draft: MessageDraft) -> bool:
    """Whether the current text to the current recipient is approved and the approval has not lapsed."""
    found = latest_decision(session, draft)
    return (
        found is not None
        and found.decision in APPROVING
        and not lapse(found, draft.contact_id, draft_hash(draft), datetime.now(UTC))
    )


def take_decision(session: Session, decision: Decision, *, approval_days: float) -> Approval:
    """Records a decision; an edit is stored as the next version first, and approves that.

    A warning of QC is overridden with a reason, which is kept; a block never is. 'revoke' takes back an approval or a
    skip, until the message is on its way. Raises DecisionRefused where the text has changed since the person saw it,
    or the draft is past deciding.
    """
    if decision.decision not in KNOWN:
        raise DecisionRefused(f"'{decision.decision}' is no decision; those are {', '.join(KNOWN)}.")
    # Locked: on PostgreSQL a sender may be about to claim it.
    draft = session.get(MessageDraft, decision.draft_id, with_for_update=True)
    if draft is None:
        raise DecisionRefused(f"There is no draft {decision.draft_id}.")
    if decision.decision == "revoke":
        _refuse_revoke(session, draft)
    _refuse_past_deciding(session, draft)
    if decision.decision != "revoke":
        _refuse(draft, decision)
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
    if draft.approval_status == "ready" and not approving:
        draft.approval_status = "draft"
        unstart_sequence(session, draft)
    if decision.decision == "do_not_contact":
        bar_contact(session, draft.contact, reason=decision.reason or "decided at approval", source="approval")
        draft.approval_status = "archived"
    return approval


def _refuse_past_deciding(session: Session, draft: MessageDraft) -> None:
    if draft.approval_status in ("sent", "archived"):
        raise DecisionRefused(f"This message is {draft.approval_status} already; nothing is left to decide.")
    if session.scalar(select(Delivery.id).where(Delivery.draft_id == draft.id, Delivery.state.in_(OUT))):
        raise DecisionRefused("This message is on its way already, or was written out to be sent; that stands.")


def _refuse_revoke(session: Session, draft: MessageDraft) -> None:
    found = latest_decision(session, draft)
    if found is None and draft.version > 1:
        raise DecisionRefused(f"Version {draft.version} was written since: decide on that one.")
    if found is None or found.decision == "revoke":
        raise DecisionRefused("There is no decision to take back.")
    if found.decision == "do_not_contact":
        raise DecisionRefused("The person is barred from all that would leave; that is not taken back here.")


def _refuse(draft: MessageDraft, decision: Decision) -> None:
    reason = (decision.reason or "").strip()
    if draft.version != decision.version or draft_hash(draft) != decision.content_hash:
        raise DecisionRefused(
            f"The text or its recipient changed since you saw version {decision.version}; look at it again."
        )
    if decision.decision == "reject" and not reason:
        raise DecisionRefused("A rejection needs a reason: the next version is written to answer it.")
    if decision.decision != "approve":
        return
    if not draft.qc_passed:
        raise DecisionRefused("QC blocks this text, and a block cannot be overridden: edit it or reject it.")
    if (warned := warnings_of(draft.qc_flags)) and not reason:
        raise DecisionRefused(f"QC warns ({', '.join(warned)}): approving it all the same needs a reason.")


def warnings_of(flags: list[dict[str, Any]] | None) -> list[str]:
    """The rules that warn about a text, each once, in the order of the flags."""
    return list(dict.fromkeys(flag["rule"] for flag in flags or [] if flag["severity"] == "warn"))


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


def start_sequence(session: Session, draft: MessageDraft, approval: Approval) -> None:
    """A1 sequences need a person to start them (SB, outreach_sequences): the approval under which a first message of it
    becomes ready does. Called in the transaction that makes it ready, so that an edit which QC stops starts nothing."""
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    if sequence is not None and sequence.requires_approval and sequence.approved_at is None:
        sequence.approved_by, sequence.approved_at = approval.decided_by, approval.decided_at


def unstart_sequence(session: Session, draft: MessageDraft) -> None:
    """Takes back the start of a sequence of which nothing has been sent, with the approval that started it."""
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    if sequence is not None and sequence.requires_approval and sequence.started_at is None:
        sequence.approved_by = sequence.approved_at = None
