"""The date that a reply names: when to write again, or when somebody is back.

How a date counts: a month, quarter, half year, season and year is its first day, its middle the 15th day, its end its
last; what is to wait until after a day is the day behind it. Numbers with slashes are month/day, as in the United
States, unless only day/month can be meant.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from tools.mail.date_words import HOLIDAY, MONTHS, NUMBERS, SEASONS, UNITS, WEEKDAYS, any_of, holiday

_MONTH, _SEASON_NAME, _WEEKDAY = any_of(MONTHS), any_of(SEASONS), any_of(WEEKDAYS)
_NUMBER, _UNIT = rf"(?:\d{{1,3}}|{any_of(NUMBERS)})", any_of(UNITS)
_YEAR = r"20\d\d|(?:of )?next year|nächsten jahre?s|(?:de )?l['’]an(?:née)? prochaine?|del próximo año"
_ISO = re.compile(r"\b(20\d\d)-(\d{1,2})-(\d{1,2})\b")
_DOTTED = re.compile(r"\b(\d{1,2})\.\s?(\d{1,2})\.(?:\s?(20\d\d))?(?!\d)")
_SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2})(?:/(20\d\d|\d\d))?\b(?!/)")
_DAY_MONTH = re.compile(
    rf"\b(\d{{1,2}})(?:st|nd|rd|th|er|\.|º|°)?\s+(?:of\s+|de\s+)?({_MONTH})\b\.?(?:,?\s+(?:de\s+)?({_YEAR}))?", re.I
)
_MONTH_DAY = re.compile(rf"\b({_MONTH})\b\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\b(?!:)(?:,?\s+({_YEAR}))?", re.I)
_BARE_DAY = re.compile(
    r"\b(?:after|until|till?|through|thru|on|by|before|from|past|week of|back)\s(?:the\s)?(\d{1,2})(?:st|nd|rd|th)\b"
    r"(?!\s(?:of|floor|grade|street|time|week|quarter|year|year|inning|hole|half|sprint|place))|"
    r"\b(?:nach dem|bis zum|ab dem|après le|jusqu['’]au|depois do dia|até o dia|después del(?: día)?|dopo il|"
    r"efter den)\s"
    rf"(\d{{1,2}})\b\.?(?!\s(?:{_MONTH}|de\b))",
    re.I,
)
_IN_MONTH = re.compile(
    r"(?:(?P<start>(?:^|[.!?,;:]\s))|\b(?P<lead>in|until|till?|by|after|around|early|mid|late|next|this|come|"
    r"maybe|say|end|"
    r"beginning|start|starting|of|or|from|before|sometime|again|try|middle|once|for|im|ab|anfang|mitte|ende|nach|vor|"
    r"bis|erst|"
    r"frühestens|en|fin|début|mi|courant|après|vers|dès|de|hasta|para|desde|em|até|ad?|dopo|entro|vanaf|na|"
    r"begin|eind|i|"
    rf"efter|från|fra|w|we|po|od|do)[\s-]+)(?P<month>{_MONTH})\b(?!\.?\s+\d{{1,2}}\b)(?:,?\s+(?P<year>{_YEAR}))?"
    r"(?!\s(?:is|are|will be|looks)\s(?:\w+\s)?(?:terrible|bad|out|crazy|full|no|madness|impossible|booked|busy|"
    r"packed))",
    re.I,
)
_MAY_IS_A_VERB = re.compile(r"\s(?:i|we|you|be|have|not|as|they|it|he|she|or)\b", re.I)
_SPAN = re.compile(
    r"(?:\b(?P<lead>in|after|within|for|another|give (?:it|me|us)|wait|dans|d['’]ici|en|dentro de|em|daqui a|"
    r"tra|fra|over|om|"
    r"za|innerhalb von)\s+)?(?:(?:about|around|roughly|the next|another|maybe|etwa|say|environ|unos|uns|"
    r"cerca de|like)\s+)*"
    rf"(?:(?P<half>half a|a half|ein(?:em)? halbe[sn]?|medio|meio|mezzo|een half|et halvt|ett halvt)\s|"
    rf"(?:a\s)?(?P<count>{_NUMBER})(?:\s?(?:-|–|to|or|bis|ou|o|à)\s?{_NUMBER})?(?:\sof)?(?:\smore)?\s)?"
    rf"\b(?P<unit>{_UNIT})\b(?P<on>\s(?:from (?:now|today)|hence|later|out|or so|on))?",
    re.I,
)
_NEXT = re.compile(
    r"\b(?:(?:next|following|nächste[nrsm]?|kommende[nrsm]?|prochaine?|pr[óo]xim[ao]s?|volgende?|nästa|næste|neste|"
    r"prossim[ao]|przyszłym)\s(?P<a>fiscal year|{units}|{seasons}|roku|miesiącu|tygodniu)|"
    r"(?P<b>{units})\s(?:prochaine?|que viene|que vem|prossim[ao]|after next))\b".replace("{units}", _UNIT).replace(
        "{seasons}", _SEASON_NAME
    ),
    re.I,
)
_QUARTER = re.compile(
    r"\b(?:[qt]([1-4])|(first|1st|erste[sn]?|premier|primer|primeiro|primo|second|2nd|zweite[sn]?|deuxième|"
    r"segundo|secondo|"
    r"third|3rd|dritte[sn]?|troisième|tercer|terceiro|terzo|fourth|last|4th|vierte[sn]?|quatrième|cuarto|quarto)"
    rf"\s(?:quarter|quartal|trimestre))\b(?:,?\s+(?:of\s+)?({_YEAR}))?",
    re.I,
)
_HALF = re.compile(
    r"\b(?:h([12])|(?:(first|erste[sn]?|premier|primer|primeiro)|(?:second|back|zweite[sn]?|deuxième|segundo))\s"
    rf"(?:half|halbjahr|semestre))\b(?:\s(?:of (?:the year\b|)|in )?({_YEAR}))?",
    re.I,
)
_SEASON = re.compile(
    r"\b(?P<lead>in the|in|until|after the|after|before|this|im|nach dem|nach den|late|early|over the|past the|"
    r"by|come|"
    r"the|en|au|à l['’]?|à la|après l['’]|na|no|in het|til|efter|i|på|for)\s?"
    rf"(?P<season>{_SEASON_NAME})\b(?!\s(?:break|camp|ball|training|practice|game|semester|sports?)s?\b)"
    rf"(?:\s(?:of\s)?(?P<year>{_YEAR}))?",
    re.I,
)
_IN_YEAR = re.compile(r"(?<![\d/.-])(20\d\d)\b(?![-/.]\d|\s(?:budget|plan|season|model|bond|audit|catalog))", re.I)
_NEW_YEAR = re.compile(
    r"\b(?:new year(?!['’]?s eve)|neue[sn] jahr(?:es)?|jahreswechsel|nouvelle? an(?:née)?|a[ñn]o nuevo|ano novo|"
    r"anno nuovo|nieuwe jaar|nyår|nytår|nyttår|turn of the year|first of the year)\b",
    re.I,
)
_END_OF = re.compile(
    r"\b(?:end of|ende|fin de|fin|fim d[oe]|final de|fine|eind|slutet av)\s(?:the\s|this\s|des\s|dieses\s|du\s|d['’]|"
    r"el\s|o\s)?(month|quarter|year|monats|quartals|jahres|mois|mes|mês|année|año|ano)\b|\b(year|quarter|"
    r"month)[- ]end\b",
    re.I,
)
_ON_WEEKDAY = re.compile(rf"\b(?:again|back|until|till?|on|try|not before|wieder)(?: me)?(?: on)? ({_WEEKDAY})\b", re.I)
_WEEKDAY_AFTER = re.compile(rf"\b({_WEEKDAY})\s(?:after|danach|d['’]après)\b", re.I)
_TOMORROW = re.compile(r"\b(?:(?:the )?(day after )?tomorrow|(über)?morgen früh|demain|mañana por)\b", re.I)
_SHIFT = re.compile(
    rf"\b({_NUMBER})\s({_UNIT})\s(before|earlier|prior|after|later|vorher|davor|danach|avant|antes|después|depois)\b",
    re.I,
)
_LAST_YEAR = timedelta(days=2 * 366)

_EARLY = r"(?:the\s|de\s|di\s|of\s|von\s|d['’])*$"
_MIDDLE = re.compile(rf"\b(?:mid|middle of|mitte|mi|courant|mediados de|meados de|metà|half|medio)[\s-]*{_EARLY}", re.I)
_LATE = re.compile(rf"\b(?:late|second half of)[\s-]*{_EARLY}", re.I)
_END = re.compile(
    rf"\b(?:end of|end|ende|fin|fin de|finales de|fim de|final de|fine|eind|slutet av)[\s-]*{_EARLY}", re.I
)
_AFTER = re.compile(
    r"\b(?:after|past|following|nach|nach dem|après|après le|après l['’]|après la|después del?|"
    r"depois d[oe](?: dia)?|dopo il|"
    r"dopo|na|efter|efter den|po|through|thru)\s*(?:the\s)?$",
    re.I,
)
_AFTER_IT = re.compile(
    r"\b(?:after (?:that|then)|(?:the )?day (?:after|aftr)|thereafter|le lendemain|am tag danach|el día después|"
    r"the next day)\b",
    re.I,
)
_OVER = re.compile(
    r"[^.,!?\n]{0,20}\s(?:are|is|has|have|ist|sind|est)\s(?:over|past|behind us|done|gone|vorbei|fini)\b", re.I
)
_WEEK_AFTER = re.compile(r"\bweek (?:after|following)\b|\bwoche (?:darauf|danach)\b", re.I)
_BEFORE_MONTHS = frozenset({"in", "until", "till", "by", "early", "mid", "late"})
_GONE = re.compile(
    r"\b(?:since|last|seit|depuis|dal|sinds|sedan)\s(?:(?:early|mid|late)[\s-])?$|"
    r"\b(?:talked|spoke|met|bought|installed|signed|started|wrote|replaced|renewed|was|were|did|had|retired|"
    r"left|went)\b"
    r"[^.!?\n]{0,30}\b(?:in|on|of)\s$",
    re.I,
)


# A day of the calendar; a month or longer, or a time to wait; what is seldom the time to write.
_EXACT, _ROUGH, _WEAK = 0, 1, 2


@dataclass(frozen=True)
class _Named:
    """A time that a text names, from its first day to its last, and where it stands; the lowest rank counts first."""

    start: int
    end: int
    first: date
    last: date
    rank: int = _EXACT
    wait: bool = False


def named_date(text: str, today: date) -> date | None:
    """The first date in the future (two years at most) that a text names, exactly or roughly, if any."""
    text = text[:4000]
    found = sorted(_all(text, today), key=lambda named: (named.rank, named.start))
    for named in found:
        day = _meant(text, named)
        if day is not None and today < day <= today + _LAST_YEAR:
            return day
    return None


def latest_named_date(text: str, today: date) -> date | None:
    """The latest exact date to come that a text names: of an absence from one day to another, its end."""
    days = [named.first for named in _exact(text[:4000], today)]
    return max((day for day in days if today <= day <= today + _LAST_YEAR), default=None)


def _meant(text: str, named: _Named) -> date | None:
    """The day that is meant by a time: its start, middle, end, or what comes before or after it."""
    lead = re.match(r"[^\w]*(?:[^\W\d_]+[\s-]+)?", text[named.start : named.end])
    exact = named.rank == _EXACT
    before = text[max(0, named.start - 40) : named.start] + (lead[0] if lead and not exact else "")
    behind = text[named.end : named.end + 70]
    if named.wait:
        return named.first
    if _GONE.search(before):
        return None
    day = named.first
    if _END.search(before):
        day = named.last
    elif _MIDDLE.search(before) and not exact:
        day += timedelta(days=14)
    elif _LATE.search(before) and not exact:
        day += timedelta(days=19)
    if weekday := _WEEKDAY_AFTER.search(behind):
        return _weekday(named.last, WEEKDAYS[weekday[1].lower()])
    if _WEEK_AFTER.search(behind):
        return named.last + timedelta(days=7 - named.last.weekday())
    shift = _SHIFT.search(behind)
    if shift and exact:
        back = shift[3].lower() in ("before", "earlier", "prior", "vorher", "davor", "avant", "antes")
        return _on(named.last, _count(shift[1]) * (-1 if back else 1), UNITS[shift[2].lower()])
    if _AFTER.search(before) or _OVER.match(behind) or (exact and _AFTER_IT.search(behind)):
        return named.last + timedelta(days=1)
    return day


def _all(text: str, today: date) -> Iterator[_Named]:
    exact = list(_exact(text, today))
    yield from exact
    taken = [(named.start, named.end) for named in exact]
    for named in _rough(text, today):
        if not any(start < named.end and named.start < end for start, end in taken):
            yield named


def _exact(text: str, today: date) -> Iterator[_Named]:
    for m, day in (
        *((m, _day(int(m[1]), int(m[2]), int(m[3]))) for m in _ISO.finditer(text)),
        *((m, _coming(int(m[2]), int(m[1]), m[3], today)) for m in _DOTTED.finditer(text)),
        *((m, _slashed(m, today)) for m in _SLASHED.finditer(text)),
        *((m, _coming(MONTHS[m[2].lower()], int(m[1]), m[3], today)) for m in _DAY_MONTH.finditer(text)),
        *((m, _coming(MONTHS[m[1].lower()], int(m[2]), m[3], today)) for m in _MONTH_DAY.finditer(text)),
    ):
        if day is not None:
            yield _Named(m.start(), m.end(), day, day)
    for m in _BARE_DAY.finditer(text):
        group = 1 if m[1] else 2
        if (day := _coming_day(int(m[group]), today)) is not None:
            yield _Named(m.start(group), m.end(), day, day)
    for m in HOLIDAY.finditer(text):
        days = [holiday(m.lastindex or 1, year) for year in (today.year, today.year + 1)]
        day = days[0] if days[0] >= today else days[1]
        yield _Named(m.start(), m.end(), day, day)


def _slashed(m: re.Match[str], today: date) -> date | None:
    first, second = int(m[1]), int(m[2])
    month, day = (second, first) if first > 12 else (first, second)
    return _coming(month, day, None if not m[3] else m[3] if len(m[3]) == 4 else f"20{m[3]}", today)


def _rough(text: str, today: date) -> Iterator[_Named]:
    def named(m: re.Match[str], first: date | None, months: int = 0, rank: int = _ROUGH) -> Iterator[_Named]:
        if first is not None:
            last = _months_on(first, months) - timedelta(days=1) if months else first
            yield _Named(m.start(), m.end(), first, last, rank)

    for m in _IN_MONTH.finditer(text):
        if not _is_a_verb(m, text):
            yield from named(m, _coming(MONTHS[m["month"].lower()], 1, m["year"], today), 1)
    for m in _SPAN.finditer(text):
        if (day := _after(m, today)) is not None:
            yield _Named(m.start(), m.end(), day, day, _ROUGH, wait=True)
    for m in _NEXT.finditer(text):
        yield from named(m, _next((m["a"] or m["b"]).lower(), today, m[0].lower().endswith("after next")))
    for m in _QUARTER.finditer(text):
        quarter = int(m[1]) if m[1] else _ordinal(m[2].lower())
        yield from named(m, _coming(3 * quarter - 2, 1, m[3], today), 3)
    for m in _HALF.finditer(text):
        yield from named(m, _coming(1 if m[1] == "1" or m[2] else 7, 1, m[3], today), 6)
    for m in _SEASON.finditer(text):
        yield from named(m, _coming(SEASONS[m["season"].lower()], 1, m["year"], today), 3)
    for m in _NEW_YEAR.finditer(text):
        yield from named(m, date(today.year + 1, 1, 1))
    for m in _END_OF.finditer(text):
        yield from named(m, _end_of((m[1] or m[2]).lower(), today), rank=_WEAK)
    for m in _ON_WEEKDAY.finditer(text):
        yield from named(m, _weekday(today, WEEKDAYS[m[1].lower()]), rank=_WEAK)
    for m in _TOMORROW.finditer(text):
        yield from named(m, today + timedelta(days=2 if m[1] or m[2] else 1), rank=_WEAK)
    for m in _IN_YEAR.finditer(text):
        if int(m[1]) > today.year:
            yield from named(m, _day(int(m[1]), 1, 1), 12)


def _is_a_verb(m: re.Match[str], text: str) -> bool:
    """Whether 'may' or 'march' is no month: written small without a preposition, or before a pronoun."""
    if m["month"].lower() not in ("may", "march", "mar"):
        return False
    if m["month"][0].islower() and (m["lead"] or "").lower() not in _BEFORE_MONTHS:
        return True
    return bool(m["start"] is not None and _MAY_IS_A_VERB.match(text[m.end() : m.end() + 8]))


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _coming(month: int, day: int, year: str | None, today: date) -> date | None:
    if year:
        return _day(int(year) if year.isdigit() else today.year + 1, month, day)
    this_year = _day(today.year, month, day)
    return this_year if this_year and this_year >= today else _day(today.year + 1, month, day)


def _coming_day(day: int, today: date) -> date | None:
    """The next such day of a month after today."""
    month = today.replace(day=1)
    for _ in range(3):
        found = _day(month.year, month.month, day)
        if found is not None and found > today:
            return found
        month = _months_on(month, 1)
    return None


def _weekday(after: date, weekday: int) -> date:
    return after + timedelta(days=(weekday - after.weekday() - 1) % 7 + 1)


def _months_on(today: date, months: int) -> date:
    index = today.month - 1 + months
    year, month = today.year + index // 12, index % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def _count(word: str) -> int:
    return int(word) if word.isdigit() else NUMBERS[word.lower()]


def _after(m: re.Match[str], today: date) -> date | None:
    unit, lead = UNITS[m["unit"].lower()], (m["lead"] or "").lower()
    if not (m["half"] or (m["count"] and (lead or m["on"] or unit == "fortnight"))):
        return None
    if lead == "for" and unit == "year":
        return None  # 'for twenty years' is what has been
    if m["half"]:
        return _months_on(today, 6) if unit == "year" else None
    return _on(today, _count(m["count"]), unit)


def _on(day: date, count: int, unit: str) -> date | None:
    if abs(count) > 730:
        return None
    if unit in ("day", "week", "fortnight"):
        return day + timedelta(days=count * {"day": 1, "week": 7, "fortnight": 14}[unit])
    months = count * {"month": 1, "quarter": 3, "year": 12}[unit]
    return _months_on(day, months) if abs(months) <= 36 else None


def _ordinal(word: str) -> int:
    starts = (("fi", "1", "er", "pr"), ("se", "2", "zw", "de"), ("th", "3", "dr", "tr", "te"))
    return next((n for n, heads in enumerate(starts, 1) if word.startswith(heads)), 4)


def _next(unit: str, today: date, after_next: bool) -> date | None:
    if unit in SEASONS:
        return _coming(SEASONS[unit], 1, None, today)
    kind = {"roku": "year", "miesiącu": "month", "tygodniu": "week", "fiscal year": "year"}.get(unit) or UNITS[unit]
    if kind == "week":
        return today + timedelta(days=7 * (1 + after_next) - today.weekday())
    if kind == "month":
        return _months_on(today.replace(day=1), 1 + after_next)
    if kind == "quarter":
        return _months_on(date(today.year, 3 * ((today.month - 1) // 3) + 1, 1), 3 * (1 + after_next))
    return date(today.year + 1 + after_next, 1, 1) if kind == "year" else None


def _end_of(unit: str, today: date) -> date:
    month = date(today.year, today.month, 1)
    if unit.startswith("q"):
        month = date(today.year, 3 * ((today.month - 1) // 3) + 3, 1)
    elif unit[0] in "yja":
        month = date(today.year, 12, 1)
    return _months_on(month, 1) - timedelta(days=1)
