"""What is known about organisations and people, and where it came from."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Date, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import Base, Created, Json, UTCDateTime, WithId, between, flag, one, refers, word
from db.enums import BidSource, BidStatus, EntityType, FactField, SignalType, one_of

if TYPE_CHECKING:
    from db.models.contacts import Contact
    from db.models.organisations import Account, ExternalId, Prospect
    from db.models.runs import AgentRun


class Signal(WithId, Created, Base):
    """A detected reason to write now (OCC, signals)."""

    __tablename__ = "signals"
    __table_args__ = (
        one_of("signal_type", SignalType),
        Index("idx_signals_account", "account_id"),
        Index("idx_signals_contact", "contact_id"),
    )

    account_id: Mapped[str] = refers("accounts.id")
    contact_id: Mapped[str | None] = refers("contacts.id")
    signal_type: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(Text)
    detected_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    expires_at: Mapped[date | None] = mapped_column(Date)
    acted_on: Mapped[bool] = flag(False)

    account: Mapped["Account"] = one()
    contact: Mapped["Contact | None"] = one()


class ResearchSnapshot(WithId, Created, Base):
    """Structured research on a person or a company, cached and reusable (OCC, research_snapshots)."""

    __tablename__ = "research_snapshots"
    __table_args__ = (
        one_of("entity_type", EntityType),
        between("confidence_score", 1, 5),
        Index("idx_research_contact", "contact_id"),
        Index("idx_research_account", "account_id"),
    )

    contact_id: Mapped[str | None] = refers("contacts.id")
    account_id: Mapped[str | None] = refers("accounts.id")
    entity_type: Mapped[str] = mapped_column(Text)
    headline: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[str | None] = mapped_column(Text)
    career_history: Mapped[Any | None] = mapped_column(Json)
    responsibilities: Mapped[str | None] = mapped_column(Text)
    tech_stack_signals: Mapped[Any | None] = mapped_column(Json)
    pain_indicators: Mapped[Any | None] = mapped_column(Json)
    recent_activity: Mapped[str | None] = mapped_column(Text)
    company_products: Mapped[str | None] = mapped_column(Text)
    company_metrics: Mapped[str | None] = mapped_column(Text)
    company_news: Mapped[str | None] = mapped_column(Text)
    hiring_signals: Mapped[str | None] = mapped_column(Text)
    sources: Mapped[list[str] | None] = mapped_column(Json)
    confidence_score: Mapped[int | None] = mapped_column(Integer)
    agent_run_id: Mapped[str | None] = refers("agent_runs.id")

    contact: Mapped["Contact | None"] = one()
    account: Mapped["Account | None"] = one()
    agent_run: Mapped["AgentRun | None"] = one()


REFERRAL: Final = "referral:"
"""How research_facts.fact_key begins where the fact is that somebody referred to the contact, whose id follows."""


class ResearchFact(WithId, Created, Base):
    """One sentence of research with its source and the quote it rests on; a draft's claims cite these."""

    __tablename__ = "research_facts"
    __table_args__ = (
        UniqueConstraint("fact_key"),
        one_of("field", FactField),
        between("confidence", 1, 5),
        Index("idx_research_facts_snapshot", "snapshot_id"),
        Index("idx_research_facts_account", "account_id"),
        Index("idx_research_facts_prospect", "prospect_id"),
        Index("idx_research_facts_contact", "contact_id"),
    )

    snapshot_id: Mapped[str] = refers("research_snapshots.id")
    account_id: Mapped[str] = refers("accounts.id")
    prospect_id: Mapped[str | None] = refers("prospects.id")
    contact_id: Mapped[str | None] = refers("contacts.id")
    field: Mapped[str] = mapped_column(Text)
    sentence: Mapped[str] = mapped_column(Text)
    quote: Mapped[str] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(Text)
    source_title: Mapped[str | None] = mapped_column(Text)
    external_id_ref: Mapped[str | None] = refers("external_ids.id")
    observed_on: Mapped[date | None] = mapped_column(Date)
    confidence: Mapped[int] = mapped_column(Integer)
    fact_key: Mapped[str] = mapped_column(Text)
    agent_run_id: Mapped[str | None] = refers("agent_runs.id")

    snapshot: Mapped["ResearchSnapshot"] = one()
    account: Mapped["Account"] = one()
    prospect: Mapped["Prospect | None"] = one()
    contact: Mapped["Contact | None"] = one()
    external_id_row: Mapped["ExternalId | None"] = one()
    agent_run: Mapped["AgentRun | None"] = one()


class BidAlert(WithId, Created, Base):
    """A tender from a bid portal, perhaps matched to a prospect (SB, bid_alerts); match_confidence is 0-1."""

    __tablename__ = "bid_alerts"
    __table_args__ = (
        UniqueConstraint("source", "external_id"),
        one_of("source", BidSource),
        one_of("status", BidStatus),
        between("match_confidence", 0, 1),
        Index("idx_bid_alerts_status", "status"),
        Index("idx_bid_alerts_due_date", "due_date"),
        Index("idx_bid_alerts_state", "state"),
    )

    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    organization_name: Mapped[str] = mapped_column(Text)
    state: Mapped[str | None] = mapped_column(Text)
    posted_date: Mapped[date | None] = mapped_column(Date)
    due_date: Mapped[date | None] = mapped_column(Date)
    matched_prospect_id: Mapped[str | None] = refers("prospects.id")
    match_confidence: Mapped[float | None] = mapped_column()
    status: Mapped[str] = word(BidStatus.NEW.value)
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(Text)
    source_url: Mapped[str | None] = mapped_column(Text)

    matched_prospect: Mapped["Prospect | None"] = one()
