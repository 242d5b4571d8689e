"""A worker at the door: what it is made of, what mail it looks after, how it is asked to stop."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint
from outreach.wiring import (
    check_contact_budget,
    connect,
    model_settings,
    open_database,
    open_web,
    prompts_in_force,
    seal_log,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from graphs.worker import Pace
    from outreach.settings import Settings

NEEDS_POSTGRES = Complaint(
    "Workers need PostgreSQL: a SQLite database is worked on by one process at a time.",
    "Set OUTREACH_DATABASE_URL=postgresql+psycopg://… and run `outreach init`; or let cron call `outreach run`.",
    code=2,
)
NO_WORKER = Complaint(
    "No worker is there to take what would be queued.",
    "Start one, here or on another machine: outreach worker. Or leave --enqueue out.",
)
LOST = 70


def needs_postgres(settings: Settings) -> None:
    """Raises Complaint where the tables, or the checkpoints, are not in PostgreSQL."""
    for url in (settings.effective_database_url(), settings.effective_checkpoint_url()):
        if not url.startswith("postgresql"):
            raise NEEDS_POSTGRES


def has_workers(settings: Settings) -> bool:
    """Whether a worker was heard of lately."""
    from db.queries.queue import alive

    with open_database(settings, "user") as database:
        return database.read_sync(alive) > 0


def work_on(
    settings: Settings,
    concurrency: int,
    *,
    once: bool,
    pace: Pace | None = None,
    begun: Callable[[], None] | None = None,
) -> int:
    """Runs a worker until it is asked to stop; how many jobs it did. Raises Complaint where it cannot be one.

    `begun` is called once the database has answered.
    """
    from db.engine import name_worker

    needs_postgres(settings)
    name_worker()
    connect(settings, "agent").close()
    if begun is not None:
        begun()
    logging.getLogger("procrastinate.worker").addFilter(_not_told_already)
    return asyncio.run(_work(settings, concurrency, once, pace))


def _not_told_already(record: logging.LogRecord) -> bool:
    # A thread that failed has said so itself, and its steps hold the trace.
    return getattr(record, "action", None) != "job_error"


async def _work(settings: Settings, concurrency: int, once: bool, pace: Pace | None) -> int:
    from db.access import Database
    from db.jobs import fence
    from graphs.garbage_collection import collected_rarely
    from graphs.nodes import Machine
    from graphs.recorder import Recorder
    from graphs.runner import open_runner
    from graphs.worker import Pace, Worker
    from playbooks import load_playbook

    url = settings.effective_database_url()
    check_contact_budget(settings, load_playbook)
    async with AsyncExitStack() as stack:
        database = stack.enter_context(Database(url, "agent", guard=fence))
        stack.callback(seal_log, database)
        if (web := open_web(settings)) is not None:
            await stack.enter_async_context(web.fetcher)
        recorder = Recorder(database, at_once=concurrency)
        machine = Machine(database, recorder, model_settings(settings), prompts_in_force(settings), web=web)
        checkpoints = settings.effective_checkpoint_url()
        runner = await stack.enter_async_context(open_runner(machine, checkpoints, concurrency=concurrency))
        duties = {**mail_duties(settings), "seal": _sealing(database)}
        worker = Worker(runner.threads, url, concurrency, _lost, pace or Pace(), duties)
        stack.enter_context(collected_rarely())
        stop = asyncio.Event()
        _listen(stop)
        return await worker.run(stop, once=once)


def _listen(stop: asyncio.Event) -> None:
    """The first signal asks to stop, the second ends the process at once: the others take over what it had."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked)


def _lost(why: str) -> None:
    """Ends the process on the spot: another worker may have what this one believes to hold."""
    import structlog

    structlog.get_logger(__name__).error("worker.lost", why=why, to_do="start it again; its jobs go to other workers")
    sys.stderr.flush()
    os._exit(LOST)


def _sealing(database: Any) -> Callable[[], Awaitable[Any]]:
    async def seal() -> None:
        await asyncio.to_thread(seal_log, database)

    return seal


def mail_duties(settings: Settings) -> dict[str, Callable[[], Awaitable[Any]]]:
    """Sending what may leave, where a mail server is set, and looking for answers, where a mailbox is. What is wrong
    with the settings is said at once. Raises Complaint."""
    from outreach.mailing import mailbox_of, post_of

    duties: dict[str, Callable[[], Awaitable[Any]]] = {}
    if settings.smtp_url is not None:
        post_of(settings)
        duties["send"] = lambda: asyncio.to_thread(_told, send_due, settings)
    if mailbox_of(settings) is not None:
        duties["fetch"] = lambda: asyncio.to_thread(_told, fetch_due, settings)
    return duties


def _told(duty: Callable[[Settings], int], settings: Settings) -> int:
    """Does a duty; what stands in its way is logged, and it comes round again."""
    import structlog

    try:
        return duty(settings)
    except Complaint as complaint:
        structlog.get_logger(__name__).warning("duty.not_done", why=complaint.what, to_do=complaint.mend)
        return 0


def send_due(settings: Settings) -> int:
    """Sends what is approved and may leave now, within the limits of `outreach send`; how many messages left. Where
    nothing may, no run is opened."""
    from outreach.commands.send import dispatch_now

    if not _may_leave(settings):
        return 0
    result = dispatch_now(settings, None, [], None, any_time=False)
    if result.stopped:
        raise Complaint(result.stopped, "It is tried again by itself.")
    return result.count("sent")


def _may_leave(settings: Settings) -> bool:
    from graphs.sending import held_back
    from playbooks import load_playbook
    from tools.outbox import ready
    from tools.outbox.dispatch import still_open

    now = datetime.now(UTC)
    with open_database(settings, "user") as database:
        if database.read_sync(lambda session: any(not one.uncertain for one in still_open(session))):
            return True
        return database.read_sync(
            lambda session: any(
                one.channel == "email" and held_back(session, one, load_playbook, now) is None for one in ready(session)
            )
        )


def fetch_due(settings: Settings) -> int:
    """Takes answers from the mailbox; how many are new. They are triaged as soon as a worker is free."""
    from outreach.commands.replies import take_from_mailbox

    taken, _counts, _unreadable = take_from_mailbox(settings, days=14)
    return sum(one.new for one in taken)
