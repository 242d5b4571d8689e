"""How much a mailbox may still send: by the hour, by the day, and less than that while it is new."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from db.enums import Channel, DeliveryState
from db.models import Contact, Delivery, Prospect
from playbooks.sending import Sending

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_OUT = (DeliveryState.CLAIMED.value, DeliveryState.SENT.value, DeliveryState.UNCERTAIN.value)


@dataclass(frozen=True)
class Allowance:
    """What a mailbox may send now: `left` messages; where that is none, `reason` in words and `until` when."""

    left: int
    day_limit: int
    reason: str = ""
    until: datetime | None = None


def allowance(session: Session, playbooks: Sequence[str], sending: Sending, now: datetime) -> Allowance:
    """What the mailbox that these playbooks share may send at `now` (aware).

    Whatever has left or may have left counts, by hand as well. A day is the 24 hours that are over.
    """
    # A contact who was deleted meanwhile was written to all the same.
    everybody = {"include_deleted": True}
    first = session.scalar(select(func.min(_when())).where(*_ours(playbooks)), execution_options=everybody)
    warm, grows = sending.warm_up
    day_limit = min(sending.per_day, warm + grows * max(0, (now - first) // _DAY if first else 0))
    hour = _since(session, playbooks, now - _HOUR)
    day = _since(session, playbooks, now - _DAY)
    left = min(sending.per_hour - len(hour), day_limit - len(day))
    if left > 0:
        return Allowance(left, day_limit)
    if len(day) >= day_limit:
        warming = " while the mailbox is new" if day_limit < sending.per_day else ""
        reason, until = f"{day_limit} a day{warming}", day[len(day) - day_limit] + _DAY
    else:
        reason, until = f"{sending.per_hour} an hour", hour[len(hour) - sending.per_hour] + _HOUR
    return Allowance(0, day_limit, reason, until)


def _since(session: Session, playbooks: Sequence[str], start: datetime) -> list[datetime]:
    found = select(_when()).where(*_ours(playbooks), _when() > start).execution_options(include_deleted=True)
    return sorted(session.scalars(found).all())


def _when() -> ColumnElement[datetime]:
    return func.coalesce(Delivery.sent_at, Delivery.claimed_at)


def _ours(playbooks: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    theirs = select(Contact.id).join(Prospect, Prospect.id == Contact.prospect_id)
    return (
        Delivery.channel == Channel.EMAIL.value,
        Delivery.state.in_(_OUT),
        Delivery.contact_id.in_(theirs.where(Prospect.playbook.in_(playbooks))),
    )
