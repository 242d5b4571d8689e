"""Batches, experiments, meetings and what comes of them."""

from enum import StrEnum


class BatchStatus(StrEnum):
    """OCC, batches.status."""

    BUILDING = "building"
    READY = "ready"
    ACTIVE = "active"
    COMPLETED = "completed"


class BatchSequenceStatus(StrEnum):
    """OCC, batch_prospects.sequence_status ('not_started through completed')."""

    NOT_STARTED = "not_started"
    ACTIVE = "active"
    PAUSED = "paused"
    REPLIED = "replied"
    STOPPED = "stopped"
    COMPLETED = "completed"


class ExperimentVariable(StrEnum):
    """OCC, experiments.variable."""

    PAIN_HOOK = "pain_hook"
    PROOF_POINT_STYLE = "proof_point_style"
    OPENER_STYLE = "opener_style"
    ASK_INTENSITY = "ask_intensity"
    MESSAGE_LENGTH = "message_length"


class ExperimentMetric(StrEnum):
    """experiment_plans.metric: what of a person is counted."""

    REPLY = "reply"
    POSITIVE = "positive"
    MEETING = "meeting"


class ExperimentStatus(StrEnum):
    """OCC, experiments.status."""

    ACTIVE = "active"
    COMPLETED = "completed"
    INCONCLUSIVE = "inconclusive"


class ExperimentWinner(StrEnum):
    """OCC, experiments.winner; NULL while there is none."""

    A = "A"
    B = "B"


class OpportunityStatus(StrEnum):
    """OCC, opportunities.status."""

    MEETING_BOOKED = "meeting_booked"
    MEETING_HELD = "meeting_held"
    OPPORTUNITY_CREATED = "opportunity_created"
    DISQUALIFIED = "disqualified"
    LOST = "lost"


class MeetingOutcome(StrEnum):
    """OCC, opportunities.meeting_outcome."""

    QUALIFIED = "qualified"
    DISQUALIFIED = "disqualified"
    NO_SHOW = "no_show"
    RESCHEDULED = "rescheduled"
