"""Facts that a page states, found by rule: one plain sentence each, and the words of the page that it rests on.

Conservative on purpose. A sentence counts only where it stands whole in the text, states (nothing negated, planned,
possible or asked; nothing inside quotation marks), and is about the organisation: it names it, or the page is the
organisation's own and says 'we', 'the college' or one of its venues. Where no organisation is given, the one that
the sentence names is told in `about`.

Confidence, 1 to 5: 3 to start with; +1 where the page is on the organisation's own site; +1 where the sentence names
the organisation or its venue itself; -1 for hearsay ('said', 'according to'); -1 for a number or a tool of a page
whose date is unknown or more than two years past, unless the sentence has its own year.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as made
from datetime import date

from tools.web.fact_labels import labelled
from tools.web.fact_makers import Hit
from tools.web.fact_rules import RULES, Rule
from tools.web.fact_words import ALL_OPEN, CLAUSE, HEARSAY, NO_ORG, NO_START, NOT_SO, PASSING
from tools.wording import sentences

MOST = 60
SHORTEST, LONGEST, LONGEST_KEPT = 15, 500, 300
_YEAR = re.compile(r"\b(?:18|19|20)\d\d\b")
_GENERIC = re.compile(
    r"we|our|the|(?:the )?(?:(?P<school>university|college|school|district)|"
    r"(?P<company>company|firm|startup|start-up))",
    re.IGNORECASE,
)
_SCHOOL = re.compile(r"\b(?:University|College|School|Academy|Institute|District|Schools)\b")
_ELSEWHERE = re.compile(
    r"\b(?:visit\w*|travel\w*|opponents?|rivals?|away game|versus|vs\.?|host school)\b", re.IGNORECASE
)
_KIND = re.compile(
    r",?\s+(?:University|College|High School|School|School District|Inc|Incorporated|Corp|Corporation|LLC|Ltd|Limited|"
    r"Company|Co|GmbH|PLC)\.?$"
)
_OPEN, _CLOSE = '“"«', '”"»'
_STALE_DAYS = 730
_PASSING = frozenset({"company_metrics", "tech_stack_signals"})


@dataclass(frozen=True)
class About:
    """Whom the page is read for. `own_site` says that the page is the organisation's own; `names` may be empty."""

    names: tuple[str, ...] = ()
    own_site: bool = False


@dataclass(frozen=True)
class PageFact:
    """One fact. `quote` stands in the page's text letter for letter; every number of `sentence` is in it.

    `field` is one of db.enums.FactField, `kind` the rule that found it, `about` whom it is about, `values` what the
    sentence says as numbers and words (year_built, year_renovated, seats, lighting, lighting_year, students,
    employees, money, person, title, tools), `confidence` 1 to 5 by the module's rule.
    """

    field: str
    kind: str
    about: str
    sentence: str
    quote: str
    confidence: int
    values: dict[str, str | int | list[str]] = made(default_factory=dict)


def find_facts(text: str, about: About, *, published: date | None, today: date) -> list[PageFact]:
    """The facts of a text, in its order, each once.

    Args:
        text: a page's text; quotes are taken from it letter for letter.
        about: the organisation in question; without names every organisation that a sentence names counts.
        published: the date that the page states.
        today: years after it are no facts.
    """
    found: dict[tuple[str, str], PageFact] = {}
    for fact in _all_facts(text, about, published, today):
        found.setdefault((fact.field, fact.sentence.casefold()), fact)
        if len(found) >= MOST:
            break
    return list(found.values())


def _all_facts(text: str, about: About, published: date | None, today: date) -> Iterator[PageFact]:
    for sentence in sentences(text):
        if SHORTEST <= len(sentence) <= LONGEST:
            found = _facts_in(sentence, about, published, today)
            yield from (fact for fact in found if about.names or not _is_person(fact.about, text))
    for entry in labelled(text):
        stated = _fact(entry.field, entry.kind, entry.hit, entry.quote, about, published, today, passing=entry.passing)
        if stated is not None:
            yield stated


def _facts_in(sentence: str, about: About, published: date | None, today: date) -> Iterator[PageFact]:
    if sentence.rstrip().endswith("?"):
        return
    kinds: set[str] = set()
    for rule in RULES:
        if rule.group in kinds or not _whole_sentence(sentence):
            continue
        for match in rule.pattern.finditer(sentence):
            if _quoted(sentence, match.start(), match.end()):
                continue
            hit = rule.make(match, sentence)
            if hit is None or not _stated(sentence, rule, None if hit.sentence is None else match.span()):
                continue
            fact = _fact(rule.field, rule.kind, hit, sentence, about, published, today, passing=rule.passing)
            if fact is not None:
                kinds.add(rule.group)
                yield fact
                break


def _whole_sentence(sentence: str) -> bool:
    """Fragments (captions, headings) state nothing."""
    return sentence[-1] in '.!”"’)]' and (sentence[0].isupper() or sentence[0].isdigit())


def _stated(sentence: str, rule: Rule, span: tuple[int, int] | None) -> bool:
    """Whether the sentence states what was found, and does not deny, plan, ask or suppose it.

    Args:
        sentence: the sentence.
        rule: its rule; what is harmless to it counts for nothing.
        span: the stretch that was found, where only that is told: then what other clauses say does not matter,
            but for words that colour the whole. None where the whole sentence is told.
    """
    if span is None:
        told = sentence
    else:
        start = max((m.end() for m in CLAUSE.finditer(sentence, 0, span[0])), default=0)
        after = CLAUSE.search(sentence, span[1])
        told = sentence[start : after.start() if after else len(sentence)]
    if rule.harmless:
        return NOT_SO.search(rule.harmless.sub(" ", told)) is None
    return NOT_SO.search(told) is None and ALL_OPEN.search(sentence) is None


def _quoted(sentence: str, start: int, end: int) -> bool:
    """Whether any of a stretch lies between quotation marks: what somebody says is no fact."""
    inside, straight = 0, False
    for place, char in enumerate(sentence):
        if start <= place < end and (inside or straight):
            return True
        if char == '"':
            straight = not straight
        elif char in _OPEN:
            inside += 1
        elif char in _CLOSE:
            inside = max(0, inside - 1)
    return False


def _fact(
    kept_in: str,
    kind: str,
    hit: Hit | None,
    sentence: str,
    about: About,
    published: date | None,
    today: date,
    *,
    passing: bool,
) -> PageFact | None:
    if hit is None or any(int(year) > today.year for year in _YEAR.findall(hit.sentence or "")):
        return None
    subject = _subject(hit, sentence, about)
    if subject is None:
        return None
    name, named = subject
    text = " ".join((hit.sentence or sentence).replace("{org}", name).split())
    whole = hit.sentence is None
    if len(text) > LONGEST_KEPT or (whole and (NO_START.match(text) or PASSING.search(text) or text.count('"') % 2)):
        return None
    confidence = _confidence(sentence, about.own_site, named, passing, published, today)
    text = text[:1].upper() + text[1:]
    return PageFact(kept_in, kind, name, text, sentence, confidence, hit.values)


def _confidence(quote: str, own: bool, named: bool, passing: bool, published: date | None, today: date) -> int:
    confidence = 3 + own + named - bool(HEARSAY.search(quote))
    if passing and not _YEAR.search(quote):
        confidence -= published is None or (today - published).days > _STALE_DAYS
    return max(1, min(5, confidence))


def confidence_of(field: str, quote: str, about: About, *, published: date | None, today: date) -> int:
    """The confidence of a fact that a model took from a page, by the same rule.

    Args:
        field: one of db.enums.FactField; sizes and tools go out of date.
        quote: the page's words.
        about: the organisation.
        published: the date that the page states.
        today: what it is compared with.
    """
    named = any(_names(alias, quote) for alias in _aliases(about))
    return _confidence(quote, about.own_site, named, field in _PASSING, published, today)


def _subject(hit: Hit, sentence: str, about: About) -> tuple[str, bool] | None:
    """Whom a hit is about and whether the sentence names it; None where that is somebody else or nobody known."""
    own = about.names[0] if about.names else ""
    if hit.venue and not hit.org:
        return _of_venue(hit.venue, sentence, about) if own else (hit.venue, True)
    who = " ".join(re.sub(r"^[Tt]he\s+", "", hit.org).split()).removesuffix("'s").removesuffix("’s")
    if not hit.org or (generic := _GENERIC.fullmatch(hit.org)):
        if not own or not about.own_site:
            return None
        # A college's page that says 'the company', or a company's that says 'the school', speaks of somebody else.
        named_kind = generic and (generic["school"] or generic["company"])
        fits = not named_kind or bool(generic and generic["school"]) == bool(_SCHOOL.search(own))
        return (own, False) if fits else None
    if NO_ORG.fullmatch(who) or len(who) < 2:
        return None
    if not own:
        return who, True
    return (own, True) if any(who.casefold() == alias.casefold() for alias in _aliases(about)) else None


def _of_venue(venue: str, sentence: str, about: About) -> tuple[str, bool] | None:
    """A venue is the organisation's where the sentence names both, or where its own site speaks of it as of its own."""
    own, words = about.names[0], set(venue.casefold().split())
    if any(_names(alias, sentence) for alias in _aliases(about)):
        return own, True
    if not about.own_site or _ELSEWHERE.search(sentence):
        return None
    return own, any(words & set(alias.casefold().split()) for alias in _aliases(about))


def _is_person(name: str, text: str) -> bool:
    """Whether the one word that stands for an organisation is somebody's family name elsewhere in the text."""
    if " " in name:
        return False
    word = re.escape(name)
    before = (
        rf"(?:\b(?:President|Governor|Gov\.|Sen\.|Rep\.|Mr\.|Mrs\.|Ms\.|Dr\.|Coach)|[a-z,]\s[A-Z][a-z]+)\s+{word}\b"
    )
    return re.search(before, text) is not None


def _aliases(about: About) -> Iterator[str]:
    """The names, and each without what kind of body it is where that leaves two words or the site settles it."""
    for name in about.names:
        yield name
        short = _KIND.sub("", name)
        if short != name and (" " in short or about.own_site or not re.search(r"University|College|School", name)):
            yield short


def _names(alias: str, sentence: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(alias)}(?!\w)", sentence, re.IGNORECASE) is not None
