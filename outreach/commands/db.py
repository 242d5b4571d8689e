"""`outreach db`: upgrade the database, or compare it with what it should be."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from outreach.console import many, print_json, progress, say, show
from outreach.context import settings_of
from outreach.urls import hide_password

EPILOG = """
[bold]Examples[/bold]
  outreach db upgrade
  outreach db check
  outreach db check --json
"""

db_app = typer.Typer(
    help="Upgrades the database, or compares it with what it should be.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@db_app.command("upgrade", epilog=EPILOG)
def upgrade(ctx: typer.Context) -> None:
    """Brings the database to this version's tables and lays its triggers anew. Calling it again does no harm."""
    from db import migrate
    from outreach.commands.init import set_up

    settings = settings_of(ctx)
    url = settings.effective_database_url()
    with progress("Upgrading the database"):
        set_up(settings, as_owner=True)
        reached = migrate.current(url)
    show(f"{hide_password(url)} is at {reached}")


@db_app.command("check", epilog=EPILOG)
def check(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compares the database with what it should be: tables, constraints, indexes, triggers, the audit log's chain.

    After a clean check the head of the chain is written to audit-head.json in the home folder, and the next check
    compares with it: so the end of the log cannot be cut off unseen. Keep a copy of that file elsewhere.
    Exit code 1 where anything differs.
    """
    from outreach.integrity import export_head, inspect_database
    from outreach.wiring import connect

    settings = settings_of(ctx)
    connect(settings, "user").close()
    with progress("Comparing the database with what it should be"):
        report = inspect_database(settings)
        exported = export_head(settings, report)
    if as_json:
        print_json(
            {
                "differences": [asdict(difference) for difference in report.differences],
                "audit_rows": report.sealed,
                "were_unsealed": report.were_unsealed,
                "head": report.head.export() if report.head else None,
                "exported_to": exported,
            }
        )
    else:
        for difference in report.differences:
            show(f"{difference.kind}: {difference.what}\n    → {difference.hint}")
        if not report.differences:
            say("The database is what it should be; its log of changes is whole.", "green")
            if report.were_unsealed:
                rows = many(report.were_unsealed, "entry", "entries")
                say(f"{rows} of it had no seal before this check: what became of those until now is not proven.")
            if exported:
                entries = many(report.sealed, "entry", "entries")
                say(f"The log has {entries}; the last seal is in {exported}, and the next check compares with it.")
    if report.differences:
        count = many(len(report.differences), "difference")
        say(f"{count}. Lost triggers come back with: outreach db upgrade")
        raise typer.Exit(1)
