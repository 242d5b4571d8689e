"""What workers do periodically, beside the threads that they are given: each duty at most once at a time.

The rows are the truth: what a duty finds due it puts in the queue, in one transaction with the run that it belongs to.
"""

import json
import uuid
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import acting_as
from db.jobs import enqueue, forget
from db.models import AgentRun
from db.queries.answers import answers_due, playbooks_of_replies, replies_to_triage
from db.queries.due import followups_due
from db.queries.inbox import stirring
from db.thread_ids import reply_thread
from graphs.queued_threads import QueuedThreads
from graphs.recorder import step_id
from graphs.recovery import close_lost_rows, recall_lapsed
from graphs.threads import ORCHESTRATOR
from playbooks import Playbook, playbook_names, sound_playbook
from tools.sequences import settle

AGAIN: Final = timedelta(days=1)
"""A thread that came to nothing is not begun again by a duty before that; a person's run may."""
KEEP_FAILED_DAYS: Final = 30


async def wake(threads: QueuedThreads) -> int:
    """Queues what was decided, replies that nobody has read, answers and follow-ups that are due. Returns how many.

    It looks at the tables alone, however many threads wait for a person.
    """
    db, now = threads.machine.db, datetime.now(UTC)
    known = await threads.known()
    with acting_as(ORCHESTRATOR):
        await db.write(recall_lapsed)
        woken = await db.write(lambda s: len(enqueue(s, [(line.thread_id, None) for line in stirring(s)])))
        for playbook in filter(None, map(sound_playbook, playbook_names())):
            woken += await db.write(lambda s, playbook=playbook: _begin_due(s, playbook, known, now))  # type: ignore[misc]
        woken += await db.write(lambda s: _begin_replies(s, known, now))
    return woken


async def sweep(threads: QueuedThreads) -> int:
    """Queues every thread that can go on and is not queued, drafts that lost their thread as well; closes rows that
    nothing will close, and forgets old failures. Returns how many it queued. It looks at every thread."""
    db = threads.machine.db
    there = await threads.there()
    queued = await threads.queued()
    with acting_as(ORCHESTRATOR):
        await db.write(lambda s: (close_lost_rows(s, there), recall_lapsed(s), forget(s, KEEP_FAILED_DAYS)))
    jobs: list[tuple[str, str | None]] = [(thread, None) for thread in await threads.able(there - queued)]
    jobs += [(draft.thread_id, json.dumps(draft.state)) for draft in await threads.lost()]
    with acting_as(ORCHESTRATOR):
        return len(await db.write(lambda s: enqueue(s, jobs)))


def _begin_due(session: Session, playbook: Playbook, known: Collection[str], now: datetime) -> int:
    settle(session, playbook, now)
    lately = _lately(session, now)
    without, limit = {*known, *lately}, playbook.limits.drafts_per_run
    found = [*answers_due(session, playbook.name, limit=limit, without=without)]
    found += followups_due(session, playbook.name, today=now.date(), limit=limit - len(found), without=without)
    root = step_id("scheduled", uuid.uuid4().hex)
    return _begin(session, root, playbook.name, [(d.thread_id, d.state(root, playbook.name)) for d in found], now)


def _begin_replies(session: Session, known: Collection[str], now: datetime) -> int:
    lately = _lately(session, now)
    ids = [i for i in replies_to_triage(session) if reply_thread(i) not in known and reply_thread(i) not in lately]
    sound = [name for name in playbook_names() if sound_playbook(name)]
    # One that nobody is known to have written is read by any playbook: what it may do is found out from its words.
    playbooks = {**dict.fromkeys(ids, next(iter(sound), "")), **playbooks_of_replies(session, ids)}
    root = step_id("scheduled", uuid.uuid4().hex)
    states = [
        (reply_thread(i), {"root_run_id": root, "inbound_id": i, "playbook": playbook})
        for i, playbook in playbooks.items()
        if playbook in sound
    ]
    return _begin(session, root, None, states, now)


def _lately(session: Session, now: datetime) -> set[str]:
    """The threads that had a step lately."""
    rows = session.scalars(
        select(AgentRun.thread_id).where(AgentRun.started_at > now - AGAIN, AgentRun.thread_id.is_not(None)).distinct()
    )
    return {thread for thread in rows if thread}


def _begin(
    session: Session, root: str, playbook: str | None, threads: Sequence[tuple[str, dict[str, Any]]], now: datetime
) -> int:
    """The row of a run and the jobs that belong to it; no row where there is none to queue."""
    queued = enqueue(session, [(thread, json.dumps(state)) for thread, state in threads])
    if queued:
        session.add(
            AgentRun(
                id=root,
                run_type="orchestrate",
                agent_name="orchestrator",
                trigger="scheduled",
                status="success",
                inputs={"playbook": playbook},
                outputs={"queued": sorted(queued.values())},
                records_processed=len(queued),
                started_at=now,
                completed_at=now,
            )
        )
        session.flush()
    return len(queued)
