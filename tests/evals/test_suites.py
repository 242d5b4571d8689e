"""Every suite holds what it says: cases that read, metrics that are judged, thresholds that are metrics."""

import re
from collections import Counter
from pathlib import Path

import pytest

from agents.registry import AGENTS
from evals.suites import SuiteNotFound, load_suite, suite_names
from evals.tasks import PASSED
from prompts import agents

SUITES = suite_names()


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_is_large_enough_and_no_two_cases_are_alike(name: str) -> None:
    suite = load_suite(name)
    cases = suite.cases()
    assert len(cases) >= 50
    assert all(case.source for case in cases)
    assert max(Counter(case.id for case in cases).values()) == 1


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_names_what_exists(name: str) -> None:
    suite = load_suite(name)
    assert suite.agent in AGENTS
    assert set(suite.prompts) <= set(agents())
    assert PASSED in suite.gate.least
    assert all(0 <= least <= 1 for least in suite.gate.least.values())


def test_a_suite_that_is_not_there() -> None:
    with pytest.raises(SuiteNotFound, match=SUITES[0]):
        load_suite("nothing")


def test_the_docs_list_every_suite_with_its_cases() -> None:
    text = (Path(__file__).parents[2] / "docs" / "evals.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| (\w+) \| .* \| (\d+) \|$", text, re.MULTILINE))
    assert listed == {name: str(len(load_suite(name).cases())) for name in SUITES}, "the table in docs/evals.md"
