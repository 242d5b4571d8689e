"""The grammar of goals that the rules model reads (docs/goals.md): a wish after another, in any order.

At each place of the goal the first phrase that fits is taken; a word that begins none is either one that says nothing
("please", "to") or is handed back as not understood. Nothing is guessed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

from langchain_core.messages import AIMessage, BaseMessage

from agents.models.rules import answer, material_in
from agents.orchestrator_schema import WorkOrder
from agents.parts import Part
from db.enums import PersonaType, ProspectTier, SignalType, VenueType
from tools.normalise import STATES, state_code
from tools.titles import classify

_WORDS: Final = {
    word: number
    for number, word in enumerate(
        re.findall(r"\S+", "one two three four five six seven eight nine ten eleven twelve"), start=1
    )
} | {"fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "a hundred": 100, "a dozen": 12}
_NUMBER: Final = rf"(?P<n>\d[\d,]*(?:\.\d+)?k?|{'|'.join(sorted(_WORDS, key=len, reverse=True))})"
_UNITS: Final = {
    "seats": r"seats?|seating|capacity|places",
    "students": r"students?|enrol(?:l)?ment|enrolled|undergraduates",
    "employees": r"employees|people|staff|headcount|engineers",
}
_UNIT: Final = rf"(?P<unit>{'|'.join(_UNITS.values())})\b"
_UNIT_FIRST: Final = _UNIT.replace("?P<unit>", "?P<of>")
_LEAST: Final = r"at least|no fewer than|not less than|a minimum of|minimum|min|from"
_ABOVE: Final = r"more than|over|above|larger than|bigger than|greater than|>"
_MOST: Final = r"at most|no more than|up to|a maximum of|maximum|max"
_BELOW: Final = r"fewer than|less than|under|below|smaller than|<"
_NOUN: Final = r"(?:drafts?|messages?|e-?mails?|letters?|touches|contacts?|prospects?|leads?|organi[sz]ations?)\b"
_LEVEL: Final = r"(?:1|2|3|iii|ii|i|one|two|three)\b"
_LEVELS: Final = {"1": 1, "i": 1, "one": 1, "2": 2, "ii": 2, "two": 2, "3": 3, "iii": 3, "three": 3}
_COLLEGES: Final = (VenueType.COLLEGE_D1, VenueType.COLLEGE_D2, VenueType.COLLEGE_D3)
_HIGH: Final = tuple(venue for venue in VenueType if venue.value.startswith("high_school"))
_SIGNALS: Final = (
    (r"(?:show(?:ing)? )?(?:buyer |buying )?intent\b", SignalType.BUYER_INTENT),
    (r"(?:that are |who are )?(?:hiring|looking for) (?:in )?(?:qa|sdets?|testers?|quality assurance)\b(?: engineers?)?"
     r"|qa (?:job|opening|posting|vacanc)\w*(?: postings?)?", SignalType.QA_JOB_POSTING),
    (r"(?:recently |newly |just )?(?:funded|raised(?: money)?|funding(?: rounds?)?)\b", SignalType.FUNDING),
    (r"(?:new leaders?(?:hip)?|leadership changes?|a new (?:cto|vp|head)[\w ]{0,20}?)\b", SignalType.LEADERSHIP_CHANGE),
    (r"(?:product launch(?:es)?|launched(?: a)?(?: new)?(?: product)?|new products?)\b", SignalType.PRODUCT_LAUNCH),
    (r"(?:competitor evaluations?|evaluating (?:a )?(?:competitors?|tools))\b", SignalType.COMPETITOR_EVAL),
)  # fmt: skip
_ONLY: Final = (
    (r"imports?\b(?: the files?)?", Part.IMPORT),
    (r"(?:triage|sort|read|handle)(?: the)? replies\b|replies\b", Part.REPLIES),
    (r"(?:score|scoring)\b", Part.SCORE),
    (r"(?:draft|write|drafting)\b", Part.DRAFT),
)
_NEGATION: Final = r"(?:not|no|never|except(?: for)?|excluding|without|but|other than|don't|do not|avoid)\b[^,;.]*"
_YEAR: Final = r"(?:founded|since|before|after|in)(?: (?:in|before|after|since))? (?:1[89]|20)\d\d\b"
OLD_YEARS: Final = 40
"""What "old stadiums" means where the goal names no year; the order shows the year that it comes to."""
_SILENT: Final = frozenset(
    re.findall(
        r"\S+",
        """a an the to of in at for from with and or on by as that which who whose have has having are is be only just
        please me us our my i we you want need would like should can could let's lets get find give make write draft
        prepare create reach contact message email mail send start run do go new first next best top some any all
        drafts draft messages emails e-mails letters touches contacts prospects leads organisations organizations
        schools teams stadiums venues accounts people persons person them their these those whom it based located
        playbook motion state states city cities area tier tiers conference industry industries sector space import
        take file files now today use using about than each per out up including include especially athletics
        football sized size directors director managers manager heads head leads lead officers officer""",
    )
)
MOST_GOAL: Final = 2_000
"""Characters of a goal that are read; what stands beyond them is told as not understood."""
_LONGEST, _NEAR, _DIGITS, _NO_NUMBER = 500, 40, 9, 1_000_000_000
# A postal code that is also a word counts only in capitals.
_CODE_WORDS: Final = frozenset({"in", "or", "me", "hi", "ok", "oh", "pa", "la", "ma", "de", "id", "al", "co", "mo"})


@dataclass
class _Reading:
    """A goal being read. `before` are the last letters ahead of the phrase that is looked at."""

    known: dict[str, list[str]]
    this_year: int
    before: str = ""
    order: dict[str, Any] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    colleges: bool = False
    high_schools: bool = False

    def add(self, name: str, *values: Any) -> None:
        """Adds to one of the order's lists, nothing twice."""
        kept = self.order.setdefault(name, [])
        kept += [value for value in values if value not in kept]


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The work order for the goal in the material."""
    material = material_in(messages)
    return answer(
        read_goal(material["goal"], material["known"], list(material["playbooks"]), int(material["today"][:4]))
    )


def read_goal(goal: str, known: dict[str, list[str]], playbooks: Sequence[str], this_year: int) -> WorkOrder:
    """The work order that a goal asks for, by the grammar. `known` are the records' names that may stand in it."""
    reading = _Reading(known, this_year)
    place, end = 0, min(len(goal), MOST_GOAL)
    while place < end:
        if not goal[place].isalnum() and goal[place] not in '"<>/.~':
            place += 1
            continue
        # Every phrase is looked for at every word: without bounds a long text would cost its square.
        reading.before, rest = goal[max(0, place - _NEAR) : place], goal[place : place + _LONGEST]
        place += _take(reading, rest, playbooks) or _word(reading, rest)
    if goal[end:].strip():
        reading.lost.append(f"what stands beyond {MOST_GOAL:,} characters: {goal[end:].strip()[:40]}…")
    if reading.colleges and not any(v.value.startswith("college") for v in reading.order.get("venues", [])):
        reading.add("venues", *_COLLEGES, VenueType.COLLEGE_NAIA)
    if reading.high_schools and not set(_HIGH) & set(reading.order.get("venues", [])):
        reading.add("venues", *_HIGH)
    return WorkOrder(**reading.order, not_understood=list(dict.fromkeys(reading.lost)))


def _take(reading: _Reading, rest: str, playbooks: Sequence[str]) -> int:
    """Takes the phrase that the rest begins with; how long it was, 0 where none fits."""
    for name in playbooks:
        if found := re.match(rf"{'[ -]'.join(map(re.escape, name.split('-')))}\b(?: playbook)?", rest, re.IGNORECASE):
            reading.order["playbook"] = name
            return found.end()
    for take in _PHRASES:
        if length := take(reading, rest):
            return length
    return 0


def _word(reading: _Reading, rest: str) -> int:
    """Passes over one word; it is handed back unless it says nothing."""
    found = re.match(r'"[^"]*"?|[\w\'’&./@-]+|.', rest, re.DOTALL)
    word = found[0] if found else rest[0]
    if (bare := word.strip("\"'’.-")) and bare.lower() not in _SILENT:
        reading.lost.append(bare)
    return len(word)


def _match(pattern: str, rest: str) -> re.Match[str] | None:
    return re.match(rf"(?:{pattern})", rest, re.IGNORECASE)


def _not_for_us(reading: _Reading, rest: str) -> int:
    found = _match(f"{_NEGATION}|{_YEAR}", rest)
    if found is None or _match(rf"(?:no|not) (?:more|fewer|less) than {_NUMBER}", rest):
        return 0
    reading.lost.append(found[0].strip())
    return found.end()


def _files(reading: _Reading, rest: str) -> int:
    found = _match(
        r'"(?P<q>[^"]+\.\w{2,5})"|(?P<f>[^\s",;]+\.(?:csv|tsv|txt|xlsx|json|jsonl|ndjson))(?=$|[\s,;.])', rest
    )
    if found is None:
        return 0
    reading.add("files", found["q"] or found["f"])
    return found.end()


def _only(reading: _Reading, rest: str) -> int:
    for pattern, part in _ONLY:
        if found := _match(rf"(?:only|just) (?:{pattern})", rest):
            reading.add("only", part)
            return found.end()
    return 0


def _named(reading: _Reading, rest: str) -> int:
    """A name that the records know. An organisation's must be written as theirs is: some are everyday words."""
    from_source = re.search(r"\b(?:from|source)(?: the)?\s*$", reading.before, re.IGNORECASE)
    fields = ("sources", "organisations") if from_source else ("organisations", "sources")
    for name in (*fields, "cities", "conferences", "industries"):
        for value in reading.known.get(name, []):
            found = re.match(rf"{re.escape(value)}(?!\w)", rest, 0 if name == "organisations" else re.IGNORECASE)
            # Cities and conferences are called after states; the state is meant unless the goal says otherwise.
            also_a_state = name in ("cities", "conferences") and state_code(value)
            if found and not (also_a_state and not _match(r" (?:conference|city)\b", rest[found.end() :])):
                reading.add(name, value)
                return found.end()
    return 0


def _lights(reading: _Reading, rest: str) -> int:
    bound = rf"(?:(?P<above>older than|{_ABOVE})|{_LEAST})"
    found = _match(rf"(?:lights?|lighting)(?: (?:is|are|that is|that are))? {bound} {_NUMBER} years(?: old)?\b", rest)
    if found is None:
        return 0
    reading.order["lights_at_least_years"] = _number(found["n"]) + bool(found["above"])
    return found.end()


def _built(reading: _Reading, rest: str) -> int:
    place = r"(?:stadiums?|venues?|fields?)"
    if found := _match(rf"old(?:er)? {place}\b", rest):
        reading.order["built_before"] = reading.this_year - OLD_YEARS
        return found.end()
    year = r"(?P<year>(?:1[89]|20)\d\d)\b"
    found = _match(rf"(?:{place} )?(?:built|opened) (?:(?P<before>before)|after|since) {year}", rest)
    if found is None:
        return 0
    reading.order["built_before" if found["before"] else "built_after"] = int(found["year"])
    return found.end()


def _bounds(reading: _Reading, rest: str) -> int:
    second = _NUMBER.replace("?P<n>", "?P<m>")
    between = _match(rf"(?:between )?{_NUMBER}\s*(?:-|–|to|and)\s*{second} {_UNIT}", rest) or _match(
        rf"(?:a |an )?{_UNIT}(?: of)? (?:between |from ){_NUMBER}\s*(?:-|–|to|and)\s*{second}(?![\w.])", rest
    )
    if between:
        _bound(reading, "least", between["unit"], _number(between["n"]))
        _bound(reading, "most", between["unit"], _number(between["m"]))
        return between.end()
    ways = ((_LEAST, "least", 0), (_ABOVE, "least", 1), (_MOST, "most", 0), (_BELOW, "most", -1))
    for words, end, shift in ways:
        found = _match(rf"(?:{words})\s*{_NUMBER} {_UNIT}", rest) or _match(
            rf"(?:a )?{_UNIT}(?: of)? (?:{words})\s*{_NUMBER}\b", rest
        )
        if found:
            _bound(reading, end, found["unit"], _number(found["n"]) + shift)
            return found.end()
    plus = _match(rf"{_NUMBER}(?:\+| or more) {_UNIT}|{second} {_UNIT_FIRST} (?:or more|and up|or over)\b", rest)
    if plus:
        _bound(reading, "least", plus["unit"] or plus["of"], _number(plus["n"] or plus["m"]))
        return plus.end()
    return 0


def _bound(reading: _Reading, end: str, unit: str, number: int) -> None:
    name = next(name for name, words in _UNITS.items() if re.fullmatch(words, unit, re.IGNORECASE))
    reading.order[f"{end}_{name}"] = max(number, 0)


def _count(reading: _Reading, rest: str) -> int:
    second = _NUMBER.replace("?P<n>", "?P<m>")
    if found := _match(rf"{second} ?(?:days?|weeks?|months?|years?|hours?|minutes?|percent|%|dollars?)\b", rest):
        reading.lost.append(found[0].strip())  # a number of something else
        return found.end()
    found = _match(rf"between {second} and {_NUMBER}(?![\w.])", rest) or _match(
        rf"(?:(?:{_MOST}|top|first|next|best) )?{_NUMBER}(?![\w.])(?: (?:new|more|first|best) )?\s*(?:{_NOUN})?", rest
    )
    if found is None:
        return 0
    number = _number(found["n"])
    if "count" in reading.order or not 1 <= number <= 1000:
        reading.lost.append(found[0].strip())
    else:
        reading.order["count"] = number
    return found.end()


def _number(text: str) -> int:
    plain = text.lower().replace(",", "")
    if plain in _WORDS:
        return _WORDS[plain]
    if len(plain) > _DIGITS:
        return _NO_NUMBER
    number = int(float(plain.removesuffix("k")) * 1000) if plain.endswith("k") else int(float(plain))
    return min(number, _NO_NUMBER)


def _tiers(reading: _Reading, rest: str) -> int:
    one = r"(?:A1|A2|A|B|C|D)\b"
    found = re.match(rf"(?:[Tt]iers? |(?=A[12]\b))(?P<all>{one}(?:\s*(?:,|and|or|to|-)\s*(?:and |or )?{one})*)", rest)
    if found is None:
        return 0
    order = list(ProspectTier)
    spans = re.findall(rf"({one})(?:\s*(?:to|-)\s*({one}))?", found["all"])
    up = _match(r" (?:and|or) (?:up|better|above|higher)\b", rest[found.end() :])
    for first, last in spans:
        if up:
            first, last = "A1", last or first
        start = order.index(ProspectTier("A1" if first == "A" else first))
        end = order.index(ProspectTier("A2" if (last or first) == "A" else last or first))
        reading.add("tiers", *order[start : end + 1])
    return found.end() + (up.end() if up else 0)


def _venues(reading: _Reading, rest: str) -> int:
    found = _match(
        rf"(?:ncaa )?(?:division|div\.?|d)[ -]?(?P<all>{_LEVEL}(?:\s*(?:,|and|or|/|&)\s*(?:d-?)?{_LEVEL})*)", rest
    )
    if found:
        levels = re.findall(_LEVEL, found["all"].lower().replace("d", ""))
        reading.add("venues", *(_COLLEGES[_LEVELS[level] - 1] for level in levels))
        return found.end()
    if found := _match(r"(?P<n>[3-6])a\b(?: high[ -]?schools?)?", rest):
        reading.add("venues", VenueType(f"high_school_{found['n']}a"))
        return found.end()
    if found := _match(r"naia\b", rest):
        reading.add("venues", VenueType.COLLEGE_NAIA)
    elif found := _match(r"(?:community )?(?:colleges?|universit(?:y|ies))\b", rest):
        reading.colleges = True
    elif found := _match(r"(?:high[ -]?)?schools?\b", rest):
        # "Schools" alone says nothing: this seller's colleges are schools as well.
        reading.high_schools = reading.high_schools or found[0].lower().startswith("high")
    elif found := _match(
        r"(?:software |tech |saas )?(?:companies|company|firms?|start-?ups?|vendors?|businesses)\b", rest
    ):
        reading.add("venues", VenueType.COMPANY)
    return found.end() if found else 0


def _states(reading: _Reading, rest: str) -> int:
    for length in (3, 2, 1):
        found = re.match(r"[A-Za-z.]+" + r" [A-Za-z.]+" * (length - 1), rest)
        if found is None:
            continue
        words = found[0].rstrip(".")
        code = state_code(words)
        written_small = words.lower() in _CODE_WORDS and not words.isupper()
        if code and not written_small and (len(words) > 3 or words.isupper() or words == STATES.get(code)):
            reading.add("states", code)
            return len(words)
    return 0


def _personas(reading: _Reading, rest: str) -> int:
    """The shortest run of words that is a title of somebody the playbooks write to."""
    words = list(islice(re.finditer(r"[A-Za-z.&/-]+", rest.split(",")[0]), 5))
    for count, last in enumerate(words, start=1):
        phrase = rest[: last.end()]
        if phrase != " ".join(w[0] for w in words[:count]):
            return 0
        persona = classify(re.sub(r"(?<=[a-zA-Z]{2})s\b(?<!ss)", "", phrase))
        if persona is None:
            continue
        if persona.persona_type == PersonaType.OTHER.value:
            return 0
        reading.add("personas", PersonaType(persona.persona_type))
        return len(phrase)
    return 0


def _signals(reading: _Reading, rest: str) -> int:
    for pattern, signal in _SIGNALS:
        if found := _match(pattern, rest):
            reading.add("signals", signal)
            return found.end()
    return 0


_PHRASES: Final[tuple[Callable[[_Reading, str], int], ...]] = (
    _not_for_us, _files, _only, _named, _lights, _built, _bounds, _tiers, _venues, _signals, _states, _personas, _count,
)  # fmt: skip
