"""Tenders decided by rule: the playbook's words over each, and the matcher over the prospects that are proposed."""

from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from pydantic import BaseModel, ConfigDict

from agents.models.rules import answer, material_in
from playbooks.feeds import BidWords, load_bid_words
from tools.bids.items import BidDecision, candidates_of, tender_of
from tools.bids.organisations import Match, Matcher, Verdict
from tools.bids.relevance import judge_text


class BidAnswer(BaseModel):
    """One decision for each tender."""

    model_config = ConfigDict(extra="forbid")

    decisions: list[BidDecision]


def policy(messages: Sequence[BaseMessage], *, tools: tuple[str, ...], schema: str | None) -> AIMessage:  # noqa: ARG001
    """The decisions on the tenders of the message."""
    material = material_in(messages)
    words = load_bid_words(material["playbook"])
    return answer(BidAnswer(decisions=[_decided(shown, words) for shown in material["tenders"]]))


def _decided(shown: Mapping[str, Any], words: BidWords) -> BidDecision:
    tender = tender_of(shown)
    titles = " ; ".join(shown["titles"])
    relevance = judge_text(titles, tender.description or "", tender.codes, words)
    match = Match(Verdict.NONE)
    if relevance.standing != "not_relevant":
        match = Matcher(candidates_of(shown), words.match).match(tender)
    return BidDecision(
        number=shown["number"],
        relevance=relevance.score,
        words=relevance.words[:2000],
        prospect=int(match.candidate.id) if match.candidate else 0,
        confidence=round(match.confidence * 100),
        reason="; ".join(relevance.reasons)[:600],
        evidence="; ".join(match.evidence)[:600],
    )
