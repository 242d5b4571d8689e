"""Pair precision, recall and F1 of `tools.dedupe` beside splink and recordlinkage, and its speed at 100,000 rows.

    python -m benchmarks.dedupe --data FOLDER --env /path/to/other/python [--speed 100000]

FOLDER has `dedupe/` and `colleges/` (docs/dedupe.md names the files and their sources). The other environment has
splink 5, recordlinkage and pandas; without --env only ours is measured. Every figure is on the half of each set that
was held out; see `dedupe_sets.py` for how the halves are made.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence, Set
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks import dedupe_sets as sets
from tools.dedupe import engine
from tools.dedupe.columns import Means
from tools.dedupe.records import Record, prepare
from tools.normalise import domain_of

Pairs = set[tuple[int, int]]
HERE = Path(__file__).parent


def figures(found: Set[object], truth: Set[object]) -> tuple[float, float, float]:
    """Precision, recall, F1."""
    right = len(found & truth)
    precision, recall = right / max(len(found), 1), right / max(len(truth), 1)
    return precision, recall, 2 * precision * recall / max(precision + recall, 1e-12)


def ours(half: sets.Labelled) -> tuple[Pairs, Pairs, float]:
    """Pairs that are in one cluster, pairs that are certain, and seconds."""
    meanings: dict[str, Means | None] = {column: Means(means) for column, means in half.columns.items()}
    start = time.perf_counter()
    records = [prepare(n, half.source[n], cells, meanings) for n, cells in enumerate(half.records)]

    def separate(a: Record, b: Record) -> bool:
        return half.linked and a.source == b.source

    found = engine.find(records, people=half.people, separate=separate)
    seconds = time.perf_counter() - start
    certain = {(p.one, p.other) for p in found.pairs if p.verdict is engine.Verdict.CERTAIN}
    return engine.same_pairs(found.clusters), certain, seconds


def plain(half: sets.Labelled) -> dict[str, Any]:
    """A half for the others: columns by their meaning, text in lower case without marks, hosts instead of addresses."""
    records = []
    for cells in half.records:
        record = {}
        for column, means in half.columns.items():
            value = cells[column]
            if means == "other_names":
                continue
            if means == "domain":
                value = domain_of(value) or ""
            elif means not in ("email", "birth_date"):
                value = " ".join(re.sub(r"[^\w]+", " ", value.lower()).split())
            record[means] = value
        records.append(record)
    return {"records": records, "source": half.source, "truth": sorted(half.truth())}


def others(python: str, every: Sequence[sets.Labelled]) -> dict[str, Any]:
    """What the other libraries find."""
    asked = [
        {
            "name": s.name,
            "people": s.people,
            "linked": s.linked,
            "columns": [means for means in s.columns.values() if means != "other_names"],
            "tuned": plain(s.half(False)),
            "held_out": plain(s.half(True)),
        }
        for s in every
    ]
    done = subprocess.run(
        [python, str(HERE / "dedupe_others.py")],
        input=json.dumps({"sets": asked}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{python} failed:\n{done.stderr[-3000:]}")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def synthetic(rows: int, people: bool) -> list[dict[str, str]]:
    """Rows of which one in five says again, with slips, what another said."""
    draw = random.Random(1)
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(draw.choice(letters) for _ in range(draw.randint(4, 9))) for _ in range(max(rows // 10, 50))]
    cities = [(draw.choice(words).title(), f"{n:05d}") for n in range(max(rows // 100, 10))]

    def word() -> str:
        return words[int(len(words) * draw.random() ** 2)]

    def slip(text: str) -> str:
        if len(text) < 4 or draw.random() > 0.5:
            return text
        at = draw.randrange(len(text))
        return text[:at] + draw.choice(letters) + text[at + draw.choice((0, 1)) :]

    made: list[dict[str, str]] = []
    for _ in range(rows):
        if made and draw.random() < 0.2:
            again = dict(made[draw.randrange(len(made))])
            for column in draw.sample(sorted(again), 2):
                again[column] = slip(again[column])
            made.append(again)
            continue
        city, code = draw.choice(cities)
        street = f"{draw.randint(1, 999)} {word()} street"
        if people:
            given, surname = word(), word()
            made.append({
                "first name": given, "last name": surname, "city": city, "zip": code, "street": street,
                "email": f"{given}.{surname}{draw.randint(1, 99)}@{word()}.example" if draw.random() < 0.7 else "",
                "date of birth": f"{draw.randint(1940, 2005)}-{draw.randint(1, 12):02d}-{draw.randint(1, 28):02d}",
            })  # fmt: skip
        else:
            name = f"{word()} {word()} {draw.choice(('university', 'college', 'high school', 'inc', 'group'))}"
            made.append({
                "name": name.title(), "city": city, "state": draw.choice(("OH", "PA", "IN", "KY", "IL", "NY", "TX")),
                "street": street, "website": f"{word()}{draw.randint(1, 99)}.example" if draw.random() < 0.7 else "",
            })  # fmt: skip
    return made


def speed(rows: int, people: bool) -> str:
    """One line on how long `rows` rows take and what memory they need."""
    from tools.dedupe.columns import guess

    cells = synthetic(rows, people)
    meanings = guess(cells[0])
    start = time.perf_counter()
    records = [prepare(n, "a", row, meanings) for n, row in enumerate(cells)]
    prepared = time.perf_counter() - start
    found = engine.find(records, people=people)
    seconds = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    kind = "people" if people else "organisations"
    return (
        f"{rows:>8,} {kind:14} {seconds:7.1f} s ({prepared:.1f} s of it normalising), {found.compared:>9,} pairs"
        f" compared, {len(found.clusters):,} clusters, at most {memory:,.0f} MB"
    )


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder of the labelled sets")
    parser.add_argument("--env", help="a Python with splink 5, recordlinkage and pandas")
    parser.add_argument("--speed", type=int, default=0, help="measure the speed at this many rows, too")
    parser.add_argument("--people", action="store_true", help="(speed) people rather than organisations")
    asked = parser.parse_args()
    if asked.data:
        every = sets.every(asked.data)
        answer = others(asked.env, every) if asked.env else {"versions": {}, "sets": {}}
        told = {"rapidfuzz (ours)": version("rapidfuzz"), **answer["versions"]}
        print("python", sys.version.split()[0], *(f"{name} {number}" for name, number in told.items()), sep=", ")
        print(f"Held-out halves (seed {sets.SEED!r}); P R F1 of pairs.")
        columns = f"{'ours':^20} {'certain P/R':^14} {'splink':^20} {'recordlinkage':^20}"
        print(f"{'set':24} {'rows':>6} {'pairs':>6}  {columns}")
        for labelled in every:
            half = labelled.half(True)
            truth = half.truth()
            found, certain, seconds = ours(half)
            cells = ["{:.3f} {:.3f} {:.4f}".format(*figures(found, truth))]
            cells.append("{:.3f} {:.3f}".format(*figures(certain, truth)[:2]).center(14))
            for name in ("splink", "recordlinkage"):
                other = answer["sets"].get(labelled.name, {}).get(name)
                pairs = {tuple(pair) for pair in other["pairs"]} if other else set()
                cells.append("{:.3f} {:.3f} {:.4f}".format(*figures(pairs, truth)) if other else "-".center(20))
            print(f"{labelled.name:24} {len(half.records):>6} {len(truth):>6}  {' '.join(cells)}   {seconds:.1f} s")
    if asked.speed:
        print(speed(asked.speed, asked.people))


if __name__ == "__main__":
    main()
