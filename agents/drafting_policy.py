"""Drafting by rule: the template's variables filled from facts, the rest from the seller's agreed statements.

It decides from the messages alone. Which of several fitting sentences is taken follows from the contact, so that
the drafts of one day do not all read alike and the same contact always gets the same draft.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from typing import Any, TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agents.drafting_openers import openers, read_facts
from agents.drafting_schema import Claim, DraftAnswer
from agents.models.rules import answer
from tools.templates import fill

T = TypeVar("T")

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


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The draft that the brief asks for."""
    return answer(write(json.loads(next(m for m in messages if isinstance(m, HumanMessage)).text)))


def write(brief: dict[str, Any]) -> DraftAnswer:
    """Writes the first version, or one that answers why the earlier one must change."""
    earlier = brief.get("earlier")
    wants, turn = _wanted(earlier)
    draft = _compose(brief, wants, turn)
    # What was asked for may change nothing in this text: then the opener and the argument must be others.
    for more in range(1, 4):
        if not earlier or (draft.subject, draft.body) != (earlier["subject"], earlier["body"]):
            break
        turn, draft = turn + more, _compose(brief, wants, turn + more)
    return draft


def _compose(brief: dict[str, Any], wants: dict[str, int], turn: int) -> DraftAnswer:
    facts = read_facts(brief["facts"])
    for want, keys in _LEFT_OUT.items():
        if want in wants:
            facts.drop(*keys)
    pick = _Picker(brief["seed"], turn, shortest=wants.get("shorter", 0) > 1)
    opener, used = pick("opener", openers(facts)) or ("", [])
    stadium = facts.values.get("stadium")
    bridge = _statement(brief, "bridge", pick) if stadium and "shorter" not in wants else None
    pain = None if wants.keys() & {"shorter", "no_pain"} else _statement(brief, "pain", pick)
    value = _statement(brief, "value", pick, after=_id_of(brief, pain))
    ask = _statement(brief, "ask", pick, soft="softer" in wants, after=_id_of(brief, value))
    values = {
        "first_name": brief["contact"]["first_name"],
        "sender_name": brief["sender"]["name"],
        "school_name": facts.values.get("school") or brief["organisation"]["name"],
        "stadium_name": stadium,
        "trigger_observation": " ".join(text for text in (opener, bridge) if text),
        "constraint_hypothesis": pain,
        "value_proposition": value,
        "ask": ask,
        "subject_hook": _subject_hook(brief, pick),
    }
    subject = fill(brief["template"]["subject"], values)
    if "subject" in wants or not subject:
        subject = _other_subject(brief, stadium, subject)
    body = fill(brief["template"]["body"], values)
    return DraftAnswer(
        subject=subject,
        body=body,
        claims=[Claim(sentence=opener, fact=number) for number in used],
        proof_point=None,
        pain_hook=_id_of(brief, pain) if pain and pain in body else None,
        opener_style="activity_reference" if "opening" in facts.values else "company_metric",
        ask_style="soft_offer" if _is_soft(brief, ask) else "direct_ask",
        note=_note(brief.get("earlier"), wants, subject, body),
    )


def _wanted(earlier: dict[str, Any] | None) -> tuple[dict[str, int], int]:
    """What all rejections so far ask for and how often each was asked; and how often no one could say what."""
    if not earlier:
        return {}, 0
    wants: dict[str, int] = {}
    unnamed = 0
    for reason in earlier.get("all_rejections") or []:
        named = [name for name, pattern in _WANTS.items() if re.search(pattern, reason, re.IGNORECASE)]
        for name in named:
            wants[name] = wants.get(name, 0) + 1
        # Where a reason names something, that is changed and the rest is kept; where it names nothing known, the
        # opener and the argument are others.
        unnamed += not named
    blocked = int(earlier["version"]) if earlier.get("qc_flags") else 0
    return wants, max(unnamed, blocked)


class _Picker:
    """Picks among equals: always the same for one contact, another one at each turn; or the shortest."""

    def __init__(self, seed: str, turn: int, *, shortest: bool) -> None:
        self._seed, self._turn, self._shortest = seed, turn, shortest

    def __call__(self, kind: str, choices: Sequence[T]) -> T | None:
        if not choices:
            return None
        if self._shortest:
            return sorted(choices, key=lambda choice: len(str(choice)))[self._turn % len(choices)]
        start = int(hashlib.sha256(f"{self._seed}/{kind}".encode()).hexdigest(), 16)
        return choices[(start + self._turn) % len(choices)]


def _statement(
    brief: dict[str, Any], kind: str, pick: _Picker, *, soft: bool = False, after: str | None = None
) -> str | None:
    """A statement of this kind: one that follows on from what was said before, else one that stands by itself."""
    fitting = [s for s in brief["statements"] if s["kind"] == kind]
    fitting = [s for s in fitting if s["soft"] == soft] or fitting
    following = [s for s in fitting if after in s["follows"]] if after else []
    alone = [s for s in fitting if not s["follows"]]
    # A question may also be asked by itself; an offer should answer what was said.
    pool = [*following, *alone] if kind == "ask" else following or alone
    return pick(kind, [s["text"] for s in pool or fitting])


def _id_of(brief: dict[str, Any], text: str | None) -> str | None:
    return next((s["id"] for s in brief["statements"] if s["text"] == text), None)


def _is_soft(brief: dict[str, Any], text: str | None) -> bool:
    return any(s["text"] == text and s["soft"] for s in brief["statements"])


def _subject_hook(brief: dict[str, Any], pick: _Picker) -> str:
    name = brief["organisation"]["name"]
    hooks = {
        "QA Director": ["Regression runs at {}", "Release testing at {}", "Test automation at {}"],
        "QA Manager": ["Regression runs at {}", "The test suite at {}", "Test automation at {}"],
        "VP Eng": ["Builds and releases at {}", "Release testing at {}"],
        "SDET": ["Flaky tests at {}", "The test suite at {}"],
    }
    choices = hooks.get(brief["contact"]["persona"] or "", ["Software testing at {}"])
    return (pick("subject", choices) or choices[0]).format(name)


def _other_subject(brief: dict[str, Any], stadium: str | None, subject: str) -> str:
    name = brief["organisation"]["name"]
    choices = [f"Field lighting at {stadium}", f"A question about {stadium}"] if stadium else []
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
