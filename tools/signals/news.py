"""Signals in short news texts: the sentence that says it is the evidence.

A sentence that denies ('has no plans to raise'), supposes ('if it raises'), asks, or speaks of somebody else is none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Final

from playbooks.feeds import NewsWords, SignalName, SignalWords
from tools.normalise import clean, name_words
from tools.signals.found import FoundSignal, Note

MAX_TEXT: Final = 100_000

_ENDS: Final = re.compile(
    r"(?<!\bMr)(?<!\bMs)(?<!\bDr)(?<!\bInc)(?<!\bCo)(?<!\bSt)(?<!\bNo)(?<!\bvs)(?<!\bU\.S)(?<!\bLtd)"
    r"(?<!\bCorp)(?<!\bMrs)(?<!\b[A-Z])[.!?]['\"”’)]*\s+(?=[\"'“‘(]?[A-Z0-9])"
    r"|(?<=[Ss]eries [A-H])\.\s+(?=[A-Z])|\n\s*\n|\n(?=[-*•]|[A-Z])"
)
_DENIES: Final = re.compile(
    r"\b(?:no|not|never|without|neither|nor|denie[ds]|deny|denying|declin(?:ed|es|ing)"
    r"|refus(?:ed|es)|rul(?:ed|es|ing) out"
    r"|reject(?:ed|s)|fail(?:ed|s)|unable|cannot|rumou?r\w*|false(?:ly)?|instead of|rather than|halt(?:ed|s)"
    r"|unlikely|scrap(?:ped|s)|shelv(?:ed|es)|far from|nothing|none|stopped short of|turned down|abandon(?:ed|s)"
    r"|decid(?:ed|es) against|hoax"
    r"|untrue|vot(?:ed|es) (?:down|against)|defeated)\b|n[’']t\b",
    re.IGNORECASE,
)
_UNDONE: Final = re.compile(
    r"\b(?:fell through|f[ae]ll(?:s|en)? apart"
    r"|was (?:cancell?ed|called off|postponed|rejected|defeated|false|not true|denied)"
    r"|were (?:cancell?ed|rejected)|never (?:happened|closed|came)|turned out to be false"
    r"|is untrue|did not|didn[’']t)\b",
    re.IGNORECASE,
)
_SUPPOSES: Final = re.compile(
    r"\b(?:if|unless|whether|may|might|could|would|should|perhaps|possibly|potentially|suppose|assum(?:e|ing)|in case"
    r"|were to|rumou?red|speculat\w+|hypothetical(?:ly)?|imagine|once)\b",
    re.IGNORECASE,
)
_PLANS: Final = re.compile(
    r"\b(?:plan(?:s|ned|ning)?|hop(?:es|ed|ing)|aim(?:s|ed|ing)?|intend(?:s|ed|ing)?|want(?:s|ed)?|expect(?:s|ed)?"
    r"|consider(?:s|ed|ing)?|look(?:s|ing)|seek(?:s|ing)?|in talks|try(?:ing)?|tries|propos(?:es|ed|al)"
    r"|working (?:on|to)"
    r"|prepar(?:es|ing)|about|set|need(?:s|ed)?|goal|campaign) to\b|\bin talks\b|\bproposal to\b",
    re.IGNORECASE,
)
_SELF: Final = re.compile(
    r"\b(?:we|our|us|it|its|they|their|the (?:company|start-?up|firm|team|group|business|university"
    r"|college|school|district"
    r"|board|trustees|department|platform|maker|vendor|retailer|bank|provider|institution))\b",
    re.IGNORECASE,
)
_RIVAL: Final = re.compile(
    r"\b(?:rivals?|competitors?|peers?|customers?|clients?|partners?|supplier|vendor)\b", re.IGNORECASE
)
_NO_NAMES: Final = frozenset(
    re.findall(
        r"\S+",
        """
        the a an in on at for from by after before with today yesterday this that these those its it we our they he
        she his her monday tuesday wednesday thursday friday saturday sunday january february march april may june
        july august september october november december ceo cto cfo coo cpo vp svp president founder co-founder
        chief officer executive series round new last next when while as and but however meanwhile earlier later
        also according to inc board led mr ms dr local director head vice superintendent athletic athletics school
        district voters residents university college investors backers shareholders trustees regents council
        commissioners officials
        """,
    )
)
_APPOINTS: Final = re.compile(
    r"(?:appoint|nam|hir|promot|welcom|tap|elevat|recruit|poach|announc|select|approv|br[io])\w*\b", re.IGNORECASE
)
_CHIEF: Final = re.compile(
    r"\b(?:ceo|cto|cfo|president|chief|executive|officer|founder|director|superintendent|principal|chair\w*|boss)\b",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"\b(?:[Ii]n|[Ss]ince|[Dd]uring|of|late|early)\s+(?:(?:[A-Z][a-z]+)\s+)?((?:19|20)\d\d)\b")


@dataclass(frozen=True)
class Article:
    """A short text. `organisation` is whom it is read for; without one, each sentence's own subject is named."""

    text: str
    organisation: str | None = None
    headline: str | None = None
    published: date | None = None
    url: str | None = None
    domain: str | None = None
    row: int = 0


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def news_sentences(text: str) -> Iterator[str]:
    """The sentences of a text, each on one line. Its lines may be wrapped: unlike in a message (`wording.sentences`), a
    line's end is none of a sentence, but for a blank line, a list or a line that begins with a capital."""
    start = 0
    for end in _ENDS.finditer(text):
        yield from _one_line(text[start : end.end()])
        start = end.end()
    yield from _one_line(text[start:])


def _one_line(part: str) -> Iterator[str]:
    line = clean(part)
    if line is not None:
        yield line


def read_article(article: Article, words: SignalWords) -> list[FoundSignal | Note]:
    """The signals of a text, and what looked like one and is none. One type counts once per text, the surest."""
    text = _whole(article)
    best: dict[str, FoundSignal] = {}
    notes: list[FoundSignal | Note] = []
    for sentence in news_sentences(text[:MAX_TEXT]):
        for rule in words.news:
            found = _read(sentence, rule, article)
            if isinstance(found, Note):
                notes.append(found)
            elif found is not None:
                known = best.get(found.type)
                if known is None or found.sure > known.sure:
                    best[found.type] = found
    return [*best.values(), *notes]


def _whole(article: Article) -> str:
    return f"{article.headline}.\n\n{article.text}" if article.headline else article.text


def _read(sentence: str, rule: NewsWords, article: Article) -> FoundSignal | Note | None:
    hits = [m for p in rule.patterns if (m := _compiled(p).search(sentence))]
    if not hits:
        return None
    hit = min(hits, key=lambda m: m.start())
    reason = _why_not(sentence, hit, rule, article)
    if reason is not None:
        return Note(article.row, article.organisation, _short(sentence), f"{rule.type.replace('_', ' ')}: {reason}")
    whose, sure = _whose(sentence, hit, rule, article)
    if whose is not None and article.organisation is not None and whose != article.organisation:
        return Note(
            article.row, article.organisation, _short(sentence), f"{rule.type.replace('_', ' ')}: it speaks of {whose}"
        )
    reasons = (f"it says '{_short(hit[0], 90)}'",)
    return found_in_article(article, rule.type, sentence, article.organisation or whose, sure, reasons)


def found_in_article(
    article: Article, kind: SignalName, sentence: str, whose: str | None, sure: float, reasons: tuple[str, ...]
) -> FoundSignal:
    """The signal that a sentence of a text is."""
    return FoundSignal(
        type=kind,
        organisation=whose,
        domain=article.domain,
        description=_short(sentence),
        evidence=sentence,
        reasons=reasons,
        sure=round(sure, 2),
        row=article.row,
        source_url=article.url,
        seen_on=_day(sentence, article.published),
    )


def sentence_with(article: Article, words: str) -> str:
    """The sentence of a text that has these words; the words themselves where they go beyond one."""
    told = " ".join(words.split())
    text = _whole(article)
    return next((one for one in news_sentences(text[:MAX_TEXT]) if told.casefold() in one.casefold()), told)


def parts_of(article: Article, most: int) -> Iterator[Article]:
    """A text in parts of about `most` letters, each of whole sentences; the headline goes with the first."""
    if len(article.text) <= most:
        yield article
        return
    part: list[str] = []
    headline, letters = article.headline, 0
    for sentence in news_sentences(article.text[:MAX_TEXT]):
        if part and letters + len(sentence) > most:
            yield replace(article, text="\n\n".join(part), headline=headline)
            part, headline, letters = [], None, 0
        part.append(sentence)
        letters += len(sentence)
    yield replace(article, text="\n\n".join(part), headline=headline)


def _why_not(sentence: str, hit: re.Match[str], rule: NewsWords, article: Article) -> str | None:
    if sentence.rstrip("\"'”’) ").endswith("?"):
        return "it is a question"
    for pattern in rule.unless:
        other = _compiled(pattern).search(sentence)
        if other is not None:
            return f"it speaks of '{other[0]}'"
    before, after = _clause(sentence[: hit.start()]), sentence[hit.end() :]
    inside = hit[0]
    # An organisation may be called Not Alone or May Mobility.
    bare = before.replace(article.organisation, " ") if article.organisation else before
    denied = _DENIES.search(bare) or _DENIES.search(inside)
    if denied is not None:
        return f"'{denied[0]}' denies it"
    undone = _UNDONE.search(after[:80])
    if undone is not None:
        return f"'{undone[0]}' undoes it"
    # 'May' the month, with a capital and a number or at the sentence's start, supposes nothing.
    supposed = _SUPPOSES.search(re.sub(r"\b(?:[Ii]n|[Oo]n|[Ss]ince|[Bb]y) May\b|\bMay \d", " ", bare))
    if supposed is not None:
        return f"'{supposed[0]}' only supposes it"
    if not rule.may_be_planned:
        planned = _PLANS.search(bare[-60:])
        if planned is not None:
            return f"'{planned[0]}' is a plan, not yet done"
    for pattern in rule.not_before:
        early = _compiled(pattern).search(bare[-40:])
        if early is not None:
            return f"'{early[0]}' is not yet done"
    return None


def _clause(before: str) -> str:
    """What stands ahead in the same clause: after a semicolon, or 'but', what was said is over."""
    return re.split(r";|\bbut\b|\bhowever,|\s[–—]\s", before)[-1][-140:]


def _whose(sentence: str, hit: re.Match[str], rule: NewsWords, article: Article) -> tuple[str | None, float]:
    """Whose news it is, None where the sentence does not tell, and how sure the signal is then."""
    ahead = sentence[: hit.start()]
    own = article.organisation
    if own is None:
        names = [name for name in _names(ahead) if rule.by_the_organisation]
        return (names[-1] if names else None), rule.sure if names else rule.sure - 0.1
    if not rule.by_the_organisation:
        named = _is_named(own, sentence)
        others = re.findall(r"\b(?:at|joins?|joined|of|by)\s+((?:[A-Z][\w&.-]*\s?){1,4})", sentence)
        strangers = [o.strip() for o in others if not _is_named(o, own) and set(name_words(o)) - _NO_NAMES]
        former = re.search(rf"\b(?:former|formerly|ex)\b[^,.]{{0,20}}{re.escape(own)}", sentence, re.IGNORECASE)
        if (
            (former or not named)
            and strangers
            and re.search(rf"\b(?:at|joins?|joined)\s+{re.escape(strangers[0])}", sentence)
        ):
            return strangers[0], rule.sure
        employer = _employer(ahead, hit)
        if employer is not None and not named and not _is_named(employer, own):
            return employer, rule.sure
        if named and re.search(rf"\bleft {re.escape(own)}\b.{{0,40}}\bto join\b", sentence):
            return own, rule.sure - 0.1
        return own, rule.sure if named else rule.sure - 0.15
    names = _names(ahead)
    if names and not _is_named(names[-1], own) and not _is_named(own, names[-1]):
        nearest = ahead.rfind(names[-1])
        if _RIVAL.search(ahead[max(0, nearest - 30) : nearest]) or not (
            _is_named(own, ahead) and not re.search(r"\b(?:said|says|told|while|whereas|as)\b", ahead[:nearest])
        ):
            return names[-1], rule.sure
    if _is_named(own, sentence):
        rival = _RIVAL.search(ahead)
        if rival is not None and own.casefold() in ahead[: rival.start()].casefold() and names[-1:] != [own]:
            return f"a {rival[0].casefold()} of {own}", rule.sure
        return own, rule.sure
    return own, rule.sure - (0.1 if _SELF.search(ahead) else 0.2)


def _employer(ahead: str, hit: re.Match[str]) -> str | None:
    """Who appoints, where a name stands right before 'names' or 'hired'; a chief's name stands for the organisation."""
    if not _APPOINTS.match(hit[0]) or re.search(r"\b(?:was|were|is|are|be|been|being)\s*$", ahead):
        return None
    names = _names(ahead)
    if not names or not ahead.rstrip().endswith(names[-1]):
        return None
    before = ahead[: ahead.rfind(names[-1])][-40:]
    return None if _CHIEF.search(before) else names[-1]


def _names(text: str) -> list[str]:
    """Runs of capitalised words that may be names of organisations, in order."""
    found: list[str] = []
    for run in re.finditer(r"\b[A-Z][\w&'’.-]*(?:\s+(?:of\s+|&\s+)?[A-Z0-9][\w&'’.-]*)*", text):
        words = run[0].strip(" .,'’").split()
        while words and words[0].casefold().strip(".,") in _NO_NAMES:
            words.pop(0)
        while words and words[-1].casefold().strip(".,") in _NO_NAMES and len(words) > 1:
            words.pop()
        if words:
            name = re.sub(r"['’]s$", "", " ".join(words))
            if name.casefold() not in _NO_NAMES:
                found.append(name)
    return found


def _is_named(name: str, text: str) -> bool:
    key = " ".join(name_words(name))
    first = name_words(name)[:1]
    plain = re.sub(r"['’]s\b", "", text)
    flat = f" {' '.join(name_words(plain))} "
    return bool(key) and (f" {key} " in flat or (len(first) == 1 and len(first[0]) > 3 and f" {first[0]} " in flat))


def _day(sentence: str, published: date | None) -> date | None:
    """The day that a sentence speaks of: the text's own, or an earlier year that it names."""
    told = _YEAR.search(sentence)
    if told is None or (published is not None and int(told[1]) >= published.year):
        return published
    return date(int(told[1]), 12, 31)


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
