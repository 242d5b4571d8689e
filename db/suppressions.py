"""Do not contact: what a person's decision, an opt-out, a complaint or a dead address changes, everywhere at once."""

from collections.abc import Iterable, Sequence
from functools import cache

from sqlalchemy import Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from db.enums import ContactStatus, FollowupState, SequenceStatus, SuppressionKind
from db.lifecycle import LIVE, OPEN, move_followup, move_sequence
from db.models import Contact, Followup, OutreachSequence, Suppression

_AT_A_TIME = 400
"""Addresses asked about in one statement: an address and the domains above it are a handful of parameters."""


def is_suppressed(session: Session, email: str | None) -> bool:
    """Whether the address, its domain, or a domain above that is suppressed."""
    return bool(suppressed_among(session, [email]))


def suppressed_among(session: Session, emails: Iterable[str | None]) -> set[str]:
    """Those of the addresses that are suppressed, by themselves, by their domain or by a domain above that, each as
    `plain_address` writes it."""
    wanted = {address: domains_of(address) for email in emails if "@" in (address := plain_address(email))}
    found: set[str] = set()
    for start in range(0, len(wanted), _AT_A_TIME):
        some = list(wanted.items())[start : start + _AT_A_TIME]
        addresses, domains = [address for address, _ in some], {domain for _, above in some for domain in above}
        rows = session.execute(_among(), {"addresses": addresses, "domains": list(domains)}).all()
        barred = {value for kind, value in rows if kind == SuppressionKind.DOMAIN.value}
        alone = {value for kind, value in rows if kind == SuppressionKind.ADDRESS.value}
        found |= {address for address, above in some if address in alone or barred.intersection(above)}
    return found


@cache
def _among() -> Select[str, str]:
    """Built once: it is asked about each draft, again and again."""
    address = Suppression.value.in_(bindparam("addresses", expanding=True))
    domain = Suppression.value.in_(bindparam("domains", expanding=True))
    return select(Suppression.kind, Suppression.value).where(
        or_(
            and_(Suppression.kind == SuppressionKind.ADDRESS.value, address),
            and_(Suppression.kind == SuppressionKind.DOMAIN.value, domain),
        )
    )


def plain_address(email: str | None) -> str:
    """An address as suppressions have it: trimmed, in lower case."""
    return (email or "").strip().lower()


def domains_of(address: str) -> list[str]:
    """The domain of an address and those above it: of 'x@a.b.example' a.b.example, b.example and example."""
    labels = address.rpartition("@")[2].split(".")
    return [".".join(labels[start:]) for start in range(len(labels))]


def ground(kind: str, reason: str | None) -> str:
    """Why a contact is do-not-contact whose address, or its domain, was on the list before the contact was there."""
    return f"suppressed {kind}: {reason or 'no reason on file'}"


def suppress_address(
    session: Session, address: str, *, reason: str, source: str, contact_id: str | None = None
) -> list[Contact]:
    """Suppresses an address, first of all; then everybody who has it becomes do-not-contact. Idempotent.

    Returns the contacts that it concerned.
    """
    value = address.strip().lower()
    if not value:
        return []
    known = session.scalar(
        select(Suppression.id).where(Suppression.kind == SuppressionKind.ADDRESS.value, Suppression.value == value)
    )
    if known is None:
        session.add(
            Suppression(
                kind=SuppressionKind.ADDRESS.value, value=value, reason=reason, source=source, contact_id=contact_id
            )
        )
        session.flush()
    owners = list(session.scalars(select(Contact).where(func.lower(Contact.email) == value)))
    for owner in owners:
        do_not_contact(session, owner, reason)
    return owners


def bar_contact(session: Session, contact: Contact, *, reason: str, source: str) -> None:
    """Never to be contacted again: the person, and their address wherever it turns up. Idempotent."""
    if contact.email:
        suppress_address(session, contact.email, reason=reason, source=source, contact_id=contact.id)
    do_not_contact(session, contact, reason)


def do_not_contact(session: Session, contact: Contact, reason: str) -> None:
    """Marks a contact as do-not-contact, stops its sequences and skips what was planned. Idempotent.

    The first reason is kept. The address is not suppressed: that is `bar_contact`.
    """
    if contact.status != ContactStatus.DO_NOT_CONTACT.value:
        contact.status, contact.do_not_contact = ContactStatus.DO_NOT_CONTACT.value, True
        contact.dnc_reason = reason
    session.flush()
    stop_sequences(session, contact)
    skip_followups(session, contact)


def mark_bounced(session: Session, contact: Contact) -> None:
    """The contact's address is dead: no mail goes there, its sequences stop, what was planned is skipped. Idempotent.

    Nobody asked for silence: the contact can be reached otherwise, and by mail again once a person gives an address.
    """
    if contact.status in (ContactStatus.ACTIVE.value, ContactStatus.DORMANT.value):
        contact.status = ContactStatus.BOUNCED.value
    contact.email_verified = False
    stop_sequences(session, contact)
    skip_followups(session, contact)


def stop_sequences(session: Session, contact: Contact) -> None:
    """Stops every sequence of a contact that could still go on."""
    for sequence in session.scalars(
        select(OutreachSequence).where(OutreachSequence.contact_id == contact.id, OutreachSequence.status.in_(LIVE))
    ):
        move_sequence(session, sequence, SequenceStatus.STOPPED.value)


def open_followups(session: Session, contact: Contact) -> Sequence[Followup]:
    """The contact's follow-ups that are neither done nor skipped."""
    return session.scalars(
        select(Followup).where(
            Followup.contact_id == contact.id,
            Followup.state.in_(OPEN),
        )
    ).all()


def skip_followups(session: Session, contact: Contact) -> None:
    """Skips the contact's open follow-ups."""
    for followup in open_followups(session, contact):
        move_followup(session, followup, FollowupState.SKIPPED.value)
