"""Pages that a person gave for an organisation: addresses, kept in `external_ids` (source 'given') without a text."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import ExternalId
from tools.research.sources import GIVEN


def give(session: Session, account_id: str, url: str, *, own_site: bool = False) -> bool:
    """Notes an address for an organisation; whether it is new. `own_site`: the site is the organisation's own."""
    key = f"{url}#{account_id}"  # one page may be given for several organisations
    row = session.scalar(
        select(ExternalId).where(
            ExternalId.table_name == "accounts", ExternalId.source == GIVEN, ExternalId.external_id == key
        )
    )
    if row is not None:
        # An organisation merged into another takes its pages along.
        row.record_id, row.payload = account_id, {"own_site": own_site}
        return False
    session.add(
        ExternalId(
            table_name="accounts",
            record_id=account_id,
            source=GIVEN,
            external_id=key,
            source_url=url,
            payload={"own_site": own_site},
        )
    )
    return True


def given(session: Session, account_id: str) -> list[tuple[str, bool]]:
    """The addresses that were given for an organisation, and whether each is on its own site."""
    rows = session.scalars(
        select(ExternalId)
        .where(ExternalId.table_name == "accounts", ExternalId.record_id == account_id, ExternalId.source == GIVEN)
        .order_by(ExternalId.imported_at, ExternalId.external_id)
    )
    return [(row.source_url or "", bool((row.payload or {}).get("own_site"))) for row in rows]
