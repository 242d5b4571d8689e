"""A call prepared by rule: the facts as they are kept, the seller's agreed statements, and open questions."""

import re
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agents.analyst_call_schema import QUESTIONS, CallLine, CallSheet
from agents.drafting_openers import openers, read_facts
from agents.models.rules import answer, material_in

_POINTS_BACK = re.compile(r"\b(?:this|that|these|those)\b", re.IGNORECASE)
"""A question that needs what was said before it is none for a list."""
_ALWAYS = (
    "Who else would have a say in that?",
    "What would make it worth a closer look this year?",
    "What has been tried so far?",
)


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The sheet for the call that the message tells of."""
    return answer(write(material_in(messages)))


def write(material: dict[str, Any]) -> CallSheet:
    """Why now: the newest signals, then the facts. To say: a fact, a statement that fits it, a question."""
    points, contact, sender = material["points"], material["contact"], material["sender"]
    why = [point for about in ("signal", "fact") for point in points if point["about"] == about]
    facts = [
        {"number": p["number"], "field": p["field"], "sentence": p["says"]} for p in points if p["about"] == "fact"
    ]
    found = openers(read_facts(facts))
    opener, rests = found[0] if found else ("", list[int]())
    statements = material["statements"]
    pains = [s for s in statements if s["kind"] == "pain"]
    pain = pains[0] if pains else None
    values = [s for s in statements if s["kind"] == "value"]
    fitting = [s for s in values if pain and pain["id"] in s.get("follows", [])] or values
    value = min(fitting, key=lambda s: len(s["text"]), default=None)
    asks = [s["text"] for s in statements if s["kind"] == "ask" and not s.get("soft")]
    alone = [ask for ask in asks[1:] if not _POINTS_BACK.search(ask)]
    who = f"this is {sender['name']} from {sender['company']}"
    question = asks[0] if asks else _ALWAYS[0]
    parts = [f"Hi {contact['first_name']}, {who}.", opener, value["text"] if value else "", question]
    opening = _short(parts)
    voicemail = _short([parts[0], opener, value["text"] if value else ""])
    return CallSheet(
        why_now=[CallLine(text=point["says"], points=[point["number"]]) for point in why[:3]],
        questions=[CallLine(text=text, points=[]) for text in _questions(pains, alone)],
        opening=CallLine(text=opening, points=rests if opener and opener in opening else []),
        voicemail=CallLine(text=voicemail, points=rests if opener and opener in voicemail else []),
    )


def _questions(pains: list[dict[str, Any]], asks: list[str]) -> list[str]:
    topics = list(dict.fromkeys(pain["topic"] for pain in pains if pain.get("topic")))
    found = [f"How do you deal with {topic[:1].lower()}{topic[1:]} today?" for topic in topics]
    return list(dict.fromkeys([*found[:1], *asks[:1], *_ALWAYS]))[:QUESTIONS]


def _short(parts: Sequence[str]) -> str:
    """The parts as one text; the longest in the middle goes where it would take longer than 20 seconds to say."""
    kept = [part for part in parts if part]
    while len(" ".join(kept).split()) > 55 and len(kept) > 2:
        kept.remove(max(kept[1:-1], key=len))
    return " ".join(kept)
