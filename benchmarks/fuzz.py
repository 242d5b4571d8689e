"""Every reader of outside bytes against damaged and hostile items: at least 100,000 of them.

    python -m benchmarks.fuzz [--cases 110000] [--seed 7] [--only NAME] [--jobs 2]

Prints, for each reader, how many items it was given, how many it refused with its documented error, and the seconds of
the processor that the slowest took. Exits with 1 where a reader raised anything else, reached out of its folder, gave
what no database keeps or more than it may, or took more than a second (of the processor, twice in a row: what a busy
machine adds to the first counts for nothing). What was found is printed with the smallest item that shows it.
"""

import argparse
import logging
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.reader import Broken, Reader, Tried, room, try_case
from tests.fuzz.readers import READERS

SLOWEST_S = 1.0
ROOT = str(Path(__file__).parents[1])
Key = tuple[str, str, str]


@dataclass
class Report:
    """What came of a reader's items. `found` is the smallest item for each way of failing, with what it said."""

    tried: int = 0
    refused: int = 0
    slowest: float = 0.0
    cpu: float = 0.0
    found: dict[Key, tuple[Any, str]] = field(default_factory=dict)

    def keep(self, key: Key, item: Any, said: str) -> None:
        if key not in self.found or len(repr(item)) < len(repr(self.found[key][0])):
            self.found[key] = (item, said)


def fuzz(reader: Reader, cases: int, number: int, folder: Path) -> Report:
    """Gives a reader so many items; a finding does not end it."""
    report = Report()

    def one(item: Any) -> None:
        report.tried += 1
        try:
            tried = try_case(reader, item, folder)
        except Exception as exc:  # noqa: BLE001 (whatever it is, it is what is looked for)
            report.keep(_key(exc), item, str(exc))
            return
        report.refused += tried.refused
        seconds = tried.seconds if tried.seconds < SLOWEST_S else _again(reader, item, folder, tried)
        report.slowest = max(report.slowest, seconds)
        if seconds >= SLOWEST_S:
            report.keep(("slow", "", ""), item, f"{seconds:.1f} s")

    began = time.process_time()
    for example in reader.examples:
        one(example)
    run: Callable[[], None] = given(reader.cases)(one)
    quiet = settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    quiet(seed(number)(run))()
    report.cpu = time.process_time() - began
    return report


def _again(reader: Reader, item: Any, folder: Path, before: Tried) -> float:
    return min(before.seconds, try_case(reader, item, folder).seconds)


def _key(exc: Exception) -> Key:
    ours = [frame for frame in traceback.extract_tb(exc.__traceback__) if frame.filename.startswith(ROOT)]
    at = ours[-1]
    return (
        type(exc).__name__,
        f"{at.filename.removeprefix(ROOT)}:{at.lineno}",
        str(exc)[:30] if isinstance(exc, Broken) else "",
    )


def _quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("error")
    # A playbook's own doubtful pattern is told to its author, who sees the warning.
    warnings.simplefilter("ignore", FutureWarning)


def _one(number: int, cases: int, chance: int) -> Report:
    with room() as folder:
        return fuzz(READERS[number], cases, chance, folder)


def main() -> int:
    """Runs them all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=110_000, help="items in all, parted by the readers' shares")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--only", default="", help="readers whose names have this in them")
    asked = parser.parse_args()
    each = asked.cases / sum(reader.share for reader in READERS)
    chosen = {n: max(1, round(each * one.share)) for n, one in enumerate(READERS) if asked.only in one.name}
    reports: dict[str, Report] = {}
    print(f"seed {asked.seed}\n{'reader':32} {'items':>7} {'refused':>7} {'slowest s':>9} {'cpu s':>7}", flush=True)
    with ProcessPoolExecutor(asked.jobs, initializer=_quiet) as pool:
        jobs = {pool.submit(_one, n, cases, asked.seed): READERS[n].name for n, cases in chosen.items()}
        for job in as_completed(jobs):
            name, made = jobs[job], job.result()
            reports[name] = made
            row = f"{name:32} {made.tried:>7,} {made.refused:>7,} {made.slowest:>9.2f} {made.cpu:>7.1f}"
            print(row + f"  {len(made.found)} found" * bool(made.found), flush=True)
    found = [(name, key, *one) for name, made in reports.items() for key, one in made.found.items()]
    print(f"{sum(made.tried for made in reports.values()):,} items, {len(found)} findings")
    for name, key, item, said in found:
        print(f"\n{name}: {' '.join(key)}\n  {said[:300]}\n  {repr(item)[:600]}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
