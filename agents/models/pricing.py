"""What a model call used and what it cost.

No price table is shipped: prices change, and a stale number is worse than none. A cost is known where the
settings give prices, and it is nothing for `rules`; otherwise it is None, which is not zero.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

COST_KEY = "cost_usd"
ESTIMATED_KEY = "usage_estimated"
CHARACTERS_A_TOKEN = 4  # a common rule of thumb for English; used only where a server counts nothing


class Prices(BaseModel):
    """US dollars for a million tokens. Cached input costs as other input does unless its price is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: float = Field(ge=0)
    output: float = Field(ge=0)
    cached: float | None = Field(default=None, ge=0)

    def cost(self, tokens_in: int, tokens_out: int, tokens_cached: int) -> float:
        """US dollars; `tokens_cached` is the part of `tokens_in` that came from the server's cache."""
        cached = self.input if self.cached is None else self.cached
        fresh = max(tokens_in - tokens_cached, 0)
        return (fresh * self.input + tokens_cached * cached + tokens_out * self.output) / 1_000_000


@dataclass(frozen=True)
class Usage:
    """Tokens of one call or of several. `tokens_cached` is part of `tokens_in`; `cost_usd` None means not
    known.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float | None = 0.0
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Input and output tokens together."""
        return self.tokens_in + self.tokens_out

    def __add__(self, other: "Usage") -> "Usage":
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.tokens_cached + other.tokens_cached,
            (self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
            self.estimated or other.estimated,
        )


def usage_of(message: "AIMessage") -> Usage:
    """What this answer used, as the model layer noted it in the message; so it survives storing."""
    counted: Any = message.usage_metadata or {}
    details: Any = counted.get("input_token_details") or {}
    cost = message.response_metadata.get(COST_KEY)
    return Usage(
        tokens_in=int(counted.get("input_tokens") or 0),
        tokens_out=int(counted.get("output_tokens") or 0),
        tokens_cached=int(details.get("cache_read") or 0),
        cost_usd=None if cost is None else float(cost),
        estimated=bool(message.response_metadata.get(ESTIMATED_KEY)),
    )
