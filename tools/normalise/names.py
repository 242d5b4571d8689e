"""Names of organisations and of people, and the sizes that organisations are told by."""

import re
import unicodedata
from functools import lru_cache

from db.enums import AccountTier, EmployeeBand

_LEGAL_FORMS = {"inc", "incorporated", "llc", "ltd", "limited", "corp", "corporation", "co", "gmbh", "plc"}
_SMALL_WORDS = {"the", "of", "at", "and", "in"}
_SPELLED_OUT = {"univ": "university", "coll": "college", "st": "saint", "mt": "mount", "&": "and"}


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


@lru_cache(maxsize=65536)
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


_PLAIN_NAME = re.compile(r"[A-Z][a-zà-öø-ÿ]+(?:-[A-Z][a-zà-öø-ÿ]+)? [A-Z][a-zà-öø-ÿ]+(?:-[A-Z][a-zà-öø-ÿ]+)?")


@lru_cache(maxsize=16384)
def person_name(full: str) -> tuple[str, str]:
    """First and last name of a full name; a single name has the last name ''.

    Titles, degrees, nicknames and middle initials are left out, 'LEE, KIM' is turned round and written as a name; a
    middle name stays with the last.
    """
    text = _letters(full)
    if _PLAIN_NAME.fullmatch(text):
        first, _, last = text.partition(" ")
        return first, last
    from nameparser import HumanName

    name = HumanName(text)
    _recase(name, text)
    middle = " ".join(word for word in name.middle.split() if len(word.strip(".")) > 1)
    first, last = name.first, " ".join(part for part in (middle, name.last) if part)
    if not first:
        return (last, "")
    return first, last


def tidy_person(first: str, last: str) -> tuple[str, str]:
    """A first and a last name from two columns: without titles and degrees, 'KIM' as 'Kim'."""
    if last and _PLAIN_NAME.fullmatch(f"{first} {last}"):
        return first, last
    return _tidy(first, last)


@lru_cache(maxsize=16384)
def _tidy(first: str, last: str) -> tuple[str, str]:
    from nameparser import HumanName

    first, last = _letters(first), _letters(last)
    whole = f"{first} {last}"
    odd = "," in whole or "(" in whole or "." in whole or whole.isupper() or whole.islower()
    if not odd or not first:
        return first, last
    # Whatever stands behind a comma after a last name is a degree.
    name = HumanName(f"{first.split(',')[0]} {last.split(',')[0]}")
    _recase(name, whole)
    given = " ".join(part for part in (name.first, name.middle) if part)
    if not name.first or not (name.last or not last):
        return first, last
    bare = re.sub(r"(?<=\w\w) [A-Z]\.?$", "", given)
    return bare, name.last


def _recase(name: "object", text: str) -> None:
    letters = [c for c in text if c.isalpha()]
    # Two letters may well be initials ('JD').
    if len(letters) > 3 and (text.isupper() or text.islower()):
        name.capitalize(force=True)  # type: ignore[attr-defined]


def _letters(text: str) -> str:
    """The text without emoji and other symbols, which people put beside their names."""
    if text.isascii():
        return " ".join(text.split())
    kept = "".join(c for c in text if unicodedata.category(c)[0] not in "SC" and c not in "\ufe0f\u200d")
    return " ".join(kept.split())
