"""Plain records, normalised once, so that comparing two of them is cheap."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.dedupe.columns import Means
from tools.dedupe.names import Name, fold, organisation, person
from tools.normalise import (
    STATES,
    clean,
    domain_of,
    email,
    is_free_provider,
    linkedin,
    registered_domain,
    state_code,
)

_SEPARATORS = re.compile(r"[|;\n]|\s{2,}")
_STREETS = {
    "street": "st", "avenue": "ave", "av": "ave", "road": "rd", "boulevard": "blvd", "drive": "dr", "lane": "ln",
    "court": "ct", "place": "pl", "crescent": "cres", "circuit": "cct", "highway": "hwy", "parkway": "pkwy",
    "square": "sq", "terrace": "tce", "north": "n", "south": "s", "east": "e", "west": "w", "northeast": "ne",
    "northwest": "nw", "southeast": "se", "southwest": "sw", "first": "1st", "second": "2nd", "third": "3rd",
    "fourth": "4th", "fifth": "5th", "suite": "ste", "building": "bldg", "saint": "st",
}  # fmt: skip
_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Record:
    """One record, ready to be compared. '' and () mean that nothing is known.

    `ids` are (registry, id): two records of one source that differ in an id of one registry are two things.
    """

    place: int
    source: str
    names: tuple[Name, ...] = ()
    given: str = ""
    surname: str = ""
    number: str = ""
    street: str = ""
    locality: str = ""
    city: str = ""
    state: str = ""
    place_words: tuple[frozenset[str], frozenset[str]] = (frozenset(), frozenset())
    zip: str = ""
    phone: str = ""
    email: str = ""
    host: str = ""
    path: str = ""
    domain: str = ""
    linkedin: str = ""
    birth: str = ""
    code: str = ""
    kind: str = ""
    ids: frozenset[tuple[str, str]] = field(default_factory=frozenset)


def prepare(place: int, source: str, cells: Mapping[str, str | None], meanings: Mapping[str, Means | None]) -> Record:
    """A record from its cells, as far as the columns' meanings are known."""
    given: dict[Means, str] = {}
    others: list[str] = []
    ids: list[tuple[str, str]] = []
    for column, means in meanings.items():
        value = clean(cells.get(column)) if means is not None else None
        if value is None or means is None or value in ("-1", "-2"):
            continue
        if means is Means.REGISTRY:
            ids.append((column.casefold(), value))
        elif means is Means.OTHER_NAMES:
            others += [part.strip() for part in _SEPARATORS.split(str(cells[column])) if part.strip()]
        else:
            given.setdefault(means, value)
    record = Record(place, source, ids=frozenset(ids))
    _fill_names(record, given, others)
    _fill_place(record, given)
    address = given.get(Means.EMAIL)
    record.email = _mailbox(email(address) or fold(address)) if address else ""
    record.host = domain_of(given.get(Means.DOMAIN)) or ""
    record.path = _first_path(given.get(Means.DOMAIN, "")) if record.host else ""
    if not record.host and record.names and "@" in record.email:
        host = record.email.rpartition("@")[2]
        record.host = "" if is_free_provider(host) else host
    record.domain = registered_domain(record.host) or record.host
    record.linkedin = linkedin(given.get(Means.LINKEDIN)) or ""
    record.phone = _phone(given.get(Means.PHONE, ""))
    record.birth = "".join(_DIGITS.findall(_day(given.get(Means.BIRTH, ""))))
    record.code = re.sub(r"\W", "", given.get(Means.NUMBER, "").casefold())
    record.kind = fold(given.get(Means.KIND, ""))
    return record


def _mailbox(address: str) -> str:
    """An address without its tag: 'ruth+events@…' reaches ruth (RFC 5233 calls it a detail)."""
    local, at, host = address.partition("@")
    return f"{local.partition('+')[0] or local}{at}{host}"


def _fill_names(record: Record, given: Mapping[Means, str], others: Sequence[str]) -> None:
    names = [given[Means.NAME]] if Means.NAME in given else []
    record.names = tuple(dict.fromkeys(organisation(text) for text in (*names, *others)))
    record.given, record.surname = fold(given.get(Means.GIVEN, "")), fold(given.get(Means.SURNAME, ""))
    if not record.given and not record.surname and Means.FULL_NAME in given:
        record.given, record.surname = person(given[Means.FULL_NAME])


def _fill_place(record: Record, given: Mapping[Means, str]) -> None:
    city, state = given.get(Means.CITY, ""), given.get(Means.STATE, "")
    if "," in city:
        city, _comma, behind = city.partition(",")
        state = state or behind
    record.city = _town(fold(city))
    record.state = (state_code(state.split(",")[0]) or fold(state)).lower() if state else ""
    hinted = next((name.state for name in record.names if name.state), None)
    if not record.state and hinted:
        record.state = hinted.lower()
    state_name = fold(STATES.get(record.state.upper(), ""))
    record.place_words = (frozenset(record.city.split()), frozenset(state_name.split()))
    record.zip = _zip(given.get(Means.ZIP, ""))
    words = [_STREETS.get(word, word) for word in fold(given.get(Means.STREET, "")).split()]
    number = fold(given.get(Means.STREET_NUMBER, ""))
    if not number and words and words[0][0].isdigit() and len(words) > 1:
        number, words = words[0], words[1:]
    record.number, record.street = number, " ".join(words)
    record.locality = fold(given.get(Means.LOCALITY, ""))


def _town(city: str) -> str:
    return re.sub(r"^(st|ste)\b", "saint", re.sub(r"^ft\b", "fort", re.sub(r"^mt\b", "mount", city)))


def _zip(text: str) -> str:
    return re.sub(r"\W", "", text.partition("-")[0]).casefold()


def _phone(text: str) -> str:
    digits = "".join(_DIGITS.findall(re.split(r"\b(?:ext|x)\b", text.casefold())[0]))
    return digits[-10:] if len(digits) >= 7 else ""


def _day(text: str) -> str:
    match = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", text.strip())
    return f"{match[3]}{int(match[1]):02d}{int(match[2]):02d}" if match else text


def _first_path(address: str) -> str:
    path = address.partition("://")[2] or address
    return path.partition("/")[2].strip("/").partition("/")[0].casefold()
