"""Sequences of touches, their templates, scheduled follow-ups, and the activity feed."""

from datetime import date, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Date, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import Base, Created, Stamped, UTCDateTime, WithId, flag, one, refers, whole, word
from db.enums import (
    ActivityType,
    Channel,
    Direction,
    FollowupState,
    SequenceStatus,
    SequenceTier,
    one_of,
)

if TYPE_CHECKING:
    from db.models.contacts import Contact
    from db.models.messages import MessageDraft
    from db.models.organisations import Prospect


class OutreachSequence(WithId, Stamped, Base):
    """A contact's way through the steps of a template sequence (SB, outreach_sequences).

    Opens and clicks are not tracked; those columns count only events that were imported.
    """

    __tablename__ = "outreach_sequences"
    __table_args__ = (
        one_of("status", SequenceStatus),
        one_of("tier", SequenceTier),
        Index("idx_outreach_sequences_prospect_id", "prospect_id"),
        Index("idx_outreach_sequences_contact_id", "contact_id"),
        Index("idx_outreach_sequences_status", "status"),
        Index("idx_outreach_sequences_next_step_at", "next_step_at"),
    )

    prospect_id: Mapped[str] = refers("prospects.id")
    contact_id: Mapped[str] = refers("contacts.id")
    template_id: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = word(SequenceStatus.PENDING.value)
    current_step: Mapped[int] = whole(0)
    total_steps: Mapped[int] = mapped_column(Integer)
    started_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    next_step_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    emails_sent: Mapped[int] = whole(0)
    emails_opened: Mapped[int] = whole(0)
    emails_clicked: Mapped[int] = whole(0)
    replies_received: Mapped[int] = whole(0)
    requires_approval: Mapped[bool] = flag(False)
    approved_by: Mapped[str | None] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    prospect: Mapped["Prospect"] = one()
    contact: Mapped["Contact"] = one("sequences")


class OutreachTemplate(WithId, Stamped, Base):
    """One step of a playbook's sequence for a tier (SB, outreach_templates); waits are in days."""

    __tablename__ = "outreach_templates"
    __table_args__ = (
        one_of("tier", SequenceTier),
        Index("idx_outreach_templates_unique", "playbook", "tier", "step_number", unique=True),
    )

    playbook: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(Text)
    step_number: Mapped[int] = mapped_column(Integer)
    subject_template: Mapped[str] = mapped_column(Text)
    body_template: Mapped[str] = mapped_column(Text)
    days_after_previous: Mapped[int] = mapped_column(Integer)
    is_active: Mapped[bool] = flag(True)


class Followup(WithId, Created, Base):
    """A scheduled next touch (OCC, followups)."""

    __tablename__ = "followups"
    __table_args__ = (
        one_of("channel", Channel, nullable=True),
        one_of("state", FollowupState),
        Index("idx_followups_due", "due_date", "state"),
        Index("idx_followups_contact", "contact_id"),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    sequence_id: Mapped[str | None] = refers("outreach_sequences.id")
    touch_number: Mapped[int | None] = mapped_column(Integer)
    channel: Mapped[str | None] = mapped_column(Text)
    due_date: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = word(FollowupState.PENDING.value)
    message_draft_id: Mapped[str | None] = refers("message_drafts.id")
    reminder_sent: Mapped[bool] = flag(False)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    contact: Mapped["Contact"] = one()
    sequence: Mapped["OutreachSequence | None"] = one()
    message_draft: Mapped["MessageDraft | None"] = one()


class Activity(WithId, Created, Base):
    """One event in the life of a prospect (SB, activities)."""

    __tablename__ = "activities"
    __table_args__ = (
        one_of("type", ActivityType),
        one_of("direction", Direction, nullable=True),
        Index("idx_activities_prospect_id", "prospect_id"),
        Index("idx_activities_contact_id", "contact_id"),
        Index("idx_activities_type", "type"),
        Index("idx_activities_created_at", "created_at"),
    )

    prospect_id: Mapped[str] = refers("prospects.id")
    contact_id: Mapped[str | None] = refers("contacts.id")
    type: Mapped[str] = mapped_column(Text)
    direction: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    email_template_id: Mapped[str | None] = mapped_column(Text)
    email_sequence_step: Mapped[int | None] = mapped_column(Integer)
    agent_id: Mapped[str | None] = mapped_column(Text)
    user_id: Mapped[str | None] = mapped_column(Text)

    prospect: Mapped["Prospect"] = one()
    contact: Mapped["Contact | None"] = one()
