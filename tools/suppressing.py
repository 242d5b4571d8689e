"""Who must not be written to, by a person's word: the list, what is added to it, and what is lifted again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from db.enums import ContactStatus, SuppressionKind
from db.models import AuditLog, Contact, Suppression
from db.suppressions import (
    at_domain,
    ground,
    is_suppressed,
    plain_address,
    suppress_address,
    suppress_domain,
    suppressed_among,
)
from tools.journal import note
from tools.normalise import domain_of, is_free_provider, is_public_suffix
from tools.normalise import email as email_of
from tools.outbox import NotReady, find_contact
from tools.undo_log import UndoLog

LIFTED = "do_not_contact_lifted"
_PERSON = "person"
_TOLD = 10
_SILENT = (ContactStatus.DO_NOT_CONTACT.value, ContactStatus.DORMANT.value)


class NotSuppressible(ValueError):
    """What should be suppressed is no address and no organisation's domain. `problems` has a sentence each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = tuple(problems)


class NothingToLift(LookupError):
    """Nothing speaks against what was named, or something else has to be lifted first."""


@dataclass(frozen=True)
class Barred:
    """Something on the list. `kind` is address, domain or person (marked, while no address of theirs is suppressed);
    `people` counts the contacts whom it concerns; `since` is None for a person."""

    kind: str
    value: str
    reason: str | None
    source: str | None
    since: datetime | None
    people: int


@dataclass(frozen=True)
class Added:
    """What was added; `known` where it was on the list before. `people` are the names whom it concerns."""

    kind: str
    value: str
    known: bool
    people: tuple[str, ...]


@dataclass
class Lifted:
    """What was lifted (`did`) and what still speaks against somebody (`stays`), a sentence each."""

    did: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)


def listed(session: Session, *, search: str | None = None, limit: int = 50) -> tuple[list[Barred], int]:
    """The list, the newest first, people without a suppressed address last; and how many there are in all."""
    wanted = select(Suppression).order_by(Suppression.created_at.desc(), Suppression.id)
    marked = select(Contact).where(Contact.do_not_contact.is_(True)).order_by(Contact.full_name, Contact.id)
    if search:
        columns = (Suppression.value, Suppression.reason)
        wanted = wanted.where(or_(*(column.icontains(search, autoescape=True) for column in columns)))
        names = (Contact.full_name, Contact.email, Contact.dnc_reason)
        marked = marked.where(or_(*(column.icontains(search, autoescape=True) for column in names)))
    found = [Barred(row.kind, row.value, row.reason, row.source, row.created_at, 0) for row in session.scalars(wanted)]
    people = list(session.scalars(marked))
    covered = suppressed_among(session, (person.email for person in people))
    alone = [person for person in people if plain_address(person.email) not in covered]
    found += [Barred(_PERSON, f"{p.full_name} ({p.id[:8]})", p.dnc_reason, None, None, 1) for p in alone]
    shown = [
        b if b.kind == _PERSON else Barred(b.kind, b.value, b.reason, b.source, b.since, _concerned(session, b))
        for b in found[:limit]
    ]
    return shown, len(found)


def _concerned(session: Session, barred: Barred) -> int:
    theirs = at_domain(barred.value) if barred.kind == SuppressionKind.DOMAIN.value else _has(barred.value)
    return session.scalar(select(func.count(Contact.id)).where(theirs)) or 0


def add(session: Session, values: Sequence[str], *, reason: str, source: str) -> list[Added]:
    """Suppresses addresses and domains; everybody at them becomes do-not-contact. All of them or, raising
    NotSuppressible, none.

    A domain may be written as 'acme.example', '@acme.example' or a web address.
    """
    wanted, problems = [], []
    for value in values:
        kind, plain, problem = _read(value)
        if problem:
            problems.append(problem)
        elif (kind, plain) not in wanted:
            wanted.append((kind, plain))
    if problems:
        raise NotSuppressible(problems)
    added = []
    for kind, plain in wanted:
        known = _row(session, plain) is not None
        if kind == SuppressionKind.ADDRESS.value:
            people = suppress_address(session, plain, reason=reason, source=source)
        else:
            people = suppress_domain(session, plain, reason=reason, source=source)
        added.append(Added(kind, plain, known, tuple(person.full_name for person in people)))
    return added


def _read(value: str) -> tuple[str, str, str | None]:
    """Kind and plain form, or the sentence that says what is wrong."""
    text = value.strip()
    if "@" in text.lstrip("@"):
        address = email_of(text)
        wrong = None if address else f"'{value}' is no address."
        return SuppressionKind.ADDRESS.value, address or "", wrong
    domain = domain_of(text.lstrip("@"))
    if domain is None or "." not in domain:
        wrong = f"'{value}' is neither an address nor a domain."
    elif is_free_provider(domain):
        wrong = f"'{domain}' gives addresses to everybody: name the addresses themselves."
    elif is_public_suffix(domain):
        wrong = f"'{domain}' is shared by many organisations: name the domain of one."
    else:
        wrong = None
    return SuppressionKind.DOMAIN.value, domain or "", wrong


def _standing(session: Session, what: str) -> tuple[Suppression | None, list[Contact]]:
    """What `lift` would take from the list: the suppression, and the people whom it keeps from being written to."""
    wanted = plain_address(what).lstrip("@")
    row = _row(session, wanted) or _row(session, domain_of(wanted) or "")
    if row is None:
        try:
            person = find_contact(session, what)
        except NotReady as exc:
            raise NothingToLift(f"'{what}' is not on the list. {exc}") from exc
        row = _row(session, plain_address(person.email))
        if row is None and is_suppressed(session, person.email):
            raise NothingToLift(f"{person.full_name} has an address at a suppressed domain; lift that, or leave it.")
        if row is None and person.status not in _SILENT:
            raise NothingToLift(f"{person.full_name} may be contacted: nothing speaks against it.")
        people = [person]
    else:
        people = []
    if row is not None:
        theirs = at_domain(row.value) if row.kind == SuppressionKind.DOMAIN.value else _has(row.value)
        known = {person.id for person in people}
        people += [p for p in session.scalars(select(Contact).where(theirs)) if p.id not in known]
    return row, [person for person in people if person.status in _SILENT]


def against(session: Session, what: str) -> list[str]:
    """What speaks against writing to an address, a domain or a contact (by id or name), a sentence each; of many
    people the first ten. Raises NothingToLift."""
    row, people = _standing(session, what)
    told = []
    if row is not None:
        why = f"{row.reason or 'no reason on file'} ({row.source or 'source unknown'})"
        told.append(f"{row.value} is suppressed since {row.created_at:%Y-%m-%d}: {why}.")
    told += [
        f"{person.full_name} is {person.status.replace('_', '-')}: {person.dnc_reason or 'by a note'}."
        for person in people[:_TOLD]
    ]
    if len(people) > _TOLD:
        told.append(f"{len(people) - _TOLD} more people likewise.")
    return told


def lift(session: Session, what: str, *, reason: str, by: str) -> Lifted:
    """Takes an address, a domain or a person from the list; who may be contacted again is as before. Sequences that
    were stopped stay stopped. Raises NothingToLift."""
    row, people = _standing(session, what)
    lifted = Lifted()
    if row is not None:
        session.execute(delete(Suppression).where(Suppression.id == row.id))
        lifted.did.append(f"{row.value} is not suppressed any more.")
        session.flush()
    undo_log = UndoLog(session)  # past the life cycle, which knows no way out of what is over
    for person in people:
        if is_suppressed(session, person.email):
            lifted.stays.append(
                f"{person.full_name} stays do-not-contact: the address or its domain is on the list too."
            )
            continue
        if row is not None and row.kind == SuppressionKind.DOMAIN.value and person.dnc_reason not in _by(row):
            lifted.stays.append(f"{person.full_name} stays do-not-contact: {person.dnc_reason or 'marked by itself'}.")
            continue
        status = _status_before(session, person)
        undo_log.update("contacts", person.id, {"status": status, "do_not_contact": False, "dnc_reason": None})
        session.refresh(person)
        note(
            session,
            run_id=None,
            agent=by,
            action=LIFTED,
            prospect_id=person.prospect_id,
            contact_id=person.id,
            details={"reason": reason, "what": row.value if row is not None else person.id},
        )
        lifted.did.append(f"{person.full_name} may be contacted again ({status}).")
    session.flush()
    return lifted


def _has(address: str) -> ColumnElement[bool]:
    return func.lower(Contact.email) == address


def _row(session: Session, value: str) -> Suppression | None:
    return session.scalar(select(Suppression).where(Suppression.value == value)) if value else None


def _by(row: Suppression) -> tuple[str | None, str]:
    """The reasons that people have by whom only this suppression speaks against."""
    return row.reason, ground(row.kind, row.reason)


def _status_before(session: Session, contact: Contact) -> str:
    """The status that a contact had before it became do-not-contact; one that was dormant wakes."""
    log = select(AuditLog).where(AuditLog.table_name == "contacts", AuditLog.record_id == contact.id)
    for entry in session.scalars(log.order_by(AuditLog.id.desc())) if contact.do_not_contact else ():
        old, new = entry.old_values or {}, entry.new_values or {}
        if new.get("status") == ContactStatus.DO_NOT_CONTACT.value and old.get("status") == ContactStatus.BOUNCED.value:
            return ContactStatus.BOUNCED.value
    return ContactStatus.ACTIVE.value
