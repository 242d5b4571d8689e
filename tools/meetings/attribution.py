"""What earned a meeting: the touch, and the draft that was sent as it (OCC, opportunities.attribution_…).

The latest reply before the booking names the touch that it answered; without a reply it is the last touch before. An
answer to a reply (touch_type reply_draft) earns nothing itself: the touch that the reply answered does.
"""

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import TouchType
from db.models import Contact, MessageDraft, Opportunity, Reply, Touchpoint
from db.queries.answers import reply_draft_id


class NotFound(LookupError):
    """The reply or touch that was named is none of the contact's; the message says which."""


@dataclass(frozen=True)
class Earned:
    """What led to a meeting; either may be missing, where nobody wrote or nobody was written to."""

    touchpoint: Touchpoint | None
    reply: Reply | None

    def told(self) -> str:
        """In a sentence, for the screen."""
        if self.touchpoint is None:
            return "No touch of ours is on record before it, so none is credited."
        touch = self.touchpoint
        what = f"touch {touch.touch_number}" if touch.touch_number else "a touch by hand"
        came = f", by their reply of {self.reply.replied_at:%Y-%m-%d}" if self.reply and self.reply.replied_at else ""
        return f"Credited to {what} by {touch.channel} of {touch.sent_at:%Y-%m-%d}{came}."


def earned_by(
    session: Session, contact: Contact, at: datetime, *, reply: str | None = None, touch: str | None = None
) -> Earned:
    """What earned a meeting that was booked at `at`.

    Args:
        session: any session that may read.
        contact: who agreed to meet.
        at: when it was booked; what came later did not earn it.
        reply: a reply that the person names, by the beginning of its id or of its message's.
        touch: a touch that the person names: its number, or the beginning of its id or of its draft's.

    Raises NotFound.
    """
    found = _named_reply(session, contact, reply) if reply else _latest_reply(session, contact, at)
    if touch:
        return Earned(_earner(session, _named_touch(session, contact, touch, at)), found)
    if found is None:
        return Earned(_last_touch(session, contact.id, at), None)
    answered = found.touchpoint or _last_touch(session, contact.id, found.replied_at or at, found.channel)
    return Earned(_earner(session, answered) if answered else _last_touch(session, contact.id, at), found)


def credit(opportunity: Opportunity, earned: Earned) -> None:
    """Fills every attribution column from the touch and the draft that was sent as it."""
    touch = earned.touchpoint
    draft = touch.message_draft if touch is not None else None
    opportunity.trigger_reply_id = earned.reply.id if earned.reply else None
    opportunity.trigger_touchpoint_id = touch.id if touch else None
    opportunity.attribution_channel = touch.channel if touch else None
    opportunity.attribution_touch_number = touch.touch_number if touch else None
    opportunity.attribution_proof_point = draft.proof_point_used if draft else None
    opportunity.attribution_pain_hook = draft.pain_hook if draft else None
    opportunity.attribution_opener_style = draft.opener_style if draft else None
    opportunity.attribution_personalization_score = draft.personalization_score if draft else None
    opportunity.attribution_ab_group = draft.ab_group if draft else None
    opportunity.attribution_ab_variable = draft.ab_variable if draft else None


def _latest_reply(session: Session, contact: Contact, at: datetime) -> Reply | None:
    return session.scalars(
        select(Reply)
        .where(Reply.contact_id == contact.id, Reply.replied_at <= at)
        .order_by(Reply.replied_at.desc(), Reply.id)
        .limit(1)
    ).first()


def _last_touch(session: Session, contact_id: str, at: datetime, channel: str | None = None) -> Touchpoint | None:
    """The last touch that was no answer to a reply, by this channel where there was one."""
    rows = session.scalars(
        select(Touchpoint)
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(
            Touchpoint.contact_id == contact_id,
            Touchpoint.sent_at <= at,
            MessageDraft.id.is_(None) | (MessageDraft.touch_type != TouchType.REPLY_DRAFT.value),
        )
        .order_by(Touchpoint.sent_at.desc(), Touchpoint.id)
    ).all()
    return next((row for row in rows if row.channel == channel), None) or next(iter(rows), None)


def _earner(session: Session, touch: Touchpoint) -> Touchpoint | None:
    """The touch itself; of an answer to a reply the touch that the reply answered, however long the exchange."""
    seen: set[str] = set()
    while touch.message_draft is not None and touch.message_draft.touch_type == TouchType.REPLY_DRAFT.value:
        seen.add(touch.id)
        draft_id = touch.message_draft_id
        replies = session.scalars(select(Reply).where(Reply.contact_id == touch.contact_id)).all()
        reply = next((one for one in replies if reply_draft_id(one.id) == draft_id), None)
        if reply is None or reply.touchpoint is None or reply.touchpoint.id in seen:
            when = reply.replied_at if reply is not None and reply.replied_at else touch.sent_at
            return _last_touch(session, touch.contact_id, when)
        touch = reply.touchpoint
    return touch


def _named_reply(session: Session, contact: Contact, reference: str) -> Reply:
    prefix = reference.strip().lower()
    replies = session.scalars(select(Reply).where(Reply.contact_id == contact.id)).all()
    fitting = [
        r for r in replies if prefix and (r.id.startswith(prefix) or (r.inbound_message_id or "").startswith(prefix))
    ]
    if len(fitting) == 1:
        return fitting[0]
    few = "several replies of" if fitting else "no reply of"
    raise NotFound(f"'{reference}' is {few} {contact.full_name}.")


def _named_touch(session: Session, contact: Contact, reference: str, at: datetime) -> Touchpoint:
    wanted = reference.strip().lower()
    touches = session.scalars(
        select(Touchpoint)
        .where(Touchpoint.contact_id == contact.id, Touchpoint.sent_at <= at)
        .order_by(Touchpoint.sent_at.desc(), Touchpoint.id)
    ).all()
    if re.fullmatch(r"[1-6]", wanted):
        for touch in touches:
            answers = touch.message_draft and touch.message_draft.touch_type == TouchType.REPLY_DRAFT.value
            if touch.touch_number == int(wanted) and not answers:
                return touch
        raise NotFound(f"Touch {wanted} to {contact.full_name} is not on record before the meeting was booked.")
    fitting = [
        t for t in touches if wanted and (t.id.startswith(wanted) or (t.message_draft_id or "").startswith(wanted))
    ]
    if len(fitting) == 1:
        return fitting[0]
    few = "several touches" if fitting else "no touch"
    raise NotFound(f"'{reference}' is {few} to {contact.full_name} before the meeting was booked.")
