"""Whether a tender is about what a playbook sells: a score of 0-100 with its reasons in words."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from playbooks.feeds import BidWords, TenderPattern, Unwanted
from tools.bids.notices import Tender

Standing = Literal["relevant", "doubtful", "not_relevant"]
_CODES_AT_MOST: Final = 30
_BOTH: Final = 10
"""Added where the title and the description both speak of it."""
_STRUCK: Final = "\x00"


@dataclass(frozen=True)
class Relevance:
    """A score of 0-100, what it comes to, and why, the weightiest reason first. `words` is what it rests on most."""

    score: int
    standing: Standing
    reasons: tuple[str, ...]
    words: str = field(default="", compare=False)


@dataclass(frozen=True)
class _Hit:
    says: str
    quote: str
    points: int
    words: str = ""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def judge(tender: Tender, words: BidWords) -> Relevance:
    """Judges a tender by a playbook's words and codes."""
    titles = " ; ".join(dict.fromkeys(n.title for n in tender.notices))
    return judge_text(titles, tender.description or "", tender.codes, words)


def judge_text(title: str, text: str, codes: Iterable[tuple[str, str]], words: BidWords) -> Relevance:
    """Judges a title, a description and (scheme, code) pairs.

    Words of another trade are struck out first, so that 'street lighting near the stadium' is no stadium lighting;
    they cost points as well where nothing wanted is in the title.
    """
    left_title, against = _strike(title, words.unwanted)
    left_text, more = _strike(text, words.unwanted)
    in_title = _best(left_title, words.wanted, title=True)
    in_text = _best(left_text, words.wanted, title=False)
    said = [(hit, where) for hit, where in ((in_title, "title"), (in_text, "text")) if hit]
    said.sort(key=lambda found: -found[0].points)
    score, reasons = 0, list[tuple[int, str]]()
    for place, (hit, where) in enumerate(said):
        # The weightier counts in full, and that the other says so too.
        points = hit.points if place == 0 else _BOTH
        score += points
        reasons.append((hit.points, f"the {where} speaks of {hit.says}: '{hit.quote}' (+{points})"))
    if in_title is None or in_title.points < words.relevant_from:
        for hit in _worst([*against, *more]):
            score -= hit.points
            reasons.append((hit.points, f"it speaks of {hit.says}: '{hit.quote}' (-{hit.points})"))
    coded = _by_codes(codes, words)
    score += max(-100, min(_CODES_AT_MOST, sum(hit.points for hit in coded)))
    reasons += [(abs(hit.points), f"{hit.says} ({hit.points:+d})") for hit in coded]
    score = max(0, min(100, score))
    if not reasons:
        reasons.append((0, "nothing in it speaks of what is sold"))
    ordered = sorted(reasons, key=lambda reason: -reason[0])
    told = tuple(reason for _weight, reason in ordered)
    return Relevance(score, standing_of_score(score, words), told, said[0][0].words if said else "")


def standing_of_score(score: int, words: BidWords) -> Standing:
    """What a score of 0-100 comes to in a playbook."""
    if score < words.doubtful_from:
        return "not_relevant"
    return "relevant" if score >= words.relevant_from else "doubtful"


def _strike(text: str, unwanted: Iterable[Unwanted]) -> tuple[str, list[_Hit]]:
    found: list[_Hit] = []
    for words in unwanted:
        first = _compiled(words.pattern).search(text)
        if first is None:
            continue
        found.append(_Hit(words.says, _short(first[0]), words.points))
        text = _compiled(words.pattern).sub(lambda m: _STRUCK * len(m[0]), text)
    return text, found


def _worst(hits: list[_Hit]) -> list[_Hit]:
    costly = [hit for hit in hits if hit.points]
    return [max(costly, key=lambda hit: hit.points)] if costly else []


def _best(text: str, wanted: Iterable[TenderPattern], *, title: bool) -> _Hit | None:
    best: _Hit | None = None
    for words in wanted:
        points = words.title if title else words.text
        if best is not None and points <= best.points:
            continue
        quote = _found(text, words)
        if quote is not None:
            best = _Hit(words.says, _short(quote), points, quote)
    return best


def _found(text: str, words: TenderPattern) -> str | None:
    if words.pattern is not None:
        found = _compiled(words.pattern).search(text)
        return found[0] if found else None
    if words.near is None:
        return None
    one, other = (_compiled(pattern) for pattern in words.near)
    places = [m.span() for m in other.finditer(text)]
    for m in one.finditer(text):
        for start, end in places:
            first, last = min(m.end(), end), max(m.start(), start)
            between = text[first:last]
            apart = last - first
            if apart <= words.within and not re.search(r"[.;!?]\s", between) and _STRUCK not in between:
                return text[min(m.start(), start) : max(m.end(), end)]
    return None


def _by_codes(codes: Iterable[tuple[str, str]], words: BidWords) -> list[_Hit]:
    hits: dict[str, _Hit] = {}
    for scheme, code in codes:
        for rule in words.codes:
            if rule.scheme == scheme and code.upper().startswith(rule.prefix.upper()):
                hits.setdefault(rule.says, _Hit(rule.says, code, rule.points))
    return list(hits.values())


def _short(quote: str) -> str:
    plain = " ".join(quote.replace(_STRUCK, "").split())
    return plain if len(plain) <= 90 else plain[:89] + "…"
