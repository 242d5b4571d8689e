"""How the prospector's mapping is decided by rule: what a column is called, and what its values look like.

Confidence is meant: 0.9 and more where name and values agree, up to 0.85 where values alone tell (addresses, LinkedIn
pages), below 0.8 wherever something is guessed, so that a person is asked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from agents.models.rules import call, calls, material_in
from agents.prospector_looks import (
    STRONG,
    fit,
    looks_like_organisations,
    looks_like_people,
    telling,
    towns_with_states,
    values_of,
)
from agents.prospector_names import (
    NAMES,
    ORGANISATION_IDS,
    OWN_IDS,
    PLACES,
    exact,
    field_of,
    folded,
    known,
    meanings,
    plain,
)

SURE_ENOUGH: Final = 0.6
_LOOK_AT_MOST: Final = 4
_BY_NAME: Final = 0.95
_BY_WORDS: Final = 0.75
_BY_SOME_WORDS: Final = 0.65
# A person's file that also says these says things about the organisation.
_MAKES_MIXED: Final = frozenset(
    ("industry", "employees", "division", "enrollment", "annual_revenue", "known_tools", "city", "funding_stage")
)
# Names that are a person's or an organisation's, or just one part of a person's, as the language and the rest has it.
_PERSONS_NAMES: Final = ("first_name", "last_name", "full_name")
_BARE_NAMES: Final = frozenset(("name", "nombre", "nom", "nome", "naam"))
# Names that are often another thing's: an account's login, the position in a team, a field of a form.
_VAGUE: Final = frozenset(
    ("account", "client", "customer", "business", "contact", "kontakt", "contacto", "position", "cargo",
     "poste", "fonction", "funktion", "functie", "field", "seats", "built", "opened", "students", "association",
     "site", "land")
)  # fmt: skip
_VAGUE_AT_MOST: Final = 0.78
# What makes a column another thing than its values look like: somebody else's address, a second phone.
_SPOILS: Final = re.compile(
    r"\b(status|secondary|tertiary|second|third|other|alt(ernate|ernative)?|assistants?|owner|manager|reports?|parent"
    r"|created|modified|updated|private|personal|home|mobile|cell|fax|facebook|twitter|instagram|previous|former|prior"
    r"|referr\w*|billing|invoice|support|rechnung\w*|privat\w*|sekret\w*|asistente|ancien\w*|besitzer|betreuer"
    r"|propietario|responsable|by|von|2|3|confidence|source|verified|besuch\w*|spouse|emergency|family|twin|rep"
    r"|salesperson|agent|bcc|cc|notes?|notiz\w*|comments?|kommentar\w*|remarks?|description|partner)\b"
)


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """First looks into columns that are unclear, then saves the mapping, then stops."""
    material = material_in(messages)
    heard = [m for m in messages if isinstance(m, ToolMessage)]
    last = messages[-1]
    if isinstance(last, ToolMessage) and last.name == "save_mapping":
        # A refusal would be met by the same mapping again: rules have nothing better to offer.
        return AIMessage(content=str(last.content))
    values = {entry["column"]: entry["samples"] for entry in material["columns"]}
    unclear = _unclear(values)
    if not heard and unclear:
        return calls(*(("see_values", {"column": column}) for column in unclear[:_LOOK_AT_MOST]))
    for message in heard:
        values |= _seen(message)
    entity = entity_of(material, values)
    found = mapping_of(material, values, entity)
    said = [{**column, "confidence": round(100 * column["confidence"])} for column in found["columns"]]
    return call("save_mapping", **{**found, "columns": said})


def _seen(message: ToolMessage) -> dict[str, list[str]]:
    try:
        said = json.loads(str(message.content))
        return {said["column"]: said["values"]}
    except (json.JSONDecodeError, KeyError, TypeError):
        return {}


def _unclear(values: Mapping[str, list[str]]) -> list[str]:
    """Columns whose name says nothing and whose samples are blank."""
    return [
        column
        for column, samples in values.items()
        if not known(column) and meanings(column) is None and not _SPOILS.search(plain(column)) and not any(samples)
    ]


def entity_of(material: Mapping[str, Any], values: Mapping[str, list[str]]) -> str:
    """What one row is: what the operator says, else what the columns are called and hold."""
    holds = material["file"]["holds"]

    def sure(field: str, entity: str) -> float:
        return max((confidence(column, field, samples, entity) for column, samples in values.items()), default=0.0)

    if holds in ("organisations", "facts"):
        return "organisation"
    if holds == "openings":
        return "signal"
    addresses = max((telling("email", samples) for samples in values.values()), default=0.0)
    person = _has_person(values, told=max(addresses, sure("job_title", "contact")) >= SURE_ENOUGH)
    opening = sure("opening_title", "signal") >= SURE_ENOUGH and (
        sure("opening_url", "signal") >= 0.9 or sure("opening_posted", "signal") >= 0.9
    )
    if holds != "contacts" and not person:
        return "signal" if opening else "organisation"
    organisation = sure("organisation_name", "mixed") >= SURE_ENOUGH
    about = any(sure(field, "mixed") >= SURE_ENOUGH for field in _MAKES_MIXED)
    return "mixed" if organisation and about else "contact"


def _has_person(values: Mapping[str, list[str]], told: bool) -> bool:
    """Whether the rows name people. `told`: there are addresses or titles, so that what looks like a name is one."""
    if any(_named(column, field, samples) for column, samples in values.items() for field in _PERSONS_NAMES):
        return True
    for column, samples in values.items():
        if folded(column) in _BARE_NAMES:
            if looks_like_organisations(samples):
                continue
            if told or looks_like_people(samples):
                return True
        elif told and telling("full_name", samples) and not known(column) and not _SPOILS.search(plain(column)):
            return True
    return False


def _named(column: str, field: str, samples: Sequence[str]) -> bool:
    """Whether a column is called a person's name, and its values do not contradict."""
    if folded(column) in _BARE_NAMES or not _name_tells(column, field, "contact"):
        return False
    fitting = fit(field, samples)
    return fitting is None or fitting >= 0.6


def _name_tells(column: str, field: str, entity: str) -> float:
    if exact(column, field, entity):
        return _BY_NAME
    if field_of(column, entity) == field:
        return _BY_WORDS
    if _SPOILS.search(plain(column)) or known(column):
        return 0.0
    return _BY_SOME_WORDS if field_of(column, entity, strangers=1) == field else 0.0


def confidence(column: str, field: str, samples: Sequence[str], entity: str) -> float:
    """How sure it is that a column fills a field: by its name, and by whether its values look the part."""
    by_name = _name_tells(column, field, entity)
    fitting = fit(field, samples)
    if field == "division" and folded(column) == "classificationname":
        # EADA numbers its classes; the import knows what the numbers mean.
        fitting = max(fitting or 0.0, float(all(value.isdigit() for value in values_of(samples))))
    if not by_name:
        spoiled = 0.5 if _SPOILS.search(plain(column)) else 1.0
        # A name that means something else is believed before the values.
        elsewhere = known(column) or field_of(column, entity) is not None
        return 0.0 if elsewhere and field not in STRONG else round(telling(field, samples) * spoiled, 2)
    if folded(column) in _VAGUE and field not in STRONG and telling(field, samples) < SURE_ENOUGH:
        # Nothing but the heading speaks for it, and not loudly.
        by_name = min(by_name, _VAGUE_AT_MOST)
    if fitting is None:
        return by_name
    if field == "email" and telling(field, samples) < SURE_ENOUGH <= fitting:
        # Mailboxes of offices are nobody's address.
        return _BY_WORDS
    if fitting >= 0.8:
        # Values that can be nothing else make a name that was only put together from words a sure one.
        sure = by_name + (1 - by_name) * (0.5 if field in STRONG else 0.1)
        return round(min(sure, _VAGUE_AT_MOST) if by_name == _VAGUE_AT_MOST else sure, 2)
    return round(by_name * fitting, 2)


def _in_context(column: str, field: str, sure: float, values: Mapping[str, list[str]], entity: str) -> float:
    """The confidence in view of the other columns: what a bare 'Name' is, and values that several columns share."""
    if folded(column) in _BARE_NAMES:
        return _bare_name(column, field, values, entity)
    if field == "city" and folded(column) in PLACES:
        return sure if towns_with_states(values[column]) else 0.0
    if field == "website" and folded(column) not in NAMES["any"]["website"]:
        return min(sure, 0.75)
    return sure


def _bare_name(column: str, field: str, values: Mapping[str, list[str]], entity: str) -> float:
    samples = values[column]
    if entity in ("organisation", "signal"):
        if field != "organisation_name":
            return 0.0
        return 0.7 if looks_like_people(samples) and not looks_like_organisations(samples) else _BY_NAME
    others = [name for name in values if name != column]
    has = {
        part: next((name for name in others if exact(name, part, entity) or field_of(name, entity) == part), None)
        for part in ("first_name", "last_name", "organisation_name")
    }
    single = [value for value in values_of(samples) if " " not in value]
    mostly_single = bool(samples) and len(single) * 2 >= len(values_of(samples))
    part = "full_name"
    if has["first_name"] and has["last_name"]:
        return 0.0
    if has["first_name"]:
        firsts = set(values_of(values[has["first_name"]]))
        begins = any(value.split()[0] in firsts for value in values_of(samples))
        part = "full_name" if begins and not mostly_single else "last_name"
    elif has["last_name"]:
        part = "first_name"
    elif looks_like_organisations(samples) and not has["organisation_name"]:
        part = "organisation_name"
    if field != part:
        return 0.0
    if not values_of(samples):
        return 0.75
    if part == "full_name":
        return 0.93 if looks_like_people(samples) else 0.65
    return 0.9 if mostly_single and part != "organisation_name" else 0.72


def mapping_of(material: Mapping[str, Any], values: Mapping[str, list[str]], entity: str) -> dict[str, Any]:
    """Entity, columns (confidence 0-1) and id column: each field gets the column that fits it best, below the threshold
    none."""
    id_column = _id_column(material, values, entity)
    offers = []
    for place, (column, samples) in enumerate(values.items()):
        for field in material["entities"][entity]:
            if column == id_column and field not in ("domain", "website", "organisation_name"):
                continue
            sure = _in_context(column, field, confidence(column, field, samples, entity), values, entity)
            if sure >= SURE_ENOUGH:
                offers.append((-sure, _rank(column, field, entity), place, column, field))
    offers.sort()
    chosen: dict[str, tuple[str, float]] = {}
    taken: set[str] = set()
    for less, _, _, column, field in offers:
        # A whole name is read out of values only where there is no other.
        parted = field == "full_name" and not chosen.keys().isdisjoint(("first_name", "last_name"))
        if field not in chosen and column not in taken and not parted:
            chosen[field] = (column, -less)
            taken.add(column)
    sure_of = {field: _alone(c, field, sure, values, entity) for field, (c, sure) in chosen.items()}
    columns = [
        {"column": c, "field": field, "confidence": sure_of[field]}
        for field, (c, _) in chosen.items()
        if sure_of[field] >= SURE_ENOUGH
    ]
    return {"entity": entity, "columns": columns, "id_column": id_column}


def _alone(column: str, field: str, sure: float, values: Mapping[str, list[str]], entity: str) -> float:
    """A column that was chosen by its values is less sure where another's values look the same."""
    if exact(column, field, entity) or field_of(column, entity) == field:
        return sure
    rivals = [name for name, samples in values.items() if name != column and telling(field, samples) >= SURE_ENOUGH]
    return round(sure * 0.8, 2) if rivals else sure


def _rank(column: str, field: str, entity: str) -> int:
    """Of two names for one field the earlier in our list goes first: a work phone before a telephone."""
    own = NAMES.get("contact" if entity == "mixed" else entity, {}).get(field, ())
    names = (*own, *NAMES["any"].get(field, ()))
    key = folded(column)
    return names.index(key) if key in names else len(names)


def _id_column(material: Mapping[str, Any], values: Mapping[str, list[str]], entity: str) -> str | None:
    given = material["file"]["id_column"]
    if given in values:
        return str(given)
    for name in OWN_IDS if entity == "organisation" else ORGANISATION_IDS:
        for column in values:
            if folded(column) == name:
                return column
    for column in values:
        if meanings(column) == frozenset({"organisation", "id"}):
            return column
    return None
