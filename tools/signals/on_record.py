"""Signals in what is stored already: openings, facts of research, imports, and tenders that were matched."""

from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import BidStatus, FactField
from db.models import Account, BidAlert, ExternalId, Prospect, ResearchFact
from playbooks.feeds import SignalWords
from tools.importing.cleaning import OPENING
from tools.normalise import clean, day, website
from tools.signals.found import FoundSignal
from tools.signals.items import Gathered, items_of_articles, items_of_openings
from tools.signals.jobs import Opening
from tools.signals.news import Article
from tools.signals.reading import Imported, fields_of
from tools.signals.scan import read_import

_NEWS = (
    FactField.COMPANY_NEWS.value,
    FactField.RECENT_ACTIVITY.value,
    FactField.COMPANY_PRODUCTS.value,
    FactField.COMPANY_METRICS.value,
    FactField.FACILITY.value,
)


def gather_on_record(session: Session, playbook: str, words: SignalWords) -> Gathered:
    """What is stored of a playbook's organisations to decide on, and what says it in so many words."""
    accounts = {
        account.id: account
        for account in session.scalars(
            select(Account).join(Prospect, Prospect.account_id == Account.id).where(Prospect.playbook == playbook)
        )
    }
    gathered = Gathered()
    if words.jobs is not None:
        items_of_openings(_openings(session, accounts), words.jobs, gathered)
    items_of_articles(_facts(session, accounts), gathered)
    for read in (_imports(words, accounts, gathered), _tenders(session, playbook, words, accounts, gathered)):
        gathered.certain += read
    return gathered


def _openings(session: Session, accounts: Mapping[str, Account]) -> Iterator[tuple[str, Opening]]:
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
        yield (
            account.id,
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
        )


def _facts(session: Session, accounts: Mapping[str, Account]) -> Iterator[tuple[str, Article]]:
    for fact in session.scalars(select(ResearchFact).where(ResearchFact.field.in_(_NEWS))):
        account = accounts.get(fact.account_id)
        if account is not None:
            article = Article(fact.quote, account.name, None, fact.observed_on, fact.source_url, account.domain)
            yield account.id, article


def _imports(
    words: SignalWords, accounts: Mapping[str, Account], gathered: Gathered
) -> Iterator[tuple[str, FoundSignal]]:
    for account in accounts.values():
        if account.last_funding_date is None and not account.buyer_intent:
            continue
        gathered.read += 1
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
            yield account.id, one


def _tenders(
    session: Session, playbook: str, words: SignalWords, accounts: Mapping[str, Account], gathered: Gathered
) -> Iterator[tuple[str, FoundSignal]]:
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
        gathered.read += 1
        yield (
            account_id,
            FoundSignal(
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
