"""Every attack with every borrowed instruction, every control taken away alone, and the search for secrets, each on
SQLite and PostgreSQL:

    python -m benchmarks.attacks [--rounds 3] [--only-sqlite]

Prints what was tried and what got through, by channel and goal; what reaches a person's inbox; and the table of
controls. Exits with 1 where an attack succeeds, or where a control's absence lets nothing through. Nothing is drawn by
chance: round N begins with the borrowed instruction of number 48 N.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from db.migrate import upgrade
from outreach.logs import configure_logging
from outreach.settings import Settings
from tests.attacks.campaign import attack, reply_and_go_on
from tests.attacks.controls import CONTROLS
from tests.attacks.judge import Breach, injected, judge, remains, versions_blocked
from tests.attacks.payloads import Channel, Goal, instructions
from tests.attacks.siege import Plan, Siege, besieged
from tests.attacks.test_controls import breaches
from tests.attacks.test_secrets import ECHO, GARBLED, keep_secrets
from tests.e2e.conftest import Office
from tests.support.pipeline import small_sample
from tests.support.postgres import PostgresServer
from tests.support.statements import statements

COLLEGES = [channel for channel in Channel if channel is not Channel.JOB]
CAMPAIGNS = (("sports-lighting", COLLEGES), ("qa-software", [Channel.JOB]))
A_ROUND = len(Channel) * len(Goal)


@contextmanager
def fresh(kind: str, server: PostgresServer | None) -> Iterator[tuple[Path, str]]:
    """A folder, and a migrated database of its own."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="attacks-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = f"sqlite:///{folder / 'outreach.db'}"
        if kind == "postgresql":
            assert server is not None
            url = stack.enter_context(server.database())
        upgrade(url)
        yield folder, url


def campaign(siege: Siege, folder: Path) -> tuple[list[Breach], int, Counter[str]]:
    """One campaign to its end: the breaches, the poisoned drafts that reached the inbox, what QC blocked."""
    attack(siege, folder / "in")
    found, left = judge(siege), len(remains(siege))
    reply_and_go_on(siege, folder / "replies")
    return [*found, *judge(siege)], left, versions_blocked(siege)


def main() -> int:
    """Runs it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=-(-len(instructions()) // A_ROUND))
    parser.add_argument("--only-sqlite", action="store_true")
    given = parser.parse_args()
    configure_logging("console", "error")
    server = None if given.only_sqlite else PostgresServer("attacks")
    tried: Counter[tuple[Channel, Goal]] = Counter()
    got_through: list[str] = []
    left, letters, blocked = 0, 0, Counter[str]()
    filled = spoken = 0
    kinds = ("sqlite",) if server is None else ("sqlite", "postgresql")
    idle = 0
    try:
        for kind in kinds:
            for number in range(given.rounds):
                for playbook, channels in CAMPAIGNS:
                    with fresh(kind, server) as (folder, url):
                        plan = Plan(channels, start=number * A_ROUND)
                        with statements() as said, besieged(folder, url, plan, playbook=playbook) as siege:
                            found, inbox, rules = campaign(siege, folder)
                            tried.update({mark: one.valid for mark, one in siege.obedient.tried.items()})
                            letters += len(siege.smtp.letters)
                            filled += siege.obedient.injected.total()
                    spoken += len(said)
                    got_through += [f"{kind}, {playbook}: {breach.goal}: {breach.what}" for breach in found]
                    got_through += [f"{kind}, {playbook}: part of a statement: {one}" for one in injected(said)]
                    left, blocked = left + inbox, blocked + rules
        tell(tried, got_through, letters, left, blocked)
        print(f"{filled:,} of them held SQL; the {spoken:,} statements that were made were looked through for it.")
        for kind in kinds:
            idle += controls(kind, server)
            for answer in (ECHO, GARBLED):
                with fresh(kind, server) as (folder, url):
                    keep_secrets(small_office(folder, url), folder, answer)
            print(f"{kind}: no secret in what commands print, in any row or in any file.")
    finally:
        if server is not None:
            server.stop()
    return 1 if got_through or idle else 0


def tell(
    tried: Counter[tuple[Channel, Goal]], got_through: list[str], letters: int, left: int, blocked: Counter[str]
) -> None:
    """Prints the table of attacks."""
    print("Attacks that fit their schema, by channel and goal; got through:", len(got_through))
    print(f"{'':10}" + "".join(f"{goal:>11}" for goal in Goal))
    for channel in Channel:
        print(f"{channel:10}" + "".join(f"{tried[channel, goal]:>11,}" for goal in Goal))
    print(f"Sum {tried.total():,}. Letters sent under attack: {letters}, all to the right address.")
    print(f"Poisoned drafts that reached the inbox: {left}. Versions blocked, by rule: {dict(blocked.most_common())}")
    print("\n".join(got_through), flush=True)


def controls(kind: str, server: PostgresServer | None) -> int:
    """Prints what gets through without each control; how many of them hold nothing, or do not hold."""
    wrong = 0
    print(f"\n{kind}: control taken away alone → breaches of its goal (with it: 0)")
    for control in CONTROLS:
        with fresh(kind, server) as (folder, url):
            count = sum(one.goal is control.goal for one in breaches(folder, url, control, held=False))
        wrong += count == 0
        if control.given:
            with fresh(kind, server) as (folder, url):
                wrong += bool(breaches(folder, url, control, held=True))
        print(f"  {control.name:75} {control.goal:10} {count:>4}", flush=True)
    return wrong


def small_office(folder: Path, url: str) -> Office:
    """A home with two colleges to work on."""
    home = folder / "home"
    return Office(Settings(home=home, database_url=url), small_sample(home / "files", 2))


if __name__ == "__main__":
    sys.exit(main())
