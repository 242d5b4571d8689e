"""SIGKILL at random moments, hundreds of times: one process on SQLite, four workers on PostgreSQL.

    python -m benchmarks.kills [--sqlite 500] [--postgres 500] [--workers 4] [--seed 20261122] [--without SAFEGUARD]

Each round takes a new database, kills what works on it at random moments until its work is done, and compares what it
left behind with what the same work leaves that nobody kills (`tests/support/rounds.py`). On SQLite the rounds are in
turn imports, first touches, decisions and follow-ups; on PostgreSQL first touches, then decisions, by workers that are
killed and started again, and so is the command that follows them. `--without` takes one safeguard away (see
`tests.support.killer.take_away`), and the figures show what it holds. The exit code is 1 where anything was wrong.
"""

import argparse
import os
import random
import resource
import sys
import tempfile
import time
import uuid
from pathlib import Path

from db.migrate import upgrade
from outreach.logs import configure_logging
from tests.support.postgres import PostgresServer
from tests.support.rounds import LONGEST_S, Figures, Forks, Rounds, on_postgresql, on_sqlite

KINDS = ("contacts", "decisions", "followups", "import")
ALONE, WITH_WORKERS = 3, 6
"""So many contacts has a round."""


def say(figures: Figures) -> None:
    """Where it stands, after each round."""
    print(f"  … {figures}", flush=True)


def tell(what: str, figures: Figures, seed: int, began: float, cpu: float) -> bool:
    """The figures of one form; whether nothing was wrong."""
    print(f"{what}, seed {seed}: {figures}")
    for problem in figures.wrong[:20]:
        print(f"  WRONG: {problem}")
    took, spent = time.monotonic() - began, used() - cpu
    print(f"  {took:.0f} s, {spent / max(figures.kills, 1):.2f} s of processor a kill", flush=True)
    return not figures.wrong


def used() -> float:
    """Seconds of processor of this process and those that it waited for."""
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


def main() -> None:
    """Prints the figures of both forms."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sqlite", type=int, default=500, metavar="KILLS")
    parser.add_argument("--postgres", type=int, default=500, metavar="KILLS")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("OUTREACH_TEST_SEED", "20261122")))
    parser.add_argument("--without", metavar="SAFEGUARD", help="take one away: see tests.support.killer.take_away")
    parser.add_argument("--longest", type=float, default=LONGEST_S, help="what is not done by then is lost (seconds)")
    given = parser.parse_args()
    configure_logging("console", "error")
    whole = True
    with tempfile.TemporaryDirectory() as scratch:
        for form, kills in (("sqlite", given.sqlite), ("postgres", given.postgres)):
            if not kills:
                continue
            folder = Path(scratch) / form
            folder.mkdir()
            began, cpu = time.monotonic(), used()
            dice = random.Random(given.seed)
            with Forks() as forks:
                if form == "sqlite":
                    upgrade(f"sqlite:///{folder / 'migrated.db'}")
                    copy = on_sqlite(folder / "migrated.db", folder, ALONE)
                    rounds = Rounds(forks, copy, dice, ALONE, without=given.without, longest_s=given.longest)
                    figures = rounds.run(KINDS, kills, say)
                else:
                    server = PostgresServer(f"kills{uuid.uuid4().hex[:7]}")
                    try:
                        migrated = server.template("migrated", upgrade)
                        with on_postgresql(server, migrated, folder, WITH_WORKERS) as copy:
                            rounds = Rounds(
                                forks, copy, dice, WITH_WORKERS, given.workers, given.without, given.longest
                            )
                            figures = rounds.run(("contacts",), kills, say)
                    finally:
                        server.stop()
            what = "SQLite, one process" if form == "sqlite" else f"PostgreSQL, {given.workers} workers"
            without = f", without {given.without}" if given.without else ""
            whole = tell(what + without, figures, given.seed, began, cpu) and whole
    sys.exit(not whole)


if __name__ == "__main__":
    main()
