"""Web pages as the researcher's documents.

A page is fetched once and its text is kept in `external_ids` (source 'web', external_id its URL), so that a quote can
be held against it later.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ExternalId, ResearchFact
from tools.context import PageNotes, Source, Stated
from tools.research.sources import WEB
from tools.web.picker import MOST_PAGES
from tools.web.reader import Reading

LONGEST: Final = 20_000
_EARLIER: Final = 5


def _key(session: Session, account_id: str, url: str) -> tuple[str, ExternalId | None]:
    """The row of a page, and its external_id: the URL, or where another organisation has that, the URL and ours."""
    for key in (url, f"{url}#{account_id}"):
        row = session.scalar(
            select(ExternalId).where(
                ExternalId.table_name == "accounts", ExternalId.source == WEB, ExternalId.external_id == key
            )
        )
        if row is None or row.record_id == account_id:
            return key, row
    raise RuntimeError("a page is kept under another organisation's key")


def store_page(session: Session, account_id: str, reading: Reading, *, own_site: bool = False) -> ExternalId:
    """Keeps a page's text and what rules found in it for an organisation; the same page again changes only when it
    was seen.

    A text that it replaces stays in `earlier` where a kept fact still rests on it.
    """
    page = reading.page
    if page.url is None:
        raise ValueError("only a page with an address can be kept")
    now = datetime.now(UTC)
    key, row = _key(session, account_id, page.url)
    payload: dict[str, Any] = {
        "title": page.title,
        "text": page.text,
        "fetched_at": now.isoformat(),
        "published": page.published.isoformat() if page.published else None,
        "own_site": own_site,
        "stated": [
            {"field": f.field, "sentence": f.sentence, "quote": f.quote, "confidence": f.confidence}
            for f in reading.facts
            if f.quote in page.text[:LONGEST]
        ],
    }
    if row is None:
        row = ExternalId(table_name="accounts", record_id=account_id, source=WEB, external_id=key, source_url=page.url)
        session.add(row)
    else:
        before = row.payload or {}
        texts = [*before.get("earlier", ()), {"text": before.get("text", ""), "fetched_at": before.get("fetched_at")}]
        quotes = session.scalars(
            select(ResearchFact.quote).where(ResearchFact.account_id == account_id, ResearchFact.source_url == page.url)
        ).all()
        needed = [quote for quote in quotes if quote not in page.text]
        if kept := [old for old in texts if any(quote in old["text"] for quote in needed)]:
            payload["earlier"] = kept[-_EARLIER:]
        row.updated_at = now
    row.payload = payload
    row.observed_on = page.published or now.date()
    session.flush()
    return row


def kept_pages(
    session: Session,
    account_id: str,
    names: tuple[str, ...],
    *,
    seen_since: datetime | None = None,
    urls: Sequence[str] | None = None,
    first: int = 1,
) -> tuple[Source, ...]:
    """The kept pages of an organisation as documents, numbered from `first`.

    Args:
        session: a session that reads.
        account_id: the organisation.
        names: what it is called.
        seen_since: leave out what was last seen before; then the order is that of the addresses.
        urls: these pages, in this order.
        first: the number of the first.
    """
    rows = {
        row.source_url or row.external_id: row
        for row in session.scalars(
            select(ExternalId)
            .where(ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == WEB)
            .order_by(ExternalId.external_id)
        )
    }
    if urls is None:
        urls = [url for url, row in rows.items() if seen_since is None or row.updated_at >= seen_since][:MOST_PAGES]
    return tuple(_document(number, rows[url], names) for number, url in enumerate(urls, start=first))


def _document(number: int, row: ExternalId, names: tuple[str, ...]) -> Source:
    payload = row.payload or {}
    published = payload.get("published")
    return Source(
        number=number,
        title=str(payload.get("title") or row.source_url),
        text=str(payload.get("text", ""))[:LONGEST],
        url=row.source_url,
        external_id_ref=row.id,
        observed_on=row.observed_on.isoformat() if row.observed_on else None,
        page=PageNotes(
            names,
            bool(payload.get("own_site")),
            date.fromisoformat(published) if published else None,
            tuple(Stated(**fact) for fact in payload.get("stated", ())),
        ),
    )
