"""People whom a page or a reply names: suggestions, until a person takes one in as a contact (referral_suggestions)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.enums import ContactSource, EntityType, FactField, ReferralStatus, ReplyIntent
from db.models import Contact, Prospect, ReferralSuggestion, Reply, ResearchFact, ResearchSnapshot
from db.models.research import REFERRAL
from db.queries.references import the_one
from db.suppressions import is_suppressed
from tools.hygiene.contact_titles import classify_contact, learned_titles
from tools.normalise import email as tidy_email
from tools.normalise import person_name
from tools.replies.handled import mark_handled
from tools.titles import classify
from tools.web.people import Person

_CERTAIN = 5
_QUOTED = 500


class SuggestionNotFound(LookupError):
    """No open suggestion has this id, or several have; the message says which."""


class CannotAccept(Exception):
    """The suggestion cannot become a contact; the message says why."""


def suggest(session: Session, *, contact_id: str, people: Iterable[Person], personas: Collection[str], url: str) -> int:
    """Keeps the people of a page who are of the wanted personas, each once for an organisation; how many are new.

    Left out: who is a contact there already or was suggested before, decided or not, and whose address is suppressed.
    """
    prospect_id = session.get_one(Contact, contact_id).prospect_id
    known = {
        _key(name)
        for name in session.scalars(
            select(Contact.full_name).where(Contact.prospect_id == prospect_id).execution_options(include_deleted=True)
        )
    } | {
        _key(name or "")
        for name in session.scalars(
            select(ReferralSuggestion.name)
            .join(Contact, Contact.id == ReferralSuggestion.contact_id)
            .where(Contact.prospect_id == prospect_id)
            .execution_options(include_deleted=True)
        )
    }
    new = 0
    for person in people:
        title = classify(person.title)
        address = tidy_email(person.email)
        if title is None or title.persona_type not in personas or _key(person.name) in known:
            continue
        if address and is_suppressed(session, address):
            continue
        known.add(_key(person.name))
        session.add(
            ReferralSuggestion(
                contact_id=contact_id,
                name=person.name,
                title=person.title,
                email=address,
                note=f"{url}: {' '.join(person.quote.split())}",
            )
        )
        new += 1
    session.flush()
    return new


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


@dataclass(frozen=True)
class Suggestion:
    """One suggestion as a person sees it; `beside` is the contact through whom it came."""

    id: str
    created_at: datetime
    status: str
    organisation: str
    playbook: str
    name: str | None
    title: str | None
    email: str | None
    beside: str | None
    note: str | None


def listed(
    session: Session, *, playbook: str | None = None, status: str | None = "open", limit: int | None = None
) -> list[Suggestion]:
    """The suggestions, the oldest first; `status` None gives decided ones too."""
    statement = (
        select(ReferralSuggestion, Contact, Prospect)
        .join(Contact, Contact.id == ReferralSuggestion.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .order_by(ReferralSuggestion.created_at, ReferralSuggestion.id)
        .limit(limit)
    )
    if status is not None:
        statement = statement.where(ReferralSuggestion.status == status)
    if playbook is not None:
        statement = statement.where(Prospect.playbook == playbook)
    return [
        Suggestion(
            row.id,
            row.created_at,
            row.status,
            prospect.name,
            prospect.playbook,
            row.name,
            row.title,
            row.email,
            contact.full_name,
            row.note,
        )
        for row, contact, prospect in session.execute(statement)
    ]


def _find(session: Session, reference: str) -> ReferralSuggestion:
    return the_one(
        session,
        select(ReferralSuggestion).where(ReferralSuggestion.status == ReferralStatus.OPEN.value),
        ReferralSuggestion.id,
        reference,
        what="open suggestion",
        listed="outreach research people",
        error=SuggestionNotFound,
    )


def accept(session: Session, reference: str, *, by: str, email: str | None = None) -> Contact:
    """Makes a suggestion a contact of the organisation that it was found for, by a person's word.

    Args:
        session: a session that writes, acting as the person.
        reference: the suggestion's id, or its beginning.
        by: the actor.
        email: an address that the person knows, in place of the page's.

    Raises SuggestionNotFound; CannotAccept where there is no name, the address is none, is suppressed, or is another
    contact's of the organisation.
    """
    row = _find(session, reference)
    beside = session.get_one(Contact, row.contact_id)
    address = tidy_email(email if email is not None else row.email)
    if email is not None and address is None:
        raise CannotAccept(f"'{email}' is no e-mail address.")
    if not row.name:
        raise CannotAccept("The suggestion has no name.")
    if address and is_suppressed(session, address):
        raise CannotAccept(f"{address} is on the list of those who must not be written to.")
    others = session.scalars(select(Contact).where(Contact.prospect_id == beside.prospect_id)).all()
    if any(
        _key(other.full_name) == _key(row.name) or (address and (other.email or "").lower() == address.lower())
        for other in others
    ):
        raise CannotAccept(f"{row.name} is a contact there already.")
    first, last = person_name(row.name)
    contact = Contact(
        account_id=beside.account_id,
        prospect_id=beside.prospect_id,
        first_name=first,
        last_name=last,
        title=row.title,
        email=address,
        source=(ContactSource.REFERRAL if row.reply_id else ContactSource.MANUAL).value,
        notes=row.note,
    )
    classify_contact(contact, learned_titles(session))
    session.add(contact)
    _decide(row, ReferralStatus.ACCEPTED, by)
    if row.reply is not None:
        session.flush()
        _keep_referral(session, row.reply, beside, contact)
        mark_handled(session, row.reply, f"took {row.name} in as a contact", datetime.now(UTC))
    session.flush()
    return contact


def _keep_referral(session: Session, reply: Reply, referrer: Contact, contact: Contact) -> None:
    """Keeps that somebody referred us to a contact as a fact, with their words: the introduction may then say so."""
    if reply.intent != ReplyIntent.REFERRAL.value or not referrer.full_name:
        return
    snapshot = ResearchSnapshot(
        contact_id=contact.id,
        account_id=contact.account_id,
        entity_type=EntityType.PERSON.value,
        summary=reply.summary,
        confidence_score=_CERTAIN,
    )
    session.add(snapshot)
    session.flush()
    session.add(
        ResearchFact(
            snapshot_id=snapshot.id,
            account_id=contact.account_id,
            prospect_id=contact.prospect_id,
            contact_id=contact.id,
            field=FactField.RESPONSIBILITIES.value,
            sentence=f"{referrer.full_name} suggested that I write to you.",
            quote=(reply.raw_text or reply.summary or "")[:_QUOTED],
            source_title=f"a reply of {referrer.full_name}",
            observed_on=(reply.replied_at or datetime.now(UTC)).date(),
            confidence=_CERTAIN,
            fact_key=f"{REFERRAL}{contact.id}",
        )
    )


def dismiss(session: Session, reference: str, *, by: str) -> ReferralSuggestion:
    """Puts a suggestion away; the same person is not suggested there again. Raises SuggestionNotFound."""
    row = _find(session, reference)
    _decide(row, ReferralStatus.DISMISSED, by)
    session.flush()
    return row


def _decide(row: ReferralSuggestion, status: ReferralStatus, by: str) -> None:
    row.status, row.decided_by, row.decided_at = status.value, by, datetime.now(UTC)


def told(contact: Contact) -> dict[str, Any]:
    """A contact that was just made, for the screen."""
    return {"contact_id": contact.id, "name": contact.full_name, "title": contact.title, "email": contact.email}
