"""What kept facts say about a prospect's lights, broadcasts and timeline, and about a person: nothing without a fact.

The fields are SB's (prospects). A value that stands there already, from a person or a file, is left alone; one that
research put there is renewed. The journal names the fact behind each.
"""

import re
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from db.enums import BroadcastRequirements, EntityType, FactField, LightingType, ProjectTimeline
from db.models import AgentAuditLog, Contact, Prospect, ResearchFact, ResearchSnapshot
from tools.journal import note
from tools.qc import support
from tools.web.fact_words import VENUE

FILLED: Final = "field_from_fact"
EARLY_LED_UNTIL: Final = 2015
"""LED field lights put up until this year count as early ones; the specification draws no line."""
_LONGEST = 500
_LIGHTS = re.compile(r"\b(?:lights?|lighting|floodlights?|lamps?)\b", re.IGNORECASE)
_OPEN = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|propos\w+|consider\w*|would|could|(?-i:may)|might|will|hopes?|seek\w*|if|until|former\w*|"
    r"formerly|used to|old|previous|replac\w+|remov\w+|instead of)\b",
    re.IGNORECASE,
)
_HALIDE = re.compile(r"\bmetal[- ]halide\b", re.IGNORECASE)
_LED = re.compile(r"\bLEDs?\b")
_PUT_UP = re.compile(
    r"\b(?:[Ll]ights|[Ll]ighting)\b[^.;]{0,80}?\b(?:installed|added|erected|put up|upgraded|converted)\b[^.;]{0,60}?"
    r"\bin (?:[A-Z][a-z]+ )?((?:19|20)\d\d)\b"
)
_ELSE = re.compile(r"\b(?:turf|surface|scoreboard|track|roof|seats|bleachers|press box)\b", re.IGNORECASE)
_VENUE = re.compile(VENUE)
_ON_AIR = re.compile(r"\b(?:broadcast|televis|air(?:s|ed|ing)?\b|stream|shown on|carried by|live on)", re.IGNORECASE)
_HOME_GAMES = re.compile(r"\bhome (?:football )?(?:games?|matches|contests)\b|\bgames at\b", re.IGNORECASE)
_NETWORK = re.compile(
    r"\b(?:Big Ten|SEC|ACC|Pac-12|Big 12|Big East|Mountain West|conference)(?:'s|’s)? Network\b", re.I
)
_STREAMED = re.compile(r"\b(?:live[- ]?stream\w*|stream(?:s|ed|ing)?\b)", re.IGNORECASE)
_PROJECT = re.compile(r"\b(?:project|install\w*|replac\w+|upgrad\w+|construction|convert\w*|bids?)\b", re.IGNORECASE)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        re.findall(r"\S+", "january february march april may june july august september october november december"), 1
    )
} | {"spring": 4, "summer": 7, "fall": 9, "autumn": 9, "winter": 12}
_WHEN = re.compile(
    rf"\b(?:by|in|for|before|during|until)\s+(?:the\s+)?({'|'.join(_MONTHS)})(?:\s+of)?\s+(20\d\d)\b", re.I
)


def values_of(fact: ResearchFact, stadium: str | None, today: date) -> Iterator[tuple[str, str | int]]:
    """The prospect's fields that a fact gives, with their values.

    Lights count only where they are the stadium's: of the venue that is on record, or where none is, of one that is
    called a stadium.
    """
    quote, sentence = fact.quote[:_LONGEST], fact.sentence
    said = f"{sentence} {quote}"
    if _LIGHTS.search(said) and not support.denies(quote) and _at_stadium(said, stadium):
        yield from _lights(sentence, today)
        if _PROJECT.search(quote) and (timeline := timeline_of(quote, today)):
            yield "estimated_project_timeline", timeline
    if (
        _ON_AIR.search(sentence)
        and _HOME_GAMES.search(sentence)
        and not support.denies(sentence)
        and not _OPEN.search(sentence)
    ):
        if re.search(r"\bESPN", sentence):
            yield "broadcast_requirements", BroadcastRequirements.ESPN.value
        elif _NETWORK.search(sentence):
            yield "broadcast_requirements", BroadcastRequirements.CONFERENCE_NETWORK.value
        elif _STREAMED.search(sentence):
            yield "broadcast_requirements", BroadcastRequirements.LOCAL_STREAMING.value


def _at_stadium(text: str, stadium: str | None) -> bool:
    if stadium and stadium.casefold() in text.casefold():
        return True
    venues = {match["venue"] for match in _VENUE.finditer(text)}
    if stadium or not venues:
        return not venues and "stadium" in text.casefold()
    return all(re.search(r"\b(?:Stadium|Bowl)$", venue) for venue in venues)


def _lights(sentence: str, today: date) -> Iterator[tuple[str, str | int]]:
    if _OPEN.search(sentence) or _ELSE.search(sentence):
        return
    put_up = {int(year) for year in _PUT_UP.findall(sentence) if int(year) <= today.year}
    year = put_up.pop() if len(put_up) == 1 else None
    halide, led = _HALIDE.search(sentence), _LED.search(sentence)
    if halide and not led:
        yield "current_lighting_type", LightingType.METAL_HALIDE.value
    elif led and not halide and year is not None:
        early = year <= EARLY_LED_UNTIL
        yield "current_lighting_type", (LightingType.EARLY_LED if early else LightingType.MODERN_LED).value
    if year is not None:
        yield "current_lighting_age_years", today.year - year


def timeline_of(quote: str, today: date) -> str | None:
    """When a lighting project is to be, where the words name a month or a season and its year (SB, timelines).

    None where they name none, several, or one that is past.
    """
    named = {(int(year), _MONTHS[word.lower()]) for word, year in _WHEN.findall(quote)}
    if len(named) != 1:
        return None
    year, month = named.pop()
    ahead = (year - today.year) * 12 + month - today.month
    if ahead < 0:
        return None
    if ahead <= 1:
        return ProjectTimeline.IMMEDIATE.value
    if ahead <= 6:
        return ProjectTimeline.WITHIN_6_MONTHS.value
    return (ProjectTimeline.WITHIN_12_MONTHS if ahead <= 12 else ProjectTimeline.OVER_12_MONTHS).value


def fill_prospect(
    session: Session, prospect: Prospect, facts: Sequence[ResearchFact], run_id: str, today: date
) -> list[str]:
    """Fills the fields that facts give; which they were. The surest fact counts, of equally sure ones the first."""
    found: dict[str, tuple[str | int, ResearchFact]] = {}
    for fact in sorted(facts, key=lambda fact: -fact.confidence):
        for field, value in values_of(fact, prospect.stadium_name, today):
            found.setdefault(field, (value, fact))
    filled = []
    for field, (value, fact) in found.items():
        before = getattr(prospect, field)
        if before == value or (before not in (None, "unknown") and before != _last_filled(session, prospect.id, field)):
            continue
        setattr(prospect, field, value)
        filled.append(field)
        note(
            session,
            run_id=run_id,
            agent="researcher",
            action=FILLED,
            prospect_id=prospect.id,
            details={"field": field, "value": value, "before": before, "fact_id": fact.id},
        )
    return filled


def _last_filled(session: Session, prospect_id: str, field: str) -> Any:
    entries = session.scalars(
        select(AgentAuditLog)
        .where(AgentAuditLog.prospect_id == prospect_id, AgentAuditLog.action == FILLED)
        .order_by(AgentAuditLog.created_at.desc(), AgentAuditLog.id)
    )
    return next((e.details["value"] for e in entries if e.details and e.details["field"] == field), None)


@cache
def _young() -> Select[str]:
    return (
        select(ResearchSnapshot.id)
        .where(ResearchSnapshot.contact_id == bindparam("contact"), ResearchSnapshot.created_at > bindparam("oldest"))
        .order_by(ResearchSnapshot.created_at.desc())
        .limit(1)
    )


@cache
def _of_person() -> Select[ResearchFact]:
    return (
        select(ResearchFact)
        .where(ResearchFact.account_id == bindparam("account"), ResearchFact.contact_id == bindparam("contact"))
        .order_by(ResearchFact.created_at, ResearchFact.id)
    )


def person_snapshot(session: Session, contact: Contact, run_id: str, oldest: datetime) -> str | None:
    """What is known of a person, out of their record and the facts that name them; its id.

    A snapshot younger than `oldest` is used again. None where nothing is known but name and title: what nobody says
    is not written down.
    """
    known = session.scalar(_young(), {"contact": contact.id, "oldest": oldest})
    if known is not None:
        return known
    facts = session.scalars(_of_person(), {"account": contact.account_id, "contact": contact.id}).all()
    career = [fact.sentence for fact in facts if fact.field == FactField.CAREER_HISTORY.value]
    if contact.previous_title and contact.previous_company:
        career.append(f"{contact.full_name} was {contact.previous_title} at {contact.previous_company} before.")
    told = [*career, *(fact.sentence for fact in facts if fact.field != FactField.CAREER_HISTORY.value)]
    if not told:
        return None

    def of(field: FactField) -> str | None:
        return " ".join(fact.sentence for fact in facts if fact.field == field.value) or None

    snapshot = ResearchSnapshot(
        id=uuid.uuid5(uuid.UUID(contact.id), run_id).hex,
        contact_id=contact.id,
        account_id=contact.account_id,
        entity_type=EntityType.PERSON.value,
        headline=", ".join(part for part in (contact.full_name, contact.title) if part),
        summary=" ".join(told),
        career_history=career or None,
        responsibilities=of(FactField.RESPONSIBILITIES),
        recent_activity=of(FactField.RECENT_ACTIVITY),
        sources=sorted({fact.source_url or fact.source_title or "" for fact in facts} - {""}),
        confidence_score=min((fact.confidence for fact in facts), default=None),
        agent_run_id=run_id,
    )
    session.add(snapshot)
    return snapshot.id
