"""Finding people and organisations by words of their names."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from db.models import Contact, Prospect

MOST_WORDS = 8


@dataclass(frozen=True)
class Person:
    """A person who was found."""

    contact_id: str
    full_name: str
    title: str | None
    organisation: str
    playbook: str
    tier: str | None
    stage: str
    status: str
    do_not_contact: bool


@dataclass(frozen=True)
class Organisation:
    """An organisation that was found, with how many people are known there."""

    prospect_id: str
    name: str
    city: str | None
    state: str | None
    playbook: str
    tier: str | None
    score: int | None
    status: str
    people: int


def find_people(session: Session, words: str, *, playbook: str | None = None, limit: int = 20) -> list[Person]:
    """People in whose name, title, address or organisation every word occurs, the best prospects first."""
    statement = (
        select(
            Contact.id,
            Contact.full_name,
            Contact.title,
            Prospect.name,
            Prospect.playbook,
            Prospect.tier,
            Contact.stage,
            Contact.status,
            Contact.do_not_contact,
        )
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(
            Contact.deleted_at.is_(None),
            Prospect.deleted_at.is_(None),
            _said(words, Contact.full_name, Contact.title, Contact.email, Prospect.name),
        )
        .order_by(Prospect.icp_score.desc().nulls_last(), Contact.full_name, Contact.id)
    )
    return [Person(*row) for row in _rows(session, statement, playbook, limit)]


def find_organisations(
    session: Session, words: str, *, playbook: str | None = None, limit: int = 20
) -> list[Organisation]:
    """Organisations in whose name, town or state every word occurs, the best prospects first."""
    people = (
        select(func.count(Contact.id))
        .where(Contact.prospect_id == Prospect.id, Contact.deleted_at.is_(None))
        .correlate(Prospect)
        .scalar_subquery()
    )
    statement = (
        select(
            Prospect.id,
            Prospect.name,
            Prospect.city,
            Prospect.state,
            Prospect.playbook,
            Prospect.tier,
            Prospect.icp_score,
            Prospect.status,
            people,
        )
        .where(Prospect.deleted_at.is_(None), _said(words, Prospect.name, Prospect.city, Prospect.state))
        .order_by(Prospect.icp_score.desc().nulls_last(), Prospect.name, Prospect.id)
    )
    return [Organisation(*row) for row in _rows(session, statement, playbook, limit)]


def _rows(session: Session, statement: Any, playbook: str | None, limit: int) -> Any:
    narrowed = statement if playbook is None else statement.where(Prospect.playbook == playbook)
    return session.execute(narrowed.limit(limit))


def _said(words: str, *columns: Any) -> ColumnElement[bool]:
    """Every word in one of the columns; `%` and `_` are themselves."""
    parts: Sequence[str] = words.split()[:MOST_WORDS]
    return and_(*(or_(*(column.icontains(part, autoescape=True) for column in columns)) for part in parts))
