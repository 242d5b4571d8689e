"""Who a person is, where they stand, and where they came from."""

from enum import StrEnum


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
