"""Which prospect a tender belongs to, how sure that is (0-1), and by what evidence.

Look-alikes stay apart: the same name in another state, a district and a school named alike, a university and one of
its campuses. Where the evidence is short of certain a person is asked (`Verdict.REVIEW`).
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from typing import Final

from rapidfuzz import fuzz

from playbooks.feeds import MatchLimits
from tools.bids.names import Kind, Name, campus_beyond, parse
from tools.bids.notices import Tender
from tools.normalise import is_free_provider, name_words

_COMMON: Final = frozenset(
    re.findall(
        r"\S+",
        """
        university college state school schools high city county district community saint public local institute
        national technology department office services of center academy system board north south east west new
        central united states american academic international
        """,
    )
)
_SHARED_DOMAINS: Final = ("k12.oh.us", "bonfirehub.com", "gov", "mil")
"""Where several buyers have their addresses, or their bids; so have those that give addresses to everybody."""
_CLOSE: Final = 0.08


class Verdict(StrEnum):
    """What a match comes to."""

    MATCHED = "matched"
    REVIEW = "review"
    NONE = "none"


@dataclass(frozen=True)
class Candidate:
    """A prospect as the matcher knows it. `state` is a postal code, None where it is not known."""

    id: str
    name: str
    state: str | None = None
    city: str | None = None
    domain: str | None = None
    aliases: tuple[str, ...] = ()
    venue_type: str | None = None


@dataclass(frozen=True)
class Match:
    """The best prospect for a tender. `others` are rivals that come close."""

    verdict: Verdict
    candidate: Candidate | None = None
    confidence: float = 0.0
    evidence: tuple[str, ...] = ()
    others: tuple[tuple[Candidate, float], ...] = ()


@dataclass
class _Case:
    """What speaks for one candidate."""

    candidate: Candidate
    confidence: float
    evidence: list[str] = field(default_factory=list)


class Matcher:
    """Matches tenders to the prospects of one playbook."""

    def __init__(self, candidates: Iterable[Candidate], limits: MatchLimits) -> None:
        self._limits = limits
        self._names: dict[str, list[Name]] = {}
        self._candidates: dict[str, Candidate] = {}
        self._by_word: dict[str, set[str]] = defaultdict(set)
        self._by_initials: dict[str, set[str]] = defaultdict(set)
        self._by_domain: dict[str, set[str]] = defaultdict(set)
        self._by_start: dict[tuple[str, str], set[str]] = defaultdict(set)
        for candidate in candidates:
            self._learn(candidate)

    def _learn(self, candidate: Candidate) -> None:
        called = [candidate.name, *(alias for alias in candidate.aliases if alias.strip())]
        names = [parse(name) for name in (*called, *self._in_full(called))]
        self._candidates[candidate.id], self._names[candidate.id] = candidate, names
        for place, name in enumerate(names):
            for word in name.words:
                self._by_word[word].add(candidate.id)
            if len(name.words) > 1:
                self._by_start[name.words[0], name.words[1]].add(candidate.id)
                if place == 0 and len(name.initials) > 2:
                    self._by_initials[name.initials].add(candidate.id)
            elif name.text.isupper() and len(name.words) == 1:
                self._by_initials[name.words[0]].add(candidate.id)
        shared = is_free_provider(candidate.domain) or (candidate.domain or "").endswith(_SHARED_DOMAINS)
        if candidate.domain and not shared:
            self._by_domain[candidate.domain].add(candidate.id)

    def _in_full(self, called: Iterable[str]) -> Iterable[str]:
        """'Pennsylvania State University Behrend' for 'Penn State Behrend'."""
        for name in called:
            for short, full in self._limits.short_names.items():
                if name.casefold() == short or name.casefold().startswith(f"{short} "):
                    rest = name[len(short) :].removeprefix(" University")
                    yield f"{full}{rest}"

    def match(self, tender: Tender) -> Match:
        """The best prospect for a tender, or none."""
        return self._decide(self._cases(tender))

    def shortlist(self, tender: Tender, most: int) -> tuple[Candidate, ...]:
        """The prospects that anything speaks for, the likeliest first; at most so many."""
        cases = sorted(self._cases(tender), key=lambda case: (-case.confidence, case.candidate.id))
        return tuple(case.candidate for case in cases[:most])

    def _cases(self, tender: Tender) -> list[_Case]:
        cases: dict[str, _Case] = {}
        for text in tender.organisations[:4]:
            for case in self._by_name(parse(self._limits.short_names.get(text.casefold(), text)), tender):
                _keep(cases, case)
        for case in self._by_mail(tender):
            _keep(cases, case)
        if self._limits.place_counts:
            for case in self._by_mention(tender):
                _keep(cases, case)
        return list(cases.values())

    def _decide(self, cases: list[_Case]) -> Match:
        cases.sort(key=lambda case: (-case.confidence, case.candidate.id))
        if not cases or cases[0].confidence < self._limits.review_from:
            near = cases[0] if cases else None
            return Match(Verdict.NONE, None, near.confidence if near else 0.0, tuple(near.evidence) if near else ())
        best, rivals = cases[0], [c for c in cases[1:] if c.confidence >= self._limits.review_from]
        if rivals and best.confidence - rivals[0].confidence < _CLOSE:
            best.confidence = min(best.confidence, self._limits.match_from - 0.05)
            best.evidence.append(f"{rivals[0].candidate.name} fits about as well")
        verdict = Verdict.MATCHED if best.confidence >= self._limits.match_from else Verdict.REVIEW
        others = tuple((case.candidate, round(case.confidence, 2)) for case in rivals[:3])
        return Match(verdict, best.candidate, round(best.confidence, 2), tuple(best.evidence), others)

    def _by_name(self, buyer: Name, tender: Tender) -> Iterable[_Case]:
        ids: set[str] = set()
        telling = [word for word in buyer.words if word not in _COMMON] or list(buyer.words)
        for word in telling:
            ids |= self._by_word.get(word, set())
        alone = buyer.words[0] if len(buyer.words) == 1 else ""
        if 2 < len(alone) < 7 and buyer.text.replace(".", "").isupper():
            ids |= self._by_initials.get(alone, set())
        for candidate_id in sorted(ids):
            candidate = self._candidates[candidate_id]
            found = [self._likeness(buyer, name, candidate, tender) for name in self._names[candidate_id]]
            best = max((one for one in found if one), default=None, key=lambda one: one[0])
            if best is not None:
                yield self._placed(_Case(candidate, best[0], [best[1]]), buyer, tender)

    def _likeness(self, buyer: Name, name: Name, candidate: Candidate, tender: Tender) -> tuple[float, str] | None:
        kind = _kind_of(candidate, name)
        if buyer.key == name.key and buyer.kind == name.kind:
            return 0.9, f"the same name: '{buyer.text}'" + ("" if name.text == buyer.text else f" and '{name.text}'")
        if kind == "high_school" and buyer.kind == "district":
            return self._district(buyer, name, tender)
        if {buyer.kind, kind} == {"high_school", "college"} or (
            kind == "college" and buyer.kind in ("district", "school")
        ):
            return None
        if kind == "college" and buyer.kind in ("college", "system"):
            return self._campus(buyer, name, candidate, tender)
        if kind == "college" and buyer.kind == "other" and _plain(name) == buyer.words and set(buyer.words) - _COMMON:
            return 0.7, f"'{buyer.text}' is how {candidate.name} is called for short"
        if (
            len(buyer.words) == 1
            and len(buyer.words[0]) > 2
            and buyer.words[0] == name.initials
            and len(name.words) > 2
        ):
            return 0.6, f"'{buyer.text}' is how {candidate.name} is abbreviated"
        if buyer.kind == kind and buyer.key[:1] == name.key[:1] and self._spelt_alike(buyer, name):
            return 0.75, f"'{buyer.text}' is spelt much like '{name.text}'"
        return None

    @staticmethod
    def _spelt_alike(buyer: Name, name: Name) -> bool:
        if min(len(buyer.key), len(name.key)) < 10 or {w for w in buyer.words if w.isdigit()} != {
            w for w in name.words if w.isdigit()
        }:
            return False
        return fuzz.ratio(buyer.key, name.key) >= 93 or (
            len(buyer.words) > 2 and fuzz.token_sort_ratio(buyer.key, name.key) >= 97
        )

    def _district(self, buyer: Name, name: Name, tender: Tender) -> tuple[float, str] | None:
        text = f"{tender.title} {tender.description or ''}"
        if buyer.core == name.core:
            if f" {name.key} " in f" {' '.join(name_words(text))} ":
                return 0.86, f"the district '{buyer.text}' buys, and the tender names '{name.text}'"
            return (
                0.56,
                f"the district '{buyer.text}' buys; '{name.text}' is a school of that name, perhaps not the one meant",
            )
        if name.core[: len(buyer.core)] == buyer.core:
            if f" {name.key} " in f" {' '.join(name_words(text))} ":
                return 0.86, f"the district '{buyer.text}' buys, and the tender names '{name.text}'"
            return 0.43, f"'{name.text}' may be one of several schools of '{buyer.text}'"
        return None

    def _campus(self, buyer: Name, name: Name, candidate: Candidate, tender: Tender) -> tuple[float, str] | None:
        if buyer.kind == "system":
            if name.words[:1] == buyer.words[:1] and len(set(name.words) & set(buyer.words)) > 1:
                return 0.45, f"'{buyer.text}' is a system that '{name.text}' may belong to"
            return None
        beyond = campus_beyond(name, buyer)
        if beyond is not None:
            campus = " ".join(beyond).title()
            cities = {(place.city or "").casefold() for place in (tender.place, tender.site)}
            if candidate.city and candidate.city.casefold() in cities:
                return 0.86, f"'{buyer.text}' buys for its campus in {candidate.city}"
            return 0.5, f"'{buyer.text}' does not say which campus; this is {campus}"
        beyond = campus_beyond(buyer, name)
        if beyond is not None:
            if " ".join(beyond) == (candidate.city or "").casefold():
                return 0.88, f"the same name and city: '{buyer.text}' and '{name.text}'"
            if name.main:
                return 0.3, f"'{buyer.text}' is another campus than {name.text}"
            return 0.52, f"'{buyer.text}' may be a campus of '{name.text}', or another institution"
        if buyer.key == name.key:
            return 0.86, f"the same name: '{buyer.text}' and '{name.text}'"
        size = next((i for i, (a, b) in enumerate(zip(buyer.words, name.words, strict=False)) if a != b), 0)
        if size > 1 and buyer.words[size - 1] == "university":
            # Two campuses of one university, which differ in what follows its name.
            return 0.2, f"'{buyer.text}' and '{name.text}' are two campuses"
        if self._spelt_alike(buyer, name):
            return 0.75, f"'{buyer.text}' is spelt much like '{name.text}'"
        return _renamed(buyer, name)

    def _placed(self, case: _Case, buyer: Name, tender: Tender) -> _Case:
        """Weighs in where both are."""
        candidate, place = case.candidate, tender.place
        state = buyer.state or place.state
        kind = _kind_of(candidate, self._names[candidate.id][0])
        school = kind != "college"
        if not self._limits.place_counts:
            if state and candidate.state == state:
                case.confidence += 0.05
                case.evidence.append(f"both are in {state}")
            return case
        if state is None or candidate.state is None:
            case.evidence.append(
                "the tender does not say in which state" if state is None else "our record has no state"
            )
            telling = [word for word in buyer.words if word not in _COMMON]
            case.confidence -= 0.3 if school else 0.02 if len(buyer.words) > 2 and len(telling) > 1 else 0.1
            return case
        if state != candidate.state:
            case.confidence = min(case.confidence, 0.15)
            case.evidence.append(f"but it is in {state}, and {candidate.name} in {candidate.state}")
            return case
        case.confidence += 0.07
        case.evidence.append(f"both are in {state}")
        if place.city and candidate.city:
            if place.city.casefold() == candidate.city.casefold():
                case.confidence += 0.02 if case.confidence < 0.6 or case.confidence > 0.8 else 0.12
                case.evidence.append(f"both are in {candidate.city}")
            else:
                # One of several campuses is where it is; any other college may buy from an office elsewhere.
                main = any(name.main for name in self._names[candidate.id])
                case.confidence -= 0.45 if school else 0.3 if main else 0.04
                case.evidence.append(f"but it is in {place.city}, and {candidate.name} in {candidate.city}")
        case.confidence = min(case.confidence, 0.99)
        return case

    def _by_mail(self, tender: Tender) -> Iterable[_Case]:
        for domain in tender.domains:
            for candidate_id in sorted(self._by_domain.get(domain, set())):
                yield _Case(self._candidates[candidate_id], 0.93, [f"the buyer's domain is {domain}"])

    def _by_mention(self, tender: Tender) -> Iterable[_Case]:
        seen: set[str] = set()
        for text, sure, where in ((tender.title, 0.62, "title"), (tender.description or "", 0.42, "text")):
            words = name_words(text)[:3000]
            flat = f" {' '.join(words)} "
            ids = {i for pair in pairwise(words) for i in self._by_start.get(pair, ())}
            for candidate_id in sorted(ids - seen):
                candidate, name = self._candidates[candidate_id], self._names[candidate_id][0]
                if name.kind not in ("college", "high_school") or f" {name.key} " not in flat:
                    continue
                seen.add(candidate_id)
                state = tender.site.state or tender.place.state
                case = _Case(candidate, sure, [f"the {where} names '{candidate.name}', but another buys"])
                if state and candidate.state:
                    case.confidence = case.confidence + 0.12 if state == candidate.state else 0.15
                    case.evidence.append(f"it is in {state}, {candidate.name} in {candidate.state}")
                yield case


def _keep(cases: dict[str, _Case], case: _Case) -> None:
    known = cases.get(case.candidate.id)
    if known is None or case.confidence > known.confidence:
        cases[case.candidate.id] = case


def _plain(name: Name) -> tuple[str, ...]:
    return tuple(word for word in name.words if word not in ("university", "college"))


def _renamed(buyer: Name, name: Name) -> tuple[float, str] | None:
    """A college that has become a university, or another of the same name: a person decides."""
    plain = _plain(buyer)
    if len(buyer.words) == len(name.words) and plain == _plain(name) and set(plain) - _COMMON:
        return 0.6, f"'{buyer.text}' may be what '{name.text}' was called before"
    return None


def _kind_of(candidate: Candidate, name: Name) -> Kind:
    if name.kind != "other":
        return name.kind
    if (candidate.venue_type or "").startswith("college"):
        return "college"
    return "high_school" if (candidate.venue_type or "").startswith("high_school") else "other"
