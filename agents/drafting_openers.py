"""What a letter opens with: the kept facts, read, and the sentences that can be made of them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.drafting.templates import OPENING_FIELDS
from tools.wording import capitalised

_HOME = re.compile(r"(?P<school>.+) plays its home football at (?P<stadium>.+)\.")
_VENUE = (
    re.compile(r"(?P<venue>.+) was built in (?P<year>\d{4})\."),
    re.compile(r"(?P<venue>.+) seats (?P<seats>[\d,]+)\."),
    re.compile(r"The surface at (?P<venue>.+) is (?P<surface>.+)\."),
)
_OTHER = (
    re.compile(r"(?P<_who>.+) plays football in the (?P<conference>.+)\."),
    re.compile(r"(?P<_who>.+) competes in (?P<division>.+)\."),
    re.compile(r"(?P<college>.+) has (?P<students>[\d,]+) undergraduates\."),
    re.compile(r"(?P<firm>.+) has about (?P<employees>[\d,]+) employees\."),
)
_OPENING = re.compile(r"(?P<company>.+) has an opening for (?P<opening>.+)\.")


@dataclass
class Facts:
    """What the facts say, by kind, with the numbers of the facts that each rests on; `plain` are the sentences, with
    their numbers, that can open a letter as they stand."""

    values: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    plain: list[tuple[str, int]] = field(default_factory=list)

    def add(self, number: int, **found: str) -> None:
        for key, value in found.items():
            if key not in self.values:
                self.values[key], self.numbers[key] = value, number

    def has(self, keys: Sequence[str]) -> bool:
        return all(key in self.values for key in keys)

    def drop(self, *keys: str) -> None:
        for key in keys:
            self.values.pop(key, None)


def read_facts(facts: Sequence[dict[str, Any]]) -> Facts:
    """Reads the facts' sentences. Age, size and surface count only where they are those of the home venue."""
    known = Facts()
    for fact in facts:
        if match := _HOME.fullmatch(fact["sentence"]):
            known.add(fact["number"], **match.groupdict())
        if fact["field"] in OPENING_FIELDS:
            known.plain.append((fact["sentence"], fact["number"]))
    for fact in facts:
        sentence, number = fact["sentence"], fact["number"]
        for pattern in _VENUE:
            match = pattern.fullmatch(sentence)
            if match and match["venue"].casefold() == known.values.get("stadium", "").casefold():
                known.add(number, **{k: v for k, v in match.groupdict().items() if k != "venue"})
        for pattern in _OTHER:
            if match := pattern.fullmatch(sentence):
                known.add(number, **{k: v for k, v in match.groupdict().items() if not k.startswith("_")})
        if match := _OPENING.fullmatch(sentence):
            second = "opening" in known.values and match["opening"] != known.values["opening"]
            name = "second_opening" if second else "opening"
            known.add(number, company=match["company"], **{name: match["opening"]})
    return known


_YEAR_AND_SEATS: tuple[str, ...] = (
    "{Stadium} was built in {year} and seats {seats} for {school} football.",
    "{school} plays its home football at {stadium}, which was built in {year} and seats {seats}.",
    "I have been reading about {stadium}, the home of {school} football, which was built in {year} and seats {seats}.",
    "The home of {school} football, {stadium}, was built in {year} and seats {seats}.",
    "{school} plays on {surface} at {stadium}, which was built in {year} and seats {seats}.",
    "{school} football is played on {surface} at {stadium}, a {seats}-seat venue built in {year}.",
    "{school} plays its {conference} football at {stadium}, which was built in {year} and seats {seats}.",
)
_YEAR: tuple[str, ...] = (
    "{Stadium}, where {school} plays its home football, was built in {year}.",
    "I have been reading about {stadium}, the home of {school} football, which was built in {year}.",
    "{school} plays on {surface} at {stadium}, which was built in {year}.",
    "{school} plays its {conference} football at {stadium}, which was built in {year}.",
)
_SEATS: tuple[str, ...] = (
    "{school} plays its home football at {stadium}, which seats {seats}.",
    "I have been reading about {stadium}, the home of {school} football, which seats {seats}.",
    "{Stadium} seats {seats} for {school} football.",
    "{school} plays on {surface} at {stadium}, which seats {seats}.",
    "{school} plays its {conference} football at {stadium}, which seats {seats}.",
    "{school} competes in {division} and plays its home football at {stadium}, which seats {seats}.",
)
_VENUE_ALONE: tuple[str, ...] = (
    "{school} plays its home football at {stadium}.",
    "I have been reading about {stadium}, where {school} plays its home football.",
    "{school} plays its home football on {surface} at {stadium}.",
    "{school} plays its {conference} football at {stadium}.",
    "{school} competes in {division} and plays its home football at {stadium}.",
)
_TWO_OPENINGS: tuple[str, ...] = (
    "I saw that {company} has openings for {opening} and {second_opening}.",
    "{company} has openings for {opening} and for {second_opening}, which is why I am writing.",
)
_ONE_OPENING: tuple[str, ...] = (
    "I saw that {company} has an opening for {opening}.",
    "{company} has an opening for {opening}, which is why I am writing.",
    "I came across the opening at {company} for {opening}.",
    "I am writing because {company} has an opening for {opening}.",
)
# Asked for by a test alone: a size is a poorer reason to write than an opening.
_EMPLOYEES: tuple[str, ...] = (
    "I have been reading about {firm}, which has about {employees} employees.",
    "I am writing because {firm} has about {employees} employees.",
)
_VENUES = (_YEAR_AND_SEATS, _YEAR, _SEATS, _VENUE_ALONE)
_OPENINGS = (_TWO_OPENINGS, _ONE_OPENING)
# The fullest group that the facts allow; the first sentence of a group is the one that needs least.
_GROUPS = (*_VENUES, *_OPENINGS)
_OF_STYLE = {"company_metric": (*_VENUES, _EMPLOYEES), "activity_reference": _OPENINGS}


def style_of(opener: str) -> str:
    """The style (OCC, message_drafts.opener_style) of a sentence that `openers` gave."""
    return "activity_reference" if "opening" in opener else "company_metric"


def openers(facts: Facts, style: str | None = None) -> list[tuple[str, list[int]]]:
    """The first sentences that the facts allow, each with the numbers of the facts that it rests on.

    Those of a `style` where the facts allow any; else the others, for whoever looks to see that they are others.
    """
    for group in (*_OF_STYLE.get(style or "", ()), *_GROUPS):
        needs = {text: [name.lower() for name in re.findall(r"\{(\w+)\}", text)] for text in group}
        if possible := [text for text in group if facts.has(needs[text])]:
            values = {**facts.values, "Stadium": capitalised(facts.values.get("stadium", ""))}
            return [(text.format(**values), sorted({facts.numbers[key] for key in needs[text]})) for text in possible]
    # No pattern knows the fact, for another model found it: it was kept as a sentence that can stand in a letter.
    return [(sentence, [number]) for sentence, number in facts.plain[:1]]


# What a later message adds, by what it is about: only where no earlier message told that fact.
_FURTHER: dict[str, tuple[str, ...]] = {
    "students": (
        "I also read that {college} has {students} undergraduates.",
        "Since then I read that {college} has {students} undergraduates.",
    ),
    "surface": (
        "I also read that {school} plays on {surface} at {stadium}.",
        "Since then I read that {school} plays on {surface} at {stadium}.",
    ),
    "conference": (
        "I also thought of {conference} football at {stadium}.",
        "I was also thinking of {conference} football at {stadium}.",
    ),
    "year": ("I also read that {stadium} was built in {year}.",),
    "seats": ("I also read that {stadium} seats {seats}.",),
    "opening": ("I also saw that {company} has an opening for {second_opening}.",),
    "employees": ("I also read that {firm} has about {employees} employees.",),
}


# What a later message calls to mind, where no fact is left that was not told.
_CALLED_TO_MIND: tuple[str, ...] = (
    "I wrote to you about {stadium}, where {school} plays its home football.",
    "I am still thinking of {stadium}, the home of {school} football.",
    "I have been thinking of {stadium}, where {school} plays its home football.",
    "I wrote to you about the opening at {company} for {opening}.",
    "It was the opening at {company} for {opening} that made me write.",
    "I wrote to you because {company} has an opening for {opening}.",
)


def reminders(facts: Facts) -> list[tuple[str, list[int]]]:
    """Sentences that say what was written about, each with the numbers of the facts that it rests on."""
    found = []
    for text in _CALLED_TO_MIND:
        needs = re.findall(r"\{(\w+)\}", text)
        if facts.has(needs):
            found.append((text.format(**facts.values), sorted({facts.numbers[name] for name in needs})))
    return found


def further(facts: Facts, about: Sequence[str], told: set[int]) -> list[tuple[str, list[int]]]:
    """Sentences with facts on these matters that no earlier message told; `told` are the numbers of those that did."""
    found = []
    for key in about:
        for text in _FURTHER.get(key, ()):
            needs = re.findall(r"\{(\w+)\}", text)
            known = "second_opening" if key == "opening" else key
            if facts.has(needs) and facts.numbers[known] not in told:
                found.append((text.format(**facts.values), sorted({facts.numbers[name] for name in needs})))
    return found


def untold(facts: Facts, told: set[int]) -> list[tuple[str, list[int]]]:
    """Facts that no pattern knows and no earlier message told, as they stand."""
    known = set(facts.numbers.values())
    return [(sentence, [number]) for sentence, number in facts.plain if number not in told | known]
