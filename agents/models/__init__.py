"""The model layer: what answers the agents, within what limits, and what happens when it does not.

Importing this package is cheap; the client libraries are loaded when a model is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from agents.models.budget import RunBudget, current_budget, spending
from agents.models.errors import (
    BudgetSpent,
    CallLimitReached,
    ContactBudgetSpent,
    InvalidOutput,
    ModelBusy,
    ModelError,
    ModelGarbled,
    ModelRefused,
    ModelSettingsError,
    ModelUnreachable,
    PolicyError,
)
from agents.models.pricing import Prices, Usage, usage_of
from agents.models.settings import RULES, ModelSettings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agents.models.resilience import RetryPolicy
    from agents.models.rules import Policy

__all__ = [
    "RULES",
    "BudgetSpent",
    "CallLimitReached",
    "ContactBudgetSpent",
    "InvalidOutput",
    "ModelBusy",
    "ModelError",
    "ModelGarbled",
    "ModelRefused",
    "ModelSettings",
    "ModelSettingsError",
    "ModelUnreachable",
    "PolicyError",
    "Prices",
    "RunBudget",
    "Usage",
    "build_model",
    "close_model",
    "current_budget",
    "spending",
    "usage_of",
]


def build_model(settings: ModelSettings, policy: Policy, *, retry: RetryPolicy | None = None) -> BaseChatModel:
    """The model that the settings name: `policy` itself for 'rules', otherwise the endpoint.

    A model belongs to one event loop; `await close_model(model)` when done with it. `retry` replaces the
    waits that follow from the settings.

    Raises `ModelSettingsError` where an endpoint lacks what it needs.
    """
    if settings.name == RULES:
        from agents.models.rules import RulesChatModel

        return RulesChatModel(policy=policy)
    from agents.models.endpoint import build_endpoint

    return build_endpoint(settings, retry=retry)


async def close_model(model: BaseChatModel) -> None:
    """Close the connections that a model holds, if it holds any."""
    close = getattr(model, "aclose", None)
    if close is not None:
        await close()
