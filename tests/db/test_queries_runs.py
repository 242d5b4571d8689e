"""The tree of agent_runs: found, loaded, summed, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, InboundMessage
from db.queries.runs import (
    RunNotFound,
    find_run,
    has_unfinished_runs,
    list_runs,
    load_tree,
    whose_thread,
)
from db.thread_ids import reply_thread, run_thread, touch_thread
from tests.support.rows import make_contact, make_prospect

BEGAN = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def add_run(session: Session, run_id: str, parent: str | None = None, after_s: int = 0, **values: Any) -> None:
    given = {"run_type": "orchestrate", "agent_name": "orchestrator", "status": "success", **values}
    session.add(
        AgentRun(
            id=run_id.ljust(32, "0"),
            parent_run_id=parent.ljust(32, "0") if parent else None,
            started_at=BEGAN + timedelta(seconds=after_s),
            **given,
        )
    )
    session.flush()


def add_tree(session: Session) -> None:
    contact = make_contact(session)
    add_run(session, "a1")
    add_run(session, "b1", "a1", 2, run_type="draft", agent_name="drafting", contact_id=contact.id, status="error")
    add_run(session, "b2", "a1", 1, run_type="research", agent_name="researcher", contact_id=contact.id)
    calls = {"run_type": "model_call", "agent_name": "drafting", "model": "tiny", "cost_usd": 0.25}
    add_run(session, "c1", "b1", 3, tokens_in=100, tokens_out=10, tokens_cached=40, **calls)
    add_run(session, "c2", "b1", 4, tokens_in=7, tokens_out=3, status="error", error_message="boom", **calls)
    add_run(
        session,
        "c3",
        "b2",
        3,
        run_type="tool_call",
        agent_name="researcher",
        inputs={"name": "read_source", "args": {"number": 1}},
        outputs=[{"text": "long"}],
    )
    add_run(session, "d1", None, -60, status="running")


@pytest.fixture
def database(database_url: str) -> Any:
    with Database(database_url) as found, acting_as("user:test"):
        found.write_sync(add_tree)
        yield found


def test_the_tree_has_every_row_once_in_order_and_sums_what_is_below(database: Database) -> None:
    tree = database.read_sync(lambda s: load_tree(s, "a1".ljust(32, "0")))

    assert [node.id[:2] for node in tree.walk()] == ["a1", "b2", "c3", "b1", "c1", "c2"]
    assert (tree.own.tokens_in, tree.own.cost_usd) == (0, 0)
    assert (tree.total.tokens_in, tree.total.tokens_out, tree.total.tokens_cached) == (107, 13, 40)
    assert tree.total.cost_usd == pytest.approx(0.5)
    assert (tree.total.model_calls, tree.total.tool_calls, tree.total.errors) == (2, 1, 2)
    researcher, drafting = tree.children
    assert researcher.total.tokens_in == 0
    assert drafting.total.tokens_in == 107
    assert drafting.contact == "Dana Reyes"
    assert drafting.organisation is not None


def test_a_tool_call_has_its_tools_name_and_payload_only_on_request(database: Database) -> None:
    run_id = "b2".ljust(32, "0")
    call = database.read_sync(lambda s: load_tree(s, run_id)).children[0]
    assert (call.called, call.payload) == ("read_source", None)

    call = database.read_sync(lambda s: load_tree(s, run_id, payload=True)).children[0]
    assert call.payload is not None
    assert call.payload.inputs == {"name": "read_source", "args": {"number": 1}}
    assert call.payload.outputs == [{"text": "long"}]


def test_a_circle_of_rows_ends(database: Database) -> None:
    def tie(session: Session) -> None:
        session.get_one(AgentRun, "a1".ljust(32, "0")).parent_run_id = "c1".ljust(32, "0")

    database.write_sync(tie)
    tree = database.read_sync(lambda s: load_tree(s, "a1".ljust(32, "0")))
    assert sum(1 for _ in tree.walk()) == 6


@pytest.mark.parametrize(
    ("reference", "found"), [("last", "a1"), ("b1", "b1"), ("C2", "c2"), ("a1".ljust(32, "0"), "a1")]
)
def test_a_run_is_found_by_the_beginning_of_its_id(database: Database, reference: str, found: str) -> None:
    assert database.read_sync(lambda s: find_run(s, reference)) == found.ljust(32, "0")


@pytest.mark.parametrize(
    ("reference", "message"), [("b", "Several"), ("ff", "No run's id"), ("%", "is no run"), ("", "is no run")]
)
def test_what_fits_no_run_or_several_is_said(database: Database, reference: str, message: str) -> None:
    with pytest.raises(RunNotFound, match=message):
        database.read_sync(lambda s: find_run(s, reference))


def test_last_without_a_run_is_said(database_url: str) -> None:
    with Database(database_url) as empty, pytest.raises(RunNotFound, match="no run yet"):
        empty.read_sync(lambda s: find_run(s, "last"))


def test_roots_are_listed_newest_first_with_their_sums(database: Database) -> None:
    found = database.read_sync(list_runs)
    assert [node.id[:2] for node in found] == ["a1", "d1"]
    assert found[0].total.tokens_in == 107
    assert found[0].total.errors == 2
    assert database.read_sync(lambda s: list_runs(s, limit=1))[0].id[:2] == "a1"


def test_filters_find_agents_runs_in_trees_but_no_calls(database: Database) -> None:
    drafting = database.read_sync(lambda s: list_runs(s, agent="drafting"))
    assert [(node.id[:2], node.total.tokens_in) for node in drafting] == [("b1", 107)]
    failed = database.read_sync(lambda s: list_runs(s, status="error"))
    assert [node.id[:2] for node in failed] == ["b1"]
    assert database.read_sync(lambda s: list_runs(s, agent="drafting", status="success")) == []


def test_unfinished_means_a_root_that_still_runs(database: Database) -> None:
    assert database.read_sync(has_unfinished_runs)

    def end(session: Session) -> None:
        session.get_one(AgentRun, "d1".ljust(32, "0")).status = "error"

    database.write_sync(end)
    assert not database.read_sync(has_unfinished_runs)


def test_a_thread_is_called_by_whom_it_is_about(database: Database) -> None:
    def add(session: Session) -> tuple[str, str]:
        contact = make_contact(session, make_prospect(session, name="Harbor State"))
        inbound = InboundMessage(message_id="m@x.example", from_address="kim@x.example", raw=b"x", text="hello")
        session.add(inbound)
        session.flush()
        return contact.id, inbound.id

    with acting_as("user:kim"):
        contact_id, inbound_id = database.write_sync(add)
    threads = {
        touch_thread(contact_id, "s", 1): "Dana Reyes, Harbor State",
        reply_thread(inbound_id): "the reply from kim@x.example",
        touch_thread("gone", "s", 1): "touch:gone:s:1",
        reply_thread("gone"): "reply:gone",
        run_thread("r"): "run:r",
    }
    for thread, whose in threads.items():
        assert database.read_sync(lambda s, thread=thread: whose_thread(s, thread)) == whose
