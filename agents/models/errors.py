"""What can go wrong between an agent and the model that answers it.

Each message is one line that says what happened and what to do about it; the command line prints it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from langchain_core.messages import AIMessage

SAID_LIMIT = 300  # characters of a server's own words that are worth repeating


class ModelError(Exception):
    """A model could not answer. `attempts` is how often it was asked (1 where nothing was retried)."""

    attempts: int = 1

    def __str__(self) -> str:
        text = super().__str__()
        return text if self.attempts < 2 else f"{text} (tried {self.attempts} times)"


class ModelSettingsError(ModelError):
    """The settings do not describe a model that could be called."""


class ModelRefused(ModelError):
    """The server understood the request and said no; asking again would not help.

    `status` is the HTTP status, `said` the server's words.
    """

    def __init__(self, status: int, said: str, advice: str) -> None:
        self.status = status
        self.said = shortened(said)
        super().__init__(f"the model server refused with {status}: {self.said}; {advice}")


class ModelBusy(ModelError):
    """The server answered 408, 409, 429 or 5xx to the last of all attempts."""

    def __init__(self, status: int, said: str) -> None:
        self.status = status
        self.said = shortened(said)
        advice = (
            "its rate limit is reached; wait, or run fewer contacts at once"
            if status == 429
            else "the fault is the server's; look at its log, or try again later"
        )
        super().__init__(f"the model server answers {status}: {self.said}; {advice}")


class ModelUnreachable(ModelError):
    """No connection, a connection that broke, or silence until the time limit."""

    def __init__(self, base_url: str, why: str) -> None:
        self.base_url = base_url
        super().__init__(
            f"no answer from the model server at {base_url}: {shortened(why)}; "
            "check that it runs, the base URL (OPENAI_BASE_URL) and the time limit"
        )


class ModelGarbled(ModelError):
    """The server answered with something that is not a chat completion."""

    def __init__(self, base_url: str, why: str) -> None:
        self.base_url = base_url
        super().__init__(
            f"the answer of the model server at {base_url} is not a chat completion: {shortened(why)}; "
            "check that the base URL ends where /chat/completions begins (often in /v1)"
        )


def _amount(limit: str, spent: float, allowed: float) -> str:
    return f"${spent:.4f} of ${allowed:.4f}" if limit == "cost_usd" else f"{spent:.0f} of {allowed:.0f} {limit}"


class BudgetSpent(ModelError):
    """A run reached its limit of calls, tokens or money. Never retried; the run stops with what it has.

    `limit` is 'calls', 'tokens' or 'cost_usd'; `spent` and `allowed` are in that unit.
    """

    def __init__(self, limit: str, spent: float, allowed: float) -> None:
        self.limit = limit
        self.spent = spent
        self.allowed = allowed
        amount = _amount(limit, spent, allowed)
        super().__init__(f"the run's model budget is spent: {amount}; raise OUTREACH_MAX_{limit.upper()} to go on")


class ContactBudgetSpent(ModelError):
    """One message reached the limit that its playbook sets ([limits] contact_calls, contact_tokens, contact_cost_usd).
    It comes to its end there; the others go on."""

    def __init__(self, limit: str, spent: float, allowed: float) -> None:
        amount = _amount(limit, spent, allowed)
        super().__init__(f"this contact's budget is spent: {amount}; see contact_{limit} in the playbook's [limits]")


class InvalidOutput(ModelError):
    """A model's answer stayed unusable after every repair that was allowed.

    `problems` says what was wrong with the last answer, `answers` are all raw answers, oldest first.
    """

    def __init__(self, what: str, problems: Sequence[str], answers: Sequence[AIMessage] = ()) -> None:
        self.what = what
        self.problems = tuple(problems)
        self.answers = tuple(answers)
        super().__init__(f"{what}: {shortened('; '.join(self.problems), 1_000)}")


class CallLimitReached(ModelError):
    """A model went on calling tools, with no end, until it had made as many calls as an agent's run may have."""

    def __init__(self, calls: int) -> None:
        super().__init__(
            f"the model made {calls} calls and came to no end; see what it was told: outreach runs show last --full"
        )


class PolicyError(ModelError):
    """A rules policy answered something that no agent can use: a fault in the policy, not in its input."""


def shortened(text: str, limit: int = SAID_LIMIT) -> str:
    """The text on one line, cut to `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
