"""SIGKILL at random moments of a run: nothing is lost, nothing is done twice, and the tree of runs is whole.

The long form of this test is `make torture`; the seed makes a failure repeatable as far as time can be repeated.
"""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import func, select

from db.access import Database
from db.models import AgentRun
from tests.support.world import run_problems, world

COLLEGES = 8
KILLS = int(os.environ.get("OUTREACH_TEST_KILLS", "8"))
SEED = int(os.environ.get("OUTREACH_TEST_SEED", "20261121"))
MOST_SECONDS = 60.0
ROOT = Path(__file__).parents[2]


def start(home: Path, url: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.pipeline", str(home), str(COLLEGES)],
        cwd=ROOT,
        env={**os.environ, "OUTREACH_DATABASE_URL": url, "OUTREACH_HOME": str(home), "OUTREACH_MODEL": "rules"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: "subprocess.Popen[str]") -> dict[str, object]:
    out, err = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0, err
    result: dict[str, object] = json.loads(out.splitlines()[-1])
    return result


@pytest.mark.timeout(300)
def test_a_killed_run_ends_as_one_that_was_not(database_url: str, empty_twin_url: str, tmp_path: Path) -> None:
    from db.migrate import upgrade

    upgrade(empty_twin_url)
    began = time.monotonic()
    untouched = finish(start(tmp_path / "a", empty_twin_url))
    whole = time.monotonic() - began
    assert untouched["failed"] == 0
    assert untouched["waiting"] == COLLEGES

    dice = random.Random(SEED)
    killed = 0
    while killed < KILLS:
        process = start(tmp_path / "b", database_url)
        try:
            process.wait(timeout=dice.uniform(0.3, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            killed += 1
        else:
            # It came through before its time was up: the next kills hit runs that find everything done.
            assert process.returncode == 0, process.stderr.read() if process.stderr else ""
            killed += 1
        process.communicate()
    finish(start(tmp_path / "b", database_url))

    with Database(empty_twin_url) as calm, Database(database_url) as stormy:
        assert stormy.read_sync(world) == calm.read_sync(world)
        assert stormy.read_sync(run_problems) == []
        steps = (
            select(AgentRun.run_type, func.count())
            .where(AgentRun.run_type != "orchestrate")
            .group_by(AgentRun.run_type)
        )
        counts = [dict(db.read_sync(lambda s: s.execute(steps).all())) for db in (calm, stormy)]
        # Prospector and hygiene may run once more in a later run, which finds nothing to do; nobody's message does.
        for name in ("draft", "qc", "approval"):
            assert counts[0][name] == counts[1][name] == COLLEGES
