"""Rows that are people. A person who must not be contacted stays so, whatever a file says."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.base import new_id
from db.enums import ContactSource, ContactStatus, FlagSeverity, FlagType, SuppressionKind
from db.models import Contact, ExternalId, Prospect, Suppression
from tools.flags import open_flag
from tools.importing.job import ImportJob, Outcome, Refused
from tools.importing.organisations import AGENT
from tools.importing.records import Known
from tools.journal import note
from tools.normalise import clean, email, linkedin, person_name
from tools.reading import Row


class People:
    """What the tables hold of the people that a chunk of rows names: read once per chunk, deleted ones as well."""

    def __init__(self, session: Session, job: ImportJob, rows: Sequence[Row]) -> None:
        emails = {e for row in rows if (e := email(job.mapped.cell(row.cells, "email")))}
        links = {u for row in rows if (u := linkedin(job.mapped.cell(row.cells, "linkedin_url")))}
        ids = {i for row in rows if (i := person_id(job, row))}
        domains = {parent for address in emails for parent in _parents(address.rpartition("@")[2])}
        everybody = {"include_deleted": True}
        found = session.scalars(
            select(Contact)
            .where(func.lower(Contact.email).in_(emails) | Contact.linkedin_url.in_(links))
            .execution_options(**everybody)
        ).all()
        self.by_email: dict[tuple[str, str], Contact] = {}
        self.by_link: dict[str, Contact] = {}
        self.by_name: dict[tuple[str, str], Contact] = {}
        self.by_id: dict[str, Contact] = {}
        for contact in found:
            self.learn(contact)
        records = session.execute(
            select(ExternalId.external_id, Contact)
            .join(Contact, Contact.id == ExternalId.record_id)
            .where(
                ExternalId.table_name == "contacts",
                ExternalId.source == job.file.source,
                ExternalId.external_id.in_(ids),
            )
            .execution_options(**everybody)
        )
        self.by_id = {record[0]: record[1] for record in records}
        rules = session.scalars(
            select(Suppression).where(
                ((Suppression.kind == SuppressionKind.ADDRESS.value) & Suppression.value.in_(emails))
                | ((Suppression.kind == SuppressionKind.DOMAIN.value) & Suppression.value.in_(domains))
            )
        )
        self._suppressed = {(rule.kind, rule.value): rule.reason for rule in rules}
        self._session = session

    def learn(self, contact: Contact) -> None:
        if contact.email:
            self.by_email[(contact.prospect_id, contact.email.lower())] = contact
        if contact.linkedin_url:
            self.by_link[contact.linkedin_url] = contact
        self.by_name[(contact.prospect_id, f"{contact.first_name} {contact.last_name}".strip().casefold())] = contact

    def learn_namesakes(self, prospect_ids: Sequence[str]) -> None:
        """The people of these prospects, found by name where a row has no address."""
        people = self._session.scalars(
            select(Contact).where(Contact.prospect_id.in_(prospect_ids)).execution_options(include_deleted=True)
        )
        for contact in people:
            self.learn(contact)

    def suppressed(self, address: str | None) -> str | None:
        """Why nobody may write to an address, or None."""
        if address is None:
            return None
        kinds = [(SuppressionKind.ADDRESS.value, address)]
        kinds += [(SuppressionKind.DOMAIN.value, p) for p in _parents(address.rpartition("@")[2])]
        for key in kinds:
            if key in self._suppressed:
                return f"suppressed {key[0]}: {self._suppressed[key] or 'no reason on file'}"
        return None


def _parents(domain: str) -> list[str]:
    """A domain and the domains above it that can belong to somebody: a.b.example -> a.b.example, b.example."""
    parts = domain.split(".")
    return [".".join(parts[n:]) for n in range(len(parts) - 1)]


def person_id(job: ImportJob, row: Row) -> str | None:
    """The person's own id in the source."""
    column = job.row_id_column or job.mapped.columns.get("person_id")
    return clean(row.cells.get(column)) if column and column != job.id_column else None


def take_contact(
    session: Session,
    job: ImportJob,
    known: Known,
    people: People,
    row: Row,
    outcome: Outcome,
    prospect: Prospect | None,
) -> None:
    """Creates a row's person at their organisation, or fills what was blank; never changes who may be contacted.

    Raises Refused where the row names nobody, or no organisation that is known, or somebody who was deleted.
    """
    first, last = _names(job, row)
    prospect = prospect or _prospect(known, row)
    address = email(job.mapped.cell(row.cells, "email"))
    if address is None and job.mapped.cell(row.cells, "email"):
        outcome.notes["an e-mail address that is none was left out"] += 1
    link = linkedin(job.mapped.cell(row.cells, "linkedin_url"))
    own = person_id(job, row)
    contact = _find(people, prospect, own, address, link, f"{first} {last}".strip().casefold())
    if contact is not None and contact.deleted_at is not None:
        _flag_deleted(session, prospect, contact, link, outcome)
        raise Refused("this person was deleted; an import doesn't bring them back")
    if contact is None:
        contact = Contact(
            id=new_id(),
            account_id=prospect.account_id,
            prospect_id=prospect.id,
            first_name=first,
            last_name=last,
            source=ContactSource.IMPORT.value,
        )
        _fill(contact, job, row, address, link)
        reason = people.suppressed(address)
        if reason is not None:
            contact.status, contact.do_not_contact = ContactStatus.DO_NOT_CONTACT.value, True
            contact.dnc_reason = reason
            outcome.notes["a suppressed address: not to be contacted"] += 1
        session.add(contact)
        session.flush()
        people.learn(contact)
        outcome.created["contacts"] += 1
        note(
            session,
            run_id=job.run_id,
            agent=AGENT,
            action="contact_created",
            prospect_id=prospect.id,
            contact_id=contact.id,
            details={"source": job.file.source, "row": row.number},
        )
    elif contact.do_not_contact:
        outcome.notes["somebody not to be contacted: left as they are"] += 1
    elif _fill(contact, job, row, address, link):
        reason = people.suppressed(contact.email)
        if reason is not None:
            contact.status, contact.do_not_contact = ContactStatus.DO_NOT_CONTACT.value, True
            contact.dnc_reason = reason
        session.flush()
        people.learn(contact)
        outcome.updated["contacts"] += 1
    if own is not None and own not in people.by_id:
        session.add(
            ExternalId(
                table_name="contacts",
                record_id=contact.id,
                source=job.file.source,
                external_id=own,
                source_url=job.file.source_url,
                licence=job.file.licence,
            )
        )
        people.by_id[own] = contact
        outcome.created["external_ids"] += 1


def _names(job: ImportJob, row: Row) -> tuple[str, str]:
    first = clean(job.mapped.cell(row.cells, "first_name"))
    last = clean(job.mapped.cell(row.cells, "last_name"))
    if first is None:
        first, rest = person_name(clean(job.mapped.cell(row.cells, "full_name")) or last or "")
        last = rest or (last if last != first else None)
    if not first:
        raise Refused("the row names nobody")
    return first, last or ""


def _prospect(known: Known, row: Row) -> Prospect:
    account = known.account_of(row, loose=True)
    prospect = known.prospect_of(account) if account is not None else None
    if prospect is None:
        raise Refused("the organisation is not known; import it first")
    return prospect


def _find(
    people: People, prospect: Prospect, own: str | None, address: str | None, link: str | None, name: str
) -> Contact | None:
    if own is not None and own in people.by_id:
        return people.by_id[own]
    if link is not None and link in people.by_link:
        return people.by_link[link]
    if address is not None and (prospect.id, address) in people.by_email:
        return people.by_email[(prospect.id, address)]
    namesake = people.by_name.get((prospect.id, name))
    # Two people of one name at one place do have different addresses.
    if namesake is not None and address and namesake.email and namesake.email.lower() != address:
        return None
    return namesake


def _fill(contact: Contact, job: ImportJob, row: Row, address: str | None, link: str | None) -> bool:
    cell = job.mapped.cell
    place = [clean(cell(row.cells, "person_city")), clean(cell(row.cells, "person_state"))]
    said = {
        "title": clean(cell(row.cells, "job_title")),
        "email": address,
        "phone": clean(cell(row.cells, "phone")),
        "linkedin_url": link,
        "location": ", ".join(part for part in place if part) or None,
    }
    changed = False
    for attribute, value in said.items():
        if value is not None and getattr(contact, attribute) is None:
            setattr(contact, attribute, value)
            changed = True
    return changed


def _flag_deleted(session: Session, prospect: Prospect, contact: Contact, link: str | None, outcome: Outcome) -> None:
    who = f"{contact.first_name} {contact.last_name}".strip()
    what = "the LinkedIn page" if link and contact.linkedin_url == link else "the record"
    if open_flag(
        session,
        prospect.id,
        FlagType.OUTREACH_BLOCKED,
        FlagSeverity.WARNING,
        f"An import names {who}, but {what} belongs to a contact who was deleted.",
        "Restore the contact, or leave them deleted.",
        refresh=False,
    ):
        outcome.notes["somebody deleted was named again: flagged"] += 1
