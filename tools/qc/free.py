"""Truth in text that cites nothing: what a person wrote is held against all facts about its reader.

It may say what it likes of the sender and of the world at large, and guess where it says that it guesses. A number, a
foreign name, or something said of the reader needs a fact that has it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from tools.qc import grounding, numbers, support
from tools.qc.model import DraftUnderCheck, Fact
from tools.qc.safety import is_unfilled
from tools.qc.support import WORD, share, vocabulary, words
from tools.qc.words import COMMON_NAMES, NEGATIVE_WORDS, NEUTRAL_WORDS, SENTENCE_STARTERS

_NEUTRAL = frozenset(support.stem(word) for word in NEUTRAL_WORDS)
_NEGATIVE = frozenset(support.stem(word) for word in NEGATIVE_WORDS)

Kind = Literal["number", "organisation", "claim", "subject"]
Problem = tuple[Kind, str, str]
"""The kind, the words it is about, and what is wrong."""

_SUFFIX = (
    r"(?:University|College|High School|Middle School|School|Academy|Institute|School District|Polytechnic|State"
    r"|Inc|Ltd|LLC|Corp|Corporation|GmbH|Bank|Labs|Technologies|Software|Systems|Health|Athletics)"
)
_ORGANISATION = re.compile(
    rf"\b(?:University of (?:[A-Z][\w'’-]+\s?)+|(?:[A-Z][\w'’&.-]*\s+(?:(?:of|the|and|at|de|&)\s+)?)+?{_SUFFIX}\b)"
)
_HEDGED = re.compile(
    r"\b(?:probably|likely|must|may|might|could|would|perhaps|maybe|presumably|possibly|usually|often|tends?"
    r"|seldom|rarely"
    r"|sometimes|I (?:imagine|guess|suppose|suspect|assume|expect|wonder|hope|take it)|in my experience|seems?"
    r"|don['’]t know|can['’]t tell|could(?:n['’]t| not)|wouldn['’]t|will)\b",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    r"^\W*(?:which|that) (?:is|means|makes|must|would|may|might|can|could|tends|leaves)\b|^\W*(?:a|no) (?:\w+ ){0,3}"
    r"(?:thing|puzzle|matter|feat|step|way|sign|reason|time|question)\b",
    re.IGNORECASE,
)
_NOTICED = re.compile(
    r"\b(?:saw|see|read|noticed?|heard?|hear|understand|learned|gather|know|told|says?|congratulations|congrats"
    r"|sorry|loved"
    r"|enjoyed|love|impressed)\b",
    re.IGNORECASE,
)
_YOUR_SUBJECT = re.compile(
    r"(?<!\bon )(?<!\bin )(?<!\bof )(?<!\bto )(?<!\bat )(?<!\bfor )(?<!\bby )(?<!from )(?<!with )(?<!about"
    r" )(?<!under )"
    r"\byour\s+(?:[\w'’-]+\s+){1,4}?"
    r"(?:is|are|was|were|has|have|had|do|does|did|went|lost|keeps?|needs?|lacks?|fails?|runs?|says|ran|\w{2,}ed"
    r"|still)\b",
    re.IGNORECASE,
)
_THEIRS = re.compile(
    r"\b(?:they|their|he|she|his|her|the (?:college|school|university|district|department|team|company|campus"
    r"|trustees|board|crew"
    r"|students|fans|neighbors|neighbours|lights|lamps|poles|field|stadium|suite|tests|pipeline|product|engineers"
    r"|parents|town)"
    r"(?:\s+there)?)\b",
    re.IGNORECASE,
)
_HAPPENED = re.compile(
    r"\b(?:was|were|(?:has|have) (?:already |just |recently |never )?(?:been|\w+ed|set|put|begun|made|lost|told"
    r"|cut|gone|won|bought|got)"
    r"|had|did|told|said|admitted|failed|lost|broke|complained?|keeps?|fails?)\b",
    re.IGNORECASE,
)
_IMPERATIVE = re.compile(
    r"^\W*(?:(?:I |we )?(?:hope|wish|trust)|(?:please|just|simply|and)?\s*(?:send|tell|let|reply|point|forward"
    r"|drop|write|call|ask|share|give|say|feel|take"
    r"|have|keep|thank|thanks))\b",
    re.IGNORECASE,
)
_VERB_FIRST = re.compile(
    r"^\W*(?:(?:also|then|has|have|had|was|were|is|are|lost|went|got|made|told|fell|broke|cut|still|never"
    r"|recently|just)\b"
    r"|\w{3,}ed\b)",
    re.IGNORECASE,
)
_RESULT = re.compile(
    r"\b(?:helped|saved?|saves|cut|reduced?|reduces|doubled?|tripled|done|worked with|customers?|clients?|others"
    r"|pays? for itself|fewer|faster|percent|times)\b",
    re.IGNORECASE,
)
_OUR_WORK = re.compile(
    r"\b(?:we|our)\b.*\b(?:did|built|lit|installed|finished|completed|helped|saved|worked|work with|designed"
    r"|replaced|served"
    r"|customers?|clients?)\b",
    re.IGNORECASE | re.DOTALL,
)
_PRESUMES = re.compile(r"\byour?\b|\bhow (?:much longer|many more)\b|\b(?:tired of|sick of|fed up)\b", re.IGNORECASE)
_STILL = re.compile(
    r"\b(?:you|your (?:\w+ ){1,3})\s*still (?!exist|have|open|there)|\b(?:tired of|sick of|fed up)\b", re.I
)
_GENERAL = re.compile(
    r"^\W*(?:each|every|most|many|some|any|all|no|nobody|somebody|whoever|anybody|an?)\s", re.IGNORECASE
)
_OFFER = re.compile(
    r"\byou (?:give|send|get|see|pay|pick|choose|keep|tell|show|bring|connect|share|upload|point|plug|only|just)\b",
    re.IGNORECASE,
)
_PHONE = re.compile(r"\(?\b\d{3}\)?[\s.-]?\d{3}?[\s.-]?\d{4}\b|\b\d{3}-\d{4}\b")
_NEEDS = re.compile(
    r"\byou(?:r (?:\w+ ){1,3})?\s*(?:need|lack|struggle|waste|lose|fail|hate|suffer)s?\b", re.IGNORECASE
)
_LISTED = re.compile(r"^\s*\d{1,2}[.)]\s")


@dataclass(frozen=True)
class Known:
    """All that is known about the reader, made ready for looking up."""

    draft: DraftUnderCheck
    facts: str
    held: frozenset[str]
    quoted: frozenset[float]
    names: frozenset[str]
    own_words: frozenset[str]
    statements: tuple[tuple[str, frozenset[str]], ...]

    def agreed(self, content: set[str]) -> frozenset[str]:
        """The words of the agreed statement that holds the most of these."""
        return max(
            (held for _, held in self.statements), key=lambda held: share(set(held), content), default=frozenset()
        )


def known(draft: DraftUnderCheck) -> Known:
    """Made once for a draft."""
    if "known" not in draft.memo:
        draft.memo["known"] = _known(draft)
    found: Known = draft.memo["known"]
    return found


def _known(draft: DraftUnderCheck) -> Known:
    playbook, signer, person = draft.playbook, draft.signer, draft.recipient
    facts = "\n".join(f"{fact.sentence}\n{fact.quote}" for fact in draft.facts)
    agreed = " ".join(s.text for s in playbook.statements)
    earlier = "\n".join(f"{e.subject}\n{e.body}" for e in draft.history or ())
    senders = " ".join([signer.name, signer.company, signer.title, signer.website])
    called = [*draft.names, person.first_name, person.last_name, *person.names]
    who = " ".join([senders, playbook.sender.company, *called])
    named = " ".join([who, facts, agreed, earlier, person.title, playbook.what_we_sell, *playbook.qc.may_name])
    quotes = "\n".join(fact.quote or fact.sentence for fact in draft.facts)
    return Known(
        draft=draft,
        facts=facts,
        held=frozenset(vocabulary(facts)),
        quoted=frozenset(
            numbers.values("\n".join([quotes, agreed, earlier, person.title, *draft.names, signer.opt_out]))
        ),
        names=frozenset(support.bare(w).casefold() for w in WORD.findall(named)) | COMMON_NAMES,
        own_words=frozenset(words(who)),
        statements=tuple((s.text, _words_of(s.text)) for s in playbook.statements),
    )


@cache
def _words_of(statement: str) -> frozenset[str]:
    return frozenset(vocabulary(statement))


def _content(text: str, known: Known) -> set[str]:
    """The words of a text that say something, without names and the words of any letter."""
    return words(text) - known.own_words - _NEUTRAL - support.own_doing(text)


def rests_on(sentence: str, fact: Fact, known: Known) -> bool:
    """Whether a sentence says what a fact says: enough of the same words, the names left out, or its number."""
    backing = f"{fact.sentence} {fact.quote}"
    if numbers.values(sentence) & numbers.values(backing):
        return True
    content, held = _content(sentence, known), vocabulary(backing) - known.own_words
    shared = content & held
    return len(shared) >= 2 or (len(shared) == 1 and _named(sentence, known) and len(content) <= 4)


def _named(text: str, known: Known) -> bool:
    return any(name and name.casefold() in text.casefold() for name in known.draft.names)


def problems(sentence: str, known: Known) -> Iterator[Problem]:
    """What is wrong with one sentence."""
    if grounding.is_statement(sentence, known.draft) or is_unfilled(sentence):
        return
    question = sentence.rstrip().endswith("?")
    found = list(_names(sentence, known))
    if question:
        if _loaded(sentence, known):
            found.append(("claim", sentence, "The question takes for granted what no fact says."))
    elif not found and (claim := _claim(sentence, known)):
        found.append(("claim", claim, "It says something about the reader that no fact supports."))
    # A number in words beside a claim that has no fact is part of that claim.
    yield from _numbers(sentence, known, question, worded=not found)
    yield from found


def _loaded(question: str, known: Known) -> bool:
    """Whether a question takes for granted what no fact says: 'Are your lights still failing?'"""
    agreed = " ".join(text for text, _ in known.statements)
    if grounding.modified(question, known.facts, agreed):
        return True
    beyond = words(question) - known.held - set().union(*(held for _, held in known.statements))
    return _PRESUMES.search(question) is not None and bool(beyond & _NEGATIVE or _STILL.search(question))


def subject_problems(subject: str, known: Known) -> Iterator[Problem]:
    """What is wrong with the subject."""
    agreed = " ".join(text for text, _ in known.statements)
    numbered = " ".join(
        f"{f.sentence} {f.quote}" for f in known.draft.facts if numbers.values(f"{f.sentence} {f.quote}")
    )
    told = _content(subject, known) & vocabulary(numbered)
    for amount in numbers.amounts(subject):
        if amount.worded and not told:
            continue
        if not numbers.backed(subject, amount, set(known.quoted), _year(known)) and not numbers.is_a_time(
            subject, amount
        ):
            yield "subject", subject[amount.start : amount.end], "No fact has this number."
    for match in _strange_organisations(subject, known):
        yield "organisation", match, f"The recipient is at {_home(known)}."
    if grounding.modified(subject, known.facts, agreed):
        yield "subject", subject, "The subject says something about the reader that no fact supports."


def _home(known: Known) -> str:
    return known.draft.names[0] if known.draft.names else "another organisation"


def _year(known: Known) -> int | None:
    return known.draft.today.year if known.draft.today else None


def _numbers(sentence: str, known: Known, question: bool, *, worded: bool) -> Iterator[Problem]:
    year = _year(known)
    own = question or support.speaks_of_sender(sentence)
    about = _about_reader(sentence, known) or _RESULT.search(sentence) is not None
    phones = [match.span() for match in _PHONE.finditer(sentence)]
    listed = _LISTED.match(sentence)
    for amount in numbers.amounts(sentence):
        inside_phone = any(start <= amount.start < end for start, end in phones)
        if (
            inside_phone
            or (listed and amount.end < listed.end())
            or (amount.worded and (question or not about or not worded))
        ):
            continue
        if numbers.backed(sentence, amount, set(known.quoted), year):
            continue
        if (
            amount.worded
            and not _RESULT.search(sentence)
            and _may_be_said(_clause_at(sentence, amount.start), sentence)
        ):
            continue
        if own and (numbers.is_a_date(sentence, amount) or _is_ahead(amount.value, year)):
            continue
        if numbers.is_a_time(sentence, amount) and own and (question or amount.value <= 60):
            continue
        yield "number", sentence[amount.start : amount.end], "No fact has this number."
    texts = [text for fact in known.draft.facts for text in (fact.sentence, fact.quote)]
    for number in support.misused_numbers(sentence, texts):
        if _same_year(sentence, number, texts):
            continue
        yield "number", number, "The number stands for something else in its source."


def _clause_at(sentence: str, at: int) -> str:
    """The clause that a place of a sentence lies in."""
    end = 0
    for clause in support.clauses(sentence):
        end = sentence.find(clause, end) + len(clause)
        if at < end:
            return clause
    return sentence


def _same_year(sentence: str, number: str, texts: list[str]) -> bool:
    """Whether a number is a year here and in a source too."""
    year = re.compile(
        rf"\b(?:in|since|by|for|fiscal(?: year)?|FY|season|class of)\s*{re.escape(number)}\b", re.IGNORECASE
    )
    return bool(year.search(sentence)) and any(year.search(text) for text in texts)


def _is_ahead(value: float, year: int | None) -> bool:
    return year is not None and year <= value <= year + 5


def _strange_organisations(text: str, known: Known) -> Iterator[str]:
    for match in _ORGANISATION.finditer(text):
        name = match[0].strip()
        parts = [support.bare(part) for part in name.split() if part[:1].isupper()]
        while parts and parts[0] in SENTENCE_STARTERS:
            parts = parts[1:]
        own = [p for p in parts if not re.fullmatch(_SUFFIX, p)]
        if own and any(part.casefold() not in known.names for part in own):
            yield name


def _names(sentence: str, known: Known) -> Iterator[Problem]:
    """Names that nobody knows: of another organisation in the reader's place, or of anything else."""
    strange = {n for n in support.names_in(sentence) if not _is_known(n, known)}
    first = WORD.match(sentence.lstrip("\"'(“"))
    if first and support.bare(first[0]) in strange and not _opens_as_a_name(sentence, first[0], known):
        strange.discard(support.bare(first[0]))
    if not strange:
        return
    organisations = list(_strange_organisations(sentence, known))
    of_customers: bool = _OUR_WORK.search(sentence) is not None
    company = support.bare(known.draft.signer.company).casefold()
    of_customers = of_customers or (company in sentence.casefold() and _RESULT.search(sentence) is not None)
    if organisations and not of_customers:
        yield "organisation", organisations[0], f"The recipient is at {_home(known)}."
        return
    content = _content(sentence, known) - words(" ".join(strange))
    if not of_customers and not _named(sentence, known) and len(content) > 1 and share(set(known.held), content) >= 0.6:
        yield "organisation", sorted(strange)[0], f"The recipient is at {_home(known)}."
        return
    yield "claim", sorted(strange)[0], f"No fact names {', '.join(sorted(strange))}."


def _is_known(name: str, known: Known) -> bool:
    plain = name.casefold()
    parts = [p for p in re.split(r"[-/&.]", plain) if p]
    return plain in known.names or (name.isupper() and len(name) <= 5) or all(p in known.names for p in parts)


def _opens_as_a_name(sentence: str, first: str, known: Known) -> bool:
    """Whether a sentence's first word is a name and not merely its first word."""
    after = sentence[sentence.find(first) + len(first) :].lstrip()
    if after[:1].isupper() or first.endswith(("'s", "’s")):
        return True
    if not re.match(r"(?:is|are|has|have|was|were|had|[a-z]+s|[a-z]+ed)\b", after):
        return False
    content = _content(sentence, known) - words(first)
    return not _named(sentence, known) and len(content) > 1 and share(set(known.held), content) >= 0.6


def _about_reader(text: str, known: Known) -> bool:
    return (
        _named(text, known)
        or any(_is_said_of_you(match, text, known) for match in grounding.YOU.finditer(text))
        or _YOUR_SUBJECT.search(text) is not None
    )


def _is_said_of_you(match: re.Match[str], text: str, known: Known) -> bool:
    """Whether 'you' does something here, and it is meant."""
    before = text[: match.start()]
    if grounding.SUPPOSED.search(before) or re.search(
        r"\b(?:thank|to|with|for|ask|tell|show|give|send|help|let|wish|both|of|from|at|about|as|bring|bother)\s+$",
        before,
        re.I,
    ):
        return False
    if match["short"] in (None, "'d", "’d", "'ll", "’ll") and grounding.NO_CLAIM_AFTER_YOU.fullmatch(match["next"]):
        return False
    answering = known.draft.replied or known.draft.kind == "reply"
    return not (answering and match["next"].lower() in ("asked", "said", "wrote", "mentioned", "wanted", "told"))


def _claim(sentence: str, known: Known) -> str | None:
    """The part of a sentence that says something of the reader which no fact has."""
    before_reader = False
    for clause in support.clauses(sentence):
        about = (
            _about_reader(clause, known)
            or (before_reader and (_VERB_FIRST.match(clause) or grounding.POINTS_BACK.search(clause)))
            or (_THEIRS.search(clause) and _HAPPENED.search(clause))
        )
        if not about:
            continue
        before_reader = before_reader or _about_reader(clause, known)
        if _may_be_said(clause, sentence):
            continue
        content = _content(clause, known)
        beyond = content - known.held
        loaded = bool(beyond & _NEGATIVE) or (_NEEDS.search(clause) is not None and bool(beyond))
        agreed = known.agreed(content)
        if not loaded and (len(beyond) < 2 - _plain_claim(clause) or share(set(known.held), content) >= support.ENOUGH):
            continue
        if content <= agreed and not _plain_claim(clause) and not loaded:
            continue
        if not _about_reader(clause, known) and share(set(agreed), content) >= support.ENOUGH:
            continue
        return clause.strip()
    return None


def _plain_claim(clause: str) -> bool:
    """Whether it does nothing but say something of what is the reader's: 'Your poles can stay.'"""
    return (
        re.match(r"\W*your\b", clause, re.IGNORECASE) is not None and _YOUR_SUBJECT.match(clause.lstrip()) is not None
    )


def _may_be_said(clause: str, sentence: str) -> bool:
    """A guess that says so, the sender's own doing, a remark on what was said, a supposition."""
    negative = bool(words(clause) & _NEGATIVE)
    if re.match(
        r"\W*(?:if|whether|when|should|once|until|before|after|how|what|who|which ones?)\b", clause, re.IGNORECASE
    ):
        return True
    if _HEDGED.search(clause) or (_HEDGED.match(sentence.lstrip()) and not negative):
        return True
    if _IMPERATIVE.match(clause) and not negative:
        return True
    if _OFFER.search(clause) or (_COMMENT.match(clause) and not negative):
        return True
    if _GENERAL.match(clause) and not re.search(r"\byour?\b", clause, re.IGNORECASE):
        return True
    own = support.speaks_of_sender(clause) or support.goes_on_of_sender(clause, sentence)
    return own and not _NOTICED.search(clause)
