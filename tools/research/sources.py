"""The documents that research reads: the sources' own records, as text that can be quoted letter for letter."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, bindparam, exists, or_, select
from sqlalchemy.orm import Session

from db.models import ExternalId, Prospect
from tools.context import Source
from tools.importing.cleaning import OPENING

LONGEST = 20_000
WEB = "web"
"""The source of rows that hold web pages."""
GIVEN = "given"
"""The source of rows that hold addresses of pages which a person gave."""
PAGES = (WEB, GIVEN)
MOST = 12


def record_text(payload: Mapping[str, Any], *, one_line: bool = False) -> str:
    """A record as lines 'Column: value', empty values left out; or as one line, for records that come in numbers."""
    parts = [f"{key}: {' '.join(str(value).split())}" for key, value in payload.items() if str(value or "").strip()]
    return "; ".join(parts) if one_line else "\n".join(parts)


@cache
def _records() -> Select[ExternalId]:
    prospects = select(Prospect.id).where(Prospect.account_id == bindparam("account"))
    return (
        select(ExternalId)
        .where(
            ((ExternalId.table_name == "accounts") & (ExternalId.record_id == bindparam("account")))
            | ((ExternalId.table_name == "prospects") & ExternalId.record_id.in_(prospects)),
            ExternalId.payload.is_not(None),
            ExternalId.source.not_in(PAGES),  # pages are documents of their own (tools.web.research_sources)
        )
        .order_by(ExternalId.source, ExternalId.external_id)
    )


def on_file_since(account: SQLColumnExpression[Any], moment: SQLColumnExpression[Any]) -> ColumnElement[bool]:
    """The condition that a list, an opening or the address of a page came in about an account, or changed, after a
    moment; not that a page was fetched, which research does by itself."""
    of_prospect = select(Prospect.id).where(Prospect.account_id == account)
    return exists(
        select(ExternalId.id).where(
            or_(
                (ExternalId.table_name == "accounts") & (ExternalId.record_id == account),
                (ExternalId.table_name == "prospects") & ExternalId.record_id.in_(of_prospect),
            ),
            ExternalId.source != WEB,
            ExternalId.updated_at > moment,
        )
    )


def load_sources(session: Session, account_id: str) -> tuple[Source, ...]:
    """What is on file about an organisation: one document for each source, numbered from 1 in a stable order."""
    rows = session.scalars(_records(), {"account": account_id}).all()
    by_source: dict[str, list[ExternalId]] = {}
    for row in rows:
        by_source.setdefault(row.source, []).append(row)
    documents = []
    for number, (source, records) in enumerate(list(by_source.items())[:MOST], start=1):
        several = len(records) > 1 or records[0].external_id.startswith(OPENING)
        text = "\n".join(record_text(r.payload or {}, one_line=several) for r in records)
        documents.append(
            Source(
                number=number,
                title=source,
                text=text[:LONGEST],
                url=records[0].source_url,
                external_id_ref=records[0].id if len(records) == 1 else None,
                observed_on=records[0].observed_on.isoformat() if records[0].observed_on else None,
            )
        )
    return tuple(documents)
