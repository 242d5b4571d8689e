"""Batches, experiments and the opportunities that come of them (OCC)."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import CheckConstraint, Date, Float, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.columns import Base, Created, Json, UTCDateTime, WithId, between, flag, one, refers, whole
from db.enums import (
    AbGroup,
    BatchSequenceStatus,
    BatchStatus,
    Channel,
    ExperimentMetric,
    ExperimentStatus,
    ExperimentVariable,
    ExperimentWinner,
    MeetingOutcome,
    OpenerStyle,
    OpportunityStatus,
    one_of,
)

if TYPE_CHECKING:
    from db.models.contacts import Contact
    from db.models.inbound import Reply
    from db.models.messages import Touchpoint
    from db.models.organisations import Account


class Batch(WithId, Created, Base):
    """A group of contacts worked on together (OCC, batches)."""

    __tablename__ = "batches"
    __table_args__ = (one_of("status", BatchStatus, nullable=True),)

    batch_number: Mapped[int | None] = mapped_column(Integer)
    created_date: Mapped[date | None] = mapped_column(Date)
    prospect_count: Mapped[int | None] = mapped_column(Integer)
    ab_variable: Mapped[str | None] = mapped_column(Text)
    ab_description: Mapped[str | None] = mapped_column(Text)
    pre_brief: Mapped[str | None] = mapped_column(Text)
    mix_ratio: Mapped[dict[str, Any] | None] = mapped_column(Json)
    status: Mapped[str | None] = mapped_column(Text)
    html_file_path: Mapped[str | None] = mapped_column(Text)
    metrics: Mapped[dict[str, Any] | None] = mapped_column(Json)


class BatchProspect(WithId, Base):
    """A contact's place in a batch (OCC, batch_prospects)."""

    __tablename__ = "batch_prospects"
    __table_args__ = (
        UniqueConstraint("batch_id", "contact_id"),
        one_of("ab_group", AbGroup, nullable=True),
        one_of("sequence_status", BatchSequenceStatus, nullable=True),
        Index("idx_batch_prospects", "batch_id", "contact_id"),
    )

    batch_id: Mapped[str] = refers("batches.id")
    contact_id: Mapped[str] = refers("contacts.id")
    ab_group: Mapped[str | None] = mapped_column(Text)
    sequence_status: Mapped[str | None] = mapped_column(Text)
    position_in_batch: Mapped[int | None] = mapped_column(Integer)

    batch: Mapped["Batch"] = one()
    contact: Mapped["Contact"] = one()


class Experiment(WithId, Created, Base):
    """An A/B test and its counts (OCC, experiments); `batches_included` lists batch ids."""

    __tablename__ = "experiments"
    __table_args__ = (
        one_of("variable", ExperimentVariable, nullable=True),
        one_of("status", ExperimentStatus, nullable=True),
        one_of("winner", ExperimentWinner, nullable=True),
    )

    name: Mapped[str | None] = mapped_column(Text)
    variable: Mapped[str | None] = mapped_column(Text)
    group_a_desc: Mapped[str | None] = mapped_column(Text)
    group_b_desc: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    batches_included: Mapped[list[str] | None] = mapped_column(Json)
    group_a_sent: Mapped[int] = whole(0)
    group_a_replies: Mapped[int] = whole(0)
    group_a_meetings: Mapped[int] = whole(0)
    group_a_opps: Mapped[int] = whole(0)
    group_b_sent: Mapped[int] = whole(0)
    group_b_replies: Mapped[int] = whole(0)
    group_b_meetings: Mapped[int] = whole(0)
    group_b_opps: Mapped[int] = whole(0)
    winner: Mapped[str | None] = mapped_column(Text)
    conclusion: Mapped[str | None] = mapped_column(Text)


class ExperimentPlan(WithId, Created, Base):
    """What was laid down before an experiment's first message; a trigger lets nobody change it afterwards.

    `baseline`, `lift`, `alpha` and `power` are 0-1, `per_group` is in people, `window_days` is how long after their
    last counted touch an answer counts.
    """

    __tablename__ = "experiment_plans"
    __table_args__ = (
        UniqueConstraint("experiment_id"),
        one_of("metric", ExperimentMetric),
        between("baseline", 0, 1),
        between("lift", 0, 1),
        between("alpha", 0, 1),
        between("power", 0, 1),
        CheckConstraint("per_group >= 1", name="per_group"),
        CheckConstraint("window_days >= 1", name="window_days"),
    )

    experiment_id: Mapped[str] = refers("experiments.id")
    metric: Mapped[str] = mapped_column(Text)
    baseline: Mapped[float] = mapped_column(Float)
    lift: Mapped[float] = mapped_column(Float)
    alpha: Mapped[float] = mapped_column(Float)
    power: Mapped[float] = mapped_column(Float)
    per_group: Mapped[int] = mapped_column(Integer)
    window_days: Mapped[int] = mapped_column(Integer)


class Opportunity(WithId, Created, Base):
    """The North Star table: a meeting and what came of it (OCC, opportunities)."""

    __tablename__ = "opportunities"
    __table_args__ = (
        one_of("meeting_outcome", MeetingOutcome, nullable=True),
        one_of("status", OpportunityStatus, nullable=True),
        one_of("attribution_channel", Channel, nullable=True),
        one_of("attribution_opener_style", OpenerStyle, nullable=True),
        one_of("attribution_ab_group", AbGroup, nullable=True),
        between("attribution_touch_number", 1, 6),
        between("attribution_personalization_score", 1, 3),
        CheckConstraint("pipeline_value >= 0", name="pipeline_value"),
        Index("idx_opportunities_contact", "contact_id"),
        Index("idx_opportunities_status", "status"),
    )

    contact_id: Mapped[str] = refers("contacts.id")
    account_id: Mapped[str] = refers("accounts.id")
    meeting_date: Mapped[datetime | None] = mapped_column(UTCDateTime)
    meeting_held: Mapped[bool] = flag(False)
    meeting_outcome: Mapped[str | None] = mapped_column(Text)
    opportunity_created_date: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opportunity_created: Mapped[bool] = flag(False)
    status: Mapped[str | None] = mapped_column(Text)
    pipeline_value: Mapped[float | None] = mapped_column()
    trigger_touchpoint_id: Mapped[str | None] = refers("touchpoints.id")
    trigger_reply_id: Mapped[str | None] = refers("replies.id")
    attribution_channel: Mapped[str | None] = mapped_column(Text)
    attribution_touch_number: Mapped[int | None] = mapped_column(Integer)
    attribution_proof_point: Mapped[str | None] = mapped_column(Text)
    attribution_pain_hook: Mapped[str | None] = mapped_column(Text)
    attribution_opener_style: Mapped[str | None] = mapped_column(Text)
    attribution_personalization_score: Mapped[int | None] = mapped_column(Integer)
    attribution_ab_group: Mapped[str | None] = mapped_column(Text)
    attribution_ab_variable: Mapped[str | None] = mapped_column(Text)
    ae_name: Mapped[str | None] = mapped_column(Text)
    ae_feedback: Mapped[str | None] = mapped_column(Text)
    disqualification_reason: Mapped[str | None] = mapped_column(Text)
    notes: Mapped[str | None] = mapped_column(Text)

    contact: Mapped["Contact"] = one()
    account: Mapped["Account"] = one()
    trigger_touchpoint: Mapped["Touchpoint | None"] = one()
    trigger_reply: Mapped["Reply | None"] = one()
