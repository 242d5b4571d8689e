"""The date that a reply names: when to write again, or when somebody is back."""

import calendar
import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta

_MONTHS: dict[str, int] = {}
for _number, _names in enumerate(
    (
        "january jan januar jänner janvier enero gennaio janeiro januari",
        "february feb februar février fevrier febrero febbraio fevereiro februari",
        "march mar märz maerz mars marzo março marco maart",
        "april apr avril abril aprile",
        "may mai mayo maggio maio mei",
        "june jun juni juin junio giugno junho",
        "july jul juli juillet julio luglio julho",
        "august aug août aout agosto augustus",
        "september sept sep septembre septiembre settembre setembro",
        "october oct oktober okt octobre octubre ottobre outubro",
        "november nov novembre noviembre novembro",
        "december dec dezember dez décembre decembre diciembre dicembre dezembro",
    ),
    1,
):
    _MONTHS.update(dict.fromkeys(_names.split(), _number))

_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "couple of": 2, "three": 3, "four": 4, "six": 6, "few": 3}
_ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d))?(?!\d)")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?\b")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.)?\s+(?:of\s+|de\s+)?({_MONTH})\b\.?(?:,?\s+(?:de\s+)?(20\d\d))?",
    re.I,
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+(20\d\d))?", re.I)
_IN_MONTH = re.compile(
    rf"(?:(?:^|[.!?]\s)(?!may (?:i|we|you|be)\b)|\b(?:in|until|til|till|by|after|around|early|mid|late|next|this|come|"
    rf"maybe|say|end of|beginning of|start of|im|ab|en|fin|début|em|vers)[\s-]+)"
    rf"({_MONTH})\b(?!\.?\s+\d{{1,2}}\b)(?:,?\s+(20\d\d))?",
    re.I,
)
_IN_SPAN = re.compile(
    r"\b(?:in|after|within|for|another|give (?:it|me|us)|in about|in etwa|dans|en|"
    r"dentro de)\s+(?:about |around |roughly |the next |another )?"
    r"(\d{1,3}|an?|one|two|three|four|six|a few|a couple of|couple of)\s+"
    r"(days?|weeks?|months?|quarters?|years?|tagen?|wochen?|monaten?|jours?|semaines?|mois|d[ií]as?|"
    r"semanas?|meses)\b",
    re.I,
)
_NEXT = re.compile(
    r"\b(?:next|following|nächste[nrs]?|prochaine?|pr[óo]xim[ao])\s+(week|month|quarter|"
    r"year|fiscal year|spring|summer|fall|autumn|winter|season|woche|monat|jahr|jahres|semaine|mois|ann[ée]e|"
    r"semana|mes|a[ñn]o)\b",
    re.I,
)
_QUARTER = re.compile(
    r"\b(?:q([1-4])|(first|second|third|"
    r"fourth) quarter)\b(?:\s+(?:of\s+)?(20\d\d))?",
    re.I,
)
_SEASON = re.compile(
    r"\b(?:in the|until|after the|this|im|late|early|over the|past the)\s+(spring|"
    r"summer|fall|autumn|winter|frühjahr|sommer|herbst)\b",
    re.I,
)
_IN_YEAR = re.compile(r"\b(?:in|until|till|before|for|not before|en|em|nel|im jahr)\s+(20\d\d)\b(?![-/.]\d)", re.I)
_NEW_YEAR = re.compile(r"\b(?:new year|neues jahr|neuen jahr|nouvelle ann[ée]e|a[ñn]o nuevo)\b", re.I)
_SEASONS = {
    "spring": 3,
    "frühjahr": 3,
    "summer": 6,
    "sommer": 6,
    "fall": 9,
    "autumn": 9,
    "herbst": 9,
    "winter": 12,
}
_QUARTERS = {"first": 1, "second": 2, "third": 3, "fourth": 4}
_MOST = timedelta(days=2 * 366)


def named_date(text: str, today: date) -> date | None:
    """The first date in the future (two years at most) that a text names, exactly or roughly, if any.

    A month alone is its first day. Numbers with slashes are month/day, as in the United States, unless only
    day/month can be meant.
    """
    text = text[:4000]
    for found in (_exact(text, today), _rough(text, today)):
        fitting = [day for day in found if today < day <= today + _MOST]
        if fitting:
            return fitting[0]
    return None


def latest_named_date(text: str, today: date) -> date | None:
    """The latest exact date to come that a text names: of an absence from one day to another, its end."""
    return max((day for day in _exact(text[:4000], today) if today <= day <= today + _MOST), default=None)


Found = tuple[int, date | None]


def _in_order(found: Iterable[Found]) -> list[date]:
    return [day for _, day in sorted(found, key=lambda pair: pair[0]) if day is not None]


def _exact(text: str, today: date) -> list[date]:
    def found() -> Iterator[Found]:
        for m in _ISO.finditer(text):
            yield m.start(), _day(int(m[1]), int(m[2]), int(m[3]))
        for m in _DOTTED.finditer(text):
            yield m.start(), _coming(int(m[2]), int(m[1]), m[3], today)
        for m in _SLASHED.finditer(text):
            first, second = int(m[1]), int(m[2])
            month, day = (second, first) if first > 12 else (first, second)
            year = None if not m[3] else m[3] if len(m[3]) == 4 else f"20{m[3]}"
            yield m.start(), _coming(month, day, year, today)
        for m in _DAY_MONTH.finditer(text):
            yield m.start(), _coming(_MONTHS[m[2].lower()], int(m[1]), m[3], today)
        for m in _MONTH_DAY.finditer(text):
            yield m.start(), _coming(_MONTHS[m[1].lower()], int(m[2]), m[3], today)

    return _in_order(found())


def _rough(text: str, today: date) -> list[date]:
    def found() -> Iterator[Found]:
        for m in _IN_MONTH.finditer(text):
            yield m.start(), _coming(_MONTHS[m[1].lower()], 1, m[2], today)
        for m in _IN_SPAN.finditer(text):
            yield m.start(), _after(m[1].lower(), m[2].lower(), today)
        for m in _NEXT.finditer(text):
            yield m.start(), _next(m[1].lower(), today)
        for m in _QUARTER.finditer(text):
            quarter = int(m[1]) if m[1] else _QUARTERS[m[2].lower()]
            yield m.start(), _coming(3 * quarter - 2, 1, m[3], today)
        for m in _SEASON.finditer(text):
            yield m.start(), _coming(_SEASONS[m[1].lower()], 1, None, today)
        for m in _IN_YEAR.finditer(text):
            yield m.start(), _day(int(m[1]), 1, 1)
        for m in _NEW_YEAR.finditer(text):
            yield m.start(), date(today.year + 1, 1, 8)

    return _in_order(found())


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(month: int, day: int, year: str | None, today: date) -> date | None:
    if year:
        return _day(int(year), month, day)
    this_year = _day(today.year, month, day)
    return this_year if this_year and this_year >= today else _day(today.year + 1, month, day)


def _months_on(today: date, months: int) -> date:
    index = today.month - 1 + months
    year, month = today.year + index // 12, index % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _after(count: str, unit: str, today: date) -> date | None:
    number = int(count) if count.isdigit() else _NUMBERS.get(count.removeprefix("a ") if count != "a" else "a", 1)
    if unit.startswith(("day", "tag", "jour", "d")):
        return today + timedelta(days=number)
    if unit.startswith(("week", "woche", "semaine", "semana")):
        return today + timedelta(weeks=number)
    months = 12 if unit.startswith("year") else 3 if unit.startswith("quarter") else 1
    return _months_on(today, number * months) if number * months <= 36 else None


def _next(unit: str, today: date) -> date | None:
    if unit in ("week", "woche", "semaine", "semana"):
        return today + timedelta(days=7 - today.weekday())
    if unit in ("month", "monat", "mois", "mes"):
        return _months_on(today.replace(day=1), 1)
    if unit == "quarter":
        return _months_on(date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), 3)
    if unit in ("season",):
        return _months_on(today, 6)
    if unit in _SEASONS:
        return _coming(_SEASONS[unit], 1, None, today)
    return date(today.year + 1, 1, 8)
