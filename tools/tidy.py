"""Tidies a playbook's records: names, addresses, states, and flags for what is missing or looks wrong."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from db.actors import agent
from db.base import utc_now
from db.enums import ContactStatus, FlagSeverity, FlagType, State, VenueType
from db.models import Contact, Prospect
from playbooks import Playbook
from tools.flags import open_flag, settle
from tools.normalise import clean, domain_of, email, website
from tools.people import classify_contact, learned_titles
from tools.scoring.apply import choose_primary
from tools.scoring.reading import Material, read_material


@dataclass
class Tidied:
    """What tidying did, in rows."""

    prospects: int = 0
    contacts: int = 0
    flags: int = 0
    settled: int = 0

    def add(self, other: "Tidied") -> None:
        """Counts another chunk in."""
        self.prospects += other.prospects
        self.contacts += other.contacts
        self.flags += other.flags
        self.settled += other.settled


def tidy(session: Session, playbook: Playbook, ids: Collection[str]) -> Tidied:
    """Brings some prospects and their people into one form, and classifies titles that are known."""
    material = _material(session, playbook, ids)
    learned = learned_titles(session)
    done = Tidied()
    for prospect in material.prospects:
        done.prospects += _tidy_prospect(prospect)
        for person in material.contacts[prospect.id]:
            tidied = _tidy_contact(person)
            done.contacts += classify_contact(person, learned) or tidied
    session.flush()
    return done


def settle_people(session: Session, playbook: Playbook, ids: Collection[str], run_id: str) -> Tidied:
    """Chooses primary contacts, and opens and settles the flags, once every title is classified."""
    material = _material(session, playbook, ids)
    done = Tidied()
    for prospect in material.prospects:
        people = material.contacts[prospect.id]
        done.contacts += choose_primary(people, playbook.contact_personas)
        for kind, severity, problem, action in _problems(prospect, people):
            if problem is not None:
                done.flags += open_flag(session, prospect.id, kind, severity, problem, action)
            else:
                done.settled += settle(session, prospect.id, kind, agent(run_id), "It is there now.")
    session.flush()
    return done


def _material(session: Session, playbook: Playbook, ids: Collection[str]) -> Material:
    return read_material(session, playbook, ids, utc_now().date())


def _tidy_prospect(prospect: Prospect) -> bool:
    account = prospect.account
    wanted = [
        (prospect, "name", clean(prospect.name)),
        (prospect, "city", clean(prospect.city)),
        (account, "name", clean(account.name)),
        (account, "website_url", website(account.website_url) or account.website_url),
        (account, "domain", domain_of(account.domain) or domain_of(account.website_url)),
    ]
    changed = False
    for row, attribute, value in wanted:
        if value is not None and getattr(row, attribute) != value:
            setattr(row, attribute, value)
            changed = True
    return changed


def _tidy_contact(person: Contact) -> bool:
    wanted = [
        ("first_name", clean(person.first_name)),
        ("last_name", clean(person.last_name)),
        ("title", clean(person.title)),
        ("email", email(person.email)),
    ]
    changed = False
    for attribute, value in wanted:
        if value is not None and getattr(person, attribute) != value:
            setattr(person, attribute, value)
            changed = True
    return changed


Problem = tuple[FlagType, FlagSeverity, str | None, str]


def _problems(prospect: Prospect, people: list[Contact]) -> list[Problem]:
    able = [p for p in people if p.status == ContactStatus.ACTIVE.value]
    nobody = None if people else "Nobody is known here."
    silent = "Nobody here has an e-mail address." if able and not any(p.email for p in able) else None
    return [
        (FlagType.MISSING_CONTACT, FlagSeverity.WARNING, nobody, "Find out whom to write to."),
        (FlagType.MISSING_EMAIL, FlagSeverity.WARNING, silent, "Find an address."),
        (
            FlagType.DATA_QUALITY,
            FlagSeverity.INFO,
            _doubts(prospect, people),
            "Look the values up and correct them.",
        ),
    ]


def _doubts(prospect: Prospect, people: list[Contact]) -> str | None:
    school = prospect.venue_type != VenueType.COMPANY.value
    found = []
    if prospect.account.domain is None:
        found.append("no web domain")
    if school and prospect.enrollment is None:
        found.append("no enrollment")
    if school and prospect.state == State.OTHER.value and not prospect.account.hq_location:
        found.append("no place")
    found += [f"{p.full_name}: {p.email} is no e-mail address" for p in people if p.email and not email(p.email)]
    return f"Missing or wrong: {'; '.join(found)}." if found else None
