"""People: whom we write to, how well they fit, and who must not be written to.

OCC: contacts, icp_scores; SB: contacts.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    and_,
)
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, synonym, validates

from db.columns import Base, Created, Json, Stamped, UTCDateTime, WithId, between, flag, many, one, refers, whole, word
from db.enums import (
    ContactRole,
    ContactSource,
    ContactStage,
    ContactStatus,
    PersonaType,
    SeniorityLevel,
    SuppressionKind,
    one_of,
)
from db.models.organisations import Prospect
from db.soft_delete import SoftDeleted

if TYPE_CHECKING:
    from db.models.organisations import Account
    from db.models.sequences import OutreachSequence


class Contact(WithId, Stamped, SoftDeleted, Base):
    """A person at one account, pursued through one prospect (OCC and SB, contacts)."""

    __tablename__ = "contacts"
    __table_args__ = (
        ForeignKeyConstraint(["prospect_id", "account_id"], ["prospects.id", "prospects.account_id"]),
        UniqueConstraint("linkedin_url"),
        CheckConstraint("trim(linkedin_url) <> ''", name="linkedin_url"),
        one_of("persona_type", PersonaType, nullable=True),
        one_of("seniority_level", SeniorityLevel, nullable=True),
        one_of("stage", ContactStage),
        one_of("status", ContactStatus),
        one_of("source", ContactSource, nullable=True),
        one_of("role", ContactRole, nullable=True),
        between("priority_score", 1, 5),
        between("personalization_score", 1, 3),
        CheckConstraint("do_not_contact = (status = 'do_not_contact')", name="do_not_contact"),
        Index("idx_contacts_account", "account_id"),
        Index("idx_contacts_stage", "stage"),
        Index("idx_contacts_linkedin", "linkedin_url"),
        Index("idx_contacts_prospect_id", "prospect_id"),
        Index("idx_contacts_email", "email"),
    )

    account_id: Mapped[str] = refers("accounts.id")
    prospect_id: Mapped[str] = refers("prospects.id")
    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = word("")
    full_name: Mapped[str] = mapped_column(
        Text, Computed("trim(first_name || ' ' || last_name)", persisted=True), nullable=True
    )
    title: Mapped[str | None] = mapped_column(Text)
    role: Mapped[str | None] = mapped_column(Text)
    persona_type: Mapped[str | None] = mapped_column(Text)
    seniority_level: Mapped[str | None] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    email_verified: Mapped[bool | None] = mapped_column()
    linkedin_url: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    location: Mapped[str | None] = mapped_column(Text)
    timezone: Mapped[str | None] = mapped_column(Text)
    tenure_months: Mapped[int | None] = mapped_column(Integer)
    recently_hired: Mapped[bool | None] = mapped_column()
    previous_company: Mapped[str | None] = mapped_column(Text)
    previous_title: Mapped[str | None] = mapped_column(Text)
    stage: Mapped[str] = word(ContactStage.NEW.value)
    priority_score: Mapped[int] = whole(3)
    priority_factors: Mapped[dict[str, Any] | None] = mapped_column(Json)
    personalization_score: Mapped[int | None] = mapped_column(Integer)
    predicted_objection: Mapped[str | None] = mapped_column(Text)
    objection_response: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = word(ContactStatus.ACTIVE.value)
    do_not_contact: Mapped[bool] = flag(False)
    dnc_reason: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    is_primary: Mapped[bool] = flag(False)
    last_contacted_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_response_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    engagement_score: Mapped[int] = whole(0)
    notes: Mapped[str | None] = mapped_column(Text)

    name: Mapped[str] = synonym("full_name")

    account: Mapped["Account"] = relationship(
        back_populates="contacts", foreign_keys=[account_id], overlaps="contacts,prospect"
    )
    prospect: Mapped["Prospect"] = relationship(
        back_populates="contacts",
        # Both columns, so that a contact made with a prospect alone gets its account too.
        primaryjoin=lambda: and_(
            foreign(Contact.prospect_id) == Prospect.id, foreign(Contact.account_id) == Prospect.account_id
        ),
        overlaps="account,contacts",
    )
    sequences: Mapped[list["OutreachSequence"]] = many("contact")

    @validates("linkedin_url")
    def _blank_is_null(self, _key: str, value: str | None) -> str | None:
        return (value.strip() or None) if value else None

    @validates("status")
    def _do_not_contact_follows(self, _key: str, value: str) -> str:
        self.do_not_contact = value == ContactStatus.DO_NOT_CONTACT
        return value


Index("idx_contacts_priority", Contact.__table__.c.priority_score.desc())


class IcpScore(WithId, Base):
    """A contact's ICP fit (OCC, icp_scores): total 0-12 = 3 + 2 + 2 + 2 + 1 + 2."""

    __tablename__ = "icp_scores"
    __table_args__ = (
        between("title_match", 0, 3),
        between("vertical_match", 0, 2),
        between("company_size_fit", 0, 2),
        between("seniority_fit", 0, 2),
        between("buyer_intent_bonus", 0, 2),
        between("total_score", 0, 12),
        Index("idx_icp_scores_contact", "contact_id"),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    title_match: Mapped[int | None] = mapped_column(Integer)
    vertical_match: Mapped[int | None] = mapped_column(Integer)
    company_size_fit: Mapped[int | None] = mapped_column(Integer)
    seniority_fit: Mapped[int | None] = mapped_column(Integer)
    software_qa_confirmed: Mapped[bool | None] = mapped_column()
    buyer_intent_bonus: Mapped[int] = whole(0)
    total_score: Mapped[int | None] = mapped_column(Integer)
    scored_at: Mapped[datetime | None] = mapped_column(UTCDateTime, default=None)
    scoring_version: Mapped[str | None] = mapped_column(Text)

    contact: Mapped["Contact"] = one()


class Suppression(WithId, Created, Base):
    """Do-not-contact by address or by domain, in lower case; it outlives the contact that asked for it."""

    __tablename__ = "suppressions"
    __table_args__ = (
        UniqueConstraint("kind", "value"),
        one_of("kind", SuppressionKind),
        CheckConstraint("value = lower(value)", name="value"),
    )

    kind: Mapped[str] = mapped_column(Text)
    value: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str | None] = mapped_column(Text)
    contact_id: Mapped[str | None] = refers("contacts.id", ondelete="SET NULL")

    contact: Mapped["Contact | None"] = one()

    @validates("value")
    def _lower(self, _key: str, value: str) -> str:
        return value.strip().lower()
