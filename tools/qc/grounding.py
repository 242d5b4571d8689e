"""Rules on truth: whatever a message says of its reader must rest on a kept fact.

They know words, not meaning: a sentence is let through where its words, numbers, names and denials are those of the
facts that it cites or of a statement that the seller has agreed to. Where they cannot tell, they block.
"""

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from tools.qc import support
from tools.qc.model import DraftUnderCheck, Fact, Finding, Findings
from tools.qc.parts import said
from tools.qc.support import ENOUGH, WORD, share, vocabulary, words
from tools.wording import numbers_in, sentences

Kind = Literal["claim", "number", "name"]
Problem = tuple[Kind, str]
"""What is wrong with a sentence: which kind of thing it is, and in words."""

FIX = "Rest it on a kept fact that says so, or take it out."
# 'you' does something in these words, and nobody claims that it is so.
SUPPOSED = re.compile(
    r"\b(?:if|whether|what(?:ever)?|which(?:ever)?|when(?:ever)?|where(?:ver)?|how(?:ever)?|who(?:ever)?|unless|until"
    r"|before|after|once|so that|in case|should|as soon as|than|like)\b[^,;.]*$",
    re.IGNORECASE,
)
YOU = re.compile(r"\byou(?P<short>['’](?:re|ve|d|ll))?\s+(?P<next>[a-z]+)", re.IGNORECASE)
NO_CLAIM_AFTER_YOU = re.compile(
    r"(?:can|could|may|might|would|will|should|to|who|whom|which|what|that|how|whether|if|about|at|for|on|with|in"
    r"|from"
    r"|as|and|or|a|an|the|some|more|something|directly|today|now|next|this|because|so|but|by|of|through|when|where)",
    re.IGNORECASE,
)
YOUR = re.compile(r"\byours?\s+(?P<thing>[\w'’-]+(?:\s+[\w'’-]+)?)", re.IGNORECASE)
_PERCEIVED = re.compile(
    r"\b(?:I|[Ww]e)(?:['’]ve|['’]m| am| was| were| have| had)?\s+(?:(?!would|could|can|will|may|might|to\b)\w+\s+)?"
    r"(?:saw|seen|see|noticed?|heard?|read|learn(?:ed|t)|gather(?:ed)?|understand|understood|told|found|spotted"
    r"|came across|looked at)\b"
)
"""The sender says to have seen or heard of it: what follows is said of the reader, however it is put."""
YOUR_SUBJECT = re.compile(
    r"(?<!\bon )(?<!\bin )(?<!\bof )(?<!\bto )(?<!\bat )(?<!\bfor )(?<!\bby )(?<!from )(?<!with )(?<!about"
    r" )(?<!under )"
    r"\byour\s+(?:[\w'’-]+\s+){1,4}?"
    r"(?:is|are|was|were|has|have|had|do|does|did|went|lost|keeps?|needs?|lacks?|fails?|runs?|says|ran|\w{2,}ed"
    r"|still)\b",
    re.IGNORECASE,
)
"""What is the reader's does something."""
_HARMLESS = frozenset({"time", "convenience", "thoughts", "view", "opinion", "reply", "consideration", "inbox", "own"})
POINTS_BACK = re.compile(r"\b(?:its|it|their|they|there|which|where|whose|that|this)\b", re.IGNORECASE)
_OPEN = re.compile(r"\b(?:whether|if)\b([^,.;:?]*)", re.IGNORECASE)
_LOADED = re.compile(
    r"^\W*(?:is|are|was|were|do|does|did|would|should|could|have|has|had|ca|wo)n['’]t\b"
    r"|^\W*(?:why|how (?:much longer|many more|long (?:will|can|are)))\b|\b(?:still|tired of|sick of|fed up)\b",
    re.IGNORECASE,
)
_MODIFIER = re.compile(r"\b(?:the|your|those|these|all)\s+(?P<word>\w{3,}(?:ing|ed))\s+\w", re.IGNORECASE)


@dataclass(frozen=True)
class _Known:
    """What may be said in this message without a fact: the agreed statements, and who the sender is."""

    statements: tuple[str, ...]
    names: frozenset[str]
    own_words: frozenset[str]

    def nearest(self, wanted: set[str]) -> str:
        """The statement that holds the most of these words."""
        return max(self.statements, key=lambda text: share(_vocabulary_of(text), wanted), default="")


def _known(draft: DraftUnderCheck) -> _Known:
    """Gathered once a check: it is asked for with every sentence."""
    if "agreed" not in draft.memo:
        playbook = draft.playbook
        sender = playbook.sender
        who = " ".join([sender.name, sender.company, sender.website, sender.title, draft.recipient.first_name])
        named = " ".join([who, *draft.names])
        draft.memo["agreed"] = _Known(
            statements=tuple(s.text for s in playbook.statements),
            names=_names_of(named).union(*(_names_of(s.text) for s in playbook.statements)),
            own_words=frozenset(words(named)),
        )
    known: _Known = draft.memo["agreed"]
    return known


@lru_cache(maxsize=1024)
def _names_of(text: str) -> frozenset[str]:
    return frozenset(support.bare(w).casefold() for w in WORD.findall(text))


@lru_cache(maxsize=1024)
def _vocabulary_of(statement: str) -> frozenset[str]:
    return frozenset(vocabulary(statement))


@cache
def _sentences_of(statement: str) -> tuple[str, ...]:
    return tuple(" ".join(each.split()).casefold() for each in sentences(statement))


def is_statement(sentence: str, draft: DraftUnderCheck) -> bool:
    """Whether it is a sentence of an agreed statement, or the beginning of one up to where it pauses.

    Not any part of one: of 'whether the poles can stay', 'The poles can stay' is a promise.
    """
    plain = " ".join(sentence.split()).rstrip(".?!").casefold()
    for statement in draft.playbook.statements:
        for whole in _sentences_of(statement.text):
            rest = whole.removeprefix(plain)
            if rest in ("", ".", "?") or (len(rest) < len(whole) and rest[0] in ",:;" and len(plain.split()) > 3):
                return True
    return False


def cited(sentence: str, draft: DraftUnderCheck) -> list[Fact]:
    """The facts that the draft says this sentence rests on."""
    by_id = {fact.id: fact for fact in draft.facts}
    plain = " ".join(sentence.split()).casefold()
    found = []
    for claimed, fact_id in draft.claims:
        words_of = " ".join(claimed.split()).casefold()
        if fact_id in by_id and words_of and (words_of in plain or (plain in words_of and len(plain) > 15)):
            found.append(by_id[fact_id])
    return found


def organisation_missing(draft: DraftUnderCheck) -> Findings:
    """It names the organisation or its venue; a person may leave that out of a follow-up."""
    if draft.by_person and (draft.touch > 1 or draft.kind == "reply"):
        return  # a thread that named it may go on without
    text = f"{draft.subject}\n{draft.text}".casefold()
    if not any(name and name.casefold() in text for name in draft.names):
        name = draft.names[0] if draft.names else "the organisation"
        yield Finding("message", "", "It does not name the organisation.", f"Name it: {name}.")


def unknown_facts(draft: DraftUnderCheck) -> Findings:
    """A claim must rest on a fact that exists."""
    known = {fact.id for fact in draft.facts}
    for sentence, fact_id in draft.claims:
        if fact_id not in known:
            yield Finding("body", sentence, "It claims a fact that is not on file.", FIX)


def problem_of(sentence: str, draft: DraftUnderCheck) -> Problem | None:
    """What is wrong with a model's sentence.

    It is an agreed statement, or rests on the facts that it cites, or says nothing about the reader. A cited fact must
    hold the sentence's numbers and names, and most of its words: a citation alone proves nothing.
    """
    return None if is_statement(sentence, draft) else _problem(sentence, cited(sentence, draft), _known(draft), draft)


def subject_problem(draft: DraftUnderCheck) -> str | None:
    """The subject has only numbers that a fact has, and neither praise nor a claim about the reader."""
    subject, known = draft.subject, _known(draft)
    facts = " ".join(f"{fact.sentence} {fact.quote}" for fact in draft.facts)
    if extra := numbers_in(subject) - numbers_in(facts):
        return f"No fact has the number {', '.join(sorted(extra))}."
    if (support.praises(subject) - support.praises(facts)) or (support.counts(subject) - known.names):
        return "The subject praises or counts what no fact does."
    if modified(subject, facts, " ".join(known.statements)) or any(
        not words(match[0]) <= vocabulary(" ".join([facts, *known.statements])) for match in YOUR.finditer(subject)
    ):
        return "The subject says something about the reader that no fact supports."
    return None


def _problem(sentence: str, cited: list[Fact], known: _Known, draft: DraftUnderCheck) -> Problem | None:
    facts = " ".join(f"{fact.sentence} {fact.quote}" for fact in cited)
    agreed = known.nearest(words(sentence) - known.own_words)
    backing = f"{facts} {agreed}"
    if extra := numbers_in(sentence) - numbers_in(backing):
        return "number" if cited else "claim", f"No cited fact has the number {', '.join(sorted(extra))}."
    if wrong := support.misused_numbers(sentence, [text for f in cited for text in (f.sentence, f.quote)]):
        return "number", f"It uses {', '.join(sorted(wrong))} as something that it is not."
    held = {support.bare(w).casefold() for w in WORD.findall(facts)}
    if strange := {n for n in support.names_in(sentence) if n.casefold() not in held | known.names}:
        return "name", f"No cited fact names {', '.join(sorted(strange))}."
    if support.counts(sentence) - support.counts(backing) - known.names:
        return "number", "It counts something that no fact counts."
    if _claims_about_reader(sentence, facts, agreed):
        return "claim", "It says something about the reader that no fact supports."
    if sentence.rstrip().endswith("?"):
        problem = loaded(sentence, facts, agreed)
    elif praise := support.praises(sentence) - support.praises(backing):
        problem = f"It praises or ranks where no fact does: {', '.join(sorted(praise))}."
    elif any(_denies(part) for part in support.clauses(sentence)) and not support.denies(backing):
        problem = "It denies something, and no fact does."
    else:
        problem = _uncovered(sentence, facts, known, draft)
    return ("claim", problem) if problem else None


def _denies(clause: str) -> bool:
    """A denial that is more than the sender's own 'I don't know'."""
    return support.denies(clause) and not support.speaks_of_sender(clause)


def modified(text: str, facts: str, agreed: str) -> bool:
    """Whether it calls something of the reader's by what it does ('the failing lights'), and no fact says that it does.

    A statement counts only where it uses that very word: lamps that fail are not failing lamps.
    """
    return any(
        not words(match["word"]) <= vocabulary(facts) and match["word"].casefold() not in agreed.casefold()
        for match in _MODIFIER.finditer(text)
    )


def loaded(question: str, facts: str, agreed: str) -> str | None:
    """A question may ask anything, but not take for granted what no fact says."""
    if _LOADED.search(question) or modified(question, facts, agreed):
        return "The question takes for granted what no fact says."
    return None


def _claims_about_reader(sentence: str, facts: str, agreed: str) -> bool:
    """Whether something is said of 'you' or 'your' that neither the facts nor the nearest statement says."""
    question = sentence.rstrip().endswith("?")
    for match in YOU.finditer(sentence):
        before = sentence[: match.start()]
        if question or SUPPOSED.search(before) or match[0].casefold() in agreed.casefold():
            continue
        if match["short"] in (None, "'d", "’d", "'ll", "’ll") and NO_CLAIM_AFTER_YOU.fullmatch(match["next"]):
            continue
        if not match["short"] and re.search(
            r"\b(?:thank|to|with|for|ask|tell|show|give|send|help|let)\s+$", before, re.I
        ):
            continue
        return True
    for match in YOUR.finditer(sentence):
        thing = match["thing"].casefold()
        if thing.split()[0] in _HARMLESS or words(thing) & vocabulary(facts):
            continue
        topic = words(thing.split()[0]) & vocabulary(agreed)
        before = sentence[: match.start()]
        asserted = _PERCEIVED.search(before) or YOUR_SUBJECT.match(sentence, match.start())
        aside = question or SUPPOSED.search(before) or (support.speaks_of_sender(sentence) and not asserted)
        if not (topic and aside):
            return True
    return False


def _uncovered(sentence: str, facts: str, known: _Known, draft: DraftUnderCheck) -> str | None:
    """What a sentence says beyond the facts it cites and the statement it is nearest to."""
    by_facts = vocabulary(facts)
    named = any(name and name.casefold() in sentence.casefold() for name in draft.names)
    for clause in support.clauses(sentence):
        own = support.goes_on_of_sender(clause, sentence)
        content = words(clause) - known.own_words - (support.own_doing(clause) if own else set())
        if facts and share(by_facts, content) >= ENOUGH:
            continue
        if content and _PERCEIVED.search(clause) and not support.denies(clause):
            return "It says to have seen or heard what no fact that it cites has."
        nearest = known.nearest(content)
        by_statement = _vocabulary_of(nearest)
        if (
            len(content) > 1
            and not _OPEN.search(sentence)
            and any(content <= words(part[1]) for part in _OPEN.finditer(nearest))
        ):
            return "It asserts what the statement leaves open."
        if not facts and not named and re.match(r"\W*(?:if|whether)\b", clause, re.IGNORECASE):
            continue  # a supposition; what it takes for granted of 'you' and 'your' was looked at before
        if facts:
            # Beside a fact, only what the sender says of themselves, or what is plainly a statement and not about it.
            general = len(content) > 2 and not POINTS_BACK.search(clause)
            if (own or general) and content <= by_statement | by_facts:
                continue
            return "It says more than the facts that it cites."
        if named and not support.speaks_of_sender(sentence):
            return "It says something about the reader that no fact supports."
        if share(by_statement, content) < (1.0 if named else ENOUGH):
            return "Neither a fact nor an agreed statement says this."
    return None


def no_fact_at_all(draft: DraftUnderCheck) -> Findings:
    """A model's first message cites at least one true fact about its reader; an answer to theirs need not."""
    if draft.touch > 1 or draft.by_person or draft.kind == "reply":
        return
    if not any(cited(each.sentence, draft) for each in said(draft.text)):
        yield Finding("message", "", "No sentence rests on a fact about this organisation.", "Open with one.")
