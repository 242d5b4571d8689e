"""What the triggers do on their own, what they let pass, and that they hold between transactions."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from db import triggers
from db.actors import acting_as
from db.engine import make_engine
from db.errors import InvariantViolated, explain
from tests.db.arena import Arena, approve_sql, claim_sql, draft_sql, touch_sql, world

ROUNDS = 25
DNC = "UPDATE contacts SET do_not_contact = true, status = 'do_not_contact' WHERE id = 'c_open'"


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    engine = make_engine(database_url, "owner")
    with engine.begin() as connection:
        Arena(connection).run(*world())
    yield engine
    engine.dispose()


def run(engine: Engine, *statements: str, actor: str = "user:ann") -> None:
    with acting_as(actor), engine.begin() as connection:
        for statement in statements:
            connection.execution_options(no_parameters=True).exec_driver_sql(statement)


def statuses(engine: Engine, contact: str) -> dict[str, str]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT id, approval_status FROM message_drafts WHERE contact_id = :c"), {"c": contact}
        )
        return {row.id: row.approval_status for row in rows}


SUPPRESS = "INSERT INTO suppressions (kind, value) VALUES ('{}', '{}')"


@pytest.mark.parametrize(
    ("trigger", "statement"),
    [
        ("contact_archives", DNC),
        ("suppression_archives", SUPPRESS.format("address", "open@school.example")),
        ("suppression_archives", SUPPRESS.format("domain", "school.example")),
        ("suppression_archives", SUPPRESS.format("domain", "example")),
    ],
)
def test_what_was_not_claimed_yet_is_archived(engine: Engine, trigger: str, statement: str) -> None:
    before = statuses(engine, "c_open")
    run(engine, statement, actor="agent:1")
    # What failed is out of anyone's hands, but was not sent: it is archived as well.
    assert statuses(engine, "c_open") == before | {"d_ready": "archived", "d_failed": "archived"}


@pytest.mark.parametrize(
    "statement",
    [
        SUPPRESS.format("address", "else@school.example"),
        SUPPRESS.format("domain", "chool.example"),
        SUPPRESS.format("domain", "sub.school.example"),
    ],
)
def test_other_suppressions_touch_nothing(engine: Engine, statement: str) -> None:
    before = statuses(engine, "c_open")
    run(engine, statement, actor="agent:1")
    assert statuses(engine, "c_open") == before


def test_without_the_triggers_nothing_is_archived(engine: Engine) -> None:
    with engine.begin() as connection:
        Arena(connection).run("-contact_archives", "-suppression_archives")
    before = statuses(engine, "c_open")
    run(engine, DNC, SUPPRESS.format("domain", "school.example"))
    assert statuses(engine, "c_open") == before


def test_what_happened_before_is_still_recorded(engine: Engine) -> None:
    run(engine, DNC, SUPPRESS.format("address", "open@school.example"), actor="agent:1")
    run(
        engine,
        "UPDATE deliveries SET state = 'sent' WHERE id = 'l_d_claimed'",
        "UPDATE message_drafts SET approval_status = 'sent' WHERE id = 'd_claimed'",
        touch_sql("d_claimed"),
        actor="agent:1",
    )
    run(engine, touch_sql(None, channel="call", sent_at="2020-01-01 00:00:00").replace("t_new", "t_old"))
    with pytest.raises(DBAPIError, match="only what happened before"):
        run(engine, touch_sql(None, channel="call", sent_at="2099-01-01 00:00:00").replace("t_new", "t_late"))


def test_the_way_of_a_message(engine: Engine) -> None:
    """From draft to sent, with a revision, an edit, a failed attempt and a second claim: nothing stands in the way."""
    run(
        engine,
        draft_sql("d_way"),
        "UPDATE message_drafts SET body = 'better', version = 2 WHERE id = 'd_way'",
        actor="agent:1",
    )
    run(engine, approve_sql("d_way", version=2, expires="'2099-01-01 00:00:00'"))
    run(
        engine,
        "UPDATE message_drafts SET approval_status = 'ready' WHERE id = 'd_way'",
        claim_sql("d_way", version="2"),
        "UPDATE deliveries SET state = 'failed', attempts = 1, last_error = '421' WHERE id = 'l_d_way'",
        "UPDATE message_drafts SET body = 'best', version = 3, approval_status = 'draft' WHERE id = 'd_way'",
        actor="agent:1",
    )
    run(engine, approve_sql("d_way", version=3, decision="reject"), approve_sql("d_way", version=3, ordinal=2))
    run(
        engine,
        "UPDATE message_drafts SET approval_status = 'ready' WHERE id = 'd_way'",
        "UPDATE deliveries SET state = 'claimed', version = 3, message_id = '<again@mail.example>'"
        " WHERE id = 'l_d_way'",
        "UPDATE deliveries SET state = 'uncertain' WHERE id = 'l_d_way'",
        "UPDATE deliveries SET state = 'sent' WHERE id = 'l_d_way'",
        "UPDATE message_drafts SET approval_status = 'sent' WHERE id = 'd_way'",
        touch_sql("d_way"),
        "UPDATE message_drafts SET approval_status = 'archived' WHERE id = 'd_way'",
        actor="agent:1",
    )
    run(engine, claim_sql("d_way") + " ON CONFLICT (draft_id) DO NOTHING", actor="agent:1")


def test_installing_twice_is_installing_once(engine: Engine) -> None:
    with engine.begin() as connection:
        before = _laid(connection)
        triggers.install(connection)
        assert _laid(connection) == before
        triggers.remove(connection)
        assert _laid(connection) == []
        triggers.install(connection)
        assert _laid(connection) == before


def _laid(connection: Connection) -> list[str]:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
    postgresql = (  # of our tables: those of the queue are procrastinate's
        "SELECT t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace ORDER BY t.tgname"
    )
    return list(connection.execute(text(sqlite if connection.dialect.name == "sqlite" else postgresql)).scalars())


# --- between transactions (PostgreSQL; SQLite has one writer)


def race(one: Callable[[], None], two: Callable[[], None]) -> list[BaseException | None]:
    """Lets both go at once; what each was refused by."""
    start = threading.Barrier(2)
    ended: list[Any] = [None, None]

    def go(place: int, act: Callable[[], None]) -> None:
        start.wait()
        try:
            act()
        except DBAPIError as exc:
            ended[place] = explain(exc) or exc

    threads = [threading.Thread(target=go, args=(0, one)), threading.Thread(target=go, args=(1, two))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


@pytest.fixture
def agents(postgres_url: str) -> Iterator[Engine]:
    owner = make_engine(postgres_url, "owner")
    with owner.begin() as connection:
        Arena(connection).run(*world())
    owner.dispose()
    engine = make_engine(postgres_url, "agent", pool_size=4)
    yield engine
    engine.dispose()


def _prepare(engine: Engine, number: int) -> None:
    """A contact of its own with a ready draft, as a person's connection makes it."""
    contact = f"c_{number}"
    run(
        engine,
        "INSERT INTO contacts (id, account_id, prospect_id, first_name, email)"
        f" VALUES ('{contact}', 'acc', 'pro', 'Ann', 'ann{number}@host{number}.example')",
        draft_sql(f"d_{number}", contact),
        approve_sql(f"d_{number}", contact),
        f"UPDATE message_drafts SET approval_status = 'ready' WHERE id = 'd_{number}'",
    )


def _claim(number: int) -> str:
    return (
        claim_sql(f"d_{number}")
        .replace("'c_open'", f"'c_{number}'")
        .replace("open@school.example", f"ann{number}@host{number}.example")
    )


STOPS = {
    "do-not-contact": "UPDATE contacts SET do_not_contact = true, status = 'do_not_contact' WHERE id = 'c_{0}'",
    "address": "INSERT INTO suppressions (kind, value) VALUES ('address', 'ann{0}@host{0}.example')",
    "domain": "INSERT INTO suppressions (kind, value) VALUES ('domain', 'host{0}.example')",
    "new text": "UPDATE message_drafts SET body = 'evil', version = 2, approval_status = 'draft' WHERE id = 'd_{0}'",
}

# A claim may stand only if it was committed first; the stopping transaction then left its draft alone.
BREACHES = {
    "do-not-contact": "approval_status = 'archived'",
    "address": "approval_status = 'archived'",
    "domain": "approval_status = 'archived'",
    "new text": "version <> (SELECT version FROM deliveries WHERE draft_id = message_drafts.id)",
}


@pytest.mark.parametrize("stop", STOPS)
def test_no_claim_slips_past(postgres_url: str, agents: Engine, stop: str) -> None:
    people = make_engine(postgres_url, "user", pool_size=1)
    for number in range(ROUNDS):
        _prepare(people, number)
        ended = race(
            lambda number=number: run(agents, _claim(number), actor="agent:1"),  # type: ignore[misc]
            lambda number=number: run(agents, STOPS[stop].format(number), actor="agent:2"),  # type: ignore[misc]
        )
        with agents.connect() as connection:
            breaches = connection.execute(
                text(
                    "SELECT count(*) FROM deliveries JOIN message_drafts ON message_drafts.id = draft_id"
                    f" WHERE draft_id = 'd_{number}' AND message_drafts.{BREACHES[stop]}"
                )
            ).scalar_one()
        assert breaches == 0, ended
    people.dispose()


@pytest.mark.parametrize("stop", ["do-not-contact", "address", "new text"])
@pytest.mark.parametrize("first", ["claim", "stop"])
def test_whoever_comes_second_sees_the_first(postgres_url: str, agents: Engine, first: str, stop: str) -> None:
    """The second transaction starts while the first is open, and waits for it."""
    people = make_engine(postgres_url, "user", pool_size=1)
    _prepare(people, 1)
    people.dispose()
    statements = {"claim": _claim(1), "stop": STOPS[stop].format(1)}
    second = statements["stop" if first == "claim" else "claim"]
    ended: list[BaseException | None] = []

    def follow() -> None:
        try:
            run(agents, second, actor="agent:2")
            ended.append(None)
        except DBAPIError as exc:
            ended.append(explain(exc))

    with acting_as("agent:1"), agents.begin() as connection:
        connection.exec_driver_sql(statements[first])
        thread = threading.Thread(target=follow)
        thread.start()
        thread.join(0.3)
        assert thread.is_alive(), "the second did not wait"
    thread.join()
    if first == "stop" or stop == "new text":
        assert isinstance(ended[0], InvariantViolated)
    else:
        assert ended == [None]
        assert statuses(agents, "c_1") == {"d_1": "ready"}


@pytest.mark.parametrize("stop", ["do-not-contact", "address", "new text"])
def test_without_the_locks_a_claim_slips_past(postgres_url: str, agents: Engine, stop: str) -> None:
    owner = make_engine(postgres_url, "owner")
    _prepare(owner, 1)
    with owner.begin() as connection:
        for name in ("outreach_delivery_reach_insert", "outreach_delivery_draft_insert"):
            sql = triggers.expected("postgresql")[name].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")
            unlocked = re.sub(r"PERFORM pg_advisory\w+\(\d+\);", "", sql).replace(" FOR SHARE", "")
            connection.execution_options(no_parameters=True).exec_driver_sql(unlocked)
    owner.dispose()
    with acting_as("agent:1"), agents.begin() as connection:
        connection.exec_driver_sql(STOPS[stop].format(1))
        run(agents, _claim(1), actor="agent:2")
    with agents.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM deliveries WHERE draft_id = 'd_1'")).scalar_one() == 1


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_an_old_snapshot_claims_nothing(postgres_url: str, agents: Engine, level: str) -> None:
    with acting_as("agent:1"), agents.connect() as connection:
        claiming = connection.execution_options(isolation_level=level)
        with claiming.begin(), pytest.raises(DBAPIError, match="READ COMMITTED"):
            claiming.exec_driver_sql(claim_sql("d_ready"))
