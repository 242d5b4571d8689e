"""Duplicates in small files: a person tries the tool on thirty rows, not on three thousand.

    python -m benchmarks.dedupe_small --data FOLDER [--held-out]

Draws files of 30, 100 and 250 rows out of the labelled sets of organisations (`dedupe_sets.py`), twelve of each size,
most of them the organisations of one state, where look-alikes are. Prints precision, recall and F1 of the pairs in one
cluster, pooled over the twelve, and how many of the pairs called certain were wrong.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks import dedupe_sets as sets
from benchmarks.dedupe import figures, ours

SIZES = (30, 100, 250)
FILES = 12
ONE_STATE = 0.6
SEED = 7


def draw(half: sets.Labelled, rows: int, by: random.Random) -> Iterator[sets.Labelled]:
    """Files of about so many rows, whole entities each."""
    state = next((column for column, meaning in half.columns.items() if meaning == "state"), None)
    weight = Counter(half.entity)
    for _ in range(FILES):
        entities = set(half.entity)
        if state is not None and by.random() < ONE_STATE:
            chosen = by.choice([record[state] for record in half.records])
            entities = {e for e, r in zip(half.entity, half.records, strict=True) if r[state] == chosen}
        order = sorted(entities)
        by.shuffle(order)
        keep: set[str] = set()
        while order and sum(weight[e] for e in keep) < rows:
            keep.add(order.pop())
        yield sets.pick(half, [n for n, e in enumerate(half.entity) if e in keep])


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder of the labelled sets")
    parser.add_argument("--held-out", action="store_true", help="the half that nothing was tuned on")
    given = parser.parse_args()
    print(f"{'set':<24}{'rows':>6}{'precision':>11}{'recall':>9}{'F1':>7}{'certain, wrong':>18}")
    for whole in sets.every(given.data):
        if whole.people:
            continue
        half = whole.half(given.held_out)
        for rows in SIZES:
            found, truth, wrong, certain = set(), set(), 0, 0
            for number, file in enumerate(draw(half, rows, random.Random(SEED))):
                pairs, sure, _seconds = ours(file)
                real = file.truth()
                found |= {(number, pair) for pair in pairs}
                truth |= {(number, pair) for pair in real}
                wrong, certain = wrong + len(sure - real), certain + len(sure)
            precision, recall, f1 = figures(found, truth)
            print(f"{half.name:<24}{rows:>6}{precision:>11.3f}{recall:>9.3f}{f1:>7.3f}{certain:>12}, {wrong:>4}")


if __name__ == "__main__":
    main()
