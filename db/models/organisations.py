"""Organisations and the pursuit of them, where their records came from and what was merged.

OCC: accounts; SB: prospects, prospect_scores.
"""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Date,
    Index,
    Integer,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.columns import (
    Base,
    Json,
    Stamped,
    UTCDateTime,
    WithId,
    between,
    flag,
    json_object,
    many,
    moment,
    one,
    refers,
    word,
)
from db.enums import (
    AccountTier,
    BroadcastRequirements,
    EmployeeBand,
    LightingType,
    PrimarySport,
    ProjectTimeline,
    ProspectSource,
    ProspectStatus,
    ProspectTier,
    ScoreDimension,
    State,
    VenueType,
    one_of,
)
from db.soft_delete import SoftDeleted

if TYPE_CHECKING:
    from db.models.contacts import Contact


class Account(WithId, Stamped, Base):
    """An organisation (OCC, accounts)."""

    __tablename__ = "accounts"
    __table_args__ = (
        one_of("employee_band", EmployeeBand, nullable=True),
        one_of("tier", AccountTier, nullable=True),
        Index("idx_accounts_domain", "domain"),
    )

    name: Mapped[str] = mapped_column(Text)
    domain: Mapped[str | None] = mapped_column(Text)
    industry: Mapped[str | None] = mapped_column(Text)
    sub_industry: Mapped[str | None] = mapped_column(Text)
    employee_count: Mapped[int | None] = mapped_column(Integer)
    employee_band: Mapped[str | None] = mapped_column(Text)
    tier: Mapped[str | None] = mapped_column(Text)
    known_tools: Mapped[list[str] | None] = mapped_column(Json)
    linkedin_company_url: Mapped[str | None] = mapped_column(Text)
    website_url: Mapped[str | None] = mapped_column(Text)
    buyer_intent: Mapped[bool] = flag(False)
    buyer_intent_date: Mapped[date | None] = mapped_column(Date)
    annual_revenue: Mapped[str | None] = mapped_column(Text)
    funding_stage: Mapped[str | None] = mapped_column(Text)
    last_funding_date: Mapped[date | None] = mapped_column(Date)
    last_funding_amount: Mapped[str | None] = mapped_column(Text)
    hq_location: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)
    research_freshness: Mapped[date | None] = mapped_column(Date)

    prospects: Mapped[list["Prospect"]] = many("account")
    contacts: Mapped[list["Contact"]] = many("account", overlaps="contacts,prospect")


class Prospect(WithId, Stamped, SoftDeleted, Base):
    """The pursuit of one account under one playbook, with its venue's facts (SB, prospects)."""

    __tablename__ = "prospects"
    __table_args__ = (
        UniqueConstraint("account_id", "playbook"),
        UniqueConstraint("id", "account_id"),
        one_of("venue_type", VenueType),
        one_of("state", State),
        one_of("primary_sport", PrimarySport, nullable=True),
        one_of("current_lighting_type", LightingType, nullable=True),
        one_of("broadcast_requirements", BroadcastRequirements, nullable=True),
        one_of("status", ProspectStatus),
        one_of("tier", ProspectTier, nullable=True),
        one_of("estimated_project_timeline", ProjectTimeline, nullable=True),
        one_of("source", ProspectSource, nullable=True),
        between("icp_score", 0, 100),
        between("budget_cycle_month", 1, 12),
        Index("idx_prospects_status", "status"),
        Index("idx_prospects_tier", "tier"),
        Index("idx_prospects_state", "state"),
        Index("idx_prospects_venue_type", "venue_type"),
    )

    account_id: Mapped[str] = refers("accounts.id")
    playbook: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    venue_type: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    city: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    classification: Mapped[str | None] = mapped_column(Text)
    conference: Mapped[str | None] = mapped_column(Text)
    enrollment: Mapped[int | None] = mapped_column(Integer)
    primary_sport: Mapped[str | None] = mapped_column(Text)
    stadium_name: Mapped[str | None] = mapped_column(Text)
    seating_capacity: Mapped[int | None] = mapped_column(Integer)
    current_lighting_type: Mapped[str | None] = mapped_column(Text)
    current_lighting_age_years: Mapped[int | None] = mapped_column(Integer)
    has_night_games: Mapped[bool] = flag(True)
    broadcast_requirements: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str] = word(ProspectStatus.IDENTIFIED.value)
    tier: Mapped[str | None] = mapped_column(Text)
    icp_score: Mapped[int | None] = mapped_column(Integer)
    constraint_hypothesis: Mapped[str | None] = mapped_column(Text)
    value_proposition: Mapped[str | None] = mapped_column(Text)
    research_notes: Mapped[str | None] = mapped_column(Text)
    estimated_project_timeline: Mapped[str | None] = mapped_column(Text)
    budget_cycle_month: Mapped[int | None] = mapped_column(Integer)
    source: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(Text)
    source_date: Mapped[date | None] = mapped_column(Date)

    account: Mapped["Account"] = one("prospects")
    contacts: Mapped[list["Contact"]] = relationship(
        back_populates="prospect",
        passive_deletes="all",
        primaryjoin=(
            "and_(foreign(Contact.prospect_id) == Prospect.id, foreign(Contact.account_id) == Prospect.account_id)"
        ),
        overlaps="contacts,account",
    )

    @property
    def place(self) -> str:
        """Where it is, as one reads it: 'Columbus, OH'; outside of the territory, what its account says."""
        if self.state == State.OTHER.value:
            return self.account.hq_location or self.city or ""
        return ", ".join(part for part in (self.city, self.state) if part)


class ProspectScore(WithId, Base):
    """One dimension of one scoring (SB, prospect_scores): score 1-10, weight 1-5."""

    __tablename__ = "prospect_scores"
    __table_args__ = (
        one_of("dimension", ScoreDimension),
        between("score", 1, 10),
        between("weight", 1, 5),
        Index("idx_prospect_scores_prospect_id", "prospect_id"),
        Index("idx_prospect_scores_unique", "prospect_id", "dimension", "scored_at", unique=True),
    )

    prospect_id: Mapped[str] = refers("prospects.id")
    dimension: Mapped[str] = mapped_column(Text)
    score: Mapped[int] = mapped_column(Integer)
    weight: Mapped[int] = mapped_column(Integer)
    notes: Mapped[str | None] = mapped_column(Text)
    scored_at: Mapped[datetime] = moment(default_now=True)
    scored_by: Mapped[str | None] = mapped_column(Text)
    scoring_version: Mapped[str | None] = mapped_column(Text)

    prospect: Mapped["Prospect"] = one()


class ExternalId(WithId, Base):
    """The id of a record in a source that it came from, with the source's record as it came.

    `observed_on` is the day for which the source says it; NULL where it does not tell.
    """

    __tablename__ = "external_ids"
    __table_args__ = (
        UniqueConstraint("table_name", "source", "external_id"),
        Index("idx_external_ids_record", "table_name", "record_id"),
    )

    table_name: Mapped[str] = mapped_column(Text)
    record_id: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    payload: Mapped[dict[str, Any] | None] = mapped_column(Json)
    source_url: Mapped[str | None] = mapped_column(Text)
    licence: Mapped[str | None] = mapped_column(Text)
    observed_on: Mapped[date | None] = mapped_column(Date)
    imported_at: Mapped[datetime] = moment(default_now=True)
    updated_at: Mapped[datetime] = moment(default_now=True)


class Merge(WithId, Base):
    """What was merged into what, with everything that undoing it needs."""

    __tablename__ = "merges"
    __table_args__ = (
        between("certainty", 0, 1),
        Index("idx_merges_kept", "table_name", "kept_id"),
        Index("idx_merges_merged", "table_name", "merged_id"),
    )

    table_name: Mapped[str] = mapped_column(Text)
    kept_id: Mapped[str] = mapped_column(Text)
    merged_id: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    certainty: Mapped[float | None] = mapped_column()
    snapshot: Mapped[dict[str, Any]] = json_object()
    merged_by: Mapped[str] = mapped_column(Text)
    merged_at: Mapped[datetime] = moment(default_now=True)
    undone_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    undone_by: Mapped[str | None] = mapped_column(Text)
