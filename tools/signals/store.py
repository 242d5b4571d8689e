"""Signals as rows of `signals`: each once, with its source and its expiry, and marked once a draft has used it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Final

from rapidfuzz import fuzz
from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from db.models import Account, MessageVersion, Prospect, ResearchFact, Signal
from playbooks.feeds import SignalWords
from tools import journal
from tools.normalise import name_key
from tools.signals.found import FoundSignal

AGENT: Final = "prospector"
SAME_EVENT: Final = timedelta(days=21)
"""Two texts about one event of a type come out within so many days."""


@dataclass
class WrittenSignals:
    """What came of writing signals: counts, and of whom nothing is known."""

    counts: Counter[str] = field(default_factory=Counter)
    unknown: dict[str, None] = field(default_factory=dict)


class Accounts:
    """The organisations of a playbook, by name and by domain."""

    def __init__(self, session: Session, playbook: str) -> None:
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_domain: dict[str, set[str]] = defaultdict(set)
        self.prospect_of: dict[str, str] = {}
        rows = session.execute(
            select(Account, Prospect.id, Prospect.name)
            .join(Prospect, Prospect.account_id == Account.id)
            .where(Prospect.playbook == playbook)
        )
        for account, prospect_id, name in rows:
            self.prospect_of[account.id] = prospect_id
            for one in {account.name, name}:
                self._by_name[name_key(one)].add(account.id)
            if account.domain:
                self._by_domain[account.domain].add(account.id)

    def find(self, found: FoundSignal) -> str | None:
        """The id of the one account that a signal is about; None where there is none, or several are called so."""
        by_domain = self._by_domain.get(found.domain or "", set())
        by_name = self._by_name.get(name_key(found.organisation), set()) if found.organisation else set()
        for ids in (by_domain & by_name, by_domain, by_name):
            if len(ids) == 1:
                return next(iter(ids))
        return None


def write(
    session: Session,
    found: Iterable[tuple[str | None, FoundSignal]],
    words: SignalWords,
    accounts: Accounts,
    *,
    today: date,
    run_id: str,
) -> WrittenSignals:
    """Writes signals, each with the account that it is about (None: by its organisation's name and domain).

    What has expired is not written, nor what is known: the same source, or another text about the same event.
    """
    written = WrittenSignals()
    pairs = [(account_id or accounts.find(one), one) for account_id, one in found]
    known: dict[tuple[str, str], list[Signal]] = defaultdict(list)
    ids = sorted({account_id for account_id, _one in pairs if account_id})
    for start in range(0, len(ids), 500):
        for row in session.scalars(select(Signal).where(Signal.account_id.in_(ids[start : start + 500]))):
            known[row.account_id, row.signal_type].append(row)
    for account_id, one in pairs:
        expires = one.expires_on(words)
        if account_id is None:
            written.counts["unknown"] += 1
            written.unknown.setdefault(one.organisation or "(nobody named)")
        elif expires is not None and expires < today:
            written.counts["expired"] += 1
        elif any(is_same(row, one) for row in known[account_id, one.type]):
            written.counts["unchanged"] += 1
        else:
            row = Signal(
                account_id=account_id,
                signal_type=one.type,
                description=one.description,
                source_url=one.source_url,
                detected_at=datetime.combine(one.seen_on, time(), UTC) if one.seen_on else None,
                expires_at=expires,
            )
            session.add(row)
            known[account_id, one.type].append(row)
            written.counts["created"] += 1
            _note(session, run_id, accounts.prospect_of.get(account_id), one)
    session.flush()
    return written


def _note(session: Session, run_id: str, prospect_id: str | None, one: FoundSignal) -> None:
    details = {
        "type": one.type,
        "evidence": one.evidence[:500],
        "reasons": list(one.reasons),
        "confidence": round(one.sure, 2),
        "source": one.source_url,
    }
    journal.note(session, run_id=run_id, agent=AGENT, action="signal_found", prospect_id=prospect_id, details=details)


def is_same(row: Signal, one: FoundSignal) -> bool:
    """Whether a stored signal of the same account and type is this one, or of the same event."""
    if one.source_url is not None and row.source_url == one.source_url:
        return True
    if one.type == "qa_job_posting":
        # Two openings of one title are two openings where each has a link of its own.
        return row.description == one.description and (row.source_url is None or one.source_url is None)
    if row.description == one.description:
        return True
    if row.detected_at is None or one.seen_on is None:
        return False
    if abs(row.detected_at.date() - one.seen_on) > SAME_EVENT:
        return False
    sums = [set(re.findall(r"[$€£]\s?[\d.,]*\d", text)) for text in (row.description or "", one.description)]
    if sums[0] and sums[1]:
        return bool(sums[0] & sums[1])
    return fuzz.token_set_ratio(row.description or "", one.description) >= 75


@cache
def _live() -> Select[Signal]:
    return (
        select(Signal)
        .where(
            Signal.account_id == bindparam("account"),
            or_(Signal.contact_id.is_(None), Signal.contact_id == bindparam("contact")),
            or_(Signal.expires_at.is_(None), Signal.expires_at >= bindparam("today")),
        )
        .order_by(Signal.detected_at.desc(), Signal.id)
        .limit(bindparam("most"))
    )


def live_signals(session: Session, account_id: str, contact_id: str, today: date, most: int) -> list[Signal]:
    """What is going on at an organisation now, as far as it is not another person's: the newest of it first."""
    found = {"account": account_id, "contact": contact_id, "today": today, "most": most}
    return list(session.scalars(_live(), found))


def mark_cited(session: Session, draft_id: str) -> list[Signal]:
    """Sets `acted_on` of the signals that the newest version of a draft cites; gives those that were set now.

    A draft cites facts. A fact is a signal's where both are of one account and have the same source, or the fact
    quotes what the signal says. Idempotent.
    """
    claims = session.scalar(_newest_claims(), {"draft": draft_id})
    cited = [claim["fact_id"] for claim in claims or [] if claim.get("fact_id")]
    pairs = session.execute(_of_cited(), {"cited": cited}).all() if cited else []
    marked = list(dict.fromkeys(row for row, fact in pairs if _cites(fact, row)))
    for row in marked:
        row.acted_on = True
    return marked


@cache
def _newest_claims() -> Select[Any]:
    return (
        select(MessageVersion.claims)
        .where(MessageVersion.draft_id == bindparam("draft"))
        .order_by(MessageVersion.version.desc())
        .limit(1)
    )


@cache
def _of_cited() -> Select[Signal, ResearchFact]:
    """Each signal that was not acted on, beside each of the facts about its account."""
    return (
        select(Signal, ResearchFact)
        .join(ResearchFact, ResearchFact.account_id == Signal.account_id)
        .where(ResearchFact.id.in_(bindparam("cited", expanding=True)), Signal.acted_on.is_(False))
        .order_by(Signal.id)
    )


def _cites(fact: ResearchFact, row: Signal) -> bool:
    if fact.account_id != row.account_id:
        return False
    if row.source_url is not None and fact.source_url == row.source_url:
        return True
    said = " ".join((row.description or "").rstrip("…").casefold().split())
    quoted = [" ".join(text.casefold().split()) for text in (fact.quote, fact.sentence)]
    return len(said) > 15 and any(said in text or (len(text) > 15 and text in said) for text in quoted)


def listed(
    session: Session, playbook: str, *, today: date, kind: str | None, everything: bool, limit: int
) -> list[dict[str, Any]]:
    """The signals of a playbook's organisations, the newest first; those expired or acted on with `everything`."""
    query = (
        select(Signal, Prospect.id, Prospect.name)
        .join(Prospect, Prospect.account_id == Signal.account_id)
        .where(Prospect.playbook == playbook)
        .order_by(Signal.detected_at.is_(None), Signal.detected_at.desc(), Signal.id)
    )
    if kind is not None:
        query = query.where(Signal.signal_type == kind)
    if not everything:
        query = query.where(Signal.acted_on.is_(False), Signal.expires_at.is_(None) | (Signal.expires_at >= today))
    return [
        {
            "id": row.id,
            "type": row.signal_type,
            "prospect_id": prospect_id,
            "prospect": name,
            "description": row.description,
            "source_url": row.source_url,
            "detected_at": row.detected_at,
            "expires_at": row.expires_at,
            "expired": row.expires_at is not None and row.expires_at < today,
            "acted_on": row.acted_on,
        }
        for row, prospect_id, name in session.execute(query.limit(limit))
    ]


_IN_ONE_TRANSACTION = 500


def chunks(found: Sequence[tuple[str | None, FoundSignal]]) -> Iterable[Sequence[tuple[str | None, FoundSignal]]]:
    """The signals in parts, for one transaction each."""
    for start in range(0, len(found), _IN_ONE_TRANSACTION):
        yield found[start : start + _IN_ONE_TRANSACTION]
