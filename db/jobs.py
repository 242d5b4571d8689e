"""The queue of jobs on PostgreSQL: procrastinate's tables in a schema of their own, and who may do what with them.

A job is put in within the transaction of the rows that ask for it, so that neither is there without the other. What
may run jobs is the role `agent`; a person's connection may put them in and look at them, and cannot take one.
"""

from collections.abc import Collection, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from db.locks import held_among
from db.roles import PG_ROLES

THREADS: Final = "threads"
DUTIES: Final = "duties"
ADVANCE: Final = "advance"
"""The task that carries one thread on."""
STALLED_S: Final = 30.0
"""A worker that was not heard of for so long is taken for gone."""

_WORKERS: Final = """
CREATE TABLE outreach_jobs.workers (
  id bigint PRIMARY KEY REFERENCES outreach_jobs.procrastinate_workers (id) ON DELETE CASCADE,
  since timestamptz NOT NULL DEFAULT now(),
  done bigint NOT NULL DEFAULT 0
)
"""
_FUNCTIONS: Final = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.pronamespace = 'outreach_jobs'::regnamespace"
)
# Not through procrastinate's function: one thread that is queued already would undo the whole transaction.
_ENQUEUE: Final = text(
    "INSERT INTO outreach_jobs.procrastinate_jobs (queue_name, task_name, lock, queueing_lock, args)"
    " SELECT 'threads', 'advance', :thread, :thread, jsonb_build_object('thread_id', CAST(:thread AS text),"
    " 'state', CAST(:state AS jsonb))"
    " WHERE NOT EXISTS (SELECT FROM outreach_jobs.procrastinate_jobs WHERE lock = :thread AND status = 'doing')"
    " ON CONFLICT DO NOTHING RETURNING id"
)


@dataclass(frozen=True)
class Holding:
    """The job that a worker has under way; `fence` makes sure of it."""

    job_id: int
    worker_id: int


class JobLost(Exception):
    """The job was given to another worker: this one was frozen, or cut off, for too long. Nothing was written."""


holding: ContextVar[Holding | None] = ContextVar("holding", default=None)


def fence(session: Session) -> None:
    """Makes sure, until the transaction ends, that the job under way is still this worker's: whoever takes it away
    waits for this transaction, and finds it committed. Raises JobLost."""
    mine = holding.get()
    if mine is None:
        return
    found = session.execute(
        text(
            "SELECT 1 FROM outreach_jobs.procrastinate_jobs"
            " WHERE id = :job AND worker_id = :worker AND status = 'doing' FOR SHARE"
        ),
        {"job": mine.job_id, "worker": mine.worker_id},
    )
    if found.first() is None:
        raise JobLost(f"job {mine.job_id} was given to another worker")


def install(connection: Connection) -> None:
    """Makes the queue where it is missing, brings an older one up to date, and grants what the roles may do.

    Call it as the owner, in the transaction of the migrations; nothing to do on SQLite.
    """
    if connection.dialect.name != "postgresql":
        return
    before = connection.scalar(text("SELECT current_setting('search_path')"))
    connection.execute(text("CREATE SCHEMA IF NOT EXISTS outreach_jobs"))
    _search(connection, "outreach_jobs, pg_temp")
    _make(connection)
    # Called from a connection of ours, they must find their own tables.
    for function in connection.scalars(text(_FUNCTIONS)).all():
        connection.exec_driver_sql(f"ALTER FUNCTION {function} SET search_path = outreach_jobs, pg_temp")
    _search(connection, before)
    _grant(connection)


def remove(connection: Connection) -> None:
    """Takes the queue away, with all that is in it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP SCHEMA IF EXISTS outreach_jobs CASCADE"))


def _search(connection: Connection, path: Any) -> None:
    connection.execute(text("SELECT set_config('search_path', :path, true)"), {"path": path})


def _make(connection: Connection) -> None:
    from procrastinate.schema import SchemaManager, migrations_path

    migrations = {file.name: file for file in sorted(migrations_path.glob("*.sql"))}
    newest = max(migrations)
    at = connection.scalar(text("SELECT obj_description('outreach_jobs'::regnamespace)"))
    if connection.scalar(text("SELECT to_regclass('outreach_jobs.procrastinate_jobs')")) is None:
        _script(connection, SchemaManager.get_schema())
        connection.execute(text(_WORKERS))
    else:
        for name, file in migrations.items():
            if at is not None and name > at:
                _script(connection, file.read_text(encoding="utf-8"))
    connection.exec_driver_sql(f"COMMENT ON SCHEMA outreach_jobs IS '{newest}'")


def _script(connection: Connection, script: str) -> None:
    # Several statements, with percent signs: past SQLAlchemy, in the same transaction.
    raw: Any = connection.connection.dbapi_connection
    raw.execute(script)


def _grant(connection: Connection) -> None:
    agent, user = PG_ROLES["agent"], PG_ROLES["user"]
    for statement in (
        f"GRANT USAGE ON SCHEMA outreach_jobs TO {agent}, {user}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA outreach_jobs TO {agent}",
        f"REVOKE INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA outreach_jobs FROM {user}",
        f"GRANT SELECT ON ALL TABLES IN SCHEMA outreach_jobs TO {user}",
        f"GRANT INSERT ON outreach_jobs.procrastinate_jobs, outreach_jobs.procrastinate_events TO {user}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA outreach_jobs TO {agent}, {user}",
    ):
        connection.execute(text(statement))


def enqueue(session: Session, jobs: Iterable[tuple[str, str | None]]) -> dict[int, str]:
    """Puts threads in the queue, each with the JSON of the state that it starts with (None: it goes on where it
    stands). Returns the threads by the ids of their jobs, without those that were queued or under way already."""
    made: dict[int, str] = {}
    for thread, state in jobs:
        job_id = session.scalar(_ENQUEUE, {"thread": thread, "state": state})
        if job_id is not None:
            made[job_id] = thread
    return made


def cancel(session: Session, ids: Collection[int]) -> int:
    """Takes jobs back that nobody has begun; how many."""
    done = session.scalars(
        text("DELETE FROM outreach_jobs.procrastinate_jobs WHERE id = ANY (:ids) AND status = 'todo' RETURNING id"),
        {"ids": list(ids)},
    )
    return len(done.all())


_STALLED: Final = """
FROM outreach_jobs.procrastinate_jobs j LEFT JOIN outreach_jobs.procrastinate_workers w ON w.id = j.worker_id
WHERE j.status = 'doing' AND (w.id IS NULL OR w.last_heartbeat < now() - make_interval(secs => :seconds))
"""


def stalled(session: Session, seconds: float = STALLED_S) -> list[str]:
    """What the jobs are about whose worker was not heard of for so long."""
    names = text(f"SELECT coalesce(j.lock, j.queueing_lock) {_STALLED}")
    return list(session.scalars(names, {"seconds": seconds}))


def rescue(session: Session, seconds: float = STALLED_S) -> list[str]:
    """Gives the jobs back whose worker was not heard of for so long, and whose lock nobody holds any more. Returns
    what they were about. A duty is dropped: it comes again by itself."""
    rows = session.execute(
        text(
            "SELECT j.id, j.queue_name, coalesce(j.lock, j.queueing_lock) AS name"
            f" {_STALLED} FOR UPDATE OF j SKIP LOCKED"
        ),
        {"seconds": seconds},
    ).all()
    held = held_among(session, {row.name for row in rows})
    freed = []
    for row in rows:
        if row.name in held:
            continue
        twin = session.scalar(
            text(
                "SELECT count(*) FROM outreach_jobs.procrastinate_jobs WHERE queueing_lock = :name AND status = 'todo'"
            ),
            {"name": row.name},
        )
        if row.queue_name == DUTIES or twin:
            call = "SELECT outreach_jobs.procrastinate_finish_job_v1(:id, 'failed', true)"
        else:
            call = "SELECT outreach_jobs.procrastinate_retry_job_v2(:id, now(), NULL, NULL, NULL)"
        session.execute(text(call), {"id": row.id})
        freed.append(row.name)
    return freed


def forget(session: Session, days: int) -> int:
    """Deletes jobs that failed so many days ago; their steps stay in `agent_runs`."""
    gone = session.scalars(
        text(
            "DELETE FROM outreach_jobs.procrastinate_jobs j WHERE status NOT IN ('todo', 'doing')"
            " AND NOT EXISTS (SELECT FROM outreach_jobs.procrastinate_events e WHERE e.job_id = j.id"
            " AND e.at > now() - make_interval(days => :days)) RETURNING id"
        ),
        {"days": days},
    )
    return len(gone.all())
