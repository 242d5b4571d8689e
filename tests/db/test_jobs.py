"""The queue on PostgreSQL: within the transaction of the rows, once, by the roles that may; given back and fenced."""

import json
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.errors import RoleRefused
from db.jobs import Holding, JobLost, cancel, enqueue, fence, forget, holding, rescue
from db.locks import only_one
from db.migrate import downgrade, upgrade
from db.models import Account
from db.queries.queue import alive, enqueue_if_served, open_jobs, queue, queued_threads

FETCH = text("SELECT id FROM outreach_jobs.procrastinate_fetch_job_v2(NULL, :worker)")
REGISTER = text("SELECT worker_id FROM outreach_jobs.procrastinate_register_worker_v1()")
STILL = text("UPDATE outreach_jobs.procrastinate_workers SET last_heartbeat = now() - interval '1 hour' WHERE id = :id")


@pytest.fixture
def agent(postgres_url: str) -> Iterator[Database]:
    with Database(postgres_url, "agent", guard=fence) as database, acting_as("agent:orchestrator"):
        yield database


def worker(session: Session) -> int:
    made = session.scalar(REGISTER)
    session.execute(text("INSERT INTO outreach_jobs.workers (id) VALUES (:id)"), {"id": made})
    return int(made or 0)


def fetch(agent: Database, who: int) -> int | None:
    return agent.write_sync(lambda s: s.scalar(FETCH, {"worker": who}))


def test_a_job_and_the_rows_that_ask_for_it_are_there_together_or_not_at_all(agent: Database) -> None:
    def both(session: Session, *, fail: bool) -> None:
        session.add(Account(name="Ashford College"))
        session.flush()
        enqueue(session, [("touch:a", json.dumps({"playbook": "x"}))])
        if fail:
            raise ValueError("something else went wrong")

    with pytest.raises(ValueError, match="went wrong"):
        agent.write_sync(lambda s: both(s, fail=True))
    assert agent.read_sync(queued_threads) == set()
    agent.write_sync(lambda s: both(s, fail=False))
    assert agent.read_sync(queued_threads) == {"touch:a"}
    assert agent.read_sync(lambda s: s.query(Account).count()) == 1


def test_a_thread_is_queued_once(agent: Database) -> None:
    first = agent.write_sync(lambda s: enqueue(s, [("touch:a", None), ("touch:a", None), ("touch:b", None)]))
    assert sorted(first.values()) == ["touch:a", "touch:b"]
    assert agent.write_sync(lambda s: enqueue(s, [("touch:a", None)])) == {}
    who = agent.write_sync(worker)
    assert fetch(agent, who) == min(first)
    assert agent.write_sync(lambda s: enqueue(s, [("touch:a", None)])) == {}, "under way is as good as queued"
    assert agent.read_sync(lambda s: open_jobs(s, set(first))) == set(first)
    assert agent.write_sync(lambda s: cancel(s, set(first))) == 1, "what is under way is not taken back"


def test_a_person_may_put_work_in_and_not_take_it_out(postgres_url: str, agent: Database) -> None:
    who = agent.write_sync(worker)
    with Database(postgres_url, "user") as user, acting_as("user:test"):
        assert user.write_sync(lambda s: enqueue_if_served(s, "touch:a"))
        assert user.read_sync(queue).queued == 1
        refused: list[Callable[[Session], object]] = [
            lambda s: s.execute(FETCH, {"worker": who}).all(),
            lambda s: cancel(s, {1}),
            lambda s: s.execute(text("UPDATE outreach_jobs.procrastinate_jobs SET args = '{}'")),
            lambda s: s.execute(REGISTER).all(),
        ]
        for attack in refused:
            with pytest.raises(RoleRefused):
                user.write_sync(attack)
    assert fetch(agent, who) is not None


def test_nothing_is_queued_for_nobody(agent: Database, sqlite_url: str) -> None:
    assert not agent.write_sync(lambda s: enqueue_if_served(s, "touch:a"))
    with Database(sqlite_url, "user") as small, acting_as("user:test"):
        assert not small.write_sync(lambda s: enqueue_if_served(s, "touch:a"))


def test_what_a_silent_worker_had_goes_to_another_and_the_first_can_write_no_more(
    agent: Database, postgres_url: str
) -> None:
    silent, other = agent.write_sync(worker), agent.write_sync(worker)
    (job,) = agent.write_sync(lambda s: enqueue(s, [("touch:a", None)]))
    assert fetch(agent, silent) == job
    assert agent.write_sync(rescue) == [], "it was heard of"
    token = holding.set(Holding(job, silent))
    try:
        agent.write_sync(lambda s: s.add(Account(name="while it is its own")))
    finally:
        holding.reset(token)
    agent.write_sync(lambda s: s.execute(STILL, {"id": silent}) and None)
    assert agent.read_sync(lambda s: queue(s).stalled) == ["touch:a"]
    assert agent.read_sync(alive) == 1
    with only_one(postgres_url, "touch:a"):
        assert agent.write_sync(rescue) == [], "somebody still holds the thread"
    assert agent.write_sync(rescue) == ["touch:a"]
    assert fetch(agent, other) == job
    token = holding.set(Holding(job, silent))
    try:
        with pytest.raises(JobLost):
            agent.write_sync(lambda s: s.add(Account(name="after it was given away")))
    finally:
        holding.reset(token)
    assert agent.read_sync(lambda s: [a.name for a in s.query(Account)]) == ["while it is its own"]
    shown = agent.read_sync(queue)
    assert [(line.name, [name for name, _ in line.running]) for line in shown.workers] == [
        (f"worker-{silent}", []),
        (f"worker-{other}", ["touch:a"]),
    ]


def test_old_failures_are_forgotten(agent: Database) -> None:
    (job,) = agent.write_sync(lambda s: enqueue(s, [("touch:a", None)]))
    fetch(agent, agent.write_sync(worker))
    done = text("SELECT outreach_jobs.procrastinate_finish_job_v1(:id, 'failed', false)")
    agent.write_sync(lambda s: s.execute(done, {"id": job}) and None)
    assert agent.read_sync(queue).failed == 1
    assert agent.write_sync(lambda s: forget(s, 1)) == 0
    aged = text("UPDATE outreach_jobs.procrastinate_events SET at = now() - interval '2 days'")
    agent.write_sync(lambda s: s.execute(aged) and None)
    assert agent.write_sync(lambda s: forget(s, 1)) == 1


def test_an_upgrade_keeps_what_is_queued_and_going_back_leaves_nothing(postgres_url: str) -> None:
    with Database(postgres_url, "agent") as agent:
        agent.write_sync(lambda s: enqueue(s, [("touch:a", None)]))
    upgrade(postgres_url)
    with Database(postgres_url, "agent") as agent:
        assert agent.read_sync(queued_threads) == {"touch:a"}
    downgrade(postgres_url, "base")
    engine = create_engine(postgres_url)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regnamespace('outreach_jobs')")) is None
    engine.dispose()
