"""Where a contact's message goes next, for every state that there is."""

from itertools import product

import pytest

from graphs.routing import (
    ContactState,
    after_approval,
    after_dispatch,
    after_drafting,
    after_qc,
    after_research,
    at_start,
)


@pytest.mark.parametrize(("begin", "node"), [(None, "researcher"), ("qc", "qc"), ("approval", "approval")])
def test_where_a_thread_begins(begin: str | None, node: str) -> None:
    assert at_start({"begin": begin}) == node
    assert at_start({}) == "researcher"


@pytest.mark.parametrize(("facts", "node"), [(0, "__end__"), (1, "drafting"), (7, "drafting")])
def test_nothing_true_nothing_written(facts: int, node: str) -> None:
    assert after_research({"facts": facts}) == node


def test_what_exists_is_checked() -> None:
    assert after_drafting({"draft_id": "a" * 32}) == "qc"
    assert after_drafting({"draft_id": None}) == after_drafting({}) == "__end__"


QC = {
    # passed, its own edit stands, a person's text, sent back so often (of 2) -> where to
    (True, True, True, 0): "outreach",
    (True, True, False, 0): "outreach",
    (True, False, False, 0): "approval",
    (True, False, True, 0): "approval",
    (False, True, True, 0): "approval",
    (False, True, False, 0): "approval",
    (False, False, True, 0): "approval",
    (False, False, False, 0): "drafting",
}


@pytest.mark.parametrize(("passed", "stands", "by_person", "revision"), list(product((True, False), repeat=4)))
def test_after_qc(passed: bool, stands: bool, by_person: bool, revision: bool) -> None:
    state: ContactState = {
        "qc_passed": passed,
        "edit_stands": stands,
        "by_person": by_person,
        "revision": 2 * revision,
    }
    expected = QC[(passed, stands, by_person, 0)]
    if revision and expected == "drafting":
        expected = "__end__"
    assert after_qc(state, 2) == expected


@pytest.mark.parametrize(
    ("decision", "node"),
    [
        ("approve", "outreach"),
        ("withdrawn", "outreach"),
        ("edit", "qc"),
        ("reject", "drafting"),
        ("do_not_contact", "__end__"),
        ("skip", "approval"),
        ("revoke", "approval"),
        (None, "approval"),
        ("anything a front end may say", "approval"),
    ],
)
def test_after_approval(decision: str | None, node: str) -> None:
    assert after_approval({"decision": decision}) == node


@pytest.mark.parametrize(("outcome", "node"), [("ready", "__end__"), ("withdrawn", "__end__"), (None, "approval")])
def test_after_dispatch(outcome: str | None, node: str) -> None:
    assert after_dispatch({"outcome": outcome}) == node
