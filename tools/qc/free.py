"""Truth in text that cites nothing: what a person wrote is held against all facts about its reader.

It may say what it likes of the sender and of the world at large, and guess where it says that it guesses. A number, a
foreign name, or something said of the reader needs a fact that has it.
"""

import re
from collections.abc import Iterator
from typing import Literal

from tools.qc import grounding, numbers, support
from tools.qc.claims import about_reader, claim_in, loaded, may_be_said, tells_of_trouble
from tools.qc.known import Known, content_of, named
from tools.qc.safety import is_unfilled
from tools.qc.support import WORD, share, vocabulary, words
from tools.qc.words import SENTENCE_STARTERS

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
_PHONE = re.compile(r"\(?\b\d{3}\)?[\s.-]?\d{3}?[\s.-]?\d{4}\b|\b\d{3}-\d{4}\b")
_LISTED = re.compile(r"^\s*\d{1,2}[.)]\s")


def problems(sentence: str, known: Known) -> Iterator[Problem]:
    """What is wrong with one sentence."""
    if grounding.is_statement(sentence, known.draft) or is_unfilled(sentence):
        return
    question = sentence.rstrip().endswith("?")
    found = list(_names(sentence, known))
    if question:
        if loaded(sentence, known):
            found.append(("claim", sentence, "The question takes for granted what no fact says."))
    elif not found and (claim := claim_in(sentence, known)):
        found.append(("claim", claim, "It says something about the reader that no fact supports."))
    # A number in words beside a claim that has no fact is part of that claim.
    yield from _numbers(sentence, known, question, worded=not found)
    yield from found


def subject_problems(subject: str, known: Known) -> Iterator[Problem]:
    """What is wrong with the subject."""
    agreed = " ".join(text for text, _ in known.statements)
    numbered = " ".join(
        f"{f.sentence} {f.quote}" for f in known.draft.facts if numbers.values(f"{f.sentence} {f.quote}")
    )
    told = content_of(subject, known) & vocabulary(numbered)
    for amount in numbers.amounts(subject):
        if amount.worded and not told:
            continue
        if not numbers.backed(subject, amount, set(known.quoted), _year(known)) and not numbers.is_a_time(
            subject, amount
        ):
            yield "subject", subject[amount.start : amount.end], "No fact has this number."
    for match in _strange_organisations(subject, known):
        yield "organisation", match, f"The recipient is at {_home(known)}."
    if grounding.modified(subject, known.facts, agreed) or tells_of_trouble(subject, known):
        yield "subject", subject, "The subject says something about the reader that no fact supports."


def _home(known: Known) -> str:
    return known.draft.names[0] if known.draft.names else "another organisation"


def _year(known: Known) -> int | None:
    return known.draft.today.year if known.draft.today else None


def _numbers(sentence: str, known: Known, question: bool, *, worded: bool) -> Iterator[Problem]:
    year = _year(known)
    own = question or support.speaks_of_sender(sentence)
    about = about_reader(sentence, known) or _RESULT.search(sentence) is not None
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
        if amount.worded and not _RESULT.search(sentence) and may_be_said(_clause_at(sentence, amount.start), sentence):
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
    content = content_of(sentence, known) - words(" ".join(strange))
    if not of_customers and not named(sentence, known) and len(content) > 1 and share(set(known.held), content) >= 0.6:
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
    content = content_of(sentence, known) - words(first)
    return not named(sentence, known) and len(content) > 1 and share(set(known.held), content) >= 0.6
