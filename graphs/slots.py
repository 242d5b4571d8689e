"""How many model calls a process makes at once, and how many contacts it has under way to keep them coming.

What a server can answer at once is a matter of calls. A contact makes one after the other, with work on the database
in between; were no more contacts under way than calls are allowed, a place would stand empty whenever a contact does
that work, and most of them while the last contacts go through their calls one by one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

CONTACTS_A_CALL: Final = 3
"""Contacts under way for each call that may be made: of 1, 1.5, 2 and 3 the least that keeps 95 % of the places busy in
a run of 160 contacts with up to five calls each, its end included (docs/benchmarks.md)."""


def under_way(at_once: int) -> int:
    """How many contacts are worked on where so many calls may be made at once; where it is one call, one contact."""
    return at_once * CONTACTS_A_CALL if at_once > 1 else 1


class Slots:
    """Places for model calls, given in the order in which they are asked for. They belong to one event loop."""

    def __init__(self, at_once: int | None) -> None:
        self._free = asyncio.Semaphore(at_once) if at_once is not None else None

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Callable[[], None]]:
        """Waits for a place; what it gives leaves the place before the end, for whatever comes after the call."""
        free = self._free
        if free is None:
            yield lambda: None
            return
        await free.acquire()
        held = True

        def leave() -> None:
            nonlocal held
            if held:
                held = False
                free.release()

        try:
            yield leave
        finally:
            leave()
