"""What tokens cost, and what a server's answer says of them."""

import pytest
from langchain_core.messages import AIMessage, messages_from_dict, messages_to_dict

from agents.models import Prices, Usage, usage_of


def test_cached_input_has_its_own_price_or_the_common_one() -> None:
    assert Prices(input=2, output=8).cost(1_000_000, 500_000, 400_000) == pytest.approx(6.0)
    assert Prices(input=2, output=8, cached=0.5).cost(1_000_000, 0, 400_000) == pytest.approx(1.4)


def test_an_unknown_cost_makes_the_sum_unknown() -> None:
    assert (Usage(1, 2, 0, 0.5) + Usage(1, 2, 1, 0.25)) == Usage(2, 4, 1, 0.75)
    assert (Usage(cost_usd=0.5) + Usage(cost_usd=None)).cost_usd is None
    assert (Usage() + Usage(estimated=True)).estimated


def test_usage_survives_being_stored() -> None:
    message = AIMessage(
        "hi",
        usage_metadata={
            "input_tokens": 9,
            "output_tokens": 2,
            "total_tokens": 11,
            "input_token_details": {"cache_read": 4},
        },
        response_metadata={"cost_usd": 0.125},
    )
    (stored,) = messages_from_dict(messages_to_dict([message]))
    assert isinstance(stored, AIMessage)
    assert usage_of(stored) == usage_of(message) == Usage(9, 2, 4, 0.125)
    assert usage_of(AIMessage("nobody counted")).cost_usd is None
