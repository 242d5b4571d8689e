"""`outreach batch export`: a batch as one page, as a table of messages, or as HubSpot imports people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from outreach.console import many, print_json, say, show
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.access import Database

EPILOG = """
[bold]Examples[/bold]
  outreach batch export 3                        a page in the folder exports of your home folder
  outreach batch export 3 --open                 the same, and shows it
  outreach batch export 3 --html b3.html --csv b3.csv --excel
  outreach batch export 3 --hubspot people.csv   to import into HubSpot

No file is replaced without --force, and only you can read what is written. More: docs/exports.md
"""
FOLDER = "exports"


def export(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(help="The batch's number, or the beginning of its id.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="One page: people, research, messages.")
    ] = None,
    table: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="One row a message.")] = None,
    hubspot: Annotated[
        Path | None, typer.Option("--hubspot", metavar="FILE", help="One row a person, under HubSpot's names.")
    ] = None,
    excel: Annotated[bool, typer.Option("--excel", help="With a byte order mark in the tables, for Excel.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Show the page in the browser.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Writes a batch to files. Without --html, --csv or --hubspot it writes the page into your home folder.

    What is not approved is in them as well, marked, and without a button that copies it.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    if open_ and html is None and (table or hubspot):
        raise Complaint("--open shows the page, which is not asked for.", "Add --html FILE.", code=2)
    targets = {kind: path for kind, path in (("html", html), ("csv", table), ("hubspot", hubspot)) if path is not None}
    _refuse_doubles(list(targets.values()))
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        made = database.read_sync(lambda s: _make(s, batch, set(targets) or {"html"}, excel=excel))
        if not targets:
            targets["html"] = settings.home / FOLDER / f"{made.name}.html"
        written = _write(targets, made.files, force=force)
        if "html" in written:
            _remember(database, made.batch_id, written["html"])
    if as_json:
        files = {kind: {"path": path, "bytes": len(made.files[kind])} for kind, path in written.items()}
        print_json({"batch": made.number, "files": files, **made.counts})
    else:
        for path in written.values():
            show(str(path))
        say(_told(made.counts))
    if open_ and typer.launch(written["html"].as_uri()):
        say(f"No browser could be started. Open it yourself: {written['html']}", "yellow")


class _Made(NamedTuple):
    """What was made of a batch: each file's bytes by its kind, and what is in them."""

    batch_id: str
    number: int | None
    name: str
    files: dict[str, bytes]
    counts: dict[str, int]


def _make(session: Session, told: str, kinds: set[str], *, excel: bool) -> _Made:
    from db.queries.batches import BatchNotFound, find_batch
    from outreach.pages.batch import batch_page
    from outreach.pages.batch_data import read_batch
    from outreach.pages.batch_tables import HUBSPOT_COLUMNS, MESSAGE_COLUMNS, as_csv, hubspot_rows, message_rows

    try:
        batch = find_batch(session, told)
    except BatchNotFound as exc:
        raise Complaint(str(exc), "See them: outreach batch list") from exc
    data = read_batch(session, batch)
    files: dict[str, bytes] = {}
    if "html" in kinds:
        files["html"] = batch_page(data).encode("utf-8", "replace")
    if "csv" in kinds:
        files["csv"] = as_csv(MESSAGE_COLUMNS, message_rows(data), excel=excel)
    if "hubspot" in kinds:
        files["hubspot"] = as_csv(HUBSPOT_COLUMNS, hubspot_rows(data), excel=excel)
    counts = {
        "people": len(data.people),
        "do_not_contact": sum(bool(person.barred) for person in data.people),
        "messages": len(data.messages),
        "may_leave": sum(message.leaves for message in data.messages),
    }
    return _Made(batch.id, batch.batch_number, f"batch-{batch.batch_number or batch.id[:8]}", files, counts)


def _told(counts: dict[str, int]) -> str:
    barred = f", {counts['do_not_contact']:,} of them not to be contacted" if counts["do_not_contact"] else ""
    people, messages = many(counts["people"], "person", "people"), many(counts["messages"], "message")
    return f"{people}{barred}; {messages}, {counts['may_leave']:,} approved and ready to be sent."


def _refuse_doubles(asked: list[Path]) -> None:
    if len({one.expanduser().absolute() for one in asked}) < len(asked):
        raise Complaint("Two of the files have one name.", "Give each a name of its own.", code=2)


def _write(targets: dict[str, Path], files: dict[str, bytes], *, force: bool) -> dict[str, Path]:
    from outreach.pages.files import free, write_private

    for path in targets.values():
        free(path, force=force)
    return {kind: write_private(path, files[kind], force=force) for kind, path in targets.items()}


def _remember(database: Database, batch_id: str, path: Path) -> None:
    from db.models import Batch

    def work(session: Session) -> None:
        session.get_one(Batch, batch_id).html_file_path = str(path)

    database.write_sync(work)
