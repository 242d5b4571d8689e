"""Tenders as rows: one `bid_alerts` row each, every notice of it kept as it came in `external_ids`.

A row is keyed by (source, external_id), so a feed may be read again and again. What a notice said stays, so an
amendment that comes first or late ends in the same row. A person's decision is never undone by a feed.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import BidStatus
from db.models import AgentAuditLog, BidAlert, ExternalId
from db.stamps import utc_now
from playbooks.feeds import BidWords
from tools import journal
from tools.bids.assess import Assessed, assess_one
from tools.bids.chains import tenders_of
from tools.bids.notices import Notice, Tender
from tools.bids.organisations import Matcher, Verdict
from tools.bids.reading import Feed, notice_again
from tools.bids.relevance import Relevance, judge

TABLE: Final = "bid_alerts"
AGENT: Final = "prospector"
JUDGED: Final = "bid_judged"


@dataclass
class TakenTenders:
    """What came of taking tenders in: counts by what happened, and the ids of the rows that were touched."""

    counts: Counter[str] = field(default_factory=Counter)
    touched: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Judges:
    """What tenders are judged by: the playbook's words and prospects, and the words of the other playbooks.

    `decided` is what a model said, by (source, key); what is not in it is decided by the words.
    """

    playbook: str
    words: BidWords
    matcher: Matcher
    others: Sequence[BidWords] = ()
    decided: Mapping[tuple[str, str], Assessed] = field(default_factory=dict)

    def assess(self, tender: Tender) -> Assessed:
        """What is made of a tender."""
        return self.decided.get((tender.source, tender.key)) or assess_one(tender, self.words, self.matcher)


def take_in(session: Session, feed: Feed, tenders: Iterable[Tender], judges: Judges, run_id: str) -> TakenTenders:
    """Writes tenders of a feed. `run_id` is the agent's step, for the journal. Idempotent."""
    listed = list(tenders)
    taken = TakenTenders()
    alerts = _alerts(session, listed)
    records = _records(session, listed)
    before = judgements(session, judges.playbook) if judges.decided else {}
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
        assessed = judges.assess(whole)
        _decide(session, alert, assessed, judges, run_id, changed if not made else {})
        _keep_judgement(session, alert, assessed, judges, run_id, before)
        taken.counts["created" if made else "amended"] += 1
        taken.touched.append(alert.id)
    return taken


def merged(session: Session, feed: Feed, tenders: Sequence[Tender]) -> list[Tender]:
    """Those tenders of a feed that `take_in` would judge, each with its notices that are stored."""
    alerts, records = _alerts(session, tenders), _records(session, tenders)
    told: list[tuple[Tender, BidAlert | None]] = []
    for tender in tenders:
        alert = alerts.get((tender.source, tender.key))
        if alert is None or (alert.reviewed_at is None and _is_news(feed, tender, records)):
            told.append((tender, alert))
    known = _whole(session, [alert.id for _tender, alert in told if alert is not None])
    return [
        _one([*known[alert.id].notices, *tender.notices]) if alert is not None and alert.id in known else tender
        for tender, alert in told
    ]


def _is_news(feed: Feed, tender: Tender, records: Mapping[tuple[str, str], ExternalId]) -> bool:
    for notice in tender.notices:
        known = records.get((notice.source, notice.notice_id))
        if known is None or known.payload != feed.record(notice):
            return True
    return False


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


def judgements(session: Session, playbook: str) -> dict[str, Relevance]:
    """What was decided of tenders otherwise than the playbook's words would, by the alert's id: the newest of each."""
    entries = session.scalars(
        select(AgentAuditLog).where(AgentAuditLog.action == JUDGED).order_by(AgentAuditLog.created_at, AgentAuditLog.id)
    )
    return {
        told["bid_id"]: Relevance(told["score"], told["standing"], tuple(told["reasons"]))
        for told in (entry.details or {} for entry in entries)
        if told.get("playbook") == playbook
    }


def _keep_judgement(
    session: Session, alert: BidAlert, made: Assessed, judges: Judges, run_id: str, before: Mapping[str, Relevance]
) -> None:
    """Journals a judgement that the playbook's words would not give, or did not give before, for the list to show."""
    if alert.reviewed_at is not None:
        return
    said, shown = made.relevance, before.get(alert.id, judge(made.tender, judges.words))
    if (said.score, said.standing) != (shown.score, shown.standing):
        told = {"playbook": judges.playbook, "score": said.score, "standing": said.standing}
        _note(session, run_id, JUDGED, alert, {"bid_id": alert.id, **told, "reasons": list(said.reasons)}, review=False)


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


def match_again(session: Session, judges: Judges, run_id: str) -> TakenTenders:
    """Judges and matches all stored tenders that no person has decided on, as after an import of prospects."""
    taken = TakenTenders()
    alerts = list(session.scalars(select(BidAlert).where(BidAlert.reviewed_at.is_(None)).order_by(BidAlert.id)))
    tenders = stored(session, alerts)
    judged = judgements(session, judges.playbook) if judges.decided else {}
    for alert in alerts:
        before = (alert.status, alert.matched_prospect_id, alert.match_confidence)
        assessed = judges.assess(tenders[alert.id])
        _decide(session, alert, assessed, judges, run_id, {})
        _keep_judgement(session, alert, assessed, judges, run_id, judged)
        changed = before != (alert.status, alert.matched_prospect_id, alert.match_confidence)
        taken.counts["amended" if changed else "unchanged"] += 1
        if changed:
            taken.touched.append(alert.id)
    return taken
