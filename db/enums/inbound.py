"""What comes in, and what it means."""

from enum import StrEnum


class ReplyIntent(StrEnum):
    """OCC, replies.intent."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NOT_NOW = "not_now"
    REFERRAL = "referral"
    UNSUBSCRIBE = "unsubscribe"
    NEGATIVE = "negative"


class ReplyTag(StrEnum):
    """OCC, replies.reply_tag: what the reply reacts to."""

    OPENER = "opener"
    PAIN_HOOK = "pain_hook"
    PROOF_POINT = "proof_point"
    TIMING = "timing"
    REFERRAL = "referral"
    NOT_INTERESTED = "not_interested"
    UNKNOWN = "unknown"


class InboundKind(StrEnum):
    """inbound_messages.kind; NULL until classified."""

    HUMAN = "human"
    OUT_OF_OFFICE = "out_of_office"
    AUTO_ACK = "auto_ack"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


class ReferralStatus(StrEnum):
    """referral_suggestions.status."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
