"""What a sentence that cites nothing says of its reader, and which of that may be said without a fact."""

import re

from tools.qc import grounding, support
from tools.qc.known import Known, content_of, named
from tools.qc.support import share, words
from tools.qc.words import NEGATIVE_WORDS

_NEGATIVE = frozenset(support.stem(word) for word in NEGATIVE_WORDS)
_HEDGED = re.compile(
    r"\b(?:probably|likely|must|may|might|could|would|perhaps|maybe|presumably|possibly|usually|often|tends?"
    r"|seldom|rarely"
    r"|sometimes|I (?:imagine|guess|suppose|suspect|assume|expect|wonder|hope|take it)|in my experience|seems?"
    r"|don['’]t know|can['’]t tell|could(?:n['’]t| not)|wouldn['’]t|will)\b",
    re.IGNORECASE,
)
_IN_MAY = re.compile(r"\b(?:[Ii]n|[Oo]n|[Ss]ince|[Bb]y|[Uu]ntil|[Ll]ast|[Tt]his) May\b|\bMay (?=\d)")
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
_NEEDS = re.compile(
    r"\byou(?:r (?:\w+ ){1,3})?\s*(?:need|lack|struggle|waste|lose|fail|hate|suffer)s?\b", re.IGNORECASE
)
_YOURS = re.compile(r"\byour\s+(?P<thing>[\w'’-]+(?:\s+[\w'’-]+){0,2})", re.IGNORECASE)
_BELIEVED = re.compile(
    r"\b(?:I|we)(?:['’]m| am|['’]re| are)?\s+(?:\w+ly\s+)?(?:think|thought|believed?|know|knew|remember(?:ed)?"
    r"|recall(?:ed)?|feel|felt|bet|sure|certain|convinced|aware)\b(?P<what>.*)$",
    re.IGNORECASE | re.DOTALL,
)
# Of the words between 'your' and what befell it none opens a clause of its own, makes it a supposition, or denies it.
_OF_YOURS = (
    r"\byour\s+(?:(?!(?:what|who|which|that|when|where|how|if|whether|to|would|could|can|may|might|will|must|not"
    r"|never|no)\b)[\w'’-]+\s+){0,3}?"
)
_BE = r"(?:(?:is|are|was|were|(?:has|have|had) been)(?:\s+(?:all|still|\w+ly))?|went|goes|go|gone|keeps? going|going)"
_GONE = (
    r"(?=\s*(?:$|[.,;:!?)–—-]|(?:the (?:company|team|school|district|job)|last|this|in|for|after|before|early|on|at"
    r"|with)\b))"
)
_TROUBLES = tuple(
    (re.compile(f"{_OF_YOURS}{befell}", re.IGNORECASE), re.compile(rf"\b(?:{told})", re.IGNORECASE))
    for befell, told in (
        (
            rf"(?:[\w'’-]+\s+(?:fail(?:s|ed|ing)?|broke|breaks? down|crashed|{_BE}\s+(?:down|dark|dim|dead|broken"
            rf"|failing|breaking|crashing|flaky|stale|past (?:saving|repair)))"
            rf"|(?:lights?|lamps?|lighting|fixtures?|power|floodlights?)\s+{_BE}\s+out"
            rf"|(?:breakers?|fuses?)\s+(?:trip(?:s|ped)?|blew|blow)"
            rf"|(?:builds?|pipelines?|tests?|suites?|runs?|board)\s+{_BE}\s+red)\b",
            r"fail|break|broke|crash|(?:go(?:es|ing)?|went) out|outage|blackout|down|dark|dim|dead|flak|stale|trip"
            r"|blew|red\b|incident|drop|fell|declin|repair",
        ),
        (
            rf"[\w'’-]+\s+(?:(?:left|quit|resigned|walked (?:out|away)|(?:is|are|was|were) (?:leaving|quitting)){_GONE}"
            r"|gave up\b)",
            r"left|leav|quit|resign|walked|depart|gave up|replac|successor|interim|retir",
        ),
        (
            rf"[\w'’-]+\s+(?:slipped|{_BE}\s+(?:late(?! (?:in the|at night))|behind|overdue))\b",
            r"slip|late|delay|behind|overdue|postpon",
        ),
        (r"[\w'’-]+\s+(?:hate[sd]?|complain(?:s|ed)?)\b", r"hate|complain|object|petition"),
    )
)
"""What befalls what is the reader's, by kind; and the words, of which a fact has one where such a thing is on file."""
_SUPPOSED = re.compile(r"\W*(?:if|whether|should|how|what|who|which ones?|unless|in case)\b", re.IGNORECASE)
_TIMED = re.compile(r"\W*(?:when(?:ever)?|once|until|before|after)\b", re.IGNORECASE)
_PAST = re.compile(r"\b(?:\w+ed|went|was|were|broke|left|quit|gave|blew)\b", re.IGNORECASE)


def loaded(question: str, known: Known) -> bool:
    """Whether a question takes for granted what no fact says: 'Are your lights still failing?'"""
    agreed = " ".join(text for text, _ in known.statements)
    if grounding.modified(question, known.facts, agreed):
        return True
    beyond = words(question) - known.held - set().union(*(held for _, held in known.statements))
    return _PRESUMES.search(question) is not None and bool(beyond & _NEGATIVE or _STILL.search(question))


def about_reader(text: str, known: Known) -> bool:
    """Whether a text speaks of the reader: by name, as 'you' who does something, or of what is theirs."""
    return (
        named(text, known)
        or any(_is_said_of_you(match, text, known) for match in grounding.YOU.finditer(text))
        or grounding.YOUR_SUBJECT.search(text) is not None
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


def claim_in(sentence: str, known: Known) -> str | None:
    """The part of a sentence that says something of the reader which no fact has."""
    before_reader = False
    for clause in support.clauses(sentence):
        if tells_of_trouble(clause, known):
            return clause.strip()
        about = (
            about_reader(clause, known)
            or (before_reader and (_VERB_FIRST.match(clause) or grounding.POINTS_BACK.search(clause)))
            or (_THEIRS.search(clause) and _HAPPENED.search(clause))
        )
        if not about:
            if _ill_said(clause, known) and not may_be_said(clause, sentence, own=False):
                return clause.strip()
            continue
        before_reader = before_reader or about_reader(clause, known)
        if may_be_said(clause, sentence):
            continue
        content = content_of(clause, known)
        beyond = content - known.held
        blames = bool(beyond & _NEGATIVE) or (_NEEDS.search(clause) is not None and bool(beyond))
        agreed = known.agreed(content)
        if not blames and (len(beyond) < 2 - _plain_claim(clause) or share(set(known.held), content) >= support.ENOUGH):
            continue
        if content <= agreed and not _plain_claim(clause) and not blames:
            continue
        seen = support.speaks_of_sender(clause) and _NOTICED.search(clause)
        if not about_reader(clause, known) and not seen and share(set(agreed), content) >= support.ENOUGH:
            continue
        return clause.strip()
    return None


def _ill_said(clause: str, known: Known) -> bool:
    """Whether it calls something of the reader's bad in passing ('your failing lights'), and no fact does."""
    return any(words(match["thing"]) & (_NEGATIVE - known.held) for match in _YOURS.finditer(clause))


def tells_of_trouble(text: str, known: Known) -> bool:
    """Whether it says, however sure of it, that something of the reader's failed, left or was late, and no fact does.

    'I think your lights failed' is no guess that says so, as 'I imagine' is, and what the sender thinks of it does not
    make it the sender's. A supposition may say it; 'when your lights failed' supposes nothing.
    """
    if (
        "your" not in text.casefold()
        or _hedged(text)
        or _SUPPOSED.match(text)
        or (_TIMED.match(text) and not _PAST.search(text))
    ):
        return False
    if kinds := [told for befell, told in _TROUBLES if befell.search(text)]:
        return not all(told.search(known.facts) for told in kinds)
    believed = _BELIEVED.search(text)
    said = re.search(r"\byour\s.*", believed["what"], re.IGNORECASE | re.DOTALL) if believed else None
    return said is not None and bool(words(said[0]) & (_NEGATIVE - known.held))


def _hedged(text: str) -> bool:
    """Whether it says that it guesses. The month of May guesses nothing."""
    return _HEDGED.search(_IN_MAY.sub(" ", text)) is not None


def _plain_claim(clause: str) -> bool:
    """Whether it does nothing but say something of what is the reader's: 'Your poles can stay.'"""
    return (
        re.match(r"\W*your\b", clause, re.IGNORECASE) is not None
        and grounding.YOUR_SUBJECT.match(clause.lstrip()) is not None
    )


def may_be_said(clause: str, sentence: str, *, own: bool = True) -> bool:
    """A guess that says so, a remark on what was said, a supposition; with `own`, what the sender does."""
    negative = bool(words(clause) & _NEGATIVE)
    if re.match(
        r"\W*(?:if|whether|when|should|once|until|before|after|how|what|who|which ones?)\b", clause, re.IGNORECASE
    ):
        return True
    if _hedged(clause) or (_HEDGED.match(sentence.lstrip()) and not negative):
        return True
    if _IMPERATIVE.match(clause) and not negative:
        return True
    if _OFFER.search(clause) or (_COMMENT.match(clause) and not negative):
        return True
    if _GENERAL.match(clause) and not re.search(r"\byour?\b", clause, re.IGNORECASE):
        return True
    doing = support.speaks_of_sender(clause) or support.goes_on_of_sender(clause, sentence)
    return own and doing and not _NOTICED.search(clause)
