"""What names a model, as a value that is handed in: nothing here reads the environment."""

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from agents.models.pricing import Prices

RULES = "rules"
OPENAI_URL = "https://api.openai.com/v1"
OPENAI_HOSTS = ("api.openai.com", ".openai.azure.com")


class ModelSettings(BaseModel):
    """Which model answers, how long to wait for it, and how much one run may use of it.

    Times are in seconds; `max_calls`, `max_tokens` (input and output together) and `max_cost_usd` are limits
    on one run and do not apply to `rules`, which costs nothing. `max_output_tokens` limits one answer.
    `max_retries` is how often a failed call is tried again: 0 means that it is tried once.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(default=RULES, min_length=1)
    api_key: SecretStr | None = None
    base_url: str | None = None
    timeout_s: float = Field(default=120.0, gt=0)
    max_retries: int = Field(default=4, ge=0, le=20)
    max_calls: int | None = Field(default=2_000, ge=1)
    max_tokens: int | None = Field(default=5_000_000, ge=1)
    max_cost_usd: float | None = Field(default=None, gt=0)
    max_output_tokens: int = Field(default=2_048, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=2)
    prices: Prices | None = None

    @model_validator(mode="after")
    def _limit_of_money_needs_prices(self) -> Self:
        # A limit that cannot be kept is worse than none: the run would be trusted to stop and would not.
        if self.max_cost_usd is not None and self.prices is None and self.name != RULES:
            raise ValueError("max_cost_usd needs prices: give the model's prices for a million tokens as well")
        return self

    @property
    def address(self) -> str:
        """The base URL that calls go to."""
        return (self.base_url or OPENAI_URL).rstrip("/")

    @property
    def host(self) -> str:
        """The host of the base URL, in lower case."""
        return (urlsplit(self.address).hostname or "").lower()

    @property
    def dialect(self) -> Literal["openai", "compatible"]:
        """'openai' for OpenAI's own hosts; every other server gets the older names that all of them heed."""
        return "openai" if any(self.host == h or self.host.endswith(h) for h in OPENAI_HOSTS) else "compatible"
