"""Drafting by rule: the template's variables filled from facts, the rest from the seller's agreed statements.

It decides from the messages alone. Which of several fitting sentences is taken follows from the contact, so that
the drafts of one day do not all read alike and the same contact always gets the same draft.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from agents.drafting_schema import Claim, DraftAnswer
from agents.models.rules import answer
from tools.templates import fill

_WANTS = {
    "shorter": r"\b(short|shorter|long|brief|wordy|cut|trim|tight)",
    "softer": r"\b(push|pushy|aggressive|sales|salesy|ask|question|soft|softer|meeting|call)\b",
    "subject": r"\bsubject|headline\b",
    "no_capacity": r"\b(capacity|seats?|seating|size)\b",
    "no_year": r"\b(year|built|old|age|history|historic)\b",
    "no_pain": r"\b(pain|negative|scare|fear|metal halide|lecture|preach|regression|flaky)\b",
}


@dataclass
class _Facts:
    """What the facts say, by kind, with the numbers of the facts that each rests on."""

    values: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)

    def add(self, number: int, **found: str) -> None:
        for key, value in found.items():
            if key not in self.values:
                self.values[key], self.numbers[key] = value, number

    def has(self, *keys: str) -> bool:
        return all(key in self.values for key in keys)


_PATTERNS = (
    re.compile(r"(?P<school>.+) plays its home football at (?P<stadium>.+)\."),
    re.compile(r"(?P<_s>.+) was built in (?P<year>\d{4})\."),
    re.compile(r"(?P<_s>.+) seats (?P<seats>[\d,]+)\."),
    re.compile(r"The surface at (?P<_s>.+) is (?P<surface>.+)\."),
    re.compile(r"(?P<company>.+) has an opening for (?P<opening>.+)\."),
)


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


def _compose(brief: dict[str, Any], wants: set[str], turn: int) -> DraftAnswer:
    facts = _read(brief["facts"])
    if "no_capacity" in wants:
        facts.values.pop("seats", None)
    if "no_year" in wants:
        facts.values.pop("year", None)
    pick = _Picker(brief["seed"], turn)
    opener, used = _opener(facts, pick)
    stadium = facts.values.get("stadium")
    bridge = _statement(brief, "bridge", pick) if stadium and "shorter" not in wants else None
    pain = None if wants & {"shorter", "no_pain"} else _statement(brief, "pain", pick)
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
        opener_style="activity_reference" if facts.has("opening") else "company_metric",
        ask_style="soft_offer" if _is_soft(brief, ask) else "direct_ask",
        note=_note(brief.get("earlier"), wants, body),
    )


def _wanted(earlier: dict[str, Any] | None) -> tuple[set[str], int]:
    """What all rejections so far ask for, and how often the text was sent back."""
    if not earlier:
        return set(), 0
    reasons = " ".join(earlier.get("all_rejections") or [])
    wants = {name for name, pattern in _WANTS.items() if re.search(pattern, reasons, re.IGNORECASE)}
    for flag in earlier.get("qc_flags") or []:
        if flag["rule"].startswith("length"):
            wants.add("shorter")
    # Where the reason names something, that is changed and the rest is kept; where it names nothing known, the
    # opener and the argument are others.
    return wants, 0 if wants else int(earlier["version"])


class _Picker:
    """Picks among equals: always the same for one contact, another one at each turn."""

    def __init__(self, seed: str, turn: int) -> None:
        self._seed, self._turn = seed, turn

    def __call__(self, kind: str, choices: Sequence[str]) -> str | None:
        if not choices:
            return None
        start = int(hashlib.sha256(f"{self._seed}/{kind}".encode()).hexdigest(), 16)
        return choices[(start + self._turn) % len(choices)]


def _read(facts: list[dict[str, Any]]) -> _Facts:
    known = _Facts()
    for fact in facts:
        for pattern in _PATTERNS:
            if match := pattern.fullmatch(fact["sentence"]):
                known.add(fact["number"], **{k: v for k, v in match.groupdict().items() if not k.startswith("_")})
    return known


def _opener(facts: _Facts, pick: _Picker) -> tuple[str, list[int]]:
    """The first sentence, and the numbers of the facts that it rests on."""
    v = facts.values
    if facts.has("stadium", "school", "year", "seats"):
        choices = [
            f"{v['stadium']} was built in {v['year']} and seats {v['seats']} for {v['school']} football.",
            f"I was reading about {v['stadium']}: built in {v['year']}, {v['seats']} seats, home of "
            f"{v['school']} football.",
            f"{v['school']} plays its home football at {v['stadium']}, which was built in {v['year']} and seats "
            f"{v['seats']}.",
        ]
        keys = ("stadium", "year", "seats")
    elif facts.has("stadium", "school", "year"):
        choices = [
            f"{v['stadium']}, where {v['school']} plays its home football, was built in {v['year']}.",
            f"I was reading about {v['stadium']}: built in {v['year']}, home of {v['school']} football.",
        ]
        keys = ("stadium", "year", "school")
    elif facts.has("stadium", "school", "seats", "surface"):
        choices = [
            f"{v['school']} plays its home football on {v['surface']} at {v['stadium']}, which seats {v['seats']}.",
            f"{v['stadium']} seats {v['seats']} for {v['school']} football, played on {v['surface']}.",
        ]
        keys = ("stadium", "seats", "surface")
    elif facts.has("stadium", "school", "seats"):
        choices = [
            f"{v['school']} plays its home football at {v['stadium']}, which seats {v['seats']}.",
            f"I was reading about {v['stadium']}: {v['seats']} seats, home of {v['school']} football.",
            f"{v['stadium']} seats {v['seats']} for {v['school']} football.",
        ]
        keys = ("stadium", "seats", "school")
    elif facts.has("stadium", "school"):
        choices = [f"{v['school']} plays its home football at {v['stadium']}."]
        keys = ("stadium", "school", "school")
    elif facts.has("company", "opening"):
        choices = [
            f"I saw that {v['company']} has an opening for {v['opening']}.",
            f"{v['company']} has an opening for {v['opening']}, which is why I am writing.",
        ]
        keys = ("company", "opening", "opening")
    else:
        return "", []
    text = pick("opener", choices) or ""
    return text, sorted({facts.numbers[key] for key in keys})


def _statement(
    brief: dict[str, Any], kind: str, pick: _Picker, *, soft: bool = False, after: str | None = None
) -> str | None:
    """A statement of this kind: one that follows on from what was said before, else one that stands by itself."""
    fitting = [s for s in brief["statements"] if s["kind"] == kind]
    fitting = [s for s in fitting if s["soft"] == soft] or fitting
    following = [s for s in fitting if after in s["follows"]] if after else []
    alone = [s for s in fitting if not s["follows"]]
    return pick(kind, [s["text"] for s in following or alone or fitting])


def _id_of(brief: dict[str, Any], text: str | None) -> str | None:
    return next((s["id"] for s in brief["statements"] if s["text"] == text), None)


def _is_soft(brief: dict[str, Any], text: str | None) -> bool:
    return any(s["text"] == text and s["soft"] for s in brief["statements"])


def _subject_hook(brief: dict[str, Any], pick: _Picker) -> str:
    name = brief["organisation"]["name"]
    hooks = {
        "QA Director": ["Regression runs at {}", "Release testing at {}"],
        "QA Manager": ["Regression runs at {}", "Test suites at {}"],
        "VP Eng": ["Builds and releases at {}", "Release testing at {}"],
        "SDET": ["Flaky tests at {}", "Test suites at {}"],
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
    "no_pain": "left out the likely problem",
}


def _note(earlier: dict[str, Any] | None, wants: set[str], body: str) -> str:
    if not earlier:
        return "First version."
    done = [_CHANGES[name] for name in _CHANGES if name in wants] or ["took another opener and argument"]
    words = f"{len(earlier['body'].split())} words became {len(body.split())}"
    if reason := earlier.get("rejected_because"):
        return f'You said: "{reason}". I {", ".join(done)}; {words}.'
    problems = "; ".join(flag["problem"] for flag in earlier.get("qc_flags") or [])
    return f"QC said: {problems} I {', '.join(done)}; {words}."
