"""Contacts at once: one process, one worker and two workers against the ideal, on PostgreSQL.

    python -m benchmarks.workers [--contacts 200] [--seconds 0.2] [--concurrency 32]

Every model call takes `seconds`; beside that the agents are the real ones (rules). The ideal is all calls that were
made, at `concurrency` at a time and nothing else. Two workers have half the concurrency each. Timed is
from the moment at which the first call began to that at which the last one ended; `cpu_s` is that of the processes
that did the work, their start included. On a machine that is busy otherwise the shares mean little.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

from agents.parts import Part
from db.migrate import upgrade
from outreach.commands.demo import sample_files
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.postgres import PostgresServer
from tests.support.worker_process import slow_down
from tests.support.workers import wait_for, workers


def imported(home: Path, url: str) -> Settings:
    """A database in which the first touches of the whole sample are due."""
    upgrade(url)
    settings = Settings(home=home, database_url=url, model="rules")
    with RunnerSession(settings) as session:
        session.run(settings.playbook, sample_files(settings.playbook), None, only=[Part.IMPORT, Part.SCORE])
    return settings


def measured(home: Path, seconds: float, concurrency: int) -> dict[str, float]:
    """What the calls that were written down came to."""
    lines = (home / "calls").read_text(encoding="utf-8").splitlines()
    began = [float(line.rpartition(" ")[2]) for line in lines]
    took = max(began) + seconds - min(began)
    return {"calls": len(lines), "took_s": took, "share_of_ideal": len(lines) * seconds / concurrency / took}


def run(settings: Settings, contacts: int, *, handed_over: bool) -> int:
    """The run that is measured; how many drafts wait."""
    with RunnerSession(settings, handed_over=handed_over) as session:
        return session.run(settings.playbook, [], contacts).tally.waiting


def main() -> None:
    """Prints one JSON object a way of running."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--contacts", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.2)
    parser.add_argument("--concurrency", type=int, default=32)
    parser.add_argument("--here", nargs=2, metavar=("HOME", "URL"), help="(for itself) one process")
    given = parser.parse_args()
    configure_logging("console", "error")
    if given.here:
        home, url = Path(given.here[0]), given.here[1]
        slow_down(given.seconds, home / "calls")
        settings = Settings(home=home, database_url=url, model="rules", concurrency=given.concurrency)
        run(settings, given.contacts, handed_over=False)
        return
    server = PostgresServer(f"bench{uuid.uuid4().hex[:7]}")
    try:
        with tempfile.TemporaryDirectory() as folder, server.database() as prepared:
            imported(Path(folder) / "start", prepared)
            base = prepared.split("?")[0].rpartition("/")[2]
            for count in (0, 1, 2):
                home = Path(folder) / f"w{count}"
                home.mkdir()
                with server.database(base) as url:
                    began, cpu = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
                    if count == 0:
                        options = ["--contacts", str(given.contacts), "--seconds", str(given.seconds)]
                        options += ["--concurrency", str(given.concurrency), "--here", str(home), url]
                        subprocess.run(
                            [sys.executable, "-m", "benchmarks.workers", *options], check=True, env={**os.environ}
                        )
                    else:
                        settings = Settings(home=home, database_url=url, model="rules")
                        each = given.concurrency // count
                        with workers(
                            url, home, count, "--calm", "--slow", str(given.seconds), concurrency=each
                        ) as crew:
                            run(settings, given.contacts, handed_over=True)
                            wait_for(lambda crew=crew: crew.look().queued == 0)  # type: ignore[misc]
                            crew.stop()
                    found = measured(home, given.seconds, given.concurrency)
                    whole = round(time.monotonic() - began, 1)
                    now = resource.getrusage(resource.RUSAGE_CHILDREN)
                    found["cpu_s"] = now.ru_utime + now.ru_stime - cpu.ru_utime - cpu.ru_stime
                    found["cpu_ms_a_call"] = found["cpu_s"] * 1000 / found["calls"]
                    rounded = {name: round(value, 3) for name, value in found.items()}
                    print(json.dumps({"workers": count, **rounded, "whole_s": whole, "load": os.getloadavg()[0]}))
    finally:
        server.stop()


if __name__ == "__main__":
    main()
