"""Tenders as rows: one `bid_alerts` row each, every notice of it kept as it came in `external_ids`.

A row is keyed by (source, external_id), so a feed may be read again and again. What a notice said stays, so an
amendment that comes first or late ends in the same row. A person's decision is never undone by a feed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.base import utc_now
from db.enums import BidStatus
from db.models import BidAlert, ExternalId, Prospect
from playbooks.feeds import BidWords
from tools import journal
from tools.bids.assess import Assessed, assess_one
from tools.bids.chains import tenders_of
from tools.bids.notices import Notice, Tender
from tools.bids.organisations import Matcher, Verdict
from tools.bids.reading import Feed, notice_again
from tools.bids.relevance import judge

TABLE: Final = "bid_alerts"
AGENT: Final = "prospector"


class BidNotFound(LookupError):
    """No tender, or no prospect, is known by this id; or several are."""


@dataclass
class Taken:
    """What came of taking tenders in: counts by what happened, and the ids of the rows that were touched."""

    counts: Counter[str] = field(default_factory=Counter)
    touched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Judges:
    """What tenders are judged by: the playbook's words and prospects, and the words of the other playbooks."""

    words: BidWords
    matcher: Matcher
    others: Sequence[BidWords] = ()


def take_in(session: Session, feed: Feed, tenders: Iterable[Tender], judges: Judges, run_id: str) -> Taken:
    """Writes tenders of a feed. `run_id` is the agent's step, for the journal. Idempotent."""
    listed = list(tenders)
    taken = Taken()
    alerts = _alerts(session, listed)
    records = _records(session, listed)
    for tender in listed:
        alert = alerts.get((tender.source, tender.key))
        made = alert is None
        if alert is None:
            alert = BidAlert(
                source=tender.source, external_id=tender.key, title=tender.title, organization_name=tender.organisation
            )
            session.add(alert)
            session.flush()
        news = _keep_notices(session, feed, tender, alert, records)
        if not made and not news:
            taken.counts["unchanged"] += 1
            continue
        whole = tender if made else _whole(session, [alert.id]).get(alert.id, tender)
        changed = _write(alert, whole)
        assessed = assess_one(whole, judges.words, judges.matcher)
        _decide(session, alert, assessed, judges, run_id, changed if not made else {})
        taken.counts["created" if made else "amended"] += 1
        taken.touched.append(alert.id)
    return taken


def _alerts(session: Session, tenders: Sequence[Tender]) -> dict[tuple[str, str], BidAlert]:
    rows = session.scalars(select(BidAlert).where(BidAlert.external_id.in_({t.key for t in tenders})))
    return {(row.source, row.external_id or ""): row for row in rows}


def _records(session: Session, tenders: Sequence[Tender]) -> dict[tuple[str, str], ExternalId]:
    ids = {notice.notice_id for tender in tenders for notice in tender.notices}
    rows = session.scalars(select(ExternalId).where(ExternalId.table_name == TABLE, ExternalId.external_id.in_(ids)))
    return {(row.source, row.external_id): row for row in rows}


def _keep_notices(
    session: Session, feed: Feed, tender: Tender, alert: BidAlert, records: dict[tuple[str, str], ExternalId]
) -> bool:
    """Keeps each notice as it came. Says whether one is new or says something else than before."""
    news = False
    for notice in tender.notices:
        kept, known = feed.record(notice), records.get((notice.source, notice.notice_id))
        if known is None:
            record = ExternalId(
                table_name=TABLE,
                record_id=alert.id,
                source=notice.source,
                external_id=notice.notice_id,
                payload=kept,
                source_url=notice.url,
                observed_on=notice.posted,
            )
            session.add(record)
            records[notice.source, notice.notice_id] = record
            news = True
        elif known.payload != kept:
            known.payload, known.observed_on, known.updated_at = kept, notice.posted, utc_now()
            news = True
    if news:
        session.flush()
    return news


def _whole(session: Session, alert_ids: Sequence[str]) -> dict[str, Tender]:
    """The tenders of alerts, from all their notices that were ever taken in."""
    notices: dict[str, list[Notice]] = defaultdict(list)
    for start in range(0, len(alert_ids), 500):
        rows = session.execute(
            select(ExternalId.record_id, ExternalId.payload).where(
                ExternalId.table_name == TABLE, ExternalId.record_id.in_(alert_ids[start : start + 500])
            )
        )
        for alert_id, payload in rows:
            notice = notice_again(payload or {})
            if notice is not None:
                notices[alert_id].append(notice)
    return {alert_id: _one(found) for alert_id, found in notices.items()}


def _one(notices: list[Notice]) -> Tender:
    found = tenders_of(notices)
    return max(found, key=lambda tender: len(tender.notices))


def tender_of(alert: BidAlert, whole: Tender | None) -> Tender:
    """What an alert says, for one whose notices were not kept (entered by hand, or by another program)."""
    if whole is not None:
        return whole
    return Tender(
        (
            Notice(
                source=alert.source,
                key=alert.external_id or alert.id,
                notice_id=alert.id,
                title=alert.title,
                description=alert.description,
                organisations=(alert.organization_name,),
                posted=alert.posted_date,
                due=alert.due_date,
                url=alert.source_url,
                row=0,
            ),
        )
    )


def stored(session: Session, alerts: Sequence[BidAlert]) -> dict[str, Tender]:
    """The tenders of these alerts, by the alert's id."""
    whole = _whole(session, [alert.id for alert in alerts])
    return {alert.id: tender_of(alert, whole.get(alert.id)) for alert in alerts}


def _write(alert: BidAlert, tender: Tender) -> dict[str, list[Any]]:
    """Brings the row to what the tender says; a blank never overwrites. Gives what changed: field → [old, new]."""
    said: dict[str, Any] = {
        "title": tender.title,
        "description": tender.description,
        "organization_name": tender.organisation,
        "state": tender.place.state,
        "posted_date": tender.posted,
        "due_date": tender.due,
        "source_url": tender.url,
    }
    changed: dict[str, list[Any]] = {}
    for name, value in said.items():
        before = getattr(alert, name)
        if value not in (None, "") and value != before:
            setattr(alert, name, value)
            changed[name] = [_plain(before), _plain(value)]
    return changed


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else (value[:200] if isinstance(value, str) else value)


def _decide(
    session: Session, alert: BidAlert, made: Assessed, judges: Judges, run_id: str, changed: dict[str, list[Any]]
) -> None:
    if alert.reviewed_at is not None:
        # Decided by a person. What matters to that decision is shown again, and the decision stands.
        told = {name: change for name, change in changed.items() if name in ("title", "due_date")}
        if told and alert.status != BidStatus.NOT_RELEVANT:
            _note(session, run_id, "bid_amended", alert, {"changed": told}, review=True)
        return
    found, status = made.match, made.status
    if status is BidStatus.NOT_RELEVANT and any(
        judge(made.tender, words).standing != "not_relevant" for words in judges.others
    ):
        # Another playbook's tender: it stays on the list, for that playbook to match.
        if alert.matched_prospect_id is None:
            alert.status = BidStatus.NEW.value
        return
    alert.status = status.value
    prospect_id = found.candidate.id if found.candidate else None
    if prospect_id == alert.matched_prospect_id and found.confidence == (alert.match_confidence or 0.0):
        return
    alert.matched_prospect_id = prospect_id
    alert.match_confidence = found.confidence if prospect_id else None
    if prospect_id is not None:
        details = {"confidence": found.confidence, "evidence": list(found.evidence)}
        unsure = found.verdict is Verdict.REVIEW
        _note(session, run_id, "bid_match_doubtful" if unsure else "bid_matched", alert, details, review=unsure)


def _note(
    session: Session, run_id: str, action: str, alert: BidAlert, details: dict[str, Any], *, review: bool
) -> None:
    told = {"bid": alert.id[:8], "title": alert.title, "organisation": alert.organization_name, **details}
    journal.note(
        session,
        run_id=run_id,
        agent=AGENT,
        action=action,
        prospect_id=alert.matched_prospect_id,
        details=told,
        requires_review=review,
    )


def match_again(session: Session, judges: Judges, run_id: str) -> Taken:
    """Judges and matches all stored tenders that no person has decided on, as after an import of prospects."""
    taken = Taken()
    alerts = list(session.scalars(select(BidAlert).where(BidAlert.reviewed_at.is_(None)).order_by(BidAlert.id)))
    tenders = stored(session, alerts)
    for alert in alerts:
        before = (alert.status, alert.matched_prospect_id, alert.match_confidence)
        _decide(session, alert, assess_one(tenders[alert.id], judges.words, judges.matcher), judges, run_id, {})
        changed = before != (alert.status, alert.matched_prospect_id, alert.match_confidence)
        taken.counts["amended" if changed else "unchanged"] += 1
        if changed:
            taken.touched.append(alert.id)
    return taken


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
