"""How many model calls a process makes at once, and how many contacts it has under way to keep them coming.

What a server can answer at once is a matter of calls. A contact makes one after the other, with work on the database
in between; were no more contacts under way than calls are allowed, a place would stand empty whenever a contact does
that work, and most of them while the last contacts go through their calls one by one.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

CONTACTS_A_CALL: Final = 3
"""Contacts under way for each call that may be made. In a simulation of a run of 160 contacts with up to five
calls each, its end included, 1, 2 and 3 keep the places busy for 87, 92 and 96 % of the time; measured were 88 and 95 %
with 1 and 3 (docs/benchmarks.md). With many more the first drafts come late."""


def under_way(at_once: int) -> int:
    """How many contacts are worked on where so many calls may be made at once; where it is one call, one contact."""
    return at_once * CONTACTS_A_CALL if at_once > 1 else 1


class Slots:
    """Places for model calls, given in the order in which they are asked for. They belong to one event loop."""

    def __init__(self, at_once: int | None) -> None:
        self._at_once = at_once
        self._free = asyncio.Semaphore(at_once) if at_once is not None else None
        self._growing: dict[asyncio.Semaphore, int] = {}

    @contextmanager
    def gate(self, contacts: int) -> Iterator[asyncio.Semaphore]:
        """What contacts begin through: as many as calls may be made, and one more with each call that begins, up to
        `under_way`. Would all begin at once, the first call had to wait until each had read what it begins with. Where
        calls are not bounded, so many `contacts`.
        """
        if self._at_once is None:
            yield asyncio.Semaphore(contacts)
            return
        gate = asyncio.Semaphore(self._at_once)
        self._growing[gate] = under_way(self._at_once) - self._at_once
        try:
            yield gate
        finally:
            self._growing.pop(gate, None)

    def _let_more_begin(self) -> None:
        for gate, left in list(self._growing.items()):
            if left:
                gate.release()
                self._growing[gate] = left - 1

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Callable[[], None]]:
        """Waits for a place; what it gives leaves the place before the end, for whatever comes after the call."""
        free = self._free
        if free is None:
            yield lambda: None
            return
        await free.acquire()
        self._let_more_begin()
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
