"""Rows that are people. A person who must not be contacted stays so, whatever a file says."""

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ContactSource, ContactStatus, FlagSeverity, FlagType, SuppressionKind
from db.models import Contact, Suppression
from db.suppressions import do_not_contact, domains_of, ground
from tools.dedupe.names import another_person
from tools.hygiene.flags import open_flag
from tools.importing.cleaning import Clean, Person, person_key
from tools.importing.job import ImportJob, Outcome, RowRefused
from tools.importing.organisations import journal, take_organisation
from tools.importing.records import KeptRecord, StoredOrganisations
from tools.importing.store import CONTACTS, EXTERNAL_IDS, JOURNAL, Pending, StoredRow, in_any, read

_DERIVED: Final = {
    "title": ("persona_type", "seniority_level", "role"),
    "email": ("email_verified",),
    "location": ("timezone",),
}
"""What was worked out of a column, and is worked out anew when it changes."""


_ANOTHERS_PAGE: Final = "a LinkedIn page that is somebody else's was left out"


def _names(contact: StoredRow) -> tuple[str, str]:
    return contact["first_name"], contact["last_name"]


class StoredPeople:
    """What the tables hold of the people that a chunk of rows names: read once per chunk, deleted ones as well."""

    def __init__(self, session: Session, job: ImportJob, rows: Sequence[Clean], known: StoredOrganisations) -> None:
        emails = {row.person.email for row in rows if row.person and row.person.email}
        self._session, self._job = session, job
        self.by_email: dict[tuple[str, str], StoredRow] = {}
        self.by_link: dict[str, StoredRow] = {}
        self.by_name: dict[tuple[str, str], StoredRow] = {}
        self.by_key: dict[str, StoredRow] = {}
        self.contacts: dict[str, StoredRow] = {}
        self._late: list[Callable[[Session], None]] = []
        self._read(rows, known)
        domains = {parent for address in emails for parent in domains_of(address)}
        rules = session.execute(
            select(Suppression.kind, Suppression.value, Suppression.reason).where(
                ((Suppression.kind == SuppressionKind.ADDRESS.value) & in_any(Suppression.__table__.c.value, emails))
                | ((Suppression.kind == SuppressionKind.DOMAIN.value) & in_any(Suppression.__table__.c.value, domains))
            )
        )
        self._suppressed = {(kind, value): reason for kind, value, reason in rules}

    def _read(self, rows: Sequence[Clean], known: StoredOrganisations) -> None:
        """Whom the source told of before is found by its record; only the others are looked for by what is said."""
        session, columns = self._session, CONTACTS.c
        keys: dict[str, Person] = {}
        for row in rows:
            if row.person is None:
                continue
            anywhere = row.person.id or row.person.email or row.person.link
            for prospect_id in ("",) if anywhere else self._named_prospects(row, known):
                keys.setdefault(person_key(row, prospect_id), row.person)
        records = read(
            session,
            EXTERNAL_IDS,
            EXTERNAL_IDS.c.table_name == "contacts",
            EXTERNAL_IDS.c.source == self._job.file.source,
            in_any(EXTERNAL_IDS.c.external_id, keys),
        )
        self.by_key = {record["external_id"]: record for record in records}
        self._load(columns.id, {record["record_id"] for record in records})
        new, links = [], set()
        for row in rows:
            if row.person is None:
                continue
            contact = self._of_record(person_key(row, ""))
            if contact is None:
                new.append(row.person)
            if row.person.link and (contact is None or contact["linkedin_url"] != row.person.link):
                links.add(row.person.link)
        self._load(columns.linkedin_url, links)
        self._load(columns.email, {person.email for person in new if person.email})
        self._load(columns.id, self._namesakes(new, known))

    def _load(self, column: Any, values: Collection[str]) -> None:
        if values:
            for contact in read(self._session, CONTACTS, in_any(column, values)):
                self.learn(self.contacts.setdefault(contact.id, contact))

    def _namesakes(self, people: Sequence[Person], known: StoredOrganisations) -> set[str]:
        """The ids of those at the organisations of a chunk whose name a row gives."""
        prospects = {prospect.id for prospect in known.prospects.values()}
        names = {person.name.casefold() for person in people}
        if not prospects or not names:
            return set()
        columns = CONTACTS.c
        spelled = names | {person.name for person in people}
        found = self._session.execute(
            select(columns.id).where(
                in_any(columns.prospect_id, prospects), in_any(func.lower(columns.full_name), spelled)
            )
        )
        return {contact_id for (contact_id,) in found} - self.contacts.keys()

    def _of_record(self, key: str) -> StoredRow | None:
        """Whom this source told of before under a key."""
        record = self.by_key.get(key)
        return self.contacts.get(record["record_id"]) if record is not None else None

    @staticmethod
    def _named_prospects(row: Clean, known: StoredOrganisations) -> list[str]:
        try:
            account = known.account_of(row, loose=False) or known.account_of(row, loose=True)
        except RowRefused:
            return []
        prospect = known.prospects.get(account.id) if account else None
        return [prospect.id] if prospect else []

    def learn(self, contact: StoredRow) -> None:
        """Makes a person findable by what is now known of them."""
        self.contacts[contact.id] = contact
        if contact["email"]:
            self.by_email[(contact["prospect_id"], contact["email"].lower())] = contact
        if contact["linkedin_url"]:
            self.by_link[contact["linkedin_url"]] = contact
        name = f"{contact['first_name']} {contact['last_name']}".strip().casefold()
        self.by_name[(contact["prospect_id"], name)] = contact

    def suppressed(self, address: str | None) -> str | None:
        """Why nobody may write to an address, or None."""
        if address is None or not self._suppressed:
            return None
        kinds = [(SuppressionKind.ADDRESS.value, address)]
        kinds += [(SuppressionKind.DOMAIN.value, parent) for parent in domains_of(address)]
        for key in kinds:
            if key in self._suppressed:
                return ground(key[0], self._suppressed[key])
        return None

    def find(self, person: Person, key: str, prospect: StoredRow) -> StoredRow | None:
        """The person of a row: by the source's record, LinkedIn page, address at this organisation, or name there.

        A page or an address under quite another name is somebody else's: pages are pasted into the wrong row, and an
        office's mailbox goes from one to the next."""
        known = self._of_record(key)
        if known is not None:
            return known
        by_page = self.by_link.get(person.link) if person.link is not None else None
        by_address = self.by_email.get((prospect.id, person.email)) if person.email is not None else None
        for contact in (by_page, by_address):
            if contact is not None and not another_person(_names(contact), (person.first, person.last)):
                return contact
        namesake = self.by_name.get((prospect.id, person.name.casefold()))
        # Two people of one name at one place do have different addresses.
        if namesake is not None and person.email and namesake["email"] and namesake["email"].lower() != person.email:
            return None
        return namesake

    def bar(self, contact: StoredRow, reason: str) -> None:
        """Whoever got an address that is suppressed is not to be contacted."""

        def act(session: Session) -> None:
            found = session.get(Contact, contact.id)
            if found is not None:
                do_not_contact(session, found, reason)

        self._late.append(act)

    def flag_deleted(self, contact: StoredRow, person: Person, outcome: Outcome) -> None:
        """Tells that a row names somebody who was deleted."""
        who = f"{contact['first_name']} {contact['last_name']}".strip()
        what = "the LinkedIn page" if person.link and contact["linkedin_url"] == person.link else "the record"

        def act(session: Session) -> None:
            if open_flag(
                session,
                contact["prospect_id"],
                FlagType.OUTREACH_BLOCKED,
                FlagSeverity.WARNING,
                f"An import names {who}, but {what} belongs to a contact who was deleted.",
                "Restore the contact, or leave them deleted.",
                refresh=False,
            ):
                outcome.notes["somebody deleted was named again: flagged"] += 1

        self._late.append(act)

    def finish(self) -> None:
        """Does what needs more than a row, once the chunk is written."""
        for act in self._late:
            act(self._session)
        self._session.flush()


def prospect_for(
    job: ImportJob, known: StoredOrganisations, row: Clean, outcome: Outcome, out: Pending, *, first: bool
) -> StoredRow:
    """The pursuit that a person belongs to. A row that also tells of its organisation makes it, or brings it up to
    date (the `first` row of each only); one that names a company not known yet makes that, where the playbook needs no
    more than a name.

    Raises RowRefused where the organisation is not known and cannot be made, or was deleted.
    """
    account = known.account_of(row, loose=False) or known.account_of(row, loose=True)
    prospect = known.prospect_of(account) if account is not None else None
    tells = job.mapped.entity == "mixed" and first and row.name is not None
    if prospect is not None and not tells:
        return prospect
    if row.name is not None and (prospect is not None or row.kind is not None):
        return take_organisation(job, known, row, outcome, out, account)
    if job.mapped.entity == "mixed" and row.name is not None and row.kind_refused and account is None:
        raise RowRefused(row.kind_refused)
    raise RowRefused("the organisation is not known; import it first")


def take_contact(
    job: ImportJob,
    people: StoredPeople,
    row: Clean,
    outcome: Outcome,
    out: Pending,
    prospect: StoredRow,
    again: Callable[[str], bool],
) -> str:
    """Creates a row's person at their organisation, or brings them up to date; never changes who may be contacted.

    `again` says whether an earlier row of the file had a key. Returns the key of this one. Raises RowRefused where
    somebody was deleted.
    """
    person = row.person
    if person is None:
        raise RowRefused("the row names nobody")
    for remark in row.notes:
        outcome.notes[remark] += 1
    key = person_key(row, prospect.id)
    contact = people.find(person, key, prospect)
    if contact is not None and contact["deleted_at"] is not None:
        people.flag_deleted(contact, person, outcome)
        raise RowRefused("this person was deleted; an import doesn't bring them back")
    if contact is not None and contact["do_not_contact"]:
        outcome.notes["somebody not to be contacted: left as they are"] += 1
        return key
    if contact is None:
        contact = _create(job, people, row, person, outcome, out, prospect)
        _keep(job, people, key, person, contact, outcome, out)
    else:
        if contact["prospect_id"] != prospect.id:
            outcome.notes["somebody is at another organisation now: left where they are"] += 1
        # Of two rows for one person the first counts, so that the same file again changes nothing.
        kept = KeptRecord(None, False) if again(key) else _keep(job, people, key, person, contact, outcome, out)
        _update(people, contact, person, kept, outcome, out)
    people.learn(contact)
    return key


def _create(
    job: ImportJob,
    people: StoredPeople,
    row: Clean,
    person: Person,
    outcome: Outcome,
    out: Pending,
    prospect: StoredRow,
) -> StoredRow:
    if person.link is not None and person.link in people.by_link:
        outcome.notes[_ANOTHERS_PAGE] += 1
        person.said.pop("linkedin_url", None)
    reason = people.suppressed(person.email)
    status = ContactStatus.ACTIVE if reason is None else ContactStatus.DO_NOT_CONTACT
    contact = out.add(
        CONTACTS,
        {
            "account_id": prospect["account_id"],
            "prospect_id": prospect.id,
            "first_name": person.first,
            "last_name": person.last,
            **person.said,
            "status": status.value,
            "do_not_contact": reason is not None,
            "dnc_reason": reason,
            "source": ContactSource.IMPORT.value,
        },
    )
    if reason is not None:
        outcome.notes["a suppressed address: not to be contacted"] += 1
    outcome.created["contacts"] += 1
    details = {"source": job.file.source, "row": row.row.number}
    out.add(JOURNAL, journal(job, "contact_created", details, prospect_id=prospect.id, contact_id=contact.id))
    return contact


def _keep(
    job: ImportJob, people: StoredPeople, key: str, person: Person, contact: StoredRow, outcome: Outcome, out: Pending
) -> KeptRecord:
    """Remembers that the source told of this person, and digests of what it said, so that news shows.

    The values themselves stand in `contacts` alone: what is deleted there is nowhere else.
    """
    said = {"first_name": person.first, "last_name": person.last, **person.said}
    digests = {name: hashlib.blake2b(str(value).encode(), digest_size=6).hexdigest() for name, value in said.items()}
    record, file = people.by_key.get(key), job.file
    if record is None:
        people.by_key[key] = out.add(
            EXTERNAL_IDS,
            {
                "table_name": "contacts",
                "record_id": contact.id,
                "source": file.source,
                "external_id": key,
                "payload": digests,
                "source_url": file.source_url,
                "licence": file.licence,
                "observed_on": file.observed_on,
            },
        )
        outcome.created["external_ids"] += 1
        return KeptRecord(None, True)
    if record["record_id"] != contact.id:
        record.put("record_id", contact.id)
        out.touch(EXTERNAL_IDS, record)
    before, seen = record["payload"] or {}, file.observed_on
    older = seen is not None and record["observed_on"] is not None and seen < record["observed_on"]
    # A blank says nothing: what was said before stands.
    now = {**before, **digests}
    if older:
        return KeptRecord(before, False, older=True)
    changed = now != before
    if changed or (seen is not None and seen != record["observed_on"]):
        record.put("payload", now)
        record.put("observed_on", seen)
        out.touch(EXTERNAL_IDS, record)
    if changed:
        outcome.updated["external_ids"] += 1
    return KeptRecord({name: digest for name, digest in before.items() if digests.get(name) == digest}, changed)


def _update(
    people: StoredPeople, contact: StoredRow, person: Person, kept: KeptRecord, outcome: Outcome, out: Pending
) -> None:
    """Fills what was blank; a value gives way where the same source says something else than it did."""
    same: Any = kept.before or {}
    said = {"first_name": person.first, "last_name": person.last, **person.said}
    changed = False
    for ours, value in said.items():
        present = contact[ours]
        if value == present or (present not in (None, "") and (not kept.overwrites or ours in same)):
            continue
        if ours == "linkedin_url" and people.by_link.get(value, contact) is not contact:
            outcome.notes[_ANOTHERS_PAGE] += 1
            continue
        if value == "" or (ours == "email_verified" and contact["email"] != person.email):
            continue
        contact.put(ours, value)
        for derived in _DERIVED.get(ours, ()) if present is not None else ():
            contact.put(derived, None)
        changed = True
    if not changed:
        return
    out.touch(CONTACTS, contact)
    outcome.updated["contacts"] += 1
    reason = people.suppressed(contact["email"])
    if reason is not None:
        people.bar(contact, reason)
