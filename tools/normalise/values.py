"""Text, numbers, dates and phone numbers."""

import re
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from typing import Final

_BLANKS = {
    "", "-", "--", "---", "n/a", "#n/a", "na", "n.a.", "null", "none", "nan", "unknown", "not available", "(blank)",
    "undefined", "#ref!", "#value!", "\\n", "keine angabe", "k.a.", "?",
}  # fmt: skip
_AMERICAN: Final = re.compile(r"(?:\+?1[ .-]?)?\(?([2-9]\d\d)\)?[ .-]{0,2}([2-9]\d\d)[ .-]?(\d{4})")
MOST_COUNTED: Final = 2_147_483_647
"""The greatest number that an INTEGER column holds on PostgreSQL; a greater one counts nothing that we know of."""
_DAYS: Final = ("%d.%m.%Y", "%d.%m.%y", "%Y/%m/%d", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d-%b-%Y",
                "%d-%b-%y", "%Y%m%d")  # fmt: skip


def clean(text: str | None) -> str | None:
    """One line of text without control characters or doubled blanks; None for blank and for 'N/A' and its like."""
    if text is None:
        return None
    if text.isascii() and text.isprintable():
        flat = " ".join(text.split())
    else:
        flat = "".join(" " if unicodedata.category(c) in {"Cc", "Cf"} else c for c in text)
        flat = " ".join(unicodedata.normalize("NFC", flat).split())
    return None if flat.casefold() in _BLANKS else flat


def whole_number(text: str | None) -> int | None:
    """A count from 0 to MOST_COUNTED: '1,200', '30000.0', '12k' and '1.5M' are read; ranges are not."""
    value = clean(text)
    if value is None:
        return None
    # Thousands parted by dots ('1.200.000', '12.000') as the continent writes them.
    if re.fullmatch(r"\d{1,3}(\.\d{3}){2,}|[1-9]\d{0,2}\.000", value):
        value = value.replace(".", "")
    match = re.fullmatch(r"[~$]?\s*(\d[\d,  '’]*)(\.\d+)?\s*([kKmM])?\+?", value)
    if match is None:
        return None
    number = float(re.sub(r"\D", "", match[1]) + (match[2] or ""))
    number *= {"k": 1e3, "m": 1e6}.get((match[3] or "").lower(), 1)
    return int(number) if number <= MOST_COUNTED else None


def year(text: str | None) -> int | None:
    """A year between 1850 and 2100."""
    number = whole_number(text)
    return number if number is not None and 1850 <= number <= 2100 else None


@lru_cache(maxsize=4096)
def day(text: str | None) -> date | None:
    """A date: ISO 8601 (with or without a time), month/day/year as US exports write it, 21.08.2026, '21 Aug 2026'."""
    value = clean(text)
    if value is None:
        return None
    try:
        return datetime.fromisoformat(value).date()
    except ValueError:
        pass
    match = re.match(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d\d)\b", value)
    try:
        if match is not None:
            full = int(match[3]) + (2000 if len(match[3]) == 2 else 0)
            return date(full, int(match[1]), int(match[2]))
    except ValueError:
        return None
    for form in _DAYS:
        try:
            return datetime.strptime(value, form).date()  # noqa: DTZ007 (a day has no zone)
        except ValueError:
            continue
    return None


@lru_cache(maxsize=8192)
def phone(text: str | None, region: str | None = None) -> str | None:
    """A phone number in E.164, with ';ext=12' (RFC 3966) where it has an extension; None where it can be none.

    `region`: the ISO code of the country that a number without one is of; US where not given.
    """
    value = clean(text)
    if value is None or not any(c.isdigit() for c in value):
        return None
    if region in (None, "US") and (plain := _AMERICAN.fullmatch(value)):
        return f"+1{plain[1]}{plain[2]}{plain[3]}"
    import phonenumbers

    # Spreadsheets make numbers of phone numbers, and a leading apostrophe keeps the plus.
    value = value.lstrip("'").removesuffix(".0")
    if value.startswith("-"):
        return None
    try:
        number = phonenumbers.parse(value.replace("(0)", "") if value.startswith("+") else value, region or "US")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    # North America: neither area code nor exchange begins with 0 or 1. (555-01xx is sound, though assigned to nobody.)
    if number.country_code == 1 and not re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", str(number.national_number)):
        return None
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return f"{form};ext={number.extension}" if number.extension else str(form)
