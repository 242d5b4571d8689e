"""Rows that a person names: by an id that was shown to them, or the beginning of one; people also as they are known."""

import re
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.models import Contact

T = TypeVar("T")
_LEAST_DIGITS = 7  # of a phone number: without its area code
_NUMBER = re.compile(r"[\d\s()+./;=-]+(?:ext[.=\s]*\d+)?", re.IGNORECASE)


class ContactNotFound(LookupError):
    """Nobody is known by what a person said, or several are; the message says which, in a sentence."""


def prefix_in(reference: str) -> str | None:
    """What a person gave, as the beginning of an id: 1 to 32 hex digits, in lower case. None where it can be none."""
    prefix = reference.strip().lower()
    return prefix if re.fullmatch(r"[0-9a-f]{1,32}", prefix) else None


def begins(column: InstrumentedAttribute[str], prefix: str) -> ColumnElement[bool]:
    """Whether an id begins so. Two bounds rather than LIKE: the key's index serves them on both databases."""
    return and_(column >= prefix, column <= prefix + "g")


def the_one(
    session: Session,
    statement: Select[T],
    column: InstrumentedAttribute[str],
    reference: str,
    *,
    what: str,
    listed: str,
    error: type[Exception],
) -> T:
    """The one row of `statement` whose id, in `column`, begins as a person said.

    Raises `error` in words where it is no id (`listed` names the command that lists them), where none fits, or several.
    """
    prefix = prefix_in(reference)
    if prefix is None:
        raise error(f"'{reference}' is no id: give one that `{listed}` lists, or its beginning.")
    found: list[Any] = list(session.scalars(statement.where(begins(column, prefix)).limit(2)))
    if not found:
        raise error(f"There is no {what} whose id begins with {prefix}.")
    if len(found) > 1:
        raise error(f"Several ids begin with {prefix}; give more of it.")
    one: T = found[0]
    return one


def find_contact(session: Session, reference: str) -> Contact:
    """The contact of an id, the beginning of one, an address, a phone number or a full name. Raises ContactNotFound."""
    wanted = reference.strip()
    prefix = prefix_in(wanted)
    if prefix is not None and len(prefix) >= 4:
        fits = begins(Contact.id, prefix)
    else:
        literal = re.sub(r"([\\%_])", r"\\\1", wanted)
        fits = or_(Contact.email.ilike(literal, escape="\\"), Contact.full_name.ilike(literal, escape="\\"))
    found = list(session.scalars(select(Contact).where(fits).limit(2)))
    if not found and _NUMBER.fullmatch(wanted):
        found = _by_phone(session, re.sub(r"\D", "", wanted))
    if not found:
        raise ContactNotFound(f"There is no contact '{reference}'.")
    if len(found) > 1:
        ids = ", ".join(contact.id[:8] for contact in found)
        raise ContactNotFound(f"Several contacts are '{reference}'; give an id: {ids} …")
    return found[0]


def _by_phone(session: Session, digits: str) -> list[Contact]:
    """At most two contacts whose number ends so; how a number is written does not matter."""
    if len(digits) < _LEAST_DIGITS:
        return []
    phones = session.execute(select(Contact.id, Contact.phone).where(Contact.phone.is_not(None)))
    fitting = [contact_id for contact_id, phone in phones if re.sub(r"\D", "", phone or "").endswith(digits)]
    return [session.get_one(Contact, contact_id) for contact_id in fitting[:2]]
