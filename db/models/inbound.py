"""Messages in: raw, as replies with their intent, and what people correct or suggest because of them."""

from datetime import datetime
from typing import TYPE_CHECKING, Final

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.columns import Base, Created, Json, UTCDateTime, WithId, between, many, one, refers, word
from db.enums import Channel, InboundKind, ReferralStatus, ReplyIntent, ReplyTag, one_of

if TYPE_CHECKING:
    from db.models.contacts import Contact
    from db.models.messages import Delivery, Touchpoint

BY_PERSON: Final = "person"
"""inbound_messages.matched_by: a person said whose message it is, and that is the proof of its thread."""


class InboundMessage(WithId, Created, Base):
    """A message as it came in, and what it was matched to; `kind` is NULL until it is classified."""

    __tablename__ = "inbound_messages"
    __table_args__ = (
        UniqueConstraint("message_id"),
        one_of("kind", InboundKind, nullable=True),
        Index("idx_inbound_messages_contact", "contact_id"),
        Index("idx_inbound_messages_delivery", "delivery_id"),
        Index("idx_inbound_messages_processed_at", "processed_at"),
    )

    message_id: Mapped[str] = mapped_column(Text)
    in_reply_to: Mapped[str | None] = mapped_column(Text)
    references_ids: Mapped[list[str] | None] = mapped_column(Json)
    from_address: Mapped[str | None] = mapped_column(Text)
    to_address: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    raw: Mapped[str] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str | None] = mapped_column(Text)
    matched_by: Mapped[str | None] = mapped_column(Text)
    delivery_id: Mapped[str | None] = refers("deliveries.id")
    contact_id: Mapped[str | None] = refers("contacts.id")
    received_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    processed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    delivery: Mapped["Delivery | None"] = one()
    contact: Mapped["Contact | None"] = one()
    reply: Mapped["Reply | None"] = relationship(back_populates="inbound_message", passive_deletes="all", uselist=False)


class Reply(WithId, Created, Base):
    """What a contact answered (OCC, replies); `confidence` is 0-1."""

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("inbound_message_id"),
        one_of("channel", Channel, nullable=True),
        one_of("intent", ReplyIntent, nullable=True),
        one_of("reply_tag", ReplyTag, nullable=True),
        between("confidence", 0, 1),
        Index("idx_replies_contact", "contact_id"),
        Index("idx_replies_touchpoint", "touchpoint_id"),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    touchpoint_id: Mapped[str | None] = refers("touchpoints.id")
    inbound_message_id: Mapped[str | None] = refers("inbound_messages.id")
    channel: Mapped[str | None] = mapped_column(Text)
    intent: Mapped[str | None] = mapped_column(Text)
    reply_tag: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float | None] = mapped_column()
    summary: Mapped[str | None] = mapped_column(Text)
    raw_text: Mapped[str | None] = mapped_column(Text)
    referral_name: Mapped[str | None] = mapped_column(Text)
    referral_title: Mapped[str | None] = mapped_column(Text)
    recommended_next_step: Mapped[str | None] = mapped_column(Text)
    next_step_taken: Mapped[str | None] = mapped_column(Text)
    replied_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    contact: Mapped["Contact"] = one()
    touchpoint: Mapped["Touchpoint | None"] = one()
    inbound_message: Mapped["InboundMessage | None"] = one("reply")
    referral_suggestions: Mapped[list["ReferralSuggestion"]] = many("reply")


class ReferralSuggestion(WithId, Created, Base):
    """A person whom a reply or a page names; nobody writes to them until a person accepts."""

    __tablename__ = "referral_suggestions"
    __table_args__ = (
        one_of("status", ReferralStatus),
        Index("idx_referral_suggestions_contact", "contact_id"),
        Index("idx_referral_suggestions_status", "status"),
    )

    reply_id: Mapped[str | None] = refers("replies.id")
    contact_id: Mapped[str] = refers("contacts.id")
    name: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = word(ReferralStatus.OPEN.value)
    decided_by: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    reply: Mapped["Reply | None"] = one("referral_suggestions")
    contact: Mapped["Contact"] = one()


class LabelCorrection(WithId, Created, Base):
    """What a person corrected in a row that an agent filled, kept for the evals."""

    __tablename__ = "label_corrections"
    __table_args__ = (Index("idx_label_corrections_record", "table_name", "record_id"),)

    table_name: Mapped[str] = mapped_column(Text)
    record_id: Mapped[str] = mapped_column(Text)
    field: Mapped[str] = mapped_column(Text)
    old_value: Mapped[str | None] = mapped_column(Text)
    new_value: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    corrected_by: Mapped[str] = mapped_column(Text)
