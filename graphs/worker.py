"""A worker: takes threads out of the queue and carries them on, and does the duties that come round (PostgreSQL).

What keeps two workers from doing one thing twice, strongest last:
- a job is given to one worker; only where nothing was heard of that worker, and nobody holds the thread's lock any
  more, is the job given to another;
- the thread's advisory lock belongs to the connection that writes its checkpoints; the server ends that connection
  when it hears nothing for `Pace.silent_s`, so a frozen worker loses both at once;
- each write of a job makes sure, in its own transaction, that the job is still this worker's (`db.jobs.fence`).
A worker that finds that it has lost its lock ends on the spot: what it holds in memory is worth nothing any more.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from logging import DEBUG, INFO
from typing import Any, Final

import structlog
from langgraph.runtime import RunControl
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import Worker as Fetcher
from psycopg import AsyncConnection, OperationalError
from sqlalchemy import text
from sqlalchemy.engine import make_url

from agents.models import RunBudget
from db.actors import acting_as
from db.errors import DatabaseAway, DatabaseGone, explain
from db.jobs import ADVANCE, DUTIES, STALLED_S, THREADS, Holding, JobLost, holding, rescue, stalled
from db.roles import PG_ROLES
from graphs.periodic_duties import sweep, wake
from graphs.queued_threads import QueuedThreads
from graphs.slots import under_way
from graphs.thread_locks import AdvisoryLocks
from graphs.threads import ORCHESTRATOR, Tally, Threads

log = structlog.get_logger(__name__)

_REGISTER: Final = text("INSERT INTO outreach_jobs.workers (id) VALUES (:id) ON CONFLICT DO NOTHING")
_COUNT: Final = text("UPDATE outreach_jobs.workers SET done = done + 1 WHERE id = :id")
Duty = Callable[[], Awaitable[Any]]
MOST_BUDGETS: Final = 100
"""Of so many runs a worker keeps in mind what they have spent."""


@dataclass(frozen=True)
class Pace:
    """How often a worker says that it is there, after what time another takes over, how long it may take to stop, and
    when its duties come round (cron, with seconds last)."""

    beat_s: float = 5.0
    silent_s: float = 30.0
    stalled_s: float = STALLED_S
    stop_s: float = 60.0
    again_s: float = 5.0
    away_s: float = 30.0
    rescue: str = "* * * * * */10"
    wake: str = "* * * * *"
    sweep: str = "7 * * * *"
    post: str = "*/5 * * * *"


class GivenBack(Exception):
    """The job goes back into the queue, to be taken up after so many seconds."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(why)
        self.after_s = after_s


class ThreadFailed(Exception):
    """The thread failed; its steps say why."""


class _Again(BaseRetryStrategy):
    """What was given back, and what was cancelled because the worker stops, goes back; what failed does not."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002
        if isinstance(exception, GivenBack | asyncio.CancelledError):
            after = exception.after_s if isinstance(exception, GivenBack) else 0.0
            return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=after))
        return None


@dataclass
class Worker:
    """One worker, which runs `threads`; `concurrency` is how many model calls their recorder makes at once. `duties`
    are those that the door adds (mail), by name; `lost` is called, and must end the process, when this worker lost its
    lock."""

    threads: Threads
    url: str
    concurrency: int
    lost: Callable[[str], None]
    pace: Pace = field(default_factory=Pace)
    duties: Mapping[str, Duty] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = self.threads
        locks = given.locks
        if not isinstance(locks, AdvisoryLocks):
            raise TypeError("workers need their checkpoints in PostgreSQL")
        self._locks = locks
        self._db = given.machine.db
        self._queued = QueuedThreads(given.machine, given.saver, given.graphs, locks=locks)
        self._control = RunControl()
        self._budgets: dict[str, RunBudget] = {}

    async def run(self, stop: asyncio.Event, *, once: bool = False) -> int:
        """Works until `stop` is set, or with `once` until nothing is queued that could be done now. Returns how many
        jobs it did. A job under way then finishes its step, within `Pace.stop_s`, and is given back."""
        await self._locks.end_when_silent(self.pace.silent_s)
        app = self._app()
        self._done = 0
        async with app.open_async():
            if once:
                await self._at_once()
            fetcher = Fetcher(
                app,
                concurrency=under_way(self.concurrency),
                wait=not once,
                shutdown_graceful_timeout=self.pace.stop_s,
                delete_jobs=DeleteJobCondition.SUCCESSFUL,
                install_signal_handlers=False,
                update_heartbeat_interval=self.pace.beat_s,
                stalled_worker_timeout=self.pace.stalled_s,
            )
            self._fetcher = fetcher
            working = asyncio.create_task(fetcher.run())  # type: ignore[no-untyped-call]
            beating = asyncio.create_task(self._beat())
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if not working.done():
                    log.info("worker.stopping", worker=self.name, within_s=self.pace.stop_s)
                    self._control.request_drain()
                    fetcher.stop()  # type: ignore[no-untyped-call]
                await working
                if not once and not stop.is_set():
                    self.lost("the queue cannot be reached any more")
            except ConnectorException as exc:
                # The server is gone, or the others have struck this worker off as one that was not heard of.
                self.lost(f"the queue refuses it: {exc.__cause__ or exc}")
                raise
            finally:
                beating.cancel()
                stopping.cancel()
        return self._done

    @property
    def name(self) -> str:
        return f"worker-{self._fetcher.worker_id}"

    async def _at_once(self) -> None:
        """The duties, where nobody waits for them to come round."""
        for name in self._all_duties():
            await self._duty(name)

    async def _beat(self) -> None:
        """Keeps the lock's connection, and writes down who works here."""
        known = 0
        while True:
            worker = self._fetcher.worker_id
            try:
                await self._locks.beat()
                if worker is not None and worker != known:
                    known = worker
                    await self._db.write(lambda s, w=worker: s.execute(_REGISTER, {"id": w}) and None)  # type: ignore[misc]
                    log.info("worker.started", worker=self.name, concurrency=self.concurrency)
            except OperationalError as exc:
                self.lost(f"the connection that holds its locks is gone: {exc}")
            await asyncio.sleep(self.pace.beat_s if known else 0.02)

    def _app(self) -> App:
        app = App(connector=_connector(self.url))
        app.task(name=ADVANCE, queue=THREADS, retry=_Again(), pass_context=True)(self._advance)
        crons = {"rescue": self.pace.rescue, "wake": self.pace.wake, "sweep": self.pace.sweep}
        for name in self._all_duties():

            async def duty(timestamp: int, name: str = name) -> None:  # noqa: ARG001 (the library's)
                await self._duty(name)

            # No lock of the queue's: a killed worker's job would keep the duty from all others. `_duty` takes one.
            made = app.task(name=name, queue=DUTIES, queueing_lock=f"duty:{name}", priority=10)(duty)
            app.periodic(cron=crons.get(name, self.pace.post))(made)
        return app

    def _all_duties(self) -> dict[str, Duty]:
        # What was fetched is queued by the wake, so that one round of `--once` has it read.
        return {
            "rescue": self._rescue,
            **self.duties,
            "wake": lambda: wake(self._queued),
            "sweep": lambda: sweep(self._queued),
        }

    async def _duty(self, name: str) -> None:
        try:
            async with self._locks.hold(f"duty:{name}") as mine:
                if mine:
                    found = await self._all_duties()[name]()
                    log.log(INFO if found else DEBUG, "duty.done", duty=name, found=found)
        except Exception as exc:
            # The queue's own word for it names no reason, and it comes round again.
            log.warning("duty.failed", duty=name, error=f"{type(exc).__name__}: {explain(exc) or exc}")
            raise

    async def _rescue(self) -> int:
        # Who was not heard of for so long may be frozen, or behind a network that is gone, with its locks in its hands.
        if names := await self._db.read(lambda session: stalled(session, self.pace.stalled_s)):
            await self._locks.end_of(names)
        await self._locks.end_silent(self.pace.stalled_s)
        with acting_as(ORCHESTRATOR):
            freed = await self._db.write(lambda session: rescue(session, self.pace.stalled_s))
        for name in freed:
            log.warning("job.rescued", of=name)
        return len(freed)

    async def _advance(self, context: JobContext, thread_id: str, state: dict[str, Any] | None = None) -> None:
        """The work of one job."""
        job_id, worker_id = context.job.id, self._fetcher.worker_id
        assert job_id is not None  # noqa: S101 (it was fetched, so it has one)
        assert worker_id is not None  # noqa: S101
        holding.set(Holding(job_id, worker_id))
        threads, tally = self._threads(state), Tally()
        try:
            end = await threads.serve(thread_id, state, tally)
        except (JobLost, OperationalError, DatabaseAway) as exc:
            fault = explain(exc) or exc
            if isinstance(fault, DatabaseAway) and not isinstance(fault, DatabaseGone):
                raise GivenBack(str(fault), self.pace.away_s) from exc
            self.lost(f"{thread_id}: {fault}")
            raise
        log.info("thread.ended", thread=thread_id, end=end)
        if end == "elsewhere":
            raise GivenBack("another process has it under way", self.pace.again_s)
        if end == "given back":
            raise GivenBack("this worker stops")
        await self._count()
        if end in ("failed", "stopped"):
            raise ThreadFailed(tally.stopped or "; ".join(tally.errors))

    def _threads(self, state: Mapping[str, Any] | None) -> Threads:
        """The threads of this runner, with what the run that a job belongs to may still spend in this worker."""
        root = str((state or {}).get("root_run_id"))
        while len(self._budgets) > MOST_BUDGETS:
            self._budgets.pop(next(iter(self._budgets)))
        budget = self._budgets.setdefault(root, RunBudget.of(self.threads.machine.models))
        return dataclasses.replace(self.threads, budget=budget, control=self._control)

    async def _count(self) -> None:
        self._done += 1
        worker = self._fetcher.worker_id
        await self._db.write(lambda session: session.execute(_COUNT, {"id": worker}) and None)


def _connector(url: str) -> PsycopgConnector:
    """The queue's own connections, in the role that may run jobs."""

    async def configure(connection: AsyncConnection[Any]) -> None:
        await connection.execute(f"SET ROLE {PG_ROLES['agent']}")
        await connection.execute("SET search_path = outreach_jobs")
        if not connection.autocommit:
            await connection.commit()

    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return PsycopgConnector(conninfo=plain, configure=configure, min_size=1, max_size=4)
