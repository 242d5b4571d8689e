"""SB's formula: eight dimensions of 1-10, weights of 1-5; the weighted mean times ten is the score of 0-100."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.enums import ContactRole, ContactStatus
from db.models import Contact, Prospect
from playbooks import Dimension, WeightedFormula


@dataclass(frozen=True)
class Part:
    """One dimension of a score: `score` out of `most`, its weight, and the reason in words.

    `known`: something of the record decided it, if only a stand-in.
    """

    dimension: str
    score: int
    most: int
    weight: int
    notes: str
    known: bool = True


_VENUES = {
    "college_d1": "a college of NCAA Division I",
    "college_d2": "a college of NCAA Division II",
    "college_d3": "a college of NCAA Division III",
    "college_naia": "a college of the NAIA",
    "high_school_6a": "a high school of class 6A",
    "high_school_5a": "a high school of class 5A",
    "high_school_4a": "a high school of class 4A",
    "high_school_3a": "a high school of class 3A",
    "high_school_other": "a high school",
    "company": "a company",
}


def said(value: str | None) -> str:
    """A value of the record in words: 'conference_network' is a conference network."""
    return _VENUES.get(value or "") or (value or "").replace("12_plus", "more than 12").replace("_", " ")


def band(bands: Sequence[tuple[float, int]], value: float, otherwise: int) -> int:
    """The score of the last band that a value reaches."""
    return next((score for start, score in reversed(bands) if value >= start), otherwise)


def parts_of(
    formula: WeightedFormula, prospect: Prospect, contacts: Sequence[Contact], year_built: int | None, this_year: int
) -> list[Part]:
    """The eight dimensions of a prospect, in the formula's order. `year_built`: of its stadium, where known."""
    judged = {
        "venue_type": _named(formula, "venue_type", prospect.venue_type, "venue type"),
        "geography": _named(formula, "geography", prospect.state, "state"),
        "budget_signals": _budget(formula.dimensions["budget_signals"], prospect),
        "current_lighting_age": _lights(formula.dimensions["current_lighting_age"], prospect, year_built, this_year),
        "night_game_frequency": _nights(formula.dimensions["night_game_frequency"], prospect),
        "broadcast_requirements": _broadcast(formula.dimensions["broadcast_requirements"], prospect),
        "decision_maker_access": _access(formula.dimensions["decision_maker_access"], contacts),
        "project_timeline": _named(
            formula, "project_timeline", prospect.estimated_project_timeline, "project timeline"
        ),
    }
    return [
        Part(name, score, 10, dimension.weight, notes, known)
        for name, dimension in formula.dimensions.items()
        for score, notes, known in [judged[name]]
    ]


def total(parts: Sequence[Part]) -> int:
    """The weighted mean of the parts on a scale of 0-100, rounded."""
    return round(10 * sum(p.score * p.weight for p in parts) / sum(p.weight for p in parts))


Judged = tuple[int, str, bool]
"""The score, the reason, and whether something of the record decided it."""


def _named(formula: WeightedFormula, name: str, value: str | None, what: str) -> Judged:
    dimension = formula.dimensions[name]
    if value is None or value == "unknown":
        return dimension.table.get("unknown", dimension.unknown), f"The {what} is not known.", False
    if value not in dimension.table:
        return dimension.unknown, f"The playbook has no mark for {said(value)} ({what}).", False
    subject = "It" if value in _VENUES else f"The {what}"
    return dimension.table[value], f"{subject} is {said(value)}.", True


def _budget(dimension: Dimension, prospect: Prospect) -> Judged:
    if prospect.enrollment is None:
        return dimension.unknown, "The enrollment is not known.", False
    return (
        band(dimension.bands, prospect.enrollment, dimension.unknown),
        f"{prospect.enrollment:,} students, as a sign of the budget.",
        True,
    )


def _lights(dimension: Dimension, prospect: Prospect, year_built: int | None, this_year: int) -> Judged:
    age = prospect.current_lighting_age_years
    if age is not None:
        return band(dimension.bands, age, dimension.unknown), f"The lights are {age} years old.", True
    if year_built is not None and dimension.proxy_bands:
        years = max(this_year - year_built, 0)
        return (
            band(dimension.proxy_bands, years, dimension.unknown),
            f"The age of the lights is not known; the stadium, built in {year_built}, stands in.",
            True,
        )
    return dimension.unknown, "Neither the age of the lights nor the year the stadium was built is known.", False


def _nights(dimension: Dimension, prospect: Prospect) -> Judged:
    if not prospect.has_night_games:
        return dimension.table.get("never", dimension.unknown), "There are no night games.", True
    sport = prospect.primary_sport
    if sport is not None and sport in dimension.proxy_table:
        return (
            dimension.proxy_table[sport],
            f"How often there are night games is not known; the sport, {said(sport)}, stands in.",
            True,
        )
    return dimension.unknown, "How often there are night games is not known, nor the sport.", False


def _broadcast(dimension: Dimension, prospect: Prospect) -> Judged:
    needs = prospect.broadcast_requirements
    if needs is not None:
        return dimension.table.get(needs, dimension.unknown), f"Broadcasts: {said(needs)}.", True
    if prospect.venue_type in dimension.proxy_table:
        return (
            dimension.proxy_table[prospect.venue_type],
            f"What broadcasts need is not known; that it is {said(prospect.venue_type)} stands in.",
            True,
        )
    return dimension.unknown, "What broadcasts need is not known.", False


def _access(dimension: Dimension, contacts: Sequence[Contact]) -> Judged:
    count = sum(
        1
        for contact in contacts
        if contact.email
        and contact.role == ContactRole.DECISION_MAKER.value
        and contact.status == ContactStatus.ACTIVE.value
    )
    people = "decision maker" if count == 1 else "decision makers"
    return band(dimension.bands, count, dimension.unknown), f"{count} {people} with an e-mail address.", True
