"""An experiment from its plan to its end, on rows made for it, on both databases."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Database
from db.actors import acting_as
from db.errors import DatabaseFault
from db.models import Batch, Experiment, ExperimentPlan
from db.queries.report import Dimension, rows_by, withheld
from db.queries.touches import Scope
from tests.support.touches import START, Rows, lay
from tools.experiments.counts import count
from tools.experiments.ending import conclude, refresh, stop
from tools.experiments.plan import ExperimentRefused, Plan, begin, find, find_planned, include

PLAN = Plan("reply", 0.1, 0.8, window_days=21)
"""So great a lift that a few people in each group are enough."""


def days(count: float) -> datetime:
    return START + timedelta(days=count)


@pytest.fixture
def database(database_url: str) -> Any:
    with Database(database_url, "user") as found, acting_as("user:test"):
        yield found


def planned(database: Database, plan: Plan = PLAN, name: str = "openers") -> int:
    """Lays an experiment down; how many each group needs."""
    made = database.write_sync(
        lambda s: begin(s, name, "opener_style", ("career_reference", "company_metric"), plan)[1].per_group
    )
    return int(made)


def batch_of(rows: Rows, a: int, b: int, *, replied_a: int = 0, replied_b: int = 0) -> str:
    members: dict[str, str | None] = {}
    sent: list[tuple[str, str]] = []
    for group, many, replied in (("A", a, replied_a), ("B", b, replied_b)):
        for number in range(many):
            contact = rows.person()
            members[contact] = group
            sent.append((contact, group if number >= replied else f"{group}!"))
    batch = rows.batch(1, members)
    for contact, said in sent:
        touch = rows.touch(
            contact, days(0), batch_id=batch, ab_group=said[0], ab_variable="opener_style", opener_style=None
        )
        if said.endswith("!"):
            rows.reply(contact, touch, days(5))
    return batch


def enter(database: Database, batch: str) -> None:
    """Puts a batch into the experiment, whose messages were laid as rows already."""

    def write(session: Any) -> None:
        session.scalars(select(Experiment)).one().batches_included = [batch]

    database.write_sync(write)


def on_it(database: Database, do: Callable[..., Any], *more: Any) -> Any:
    return database.write_sync(lambda s: do(s, *find_planned(s, "openers"), *more))


def kept(database: Database) -> dict[str, Any]:
    def read(session: Any) -> dict[str, Any]:
        row = session.scalars(select(Experiment)).one()
        return {name: getattr(row, name) for name in row.__table__.columns.keys()}  # noqa: SIM118 (no mapping)

    found: dict[str, Any] = database.read_sync(read)
    return found


def test_at_the_end_there_is_a_winner(database: Database, database_url: str) -> None:
    needed = planned(database)
    enter(database, lay(database_url, lambda rows: batch_of(rows, needed, needed, replied_b=needed)))
    with pytest.raises(ExperimentRefused, match="answers count until 2026-03-23"):
        on_it(database, conclude, days(20))
    on_it(database, refresh)
    before = kept(database)
    assert (before["group_a_sent"], before["group_b_replies"], before["winner"]) == (needed, 0, None)
    end = on_it(database, conclude, days(22))
    after = kept(database)
    assert (end.winner, after["status"], after["group_b_replies"]) == ("B", "completed", needed)
    assert after["conclusion"].startswith("B is better: 100.0% of those with B (company_metric) replied, against 0.0%")
    with pytest.raises(ExperimentRefused, match="has ended"):
        on_it(database, conclude, days(30))


def test_before_the_planned_number_nothing_is_concluded(database: Database, database_url: str) -> None:
    needed = planned(database)
    enter(database, lay(database_url, lambda rows: batch_of(rows, needed, needed - 1, replied_a=needed)))
    with pytest.raises(ExperimentRefused, match=f"{needed - 1} of {needed} in B"):
        on_it(database, conclude, days(400))
    end = on_it(database, stop, "we changed the offer")
    row = kept(database)
    assert (end.winner, row["status"], row["winner"], row["group_a_replies"]) == (None, "inconclusive", None, 0)
    assert "we changed the offer" in row["conclusion"]


def test_without_a_difference_it_is_inconclusive(database: Database, database_url: str) -> None:
    needed = planned(database)
    enter(database, lay(database_url, lambda rows: batch_of(rows, needed, needed, replied_a=1, replied_b=1)))
    end = on_it(database, conclude, days(40))
    assert (end.winner, kept(database)["status"]) == (None, "inconclusive")
    assert end.conclusion.startswith("No difference was shown")


def test_people_count_for_their_group_once_and_within_the_window(database: Database, database_url: str) -> None:
    needed = planned(database, Plan("reply", 0.1, 0.85, window_days=21))

    def make(rows: Rows) -> str:
        late, stray = rows.person(), rows.person()
        others = [rows.person() for _ in range(2 * needed - 2)]
        groups: dict[str, str | None] = {late: "A", stray: "A"}
        groups |= {contact: "A" if number < needed - 2 else "B" for number, contact in enumerate(others)}
        batch = rows.batch(1, groups)
        for contact, group in groups.items():
            given = "B" if contact == stray else group
            touch = rows.touch(contact, days(0), batch_id=batch, ab_group=given, ab_variable="opener_style")
            if contact in (late, stray):
                rows.reply(contact, touch, days(22 if contact == late else 20))
                rows.reply(contact, None, days(20.5 if contact == stray else 23))
        return batch

    enter(database, lay(database_url, make))
    found = database.read_sync(lambda s: count(s, *find_planned(s, "openers")))
    assert (found.sent, found.strayed, found.both) == ({"A": needed, "B": needed}, 1, 0)
    assert sum(person.replied for person in found.of("A")) == 1  # the stray, for A; the late one not


def test_only_the_first_of_the_planned_number_count(database: Database, database_url: str) -> None:
    needed = planned(database)
    enter(database, lay(database_url, lambda rows: batch_of(rows, needed + 5, needed + 9)))
    found = database.read_sync(lambda s: count(s, *find_planned(s, "openers")))
    assert (len(found.of("A")), len(found.of("B"))) == (needed, needed)


def test_what_was_planned_stays(database: Database) -> None:
    planned(database)

    def change(session: Any) -> None:
        session.scalars(select(ExperimentPlan)).one().per_group = 2

    with pytest.raises(DatabaseFault, match="laid down once"):
        database.write_sync(change)
    with pytest.raises(ExperimentRefused, match="already"):
        planned(database)


def test_an_experiment_is_found_by_its_name_whatever_its_capitals(database: Database) -> None:
    planned(database, name="\u00d6ffner")
    for name in ("\u00f6ffner", " \u00d6FFNER ", database.read_sync(lambda s: find(s, "\u00d6ffner").id[:8].upper())):
        assert database.read_sync(lambda s, n=name: find(s, n).name) == "\u00d6ffner"
    with pytest.raises(ExperimentRefused, match="already"):
        planned(database, name="\u00f6ffner")
    with pytest.raises(ExperimentRefused, match="No experiment fits"):
        database.read_sync(lambda s: find(s, " "))


def test_a_batch_whose_messages_have_left_is_not_taken_in(database: Database, database_url: str) -> None:
    planned(database)
    begun, fresh = lay(database_url, lambda rows: (batch_of(rows, 1, 1), rows.batch(2, {rows.person(): "A"})))

    def add(batch: str) -> bool:
        added = database.write_sync(lambda s: include(s, find(s, "openers"), s.get_one(Batch, batch)))
        return bool(added)

    with pytest.raises(ExperimentRefused, match="have left already"):
        add(begun)
    assert add(fresh)
    assert not add(fresh)
    planned(database, name="other")
    with pytest.raises(ExperimentRefused, match="part of the experiment 'openers'"):
        database.write_sync(lambda s: include(s, find(s, "other"), s.get_one(Batch, fresh)))


@pytest.mark.parametrize(
    ("group", "described", "because"),
    [
        (None, {}, "Nobody in batch 1 is in a group"),
        (
            "A",
            {"ab_variable": "opener_style", "ab_description": "A: company_metric; B: career_reference"},
            "group A is company_metric, in 'openers' it is career_reference",
        ),
    ],
)
def test_a_batch_that_tests_nothing_or_the_reverse_is_not_taken_in(
    database: Database, database_url: str, group: str | None, described: dict[str, str], because: str
) -> None:
    planned(database)
    batch = lay(database_url, lambda rows: rows.batch(1, {rows.person(): group}))

    def add(session: Any) -> None:
        found = session.get_one(Batch, batch)
        for name, value in described.items():
            setattr(found, name, value)
        include(session, find(session, "openers"), found)

    with pytest.raises(ExperimentRefused, match=because):
        database.write_sync(add)


def test_the_report_does_not_tell_a_running_experiment(database: Database, database_url: str) -> None:
    planned(database)
    batch = lay(database_url, lambda rows: batch_of(rows, 2, 2))
    enter(database, batch)
    hidden = database.read_sync(lambda s: withheld(s, Dimension.OPENER))
    assert [one.batches for one in hidden] == [(batch,)]
    assert database.read_sync(lambda s: withheld(s, Dimension.PAIN_HOOK)) == []
    assert len(database.read_sync(lambda s: withheld(s, Dimension.AB_GROUP))) == 1
    assert database.read_sync(lambda s: rows_by(s, Dimension.AB_GROUP, Scope(without=(batch,)))) == []
    on_it(database, refresh)
    on_it(database, stop, "enough")
    rows = database.read_sync(lambda s: rows_by(s, Dimension.AB_GROUP, Scope()))
    assert [(row.key, row.sent) for row in rows] == [("opener_style: A", 2), ("opener_style: B", 2)]
