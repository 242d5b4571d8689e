"""Brings what people type into one form. Pure functions; None means that nothing usable was there."""

import re
import unicodedata
from datetime import date, datetime
from urllib.parse import urlsplit

from db.enums import AccountTier, EmployeeBand, State

_BLANKS = {"", "-", "--", "n/a", "#n/a", "null", "none", "nan", "unknown", "not available"}
_EMAIL = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}")
_HOST = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}")
_LEGAL_FORMS = {"inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "gmbh", "plc"}
_SMALL_WORDS = {"the", "of", "at", "and", "in"}
_SPELLED_OUT = {"univ": "university", "coll": "college", "st": "saint", "mt": "mount", "&": "and"}

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
_STATE_CODES = {name.lower(): code for code, name in STATES.items()} | {code.lower(): code for code in STATES}


def clean(text: str | None) -> str | None:
    """One line of text without control characters or doubled blanks; None for blank and for 'N/A' and its like."""
    if text is None:
        return None
    flat = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in text)
    flat = " ".join(unicodedata.normalize("NFC", flat).split())
    return None if flat.casefold() in _BLANKS else flat


def domain_of(text: str | None) -> str | None:
    """The host of a web address or an e-mail address in lower case, without 'www.'."""
    value = clean(text)
    if value is None:
        return None
    value = value.lower().rsplit("@", 1)[-1]
    try:
        host = urlsplit(value if "://" in value else f"//{value}").hostname
    except ValueError:
        return None
    if host is None:
        return None
    host = host.removeprefix("www.").rstrip(".")
    return host if _HOST.fullmatch(host) else None


def website(text: str | None) -> str | None:
    """A web address with its scheme; None where its host is none."""
    value = clean(text)
    if value is None or domain_of(value) is None or "@" in value:
        return None
    return value if re.match(r"https?://", value, re.IGNORECASE) else f"https://{value}"


def email(text: str | None) -> str | None:
    """An e-mail address in lower case; None where it is not one."""
    value = clean(text)
    if value is None:
        return None
    value = value.lower().removeprefix("mailto:").strip(" <>;,")
    return value if _EMAIL.fullmatch(value) else None


def linkedin(text: str | None) -> str | None:
    """A LinkedIn address in one form, so that the same page is the same text: https, www, no query, no slash."""
    value = clean(text)
    if value is None:
        return None
    parts = urlsplit(value if "://" in value else f"https://{value}")
    host = (parts.hostname or "").lower()
    if host != "linkedin.com" and not host.endswith(".linkedin.com"):
        return None
    path = parts.path.rstrip("/")
    return f"https://www.linkedin.com{path}" if path else None


def state_code(text: str | None) -> str | None:
    """The postal code of a US state, from its code or its name."""
    value = clean(text)
    return _STATE_CODES.get(value.lower().rstrip(".")) if value else None


def territory(code: str | None) -> str:
    """`prospects.state` for a state's code: one of the five states of the territory, else OTHER."""
    return code if code in {s.value for s in State} else State.OTHER.value


def whole_number(text: str | None) -> int | None:
    """A count that is 0 or more: '1,200', '30000.0', '12k' and '1.5M' are read; ranges are not."""
    value = clean(text)
    if value is None:
        return None
    match = re.fullmatch(r"[~$]?\s*(\d[\d,  ]*)(\.\d+)?\s*([kKmM])?\+?", value)
    if match is None:
        return None
    number = float(re.sub(r"\D", "", match[1]) + (match[2] or ""))
    return int(number * {"k": 1e3, "m": 1e6}.get((match[3] or "").lower(), 1))


def year(text: str | None) -> int | None:
    """A year between 1850 and 2100."""
    number = whole_number(text)
    return number if number is not None and 1850 <= number <= 2100 else None


def day(text: str | None) -> date | None:
    """A date: ISO 8601, with or without a time, or month/day/year as US exports write it."""
    value = clean(text)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    match = re.match(r"(\d{1,2})/(\d{1,2})/(\d{4})", value)
    if match is None:
        return None
    try:
        return date(int(match[3]), int(match[1]), int(match[2]))
    except ValueError:
        return None


def employee_band(count: int | None) -> str | None:
    """OCC, accounts.employee_band."""
    if count is None or count < 1:
        return None
    for most, band in ((50, EmployeeBand.UP_TO_50), (200, EmployeeBand.UP_TO_200),
                       (1000, EmployeeBand.UP_TO_1000), (5000, EmployeeBand.UP_TO_5000)):  # fmt: skip
        if count <= most:
            return band.value
    return EmployeeBand.OVER_5000.value


def account_tier(count: int | None) -> str | None:
    """OCC, accounts.tier by headcount: SMB to 200, Mid-Market to 1,000, Enterprise above."""
    if count is None or count < 1:
        return None
    if count <= 200:
        return AccountTier.SMB.value
    return (AccountTier.MID_MARKET if count <= 1000 else AccountTier.ENTERPRISE).value


def name_words(name: str) -> tuple[str, ...]:
    """A name's telling words: folded, without accents, punctuation, small words and legal forms."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    # An apostrophe joins (Saint Mary's), any other mark parts (Miami University-Oxford).
    words = re.sub(r"[^\w&]+", " ", plain.casefold().replace("'", "").replace("’", "")).split()
    spelled = [_SPELLED_OUT.get(word, word) for word in words]
    kept = [word for word in spelled if word not in _SMALL_WORDS and word not in _LEGAL_FORMS]
    return tuple(kept or spelled)


def name_key(name: str) -> str:
    """What two spellings of one organisation's name have in common."""
    return " ".join(name_words(name))


def person_name(full: str) -> tuple[str, str]:
    """First and last name of a full name; a single name has the last name ''."""
    words = full.split()
    return (words[0], " ".join(words[1:])) if words else ("", "")
