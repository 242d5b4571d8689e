"""Rebuild the samples' files: `python -m samples.build --data DIR --out DIR`.

The data directory holds the sources as their publishers give them, under the names that SOURCES.md lists.
The same sources give the same bytes.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from samples.builders import colleges, companies, openings, stadiums
from samples.builders.text import Row, write_csv


def main(argv: list[str] | None = None) -> int:
    """Write both samples below --out and print what was joined, corrected and left out."""
    parser = argparse.ArgumentParser(prog="python -m samples.build", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the sources")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to (samples/ itself to ship)")
    options = parser.parse_args(argv)
    if not (options.data / "colleges").is_dir():
        print(f"{options.data} has no folder 'colleges': see SOURCES.md", file=sys.stderr)
        return 1
    build_colleges(options.data, options.out / "sports-lighting")
    build_companies(options.data, options.out / "qa-software")
    return 0


def build_colleges(data: Path, out: Path) -> None:
    """colleges.csv, stadiums.csv and contacts.csv, with a report on the join."""
    rows, notes = colleges.colleges(data)
    joined = stadiums.join(data, rows)
    people = colleges.contacts(rows)
    _write(out / "colleges.csv", colleges.COLUMNS, rows)
    _write(out / "stadiums.csv", stadiums.COLUMNS, joined.rows)
    _write(out / "contacts.csv", colleges.CONTACTS, people)
    _section("colleges", notes)
    _section("stadiums matched", joined.matched)
    _section("stadiums not matched", joined.unmatched)
    _section("stadium facts blanked or mended", joined.blanked)
    _section("differs from the older list", stadiums.stale_differences(data, joined.rows))
    filled = Counter(column for row in joined.rows for column, value in row.items() if value)
    print(f"colleges with a stadium's facts: {dict(filled)}")
    have = {row["UNITID"] for row in joined.rows}
    football = [
        r for r in rows if r["UNITID"] not in have and ("with football" in r["Division"] or "-F" in r["Division"])
    ]
    _section("football by division, no stadium", [f"{r['Institution Name']} ({r['State']})" for r in football])


def build_companies(data: Path, out: Path) -> None:
    """companies.csv, openings.csv and contacts.csv."""
    posted = companies.postings(data)
    rows, named = companies.companies(data, posted)
    jobs = openings.openings(rows, posted, named)
    _write(out / "companies.csv", companies.COLUMNS, rows)
    _write(out / "openings.csv", openings.COLUMNS, jobs)
    _write(out / "contacts.csv", companies.CONTACTS, companies.contacts(rows))
    testing = [row for row in jobs if openings.is_qa(row["Title"])]
    _section("openings for testers", [f"{row['Company']}: {row['Title']}" for row in testing])
    print(f"companies by source: {dict(Counter(row['Source'] for row in rows))}")
    print(f"companies with openings: {len({row['Domain'] for row in jobs})}, ", end="")
    print(f"for testers: {len({row['Domain'] for row in testing})}")


def _write(path: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    print(f"{path}: {write_csv(path, columns, rows)} rows")


def _section(title: str, lines: list[str]) -> None:
    print(f"\n{title} ({len(lines)})")
    for line in lines:
        print(f"  {line}")
    print()


if __name__ == "__main__":
    sys.exit(main())
