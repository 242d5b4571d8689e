"""What is written, what was decided on it, and what became of sending it."""

from enum import StrEnum


class Channel(StrEnum):
    """OCC, message_drafts.channel and every other channel column."""

    LINKEDIN = "linkedin"
    EMAIL = "email"
    CALL = "call"


class TouchType(StrEnum):
    """OCC, message_drafts.touch_type."""

    INMAIL = "inmail"
    EMAIL = "email"
    CALL_SNIPPET = "call_snippet"
    BREAKUP = "breakup"
    RE_ENGAGEMENT = "re_engagement"
    REPLY_DRAFT = "reply_draft"


class OpenerStyle(StrEnum):
    """OCC, message_drafts.opener_style."""

    CAREER_REFERENCE = "career_reference"
    COMPANY_METRIC = "company_metric"
    ACTIVITY_REFERENCE = "activity_reference"


class AskStyle(StrEnum):
    """OCC, message_drafts.ask_style."""

    DIRECT_ASK = "direct_ask"
    SOFT_OFFER = "soft_offer"
    VALUE_ADD = "value_add"


class ApprovalStatus(StrEnum):
    """OCC, message_drafts.approval_status."""

    DRAFT = "draft"
    READY = "ready"
    SENT = "sent"
    ARCHIVED = "archived"


class AbGroup(StrEnum):
    """OCC, message_drafts.ab_group."""

    A = "A"
    B = "B"
    C = "C"


class VersionReason(StrEnum):
    """message_versions.reason: why this version was made."""

    DRAFT = "draft"
    QC_REVISION = "qc_revision"
    REJECTION = "rejection"
    HUMAN_EDIT = "human_edit"


class ApprovalDecision(StrEnum):
    """approvals.decision: what a person decided on one exact text."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    SKIP = "skip"
    DO_NOT_CONTACT = "do_not_contact"
    REVOKE = "revoke"


class DeliveryState(StrEnum):
    """deliveries.state; `uncertain` is for a person to decide, never resent by itself."""

    CLAIMED = "claimed"
    SENT = "sent"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


class CallOutcome(StrEnum):
    """OCC, touchpoints.outcome."""

    CONNECTED = "connected"
    VOICEMAIL = "voicemail"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
