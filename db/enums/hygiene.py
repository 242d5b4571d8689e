"""What is wrong with a record, and how badly."""

from enum import StrEnum


class FlagType(StrEnum):
    """SB, hygiene_flags.flag_type."""

    MISSING_CONTACT = "missing_contact"
    MISSING_EMAIL = "missing_email"
    STALE_DATA = "stale_data"
    SCORE_ANOMALY = "score_anomaly"
    DUPLICATE_SUSPECT = "duplicate_suspect"
    DATA_QUALITY = "data_quality"
    OUTREACH_BLOCKED = "outreach_blocked"


class FlagSeverity(StrEnum):
    """SB, hygiene_flags.severity."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
