"""One message with all that a person needs to decide on it, read by its key, however many others wait."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.approvals import draft_hash, recipient_of
from db.models import Batch, MessageDraft, MessageVersion, OutreachSequence, ResearchFact, Touchpoint
from db.thread_ids import touch_thread


@dataclass(frozen=True)
class Cited:
    """A fact, and the sentences of the message that rest on it."""

    sentence: str
    quote: str
    source: str
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True)
class Touch:
    """What was done before to reach this person; `outcome` is that of a call."""

    sent_at: datetime
    channel: str
    touch_number: int | None
    subject: str | None
    outcome: str | None


@dataclass(frozen=True)
class Version:
    """An earlier text of the same message, and who wrote it."""

    version: int
    author: str
    subject: str | None
    body: str


@dataclass(frozen=True)
class Waiting:
    """One message that waits. `content_hash` binds a decision to exactly this text and recipient.

    `history` lists the versions: number, author, reason, note. `previous` is the text that the present one
    took the place of, None for the first; `note` what the author says of the present one, `came_back` why it waits
    again.
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
    contact_id: str = ""
    prospect_id: str = ""
    touches: int = 1
    batch: int | None = None
    earlier: list[Touch] = field(default_factory=list)
    previous: Version | None = None
    came_back: str = ""

    @property
    def thread_id(self) -> str:
        """The thread that looks after the message."""
        return touch_thread(self.contact_id, self.sequence_id, self.touch_number)


def read_draft(session: Session, draft_id: str, came_back: str = "") -> Waiting:
    """A draft with the facts that it rests on, its versions and what came before it; the draft must exist."""
    draft = session.get_one(MessageDraft, draft_id)
    contact = draft.contact
    prospect = contact.prospect
    versions = session.scalars(
        select(MessageVersion).where(MessageVersion.draft_id == draft.id).order_by(MessageVersion.version)
    ).all()
    present = next((v for v in versions if v.version == draft.version), None)
    claims: dict[str, list[str]] = {}
    for claim in present.claims if present else []:
        claims.setdefault(claim["fact_id"], []).append(claim["sentence"])
    facts = session.scalars(
        select(ResearchFact)
        .where(ResearchFact.account_id == contact.account_id)
        .order_by(ResearchFact.created_at, ResearchFact.fact_key)
    ).all()
    sequence = session.get(OutreachSequence, draft.sequence_id) if draft.sequence_id else None
    batch = session.get(Batch, draft.batch_id) if draft.batch_id else None
    return Waiting(
        draft_id=draft.id,
        version=draft.version,
        content_hash=draft_hash(draft),
        channel=draft.channel,
        touch_number=draft.touch_number,
        recipient=recipient_of(contact, draft.channel),
        subject=draft.subject_line,
        body=draft.body,
        person=contact.full_name,
        first_name=contact.first_name,
        title=contact.title,
        organisation=prospect.name,
        place=prospect.place or None,
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
        note=present.note if present else None,
        hypothesis=prospect.constraint_hypothesis,
        contact_id=contact.id,
        prospect_id=prospect.id,
        touches=sequence.total_steps if sequence else 1,
        batch=batch.batch_number if batch else None,
        earlier=_earlier(session, draft),
        previous=_previous(versions, draft.version),
        came_back=came_back,
    )


def _earlier(session: Session, draft: MessageDraft) -> list[Touch]:
    rows = session.execute(
        select(
            Touchpoint.sent_at,
            Touchpoint.channel,
            Touchpoint.touch_number,
            MessageDraft.subject_line,
            Touchpoint.outcome,
        )
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(Touchpoint.contact_id == draft.contact_id)
        .order_by(Touchpoint.sent_at)
    )
    return [Touch(*row) for row in rows]


def _previous(versions: Sequence[MessageVersion], present: int) -> Version | None:
    """The version before this one, or where QC sent back what came between, the last one that a person saw."""
    reasons = {v.version: v.reason for v in versions}
    seen = present - 1
    while seen > 1 and reasons.get(seen + 1) == "qc_revision":
        seen -= 1
    if reasons.get(seen + 1) == "qc_revision":
        seen = present - 1
    found = next((v for v in versions if v.version == seen), None)
    return Version(found.version, found.author, found.subject_line, found.body) if found else None
