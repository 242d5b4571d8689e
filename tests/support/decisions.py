"""What the rules decide of numbered items, asked as a model is asked."""

import json
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import HumanMessage

from agents.prospector_bids_policy import BidAnswer
from agents.prospector_bids_policy import policy as bid_policy
from agents.prospector_signals_policy import SignalAnswer
from agents.prospector_signals_policy import policy as signal_policy
from tools.bids.items import BidDecision
from tools.signals.items import Item, SignalDecision


def signals_by_rules(playbook: str, items: Sequence[Item]) -> list[SignalDecision]:
    shown = [item.shown(number) for number, item in enumerate(items, start=1)]
    said = signal_policy([_message({"playbook": playbook, "items": shown})], tools=(), schema="SignalAnswer")
    return SignalAnswer.model_validate_json(said.text).decisions


def bids_by_rules(playbook: str, shown: list[dict[str, Any]]) -> list[BidDecision]:
    said = bid_policy([_message({"playbook": playbook, "tenders": shown})], tools=(), schema="BidAnswer")
    return BidAnswer.model_validate_json(said.text).decisions


def _message(material: dict[str, Any]) -> HumanMessage:
    return HumanMessage(json.dumps(material))
