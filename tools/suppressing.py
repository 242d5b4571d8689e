"""Who must not be written to, by a person's word: the list, what is added to it, and what is lifted again."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from db.enums import ContactStatus, SuppressionKind
from db.models import AuditLog, Contact, Suppression
from db.queries.references import ContactNotFound, find_contact
from db.suppressions import (
    do_not_contact,
    domains_of,
    ground,
    is_suppressed,
    plain_address,
    suppressed_among,
)
from tools.journal import note
from tools.normalise import domain_of, is_free_provider, is_public_suffix
from tools.normalise import email as email_of
from tools.undo_log import UndoLog

LIFTED = "do_not_contact_lifted"
_PERSON = "person"
_TOLD = 10
_AT_A_TIME = 500
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
    shown = found[:limit]
    concerned = _contacts_at(session, {one.value for one in shown if one.kind != _PERSON})
    return [one if one.kind == _PERSON else replace(one, people=len(concerned[one.value])) for one in shown], len(found)


def add(session: Session, values: Sequence[str], *, reason: str, source: str) -> list[Added]:
    """Suppresses addresses and domains; everybody at them becomes do-not-contact. All of them or, raising
    NotSuppressible, none.

    A domain may be written as 'acme.example', '@acme.example' or a web address.
    """
    wanted: dict[str, str] = {}
    problems = []
    for value in values:
        kind, plain, problem = _read(value)
        if problem:
            problems.append(problem)
        else:
            wanted[plain] = kind
    if problems:
        raise NotSuppressible(problems)
    known = _on_the_list(session, wanted)
    session.add_all(
        Suppression(kind=kind, value=value, reason=reason, source=source)
        for value, kind in wanted.items()
        if value not in known
    )
    session.flush()  # the list before the people: whoever comes in meanwhile is held against it
    concerned = _contacts_at(session, wanted)
    people = _people(session, {contact_id for ids in concerned.values() for contact_id in ids})
    for person in people.values():
        do_not_contact(session, person, reason)
    return [
        Added(
            kind, value, value in known, tuple(sorted(people[contact_id].full_name for contact_id in concerned[value]))
        )
        for value, kind in wanted.items()
    ]


def _on_the_list(session: Session, values: Collection[str]) -> set[str]:
    """Those of these addresses and domains that are suppressed themselves."""
    found: set[str] = set()
    for some in _parts(values):
        found.update(session.scalars(select(Suppression.value).where(Suppression.value.in_(some))))
    return found


def _contacts_at(session: Session, values: Collection[str]) -> dict[str, list[str]]:
    """The ids of those whom each of these addresses and domains concerns, of a domain those below it as well. Contacts
    are read once, however many the values are."""
    found: dict[str, list[str]] = {value: [] for value in values}
    if not found:
        return found
    addresses = select(Contact.id, Contact.email).where(Contact.email.contains("@")).order_by(Contact.id)
    for contact_id, email in session.execute(addresses):
        address = plain_address(email)
        for value in (address, *domains_of(address)):
            if value in found:
                found[value].append(contact_id)
    return found


def _people(session: Session, ids: Collection[str]) -> dict[str, Contact]:
    found: dict[str, Contact] = {}
    for some in _parts(ids):
        found |= {person.id: person for person in session.scalars(select(Contact).where(Contact.id.in_(some)))}
    return found


def _parts(values: Collection[str]) -> Iterator[list[str]]:
    """In parts that one statement takes as parameters."""
    listed = sorted(values)
    for start in range(0, len(listed), _AT_A_TIME):
        yield listed[start : start + _AT_A_TIME]


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
        except ContactNotFound as exc:
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
        known = {person.id for person in people}
        people += _people(session, set(_contacts_at(session, [row.value])[row.value]) - known).values()
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
