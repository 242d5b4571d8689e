"""The life cycles: which `contacts.stage` and which `prospects.status` may follow which, one table each.

`contacts.stage` moves on events (researched, sent, replied, …). `prospects.status` moves on scoring and
research, then follows from its contacts. Moving to the present state does nothing.
"""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.orm import Session

from db.actors import current_actor
from db.enums import ActivityType, ContactStage, ProspectStatus
from db.errors import DatabaseFault
from db.models import Activity, Contact, Prospect

_C = ContactStage
_P = ProspectStatus

CONTACT_STAGES: Final[Mapping[ContactStage, frozenset[ContactStage]]] = {
    # A call or a LinkedIn message by hand needs no draft, and people write first: hence sent and replied.
    _C.NEW: frozenset({_C.RESEARCHED, _C.DRAFTED, _C.SENT, _C.REPLIED, _C.DORMANT, _C.CLOSED}),
    _C.RESEARCHED: frozenset({_C.DRAFTED, _C.SENT, _C.REPLIED, _C.DORMANT, _C.CLOSED}),
    # Back to researched when the draft is archived.
    _C.DRAFTED: frozenset({_C.RESEARCHED, _C.SENT, _C.REPLIED, _C.DORMANT, _C.CLOSED}),
    _C.SENT: frozenset({_C.FOLLOW_UP, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.FOLLOW_UP: frozenset({_C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    # 'Not now' goes back to a later follow-up.
    _C.REPLIED: frozenset({_C.FOLLOW_UP, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    # A meeting that falls through (no_show) leads back to writing.
    _C.MEETING_BOOKED: frozenset({_C.MEETING_HELD, _C.FOLLOW_UP, _C.REPLIED, _C.DORMANT, _C.CLOSED}),
    _C.MEETING_HELD: frozenset({_C.OPPORTUNITY, _C.MEETING_BOOKED, _C.FOLLOW_UP, _C.DORMANT, _C.CLOSED}),
    _C.OPPORTUNITY: frozenset({_C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}),
    _C.DORMANT: frozenset({_C.RE_ENGAGED, _C.REPLIED, _C.CLOSED}),
    _C.RE_ENGAGED: frozenset(
        {_C.RESEARCHED, _C.DRAFTED, _C.SENT, _C.REPLIED, _C.MEETING_BOOKED, _C.DORMANT, _C.CLOSED}
    ),
    _C.CLOSED: frozenset({_C.RE_ENGAGED}),
}
"""From a stage to the stages that may follow it."""

PROSPECT_STATUSES: Final[Mapping[ProspectStatus, frozenset[ProspectStatus]]] = {
    _P.IDENTIFIED: frozenset({_P.NEEDS_SCORING, _P.SCORED, _P.DEPRIORITIZED}),
    _P.NEEDS_SCORING: frozenset({_P.SCORED, _P.DEPRIORITIZED}),
    # Research that is still fresh need not be done again after a new score.
    _P.SCORED: frozenset({_P.NEEDS_SCORING, _P.NEEDS_RESEARCH, _P.RESEARCH_COMPLETE, _P.NURTURE, _P.DEPRIORITIZED}),
    _P.NEEDS_RESEARCH: frozenset({_P.NEEDS_SCORING, _P.SCORED, _P.RESEARCH_COMPLETE, _P.NURTURE, _P.DEPRIORITIZED}),
    _P.RESEARCH_COMPLETE: frozenset(
        {
            _P.NEEDS_SCORING,
            _P.SCORED,
            _P.NEEDS_RESEARCH,
            _P.READY_FOR_OUTREACH,
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


class NotAllowed(DatabaseFault):
    """The life cycle has no such step; the message names the steps that there are."""


def contact_may_become(stage: str, target: str) -> bool:
    """Whether a contact at `stage` may move to `target`; staying is allowed."""
    return stage == target or ContactStage(target) in CONTACT_STAGES[ContactStage(stage)]


def prospect_may_become(status: str, target: str) -> bool:
    """Whether a prospect with `status` may move to `target`; staying is allowed."""
    return status == target or ProspectStatus(target) in PROSPECT_STATUSES[ProspectStatus(status)]


def move_contact(session: Session, contact: Contact, stage: str) -> bool:
    """Move a contact to a stage; whether it was elsewhere before.

    Raises:
        NotAllowed: the stage does not follow from the present one.
        ValueError: there is no such stage.
    """
    target = ContactStage(stage)
    present = ContactStage(contact.stage or ContactStage.NEW)
    if target == present:
        return False
    if target not in CONTACT_STAGES[present]:
        raise NotAllowed(_refusal(f"contact {contact.id}", present, target, CONTACT_STAGES[present]))
    contact.stage = target.value
    session.flush()
    return True


def move_prospect(session: Session, prospect: Prospect, status: str, reason: str | None = None) -> bool:
    """Move a prospect to a status and note it in its activities; whether it was elsewhere before.

    Args:
        session: where the change is flushed, not committed.
        prospect: the prospect, with its id.
        status: the status to move to.
        reason: why, in words for a person; it becomes the activity's description.

    Raises:
        NotAllowed: the status does not follow from the present one.
        ValueError: there is no such status.
    """
    target = ProspectStatus(status)
    present = ProspectStatus(prospect.status or ProspectStatus.IDENTIFIED)
    if target == present:
        return False
    if target not in PROSPECT_STATUSES[present]:
        raise NotAllowed(_refusal(f"prospect {prospect.id}", present, target, PROSPECT_STATUSES[present]))
    prospect.status = target.value
    agent_id, user_id = _attribution()
    session.add(
        Activity(
            prospect=prospect,
            type=ActivityType.STATUS_CHANGE.value,
            subject=f"{present.value} -> {target.value}",
            description=reason,
            agent_id=agent_id,
            user_id=user_id,
        )
    )
    session.flush()
    return True


def _refusal(who: str, present: str, target: str, allowed: frozenset[str]) -> str:
    return f"{who} cannot go from {present} to {target}; what may follow is {', '.join(sorted(allowed))}"


def _attribution() -> tuple[str | None, str | None]:
    # activities.agent_id holds the run, activities.user_id the person.
    kind, _, name = (current_actor.get() or "").partition(":")
    if kind == "agent":
        return name, None
    return None, (name or kind) or None
