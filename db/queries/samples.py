"""Telling a sample's records from a person's own."""

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import Account, ExternalId


def records_from_elsewhere(session: Session, sources: Collection[str]) -> int:
    """How many organisations came from none of these sources."""
    from_them = (
        select(ExternalId.id)
        .where(
            ExternalId.table_name == "accounts",
            ExternalId.record_id == Account.id,
            ExternalId.source.in_(sources),
        )
        .exists()
    )
    return session.scalar(select(func.count()).select_from(Account).where(~from_them)) or 0
