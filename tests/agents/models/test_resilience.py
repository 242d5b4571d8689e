"""What is tried again, how long is waited, and when it is given up."""

from datetime import UTC, datetime

import pytest

from agents.models.errors import ModelUnreachable
from agents.models.resilience import RetryPolicy, Transient, retry_after_seconds

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_waits_grow_up_to_a_cap_and_are_spread() -> None:
    late = RetryPolicy(base_s=1, cap_s=5, random=lambda: 1.0)
    soon = RetryPolicy(base_s=1, cap_s=5, random=lambda: 0.0)
    assert [late.wait_s(n, None) for n in (1, 2, 3, 4, 99)] == [1, 2, 4, 5, 5]
    assert [soon.wait_s(n, None) for n in (1, 2, 3, 4)] == [0.5, 1, 2, 2.5]
    assert RetryPolicy(retry_after_cap_s=30).wait_s(1, 90) == 30


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("-3", 0.0),
        (" 12 ", 12.0),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 12:01:00", 60.0),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(header, NOW) == seconds


async def test_only_transient_failures_are_tried_again() -> None:
    tries: list[int] = []

    async def sleep(_seconds: float) -> None:
        pass

    async def broken() -> None:
        tries.append(1)
        raise KeyError("a fault of ours")

    with pytest.raises(KeyError):
        await RetryPolicy(sleep=sleep).call(broken)
    assert len(tries) == 1

    async def silent() -> None:
        tries.append(1)
        raise Transient(ModelUnreachable("http://127.0.0.1:1/v1", "silence"))

    with pytest.raises(ModelUnreachable, match=r"tried 4 times") as caught:
        await RetryPolicy(attempts=4, sleep=sleep).call(silent)
    assert (len(tries), caught.value.attempts) == (5, 4)
