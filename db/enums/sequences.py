"""What follows what, and what happened."""

from enum import StrEnum


class SequenceStatus(StrEnum):
    """SB, outreach_sequences.status."""

    PENDING = "pending"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    STOPPED = "stopped"


class SequenceTier(StrEnum):
    """SB, outreach_sequences.tier and outreach_templates.tier: the tiers that are written to."""

    A1 = "A1"
    A2 = "A2"
    B = "B"


class FollowupState(StrEnum):
    """OCC, followups.state."""

    PENDING = "pending"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    OVERDUE = "overdue"


class ActivityType(StrEnum):
    """SB, activities.type."""

    EMAIL_SENT = "email_sent"
    EMAIL_RECEIVED = "email_received"
    EMAIL_OPENED = "email_opened"
    EMAIL_CLICKED = "email_clicked"
    CALL = "call"
    MEETING = "meeting"
    NOTE = "note"
    STATUS_CHANGE = "status_change"
    SCORE_CHANGE = "score_change"
    RESEARCH_COMPLETED = "research_completed"
    OUTREACH_STARTED = "outreach_started"
    OUTREACH_PAUSED = "outreach_paused"
    OUTREACH_COMPLETED = "outreach_completed"


class Direction(StrEnum):
    """SB, activities.direction."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
