"""Drafting by rule: the template's variables filled from facts, the rest from the seller's agreed statements.

It decides from the messages alone. Which of several fitting sentences is taken follows from the contact, so that
the drafts of one day do not all read alike and the same contact always gets the same draft. No sentence is said to
anybody twice.
"""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agents.drafting_openers import Facts, further, openers, read_facts, reminders, style_of, untold
from agents.drafting_said import Choice, Picker, SaidBefore, Statement
from agents.drafting_schema import Claim, DraftAnswer
from agents.models.rules import answer, material_in
from tools.drafting.templates import fill, variables_of
from tools.wording import sentences

_WANTS = {
    "shorter": r"\b(short|shorter|long|brief|wordy|cut|trim|tight)",
    "softer": r"\b(push|pushy|aggressive|sales|salesy|ask|question|soft|softer|meeting|call)\b",
    "subject": r"\b(subject|headline)\b",
    "no_capacity": r"\b(capacity|seats?|seating|size)\b",
    "no_year": r"\b(year|built|old|age|history|historic)\b",
    "no_surface": r"\b(surface|turf|grass)\b",
    "no_league": r"\b(conference|division|league)\b",
    "no_pain": r"\b(pain|negative|scare|fear|metal halide|lecture|preach|regression|flaky)\b",
}
_LEFT_OUT = {
    "no_capacity": ("seats",),
    "no_year": ("year",),
    "no_surface": ("surface",),
    "no_league": ("conference", "division"),
}
_MOST_TURNS = 4
_ALSO = ("I also ", "Since then ", "I was also ")
"""How a sentence begins that says of itself that something was said before."""


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The draft that the brief asks for."""
    return answer(write(material_in(messages)))


def write(brief: dict[str, Any]) -> DraftAnswer:
    """Writes the first version, or one that answers why the earlier one must change."""
    earlier = brief.get("earlier")
    wants, turn = _wanted(brief)
    draft = _compose(brief, wants, turn)
    most = (brief.get("touch") or {}).get("most_characters")
    if most and len(draft.body) > most:
        draft = _compose(brief, wants, turn, shortest=True)
    # What was asked for may change nothing in this text: then the opener and the argument must be others.
    for more in range(1, _MOST_TURNS):
        if not earlier or _differs(draft, earlier):
            break
        turn, draft = turn + more, _compose(brief, wants, turn + more)
    if earlier and not _differs(draft, earlier):
        draft = _with_less(brief, draft)
    return draft


def _differs(draft: DraftAnswer, earlier: dict[str, Any]) -> bool:
    return (draft.subject, draft.body) != (earlier["subject"] or "", earlier["body"])


def _compose(brief: dict[str, Any], wants: dict[str, int], turn: int, *, shortest: bool = False) -> DraftAnswer:
    facts = read_facts(brief["facts"])
    for want, keys in _LEFT_OUT.items():
        if want in wants:
            facts.drop(*keys)
    touch = brief.get("touch") or {"kind": "first", "number": 1}
    first = touch["kind"] == "first"
    seed = brief["seed"] if first else f"{brief['seed']}/{touch['number']}"
    pick = Picker(seed, turn, shortest=shortest or wants.get("shorter", 0) > 1)
    said = SaidBefore(brief.get("said_before") or [])
    choice = Choice(brief, pick, said)
    short = "shorter" in wants or choice.varies("message_length") == "short"
    asked_for = variables_of(brief["template"]["body"])
    # A short first message goes without the problem, a short later one without what is done about it: the problem is
    # what that one is about, and what is done about others of them would follow on nothing.
    argues = "constraint_hypothesis" in asked_for and not (short and first) and "no_pain" not in wants
    pain = _pain(choice, facts, said, first=first) if argues else None
    offers = "value_proposition" in asked_for and not (short and pain)
    value = choice.one("value", after=[pain]) if offers else None
    ask = choice.question(soft="softer" in wants, after=[pain, value])
    recall = None if first else choice.one("recall")
    opener, used = "", list[int]()
    if "trigger_observation" in asked_for:
        opener, used = _opener(choice, facts, said, pain, pick, touch["kind"]) or (opener, used)
    referral = brief.get("referred_by") or {"sentence": "", "fact": 0}
    stadium = facts.values.get("stadium")
    bridge = choice.one("bridge") if first and stadium and not short else None
    values = {
        "first_name": brief["contact"]["first_name"],
        "sender_name": brief["sender"]["name"],
        "sender_company": brief["sender"].get("company"),
        "organisation_name": brief["organisation"]["name"],
        "school_name": facts.values.get("school") or brief["organisation"]["name"],
        "stadium_name": stadium,
        "trigger_observation": " ".join(text for text in (referral["sentence"], opener, _text(bridge)) if text),
        "recall": None if opener.startswith(_ALSO) else _text(recall),
        "constraint_hypothesis": _text(pain),
        "value_proposition": _text(value),
        "proof_point": _text(choice.one("proof", after=[pain, value])),
        "answer": _text(choice.one("answer")),
        "farewell": " ".join(s["text"] for s in choice.of("farewell")),
        "ask": _text(ask),
        "subject_hook": pick("subject", _subjects(brief, stadium)) if first else _topic(brief, pain, stadium, said),
    }
    subject = fill(brief["template"]["subject"], values)
    if brief["template"]["subject"] and ("subject" in wants or not subject):
        subject = _other_subject(brief, stadium, subject)
    body = said.without_repeats(fill(brief["template"]["body"], values))
    hook = pain if pain and pain["text"] in body else None
    point = value if value and value["text"] in body else None
    return DraftAnswer(
        subject=subject,
        body=body,
        claims=[
            Claim(sentence=sentence, fact=number)
            for sentence, numbers in ((referral["sentence"], [referral["fact"]]), (opener, used))
            for number in numbers
            if sentence and sentence in body
        ],
        proof_point=point["id"] if point else None,
        pain_hook=hook["id"] if hook else None,
        opener_style=style_of(opener),
        ask_style=_ask_style(ask if ask and ask["text"] in body else None),
        note=_note(brief.get("earlier"), wants, subject, body),
    )


def _pain(choice: Choice, facts: Facts, said: SaidBefore, *, first: bool) -> Statement | None:
    """A problem; in a later message first of all one that a fact leads to which has not been told."""
    if first or choice.varies("pain_hook"):
        return choice.one("pain")
    led_to = [s for s in choice.of("pain") if further(facts, s.get("goes_with", []), said.facts)]
    return choice.among("pain", led_to) if led_to else choice.one("pain")


def _opener(
    choice: Choice, facts: Facts, said: SaidBefore, pain: Statement | None, pick: Picker, kind: str
) -> tuple[str, list[int]] | None:
    """The sentence that tells a fact, with the numbers of the facts that it rests on."""
    if kind in ("first", "note"):
        found = [o for o in openers(facts, choice.varies("opener_style")) if not said.repeats(o[0])]
        return pick("opener", found)
    new = further(facts, pain.get("goes_with", []), said.facts) if pain else []
    new = new or [o for o in untold(facts, said.facts) if not said.repeats(o[0])][:1]
    return pick("opener", new or [o for o in reminders(facts) if not said.repeats(o[0])])


def _text(statement: Statement | None) -> str | None:
    return statement["text"] if statement else None


def _ask_style(ask: Statement | None) -> Any:
    """OCC, message_drafts.ask_style; a message without a question of its own offers something."""
    if ask is None:
        return "value_add"
    return "soft_offer" if ask["soft"] else "direct_ask"


def _wanted(brief: dict[str, Any]) -> tuple[dict[str, int], int]:
    """What all rejections so far ask for and how often each was asked; and how often no one could say what.

    What was asked of earlier messages to this person holds for this one too.
    """
    wants: dict[str, int] = {}
    for reason in brief.get("asked_of_earlier_messages") or []:
        for name in _named(reason):
            if name != "subject":
                wants[name] = 1
    earlier = brief.get("earlier")
    if not earlier:
        return wants, 0
    unnamed = 0
    for reason in earlier.get("all_rejections") or []:
        named = _named(reason)
        for name in named:
            wants[name] = wants.get(name, 0) + 1
        # Where a reason names something, that is changed and the rest is kept; where it names nothing known, the
        # opener and the argument are others.
        unnamed += not named
    blocked = int(earlier["version"]) if earlier.get("qc_flags") else 0
    return wants, max(unnamed, blocked)


def _named(reason: str) -> list[str]:
    return [name for name, pattern in _WANTS.items() if re.search(pattern, reason, re.IGNORECASE)]


def _with_less(brief: dict[str, Any], draft: DraftAnswer) -> DraftAnswer:
    """A text with nothing in it to choose, less one sentence: the last but the sign-off that it can do without."""
    paragraphs = draft.body.split("\n\n")
    inner = paragraphs[1:-1]
    for number in range(len(inner) - 1, -1, -1):
        found = sentences(inner[number])
        if len(inner) > 1 or len(found) > 1:
            kept = " ".join(found[:-1])
            inner[number : number + 1] = [kept] if kept else []
            body = "\n\n".join([paragraphs[0], *inner, paragraphs[-1]])
            note = _note(brief["earlier"], {}, draft.subject, body).replace(
                "took another opener and argument", "left out a sentence"
            )
            return draft.model_copy(
                update={"body": body, "note": note, "claims": [c for c in draft.claims if c.sentence in body]}
            )
    return draft


def _subjects(brief: dict[str, Any], venue: str | None) -> list[str]:
    """What the playbook lets a subject say here; one that needs a venue only where there is one."""
    name = brief["organisation"]["name"]
    able = [s for s in brief.get("subjects") or [] if venue or "{venue}" not in s]
    known = {"organisation": name, "venue": venue or ""}
    return [re.sub(r"\{(organisation|venue)\}", lambda found: known[found[1]], s) for s in able]


def _topic(brief: dict[str, Any], pain: Statement | None, stadium: str | None, said: SaidBefore) -> str:
    """The subject of a later message: what it is about, and where; never one that they have had."""
    place = stadium or brief["organisation"]["name"]
    topic = (pain or {}).get("topic")
    topics = [f"{topic} at {place}", f"More on {topic[:1].lower()}{topic[1:]} at {place}"] if topic else []
    choices = [*topics, f"A question about {place}", f"One more question about {place}"]
    return next((c for c in choices if c.casefold() not in said.subjects), choices[-1])


def _other_subject(brief: dict[str, Any], stadium: str | None, subject: str) -> str:
    name = brief["organisation"]["name"]
    choices = [*_subjects(brief, stadium), f"A question about {stadium}"] if stadium else []
    choices += [f"A question for {name}"]
    return next(choice for choice in choices if choice != subject)


_CHANGES = {
    "shorter": "shortened it",
    "softer": "made the ask a softer one",
    "subject": "wrote another subject",
    "no_capacity": "left out the seating capacity",
    "no_year": "left out the year it was built",
    "no_surface": "left out the surface",
    "no_league": "left out the conference and division",
    "no_pain": "left out the likely problem",
}


def _note(earlier: dict[str, Any] | None, wants: dict[str, int], subject: str, body: str) -> str:
    if not earlier:
        return "First version."
    before, after = len(earlier["body"].split()), len(body.split())
    # Only what this version did: an earlier one may have done the rest, or there was nothing to leave out.
    done = [_CHANGES[name] for name in _CHANGES if name in _asked_now(earlier, wants)]
    if after >= before and _CHANGES["shorter"] in done:
        done.remove(_CHANGES["shorter"])
    if subject == earlier["subject"] and _CHANGES["subject"] in done:
        done.remove(_CHANGES["subject"])
    words = f"{before} words became {after}"
    said = f"I {', '.join(done or ['took another opener and argument'])}; {words}."
    if reason := earlier.get("rejected_because"):
        return f'You said: "{reason}". {said}'
    problems = " ".join(flag["problem"] for flag in earlier.get("qc_flags") or [])
    return f"QC said: {problems} {said}"


def _asked_now(earlier: dict[str, Any], wants: dict[str, int]) -> set[str]:
    reason = earlier.get("rejected_because") or ""
    return {name for name in wants if re.search(_WANTS[name], reason, re.IGNORECASE)}
