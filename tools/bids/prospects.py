"""The prospects that tenders are matched to: those of the database, or those of a file."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Account, ExternalId, Prospect
from tools.bids.organisations import Candidate
from tools.normalise import clean, domain_of, state_code, state_of
from tools.reading import UnreadableFile, read_table
from tools.record_names import ALIAS_HEADINGS, NAME_HEADINGS, folded

_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "name": ("prospect", "name", *NAME_HEADINGS),
    "id": ("prospect id", "id", "unitid", "record id", "external id"),
    "aliases": ALIAS_HEADINGS,
    "state": ("state", "state code", "stabbr", "state/country"),
    "city": ("city", "town"),
    "domain": ("domain", "website", "web", "url", "webaddr"),
    "venue_type": ("venue type", "type"),
}  # fmt: skip


def candidates_in(path: Path) -> list[Candidate]:
    """The prospects of a table, by the names of its columns. Raises UnreadableFile where none holds names."""
    table = read_table(path)
    by_name = {folded(column): column for column in reversed(table.columns)}
    columns = {field: next((by_name[n] for n in known if n in by_name), None) for field, known in _NAMES.items()}
    if columns["name"] is None:
        raise UnreadableFile(f"{path.name} has no column for the names of prospects: {', '.join(table.columns[:12])}.")
    found: dict[str, Candidate] = {}
    for row in table.rows():
        told = {field: clean(row.cells[column]) if column else None for field, column in columns.items()}
        if told["name"] is None:
            continue
        own = told["id"] or f"row {row.number}"
        state = told["state"] or ""
        found[own] = Candidate(
            id=own,
            name=told["name"],
            state=state_code(state.split(",")[0]),
            city=told["city"],
            domain=domain_of(told["domain"]),
            aliases=tuple(split_aliases(told["aliases"])),
            venue_type=told["venue_type"],
        )
    return list(found.values())


def split_aliases(text: str | None) -> Iterator[str]:
    """Other names in one cell: parted by bars, semicolons or commas, or as IPEDS does by two blanks."""
    for part in (text or "").replace("|", ";").replace("   ", ";").replace("  ", ";").replace(",", ";").split(";"):
        # A single letter or a lone common word would fit anything.
        if len(part.strip()) > 2:
            yield part.strip()


def candidates_of(session: Session, playbook: str) -> list[Candidate]:
    """The prospects of a playbook, with the aliases that their sources' records give."""
    rows = session.execute(
        select(Prospect, Account)
        .join(Account, Account.id == Prospect.account_id)
        .where(Prospect.playbook == playbook)
        .order_by(Prospect.id)
    ).all()
    aliases: dict[str, list[str]] = {}
    records = session.execute(
        select(ExternalId.record_id, ExternalId.payload).where(ExternalId.table_name == "accounts")
    )
    for account_id, payload in records:
        if isinstance(payload, Mapping):
            told = next((payload[key] for key in payload if folded(key) in ALIAS_HEADINGS), None)
            if isinstance(told, str):
                aliases.setdefault(account_id, []).extend(split_aliases(told))
    return [
        Candidate(
            id=prospect.id,
            name=prospect.name,
            state=state_of(prospect.state, account.hq_location),
            city=prospect.city or _city(account),
            domain=account.domain,
            aliases=tuple(
                dict.fromkeys(
                    [*aliases.get(account.id, []), *([account.name] if account.name != prospect.name else [])]
                )
            ),
            venue_type=prospect.venue_type,
        )
        for prospect, account in rows
    ]


def _city(account: Account) -> str | None:
    parts = [part.strip() for part in (account.hq_location or "").split(",")]
    return clean(parts[0]) if len(parts) > 1 else None
