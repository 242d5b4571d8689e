"""Rows that a step needs together, fetched by one statement, which is built once.

A row alone takes about as long to fetch as four that are joined. Hold on to what is given back: a session keeps what it
has fetched only while somebody does, and gives it to `get`, `get_one` and relationships without asking again.
"""

from functools import cache

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, contains_eager

from db.models import Contact, MessageDraft, MessageVersion, Prospect


@cache
def _contact() -> Select[Contact]:
    return (
        select(Contact)
        .outerjoin(Contact.prospect)
        .outerjoin(Prospect.account)
        .options(contains_eager(Contact.prospect).contains_eager(Prospect.account))
        .where(Contact.id == bindparam("contact_id"))
    )


@cache
def _draft() -> Select[MessageDraft, MessageVersion]:
    version = (MessageVersion.draft_id == MessageDraft.id) & (MessageVersion.version == MessageDraft.version)
    return (
        select(MessageDraft, MessageVersion)
        .outerjoin(MessageVersion, version)
        .outerjoin(MessageDraft.contact)
        .outerjoin(Contact.prospect)
        .options(contains_eager(MessageDraft.contact).contains_eager(Contact.prospect))
        .where(MessageDraft.id == bindparam("draft_id"))
    )


def with_organisation(session: Session, contact_id: str) -> Contact | None:
    """A person with their prospect and its account; None where they are not there or were deleted."""
    return session.scalars(_contact(), {"contact_id": contact_id}).one_or_none()


def with_recipient(session: Session, draft_id: str) -> tuple[MessageDraft, MessageVersion | None]:
    """A draft, with whom it is for and their prospect, and its current version. Raises NoResultFound."""
    draft, version = session.execute(_draft(), {"draft_id": draft_id}).one()
    return draft, version
