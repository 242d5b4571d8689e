"""A step outside of the graph whose process is killed: its row is closed by the next sweep, and not before."""

import os
import subprocess
import sys
import time
from pathlib import Path

from sqlalchemy import select

from db.access import Database
from db.actors import acting_as
from db.locks import held_among, step_lock
from db.models import AgentRun
from graphs.recovery import CUT_OFF, close_lost_rows

WORK = """
import sys, time
from agents.prospector_signals import AGENT
from db.access import Database
from outreach.agent_step import StepOutcome, run_step
from outreach.settings import Settings

def work(step):
    print(step.run_id, flush=True)
    time.sleep(60)
    return StepOutcome()

with Database(sys.argv[1]) as database:
    run_step(database, Settings(model="rules"), AGENT, playbook="sports-lighting", inputs={}, work=work)
"""
ROOT = Path(__file__).parents[2]


def test_a_killed_step_is_closed_and_one_under_way_is_not(database_url: str) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORK, database_url], cwd=ROOT, env={**os.environ}, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    run_id = process.stdout.readline().strip()

    def status() -> tuple[str, str | None]:
        row = database.read_sync(lambda s: s.get_one(AgentRun, run_id))
        return row.status, row.error_message

    def sweep() -> int:
        with acting_as("agent:orchestrator"):
            return database.write_sync(lambda s: close_lost_rows(s, set()))

    try:
        with Database(database_url) as database:
            with acting_as("agent:orchestrator"):
                child = AgentRun(
                    id="c" * 32, run_type="qc", agent_name="qc", parent_run_id=run_id, status="running",
                    started_at=database.read_sync(lambda s: s.scalars(select(AgentRun.started_at)).one()),
                )  # fmt: skip
                database.write_sync(lambda s: s.add(child))
            assert sweep() == 0
            assert status() == ("running", None)
            process.kill()
            process.wait()
            deadline = time.monotonic() + 5  # PostgreSQL hears of it by the connection that breaks
            while database.read_sync(lambda s: held_among(s, {step_lock(run_id)})) and time.monotonic() < deadline:
                time.sleep(0.05)
            assert sweep() == 2, "the step, and what stood open below it"
            assert status() == ("partial", CUT_OFF)
            assert sweep() == 0
        assert not list(Path(database_url.removeprefix("sqlite:///")).parent.glob("*.step.*"))
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
