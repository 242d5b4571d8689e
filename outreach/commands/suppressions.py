"""`outreach suppressions`: who must not be written to, whatever a list, a page or a model says."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import many, print_json, print_table, say
from outreach.context import MOST, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from tools.suppressing import Added, Lifted

EPILOG = """
[bold]Examples[/bold]
  outreach suppressions                                            the list
  outreach suppressions add acme.example --reason "a customer"     everybody at a domain
  outreach suppressions add --file customers.csv --column Website --reason "customers"
  outreach suppressions lift dana@acme.example --reason "she asked to hear from us"
"""

suppressions_app = typer.Typer(
    help="Lists who must not be written to: people, addresses, domains; `add` and `lift` change that.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@suppressions_app.callback()
def suppressions(
    ctx: typer.Context,
    search: Annotated[str | None, typer.Option(help="Only where this is in the name, address or reason.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists who must not be written to, the newest first: addresses and domains, then people without a suppressed
    address. Opt-outs, complaints and your decisions at approvals put themselves here."""
    if ctx.invoked_subcommand is not None:
        return
    from outreach.wiring import open_database
    from tools.suppressing import listed

    with open_database(settings_of(ctx), "user") as database:
        items, whole = database.read_sync(lambda s: listed(s, search=search, limit=limit))
    if items or as_json:
        print_table(
            "Suppressions",
            ("what", "kind", "people", "since", "why"),
            [(i.value, i.kind, i.people, i.since, i.reason) for i in items],
            as_json=as_json,
            json_rows=[asdict(item) for item in items],
        )
    if as_json:
        return
    if not items:
        say(
            "Nobody is on the list of who must not be written to."
            if search is None
            else f"Nothing has '{search}' in it."
        )
        say('Put somebody on it: outreach suppressions add acme.example --reason "a customer"')
    elif whole > len(items):
        say(f"{whole - len(items):,} more: --limit {whole}")


@suppressions_app.command("add", epilog=EPILOG)
def add_to_list(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="WHAT…", help="Addresses, domains, or web addresses for domains.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A table with one of them in each row.")] = None,
    column: Annotated[str | None, typer.Option("--column", help="Which of the table's columns has them.")] = None,
    as_json: AsJson = False,
) -> None:
    """Puts addresses and domains on the list: customers, partners, competitors, whoever asked.

    Whoever is there becomes do-not-contact at once: their sequences stop, and messages that were approved are put away.
    Who comes in by a later list is do-not-contact from the start. All of them are taken, or none.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.suppressing import NotSuppressible, add

    if column is not None and file is None:
        raise Complaint("--column names a column of a table.", "Name the table: --file customers.csv", code=2)
    wanted = [*(values or []), *(_of_file(file, column) if file is not None else [])]
    if not wanted:
        raise Complaint("Nothing to add.", "Name addresses or domains, or a table: --file customers.csv", code=2)
    if not reason.strip():
        raise Complaint("It needs a reason.", 'Say why: --reason "a customer"', code=2)
    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            added: list[Added] = database.write_sync(
                lambda s: add(s, wanted, reason=reason.strip(), source=settings.actor())
            )
        except NotSuppressible as exc:
            for problem in exc.problems[:10]:
                say(problem, "yellow")
            left = f" and {len(exc.problems) - 10:,} like that" if len(exc.problems) > 10 else ""
            raise Complaint(
                f"Nothing was added: {many(len(exc.problems), 'value')} cannot be suppressed{left}.",
                "Put those right, or leave them out.",
                code=2,
            ) from exc
    if as_json:
        print_json([asdict(one) for one in added])
        return
    for one in added if len(added) <= 10 else ():
        say(f"{one.value} is suppressed{' already' if one.known else ''}: {many(len(one.people), 'contact')}.")
    fresh = sum(not one.known for one in added)
    if len(added) > 10:
        people = sum(len(one.people) for one in added)
        say(f"{fresh:,} added, {len(added) - fresh:,} were there; {many(people, 'contact')}.")
    if fresh:
        say("To take one back: outreach suppressions lift " + next(one.value for one in added if not one.known))


def _of_file(file: Path, column: str | None) -> list[str]:
    from tools.reading import UnreadableFile, read_table

    try:
        table = read_table(file)
        named = {name.casefold(): name for name in table.columns}
        chosen = named.get(column.casefold()) if column is not None else None
        if chosen is None and column is None and len(table.columns) == 1:
            chosen = table.columns[0]
        if chosen is None:
            missing = f"{file.name} has no column '{column}'." if column else f"{file.name} has several columns."
            raise Complaint(missing, f"Name one with --column: {', '.join(table.columns[:12])}.", code=2)
        return [row.cells[chosen] for row in table.rows() if row.cells[chosen]]
    except UnreadableFile as exc:
        raise Complaint(str(exc), "Name a table that can be read: docs/importing.md says which.", code=2) from exc


@suppressions_app.command("lift", epilog=EPILOG)
def lift_from_list(
    ctx: typer.Context,
    what: Annotated[str, typer.Argument(metavar="WHAT", help="An address, a domain, or a contact's id or name.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Takes somebody from the list: they may be written to again. Also wakes a contact who is dormant.

    Sequences that were stopped stay stopped. Where a reply was taken for an opt-out by mistake, correct the reply
    instead (`outreach replies correct`): that takes back all that it led to.
    """
    import sys

    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.suppressing import NothingToLift, against, lift

    if not reason.strip():
        raise Complaint("It needs a reason.", 'Say why: --reason "she asked to hear from us"', code=2)
    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            if not yes:
                for line in database.read_sync(lambda s: against(s, what)):
                    say(line)
                if not sys.stdin.isatty() or not typer.confirm("May they be written to again?", err=True):
                    raise Complaint("Nothing was changed.", "To agree: the same command with --yes.")
            done: Lifted = database.write_sync(lambda s: lift(s, what, reason=reason.strip(), by=settings.actor()))
        except NothingToLift as exc:
            raise Complaint(str(exc), "See the list: outreach suppressions") from exc
    if as_json:
        print_json(asdict(done))
        return
    for line in done.did:
        say(line)
    for line in done.stays:
        say(f"Stays: {line}", "yellow")
