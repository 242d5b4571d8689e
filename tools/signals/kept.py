"""Signals in what is stored already: openings, facts of research, imports, and tenders that were matched."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import BidStatus, FactField
from db.models import Account, BidAlert, ExternalId, Prospect, ResearchFact
from playbooks.feeds import SignalWords
from tools.importing.records import OPENING
from tools.normalise import clean, day, website
from tools.signals.found import Found
from tools.signals.jobs import Opening, read_opening
from tools.signals.news import Article, read_article
from tools.signals.reading import Imported, fields_of
from tools.signals.scan import Scan, read_import

_NEWS = (
    FactField.COMPANY_NEWS.value,
    FactField.RECENT_ACTIVITY.value,
    FactField.COMPANY_PRODUCTS.value,
    FactField.COMPANY_METRICS.value,
    FactField.FACILITY.value,
)


def scan_kept(session: Session, playbook: str, words: SignalWords) -> tuple[list[tuple[str, Found]], Scan]:
    """Every signal in what is stored of a playbook's organisations, with the account's id; and what was read."""
    made = Scan()
    pairs: list[tuple[str, Found]] = []
    accounts = {
        account.id: account
        for account in session.scalars(
            select(Account).join(Prospect, Prospect.account_id == Account.id).where(Prospect.playbook == playbook)
        )
    }
    for read in (_openings, _facts, _imports, _tenders):
        for account_id, found in read(session, playbook, words, accounts, made):
            pairs.append((account_id, found))
    made.found = [found for _account_id, found in pairs]
    return pairs, made


def _openings(
    session: Session, _playbook: str, words: SignalWords, accounts: Mapping[str, Account], made: Scan
) -> Iterator[tuple[str, Found]]:
    if words.jobs is None:
        return
    rows = session.scalars(
        select(ExternalId).where(ExternalId.table_name == "accounts", ExternalId.external_id.startswith(OPENING))
    )
    for row in rows:
        account = accounts.get(row.record_id)
        cells = {key: value for key, value in (row.payload or {}).items() if isinstance(value, str)}
        fields = fields_of(cells)
        title = clean(cells.get(fields.get("title", "")))
        if account is None or title is None:
            continue
        told = {name: clean(cells[column]) for name, column in fields.items()}
        made.read += 1
        found = read_opening(
            Opening(
                title,
                account.name,
                told.get("description"),
                told.get("department"),
                told.get("location"),
                day(told.get("posted")) or row.observed_on,
                website(told.get("url")) or row.source_url,
                account.domain,
            ),
            words.jobs,
        )
        if isinstance(found, Found):
            yield account.id, found
        else:
            made.take(found)


def _facts(
    session: Session, _playbook: str, words: SignalWords, accounts: Mapping[str, Account], made: Scan
) -> Iterator[tuple[str, Found]]:
    for fact in session.scalars(select(ResearchFact).where(ResearchFact.field.in_(_NEWS))):
        account = accounts.get(fact.account_id)
        if account is None:
            continue
        made.read += 1
        article = Article(fact.quote, account.name, None, fact.observed_on, fact.source_url, account.domain)
        for one in read_article(article, words):
            if isinstance(one, Found):
                yield account.id, one
            else:
                made.take(one)


def _imports(
    _session: Session, _playbook: str, words: SignalWords, accounts: Mapping[str, Account], made: Scan
) -> Iterator[tuple[str, Found]]:
    for account in accounts.values():
        if account.last_funding_date is None and not account.buyer_intent:
            continue
        made.read += 1
        said = Imported(
            organisation=account.name,
            domain=account.domain,
            row=0,
            funded_on=account.last_funding_date.isoformat() if account.last_funding_date else None,
            funded_by=account.last_funding_amount or account.funding_stage,
            intent="yes" if account.buyer_intent else None,
            intent_date=account.buyer_intent_date.isoformat() if account.buyer_intent_date else None,
        )
        for one in read_import(said, words):
            if isinstance(one, Found):
                yield account.id, one


def _tenders(
    session: Session, playbook: str, words: SignalWords, accounts: Mapping[str, Account], made: Scan
) -> Iterator[tuple[str, Found]]:
    if "buyer_intent" not in words.expires_days:
        return
    rows = session.execute(
        select(BidAlert, Prospect.account_id)
        .join(Prospect, Prospect.id == BidAlert.matched_prospect_id)
        .where(Prospect.playbook == playbook, BidAlert.status == BidStatus.MATCHED.value)
    )
    for alert, account_id in rows:
        account = accounts.get(account_id)
        if account is None:
            continue
        made.read += 1
        yield (
            account_id,
            Found(
                type="buyer_intent",
                organisation=account.name,
                domain=account.domain,
                description=f"asks for bids: {alert.title}",
                evidence=alert.title,
                reasons=("a tender that was matched to it",),
                sure=alert.match_confidence or 0.0,
                source_url=alert.source_url,
                seen_on=alert.posted_date,
            ),
        )
