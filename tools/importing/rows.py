"""Takes a table's rows in, some hundreds at a time, each chunk in a transaction of its own."""

import asyncio
import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from sqlalchemy.orm import Session

from db.access import Database
from db.models import Prospect
from tools.importing.contacts import People, take_contact
from tools.importing.job import ImportJob, Outcome, Refused, Reject
from tools.importing.openings import opening_id, take_opening
from tools.importing.organisations import take_facts, take_organisation
from tools.importing.records import Known, record_key
from tools.reading import Row, Table

CHUNK = 200


async def import_rows(db: Database, job: ImportJob, table: Table) -> Outcome:
    """Imports every row of a table; what cannot be taken is in the outcome, with its reason.

    The same table again changes nothing. Raises UnreadableFile where the file breaks off half-way; the chunks
    before that stay.
    """
    total = Outcome()
    seen: dict[str, int] = {}
    rows = table.rows()
    while chunk := await asyncio.to_thread(_next, rows):
        # A transaction may be tried twice: it gets copies, and what it returns counts once.
        part, seen = await db.write(lambda session, c=chunk, s=seen: import_chunk(session, job, c, s))  # type: ignore[misc]
        total.add(part)
    return total


def _next(rows: Iterator[Row]) -> list[Row]:
    return list(islice(rows, CHUNK))


def import_chunk(
    session: Session, job: ImportJob, rows: Sequence[Row], seen_before: dict[str, int]
) -> tuple[Outcome, dict[str, int]]:
    """Imports some rows in the session's transaction. `seen_before`: the keys of earlier rows, with their numbers."""
    outcome, seen = Outcome(), dict(seen_before)
    known = Known(session, job, rows)
    people = _people(session, job, rows, known)
    pursued: dict[str, Prospect] = {}
    for row in rows:
        outcome.processed += 1
        before = (outcome.created.total(), outcome.updated.total())
        try:
            if row.extra:
                raise Refused("the row has more cells than the header")
            _take(session, job, row, outcome, known, people, seen, pursued)
        except Refused as refused:
            outcome.rejects.append(Reject(row, str(refused)))
            continue
        outcome.unchanged += before == (outcome.created.total(), outcome.updated.total())
    session.flush()
    return outcome, seen


def _people(session: Session, job: ImportJob, rows: Sequence[Row], known: Known) -> People | None:
    if job.kind != "contacts":
        return None
    people = People(session, job, rows)
    people.learn_namesakes([prospect.id for prospect in known.prospects.values()])
    return people


def _take(
    session: Session,
    job: ImportJob,
    row: Row,
    outcome: Outcome,
    known: Known,
    people: People | None,
    seen: dict[str, int],
    pursued: dict[str, Prospect],
) -> None:
    if people is not None:
        prospect = None
        if job.mapped.entity == "mixed":
            key = record_key(job, row)
            if key not in seen:
                pursued[key] = take_organisation(session, job, known, row, outcome)
                seen[key] = row.number
            prospect = pursued.get(key)
        take_contact(session, job, known, people, row, outcome, prospect)
        return
    key = opening_id(job, row) if job.kind == "openings" else record_key(job, row)
    if key in seen:
        raise Refused("an earlier row has the same id")
    if job.kind == "openings":
        take_opening(session, job, known, row, outcome)
    elif job.kind == "facts":
        take_facts(job, known, row, outcome)
    else:
        take_organisation(session, job, known, row, outcome)
    seen[key] = row.number


def write_rejects(path: Path, table: Table, rejects: Sequence[Reject]) -> None:
    """Writes the rows that were not taken, as they came, with their number in the file and the reason."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["row", "reason", *table.columns])
        for reject in rejects:
            writer.writerow([reject.row.number, reject.reason, *reject.row.cells.values()])
