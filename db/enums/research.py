"""What is looked for and found out: signals, facts, bids."""

from enum import StrEnum


class SignalType(StrEnum):
    """OCC, signals.signal_type."""

    BUYER_INTENT = "buyer_intent"
    QA_JOB_POSTING = "qa_job_posting"
    FUNDING = "funding"
    LEADERSHIP_CHANGE = "leadership_change"
    PRODUCT_LAUNCH = "product_launch"
    COMPETITOR_EVAL = "competitor_eval"


class EntityType(StrEnum):
    """OCC, research_snapshots.entity_type."""

    PERSON = "person"
    COMPANY = "company"


class FactField(StrEnum):
    """research_facts.field: the research_snapshots column that a fact belongs to, or `facility`."""

    CAREER_HISTORY = "career_history"
    RESPONSIBILITIES = "responsibilities"
    TECH_STACK_SIGNALS = "tech_stack_signals"
    PAIN_INDICATORS = "pain_indicators"
    RECENT_ACTIVITY = "recent_activity"
    COMPANY_PRODUCTS = "company_products"
    COMPANY_METRICS = "company_metrics"
    COMPANY_NEWS = "company_news"
    HIRING_SIGNALS = "hiring_signals"
    FACILITY = "facility"


class BidSource(StrEnum):
    """SB, bid_alerts.source, with `sam_gov`, `ocds` and `csv`."""

    BIDNET = "bidnet"
    ONVIA = "onvia"
    PUBLIC_PURCHASE = "public_purchase"
    MANUAL = "manual"
    SAM_GOV = "sam_gov"
    OCDS = "ocds"
    CSV = "csv"


class BidStatus(StrEnum):
    """SB, bid_alerts.status."""

    NEW = "new"
    REVIEWED = "reviewed"
    MATCHED = "matched"
    NOT_RELEVANT = "not_relevant"
