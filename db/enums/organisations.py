"""What an organisation is, how it stands and what it is scored on."""

from enum import StrEnum


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
