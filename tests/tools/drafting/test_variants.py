"""The group of a contact in a running batch, and what it asks of a message."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import Batch, BatchProspect, Experiment
from playbooks import load_playbook
from tests.support.rows import make_contact
from tools.drafting.variants import Steered, meaning_of, steering, values_of

PLAYBOOK = load_playbook("sports-lighting")


def found(
    url: str, group: str | None, batch: dict[str, Any], experiment: dict[str, Any] | None = None
) -> Steered | None:
    def build(session: Session) -> Steered | None:
        contact = make_contact(session)
        row = Batch(**{"status": "active", **batch})
        session.add(row)
        session.flush()
        session.add(BatchProspect(batch_id=row.id, contact_id=contact.id, ab_group=group))
        if experiment is not None:
            session.add(Experiment(**{"status": "active", "batches_included": [row.id], **experiment}))
        session.flush()
        return steering(session, PLAYBOOK, contact.id)

    with Database(url, "user") as database, acting_as("user:kim"):
        return database.write_sync(build)


ASKS = {"variable": "ask_intensity", "group_a_desc": "soft: who else to ask", "group_b_desc": "direct"}


@pytest.mark.parametrize(("group", "value"), [("A", "soft"), ("B", "direct"), ("C", None)])
def test_the_experiment_says_what_a_group_gets(database_url: str, group: str, value: str | None) -> None:
    steered = found(database_url, group, {"ab_variable": "message_length"}, ASKS)
    assert steered is not None
    assert (steered.group, steered.variable, steered.value) == (group, "ask_intensity", value)
    assert (steered.as_material() is None) == (value is None)


def test_a_batch_without_an_experiment_says_it_itself(sqlite_url: str) -> None:
    steered = found(sqlite_url, "B", {"ab_variable": "message_length", "ab_description": "A: standard; B: short"})
    assert steered is not None
    assert steered.as_material() == {"variable": "message_length", "value": "short", "asks": steered.meaning}


def test_a_pain_hook_is_one_of_the_playbooks(sqlite_url: str) -> None:
    hooks = {"variable": "pain_hook", "group_a_desc": "pain-spill", "group_b_desc": "pain-nowhere"}
    steered = found(sqlite_url, "A", {}, hooks)
    assert steered is not None
    assert "floodlights" in steered.meaning


@pytest.mark.parametrize(
    ("group", "batch", "experiment"),
    [
        (None, {"ab_variable": "ask_intensity", "ab_description": "A: soft"}, None),
        ("A", {}, None),
        ("A", {"ab_variable": "colour", "ab_description": "A: red"}, None),
        ("A", {"ab_variable": "ask_intensity", "ab_description": "A: louder"}, None),
        ("A", {}, {**ASKS, "status": "completed"}),
        ("A", {}, {**ASKS, "batches_included": []}),
        ("B", {}, {"variable": "pain_hook", "group_b_desc": "pain-nowhere"}),
    ],
)
def test_whoever_is_in_a_batch_that_asks_nothing_of_them_is_in_it_all_the_same(
    sqlite_url: str, group: str | None, batch: dict[str, Any], experiment: dict[str, Any] | None
) -> None:
    steered = found(sqlite_url, group, batch, experiment)
    assert steered is not None
    assert steered.batch_id
    assert (steered.group, steered.value, steered.as_material()) == (None, None, None)


def test_nobody_is_steered_by_a_batch_that_is_over(sqlite_url: str) -> None:
    assert found(sqlite_url, "A", {"status": "completed"}, ASKS) is None


def test_each_variable_has_values_and_says_what_they_ask() -> None:
    for variable in ("ask_intensity", "message_length", "proof_point_style", "opener_style", "pain_hook"):
        for value in values_of(PLAYBOOK, variable):
            assert meaning_of(PLAYBOOK, variable, value)
        assert meaning_of(PLAYBOOK, variable, "nonsense") is None
    assert values_of(PLAYBOOK, "colour") == []
