"""Every life cycle, written down once: which state of a row may follow which.

`docs/lifecycle.md` is made from these tables. `contacts.stage` moves on events (researched, sent, replied, …).
`prospects.status` moves on scoring and research, then follows from its contacts. Moving to the present state does
nothing; a state without followers is the end.
"""

from collections.abc import Mapping
from typing import Any, Final

from db.enums import (
    BatchSequenceStatus,
    BatchStatus,
    ContactStage,
    ExperimentStatus,
    FollowupState,
    MeetingOutcome,
    OpportunityStatus,
    ProspectStatus,
    SequenceStatus,
)

_C = ContactStage
_P = ProspectStatus
_S = SequenceStatus
_M = BatchSequenceStatus
_F = FollowupState
_B = BatchStatus
_O = OpportunityStatus
_R = MeetingOutcome
_X = ExperimentStatus

CONTACT_STAGES: Final[Mapping[ContactStage, frozenset[ContactStage]]] = {
    # A call or a LinkedIn message by hand needs no draft, people write first, and a meeting may be agreed at a fair.
    _C.NEW: frozenset({_C.RESEARCHED, _C.DRAFTED, _C.SENT, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.RESEARCHED: frozenset({_C.DRAFTED, _C.SENT, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    # Back to researched when the draft is archived.
    _C.DRAFTED: frozenset({_C.RESEARCHED, _C.SENT, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.SENT: frozenset({_C.FOLLOW_UP, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.FOLLOW_UP: frozenset({_C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    # 'Not now' goes back to a later follow-up.
    _C.REPLIED: frozenset({_C.FOLLOW_UP, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    # A meeting that falls through (no_show) leads back to writing.
    _C.MEETING_BOOKED: frozenset({_C.MEETING_HELD, _C.FOLLOW_UP, _C.REPLIED, _C.DORMANT, _C.CLOSED}),
    _C.MEETING_HELD: frozenset({_C.OPPORTUNITY, _C.MEETING_BOOKED, _C.FOLLOW_UP, _C.DORMANT, _C.CLOSED}),
    _C.OPPORTUNITY: frozenset({_C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.DORMANT: frozenset({_C.RE_ENGAGED, _C.REPLIED, _C.MEETING_BOOKED, _C.CLOSED}),
    _C.RE_ENGAGED: frozenset(
        {_C.RESEARCHED, _C.DRAFTED, _C.SENT, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}
    ),
    _C.CLOSED: frozenset({_C.RE_ENGAGED, _C.MEETING_BOOKED}),
}
"""From a stage to the stages that may follow it."""

PROSPECT_STATUSES: Final[Mapping[ProspectStatus, frozenset[ProspectStatus]]] = {
    _P.IDENTIFIED: frozenset({_P.NEEDS_SCORING, _P.SCORED, _P.DEPRIORITIZED}),
    _P.NEEDS_SCORING: frozenset({_P.SCORED, _P.DEPRIORITIZED}),
    # Research that is still fresh need not be done again after a new score. Engaged by a meeting that was agreed
    # before anybody was written to.
    _P.SCORED: frozenset(
        {_P.NEEDS_SCORING, _P.NEEDS_RESEARCH, _P.RESEARCH_COMPLETE, _P.ENGAGED, _P.NURTURE, _P.DEPRIORITIZED}
    ),
    _P.NEEDS_RESEARCH: frozenset(
        {_P.NEEDS_SCORING, _P.SCORED, _P.RESEARCH_COMPLETE, _P.ENGAGED, _P.NURTURE, _P.DEPRIORITIZED}
    ),
    _P.RESEARCH_COMPLETE: frozenset(
        {
            _P.NEEDS_SCORING,
            _P.SCORED,
            _P.NEEDS_RESEARCH,
            _P.READY_FOR_OUTREACH,
            _P.ENGAGED,
            _P.NURTURE,
            _P.DEPRIORITIZED,
        }
    ),
    _P.READY_FOR_OUTREACH: frozenset(
        {
            _P.NEEDS_SCORING,
            _P.SCORED,
            _P.NEEDS_RESEARCH,
            _P.OUTREACH_ACTIVE,
            _P.ENGAGED,
            _P.NURTURE,
            _P.DEPRIORITIZED,
        }
    ),
    _P.OUTREACH_ACTIVE: frozenset({_P.READY_FOR_OUTREACH, _P.ENGAGED, _P.NURTURE, _P.DEPRIORITIZED}),
    _P.ENGAGED: frozenset({_P.OUTREACH_ACTIVE, _P.NURTURE, _P.DEPRIORITIZED}),
    _P.NURTURE: frozenset(
        {
            _P.NEEDS_SCORING,
            _P.SCORED,
            _P.NEEDS_RESEARCH,
            _P.READY_FOR_OUTREACH,
            _P.OUTREACH_ACTIVE,
            _P.ENGAGED,
            _P.DEPRIORITIZED,
        }
    ),
    # Somebody set aside can still write to us, or gain a better score.
    _P.DEPRIORITIZED: frozenset({_P.NEEDS_SCORING, _P.SCORED, _P.NEEDS_RESEARCH, _P.ENGAGED, _P.NURTURE}),
}
"""From a status to the statuses that may follow it."""

SEQUENCE_STATUSES: Final[Mapping[SequenceStatus, frozenset[SequenceStatus]]] = {
    # Completed before it began where none of its touches reaches the contact.
    _S.PENDING: frozenset({_S.ACTIVE, _S.PAUSED, _S.COMPLETED, _S.STOPPED}),
    _S.ACTIVE: frozenset({_S.PAUSED, _S.COMPLETED, _S.STOPPED}),
    # Back to pending where its first touch was never sent; completed once a meeting was held.
    _S.PAUSED: frozenset({_S.PENDING, _S.ACTIVE, _S.COMPLETED, _S.STOPPED}),
    _S.COMPLETED: frozenset(),
    _S.STOPPED: frozenset(),
}
"""From a sequence's status to those that may follow it. What is over stays over: more is a sequence of its own."""

_BEGUN = frozenset({_M.ACTIVE, _M.PAUSED, _M.REPLIED, _M.COMPLETED, _M.STOPPED})
MEMBER_STATUSES: Final[Mapping[BatchSequenceStatus, frozenset[BatchSequenceStatus]]] = {
    _M.NOT_STARTED: _BEGUN,
    _M.ACTIVE: _BEGUN - {_M.ACTIVE},
    # Resumed before its first touch was sent.
    _M.PAUSED: _BEGUN - {_M.PAUSED} | {_M.NOT_STARTED},
    _M.REPLIED: _BEGUN - {_M.REPLIED} | {_M.NOT_STARTED},
    # A sequence of its own, for somebody who said 'not now', begins after one that is over.
    _M.COMPLETED: _BEGUN - {_M.COMPLETED},
    _M.STOPPED: _BEGUN - {_M.STOPPED},
}
"""Of a contact in a batch; it follows from their sequence (`db.lifecycle.follow_sequence`)."""

FOLLOWUP_STATES: Final[Mapping[FollowupState, frozenset[FollowupState]]] = {
    _F.PENDING: frozenset({_F.OVERDUE, _F.COMPLETED, _F.SKIPPED}),
    # Pending again with another day.
    _F.OVERDUE: frozenset({_F.PENDING, _F.COMPLETED, _F.SKIPPED}),
    # Planned again when its sequence is resumed.
    _F.SKIPPED: frozenset({_F.PENDING}),
    _F.COMPLETED: frozenset(),
}
"""From a follow-up's state to those that may follow it."""

BATCH_STATUSES: Final[Mapping[BatchStatus, frozenset[BatchStatus]]] = {
    _B.BUILDING: frozenset({_B.READY, _B.ACTIVE, _B.COMPLETED}),
    # Building again when a text of it is sent back.
    _B.READY: frozenset({_B.BUILDING, _B.ACTIVE, _B.COMPLETED}),
    _B.ACTIVE: frozenset({_B.COMPLETED}),
    _B.COMPLETED: frozenset(),
}
"""From a batch's status to those that may follow it."""

OPPORTUNITY_STATUSES: Final[Mapping[OpportunityStatus, frozenset[OpportunityStatus]]] = {
    _O.MEETING_BOOKED: frozenset({_O.MEETING_HELD, _O.DISQUALIFIED, _O.LOST}),
    _O.MEETING_HELD: frozenset({_O.OPPORTUNITY_CREATED, _O.DISQUALIFIED, _O.LOST}),
    _O.OPPORTUNITY_CREATED: frozenset({_O.DISQUALIFIED, _O.LOST}),
    _O.DISQUALIFIED: frozenset(),
    _O.LOST: frozenset(),
}
"""From an opportunity's status to those that may follow it. Another meeting is another row."""

MEETING_OUTCOMES: Final[Mapping[MeetingOutcome, frozenset[MeetingOutcome]]] = {
    # Somebody who did not come is asked for another day, or given up; they cannot be qualified without a meeting.
    _R.NO_SHOW: frozenset({_R.RESCHEDULED, _R.DISQUALIFIED}),
    _R.RESCHEDULED: frozenset({_R.NO_SHOW, _R.QUALIFIED, _R.DISQUALIFIED}),
    _R.QUALIFIED: frozenset({_R.DISQUALIFIED}),
    _R.DISQUALIFIED: frozenset(),
}
"""From a meeting's outcome to those that may follow it; at first there is none, and each may be the first."""

EXPERIMENT_STATUSES: Final[Mapping[ExperimentStatus, frozenset[ExperimentStatus]]] = {
    _X.ACTIVE: frozenset({_X.COMPLETED, _X.INCONCLUSIVE}),
    # What has ended is not looked at again.
    _X.COMPLETED: frozenset(),
    _X.INCONCLUSIVE: frozenset(),
}
"""From an experiment's status to those that may follow it."""

LIFE_CYCLES: Final[Mapping[str, Mapping[Any, frozenset[Any]]]] = {
    "contacts.stage": CONTACT_STAGES,
    "prospects.status": PROSPECT_STATUSES,
    "outreach_sequences.status": SEQUENCE_STATUSES,
    "batch_prospects.sequence_status": MEMBER_STATUSES,
    "followups.state": FOLLOWUP_STATES,
    "batches.status": BATCH_STATUSES,
    "experiments.status": EXPERIMENT_STATUSES,
    "opportunities.status": OPPORTUNITY_STATUSES,
    "opportunities.meeting_outcome": MEETING_OUTCOMES,
}
"""Every column that has a life cycle, and its table."""
