"""Cases out of what people said of two records: that they are one, or two; organisations and people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.enums import FlagType
from db.models import AgentAuditLog, HygieneFlag, Merge
from evals.anonymise import Anonymous
from evals.known import Found, KnownNames, LeftOut
from tools.merging.organisations import PEOPLE_ALIKE
from tools.undo_log import Row, UndoLog

_LINKEDIN: Final = "https://linkedin.example/in"


def duplicates(session: Session, known: KnownNames, start: datetime) -> Found:
    """Pairs that a person kept apart, then those that a person merged."""
    flags = select(HygieneFlag).where(
        HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value,
        HygieneFlag.resolved_at >= start,
        HygieneFlag.resolution_notes.startswith("kept apart"),
    )
    people = _people(session)
    for flag in session.scalars(flags.order_by(HygieneFlag.created_at, HygieneFlag.id)):
        if not is_user(flag.resolved_by):
            continue
        if flag.id in people:
            yield flag.id, lambda f=flag: _two_people(session, known, people[f.id], None)  # type: ignore[misc]
        elif flag.other_prospect_id is not None:
            yield flag.id, lambda f=flag: _apart(session, known, f)  # type: ignore[misc]
    merges = select(Merge).where(Merge.merged_at >= start, Merge.undone_at.is_(None))
    for entry in session.scalars(merges.order_by(Merge.merged_at, Merge.id)):
        if is_user(entry.merged_by):
            yield entry.id, lambda m=entry: _merged(session, known, m)  # type: ignore[misc]


def _people(session: Session) -> dict[str, tuple[str, str]]:
    """The contacts that flags are about, by flag."""
    entries = session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == PEOPLE_ALIKE))
    return {d["flag"]: (d["contacts"][0], d["contacts"][1]) for d in entries if d and d.get("flag")}


class _Before:
    """Rows as they were before a merge; as they are, without one."""

    def __init__(self, session: Session, entry: Merge | None) -> None:
        self._undo_log = UndoLog(session)
        self._steps: list[Any] = entry.snapshot["steps"] if entry else []

    def row(self, table: str, row_id: str) -> Row:
        """Raises LeftOut where it is no more."""
        row = self._undo_log.row(table, row_id)
        for step in reversed(self._steps):
            if step[0] == "delete" and step[1] == table and step[2]["id"] == row_id:
                row = dict(step[2])
            elif step[0] == "update" and step[1:3] == [table, row_id] and row is not None:
                row |= step[3]
        if row is None:
            raise LeftOut("one of the two records is gone")
        return row

    def prospects(self, account_id: str) -> list[Row]:
        """The prospects that an account had."""
        ids = {row["id"] for row in self._undo_log.rows("prospects", account_id=account_id)}
        ids |= {key for table, key in UndoLog.touched(self._steps) if table == "prospects"}
        found = [self.row("prospects", key) for key in sorted(ids)]
        return [row for row in found if row["account_id"] == account_id]


def _apart(session: Session, known: KnownNames, flag: HygieneFlag) -> dict[str, Any]:
    before = _Before(session, None)
    return _two_organisations(
        known, before, [before.row("prospects", str(key)) for key in (flag.prospect_id, flag.other_prospect_id)], False
    )


def _merged(session: Session, known: KnownNames, entry: Merge) -> dict[str, Any]:
    ids = (entry.kept_id, entry.merged_id)
    if entry.table_name == "contacts":
        return _two_people(session, known, ids, entry)
    before = _Before(session, entry)
    kept, merged = (before.prospects(key) for key in ids)
    pairs = [[one, other] for one in kept for other in merged if one["playbook"] == other["playbook"]]
    if not pairs:
        raise LeftOut("the two were of different sales motions")
    return _two_organisations(known, before, pairs[0], True)


def _two_organisations(known: KnownNames, before: _Before, two: list[Row], same: bool) -> dict[str, Any]:
    accounts = [before.row("accounts", row["account_id"]) for row in two]
    names = [row["name"] for row in (*two, *accounts)]
    places = [row[column] or "" for row in two for column in ("city", "stadium_name")]
    hidden = Anonymous([], [*names, *places], taken=known.words)
    records = [_organisation(hidden, row, account) for row, account in zip(two, accounts, strict=True)]
    return _case("organisation", two[0]["playbook"], records, same)


def _organisation(hidden: Anonymous, row: Mapping[str, Any], account: Mapping[str, Any]) -> dict[str, str]:
    found = {
        "name": hidden.words(row["name"]),
        "domain": hidden.domain(account["domain"]) if account["domain"] else None,
        "address": hidden.street(row["address"]) if row["address"] else None,
        "city": hidden.words(row["city"]) if row["city"] else None,
        "state": row["state"] if row["state"] != "OTHER" else None,
    }
    return {name: value for name, value in found.items() if value}


def _two_people(session: Session, known: KnownNames, ids: tuple[str, str], entry: Merge | None) -> dict[str, Any]:
    before = _Before(session, entry)
    two = [before.row("contacts", key) for key in ids]
    people = [(row["first_name"] or "", row["last_name"] or "") for row in two]
    if people[0] != people[1]:
        # Whether one is short for the other, stand-ins cannot say.
        raise LeftOut("the two names are written differently")
    accounts = [before.row("accounts", row["account_id"]) for row in two]
    names = [account["name"] for account in accounts]
    places = [(row["location"] or "").partition(",")[0] for row in two]
    hidden = Anonymous(people, [*names, *places], taken=known.words)
    records = [
        _person(hidden, row, account["name"], number)
        for number, (row, account) in enumerate(zip(two, accounts, strict=True), start=1)
    ]
    playbook = before.row("prospects", two[0]["prospect_id"])["playbook"]
    return _case("person", playbook, records, entry is not None)


def _person(hidden: Anonymous, row: Mapping[str, Any], organisation: str, number: int) -> dict[str, str]:
    found = {
        "name": hidden.words(" ".join(part for part in (row["first_name"], row["last_name"]) if part)),
        "title": row["title"],
        "organisation": hidden.words(organisation),
        "email": hidden.email(row["email"]) if row["email"] else None,
        "phone": hidden.phone(row["phone"]) if row["phone"] else None,
        "linkedin": f"{_LINKEDIN}/person-{number}" if row["linkedin_url"] else None,
        "city": hidden.words(row["location"]) if row["location"] else None,
    }
    return {name: value for name, value in found.items() if value}


def _case(kind: str, playbook: str, records: list[dict[str, str]], same: bool) -> dict[str, Any]:
    if records[0] == records[1]:
        raise LeftOut("nothing tells the two apart but what is not kept")
    given = {"kind": kind, "playbook": playbook, "a": records[0], "b": records[1]}
    return {"input": given, "expected": {"same": same}}
