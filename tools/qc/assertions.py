"""What a message says of its reader, sentence by sentence, and the rules that report it.

A model's sentences must cite their facts (`tools.qc.grounding`). What a person wrote, or what comes from a file, cites
nothing: its sentences are held against all facts (`tools.qc.free`).
"""

from typing import NamedTuple

from tools.qc import free, grounding
from tools.qc.claims import tells_of_trouble
from tools.qc.known import known_of, rests_on
from tools.qc.model import DraftUnderCheck, Fact, Finding, Findings
from tools.qc.parts import SaidSentence, said


class _Judged(NamedTuple):
    place: str
    words: str
    at: int
    kind: str
    wrong: str


_FIXES = {
    "number": "Use the number that the source gives, or none.",
    "organisation": "Name the recipient's organisation.",
}


def _judged(draft: DraftUnderCheck) -> list[_Judged]:
    """Every sentence with something wrong, and the subject; found once for all rules."""
    if "judged" not in draft.memo:
        draft.memo["judged"] = list(_by_person(draft) if draft.by_person else _by_model(draft))
    judged: list[_Judged] = draft.memo["judged"]
    return judged


def _by_model(draft: DraftUnderCheck) -> list[_Judged]:
    found = []
    for sentence, at in said(draft.text):
        if problem := grounding.problem_of(sentence, draft):
            kind, wrong = problem
            if kind == "name":
                kind = "claim"
            found.append(_Judged("body", sentence, at, kind, wrong))
    about = grounding.subject_problem(draft)
    if about is None and tells_of_trouble(draft.subject, known_of(draft)):
        about = "The subject says something about the reader that no fact supports."
    if about is not None:
        found.append(_Judged("subject", draft.subject, 0, "subject", about))
    return found


def _by_person(draft: DraftUnderCheck) -> list[_Judged]:
    known = known_of(draft)
    found = [
        _Judged("body", words, at + sentence.find(words), kind, wrong)
        for sentence, at in said(draft.text)
        for kind, words, wrong in free.problems(sentence, known)
    ]
    for kind, words, wrong in free.subject_problems(draft.subject, known):
        found.append(_Judged("subject", words, draft.subject.find(words), kind, wrong))
    return found


def _of(kind: str, draft: DraftUnderCheck) -> Findings:
    for each in _judged(draft):
        if each.kind == kind:
            place = "subject" if each.place == "subject" else "body"
            yield Finding(place, each.words, each.wrong, _FIXES.get(kind, grounding.FIX), each.at)  # type: ignore[arg-type]


def wrong_organisation(draft: DraftUnderCheck) -> Findings:
    """It speaks of the recipient's organisation, and not of another in its place."""
    yield from _of("organisation", draft)


def wrong_numbers(draft: DraftUnderCheck) -> Findings:
    """Every number is in the quote of a fact, and means there what it means here."""
    yield from _of("number", draft)


def unsupported_sentences(draft: DraftUnderCheck) -> Findings:
    """What it says of the reader rests on a fact or on a statement that the seller has agreed to."""
    yield from _of("claim", draft)


def unsupported_subject(draft: DraftUnderCheck) -> Findings:
    """The subject claims, counts and praises nothing that no fact does."""
    yield from _of("subject", draft)


def _facts_behind(each: SaidSentence, draft: DraftUnderCheck) -> list[Fact]:
    """The facts that a sentence rests on: those that it cites, else those that it shares enough with."""
    cited = grounding.cited(each.sentence, draft)
    if cited or not draft.by_person:
        return cited
    known = known_of(draft)
    return [fact for fact in draft.facts if rests_on(each.sentence, fact, known)]


def stale_facts(draft: DraftUnderCheck) -> Findings:
    """No sentence rests only on facts that are older than the playbook lets facts of their kind be."""
    if draft.today is None:
        return
    limits = draft.playbook.qc.fact_days
    for each in said(draft.text):
        behind = _facts_behind(each, draft)
        ages = {f.id: (draft.today - f.observed_on).days for f in behind if f.observed_on}
        old = [f for f in behind if f.id in ages and ages[f.id] > limits.get(f.field, limits.get("other", 10**6))]
        if old and len(old) == len(behind):
            fact = old[0]
            limit = limits.get(fact.field, limits.get("other", 0))
            wrong = f"Its fact was observed on {fact.observed_on}, {ages[fact.id]} days ago; {limit} is the limit."
            yield Finding("body", each.sentence, wrong, "Look at the source again, or take it out.", each.at)


def impersonal(draft: DraftUnderCheck) -> Findings:
    """With the names taken out, a line is left that could only have been written to this reader."""
    if draft.kind in ("breakup", "reply", "call") or draft.replied or any(e.connected for e in draft.history or ()):
        return
    if not any(_facts_behind(each, draft) for each in said(draft.text)):
        wrong = "With the names taken out, it could have gone to anybody."
        yield Finding("message", "", wrong, "Say something that is true of this reader alone.")
