"""Facts that stand as labels on a page: 'Capacity: 4,500' under the name of a stadium, 'Enrollment: 2,310'."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tools.web.fact_makers import Hit
from tools.web.fact_words import NUMBER, VENUE, YEAR

NEAR: Final = 8
_LONGEST = 300
_VENUE_LINE = re.compile(rf"{VENUE}\s*")
_LABEL = re.compile(
    r"(?P<label>(?:Seating )?[Cc]apacity|Seats|(?:Year )?[Bb]uilt|(?:Year )?[Oo]pened|(?:Last |Year )?[Rr]enovated"
    r"|Lighting|Lights|(?:Total )?[Ee]nrollment|Students|Employees|Number of employees)\s*(?::|\|)\s*(?P<value>.{1,80})"
)


@dataclass(frozen=True)
class Labelled:
    """One label with its value; `quote` runs from the name that it stands under to the value."""

    field: str
    kind: str
    hit: Hit
    quote: str
    passing: bool


def labelled(text: str) -> Iterator[Labelled]:
    """The labels of a text. Those of a venue count only within a few lines under its name."""
    lines = text.split("\n")
    venue, since = "", 0
    for number, line in enumerate(lines):
        stripped = line.strip(" -•–*|")
        if len(stripped) > 120:
            continue
        if _VENUE_LINE.fullmatch(stripped):
            venue, since = stripped, number
            continue
        match = _LABEL.fullmatch(stripped)
        if match is None:
            continue
        label, value = match["label"].lower(), match["value"].strip()
        if (found := _of_organisation(label, value)) is not None:
            yield Labelled("company_metrics", next(iter(found.values)), found, line, True)
        elif venue and number - since <= NEAR and (hit := _of_venue(venue, label, value)) is not None:
            quote = "\n".join(lines[since : number + 1])
            if len(quote) <= _LONGEST:
                yield Labelled("facility", "venue_label", hit, quote, False)


def _of_organisation(label: str, value: str) -> Hit | None:
    number = re.fullmatch(rf"({NUMBER})(?: (?:undergraduate )?students| employees)?", value)
    if number is None:
        return None
    count = int(number[1].replace(",", ""))
    if "enrollment" in label or label == "students":
        return Hit(f"{{org}} has {number[1]} students.", "The school", values={"students": count})
    if "employees" in label:
        return Hit(f"{{org}} has {number[1]} employees.", "The company", values={"employees": count})
    return None


def _of_venue(venue: str, label: str, value: str) -> Hit | None:
    year = re.fullmatch(rf"({YEAR})", value)
    if "capacity" in label or label == "seats":
        seats = re.fullmatch(rf"({NUMBER})(?: seats)?", value)
        return Hit(f"{venue} seats {seats[1]}.", venue=venue, values={"seats": _int(seats[1])}) if seats else None
    if "renovated" in label:
        return _dated(venue, "was renovated", year, "year_renovated")
    if "built" in label or "opened" in label:
        return _dated(venue, "opened" if "opened" in label else "was built", year, "year_built")
    return _lit(venue, value)


def _dated(venue: str, verb: str, year: re.Match[str] | None, key: str) -> Hit | None:
    return Hit(f"{venue} {verb} in {year[1]}.", venue=venue, values={key: _int(year[1])}) if year else None


def _lit(venue: str, value: str) -> Hit | None:
    """'LED (2019)', 'Metal halide', 'Metal halide, installed 1998'."""
    kind = re.match(r"(?P<led>(?:\w+ )?LED)\b|(?P<halide>metal[- ]halide)\b", value, re.IGNORECASE)
    if kind is None or re.search(r"\b(?:planned|proposed|future|no|not|former)\b", value, re.IGNORECASE):
        return None
    years = re.findall(rf"\b{YEAR}\b", value)
    when = f", installed in {years[0]}" if len(years) == 1 else ""
    values: dict[str, str | int | list[str]] = {"lighting": "led" if kind["led"] else "metal_halide"}
    if when:
        values["lighting_year"] = int(years[0])
    return Hit(
        f"The lights at {venue} are {'LED' if kind['led'] else 'metal halide'}{when}.", venue=venue, values=values
    )


def _int(text: str) -> int:
    return int(text.replace(",", ""))
