"""Whether lists of colleges become one organisation each, imported one on top of another through the command line.

    python -m benchmarks.import_colleges --data FOLDER [--order eada_2022 ipeds_hd2024 …]

Makes an empty home, runs `outreach import FILE --yes` for each of EADA, IPEDS, CFBD's teams and the athletics sites in
FOLDER, and after each sets the organisations against UNITID: a pair of rows is right where both stand under one
organisation and have one UNITID. Truth of CFBD and the sites: see `dedupe_sets.colleges`.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from time import perf_counter

from benchmarks import dedupe_sets

ROOT = Path(__file__).resolve().parent.parent
LISTS = ["eada_2022", "ipeds_hd2024", "cfbd_football_teams", "athletics_sites"]
Imported = tuple[str, str, str | None, str]
"""Account, UNITID by itself or '', UNITID where known, name."""


def truth(folder: Path) -> dict[str, dict[str, str]]:
    """Id column to id to UNITID, for the lists that do not give it."""
    eada = {row["UNITID"]: row for row in dedupe_sets.read(folder / "eada_2022.csv")}
    ipeds = {row["UNITID"]: row for row in dedupe_sets.read(folder / "ipeds_hd2024.csv")}
    teams = dedupe_sets.read(Path(__file__).parent / "college_truth.csv")
    return {
        "team_id": {row["team_id"]: row["unitid"] for row in teams},
        "client_id": {row["client_id"]: unitid for row, unitid, *_ in dedupe_sets.sites(folder, eada, ipeds)},
    }


def imported(database: Path, known: dict[str, dict[str, str]]) -> list[Imported]:
    """Every row that was taken."""
    found: list[Imported] = []
    with sqlite3.connect(database) as connection:
        for account, text in connection.execute(
            "SELECT record_id, payload FROM external_ids WHERE table_name = 'accounts'"
        ):
            cells = json.loads(text)
            column = next((name for name in known if name in cells), None)
            name = next(cells[n] for n in ("INSTNM", "Institution Name", "school", "client_name") if n in cells)
            own = cells.get("UNITID", "")
            found.append((account, own, own if column is None else known[column].get(cells[column]), name))
    return found


def tell(rows: list[Imported]) -> None:
    """Prints precision and recall of pairs, with and without those that UNITID itself gives, and the wrong ones."""
    labelled = [row for row in rows if row[2]]
    pairs: dict[str, set[tuple[int, int]]] = {}
    for kind, place in (("found", 0), ("true", 2)):
        groups: dict[str, list[int]] = defaultdict(list)
        for number, row in enumerate(labelled):
            groups[str(row[place])].append(number)
        pairs[kind] = {pair for group in groups.values() for pair in itertools.combinations(group, 2)}
    found, true = pairs["found"], pairs["true"]
    given = {(a, b) for a, b in true if labelled[a][1] and labelled[b][1]}
    right = found & true
    print(
        f"{len(rows):,} rows, {len(labelled):,} of a known UNITID, {len({row[2] for row in labelled}):,} institutions,"
        f" {len({row[0] for row in rows}):,} organisations; {len(true):,} true pairs, {len(given):,} by UNITID itself"
    )
    print(
        f"precision {len(right) / max(len(found), 1):.4f}, recall {len(right) / max(len(true), 1):.4f},"
        f" recall without those {len(right - given) / max(len(true - given), 1):.4f}"
    )
    for one, other in sorted(found - true):
        print(f"  wrong: {labelled[one][3]} = {labelled[other][3]}")


def main() -> None:
    """Imports, and tells after each list."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--order", nargs="+", default=LISTS, choices=LISTS)
    given = parser.parse_args()
    known = truth(given.data)
    with tempfile.TemporaryDirectory() as home:
        env = {**os.environ, "OUTREACH_HOME": home, "PYTHONPATH": str(ROOT)}

        def outreach(*words: str) -> None:
            done = subprocess.run([sys.executable, "-m", "outreach", *words], env=env, capture_output=True, text=True)
            # 3: a part of the rows was refused, as those without a division are.
            if done.returncode not in (0, 3):
                sys.exit(done.stdout + done.stderr)

        outreach("init")
        for name in given.order:
            # Refused rows are written beside the file.
            file = Path(shutil.copyfile(given.data / f"{name}.csv", Path(home, f"{name}.csv")))
            start = perf_counter()
            outreach("import", str(file), "--yes")
            print(f"\n{name}: {perf_counter() - start:.0f} s")
            tell(imported(Path(home, "outreach.db"), known))


if __name__ == "__main__":
    main()
