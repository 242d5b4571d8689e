"""The limit on what one run may use of a model: calls, tokens, money.

The budget of the run is found through a context variable, which tasks and LangGraph's nodes inherit: so every
model call of a run counts against one budget, whichever agent makes it.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from agents.models.errors import BudgetSpent
from agents.models.pricing import Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agents.models.settings import ModelSettings

_current: ContextVar[RunBudget | None] = ContextVar("run_budget", default=None)


class RunBudget:
    """Counts what a run used. A limit of None means no limit; `calls` and `spent` are what the same thing used before
    (the message of a contact, in its earlier steps). Calls under way count at once, so the limit of calls is exact; the
    limits of tokens and money can be passed by the calls that were under way when they were reached.
    """

    def __init__(
        self,
        max_calls: int | None = None,
        max_tokens: int | None = None,
        max_cost_usd: float | None = None,
        *,
        calls: int = 0,
        spent: Usage | None = None,
    ) -> None:
        self.max_calls = max_calls
        self.max_tokens = max_tokens
        self.max_cost_usd = max_cost_usd
        self._calls = calls
        self._spent = spent or Usage()
        # Apart from `_spent`, whose cost turns unknown with the first call of unknown cost.
        self._known_cost = (spent.cost_usd if spent else None) or 0.0
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: ModelSettings) -> RunBudget:
        """The limits that the settings name."""
        return cls(settings.max_calls, settings.max_tokens, settings.max_cost_usd)

    @property
    def calls(self) -> int:
        """Calls made or under way."""
        return self._calls

    @property
    def spent(self) -> Usage:
        """What all finished calls used."""
        return self._spent

    def check(self) -> None:
        """Raise `BudgetSpent` where one more call is not allowed."""
        limits = (
            ("calls", self._calls, self.max_calls),
            ("tokens", self._spent.tokens, self.max_tokens),
            ("cost_usd", self._known_cost, self.max_cost_usd),
        )
        for limit, spent, allowed in limits:
            if allowed is not None and spent >= allowed:
                raise BudgetSpent(limit, spent, allowed)

    @contextmanager
    def one_call(self) -> Iterator[Callable[[Usage], None]]:
        """Allow one call or raise `BudgetSpent`; the caller reports what it used. A call that was never
        answered, and so never reported, is not counted.
        """
        with self._lock:
            self.check()
            self._calls += 1
        answered = False

        def report(usage: Usage) -> None:
            nonlocal answered
            answered = True
            with self._lock:
                self._spent += usage
                self._known_cost += usage.cost_usd or 0.0

        try:
            yield report
        finally:
            if not answered:
                with self._lock:
                    self._calls -= 1


def current_budget() -> RunBudget:
    """The budget of the run under way, or one without limits where none was set."""
    return _current.get() or RunBudget()


@contextmanager
def spending(budget: RunBudget) -> Iterator[RunBudget]:
    """Every model call inside counts against `budget`."""
    token = _current.set(budget)
    try:
        yield budget
    finally:
        _current.reset(token)
