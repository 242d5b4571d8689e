"""What agents did: the tree of runs, the journal of actions, and the change log of rows."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from db.columns import Base, Created, Json, UTCDateTime, WithId, flag, moment, one, real, refers, whole, word
from db.enums import AgentName, AuditAction, RunStatus, RunTrigger, RunType, one_of

if TYPE_CHECKING:
    from db.models.campaigns import Batch
    from db.models.contacts import Contact
    from db.models.organisations import Prospect


class AgentRun(WithId, Base):
    """One run of an agent, or one model or tool call within it (OCC and SB, agent_runs).

    `parent_run_id` makes the tree; `prompt_id` reads 'drafting@v1'; `cost_usd` is in US dollars,
    `duration_ms` in milliseconds.
    """

    __tablename__ = "agent_runs"
    __table_args__ = (
        one_of("run_type", RunType),
        one_of("agent_name", AgentName),
        one_of("status", RunStatus),
        one_of("trigger", RunTrigger, nullable=True),
        CheckConstraint("attempt >= 1", name="attempt"),
        Index("idx_agent_runs_type", "run_type"),
        Index("idx_agent_runs_agent_name", "agent_name"),
        Index("idx_agent_runs_started_at", "started_at"),
        Index("idx_agent_runs_status", "status"),
        Index("idx_agent_runs_thread_id", "thread_id"),
        Index("idx_agent_runs_parent", "parent_run_id"),
        Index("idx_agent_runs_contact", "contact_id"),
    )

    run_type: Mapped[str] = mapped_column(Text)
    agent_name: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[str | None] = refers("contacts.id")
    batch_id: Mapped[str | None] = refers("batches.id")
    parent_run_id: Mapped[str | None] = refers("agent_runs.id")
    thread_id: Mapped[str | None] = mapped_column(Text)
    trigger: Mapped[str | None] = mapped_column(Text)
    inputs: Mapped[Any | None] = mapped_column(Json)
    outputs: Mapped[Any | None] = mapped_column(Json)
    sources_used: Mapped[Any | None] = mapped_column(Json)
    decisions: Mapped[Any | None] = mapped_column(Json)
    model: Mapped[str | None] = mapped_column(Text)
    prompt_id: Mapped[str | None] = mapped_column(Text)
    prompt_hash: Mapped[str | None] = mapped_column(Text)
    tokens_used: Mapped[int] = whole(0)
    tokens_in: Mapped[int] = whole(0)
    tokens_out: Mapped[int] = whole(0)
    tokens_cached: Mapped[int] = whole(0)
    cost_usd: Mapped[float] = real(0)
    attempt: Mapped[int] = whole(1)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
    status: Mapped[str] = word(RunStatus.RUNNING.value)
    records_processed: Mapped[int] = whole(0)
    records_created: Mapped[int] = whole(0)
    records_updated: Mapped[int] = whole(0)
    error_message: Mapped[str | None] = mapped_column(Text)
    error_traceback: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = moment(default_now=True)
    completed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)

    contact: Mapped["Contact | None"] = one()
    batch: Mapped["Batch | None"] = one()
    parent: Mapped["AgentRun | None"] = relationship(remote_side="AgentRun.id")


class AgentAuditLog(WithId, Created, Base):
    """The journal of what agents did, and what of it a person must review (SB, agent_audit_log)."""

    __tablename__ = "agent_audit_log"
    __table_args__ = (
        Index("idx_agent_audit_log_agent_run_id", "agent_run_id"),
        Index("idx_agent_audit_log_prospect_id", "prospect_id"),
        Index("idx_agent_audit_log_requires_review", "requires_review"),
        Index("idx_agent_audit_log_created_at", "created_at"),
    )

    agent_run_id: Mapped[str | None] = refers("agent_runs.id")
    agent_name: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    prospect_id: Mapped[str | None] = refers("prospects.id")
    contact_id: Mapped[str | None] = refers("contacts.id")
    details: Mapped[dict[str, Any] | None] = mapped_column(Json)
    requires_review: Mapped[bool] = flag(False)
    reviewed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    reviewed_by: Mapped[str | None] = mapped_column(Text)

    agent_run: Mapped["AgentRun | None"] = one()
    prospect: Mapped["Prospect | None"] = one()
    contact: Mapped["Contact | None"] = one()


class AuditLog(Base):
    """The immutable change log of rows, sealed into a hash chain (OCC, audit_log).

    `changed_by` is `user`, `user:NAME` or `agent:{run_id}`; `seal_no` is NULL while a row is not sealed.
    """

    __tablename__ = "audit_log"
    __table_args__ = (
        UniqueConstraint("seal_no"),
        one_of("action", AuditAction),
        Index("idx_audit_table", "table_name", "record_id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), Identity(always=True), primary_key=True
    )
    table_name: Mapped[str] = mapped_column(Text)
    record_id: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text)
    old_values: Mapped[dict[str, Any] | None] = mapped_column(Json)
    new_values: Mapped[dict[str, Any] | None] = mapped_column(Json)
    timestamp: Mapped[datetime] = moment(default_now=True)
    seal_no: Mapped[int | None] = mapped_column(BigInteger)
    prev_hash: Mapped[str | None] = mapped_column(Text)
    hash: Mapped[str | None] = mapped_column(Text)
