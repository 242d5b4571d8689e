"""How much somebody has had to do with us (SB, contacts.engagement_score), from the activities alone."""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ActivityType, ContactStatus, Direction, InboundKind
from db.models import Activity, Contact

ENGAGEMENT_POINTS: Final = {
    ActivityType.MEETING.value: 25,
    ActivityType.EMAIL_RECEIVED.value: 10,
    ActivityType.CALL.value: 5,
    ActivityType.EMAIL_CLICKED.value: 3,
    ActivityType.EMAIL_OPENED.value: 1,
}
MOST_ENGAGEMENT: Final = 100
_BY_MACHINE: Final = tuple(kind.value.replace("_", " ") for kind in (InboundKind.OUT_OF_OFFICE, InboundKind.AUTO_ACK))


def engagement(session: Session, contact_ids: Collection[str]) -> dict[str, int]:
    """SB, contacts.engagement_score: what somebody did, by contact id, 0-100; who did nothing is left out.

    A meeting counts 25, an answer 10, a call 5, a click 3, an opened message 1; together 100 at most. What a machine
    answered (out of office, an acknowledgement) counts nothing. Opens and clicks are not tracked: they count where they
    were imported. Nothing fades, so the number can be told from the activities alone.
    """
    rows = session.execute(
        select(Activity.contact_id, Activity.type, func.count())
        .where(
            Activity.contact_id.in_(contact_ids),
            Activity.type.in_(ENGAGEMENT_POINTS),
            (Activity.type != ActivityType.EMAIL_RECEIVED.value)
            | (
                (Activity.direction == Direction.INBOUND.value)
                & func.coalesce(Activity.description, "").not_in(_BY_MACHINE)
            ),
        )
        .group_by(Activity.contact_id, Activity.type)
    )
    points: dict[str, int] = defaultdict(int)
    for contact_id, kind, count in rows:
        points[str(contact_id)] += ENGAGEMENT_POINTS[kind] * count
    return {contact_id: min(total, MOST_ENGAGEMENT) for contact_id, total in points.items()}


def refresh_engagement(session: Session, contact: Contact) -> None:
    """Brings a contact's score up to what was just written down; nothing for people who are do-not-contact."""
    session.flush()
    barred = contact.status == ContactStatus.DO_NOT_CONTACT.value
    contact.engagement_score = 0 if barred else engagement(session, [contact.id]).get(contact.id, 0)
