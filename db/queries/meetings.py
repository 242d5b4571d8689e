"""Meetings and opportunities as a person looks at them: what is ahead, what waits for an outcome, what earned what."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Activity, Contact, Opportunity, Prospect, Reply, Touchpoint

When = Literal["ahead", "passed", "no day", "over"]


@dataclass(frozen=True)
class MeetingRow:
    """One meeting. `when` is `passed` where its day went by and nobody has said what came of it."""

    id: str
    when: When
    meeting_date: datetime | None
    contact_id: str
    person: str
    organisation: str
    playbook: str
    status: str
    outcome: str | None
    ae_name: str | None
    pipeline_value: float | None
    booked_at: datetime
    opportunity_created_date: datetime | None
    channel: str | None
    touch_number: int | None
    proof_point: str | None
    pain_hook: str | None
    opener_style: str | None
    personalization_score: int | None
    ab_group: str | None
    ab_variable: str | None
    trigger_touchpoint_id: str | None
    trigger_reply_id: str | None
    ae_feedback: str | None
    reason: str | None
    notes: str | None


def meetings(
    session: Session, playbook: str | None, now: datetime, *, contact_id: str | None = None, status: str | None = None
) -> list[MeetingRow]:
    """Meetings: first those that wait for an outcome, then those ahead by their day, then what is over, the latest
    first."""
    statement = (
        select(Opportunity, Contact, Prospect)
        .join(Contact, Contact.id == Opportunity.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .order_by(Opportunity.created_at.desc(), Opportunity.id)
        # A meeting took place, whoever was deleted since.
        .execution_options(include_deleted=True)
    )
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    if contact_id is not None:
        statement = statement.where(Opportunity.contact_id == contact_id)
    if status is not None:
        statement = statement.where(Opportunity.status == status)
    rows = [_row(row, contact, prospect, now) for row, contact, prospect in session.execute(statement)]
    order = ("passed", "ahead", "no day", "over")
    ahead = sorted((r for r in rows if r.when in ("passed", "ahead")), key=lambda r: r.meeting_date or now)
    return sorted([*ahead, *(r for r in rows if r.when in ("no day", "over"))], key=lambda r: order.index(r.when))


def _row(row: Opportunity, contact: Contact, prospect: Prospect, now: datetime) -> MeetingRow:
    return MeetingRow(
        id=row.id,
        when=_when(row, now),
        meeting_date=row.meeting_date,
        contact_id=contact.id,
        person=contact.full_name,
        organisation=prospect.name,
        playbook=prospect.playbook,
        status=row.status or "",
        outcome=row.meeting_outcome,
        ae_name=row.ae_name,
        pipeline_value=row.pipeline_value,
        booked_at=row.created_at,
        opportunity_created_date=row.opportunity_created_date,
        channel=row.attribution_channel,
        touch_number=row.attribution_touch_number,
        proof_point=row.attribution_proof_point,
        pain_hook=row.attribution_pain_hook,
        opener_style=row.attribution_opener_style,
        personalization_score=row.attribution_personalization_score,
        ab_group=row.attribution_ab_group,
        ab_variable=row.attribution_ab_variable,
        trigger_touchpoint_id=row.trigger_touchpoint_id,
        trigger_reply_id=row.trigger_reply_id,
        ae_feedback=row.ae_feedback,
        reason=row.disqualification_reason,
        notes=row.notes,
    )


def _when(row: Opportunity, now: datetime) -> When:
    if row.status == "meeting_held":
        return "passed"  # held, and nobody has said yet whether it is an opportunity
    if row.status != "meeting_booked":
        return "over"
    if row.meeting_date is None:
        return "no day"
    return "passed" if row.meeting_date <= now else "ahead"


@dataclass(frozen=True)
class Share:
    """What one value of an attribution column brought."""

    by: str
    value: str
    meetings: int
    opportunities: int
    pipeline: float


def shares(rows: Sequence[MeetingRow]) -> list[Share]:
    """Meetings, opportunities and their pipeline by channel, touch and proof point; the most valuable first.

    Pipeline counts what is an opportunity now: neither what was only booked, nor what was lost.
    """
    found: list[Share] = []
    for by, column in (("channel", "channel"), ("touch", "touch_number"), ("proof point", "proof_point")):
        met: Counter[str] = Counter()
        won: Counter[str] = Counter()
        worth: dict[str, float] = defaultdict(float)
        for row in rows:
            given: Any = getattr(row, column)
            value = "none" if given is None else str(given)
            met[value] += 1
            if row.status == "opportunity_created":
                won[value] += 1
                worth[value] += row.pipeline_value or 0
        made = [Share(by, value, met[value], won[value], worth[value]) for value in met]
        found += sorted(made, key=lambda s: (-s.pipeline, -s.opportunities, -s.meetings, s.value))
    return found


@dataclass(frozen=True)
class Event:
    """One thing that happened with a contact: a touch, a reply, or an activity without either."""

    at: datetime | None
    what: str
    id: str


def history(session: Session, contact_id: str) -> list[Event]:
    """Touches, replies and meetings of a contact, the earliest first: what a meeting may be credited to."""
    events = []
    for touch in session.scalars(select(Touchpoint).where(Touchpoint.contact_id == contact_id)):
        draft = touch.message_draft
        answer = draft is not None and draft.touch_type == "reply_draft"
        number = "answer to their reply" if answer else f"touch {touch.touch_number}" if touch.touch_number else "touch"
        came = f": {touch.outcome.replace('_', ' ')}" if touch.outcome else ""
        events.append(Event(touch.sent_at, f"{number} by {touch.channel}{came}", touch.id))
    for reply in session.scalars(select(Reply).where(Reply.contact_id == contact_id)):
        did = f" ({reply.next_step_taken})" if reply.next_step_taken else ""
        said = (reply.intent or "not read yet").replace("_", " ")
        events.append(Event(reply.replied_at, f"reply: {said}{did}", reply.id))
    for entry in session.scalars(
        select(Activity).where(
            Activity.contact_id == contact_id,
            (Activity.type == "meeting")
            | ((Activity.type == "note") & Activity.subject.is_not(None) & Activity.direction.is_(None)),
        )
    ):
        text = f"{entry.subject}{f': {entry.description}' if entry.description else ''}"
        events.append(Event(entry.created_at, text, entry.id))
    return sorted(events, key=lambda e: (e.at.timestamp() if e.at else 0.0, e.id))
