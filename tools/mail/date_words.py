"""The words of a dozen European languages for months, seasons, spans and holidays, as replies use them."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_MONTH_NAMES = (
    "january jan januar jänner janvier enero gennaio janeiro januari stycznia styczniu",
    "february feb februar février fevrier febrero febbraio fevereiro februari lutego lutym",
    "march mar märz maerz mars marzo março marco maart marca marcu marts",
    "april apr avril abril aprile kwietnia kwietniu",
    "may mai mayo maggio maio mei maj maja maju",
    "june jun juni juin junio giugno junho czerwca czerwcu",
    "july jul juli juillet julio luglio julho lipca lipcu",
    "august aug août aout agosto augustus augusti sierpnia sierpniu",
    "september sept sep septembre septiembre settembre setembro września wrześniu",
    "october oct oktober okt octobre octubre ottobre outubro października październiku",
    "november nov novembre noviembre novembro listopada listopadzie",
    "december dec dezember dez décembre decembre diciembre dicembre dezembro desember grudnia grudniu",
)
_SEASON_NAMES = {
    3: "spring frühjahr frühling printemps primavera voorjaar våren foråret",
    6: "summer sommer été verano verão estate zomer sommaren sommeren",
    9: "fall autumn herbst automne otoño outono autunno najaar hösten høsten rentrée",
    12: "winter hiver invierno inverno vintern vinteren",
}
_NUMBER_WORDS = {
    1: "a an one ein einem einen einer eine un une uno una um uma een en ett et jeden",
    2: "two couple zwei deux dos dois duas due twee två to dwa dwie",
    3: "three few drei trois tres três tre drie trzy",
    4: "four several vier quatre cuatro quatro quattro fyra fire cztery",
    5: "five fünf cinq cinco cinque vijf fem pięć",
    6: "six sechs seis sei zes sex seks sześć",
    8: "eight acht huit ocho oito otto åtta otte åtte",
    9: "nine neun neuf nueve nove negen nio ni",
    10: "ten zehn dix diez dez dieci tien tio ti",
    12: "twelve zwölf douze doce doze dodici twaalf tolv",
}
_UNIT_WORDS = {
    "day": "day days tag tage tagen jour jours día dias días dia giorno giorni dag dagen dagar dage dager dni",
    "week": "week weeks wk wks woche wochen semaine semaines semana semanas settimana settimane weken vecka "
    "veckor uge "
    "uger uke uker tydzień tygodnie tygodni",
    "fortnight": "fortnight fortnights quinzaine",
    "month": "month months mo mos monat monate monaten monats mois mes meses mês mese mesi maand maanden månad "
    "månader måned "
    "måneder miesiąc miesiące miesięcy",
    "quarter": "quarter quarters quartal quartale quartalen quartals trimestre trimestres kwartaal kwartalen",
    "year": "year years yr yrs jahr jahre jahren jahres an ans année années año años ano anos anno anni jaar år "
    "rok lata",
}
_WEEKDAY_NAMES = (
    "monday montag lundi lunes segunda-feira lunedì maandag måndag mandag",
    "tuesday dienstag mardi martes terça-feira martedì dinsdag tisdag tirsdag",
    "wednesday mittwoch mercredi miércoles quarta-feira mercoledì woensdag onsdag",
    "thursday donnerstag jeudi jueves quinta-feira giovedì donderdag torsdag",
    "friday freitag vendredi viernes sexta-feira venerdì vrijdag fredag",
    "saturday samstag sonnabend samedi sábado sabato zaterdag lördag lørdag",
    "sunday sonntag dimanche domingo domenica zondag söndag søndag",
)


def _numbered(names: Iterator[tuple[int, str]]) -> dict[str, int]:
    return {name: number for number, each in names for name in re.findall(r"\S+", each)}


MONTHS: Final = _numbered((number, names) for number, names in enumerate(_MONTH_NAMES, 1))
SEASONS: Final = _numbered((month, names) for month, names in _SEASON_NAMES.items())
NUMBERS: Final = _numbered((number, names) for number, names in _NUMBER_WORDS.items())
WEEKDAYS: Final = _numbered((number, names) for number, names in enumerate(_WEEKDAY_NAMES))
UNITS: Final = {name: unit for unit, names in _UNIT_WORDS.items() for name in re.findall(r"\S+", names)}


def any_of(names: dict[str, int] | dict[str, str]) -> str:
    """A pattern for any of the names, longest first."""
    return "|".join(sorted(map(re.escape, names), key=len, reverse=True))


def easter(year: int) -> date:
    """Easter Sunday of the western churches (the anonymous Gregorian computus)."""
    a, b, c = year % 19, year // 100, year % 100
    d = (19 * a + b - b // 4 - (b - (b + 8) // 25 + 1) // 3 + 15) % 30
    e = (32 + 2 * (b % 4) + 2 * (c // 4) - d - c % 4) % 7
    f = d + e - 7 * ((a + 11 * d + 22 * e) // 451) + 114
    return date(year, f // 31, f % 31 + 1)


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def _last_monday_of_may(year: int) -> date:
    return date(year, 5, 31) - timedelta(days=date(year, 5, 31).weekday())


_HOLIDAYS = (
    "labor day",
    "thanksgiving",
    "memorial day",
    "presidents['’]? day|presidents['’]s day",
    "mlk day|martin luther king day",
    "columbus day",
    "veterans day",
    "juneteenth",
    "(?:the )?(?:fourth of july|independence day)",
    "halloween",
    "easter(?: weekend| sunday)?|ostern|pâques|pascua|páscoa|pasqua|pasen|påsk|påske",
    "christmas|xmas|weihnachten|noël|navidad|natal|natale|kerst|julen",
    "the holidays|new year['’]?s eve|silvester",
)
HOLIDAY: Final = re.compile(r"\b(?:" + "|".join(f"({names})" for names in _HOLIDAYS) + r")\b", re.I)


def holiday(number: int, year: int) -> date:
    """The day of a holiday in a year; `number` counts the groups of HOLIDAY from one. The holidays: 31 December."""
    return (
        _nth(year, 9, 0, 1),
        _nth(year, 11, 3, 4),
        _last_monday_of_may(year),
        _nth(year, 2, 0, 3),
        _nth(year, 1, 0, 3),
        _nth(year, 10, 0, 2),
        date(year, 11, 11),
        date(year, 6, 19),
        date(year, 7, 4),
        date(year, 10, 31),
        easter(year),
        date(year, 12, 25),
        date(year, 12, 31),
    )[number - 1]
