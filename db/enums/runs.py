"""Who does a step, which kind it is, how it went, and what the audit log calls a change."""

from enum import StrEnum


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
