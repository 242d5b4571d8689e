"""The brief by rule: of each kind of point the first few, in sentences that fit on a line."""

from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage

from agents.analyst_brief_schema import MOST, Brief, BriefLine
from agents.models.rules import answer, material_in


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The brief of the batch that the message tells of."""
    return answer(write(material_in(messages)))


def write(material: dict[str, Any]) -> Brief:
    """Five lines from the points: what is said stands in the points word for word."""
    points = material["points"]

    def line(*about: str, otherwise: str) -> BriefLine:
        fitting = [point for name in about for point in points if point["about"] == name]
        text, used = "", list[int]()
        for point in fitting:
            longer = f"{text} {point['says']}".strip()
            if len(longer) > MOST:
                continue
            text, used = longer, [*used, point["number"]]
        return BriefLine(text=text or otherwise, points=used)

    return Brief(
        who=line("size", "shares", "lacking", "tiers", otherwise="Nobody is in it."),
        why=line("signals", "facts", "research", otherwise="Nothing is known about them yet."),
        test=line("test", "groups", "deviations", otherwise="Nothing is tested; everybody is written to alike."),
        watch=line("objection", "warnings", "flags", "addresses", otherwise="Nothing stands out."),
        first=line("next", "top", otherwise="Read the messages that wait."),
    )
