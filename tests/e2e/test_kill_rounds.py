"""SIGKILL at random moments, a few of them: one process on SQLite, four workers on PostgreSQL; and with a safeguard
taken away, the same goes wrong. `python -m benchmarks.kills` makes hundreds."""

import os
import random

import pytest

from tests.e2e.conftest import IN_A_ROUND
from tests.support.rounds import Copy, Figures, Forks, Rounds

KILLS = 8
SEED = int(os.environ.get("OUTREACH_TEST_SEED", "20261122"))
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("forks")]


def struck(forks: Forks, copy: Copy, kinds: tuple[str, ...], workers: int = 0, without: str | None = None) -> Figures:
    return Rounds(forks, copy, random.Random(SEED), IN_A_ROUND, workers, without).run(kinds, KILLS)


def test_one_process(forks: Forks, copies_on_sqlite: Copy) -> None:
    figures = struck(forks, copies_on_sqlite, ("contacts", "decisions"))
    assert figures.wrong == []
    assert figures.at_work > 0


def test_four_workers(forks: Forks, copies_on_postgresql: Copy) -> None:
    figures = struck(forks, copies_on_postgresql, ("contacts",), workers=4)
    assert figures.wrong == []
    assert figures.at_work > 0


def test_without_a_safeguard_the_same_goes_wrong(forks: Forks, copies_on_sqlite: Copy) -> None:
    """The failing baseline: a step that is taken again does not find its own row. The others are in the docs."""
    figures = struck(forks, copies_on_sqlite, ("contacts",), without="ids")
    assert any("still running" in problem for problem in figures.wrong), figures
