"""All models, by aggregate; importing this package fills `Base.metadata` with the whole schema."""

from db.columns import Base
from db.models.campaigns import Batch, BatchProspect, Experiment, ExperimentPlan, Opportunity
from db.models.contacts import Contact, IcpScore, Suppression
from db.models.hygiene import HygieneFlag
from db.models.imports import ImportMapping
from db.models.inbound import InboundMessage, LabelCorrection, ReferralSuggestion, Reply
from db.models.messages import Approval, Delivery, MessageDraft, MessageVersion, Touchpoint
from db.models.organisations import Account, ExternalId, Merge, Prospect, ProspectScore
from db.models.research import BidAlert, ResearchFact, ResearchSnapshot, Signal
from db.models.runs import AgentAuditLog, AgentRun, AuditLog
from db.models.sequences import Activity, Followup, OutreachSequence, OutreachTemplate

__all__ = [
    "Account",
    "Activity",
    "AgentAuditLog",
    "AgentRun",
    "Approval",
    "AuditLog",
    "Base",
    "Batch",
    "BatchProspect",
    "BidAlert",
    "Contact",
    "Delivery",
    "Experiment",
    "ExperimentPlan",
    "ExternalId",
    "Followup",
    "HygieneFlag",
    "IcpScore",
    "ImportMapping",
    "InboundMessage",
    "LabelCorrection",
    "Merge",
    "MessageDraft",
    "MessageVersion",
    "Opportunity",
    "OutreachSequence",
    "OutreachTemplate",
    "Prospect",
    "ProspectScore",
    "ReferralSuggestion",
    "Reply",
    "ResearchFact",
    "ResearchSnapshot",
    "Signal",
    "Suppression",
    "Touchpoint",
]
