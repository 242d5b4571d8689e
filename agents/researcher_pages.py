"""Which pages research by rule reads, and which of their facts it keeps; from the messages alone."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, ToolMessage

from tools.web.picker import promises

LEAST_CONFIDENCE = 3
MOST_FACTS = 30
_NUMBER = re.compile(r"\d[\d,.]*\d|\d")
_FIRST = (
    re.compile(r"\bmetal halide\b"),
    re.compile(r"\b(?:was built|opened|was renovated) in \d{4}\b"),
    re.compile(r" seats [\d,]+\."),
)
"""What a letter about a venue opens with best; for other facts any is as good."""


@dataclass(frozen=True)
class FoundFact:
    """A fact that a record or a page holds."""

    source: int
    field: str
    sentence: str
    quote: str


def read_pages(messages: Sequence[BaseMessage]) -> list[dict[str, Any]]:
    """What `read_page` answered, in its order; a refusal has `refused`."""
    return [
        json.loads(message.text)
        for message in messages
        if isinstance(message, ToolMessage) and message.name == "read_page" and message.text.startswith("{")
    ]


def next_pages(material: dict[str, Any], messages: Sequence[BaseMessage], pages: Sequence[dict[str, Any]]) -> list[int]:
    """The pages to read next: those on offer at the beginning, then links whose words promise facts."""
    asked = {
        call["args"].get("number")
        for message in messages
        if isinstance(message, AIMessage)
        for call in message.tool_calls
        if call["name"] == "read_page"
    }
    latest = min(pages, key=lambda page: int(page["left"]), default=material)
    left = latest.get("left", 0)
    first = [page["number"] for page in material.get("pages", ())]
    links = [page["number"] for page in latest.get("pages", ()) if promises(page["text"])]
    wanted = [number for number in dict.fromkeys([*first, *links]) if number not in asked]
    return wanted[:left]


def page_facts(stated: dict[int, list[dict[str, Any]]], wanted: Sequence[str]) -> list[FoundFact]:
    """The facts of pages that are sure enough: those that a first message may open with first, then the surest. Of
    sentences that differ in their numbers alone only the surest is kept: they cannot all be true today."""
    best: dict[tuple[str, str], tuple[tuple[int, int, int], FoundFact]] = {}
    for source, facts in sorted(stated.items()):
        for fact in facts:
            if fact["confidence"] < LEAST_CONFIDENCE:
                continue
            sentence = fact["sentence"]
            opens = next((place for place, words in enumerate(_FIRST) if words.search(sentence)), len(_FIRST))
            rank = (fact["field"] not in wanted, opens, -fact["confidence"])
            found = FoundFact(source, fact["field"], sentence, fact["quote"])
            key = (fact["field"], _NUMBER.sub("#", sentence.casefold()))
            if key not in best or rank < best[key][0]:
                best[key] = (rank, found)
    ranked = sorted(best.values(), key=lambda entry: entry[0])
    return [found for _, found in ranked[:MOST_FACTS]]
