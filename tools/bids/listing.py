"""The stored tenders as a person sees them: with their reasons, their notices, and the tenders they repeat."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import BidStatus
from db.models import BidAlert, Prospect
from playbooks.feeds import BidWords
from tools import journal
from tools.bids.assess import notice_json, rebid_json
from tools.bids.chains import link_rebids
from tools.bids.relevance import judge
from tools.bids.store import AGENT, judgements, stored


def listed(
    session: Session, playbook: str, words: BidWords, *, status: str | None, everything: bool, limit: int
) -> list[dict[str, Any]]:
    """The tenders that matter to a playbook: open ones first, the next to close at the top; then what is past.

    A tender matters where its words say so, where it is matched to one of the playbook's prospects, or where a person
    reviewed it as relevant.
    """
    query = select(BidAlert).order_by(BidAlert.id)
    if status is not None:
        query = query.where(BidAlert.status == status)
    elif not everything:
        query = query.where(BidAlert.status != BidStatus.NOT_RELEVANT.value)
    today = datetime.now(UTC).date()
    alerts = sorted(session.scalars(query), key=lambda alert: _urgency(alert.due_date, today))
    tenders = stored(session, alerts)
    links = link_rebids(tenders.values())
    ids = [alert.matched_prospect_id for alert in alerts if alert.matched_prospect_id]
    prospects = {p.id: p for p in session.scalars(select(Prospect).where(Prospect.id.in_(ids)))}
    decided = judgements(session, playbook)
    rows: list[dict[str, Any]] = []
    for alert in alerts:
        tender = tenders[alert.id]
        relevance = decided.get(alert.id) or judge(tender, words)
        prospect = prospects.get(alert.matched_prospect_id or "")
        ours = prospect is not None and prospect.playbook == playbook
        matters = relevance.standing != "not_relevant" or ours or alert.status == BidStatus.REVIEWED
        if not (matters or everything or status is not None):
            continue
        rows.append(
            {
                "id": alert.id,
                "source": alert.source,
                "external_id": alert.external_id,
                "title": alert.title,
                "organization": alert.organization_name,
                "state": alert.state,
                "posted": alert.posted_date,
                "due": alert.due_date,
                "stage": tender.stage,
                "url": alert.source_url,
                "status": alert.status,
                "relevance": {
                    "score": relevance.score,
                    "standing": relevance.standing,
                    "reasons": list(relevance.reasons),
                },
                "prospect_id": alert.matched_prospect_id,
                "prospect": prospect.name if prospect else None,
                "match_confidence": alert.match_confidence,
                "reviewed_at": alert.reviewed_at,
                "reviewed_by": alert.reviewed_by,
                "earlier": rebid_json(links.get((tender.source, tender.key))),
                "notices": [notice_json(notice) for notice in tender.notices],
            }
        )
        if len(rows) == limit:
            break
    return rows


def _urgency(due: date | None, today: date) -> tuple[int, int]:
    if due is None:
        return 1, 0
    return (0, (due - today).days) if due >= today else (2, (today - due).days)


def note_rebids(session: Session, touched: Sequence[str], run_id: str) -> int:
    """Journals which of the touched tenders repeat an earlier one; gives their number."""
    alerts = list(session.scalars(select(BidAlert)))
    by_key = {(alert.source, alert.external_id): alert for alert in alerts}
    links = link_rebids(stored(session, alerts).values())
    wanted = set(touched)
    found = 0
    for key, link in links.items():
        alert, earlier = by_key.get(key), by_key.get((link.source, link.key))
        if alert is None or earlier is None or alert.id not in wanted or link.relation != "rebid":
            continue
        found += 1
        if alert.status == BidStatus.NOT_RELEVANT:
            continue
        journal.note(
            session,
            run_id=run_id,
            agent=AGENT,
            action="bid_rebid",
            prospect_id=alert.matched_prospect_id,
            details={
                "bid": alert.id[:8],
                "title": alert.title,
                "repeats": earlier.id[:8],
                "confidence": link.sure,
                "reasons": list(link.reasons),
            },
        )
    return found


def standing_of(session: Session, keys: Iterable[tuple[str, str]]) -> dict[str, int]:
    """How many of these tenders, by (source, external_id), stand where: by status, and those that wait for a person."""
    wanted = set(keys)
    counts = {"new": 0, "matched": 0, "reviewed": 0, "not_relevant": 0, "to_review": 0}
    for source, external_id, status, prospect_id in session.execute(
        select(BidAlert.source, BidAlert.external_id, BidAlert.status, BidAlert.matched_prospect_id)
    ):
        if (source, external_id) in wanted:
            counts[status] += 1
            counts["to_review"] += status == BidStatus.NEW and prospect_id is not None
    return counts
