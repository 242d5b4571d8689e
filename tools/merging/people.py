"""Finds people who may stand in the list twice."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from db.enums import FlagSeverity, FlagType
from db.models import AgentAuditLog, Contact, HygieneFlag, Prospect
from tools.dedupe import engine
from tools.dedupe.columns import Means
from tools.dedupe.names import same_person_name
from tools.dedupe.records import Record, prepare
from tools.journal import note
from tools.merging.organisations import PEOPLE_ALIKE, undone_merges
from tools.normalise import state_code

_IDENTIFIES: Final = frozenset(("the same email", "the same LinkedIn page", "the same phone"))
_MEANINGS: Final[dict[str, Means | None]] = {
    "first": Means.GIVEN,
    "last": Means.SURNAME,
    "organisation": Means.NAME,
    "email": Means.EMAIL,
    "phone": Means.PHONE,
    "linkedin": Means.LINKEDIN,
    "city": Means.CITY,
    "state": Means.STATE,
}


@dataclass(frozen=True)
class PeoplePair:
    """Two contacts of one playbook; `likeness` is the probability in percent. `certain`: nothing speaks against it,
    and an address, a phone or a LinkedIn page speaks for it."""

    first: Contact
    second: Contact
    likeness: float
    why: str
    certain: bool


def people_pairs(session: Session, playbook: str, fresh: Set[str] | None = None) -> list[PeoplePair]:
    """The pairs that nobody was told of yet, likeliest first.

    `fresh`: ids of contacts of which a pair must have at least one; None compares all with all.
    """
    people = session.scalars(
        select(Contact)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(Prospect.playbook == playbook)
        .options(joinedload(Contact.account))
        .order_by(Contact.created_at, Contact.id)
    ).all()
    places = None
    if fresh is not None:
        places = {place for place, person in enumerate(people) if person.id in fresh}
        if not places:
            return []
    records = [_record(place, person) for place, person in enumerate(people)]
    told = _told(session) | undone_merges(session, "contacts")
    accounts = [person.account_id for person in people]

    def separate(a: Record, b: Record) -> bool:
        # One office has one phone and one street; another given name there is another person.
        given = bool(a.given and b.given) and a.given != b.given and not same_person_name(a.given, b.given)
        strangers = accounts[a.place] != accounts[b.place] and not _shares(a, b)
        return strangers or (given and not _shares(a, b))

    found: list[PeoplePair] = []
    for pair in engine.find(records, people=True, separate=separate, fresh=places).pairs:
        first, second = people[pair.one], people[pair.other]
        if frozenset((first.id, second.id)) in told:
            continue
        said = {evidence.words for evidence in pair.evidence}
        certain = pair.verdict is engine.Verdict.CERTAIN and bool(said & _IDENTIFIES)
        # A father and a son at one school, behind one switchboard, have an address each.
        certain = certain and not _own_addresses(records[pair.one], records[pair.other])
        found.append(PeoplePair(first, second, round(100 * pair.probability, 1), pair.why(), certain))
    return found


def _shares(a: Record, b: Record) -> bool:
    return (bool(a.email) and a.email == b.email) or (bool(a.linkedin) and a.linkedin == b.linkedin)


def _own_addresses(a: Record, b: Record) -> bool:
    """Whether each has an address of its own at one host, and no LinkedIn page says that they are one all the same."""
    if not a.email or not b.email or a.email == b.email or (a.linkedin and a.linkedin == b.linkedin):
        return False
    return a.email.rpartition("@")[2] == b.email.rpartition("@")[2]


def _record(place: int, person: Contact) -> Record:
    parts = [part.strip() for part in (person.location or "").split(",")]
    cells = {
        "first": person.first_name,
        "last": person.last_name,
        "organisation": person.account.name,
        "email": person.email,
        "phone": person.phone,
        "linkedin": person.linkedin_url,
        "city": parts[0],
        "state": next((code for part in parts[1:] if (code := state_code(part))), None),
    }
    return prepare(place, "", cells, _MEANINGS)


def _told(session: Session) -> set[frozenset[str]]:
    entries = session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == PEOPLE_ALIKE))
    return {frozenset(details["contacts"]) for details in entries if details}


def flag_people(session: Session, run_id: str, pairs: Sequence[PeoplePair]) -> int:
    """Flags doubtful pairs at the first one's prospect; how many flags are new."""
    new = 0
    for pair in pairs:
        first, second = pair.first, pair.second
        message = f"{_told_of(first)} and {_told_of(second)} may be one person: {pair.why}."
        known = session.scalars(
            select(HygieneFlag.id).where(
                HygieneFlag.prospect_id == first.prospect_id,
                HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value,
                HygieneFlag.message == message,
            )
        ).first()
        if known is None:
            flag = HygieneFlag(
                prospect_id=first.prospect_id,
                other_prospect_id=second.prospect_id if second.prospect_id != first.prospect_id else None,
                flag_type=FlagType.DUPLICATE_SUSPECT.value,
                severity=FlagSeverity.INFO.value,
                message=message,
                suggested_action="Compare the two; merge them or keep them apart.",
            )
            session.add(flag)
            session.flush()
            known, new = flag.id, new + 1
        note(
            session,
            run_id=run_id,
            agent="hygiene",
            action=PEOPLE_ALIKE,
            prospect_id=first.prospect_id,
            contact_id=first.id,
            details={"contacts": [first.id, second.id], "flag": known, "likeness": pair.likeness},
        )
    return new


def _told_of(person: Contact) -> str:
    return f"{person.full_name} ({person.title or person.email or 'no title'})"
