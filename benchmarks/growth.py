"""Growth: what a contact costs among many, beside what one costs among a hundred.

    python -m benchmarks.growth [--contacts 10000] [--few 100] [--postgres]      # 2000 for a quick look

Each size has a database and a process of its own. The organisations are those of the sample that a first message can
be written to, as often as it takes, each copy with a name, an address and an id of its own; they are put in by SQL, and
the part of the run that writes (research, draft, check, the interrupt for a person) is measured, after twenty that warm
up. Then a person approves all, and what goes on is measured too, until every thread is over.

Printed a size: CPU and growth of the resident memory's peak, per contact; bytes of the tables and of the checkpoints
per contact, while all wait and when all is done. CPU is that of the process, PostgreSQL's own left out.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from sqlalchemy import Connection, Table, insert, select, text
from sqlalchemy.orm import Session

from agents.parts import Part
from benchmarks.workers import imported
from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, take_decision
from db.engine import make_engine
from db.models import Account, Contact, ExternalId, MessageDraft, Prospect
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.inbox import waiting_drafts
from tests.support.postgres import PostgresServer

WARM = 20
CONCURRENCY = 16
LIMIT = 1.10


def memory(field: str) -> int:
    """Bytes of the process: VmRSS what it holds, VmHWM the most that it held."""
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def written_to(settings: Settings) -> list[tuple[str, str]]:
    """(account, contact) of the sample that a first message can be written to: those to whom one was."""
    with RunnerSession(settings) as session:
        session.run(settings.playbook, [], None, only=[Part.DRAFT])
    with Database(settings.effective_database_url(), "user") as database:
        rows = select(Contact.account_id, Contact.id).join(MessageDraft, MessageDraft.contact_id == Contact.id)
        return [(row[0], row[1]) for row in database.read_sync(lambda s: s.execute(rows.order_by(Contact.id)).all())]


def word(number: int) -> str:
    """A name for a copy that has no digit: a number in a letter must be in a fact."""
    letters = ""
    for _ in range(4):
        number, at = divmod(number, 26)
        letters = ascii_lowercase[at] + letters
    return letters.capitalize()


def multiply(connection: Connection, chosen: list[tuple[str, str]], wanted: int) -> None:
    """Puts copies in, until `wanted` people can be written to."""
    tables: dict[str, Any] = {
        model.__tablename__: model.__table__ for model in (Account, Prospect, Contact, ExternalId)
    }

    def rows(table: Table, column: str, value: str) -> list[dict[str, Any]]:
        return [dict(row._mapping) for row in connection.execute(select(table).where(table.c[column] == value))]

    originals = []
    for account_id, contact_id in chosen:
        # As they were before they were written to.
        account = {**rows(tables["accounts"], "id", account_id)[0], "research_freshness": None}
        contact = {**rows(tables["contacts"], "id", contact_id)[0], "stage": "new"}
        del contact["full_name"]  # the database makes it
        [prospect] = rows(tables["prospects"], "id", contact["prospect_id"])
        records = [
            row for record in (account, prospect) for row in rows(tables["external_ids"], "record_id", record["id"])
        ]
        prospect["status"] = "scored"
        originals.append((account, prospect, contact, records))
    made: dict[str, list[dict[str, Any]]] = {name: [] for name in tables}
    for number in range(wanted):
        account, prospect, contact, records = originals[number % len(originals)]
        name, own, theirs = word(number), uuid.uuid4().hex, uuid.uuid4().hex
        domain = f"{name.lower()}.example"
        web = {column: domain for column in ("domain", "email_domain") if account.get(column)}
        made["accounts"].append({**account, "id": own, "name": f"{account['name']} {name}", **web})
        made["prospects"].append({**prospect, "id": theirs, "account_id": own, "name": f"{prospect['name']} {name}"})
        made["contacts"].append(
            {**contact, "id": uuid.uuid4().hex, "account_id": own, "prospect_id": theirs, "email": f"ad@{domain}"}
        )
        for record in records:
            of = own if record["record_id"] == account["id"] else theirs
            key = f"{record['external_id']}-{name}"
            made["external_ids"].append({**record, "id": uuid.uuid4().hex, "record_id": of, "external_id": key})
    for table, values in made.items():
        for start in range(0, len(values), 500):
            connection.execute(insert(tables[table]), values[start : start + 500])


def approve_all(settings: Settings) -> int:
    """A person's yes to all that waits; how many."""
    with Database(settings.effective_database_url(), "user") as database, acting_as("user:bench"):
        waiting = database.read_sync(waiting_drafts)

        def decide(session: Session) -> None:
            for item in waiting:
                given = Decision(
                    item.draft_id, item.version, item.content_hash, "approve", "user:bench", reason="bench"
                )
                take_decision(session, given, approval_days=14)

        database.write_sync(decide)
    return len(waiting)


def sizes(settings: Settings) -> dict[str, int]:
    """Bytes of the tables and of the checkpoints, free pages left out."""
    url = settings.effective_database_url()
    if url.startswith("sqlite"):
        found = {}
        for name, at in (("tables", url), ("checkpoints", settings.effective_checkpoint_url())):
            engine = make_engine(at)
            with engine.connect() as connection:
                pragma = [connection.scalar(text(f"PRAGMA {p}")) for p in ("page_count", "freelist_count", "page_size")]
            engine.dispose()
            found[name] = int((pragma[0] - pragma[1]) * pragma[2])
        return found
    engine = make_engine(url)
    with engine.connect() as connection:
        size = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0) FROM pg_class c WHERE c.relkind = 'r'"
        mine = " AND c.relnamespace = 'public'::regnamespace AND c.relname {} LIKE 'checkpoint%'"
        found = {
            "tables": int(connection.scalar(text(size + mine.format("NOT")))),
            "checkpoints": int(connection.scalar(text(size + mine.format("")))),
        }
    engine.dispose()
    return found


def measured(settings: Settings, contacts: int) -> dict[str, float]:
    """The figures of one size; runs in a process of its own."""
    with RunnerSession(settings) as session:
        session.run(settings.playbook, [], WARM, only=[Part.DRAFT])
        before, cpu, began, held = sizes(settings), time.process_time(), time.monotonic(), memory("VmHWM")
        tally = session.run(settings.playbook, [], contacts, only=[Part.DRAFT]).tally
        found = {
            "contacts": tally.waiting,
            "cpu_ms": (time.process_time() - cpu) * 1000 / contacts,
            "wall_s": time.monotonic() - began,
            "peak_kb": (memory("VmHWM") - held) / 1024 / contacts,
        }
    after = sizes(settings)
    found |= {f"{name}_kb": (after[name] - before[name]) / 1024 / contacts for name in after}
    approved = approve_all(settings)
    cpu = time.process_time()
    with RunnerSession(settings) as session:
        session.carry_on()
    found["approved_cpu_ms"] = (time.process_time() - cpu) * 1000 / approved
    done = sizes(settings)
    found |= {f"done_{name}_kb": (done[name] - before[name]) / 1024 / contacts for name in done}
    return found


@contextmanager
def database(postgres: bool, home: Path) -> Iterator[str]:
    if not postgres:
        yield f"sqlite:///{home / 'outreach.db'}"
        return
    server = PostgresServer(f"growth{uuid.uuid4().hex[:7]}")
    try:
        with server.database() as url:
            yield url
    finally:
        server.stop()


def main() -> None:
    """Prints a line a size; exit code 1 where one of many costs more than a tenth above one of a few."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=10_000)
    parser.add_argument("--few", type=int, default=100)
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--here", nargs=3, metavar=("HOME", "URL", "CONTACTS"), help="(for itself) one size")
    given = parser.parse_args()
    configure_logging("console", "error")
    if given.here:
        settings = Settings(
            home=Path(given.here[0]), database_url=given.here[1], model="rules", concurrency=CONCURRENCY
        )
        print(json.dumps(measured(settings, int(given.here[2]))))
        return
    results: list[dict[str, float]] = []
    for size in (given.few, given.contacts):
        with tempfile.TemporaryDirectory() as folder, database(given.postgres, Path(folder)) as url:
            chosen = written_to(imported(Path(folder), url))
            engine = make_engine(url)
            with acting_as("user:bench"), engine.begin() as connection:
                multiply(connection, chosen, size + WARM)
            engine.dispose()
            command = [sys.executable, "-m", "benchmarks.growth", "--here", folder, url, str(size)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        results.append(json.loads(done.stdout.splitlines()[-1]))
        print(json.dumps({name: round(value, 2) for name, value in results[-1].items()} | {"load": os.getloadavg()[0]}))
    few, many = results
    ratios = {name: many[name] / few[name] for name in ("cpu_ms", "peak_kb") if few[name]}
    print("among many over among few:", ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items()))
    sys.exit(any(ratio > LIMIT for ratio in ratios.values()))


if __name__ == "__main__":
    main()
