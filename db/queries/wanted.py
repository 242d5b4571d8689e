"""Whom a run is asked to write to: filters on prospects and their people, and the values that the records know."""

import re
from collections.abc import Collection, Sequence
from datetime import date
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    String,
    bindparam,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from db.enums import PersonaType, ProspectTier, SignalType, State, VenueType
from db.models import Account, Contact, ExternalId, Prospect, Signal
from db.queries.mappings import headers_for

MOST_INDUSTRIES = 80
MOST_NUMBER = 2_147_483_647
"""What an INTEGER column holds on PostgreSQL: no database compares it with more."""


class Wanted(BaseModel):
    """Filters on who is written to. An empty list, and None, leave everybody in.

    Texts are compared without regard to case. Bounds are inclusive; a record that does not know the number is left
    out by a bound on it.
    """

    model_config = ConfigDict(extra="forbid")

    organisations: list[str] = Field(default=[], description="names of single organisations")
    states: list[str] = Field(default=[], description="US states by postal code, as OH")
    cities: list[str] = []
    venues: list[VenueType] = Field(default=[], description="kinds of school, or company")
    conferences: list[str] = Field(default=[], description="athletic conferences")
    industries: list[str] = []
    tiers: list[ProspectTier] = []
    personas: list[PersonaType] = []
    signals: list[SignalType] = Field(default=[], description="only who has one of these signals, not yet expired")
    sources: list[str] = Field(default=[], description="only who was imported from one of these")
    least_seats: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    most_seats: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    least_students: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    most_students: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    least_employees: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    most_employees: int | None = Field(default=None, ge=0, le=MOST_NUMBER)
    lights_at_least_years: int | None = Field(
        default=None, ge=0, le=MOST_NUMBER, description="age of the present lights"
    )
    built_before: int | None = Field(default=None, ge=1800, le=2100, description="the stadium, by year")
    built_after: int | None = Field(default=None, ge=1800, le=2100)

    def of_prospects(self, session: Session, playbook: str, today: date) -> list[ColumnElement[bool]]:
        """Conditions on a query that selects from prospects joined with accounts. `session` is asked which columns of
        the sources' own records hold a year of building."""
        found: list[ColumnElement[bool]] = []
        for column, values in (
            (Prospect.name, self.organisations),
            (Prospect.city, self.cities),
            (Prospect.conference, self.conferences),
        ):
            if values:
                found.append(_any_of(column, values))
        if self.venues:
            found.append(Prospect.venue_type.in_([venue.value for venue in self.venues]))
        if self.tiers:
            found.append(Prospect.tier.in_([tier.value for tier in self.tiers]))
        if self.states:
            found.append(or_(*(_in_state(code) for code in self.states)))
        if self.industries:
            found.append(
                or_(_any_of(Account.industry, self.industries), _any_of(Account.sub_industry, self.industries))
            )
        if self.signals:
            found.append(
                exists().where(
                    Signal.account_id == Prospect.account_id,
                    Signal.signal_type.in_([signal.value for signal in self.signals]),
                    Signal.expires_at.is_(None) | (Signal.expires_at >= today),
                )
            )
        if self.sources:
            found.append(
                exists().where(
                    ExternalId.table_name == Account.__tablename__,
                    ExternalId.record_id == Prospect.account_id,
                    _any_of(ExternalId.source, self.sources),
                )
            )
        if self.built_before is not None or self.built_after is not None:
            found.append(self._built(headers_for(session, playbook, "year_built")))
        return found + self._bounds()

    def of_contacts(self) -> list[ColumnElement[bool]]:
        """Conditions on a query that selects from contacts."""
        return [Contact.persona_type.in_([p.value for p in self.personas])] if self.personas else []

    def _built(self, headers: Collection[str]) -> ColumnElement[bool]:
        """By the year as the sources wrote it, which is nobody's column. Four digits compare as text."""
        after, before = str((self.built_after or 999) + 1), str((self.built_before or 2200) - 1)
        years = [func.substr(ExternalId.payload[h].as_string(), 1, 4) for h in headers if '"' not in h]
        return exists().where(
            ExternalId.table_name == Account.__tablename__,
            ExternalId.record_id == Prospect.account_id,
            or_(false(), *(year.between(after, before) for year in years)),
        )

    def _bounds(self) -> list[ColumnElement[bool]]:
        least: tuple[tuple[Any, int | None], ...] = (
            (Prospect.seating_capacity, self.least_seats),
            (Prospect.enrollment, self.least_students),
            (Account.employee_count, self.least_employees),
            (Prospect.current_lighting_age_years, self.lights_at_least_years),
        )
        most: tuple[tuple[Any, int | None], ...] = (
            (Prospect.seating_capacity, self.most_seats),
            (Prospect.enrollment, self.most_students),
            (Account.employee_count, self.most_employees),
        )
        lower = [column >= bound for column, bound in least if bound is not None]
        return lower + [column <= bound for column, bound in most if bound is not None]


def _any_of(column: InstrumentedAttribute[Any], values: Sequence[str]) -> ColumnElement[bool]:
    return func.lower(column).in_([value.lower() for value in values])


def _in_state(code: str) -> ColumnElement[bool]:
    """`prospects.state` tells the five states of the territory apart; the others stand in the account's place."""
    if code in {state.value for state in State}:
        return Prospect.state == code
    place = Account.hq_location
    return place.like(f"%, {code}") | place.like(f"%, {code}, %") | place.like(f"{code}, %")


def known_values(session: Session, playbook: str, text: str) -> dict[str, list[str]]:
    """What the records call things, by the filter's name: all industries, and whatever else stands in `text`."""
    named: dict[str, list[str]] = {}
    for filter_name, value in session.execute(_named(), {"playbook": playbook, "said": text.lower()}):
        named.setdefault(filter_name, []).append(value)
    known = {name: _standing_in(text, named.get(name, [])) for name in ("organisations", "cities", "conferences")}
    # All that are named, and the commonest: a goal may mean an industry without using its name.
    industries = [*_standing_in(text, named.get("industries", [])), *session.scalars(_common(), {"playbook": playbook})]
    return {
        **known,
        "industries": list(dict.fromkeys(industries)),
        "sources": _standing_in(text, named.get("sources", [])),
    }


@cache
def _named() -> CompoundSelect[Any]:
    """Which values of the columns that filters name stand in `said`, for a `playbook`: the filter and the value. One
    statement for all, built once: it is asked for every goal."""
    said = bindparam("said", type_=String)

    def of(filter_name: str, column: InstrumentedAttribute[Any]) -> Select[Any]:
        return select(literal(filter_name), column).where(column != "", said.contains(func.lower(column)))

    def of_prospects(filter_name: str, column: InstrumentedAttribute[Any]) -> Select[Any]:
        return (
            of(filter_name, column)
            .select_from(Prospect)
            .join(Account)
            .where(Prospect.playbook == bindparam("playbook"), Prospect.deleted_at.is_(None))
        )

    return union(
        of_prospects("organisations", Prospect.name),
        of_prospects("cities", Prospect.city),
        of_prospects("conferences", Prospect.conference),
        of_prospects("industries", Account.industry),
        of_prospects("industries", Account.sub_industry),
        of("sources", ExternalId.source),
    )


@cache
def _common() -> Select[Any]:
    """The industries with most of a `playbook`'s prospects."""
    return (
        select(Account.industry)
        .join(Prospect)
        .where(Prospect.playbook == bindparam("playbook"), Account.industry != "")
        .group_by(Account.industry)
        .order_by(func.count().desc(), Account.industry)
        .limit(MOST_INDUSTRIES)
    )


def _standing_in(text: str, values: Sequence[str]) -> list[str]:
    """The values that stand in the text as whole words, longest first."""
    folded = text.lower()
    found = {v for v in values if re.search(rf"(?<!\w){re.escape(v.lower())}(?!\w)", folded)}
    return sorted(found, key=lambda v: (-len(v), v))
