"""Flags as a person works through them: listed, looked at side by side, resolved, reopened, merged, kept apart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import case, select
from sqlalchemy.orm import Session, aliased

from db.enums import FlagSeverity, FlagType
from db.models import Account, AgentAuditLog, Contact, HygieneFlag, Merge, Prospect
from db.queries.references import the_one
from db.stamps import utc_now
from tools.merging.merge import better_first, merge
from tools.merging.organisations import PEOPLE_ALIKE

T = TypeVar("T")
_PERSON: Final = ("full_name", "title", "email", "phone", "linkedin_url", "location", "status", "stage", "source")
_VENUE: Final = ("name", "venue_type", "state", "city", "address", "conference", "enrollment", "stadium_name", "status")
_ACCOUNT: Final = ("domain", "website_url", "hq_location", "industry", "employee_count", "linkedin_company_url")


class FlagNotFound(LookupError):
    """No flag or merge has this id, or several have; or it is not one for what was asked. The message says which."""


@dataclass(frozen=True)
class FlagItem:
    """One flag; `organisation` and `other` are the names of the records that it is about."""

    id: str
    created_at: datetime
    flag_type: str
    severity: str
    playbook: str
    prospect_id: str
    organisation: str
    other_prospect_id: str | None
    other: str | None
    message: str
    suggested_action: str | None
    resolved_at: datetime | None
    resolved_by: str | None
    resolution_notes: str | None


@dataclass(frozen=True)
class SideBySide:
    """A flag's records: `table` and `ids` are what a merge would take, `rows` are field, first value, second value."""

    flag: FlagItem
    table: str | None
    ids: tuple[str, ...]
    rows: tuple[tuple[str, Any, Any], ...]


def listed(
    session: Session,
    *,
    playbook: str | None = None,
    kind: FlagType | None = None,
    resolved: bool = False,
    limit: int | None = None,
) -> list[FlagItem]:
    """Open flags, or the resolved ones, the severest and oldest first."""
    other = aliased(Prospect)
    urgency = case({FlagSeverity.CRITICAL.value: 0, FlagSeverity.WARNING.value: 1}, value=HygieneFlag.severity, else_=2)
    statement = (
        select(HygieneFlag, Prospect, other)
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .outerjoin(other, other.id == HygieneFlag.other_prospect_id)
        .where(HygieneFlag.resolved_at.is_not(None) if resolved else HygieneFlag.resolved_at.is_(None))
        .order_by(urgency, HygieneFlag.created_at, HygieneFlag.id)
        .limit(limit)
        .execution_options(include_deleted=True)
    )
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    if kind is not None:
        statement = statement.where(HygieneFlag.flag_type == kind.value)
    return [_item(flag, prospect, second) for flag, prospect, second in session.execute(statement)]


def _item(flag: HygieneFlag, prospect: Prospect, other: Prospect | None) -> FlagItem:
    return FlagItem(
        flag.id, flag.created_at, flag.flag_type, flag.severity, prospect.playbook, prospect.id, prospect.name,
        other.id if other else None, other.name if other else None, flag.message, flag.suggested_action,
        flag.resolved_at, flag.resolved_by, flag.resolution_notes,
    )  # fmt: skip


def find(session: Session, reference: str) -> HygieneFlag:
    """A flag by its id or the beginning of it. Raises FlagNotFound."""
    return the_one(
        session,
        select(HygieneFlag),
        HygieneFlag.id,
        reference,
        what="flag",
        listed="outreach flags",
        error=FlagNotFound,
    )


def find_merge(session: Session, reference: str) -> Merge:
    """A merge by its id or the beginning of it. Raises FlagNotFound."""
    return the_one(
        session,
        select(Merge),
        Merge.id,
        reference,
        what="merge",
        listed="outreach flags merges",
        error=FlagNotFound,
    )


def side_by_side(session: Session, reference: str) -> SideBySide:
    """A flag with its record, or its two records, field by field. Raises FlagNotFound."""
    flag = find(session, reference)
    everybody = {"include_deleted": True}
    prospect = session.scalars(
        select(Prospect).where(Prospect.id == flag.prospect_id).execution_options(**everybody)
    ).one()
    other = session.scalars(
        select(Prospect).where(Prospect.id == flag.other_prospect_id).execution_options(**everybody)
    ).one_or_none()
    item = _item(flag, prospect, other)
    people = _people(session, flag)
    if people is not None:
        rows = tuple((field, getattr(people[0], field), getattr(people[1], field)) for field in _PERSON)
        return SideBySide(item, "contacts", (people[0].id, people[1].id), _told(rows))
    second = (_told_of(session, other)) if other else {}
    first = _told_of(session, prospect)
    rows = tuple((field, value, second.get(field)) for field, value in first.items())
    if other is None:
        return SideBySide(item, None, (prospect.account_id,), _told(rows))
    return SideBySide(item, "accounts", (prospect.account_id, other.account_id), _told(rows))


def _told(rows: Sequence[tuple[str, Any, Any]]) -> tuple[tuple[str, Any, Any], ...]:
    return tuple(row for row in rows if row[1] not in (None, "") or row[2] not in (None, ""))


def _told_of(session: Session, prospect: Prospect) -> dict[str, Any]:
    account = session.get_one(Account, prospect.account_id)
    people = session.scalars(select(Contact).where(Contact.prospect_id == prospect.id).order_by(Contact.id)).all()
    return (
        {field: getattr(prospect, field) for field in _VENUE}
        | {field: getattr(account, field) for field in _ACCOUNT}
        | {"people": ", ".join(person.full_name for person in people)}
    )


def _people(session: Session, flag: HygieneFlag) -> tuple[Contact, Contact] | None:
    """The two people of a flag that is about people; None where it is not, or where one of them is gone."""
    entries = session.scalars(
        select(AgentAuditLog.details).where(
            AgentAuditLog.action == PEOPLE_ALIKE, AgentAuditLog.prospect_id == flag.prospect_id
        )
    )
    for details in entries:
        if details and details.get("flag") == flag.id:
            found = [session.get(Contact, contact_id) for contact_id in details["contacts"]]
            if found[0] is not None and found[1] is not None:
                return found[0], found[1]
    return None


def resolve(session: Session, references: Sequence[str], *, by: str, note: str | None) -> list[HygieneFlag]:
    """Resolves flags. Raises FlagNotFound, also for one that is resolved; then none is."""
    flags = [find(session, reference) for reference in references]
    for flag in flags:
        if flag.resolved_at is not None:
            raise FlagNotFound(f"The flag {flag.id[:8]} is resolved already.")
        flag.resolved_at, flag.resolved_by, flag.resolution_notes = utc_now(), by, note
    session.flush()
    return flags


def reopen(session: Session, references: Sequence[str]) -> list[HygieneFlag]:
    """Opens resolved flags again; the old note stays until the next. Raises FlagNotFound, also for an open one."""
    flags = [find(session, reference) for reference in references]
    for flag in flags:
        if flag.resolved_at is None:
            raise FlagNotFound(f"The flag {flag.id[:8]} is open.")
        flag.resolved_at = flag.resolved_by = None
    session.flush()
    return flags


def merge_flagged(
    session: Session, reference: str, *, by: str, keep: int | None = None, note: str | None = None
) -> Merge:
    """Merges the two records of a flag; `keep` 1 or 2 says which survives, where the database leaves the choice.

    Raises FlagNotFound for a flag that is not about two records, CannotMerge where the merge is refused.
    """
    shown = side_by_side(session, reference)
    if shown.table is None or len(shown.ids) != 2:
        raise FlagNotFound(f"The flag {shown.flag.id[:8]} is not about two records.")
    if shown.flag.resolved_at is not None:
        raise FlagNotFound(f"The flag {shown.flag.id[:8]} is resolved already; reopen it to merge.")
    first, second = shown.ids
    if keep == 2:
        first, second = second, first
    elif keep is None:
        first, second = better_first(session, shown.table, first, second)
    entry = merge(session, shown.table, first, second, by=by, reason=note or shown.flag.message)
    flag = session.get_one(HygieneFlag, shown.flag.id)
    if flag.resolved_at is None:
        flag.resolved_at, flag.resolved_by = utc_now(), by
    flag.resolution_notes = note or "merged"
    session.flush()
    return entry


def merges(session: Session, limit: int | None = None) -> list[Merge]:
    """What was merged, the latest first."""
    return list(session.scalars(select(Merge).order_by(Merge.merged_at.desc(), Merge.id).limit(limit)))
