"""Trying a model call again where that can help: 408, 409, 429, 5xx, silence, broken connections, garbled
answers.
"""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import structlog
from tenacity import AsyncRetrying, RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from agents.models.errors import ModelError

T = TypeVar("T")
log = structlog.get_logger(__name__)


class Transient(Exception):
    """A failure that may pass. `error` is raised when it does not; `retry_after_s` is what the server asked
    for.
    """

    def __init__(self, error: ModelError, retry_after_s: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.retry_after_s = retry_after_s


@dataclass(frozen=True)
class RetryPolicy:
    """How often and how long. Times in seconds. Clock, sleep and randomness are replaceable, for tests.

    The wait before attempt n+1 is `base_s * 2**(n-1)`, at most `cap_s`, of which a random part between a half
    and the whole is taken, so that many workers do not come back at once. A Retry-After is waited for in
    full, up to `retry_after_cap_s`.
    """

    attempts: int = 5
    base_s: float = 0.5
    cap_s: float = 20.0
    retry_after_cap_s: float = 60.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    sleep_sync: Callable[[float], None] = time.sleep
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    random: Callable[[], float] = random.random

    def wait_s(self, attempt: int, retry_after_s: float | None) -> float:
        """Seconds to wait after attempt number `attempt` (the first is 1) failed."""
        if retry_after_s is not None:
            return min(retry_after_s, self.retry_after_cap_s)
        ceiling: float = min(self.base_s * 2 ** (attempt - 1), self.cap_s)
        return ceiling * (0.5 + self.random() / 2)

    def _rules(self, facts: dict[str, object]) -> dict[str, Any]:
        return {
            "stop": stop_after_attempt(self.attempts),
            "wait": self._wait,
            "retry": retry_if_exception_type(Transient),
            "before_sleep": _logger(facts),
            "reraise": True,
        }

    async def call(self, once: Callable[[], Awaitable[T]], **facts: object) -> T:
        """Await `once()` until it returns; `facts` go into the log of each retry.

        Raises the `error` of the last `Transient`; everything else that `once` raises passes through at once.
        """
        retrying = AsyncRetrying(sleep=self.sleep, **self._rules(facts))
        try:
            return await retrying(once)
        except Transient as failure:
            self._give_up(failure)

    def call_sync(self, once: Callable[[], T], **facts: object) -> T:
        """The same for code that does not await."""
        retrying = Retrying(sleep=self.sleep_sync, **self._rules(facts))
        try:
            return retrying(once)
        except Transient as failure:
            self._give_up(failure)

    def _wait(self, state: RetryCallState) -> float:
        failure = state.outcome.exception() if state.outcome else None
        retry_after_s = failure.retry_after_s if isinstance(failure, Transient) else None
        return self.wait_s(state.attempt_number, retry_after_s)

    def _give_up(self, failure: Transient) -> NoReturn:
        failure.error.attempts = self.attempts
        raise failure.error from failure.__cause__


def retry_after_seconds(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, which is a number or an HTTP date (RFC 9110, 10.2.3); None if
    unreadable.
    """
    if value is None:
        return None
    text = value.strip()
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        seconds = (moment - now).total_seconds()
    return max(seconds, 0.0) if seconds < float("inf") else None


def _logger(facts: dict[str, object]) -> Callable[[RetryCallState], None]:
    def before_sleep(state: RetryCallState) -> None:
        failure = state.outcome.exception() if state.outcome else None
        wait_s = state.next_action.sleep if state.next_action else 0.0
        log.warning("model.retry", attempt=state.attempt_number, wait_s=round(wait_s, 3), error=str(failure), **facts)

    return before_sleep
