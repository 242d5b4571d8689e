"""Calls: what came of one, as a touchpoint and in the prospect's history (OCC, touchpoints; SB, activities)."""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from db.enums import (
    ActivityType,
    CallOutcome,
    Channel,
    ContactStage,
    Direction,
    FlagSeverity,
    FlagType,
    FollowupState,
    ProspectStatus,
)
from db.lifecycle import contact_may_become, move_contact, move_followup, move_prospect, prospect_may_become
from db.models import Activity, Contact, Touchpoint
from db.suppressions import open_followups
from tools.engagement import refresh_engagement
from tools.hygiene.flags import open_flag
from tools.outbox.leaving import flush

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
_BEFORE_SENT = (ContactStage.NEW.value, ContactStage.RESEARCHED.value, ContactStage.DRAFTED.value)
_PARTS = re.compile(r"(?:(\d{1,2})\s*h)?\s*(?:(\d{1,3})\s*m(?:in)?)?\s*(?:(\d{1,5})\s*s(?:ec)?)?", re.I)


@dataclass(frozen=True)
class Call:
    """What came of a call: a value of `CallOutcome`, how long it took in seconds, and what was said."""

    outcome: str
    seconds: int | None = None
    notes: str | None = None

    def told(self) -> str:
        """In one line, for the prospect's history."""
        took = f" ({self.seconds // 60} min {self.seconds % 60} s)" if self.seconds is not None else ""
        return f"call: {self.outcome.replace('_', ' ')}{took}{f': {self.notes}' if self.notes else ''}"


def seconds_of(text: str) -> int:
    """The seconds of a duration as people write it: 3:20, 1:02:03, 4m, 3m20s, 45s; a number alone is minutes.

    Raises ValueError.
    """
    plain = text.strip()
    if clock := _CLOCK.fullmatch(plain):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        return hours * 3600 + minutes * 60 + seconds
    if plain.isdigit() and len(plain) <= 3:
        return int(plain) * 60
    parts = _PARTS.fullmatch(plain)
    if not plain or parts is None:
        raise ValueError(f"'{text}' is no duration: write 3:20, 4m or 45s")
    hours, minutes, seconds = (int(part or 0) for part in parts.groups())
    return hours * 3600 + minutes * 60 + seconds


def record_call(session: Session, contact: Contact, call: Call, when: datetime, by: str) -> Touchpoint:
    """Records a call that no draft was written for. Each time it is another call. Raises NotReady."""
    touchpoint = Touchpoint(
        contact_id=contact.id,
        channel=Channel.CALL.value,
        sent_at=when,
        outcome=call.outcome,
        call_duration_seconds=call.seconds,
        call_notes=call.notes,
        confirmed_by_user=True,
    )
    session.add(touchpoint)
    flush(session)
    session.add(
        Activity(
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            type=ActivityType.CALL.value,
            direction=Direction.OUTBOUND.value,
            description=call.told(),
            user_id=by,
            created_at=when,
        )
    )
    refresh_engagement(session, contact)
    contact.last_contacted_at = max(filter(None, (contact.last_contacted_at, when)))
    if contact.stage in _BEFORE_SENT and contact_may_become(contact.stage, ContactStage.SENT.value):
        move_contact(session, contact, ContactStage.SENT.value)
    if contact.prospect.status == ProspectStatus.READY_FOR_OUTREACH.value and prospect_may_become(
        contact.prospect.status, ProspectStatus.OUTREACH_ACTIVE.value
    ):
        move_prospect(session, contact.prospect, ProspectStatus.OUTREACH_ACTIVE.value, "a call was made")
    answered(session, contact, call, when)
    for followup in open_followups(session, contact):
        # What was a person's own to do, after a meeting that was missed; touches are done with their drafts.
        if followup.touch_number is None and followup.channel == Channel.CALL.value:
            move_followup(session, followup, FollowupState.COMPLETED.value, when)
    return touchpoint


def answered(session: Session, contact: Contact, call: Call, when: datetime) -> None:
    """What a call's outcome changes beside its record: somebody who was reached has responded; a wrong number is
    flagged, for a person to find the right one."""
    if call.outcome == CallOutcome.CONNECTED.value:
        contact.last_response_at = max(filter(None, (contact.last_response_at, when)))
    if call.outcome == CallOutcome.WRONG_NUMBER.value:
        open_flag(
            session,
            contact.prospect_id,
            FlagType.DATA_QUALITY,
            FlagSeverity.WARNING,
            f"{contact.phone or 'The number on record'} is not the number of {contact.full_name}.",
            "Find the right number, and correct the contact.",
        )
