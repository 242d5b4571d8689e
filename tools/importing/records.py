"""Finds the organisation that a row speaks of, and keeps the source's record of it."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import utc_now
from db.models import Account, ExternalId, Prospect
from tools.importing.job import ImportJob, Outcome, Refused
from tools.normalise import clean, domain_of, name_key, state_code
from tools.reading import Row

# An id column of such a name numbers one system's records; another system's are numbered alike.
_ONE_SYSTEMS_OWN = {"id", "record id", "company id", "account id", "key", "number", "no", "row"}
OPENING = "opening:"
BY_NAME = "name:"
"""What our own keys begin with, for rows without an id of their own."""


def own_domain(job: ImportJob, row: Row) -> str | None:
    """The domain that a row gives for its organisation."""
    return domain_of(job.mapped.cell(row.cells, "domain")) or domain_of(job.mapped.cell(row.cells, "website"))


def own_name(job: ImportJob, row: Row) -> str | None:
    """The name that a row gives for its organisation."""
    return clean(job.mapped.cell(row.cells, "organisation_name"))


def own_id(job: ImportJob, row: Row) -> str | None:
    """The id that a row gives for its organisation."""
    return clean(row.cells.get(job.id_column)) if job.id_column else None


def own_state(job: ImportJob, row: Row) -> str | None:
    """The state that a row gives, as its postal code; 'NY, USA' is New York."""
    text = job.mapped.cell(row.cells, "state") or job.mapped.cell(row.cells, "person_state")
    return state_code(text.split(",")[0]) if text else None


def record_key(job: ImportJob, row: Row) -> str:
    """What tells an organisation's row apart in its source: its id, else its domain, else its name and place."""
    key = own_id(job, row) or own_domain(job, row)
    if key is not None:
        return key
    name = own_name(job, row)
    if name is None:
        raise Refused("the row names no organisation")
    return _by_name(job, row, name)


def _by_name(job: ImportJob, row: Row, name: str) -> str:
    city = clean(job.mapped.cell(row.cells, "city")) or ""
    return f"{BY_NAME}{name_key(name)}|{city.casefold()}|{own_state(job, row) or ''}"


class Known:
    """What the tables hold of the organisations that a chunk of rows speaks of: read once per chunk."""

    def __init__(self, session: Session, job: ImportJob, rows: Sequence[Row]) -> None:
        self._session, self._job = session, job
        self.accounts: dict[str, Account] = {}
        self.prospects: dict[str, Prospect] = {}
        self._records: dict[tuple[str, str], list[ExternalId]] = defaultdict(list)
        self._of_account: dict[str, list[ExternalId]] = defaultdict(list)
        self._domains: dict[str, list[Account]] = defaultdict(list)
        self._names: dict[str, list[Account]] = defaultdict(list)
        self._read(rows)

    def _read(self, rows: Sequence[Row]) -> None:
        session, job = self._session, self._job
        keys: set[str] = set()
        for row in rows:
            keys |= {key for key in (own_id(job, row), own_domain(job, row)) if key}
            if name := own_name(job, row):
                keys.add(_by_name(job, row, name))
        found = session.scalars(
            select(ExternalId).where(ExternalId.table_name == "accounts", ExternalId.external_id.in_(keys))
        ).all()
        domains = {domain for row in rows if (domain := own_domain(job, row))}
        names = {name.lower() for row in rows if (name := own_name(job, row))}
        accounts = session.scalars(
            select(Account).where(
                Account.id.in_({record.record_id for record in found})
                | Account.domain.in_(domains)
                | func.lower(Account.name).in_(names)
            )
        ).all()
        ids = [account.id for account in accounts]
        records = session.scalars(
            select(ExternalId).where(ExternalId.table_name == "accounts", ExternalId.record_id.in_(ids))
        ).all()
        for account in accounts:
            self._learn(account)
        for record in records:
            self._learn_record(record)
        prospects = session.scalars(
            select(Prospect)
            .where(Prospect.account_id.in_(ids), Prospect.playbook == job.playbook.name)
            .execution_options(include_deleted=True)
        )
        self.prospects = {prospect.account_id: prospect for prospect in prospects}

    def _learn(self, account: Account) -> None:
        self.accounts[account.id] = account
        if account.domain:
            self._domains[account.domain].append(account)
        self._names[name_key(account.name)].append(account)

    def _learn_record(self, record: ExternalId) -> None:
        self._records[("", record.external_id)].append(record)
        self._of_account[record.record_id].append(record)

    def _same_ids(self, record: ExternalId) -> bool:
        """Whether a stored record's ids are of the same kind as this file's: same source, or same telling column."""
        column = self._job.id_column
        if record.source == self._job.file.source:
            return True
        if column is None or column.casefold() in _ONE_SYSTEMS_OWN:
            return False
        return (record.payload or {}).get(column) == record.external_id

    def record(self, external_id: str) -> ExternalId | None:
        """This source's own record with this id."""
        return next((r for r in self._records[("", external_id)] if r.source == self._job.file.source), None)

    def account_of(self, row: Row, *, loose: bool) -> Account | None:
        """The organisation that a row speaks of, or None.

        By its id; else by domain and name together. `loose` (rows that only refer to an organisation) also takes
        a domain or a name alone, where just one organisation has it. Raises Refused where several do.
        """
        key = own_id(self._job, row)
        if key is not None:
            for record in self._records[("", key)]:
                if self._same_ids(record) and record.record_id in self.accounts:
                    return self.accounts[record.record_id]
        domain, name = own_domain(self._job, row), own_name(self._job, row)
        own = self.record(record_key(self._job, row)) if key is None and not loose else None
        if own is not None and own.record_id in self.accounts:
            return self.accounts[own.record_id]
        same_domain = self._domains[domain] if domain else []
        same_name = self._names[name_key(name)] if name else []
        both = [account for account in same_domain if account in same_name]
        if not loose:
            free = [account for account in both if key is None or not self._has_other_id(account, key)]
            return free[0] if len(free) == 1 else None
        for candidates in (both, same_domain, same_name):
            narrowed = self._narrow(candidates, row)
            if len(narrowed) == 1:
                return narrowed[0]
            if len(narrowed) > 1:
                raise Refused("several organisations have this name or domain")
        return None

    def _narrow(self, candidates: list[Account], row: Row) -> list[Account]:
        mine = [account for account in candidates if account.id in self.prospects]
        state = own_state(self._job, row)
        here = [a for a in mine if state and f", {state}" in (a.hq_location or "")]
        return here if len(mine) > 1 and here else mine

    def _has_other_id(self, account: Account, key: str) -> bool:
        return any(self._same_ids(r) and r.external_id != key for r in self._of_account[account.id])

    def add(self, account: Account, prospect: Prospect) -> None:
        """A new organisation, so that the next row of the chunk finds it."""
        self._learn(account)
        self.prospects[account.id] = prospect

    def prospect_of(self, account: Account) -> Prospect | None:
        """The pursuit of an organisation under this playbook. Raises Refused where a person deleted it."""
        prospect = self.prospects.get(account.id)
        if prospect is not None and prospect.deleted_at is not None:
            raise Refused("this organisation was deleted; an import doesn't bring it back")
        return prospect

    def keep(self, account: Account, key: str, row: Row, outcome: Outcome, url: str | None = None) -> "Kept":
        """Stores the source's record as it came, under the organisation; says what it said before."""
        payload = self._job.payload(row)
        record = self.record(key)
        if record is None:
            record = ExternalId(
                table_name="accounts",
                record_id=account.id,
                source=self._job.file.source,
                external_id=key,
                payload=payload,
                source_url=url or self._job.file.source_url,
                licence=self._job.file.licence,
            )
            self._session.add(record)
            self._learn_record(record)
            outcome.created["external_ids"] += 1
            return Kept(None, True)
        before = record.payload or {}
        if before == payload:
            return Kept(before, False)
        record.payload, record.updated_at = payload, utc_now()
        outcome.updated["external_ids"] += 1
        return Kept(before, True)


class Kept:
    """A record that was kept: `before` is what the source said last time (None: nothing)."""

    def __init__(self, before: Mapping[str, Any] | None, changed: bool) -> None:
        self.before, self.changed = before, changed

    def fresh(self, row: Row, column: str | None) -> bool:
        """Whether the source says something else in a column than last time, so that it is news."""
        return column is not None and (self.before is None or self.before.get(column) != row.cells.get(column))


def opening_key(text: str) -> str:
    """The external id of a job opening, apart from those of organisations."""
    return f"{OPENING}{text}"
