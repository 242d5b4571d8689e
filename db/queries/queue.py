"""What there is to see of the queue of jobs: its workers, what waits, what has stalled (PostgreSQL)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from db.jobs import STALLED_S, enqueue, stalled


def has_queue(session: Session) -> bool:
    """Whether the database has a queue: PostgreSQL has, SQLite has not."""
    return session.connection().dialect.name == "postgresql"


def alive(session: Session, seconds: float = STALLED_S) -> int:
    """How many workers were heard of lately."""
    count = session.scalar(
        text(
            "SELECT count(*) FROM outreach_jobs.procrastinate_workers"
            " WHERE last_heartbeat > now() - make_interval(secs => :seconds)"
        ),
        {"seconds": seconds},
    )
    return int(count or 0)


def enqueue_if_served(session: Session, thread: str) -> bool:
    """Puts a thread in the queue where a worker is there to take it; without one, `outreach` itself carries it on."""
    return has_queue(session) and alive(session) > 0 and bool(enqueue(session, [(thread, None)]))


def queued_threads(session: Session) -> set[str]:
    """The threads that are queued or under way."""
    return set(
        session.scalars(
            text(
                "SELECT lock FROM outreach_jobs.procrastinate_jobs"
                " WHERE queue_name = 'threads' AND status IN ('todo', 'doing')"
            )
        )
    )


def open_jobs(session: Session, ids: Collection[int]) -> set[int]:
    """Those of the jobs that are not over yet."""
    return set(
        session.scalars(
            text(
                "SELECT id FROM outreach_jobs.procrastinate_jobs WHERE id = ANY (:ids) AND status IN ('todo', 'doing')"
            ),
            {"ids": list(ids)},
        )
    )


@dataclass(frozen=True)
class WorkerLine:
    """One worker: what it is called, since when it works, how many jobs it has done, whether it is heard of, and the
    threads and duties that it has under way, each with the time it began."""

    id: int
    since: datetime
    heard: datetime
    alive: bool
    done: int
    running: list[tuple[str, datetime]]

    @property
    def name(self) -> str:
        return f"worker-{self.id}"


@dataclass(frozen=True)
class Queue:
    """The workers; how many threads wait for one; what has stalled; how many failed since they were last cleared."""

    workers: list[WorkerLine]
    queued: int
    stalled: list[str]
    failed: int


def queue(session: Session, seconds: float = STALLED_S) -> Queue:
    """What there is to see of the queue."""
    doing = session.execute(
        text(
            "SELECT j.worker_id, coalesce(j.lock, j.queueing_lock) AS name,"
            " (SELECT max(e.at) FROM outreach_jobs.procrastinate_events e"
            " WHERE e.job_id = j.id AND e.type = 'started') AS at"
            " FROM outreach_jobs.procrastinate_jobs j WHERE j.status = 'doing' ORDER BY at"
        )
    ).all()
    rows = session.execute(
        text(
            "SELECT p.id, w.since, p.last_heartbeat, w.done,"
            " p.last_heartbeat > now() - make_interval(secs => :seconds) AS alive"
            " FROM outreach_jobs.procrastinate_workers p JOIN outreach_jobs.workers w ON w.id = p.id ORDER BY p.id"
        ),
        {"seconds": seconds},
    ).all()
    counted = session.execute(
        text(
            "SELECT status::text AS status, count(*) AS jobs FROM outreach_jobs.procrastinate_jobs"
            " WHERE queue_name = 'threads' GROUP BY status"
        )
    )
    counts = {row.status: row.jobs for row in counted}
    return Queue(
        workers=[
            WorkerLine(
                row.id, row.since, row.last_heartbeat, row.alive, row.done,
                [(job.name, job.at.astimezone(UTC)) for job in doing if job.worker_id == row.id],
            )
            for row in rows
        ],
        queued=counts.get("todo", 0),
        stalled=stalled(session, seconds),
        failed=counts.get("failed", 0),
    )  # fmt: skip
