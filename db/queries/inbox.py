"""The approval inbox: what waits for a person, with all that they need to decide."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from db.approvals import APPROVING, content_hash, latest_decision, recipient_of
from db.models import (
    Approval,
    Contact,
    Delivery,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Prospect,
    ResearchFact,
)
from db.suppressions import is_suppressed

OUT = ("claimed", "sent", "uncertain")
"""The states of a delivery whose message has gone out, or may have."""


class Standing(NamedTuple):
    """Whether a draft may still be decided on: 'open'; 'held' for now; 'over' for good; or 'out' already. `because`
    says why not."""

    state: Literal["open", "held", "over", "out"]
    because: str = ""


def standing(session: Session, draft: MessageDraft) -> Standing:
    """What became of a draft's contact and sequence since it was written, as far as it ends or holds the message."""
    if draft.approval_status == "sent" or session.scalar(
        select(Delivery.id).where(Delivery.draft_id == draft.id, Delivery.state.in_(OUT))
    ):
        return Standing("out", "the message is sent, or on its way")
    if draft.approval_status == "archived":
        return Standing("over", "the message was archived")
    everybody = {"include_deleted": True}
    contact = session.scalars(
        select(Contact).where(Contact.id == draft.contact_id).execution_options(**everybody)
    ).one()
    gone = session.scalar(
        select(Prospect.deleted_at).where(Prospect.id == contact.prospect_id).execution_options(**everybody)
    )
    if contact.deleted_at is not None or gone is not None:
        return Standing("over", "the contact or the organisation was deleted")
    if contact.do_not_contact:
        return Standing("over", "the contact is do-not-contact")
    if draft.channel == "email" and contact.status == "bounced":
        return Standing("over", "the contact's address bounced")
    if is_suppressed(session, contact.email):
        return Standing("over", "the contact's address or domain is suppressed")
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    if sequence is not None and draft.touch_type != "reply_draft":
        if sequence.status in ("stopped", "completed"):
            return Standing("over", f"the sequence is {sequence.status}")
        if sequence.status == "paused":
            return Standing("held", "the sequence is paused")
    if not recipient_of(contact, draft.channel):
        return Standing("held", f"the contact has no address for the channel {draft.channel}")
    return Standing("open")


@dataclass(frozen=True)
class Cited:
    """A fact, and the sentences of the message that rest on it."""

    sentence: str
    quote: str
    source: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Waiting:
    """One message that waits. `content_hash` binds a decision to exactly this text and recipient.

    `history` lists the earlier versions: number, author, reason, note.
    """

    draft_id: str
    version: int
    content_hash: str
    channel: str
    touch_number: int
    recipient: str | None
    subject: str | None
    body: str
    person: str
    first_name: str
    title: str | None
    organisation: str
    place: str | None
    playbook: str
    tier: str | None
    score: int | None
    sequence_id: str | None
    starts_sequence: bool
    qc_passed: bool
    qc_flags: list[dict[str, Any]] = field(default_factory=list)
    facts: list[Cited] = field(default_factory=list)
    history: list[dict[str, Any]] = field(default_factory=list)
    note: str | None = None
    hypothesis: str | None = None


def waiting_drafts(
    session: Session,
    playbook: str | None = None,
    *,
    now: datetime | None = None,
    ids: Sequence[str] | None = None,
) -> list[Waiting]:
    """What waits for a person, best prospects first. A skipped message waits again from its day on.

    `ids` narrows it to these drafts. A draft that the rules block is not shown, unless the blocked text is a
    person's own edit; nor is one that cannot go out whatever is decided (`standing`).
    """
    by_person = (
        select(MessageVersion.id)
        .where(
            MessageVersion.draft_id == MessageDraft.id,
            MessageVersion.version == MessageDraft.version,
            or_(MessageVersion.author == "user", MessageVersion.author.like("user:%")),
        )
        .exists()
    )
    statement = (
        select(MessageDraft)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(
            MessageDraft.approval_status == "draft",
            Contact.do_not_contact.is_(False),
            or_(MessageDraft.qc_passed.is_(True), and_(MessageDraft.qc_passed.is_(False), by_person)),
        )
        .order_by(Prospect.playbook, func.coalesce(Prospect.icp_score, 0).desc(), Prospect.name, MessageDraft.id)
    )
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    if ids is not None:
        statement = statement.where(MessageDraft.id.in_(ids))
    today = (now or datetime.now(UTC)).date()
    return [
        _waiting(session, draft)
        for draft in session.scalars(statement)
        if standing(session, draft).state == "open" and _undecided(latest_decision(session, draft), draft, today)
    ]


def _undecided(decision: Approval | None, draft: MessageDraft, today: date) -> bool:
    if decision is None or decision.decision == "revoke":
        return True
    if decision.decision == "skip":
        return decision.until is None or decision.until <= today
    if decision.decision == "edit" and draft.qc_passed is False:
        return True  # the edit did not pass, so it stands for nothing
    lapsed = decision.expires_at is not None and decision.expires_at <= datetime.now(UTC)
    return decision.decision in APPROVING and (lapsed or decision.content_hash != _hash(draft))


def _hash(draft: MessageDraft) -> str:
    recipient = recipient_of(draft.contact, draft.channel) or ""
    return content_hash(draft.channel, recipient, draft.subject_line, draft.body)


def _waiting(session: Session, draft: MessageDraft) -> Waiting:
    contact = draft.contact
    prospect = contact.prospect
    versions = session.scalars(
        select(MessageVersion).where(MessageVersion.draft_id == draft.id).order_by(MessageVersion.version)
    ).all()
    claims: dict[str, list[str]] = {}
    for claim in next((v.claims for v in versions if v.version == draft.version), []):
        claims.setdefault(claim["fact_id"], []).append(claim["sentence"])
    facts = session.scalars(
        select(ResearchFact)
        .where(ResearchFact.account_id == contact.account_id)
        .order_by(ResearchFact.created_at, ResearchFact.fact_key)
    ).all()
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    return Waiting(
        draft_id=draft.id,
        version=draft.version,
        content_hash=_hash(draft),
        channel=draft.channel,
        touch_number=draft.touch_number,
        recipient=recipient_of(contact, draft.channel),
        subject=draft.subject_line,
        body=draft.body,
        person=contact.full_name,
        first_name=contact.first_name,
        title=contact.title,
        organisation=prospect.name,
        place=", ".join(part for part in (prospect.city, prospect.state) if part) or None,
        playbook=prospect.playbook,
        tier=prospect.tier,
        score=prospect.icp_score,
        sequence_id=draft.sequence_id,
        starts_sequence=bool(sequence and sequence.requires_approval and sequence.approved_at is None),
        qc_passed=bool(draft.qc_passed),
        qc_flags=draft.qc_flags or [],
        facts=[
            Cited(f.sentence, f.quote, f.source_title or f.source_url or "", tuple(claims.get(f.id, ()))) for f in facts
        ],
        history=[{"version": v.version, "author": v.author, "reason": v.reason, "note": v.note} for v in versions],
        note=next((v.note for v in versions if v.version == draft.version), None),
        hypothesis=prospect.constraint_hypothesis,
    )
