"""A person's word on a tender, which no feed undoes."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import BidStatus
from db.models import BidAlert, Prospect


class BidNotFound(LookupError):
    """No tender, or no prospect, is known by this id; or several are."""


def review(
    session: Session,
    beginning: str,
    *,
    by: str,
    playbook: str,
    relevant: bool | None = None,
    match: str | None = None,
    no_match: bool = False,
) -> BidAlert:
    """A person's decision on a tender.

    `relevant` False takes it off the list; True marks it as looked at. `match` is a prospect's id, its beginning, or
    its name, and makes the tender relevant. `no_match` takes a match off. Raises BidNotFound.
    """
    alert = find(session, beginning)
    if relevant is False:
        alert.status = BidStatus.NOT_RELEVANT.value
    elif match is not None:
        alert.status = BidStatus.MATCHED.value
    elif relevant or no_match:
        alert.status = BidStatus.REVIEWED.value
    if no_match or relevant is False:
        alert.matched_prospect_id = alert.match_confidence = None
    if match is not None:
        alert.matched_prospect_id, alert.match_confidence = _prospect(session, match, playbook).id, 1.0
    alert.reviewed_at, alert.reviewed_by = datetime.now(UTC), by
    return alert


def find(session: Session, beginning: str) -> BidAlert:
    """The tender whose id, or external id, begins so. Raises BidNotFound."""
    by_id = BidAlert.id.startswith(beginning.lower(), autoescape=True)
    rows = list(session.scalars(select(BidAlert).where(by_id | (BidAlert.external_id == beginning)).limit(2)))
    if len(rows) != 1:
        raise BidNotFound(f"{'No tender begins' if not rows else 'More than one tender begins'} with {beginning}.")
    return rows[0]


def _prospect(session: Session, told: str, playbook: str) -> Prospect:
    by_name = (Prospect.name == told) & (Prospect.playbook == playbook)
    by_id = Prospect.id.startswith(told.lower(), autoescape=True)
    rows = list(session.scalars(select(Prospect).where(by_name).limit(2)))
    rows = rows or list(session.scalars(select(Prospect).where(by_id).limit(2)))
    if len(rows) != 1:
        raise BidNotFound(f"{'No prospect is' if not rows else 'More than one prospect is'} called {told}.")
    return rows[0]
