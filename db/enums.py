"""The one definition of each enumeration: a StrEnum here, a named CHECK in the database by `one_of`.

The values are those that the two specifications list (OCC: outreach command center, SB: sportsbeams),
with the additions of the schema page where a class says so.
"""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column

# --- organisations


class EmployeeBand(StrEnum):
    """OCC, accounts.employee_band: approximate headcount."""

    UP_TO_50 = "1-50"
    UP_TO_200 = "51-200"
    UP_TO_1000 = "201-1000"
    UP_TO_5000 = "1001-5000"
    OVER_5000 = "5000+"


class AccountTier(StrEnum):
    """OCC, accounts.tier."""

    ENTERPRISE = "Enterprise"
    MID_MARKET = "Mid-Market"
    SMB = "SMB"


class VenueType(StrEnum):
    """SB, prospects.venue_type; `company` stands for an organisation without a venue."""

    COLLEGE_D1 = "college_d1"
    COLLEGE_D2 = "college_d2"
    COLLEGE_D3 = "college_d3"
    COLLEGE_NAIA = "college_naia"
    HIGH_SCHOOL_6A = "high_school_6a"
    HIGH_SCHOOL_5A = "high_school_5a"
    HIGH_SCHOOL_4A = "high_school_4a"
    HIGH_SCHOOL_3A = "high_school_3a"
    HIGH_SCHOOL_OTHER = "high_school_other"
    COMPANY = "company"


class State(StrEnum):
    """SB, prospects.state: the five states of the territory, OTHER outside them."""

    OH = "OH"
    IN = "IN"
    PA = "PA"
    KY = "KY"
    IL = "IL"
    OTHER = "OTHER"


class PrimarySport(StrEnum):
    """SB, prospects.primary_sport."""

    FOOTBALL = "football"
    BASEBALL = "baseball"
    MULTI_SPORT = "multi_sport"


class LightingType(StrEnum):
    """SB, prospects.current_lighting_type."""

    METAL_HALIDE = "metal_halide"
    EARLY_LED = "early_led"
    MODERN_LED = "modern_led"
    UNKNOWN = "unknown"


class BroadcastRequirements(StrEnum):
    """SB, prospects.broadcast_requirements."""

    NONE = "none"
    LOCAL_STREAMING = "local_streaming"
    CONFERENCE_NETWORK = "conference_network"
    ESPN = "espn"


class ProspectStatus(StrEnum):
    """SB, prospects.status."""

    IDENTIFIED = "identified"
    NEEDS_SCORING = "needs_scoring"
    SCORED = "scored"
    NEEDS_RESEARCH = "needs_research"
    RESEARCH_COMPLETE = "research_complete"
    READY_FOR_OUTREACH = "ready_for_outreach"
    OUTREACH_ACTIVE = "outreach_active"
    ENGAGED = "engaged"
    NURTURE = "nurture"
    DEPRIORITIZED = "deprioritized"


class ProspectTier(StrEnum):
    """SB, prospects.tier: A1 is the best."""

    A1 = "A1"
    A2 = "A2"
    B = "B"
    C = "C"
    D = "D"


class ProjectTimeline(StrEnum):
    """SB, prospects.estimated_project_timeline."""

    IMMEDIATE = "immediate"
    WITHIN_6_MONTHS = "within_6_months"
    WITHIN_12_MONTHS = "within_12_months"
    OVER_12_MONTHS = "12_plus_months"
    UNKNOWN = "unknown"


class ProspectSource(StrEnum):
    """SB, prospects.source, and `import` for a file brought in."""

    MANUAL = "manual"
    BID_PORTAL = "bid_portal"
    DIRECTORY_IMPORT = "directory_import"
    REFERRAL = "referral"
    LINKEDIN = "linkedin"
    IMPORT = "import"


class ScoreDimension(StrEnum):
    """SB, prospect_scores.dimension."""

    VENUE_TYPE = "venue_type"
    GEOGRAPHY = "geography"
    BUDGET_SIGNALS = "budget_signals"
    CURRENT_LIGHTING_AGE = "current_lighting_age"
    NIGHT_GAME_FREQUENCY = "night_game_frequency"
    BROADCAST_REQUIREMENTS = "broadcast_requirements"
    DECISION_MAKER_ACCESS = "decision_maker_access"
    PROJECT_TIMELINE = "project_timeline"


class PersonaType(StrEnum):
    """OCC, contacts.persona_type, and for schools the people of SB's overview.

    That is "AD, facilities director, CFO per venue". `Other` is somebody whose title is understood and who is
    none of these.
    """

    QA_DIRECTOR = "QA Director"
    VP_ENG = "VP Eng"
    QA_MANAGER = "QA Manager"
    SDET = "SDET"
    ATHLETIC_DIRECTOR = "Athletic Director"
    FACILITIES_DIRECTOR = "Facilities Director"
    CFO = "CFO"
    OTHER = "Other"


class SeniorityLevel(StrEnum):
    """OCC, contacts.seniority_level."""

    IC = "IC"
    MANAGER = "Manager"
    DIRECTOR = "Director"
    VP = "VP"
    C_SUITE = "C-Suite"


class ContactStage(StrEnum):
    """OCC, contacts.stage; which may follow which: db.lifecycle."""

    NEW = "new"
    RESEARCHED = "researched"
    DRAFTED = "drafted"
    SENT = "sent"
    FOLLOW_UP = "follow_up"
    REPLIED = "replied"
    MEETING_BOOKED = "meeting_booked"
    MEETING_HELD = "meeting_held"
    OPPORTUNITY = "opportunity"
    DORMANT = "dormant"
    RE_ENGAGED = "re_engaged"
    CLOSED = "closed"


class ContactStatus(StrEnum):
    """OCC, contacts.status."""

    ACTIVE = "active"
    DORMANT = "dormant"
    BOUNCED = "bounced"
    DO_NOT_CONTACT = "do_not_contact"


class ContactSource(StrEnum):
    """OCC, contacts.source, with SB's prospects.source, since the table serves both, and `import`."""

    SALES_NAV = "sales_nav"
    APOLLO = "apollo"
    MANUAL = "manual"
    REFERRAL = "referral"
    BID_PORTAL = "bid_portal"
    DIRECTORY_IMPORT = "directory_import"
    LINKEDIN = "linkedin"
    IMPORT = "import"


class ContactRole(StrEnum):
    """SB, contacts.role."""

    DECISION_MAKER = "decision_maker"
    INFLUENCER = "influencer"
    CHAMPION = "champion"
    BLOCKER = "blocker"
    UNKNOWN = "unknown"


class SuppressionKind(StrEnum):
    """suppressions.kind: one address or a whole domain."""

    ADDRESS = "address"
    DOMAIN = "domain"


# --- research


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


# --- messages


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


class Decision(StrEnum):
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


# --- what comes in


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


# --- sequences and activities


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


# --- campaigns


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


# --- runs and flags


class AgentName(StrEnum):
    """agent_runs.agent_name: an agent has this one name everywhere."""

    ORCHESTRATOR = "orchestrator"
    PROSPECTOR = "prospector"
    HYGIENE = "hygiene"
    RESEARCHER = "researcher"
    DRAFTING = "drafting"
    QC = "qc"
    OUTREACH = "outreach"
    REPLY_TRIAGE = "reply_triage"
    ANALYST = "analyst"


class RunType(StrEnum):
    """OCC, agent_runs.run_type, with the seven of the schema page."""

    RESEARCH = "research"
    DRAFT = "draft"
    QC = "qc"
    ANALYSIS = "analysis"
    PRE_BRIEF = "pre_brief"
    BATCH_BUILD = "batch_build"
    REPLY_TRIAGE = "reply_triage"
    CALL_PREP = "call_prep"
    SIGNAL_SCAN = "signal_scan"
    ORCHESTRATE = "orchestrate"
    PROSPECT = "prospect"
    HYGIENE = "hygiene"
    DISPATCH = "dispatch"
    APPROVAL = "approval"
    MODEL_CALL = "model_call"
    TOOL_CALL = "tool_call"


class RunStatus(StrEnum):
    """agent_runs.status: `waiting` is stopped at a human; SB's completed is success, its failed is error."""

    RUNNING = "running"
    WAITING = "waiting"
    SUCCESS = "success"
    PARTIAL = "partial"
    ERROR = "error"


class RunTrigger(StrEnum):
    """SB, agent_runs.trigger."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    EVENT = "event"


class AuditAction(StrEnum):
    """OCC, audit_log.action."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


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


class ImportEntity(StrEnum):
    """import_mappings.entity: what the rows of a file layout are."""

    ORGANISATION = "organisation"
    CONTACT = "contact"
    MIXED = "mixed"
    SIGNAL = "signal"


def values(enumeration: type[StrEnum]) -> tuple[str, ...]:
    """The values of an enumeration, in the order of its definition."""
    return tuple(member.value for member in enumeration)


def one_of(column: str | Column[str], enumeration: type[StrEnum], nullable: bool = False) -> CheckConstraint:
    """The CHECK that holds `column` to `enumeration`, named after the column.

    Args:
        column: the column or its name; the metadata's naming convention adds the table's name.
        enumeration: the definition of the allowed values.
        nullable: says `OR column IS NULL` aloud, as the specifications do for such columns.
    """
    name = column if isinstance(column, str) else column.name
    allowed = ", ".join("'" + value.replace("'", "''") + "'" for value in values(enumeration))
    sql = f"{name} IN ({allowed})"
    return CheckConstraint(f"{sql} OR {name} IS NULL" if nullable else sql, name=name)
