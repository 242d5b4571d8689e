"""Signals decided by rule: the playbook's words over each item, as `tools.signals` reads them."""

from collections.abc import Sequence

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, ConfigDict

from agents.models.rules import answer, material_in
from playbooks.feeds import load_signal_words
from tools.signals.found import FoundSignal
from tools.signals.items import SignalDecision, subject_of
from tools.signals.scan import read_subject


class SignalAnswer(BaseModel):
    """What is a signal among the items, and what only looks like one."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[SignalDecision]


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The decisions on the items of the message."""
    material = material_in(messages)
    words = load_signal_words(material["playbook"])
    decisions: list[SignalDecision] = []
    for item in material["items"]:
        for one in read_subject(subject_of(item), words):
            if isinstance(one, FoundSignal):
                decisions.append(
                    SignalDecision(
                        number=item["number"],
                        type=one.type,
                        organisation=one.organisation,
                        words=one.evidence[:2000],
                        confidence=round(one.sure * 100),
                        reason="; ".join(one.reasons)[:600],
                    )
                )
            else:
                decisions.append(
                    SignalDecision(
                        number=item["number"],
                        type="none",
                        words=one.evidence[:2000],
                        confidence=90,
                        reason=one.reason[:600],
                    )
                )
    return answer(SignalAnswer(decisions=decisions))
