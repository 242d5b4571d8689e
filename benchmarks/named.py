"""Days to write again and people named, on evals/data/reply_triage/dates.jsonl and names.jsonl.

    python benchmarks/named.py                  the halves that are held out (even numbers)
    python benchmarks/named.py --tuning         the halves for tuning (odd numbers), with what went wrong
    python benchmarks/named.py --env PYTHON     and dateparser beside it, from the environment of that interpreter

dateparser is asked as it is meant to be: the days that `search_dates` finds in a text, in the future of the given day
(the first of them counts; where it finds none that is to come, none).
"""

import argparse
import json
import subprocess
import time
from datetime import date
from pathlib import Path
from typing import Any

from agents.reply_people import named_person
from tools.mail import named_date

CASES = Path(__file__).resolve().parents[1] / "evals" / "data" / "reply_triage"
DATEPARSER = """
import json, sys, time
from datetime import datetime
from dateparser.search import search_dates
told, begun = [], time.process_time()
for row in json.load(sys.stdin):
    today = datetime.fromisoformat(row["today"])
    given = {"RELATIVE_BASE": today, "PREFER_DATES_FROM": "future", "PREFER_DAY_OF_MONTH": "first"}
    found = search_dates(row["text"], settings=given) or []
    told.append(next((when.date().isoformat() for _, when in found if when.date() > today.date()), None))
json.dump([told, time.process_time() - begun], sys.stdout)
"""


def half(name: str, tuning: bool) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if int(row["id"].rpartition("-")[2]) % 2 == tuning]


def report(name: str, found: list[str | None], wanted: list[str | None], spent: float) -> None:
    right = sum(a == b for a, b in zip(found, wanted, strict=True) if b)
    false = sum(a is not None for a, b in zip(found, wanted, strict=True) if not b)
    there = sum(b is not None for b in wanted)
    print(
        f"{name}: {right} of {there}; found where there is none: {false} of {len(wanted) - there}; "
        f"{1000 * spent / len(wanted):.1f} ms each"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tuning", action="store_true")
    parser.add_argument("--env", type=Path)
    given = parser.parse_args()
    rows = half("dates.jsonl", given.tuning)
    begun = time.process_time()
    days = [named_date(row["text"], date.fromisoformat(row["today"])) for row in rows]
    spent = time.process_time() - begun
    found, wanted = [day.isoformat() if day else None for day in days], [row["resume_date"] for row in rows]
    report("days", found, wanted, spent)
    if given.tuning:
        for row, day in zip(rows, found, strict=True):
            if day != row["resume_date"]:
                print(f"  {row['id']} {row['today']} {row['resume_date']} -> {day}  {row['text']}")
    if given.env:
        asked = json.dumps(rows)
        done = subprocess.run([given.env, "-c", DATEPARSER], input=asked, capture_output=True, text=True, check=True)
        told, spent = json.loads(done.stdout)
        report("days, dateparser", told, wanted, spent)
    rows = half("names.jsonl", given.tuning)
    begun = time.process_time()
    people = [named_person(row["text"]) for row in rows]
    spent = time.process_time() - begun
    for key in ("name", "title"):
        report(f"{key}s", [getattr(one, key) for one in people], [row[key] for row in rows], spent)
    if given.tuning:
        for row, one in zip(rows, people, strict=True):
            if (one.name, one.title) != (row["name"], row["title"]):
                print(f"  {row['id']} {row['name']} / {row['title']} -> {one.name} / {one.title}  {row['text']}")


if __name__ == "__main__":
    main()
