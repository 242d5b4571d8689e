"""Messages out: drafts, their versions, a person's decisions on them, and what was sent."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Date, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from db.columns import (
    Base,
    Created,
    Json,
    Stamped,
    UTCDateTime,
    WithId,
    between,
    flag,
    json_list,
    many,
    moment,
    one,
    refers,
    whole,
    word,
)
from db.enums import (
    AbGroup,
    ApprovalDecision,
    ApprovalStatus,
    AskStyle,
    CallOutcome,
    Channel,
    DeliveryState,
    OpenerStyle,
    TouchType,
    VersionReason,
    one_of,
)

if TYPE_CHECKING:
    from db.models.campaigns import Batch
    from db.models.contacts import Contact
    from db.models.runs import AgentRun
    from db.models.sequences import OutreachSequence

_LIVE_TOUCH = "touch_type <> 'reply_draft' AND approval_status <> 'archived'"
_TOUCH = "touch_type <> 'reply_draft'"


class MessageDraft(WithId, Stamped, Base):
    """A message to one contact, in its current version (OCC, message_drafts).

    `word_count` follows `body` when that is set in Python.
    """

    __tablename__ = "message_drafts"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("touch_type", TouchType),
        one_of("opener_style", OpenerStyle, nullable=True),
        one_of("ask_style", AskStyle, nullable=True),
        one_of("approval_status", ApprovalStatus),
        one_of("ab_group", AbGroup, nullable=True),
        between("touch_number", 1, 6),
        between("personalization_score", 1, 3),
        CheckConstraint("version >= 1", name="version"),
        Index("idx_messages_contact", "contact_id"),
        Index("idx_messages_batch", "batch_id"),
        Index("idx_messages_approval_status", "approval_status"),
        Index(
            "idx_messages_touch",
            "contact_id",
            "sequence_id",
            "touch_number",
            unique=True,
            sqlite_where=text(_LIVE_TOUCH),
            postgresql_where=text(_LIVE_TOUCH),
        ),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    batch_id: Mapped[str | None] = refers("batches.id")
    sequence_id: Mapped[str | None] = refers("outreach_sequences.id")
    channel: Mapped[str] = mapped_column(Text)
    touch_number: Mapped[int] = mapped_column(Integer)
    touch_type: Mapped[str] = mapped_column(Text)
    subject_line: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = whole(1)
    personalization_score: Mapped[int | None] = mapped_column(Integer)
    proof_point_used: Mapped[str | None] = mapped_column(Text)
    pain_hook: Mapped[str | None] = mapped_column(Text)
    opener_style: Mapped[str | None] = mapped_column(Text)
    ask_style: Mapped[str | None] = mapped_column(Text)
    word_count: Mapped[int | None] = mapped_column(Integer)
    qc_passed: Mapped[bool | None] = mapped_column()
    qc_flags: Mapped[Any | None] = mapped_column(Json)
    qc_run_id: Mapped[str | None] = refers("agent_runs.id")
    approval_status: Mapped[str] = word(ApprovalStatus.DRAFT.value)
    ab_group: Mapped[str | None] = mapped_column(Text)
    ab_variable: Mapped[str | None] = mapped_column(Text)
    agent_run_id: Mapped[str | None] = refers("agent_runs.id")

    contact: Mapped["Contact"] = one()
    batch: Mapped["Batch | None"] = one()
    sequence: Mapped["OutreachSequence | None"] = one()
    qc_run: Mapped["AgentRun | None"] = one(foreign_keys=[qc_run_id])
    agent_run: Mapped["AgentRun | None"] = one(foreign_keys=[agent_run_id])
    versions: Mapped[list["MessageVersion"]] = many("draft", order_by="MessageVersion.version")
    approvals: Mapped[list["Approval"]] = many("draft", order_by="Approval.version, Approval.ordinal")
    delivery: Mapped["Delivery | None"] = relationship(back_populates="draft", passive_deletes="all", uselist=False)

    @validates("body")
    def _count_words(self, _key: str, value: str) -> str:
        self.word_count = len(value.split())
        return value


class MessageVersion(WithId, Created, Base):
    """One version of a draft's text: who made it and why; `claims` lists {"sentence", "fact_id"}."""

    __tablename__ = "message_versions"
    __table_args__ = (
        UniqueConstraint("draft_id", "version"),
        one_of("reason", VersionReason),
        CheckConstraint("version >= 1", name="version"),
    )

    draft_id: Mapped[str] = refers("message_drafts.id")
    version: Mapped[int] = mapped_column(Integer)
    subject_line: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    claims: Mapped[list[dict[str, str]]] = json_list()

    draft: Mapped["MessageDraft"] = one("versions")


class Approval(WithId, Base):
    """A person's decision on one exact text to one exact recipient.

    Of several for one version the one with the greatest `ordinal` counts.
    `content_hash` is the SHA-256 (64 hex characters) over channel, recipient, subject and body.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("draft_id", "version", "ordinal"),
        one_of("decision", ApprovalDecision),
        CheckConstraint("length(content_hash) = 64", name="content_hash"),
        # Not LIKE: it would let 'username' through, and on SQLite 'USER' as well.
        CheckConstraint("decided_by = 'user' OR substr(decided_by, 1, 5) = 'user:'", name="decided_by"),
        CheckConstraint("ordinal >= 1", name="ordinal"),
        Index("idx_approvals_contact", "contact_id"),
    )

    draft_id: Mapped[str] = refers("message_drafts.id")
    version: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[str] = refers("contacts.id")
    content_hash: Mapped[str] = mapped_column(Text)
    decision: Mapped[str] = mapped_column(Text)
    decided_by: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[datetime] = moment(default_now=True)
    reason: Mapped[str | None] = mapped_column(Text)
    until: Mapped[date | None] = mapped_column(Date)
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    ordinal: Mapped[int] = whole(1)

    draft: Mapped["MessageDraft"] = one("approvals")
    contact: Mapped["Contact"] = one()


class Delivery(WithId, Base):
    """The intent to send a draft, written before the attempt.

    `recipient` is an address, a LinkedIn URL or a phone number.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("draft_id"),
        UniqueConstraint("message_id"),
        one_of("touch_type", TouchType),
        one_of("channel", Channel),
        one_of("state", DeliveryState),
        between("touch_number", 1, 6),
        CheckConstraint("channel <> 'email' OR message_id IS NOT NULL", name="message_id"),
        Index("idx_deliveries_contact", "contact_id"),
        Index("idx_deliveries_state", "state"),
        Index(
            "idx_deliveries_touch",
            "sequence_id",
            "touch_number",
            unique=True,
            sqlite_where=text(_TOUCH),
            postgresql_where=text(_TOUCH),
        ),
    )

    draft_id: Mapped[str] = refers("message_drafts.id")
    version: Mapped[int] = mapped_column(Integer)
    contact_id: Mapped[str] = refers("contacts.id")
    sequence_id: Mapped[str | None] = refers("outreach_sequences.id")
    touch_number: Mapped[int] = mapped_column(Integer)
    touch_type: Mapped[str] = mapped_column(Text)
    channel: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    message_id: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = word(DeliveryState.CLAIMED.value)
    attempts: Mapped[int] = whole(0)
    last_error: Mapped[str | None] = mapped_column(Text)
    claimed_at: Mapped[datetime] = moment(default_now=True)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    updated_at: Mapped[datetime] = moment(default_now=True)

    draft: Mapped["MessageDraft"] = one("delivery")
    contact: Mapped["Contact"] = one()
    sequence: Mapped["OutreachSequence | None"] = one()


class Touchpoint(WithId, Created, Base):
    """What was actually done to reach a contact, and when (OCC, touchpoints)."""

    __tablename__ = "touchpoints"
    __table_args__ = (
        one_of("channel", Channel),
        one_of("outcome", CallOutcome, nullable=True),
        between("touch_number", 1, 6),
        CheckConstraint("call_duration_seconds >= 0", name="call_duration_seconds"),
        Index("idx_touchpoints_contact", "contact_id"),
        Index("idx_touchpoints_sent", "sent_at"),
        Index("idx_touchpoints_draft", "message_draft_id"),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    message_draft_id: Mapped[str | None] = refers("message_drafts.id")
    sequence_id: Mapped[str | None] = refers("outreach_sequences.id")
    channel: Mapped[str] = mapped_column(Text)
    touch_number: Mapped[int | None] = mapped_column(Integer)
    sent_at: Mapped[datetime] = moment(default_now=True)
    outcome: Mapped[str | None] = mapped_column(Text)
    call_duration_seconds: Mapped[int | None] = mapped_column(Integer)
    call_notes: Mapped[str | None] = mapped_column(Text)
    confirmed_by_user: Mapped[bool] = flag(True)

    contact: Mapped["Contact"] = one()
    message_draft: Mapped["MessageDraft | None"] = one()
    sequence: Mapped["OutreachSequence | None"] = one()
