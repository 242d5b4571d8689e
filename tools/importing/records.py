"""Finds the organisation that a row speaks of, and keeps the source's record of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tools.importing.cleaning import OPENING, Clean, name_and_place
from tools.importing.job import ImportJob, Outcome, RowRefused
from tools.importing.store import ACCOUNTS, EXTERNAL_IDS, PROSPECTS, Pending, StoredRow, in_any, read
from tools.normalise import is_free_provider, name_key, registered_domain, state_code

# An id column of such a name numbers one system's records; another system's are numbered alike.
_ONE_SYSTEMS_OWN = {"id", "record id", "company id", "account id", "key", "number", "no", "row"}


class Names:
    """Every organisation's id by its name's key, read once an import and kept up as organisations are made."""

    def __init__(self) -> None:
        self._ids: dict[str, list[str]] | None = None

    def of(self, session: Session, keys: Iterable[str]) -> set[str]:
        """The ids of the organisations with these keys."""
        if self._ids is None:
            self._ids = {}
            for account_id, name in session.execute(select(ACCOUNTS.c.id, ACCOUNTS.c.name)):
                self.add(name, account_id)
        return {account_id for key in keys for account_id in self._ids.get(key, ())}

    def add(self, name: str, account_id: str) -> None:
        """An organisation that is now there, for good."""
        if self._ids is not None:
            ids = self._ids.setdefault(name_key(name), [])
            if account_id not in ids:
                ids.append(account_id)


class StoredOrganisations:
    """What the tables hold of the organisations that a chunk of rows speaks of: read once per chunk."""

    def __init__(self, session: Session, job: ImportJob, rows: Sequence[Clean], names: Names, out: Pending) -> None:
        self._session, self._job, self._out = session, job, out
        self.accounts: dict[str, StoredRow] = {}
        self.prospects: dict[str, StoredRow] = {}
        self.new_names: list[tuple[str, str]] = []
        self._records: dict[str, list[StoredRow]] = defaultdict(list)
        self._of_account: dict[str, list[StoredRow]] = defaultdict(list)
        self._domains: dict[str, list[StoredRow]] = defaultdict(list)
        self._names: dict[str, list[StoredRow]] = defaultdict(list)
        self._read(rows, names)

    def _read(self, rows: Sequence[Clean], names: Names) -> None:
        session, job = self._session, self._job
        keys = {key for row in rows for key in (row.id, row.domain, row.key) if key}
        keys |= {name_and_place(row) for row in rows if row.name}
        found = read(session, EXTERNAL_IDS, EXTERNAL_IDS.c.table_name == "accounts",
                     in_any(EXTERNAL_IDS.c.external_id, keys))  # fmt: skip
        ids = {record["record_id"] for record in found}
        ids |= names.of(session, {name_key(row.name) for row in rows if row.name})
        domains = {row.domain for row in rows if row.domain} | {d for row in rows if (d := email_domain(row))}
        accounts = read(session, ACCOUNTS, in_any(ACCOUNTS.c.id, ids) | in_any(ACCOUNTS.c.domain, domains))
        account_ids = {account.id for account in accounts}
        for account in accounts:
            self._learn(account)
        # Openings are an organisation's by the hundred; only those that the rows name are wanted.
        records = read(
            session, EXTERNAL_IDS, EXTERNAL_IDS.c.table_name == "accounts",
            in_any(EXTERNAL_IDS.c.record_id, account_ids), EXTERNAL_IDS.c.external_id.not_like(f"{OPENING}%"),
        )  # fmt: skip
        for record in {record.id: record for record in (*found, *records)}.values():
            self._learn_record(record)
        prospects = read(session, PROSPECTS, in_any(PROSPECTS.c.account_id, account_ids),
                         PROSPECTS.c.playbook == job.playbook.name)  # fmt: skip
        self.prospects = {prospect["account_id"]: prospect for prospect in prospects}

    def _learn(self, account: StoredRow) -> None:
        self.accounts[account.id] = account
        if account["domain"]:
            self._domains[account["domain"]].append(account)
        self._names[name_key(account["name"])].append(account)

    def _learn_record(self, record: StoredRow) -> None:
        self._records[record["external_id"]].append(record)
        self._of_account[record["record_id"]].append(record)

    def _same_ids(self, record: StoredRow) -> bool:
        """Whether a stored record's ids are of the same kind as this file's: same source, or same telling column."""
        column = self._job.id_column
        if record["source"] == self._job.file.source:
            return True
        if column is None or column.casefold() in _ONE_SYSTEMS_OWN:
            return False
        return bool((record["payload"] or {}).get(column) == record["external_id"])

    def record(self, external_id: str) -> StoredRow | None:
        """This source's own record with this id."""
        return next((r for r in self._records[external_id] if r["source"] == self._job.file.source), None)

    def account_of(self, row: Clean, *, loose: bool) -> StoredRow | None:
        """The organisation that a row speaks of, or None.

        By its id; else by this source's own record of it; else by name together with domain, or with city and state.
        `loose` (rows that only refer to an organisation) also takes a domain or a name alone, where just one
        organisation has it. Raises RowRefused where several do.
        """
        if row.id is not None:
            for record in self._records[row.id]:
                if self._same_ids(record) and record["record_id"] in self.accounts:
                    return self.accounts[record["record_id"]]
        elif row.key is not None:
            own = self.record(row.key) if row.opening is None else None
            if own is not None and own["record_id"] in self.accounts:
                return self.accounts[own["record_id"]]
        same_domain = self._without_other_ids(self._domains[row.domain] if row.domain else [], row)
        same_name = self._without_other_ids(self._names[name_key(row.name)] if row.name else [], row)
        both = [account for account in same_domain if account in same_name]
        if not loose:
            both = both or [account for account in same_name if _same_place(account, row)]
            return both[0] if len(both) == 1 else None
        named = [account for account in same_name if not _other_domain(account, row)]
        work = self._domains[domain] if row.name is None and (domain := email_domain(row)) else []
        for candidates in (both, same_domain, named, work):
            narrowed = self._narrow(candidates, row)
            if len(narrowed) == 1:
                return narrowed[0]
            if len(narrowed) > 1:
                raise RowRefused("several organisations have this name or domain")
        return None

    def _narrow(self, candidates: list[StoredRow], row: Clean) -> list[StoredRow]:
        mine = [account for account in candidates if account.id in self.prospects]
        here = [a for a in mine if row.state and row.state in _states(a)]
        return here if len(mine) > 1 and here else mine

    def _without_other_ids(self, accounts: list[StoredRow], row: Clean) -> list[StoredRow]:
        if row.id is None:
            return accounts
        return [a for a in accounts if not any(self._other_id(r, row.id) for r in self._of_account[a.id])]

    def _other_id(self, record: StoredRow, key: str) -> bool:
        return self._same_ids(record) and record["external_id"] != key

    def add(self, values: dict[str, Any]) -> StoredRow:
        """A new organisation, so that the next row of the chunk finds it."""
        account = self._out.add(ACCOUNTS, values)
        self.new_names.append((account["name"], account.id))
        return account

    def learn(self, account: StoredRow) -> None:
        """Makes a new organisation findable, once its values are set."""
        if account.id not in self.accounts:
            self._learn(account)

    def prospect_of(self, account: StoredRow) -> StoredRow | None:
        """The pursuit of an organisation under this playbook. Raises RowRefused where a person deleted it."""
        prospect = self.prospects.get(account.id)
        if prospect is not None and prospect["deleted_at"] is not None:
            raise RowRefused("this organisation was deleted; an import doesn't bring it back")
        return prospect

    def keep(self, account: StoredRow, key: str, row: Clean, outcome: Outcome, url: str | None = None) -> "KeptRecord":
        """Stores the source's record as it came, under the organisation; says what it said before."""
        payload, file = self._job.payload(row.row), self._job.file
        record = self.record(key)
        if record is None:
            record = self._out.add(
                EXTERNAL_IDS,
                {
                    "table_name": "accounts",
                    "record_id": account.id,
                    "source": file.source,
                    "external_id": key,
                    "payload": payload,
                    "source_url": url or file.source_url,
                    "licence": file.licence,
                    "observed_on": file.observed_on,
                },
            )
            self._learn_record(record)
            outcome.created["external_ids"] += 1
            return KeptRecord(None, True)
        return self._kept_again(record, payload, outcome)

    def _kept_again(self, record: StoredRow, payload: dict[str, Any], outcome: Outcome) -> "KeptRecord":
        before, seen = record["payload"] or {}, self._job.file.observed_on
        older = seen is not None and record["observed_on"] is not None and seen < record["observed_on"]
        if before == payload:
            # Said again, for a later day: no news, but it holds for that day too.
            if seen is not None and not older and seen != record["observed_on"]:
                record.put("observed_on", seen)
                self._out.touch(EXTERNAL_IDS, record)
            return KeptRecord(before, False)
        if older:
            return KeptRecord(before, False, older=True)
        record.put("payload", payload)
        record.put("observed_on", seen)
        self._out.touch(EXTERNAL_IDS, record)
        outcome.updated["external_ids"] += 1
        return KeptRecord(before, True)


class KeptRecord:
    """A record that was kept: `before` is what the source said last time (None: nothing).

    `older`: the file is of an earlier day than what is on file, so that it fills blanks and changes nothing.
    """

    def __init__(self, before: Mapping[str, Any] | None, changed: bool, *, older: bool = False) -> None:
        self.before, self.changed, self.older = before, changed, older

    @property
    def overwrites(self) -> bool:
        """Whether what this row says goes before what is on file."""
        return self.before is not None and not self.older

    def fresh(self, row: Clean, column: str) -> bool:
        """Whether the source says something else in a column than last time, so that it is news."""
        return self.before is None or self.before.get(column) != row.row.cells.get(column)


def email_domain(row: Clean) -> str | None:
    """The domain of a person's work address; None for one that everybody can have."""
    address = row.person.email if row.person else None
    domain = address.rpartition("@")[2] if address else None
    return domain if domain and not is_free_provider(domain) else None


def _states(account: StoredRow) -> set[str]:
    parts = (account["hq_location"] or "").split(", ")
    return {code for part in parts[1:] or parts if (code := state_code(part))}


def _same_place(account: StoredRow, row: Clean) -> bool:
    """Whether an organisation stands in the very town of a row, and no domain says that it is another."""
    if row.city is None or row.state is None or _other_domain(account, row):
        return False
    town = (account["hq_location"] or "").split(", ")[0]
    return town.casefold() == row.city.casefold() and row.state in _states(account)


def _other_domain(account: StoredRow, row: Clean) -> bool:
    theirs, ours = account["domain"], row.domain
    return bool(theirs and ours) and registered_domain(theirs) != registered_domain(ours)
