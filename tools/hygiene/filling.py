"""Fills what follows from what is known: size, timezone, budget cycle, likely objection, engagement.

Blanks only, but for what nothing else writes (engagement, personalization) and an objection that is the playbook's own
text. Where nothing is known, nothing is written.
"""

from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ContactStatus
from db.models import Account, Contact, MessageDraft, Prospect, ResearchFact
from playbooks import Playbook
from tools.engagement import engagement
from tools.normalise import account_tier, country_code, email_hints, employee_band, state_code, timezone_of
from tools.scoring.reading import Material

_DOES_NOT_REACH: Final = ("disposable", "misspelt_domain")


def fill(session: Session, playbook: Playbook, material: Material) -> int:
    """Fills the organisations and people of a chunk; how many of them changed."""
    facts = _facts(session, [prospect.account_id for prospect in material.prospects])
    people = [person for prospect in material.prospects for person in material.contacts[prospect.id]]
    points = engagement(session, [person.id for person in people])
    best = _personalization(session, [person.id for person in people])
    changed = 0
    for prospect in material.prospects:
        changed += _fill_organisation(playbook, prospect)
        for person in material.contacts[prospect.id]:
            known = facts[prospect.account_id]
            before = _values(person)
            person.timezone = person.timezone or zone_of(person, prospect)
            if person.email_verified is None and does_not_reach(person.email):
                person.email_verified = False
            barred = person.status == ContactStatus.DO_NOT_CONTACT.value
            person.engagement_score = 0 if barred else points.get(person.id, 0)
            person.personalization_score = best.get(person.id, person.personalization_score)
            _predict(playbook, prospect, person, known)
            changed += before != _values(person)
    return changed


def _values(person: Contact) -> tuple[object, ...]:
    return (
        person.timezone, person.email_verified, person.engagement_score, person.personalization_score,
        person.predicted_objection, person.objection_response,
    )  # fmt: skip


def zone_of(person: Contact, prospect: Prospect) -> str | None:
    """The IANA timezone of a person's place, else of the organisation's; None where neither tells."""
    home = _place(prospect.account.hq_location)
    city, state, country = _place(person.location)
    if state is not None or country is not None:
        found = timezone_of(city, state, country)
        if found is not None:
            return found
    elif city is not None and home[2] is not None:
        # 'Toronto, ON' is where the organisation is, and that names its country.
        found = timezone_of(city, None, home[2])
        if found is not None:
            return found
    return timezone_of(*home) or timezone_of(prospect.city, state_code(prospect.state), None)


def _place(text: str | None) -> tuple[str | None, str | None, str | None]:
    """City, state and country of 'Akron, OH', 'Akron, OH, USA' or 'Toronto, ON, Canada'."""
    parts = [part.strip() for part in (text or "").split(",") if part.strip()]
    if not parts:
        return None, None, None
    state = next((code for part in parts[1:] if (code := state_code(part))), None)
    country = None if state else next((part for part in reversed(parts[1:]) if country_code(part)), None)
    return parts[0], state, country


def does_not_reach(address: str | None) -> bool:
    """Whether an address is one that a message should not go to: misspelt, or thrown away after use."""
    return any(hint.startswith(_DOES_NOT_REACH) for hint in email_hints(address))


def _fill_organisation(playbook: Playbook, prospect: Prospect) -> bool:
    account: Account = prospect.account
    changed = False
    for name, value in (
        ("employee_band", employee_band(account.employee_count)),
        ("tier", account_tier(account.employee_count)),
    ):
        if value is not None and getattr(account, name) is None:
            setattr(account, name, value)
            changed = True
    if prospect.budget_cycle_month is None:
        month = playbook.fiscal_month(prospect.venue_type, prospect.state, prospect.name)
        changed = changed or month is not None
        prospect.budget_cycle_month = month
    return changed


def _predict(playbook: Playbook, prospect: Prospect, person: Contact, facts: str) -> None:
    """OCC, contacts.predicted_objection and objection_response: the playbook's likeliest for this person."""
    ours = {objection.text for objection in playbook.objections}
    if person.predicted_objection is not None and person.predicted_objection not in ours:
        return
    if person.persona_type is None:
        return
    found = playbook.objection_for(person.persona_type, prospect.venue_type, facts)
    if found is not None:
        person.predicted_objection, person.objection_response = found.text, found.response


def _facts(session: Session, account_ids: Collection[str]) -> dict[str, str]:
    """All that research kept of each organisation, as one text."""
    said: dict[str, list[str]] = defaultdict(list)
    for account_id, sentence in session.execute(
        select(ResearchFact.account_id, ResearchFact.sentence)
        .where(ResearchFact.account_id.in_(account_ids))
        .order_by(ResearchFact.created_at, ResearchFact.id)
    ):
        said[account_id].append(sentence)
    return defaultdict(str, {account_id: " ".join(sentences) for account_id, sentences in said.items()})


def _personalization(session: Session, contact_ids: Collection[str]) -> dict[str, int]:
    """OCC, contacts.personalization_score: that of the person's best message."""
    rows = session.execute(
        select(MessageDraft.contact_id, func.max(MessageDraft.personalization_score))
        .where(MessageDraft.contact_id.in_(contact_ids), MessageDraft.personalization_score.is_not(None))
        .group_by(MessageDraft.contact_id)
    )
    return {contact_id: score for contact_id, score in rows if score is not None}
