"""Tidies a playbook's records: names, addresses, primary contacts, and flags for what is missing or looks wrong."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from db.actors import agent
from db.enums import BidStatus, FlagType
from db.models import BidAlert, Contact, HygieneFlag, Prospect, Signal
from db.stamps import utc_now
from playbooks import Playbook
from tools.hygiene.contact_titles import classify_contact, learned_titles
from tools.hygiene.filling import fill
from tools.hygiene.flags import FlagBook
from tools.hygiene.problems import problems
from tools.hygiene.staleness import stale
from tools.normalise import clean, domain_of, email, website
from tools.scoring.anomalies import anomalies
from tools.scoring.apply import choose_primary
from tools.scoring.reading import Material, read_material


@dataclass
class Tidied:
    """What tidying did, in rows."""

    prospects: int = 0
    contacts: int = 0
    filled: int = 0
    flags: int = 0
    settled: int = 0

    def add(self, other: "Tidied") -> None:
        """Counts another chunk in."""
        self.prospects += other.prospects
        self.contacts += other.contacts
        self.filled += other.filled
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


def settle_people(session: Session, playbook: Playbook, ids: Collection[str]) -> Tidied:
    """Chooses primary contacts and fills what follows from the rest, once every title is classified."""
    material = _material(session, playbook, ids)
    done = Tidied()
    for prospect in material.prospects:
        done.contacts += choose_primary(material.contacts[prospect.id], playbook.contact_personas)
    done.filled += fill(session, playbook, material)
    session.flush()
    return done


def raise_flags(session: Session, playbook: Playbook, ids: Collection[str], run_id: str) -> Tidied:
    """Opens, rewords and settles the flags of some prospects, once they are scored."""
    material = _material(session, playbook, ids)
    book = FlagBook.of(session, ids, agent(run_id))
    old = stale(session, playbook, utc_now().date(), ids)
    odd = anomalies(session, playbook, material)
    done = Tidied()
    for prospect in material.prospects:
        people = material.contacts[prospect.id]
        for problem in problems(playbook, prospect, people, old.get(prospect.id, ()), odd.get(prospect.id, ())):
            kept = book.keep_up(prospect.id, problem)
            done.flags += kept.opened
            done.settled += kept.settled
    session.flush()
    return done


def watched(session: Session, playbook: Playbook, today: date) -> list[str]:
    """The prospects whose flags may change although nothing of them did: by a day passing, a tender, a signal."""
    flagged = select(HygieneFlag.prospect_id).where(
        HygieneFlag.flag_type.in_((FlagType.STALE_DATA.value, FlagType.SCORE_ANOMALY.value)),
        HygieneFlag.resolved_at.is_(None),
    )
    tenders = select(BidAlert.matched_prospect_id).where(
        BidAlert.status == BidStatus.MATCHED.value, BidAlert.due_date >= today
    )
    signals = select(Signal.account_id).where(or_(Signal.expires_at.is_(None), Signal.expires_at >= today))
    return list(
        session.scalars(
            select(Prospect.id)
            .where(
                Prospect.playbook == playbook.name,
                Prospect.tier.is_not(None),
                or_(Prospect.id.in_(flagged), Prospect.id.in_(tenders), Prospect.account_id.in_(signals)),
            )
            .order_by(Prospect.id)
        )
    )


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
