"""Threads that are run by workers: put in the queue, and followed to their end."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import acting_as
from db.jobs import cancel, enqueue
from db.models import AgentRun
from db.queries.queue import alive, open_jobs, queued_threads
from graphs.checkpoints import has_thread
from graphs.recorder import from_outside
from graphs.threads import ORCHESTRATOR, End, Tally, Threads

log = structlog.get_logger(__name__)

LOOK_S: Final = 0.2
"""How often the one who follows looks at the queue."""


class QueuedThreads(Threads):
    """The same threads, run by whichever worker takes them. Ended half-way, it leaves them in the queue."""

    async def known(self) -> set[str]:
        """The threads that exist or are queued."""
        return await self.there() | await self.queued()

    async def there(self) -> set[str]:
        """The threads that have checkpoints."""
        return await super().known()

    async def queued(self) -> set[str]:
        """The threads that are queued or under way."""
        return await self.machine.db.read(queued_threads)

    async def start_all(self, wanted: Iterable[tuple[str, Mapping[str, Any]]], tally: Tally) -> None:
        """Puts the threads in the queue, all in one transaction, and follows them."""
        await self._follow([(thread, json.dumps(dict(state))) for thread, state in wanted], tally)

    async def carry_all_on(self, threads: Iterable[str], tally: Tally) -> set[str]:
        """Has many threads carried on with; those that came to their end."""
        followed = list(threads)
        await self._follow([(thread, None) for thread in followed], tally)
        return {thread for thread in followed if not await has_thread(self.saver, thread)}

    async def _follow(self, jobs: list[tuple[str, str | None]], tally: Tally) -> None:
        db = self.machine.db
        with acting_as(ORCHESTRATOR):
            left = await db.write(lambda session: enqueue(session, jobs))
        warned = False
        while left:
            if not warned and await db.read(alive) == 0:
                warned = True
                log.warning("run.no_worker", waiting=len(left), to_do="start one: outreach worker")
            still = await db.read(partial(open_jobs, ids=set(left)))
            for job_id in sorted(left.keys() - still):
                await self._ended(left.pop(job_id), tally)
            if tally.stopped and left:
                # What stopped one stops them all, as it does where they run in one process.
                with acting_as(ORCHESTRATOR):
                    await db.write(partial(cancel, ids=set(left)))
                left = {}
            elif left:
                await asyncio.sleep(LOOK_S)

    async def _ended(self, thread_id: str, tally: Tally) -> None:
        failure = await self.machine.db.read(lambda session: _failure(session, thread_id))
        end: End
        if failure is not None and from_outside(failure):
            end, tally.stopped = "stopped", tally.stopped or failure
        elif failure is not None:
            end = "failed"
            tally.errors.append(f"{thread_id}: {failure}")
        else:
            end = "waiting" if await has_thread(self.saver, thread_id) else "done"
        tally.add(end)
        self.on_end(thread_id, end)


def _failure(session: Session, thread_id: str) -> str | None:
    """What a thread's latest step failed of, if it did."""
    row = session.execute(
        select(AgentRun.status, AgentRun.error_message)
        .where(AgentRun.thread_id == thread_id)
        .order_by(AgentRun.started_at.desc())
        .limit(1)
    ).first()
    return (row.error_message or "it failed") if row is not None and row.status == "error" else None
