"""What values look like: how well they fit a field, and what they give away without a telling name."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from tools.normalise import clean, country_code, day, state_code

_REGIONS: Final = frozenset(
    ("ontario", "quebec", "québec", "alberta", "manitoba", "saskatchewan", "british columbia", "nova scotia", "on",
     "qc", "bc", "ab", "mb", "sk", "ns", "nb", "nl", "pe", "bayern", "bavaria", "hessen", "sachsen", "thüringen",
     "berlin", "hamburg", "bremen", "saarland", "brandenburg", "niedersachsen", "nordrhein-westfalen", "nrw",
     "baden-württemberg", "rheinland-pfalz", "schleswig-holstein", "sachsen-anhalt", "mecklenburg-vorpommern",
     "england", "scotland", "wales", "catalonia", "cataluña", "andalucía", "madrid", "valencia", "galicia",
     "bretagne", "normandie", "occitanie", "île-de-france", "new south wales", "victoria", "queensland")
)  # fmt: skip
_SALUTATIONS: Final = frozenset(
    ("mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "sr", "sra", "srta", "m", "mme", "mlle", "sir",
     "madam", "dipl-ing", "ing")
)  # fmt: skip
_NO_WORDS: Final = frozenset(
    ("yes", "no", "true", "false", "y", "n", "ja", "nein", "si", "oui", "non", "x", "open", "closed", "new", "active",
     "inactive", "ok", "0", "1", "won", "lost", "pending", "male", "female", "m", "f", "lead", "customer", "qualified",
     "unqualified", "subscriber", "opportunity", "evangelist")
)  # fmt: skip
_TITLE_WORDS: Final = re.compile(
    r"\b(director|manager|head|chief|vp|vice president|president|c[teiofm]o|engineer|developer|analyst|coordinator"
    r"|officer|lead|architect|coach|assistant|associate|specialist|consultant|owner|founder|principal|superintendent"
    r"|administrator|executive|supervisor|tester|sdet|qa|leiter(in)?|geschäftsführer(in)?|ingenieur(in)?"
    r"|entwickler(in)?|berater(in)?|directeur|directrice|responsable|ingénieure?|gérant|gerente|jefe|jefa|directora?"
    r"|ingenier[oa]|athletics?|dean|treasurer|trainer|teamlead|abteilungsleiter(in)?|vorstand|prokurist(in)?)\b"
)
_ORGANISATION_WORDS: Final = re.compile(
    r"\b(inc|llc|ltd|limited|corp|corporation|company|co|gmbh|ag|kg|ug|e\.? ?k|se|plc|s\.?a\.?|s\.?l\.?|sarl|sas"
    r"|s\.?r\.?l|bv|b\.v|nv|group|holdings?|labs?|systems|software|solutions|technologies|university|college|school|academy"
    r"|institute|district|universität|hochschule|universidad|université|partners|bank|industries|services|foods?"
    r"|werke|sons|and sons|hospital|athletics)\b\.?"
)
_PERSON: Final = re.compile(
    r"(?:(?:dr|prof|mr|mrs|ms|herr|frau)\.? )?[^\W\d_][\w'’.-]* (?:[\w'’.-]+ ){0,3}[^\W\d_][\w'’.-]+(, [\w. -]+)?"
    r"|[^\W\d_][\w'’ -]+, [^\W\d_][\w'’. -]+"
)
_ROLES: Final = re.compile(r"(info|contact|hello|sales|support|office|admin|kontakt|mail|contacto|team|service)@.*")
_SOCIAL: Final = re.compile(r".*\b(linkedin|facebook|twitter|instagram|youtube|tiktok|xing|crunchbase|x)\.com\b.*")


def _words(value: str) -> bool:
    return any(c.isalpha() for c in value) and "@" not in value and "://" not in value and value not in _NO_WORDS


def _state(value: str) -> bool:
    first = value.split(",")[0].strip()
    return state_code(first) is not None or first in _REGIONS


def _website(value: str) -> bool:
    return (
        re.fullmatch(r"(https?://)?(www\.)?([\w-]+\.)+[a-z]{2,}(:\d+)?(/\S*)?", value) is not None
        and not _SOCIAL.fullmatch(value)
        and "@" not in value
    )


def _title(value: str) -> bool:
    return _words(value) and value.rstrip(".") not in _SALUTATIONS and len(value) > 1


def _organisation(value: str) -> bool:
    return _words(value) and not _website(value) and not re.fullmatch(r"[a-z]{1,5}[-_ ]?\d{3,}", value)


def _first(value: str) -> bool:
    return (
        re.fullmatch(r"[^\W\d_][^\d@/:]*", value) is not None
        and len(value.split()) <= 4
        and value.rstrip(".") not in _SALUTATIONS
        and value not in _NO_WORDS
    )


def _person(value: str) -> bool:
    return _PERSON.fullmatch(value) is not None and not _ORGANISATION_WORDS.search(value) and "@" not in value


def _matches(pattern: str) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


_LOOKS: Final[Mapping[str, Callable[[str], bool]]] = {
    **dict.fromkeys(("industry", "sub_industry", "city", "conference", "stadium_name", "person_city"), _words),
    "organisation_name": _organisation,
    "first_name": _first,
    "last_name": _first,
    "full_name": _person,
    "job_title": _title,
    "opening_title": _title,
    "email": _matches(r"(.*<)?[^@\s]+@[^@\s]+\.[a-z]{2,}>?"),
    "email_status": _matches(
        r"(un)?verified|(in)?valid|(un)?deliverable|guessed|((soft|hard)[ _])?bounced?|extrapolated|risky|unavailable"
        r"|unknown|(accept|catch)[ _-]?all|likely( to engage)?|true|false|yes|no|pending|update required|do not mail"
        r"|disposable|user managed|new data available"
    ),
    "linkedin_url": _matches(r"(https?://)?([a-z]+\.)?linkedin\.com/(in|pub|sales/lead|sales/people)/\S+"),
    "company_linkedin": _matches(r"(https?://)?([a-z]+\.)?linkedin\.com/(company|school|sales/company)/\S+"),
    "website": _website,
    "domain": _matches(r"([\w-]+\.)+[a-z]{2,}"),
    "opening_url": _matches(r"https?://\S+"),
    "row_source_url": _matches(r"https?://\S+"),
    "state": _state,
    "person_state": _state,
    **dict.fromkeys(("country", "person_country"), lambda value: country_code(value) is not None),
    "employees": _matches(r"~?[\d,.’' ]+\+?( ?(-|–|to|bis|a) ?[\d,.’]+)?[km]?( employees| mitarbeiter)?"),
    "annual_revenue": _matches(r"[$€£~<>]*\s*[\d,.]+.*"),
    "enrollment": _matches(r"[\d,.]+"),
    "seating_capacity": _matches(r"[\d,.]+"),
    "year_built": _matches(r"1[89]\d\d(\.0)?|20\d\d(\.0)?"),
    "phone": _matches(r"[+('’]?[\d][\d\s().x/+-]{5,}( ?ext\.? ?\d+)?|\+?\d{7,}\.0"),
    "division": _matches(r".*(\b(ncaa|naia|division|njcaa|fbs|fcs|uscaa|nccaa|cccaa|u sports)\b|\bd?-?(i{1,3}|[1-3])\b"
                         r"|\b\d?a\b|\bhigh ?school\b|\bclub\b).*"),
    "sanction": _matches(r"(ncaa|naia|njcaa|nccaa|uscaa|cccaa|nwac|other|none).*"),
    "funding_stage": _matches(r"(pre-?)?seed.*|series [a-h].*|public|ipo|angel|private equity|venture.*|"
                              r"debt.*|grant"),
    "last_funding_date": lambda value: day(value) is not None,
    "opening_posted": lambda value: day(value) is not None or value[:4].isdigit(),
    "person_id": _matches(r"[\w-]{1,64}(\.0)?"),
}  # fmt: skip
STRONG: Final = frozenset(
    ("email", "linkedin_url", "company_linkedin", "website", "domain", "state", "person_state", "country",
     "person_country", "division",
     "year_built", "phone", "sanction", "funding_stage", "opening_url")
)  # fmt: skip
"""Fields whose values cannot well be another field's."""


def values_of(samples: Sequence[str]) -> list[str]:
    """The filled samples, folded; 'N/A' and its like fill nothing."""
    return [value.casefold() for sample in samples if (value := clean(sample))]


def fit(field: str, samples: Sequence[str]) -> float | None:
    """Which share of the values can be a field's (0-1); None where there are none, or any text would do."""
    look, filled = _LOOKS.get(field), values_of(samples)
    if look is None or not filled:
        return None
    return sum(look(value) for value in filled) / len(filled)


def telling(field: str, samples: Sequence[str]) -> float:
    """How sure values alone make it that a column is a field's, whatever its name; 0 where they don't."""
    filled = values_of(samples)
    if not filled:
        return 0.0
    share = fit(field, samples) or 0.0
    if field == "email":
        roles = sum(bool(_ROLES.fullmatch(value)) for value in filled) / len(filled)
        return round((0.85 if roles < 0.5 else 0.4) * share, 2)
    if field in ("linkedin_url", "company_linkedin"):
        return round((0.85 if field == "linkedin_url" else 0.8) * share, 2)
    if field in ("website", "job_title", "organisation_name", "full_name", "state", "person_state") and share < 0.8:
        return 0.0
    if field == "website":
        return 0.65
    if field == "job_title":
        worded = sum(bool(_TITLE_WORDS.search(value)) for value in filled) / len(filled)
        return round(0.78 * worded, 2) if worded >= 0.5 else 0.0
    if field == "organisation_name":
        worded = sum(bool(_ORGANISATION_WORDS.search(value)) for value in filled) / len(filled)
        return round(0.75 * worded, 2) if worded >= 0.5 else 0.0
    if field == "full_name":
        titles = sum(bool(_TITLE_WORDS.search(value)) for value in filled)
        return 0.62 if titles == 0 and len(filled) > 1 else 0.0
    if field == "phone":
        marked = sum(bool(re.search(r"[+()\s-]", value)) for value in filled) / len(filled)
        dates = sum(day(value) is not None for value in filled)
        return round(0.7 * share * marked, 2) if share >= 0.8 and not dates else 0.0
    if field in ("state", "person_state"):
        return 0.65 if len(filled) > 1 and all(len(value) == 2 and state_code(value) for value in filled) else 0.0
    if field == "country":
        return 0.62 if share == 1.0 and all(len(value) > 3 for value in filled) else 0.0
    return 0.0


def looks_like_organisations(samples: Sequence[str]) -> bool:
    """Whether most values have a word that only an organisation's name has."""
    filled = values_of(samples)
    return bool(filled) and sum(bool(_ORGANISATION_WORDS.search(v)) for v in filled) * 2 > len(filled)


def towns_with_states(samples: Sequence[str]) -> bool:
    """Whether most values are a town and its state: 'Akron, OH'."""
    filled = values_of(samples)
    parts = [value.rpartition(",") for value in filled]
    return sum(bool(town and state_code(state.strip(" ."))) for town, _comma, state in parts) * 2 > len(filled)


def looks_like_people(samples: Sequence[str]) -> bool:
    """Whether most values are a first and a last name."""
    return (fit("full_name", samples) or 0.0) > 0.6
