"""The one definition of each enumeration: a StrEnum here, a named CHECK in the database by `one_of`.

The values are those that the two specifications list (OCC: outreach command center, SB: sportsbeams), with the
additions of the schema page where a class says so. The modules are those of `db.models`; users import from here.
"""

from db.enums.campaigns import (
    BatchSequenceStatus,
    BatchStatus,
    ExperimentMetric,
    ExperimentStatus,
    ExperimentVariable,
    ExperimentWinner,
    MeetingOutcome,
    OpportunityStatus,
)
from db.enums.checks import one_of, values
from db.enums.contacts import (
    ContactRole,
    ContactSource,
    ContactStage,
    ContactStatus,
    PersonaType,
    SeniorityLevel,
    SuppressionKind,
)
from db.enums.hygiene import FlagSeverity, FlagType
from db.enums.imports import ImportEntity
from db.enums.inbound import InboundKind, ReferralStatus, ReplyIntent, ReplyTag
from db.enums.messages import (
    AbGroup,
    ApprovalDecision,
    ApprovalStatus,
    AskStyle,
    CallOutcome,
    Channel,
    DeliveryState,
    OpenerStyle,
    TouchType,
    VersionReason,
)
from db.enums.organisations import (
    AccountTier,
    BroadcastRequirements,
    EmployeeBand,
    LightingType,
    PrimarySport,
    ProjectTimeline,
    ProspectSource,
    ProspectStatus,
    ProspectTier,
    ScoreDimension,
    State,
    VenueType,
)
from db.enums.research import BidSource, BidStatus, EntityType, FactField, SignalType
from db.enums.runs import AgentName, AuditAction, RunStatus, RunTrigger, RunType
from db.enums.sequences import ActivityType, Direction, FollowupState, SequenceStatus, SequenceTier

__all__ = [
    "AbGroup",
    "AccountTier",
    "ActivityType",
    "AgentName",
    "ApprovalDecision",
    "ApprovalStatus",
    "AskStyle",
    "AuditAction",
    "BatchSequenceStatus",
    "BatchStatus",
    "BidSource",
    "BidStatus",
    "BroadcastRequirements",
    "CallOutcome",
    "Channel",
    "ContactRole",
    "ContactSource",
    "ContactStage",
    "ContactStatus",
    "DeliveryState",
    "Direction",
    "EmployeeBand",
    "EntityType",
    "ExperimentMetric",
    "ExperimentStatus",
    "ExperimentVariable",
    "ExperimentWinner",
    "FactField",
    "FlagSeverity",
    "FlagType",
    "FollowupState",
    "ImportEntity",
    "InboundKind",
    "LightingType",
    "MeetingOutcome",
    "OpenerStyle",
    "OpportunityStatus",
    "PersonaType",
    "PrimarySport",
    "ProjectTimeline",
    "ProspectSource",
    "ProspectStatus",
    "ProspectTier",
    "ReferralStatus",
    "ReplyIntent",
    "ReplyTag",
    "RunStatus",
    "RunTrigger",
    "RunType",
    "ScoreDimension",
    "SeniorityLevel",
    "SequenceStatus",
    "SequenceTier",
    "SignalType",
    "State",
    "SuppressionKind",
    "TouchType",
    "VenueType",
    "VersionReason",
    "one_of",
    "values",
]
