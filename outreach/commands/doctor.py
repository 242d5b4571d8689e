"""`outreach doctor`: is everything in place?"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.as_typed import as_typed
from outreach.console import many, out, print_json, progress, say, visible
from outreach.context import settings_of

if TYPE_CHECKING:
    from outreach.checks import Check

EPILOG = """
[bold]Examples[/bold]
  outreach doctor
  outreach doctor --connect    log in to the mail servers as well; nothing is sent
  outreach doctor --json
"""

_STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red"}


def _print(checks: list[Check]) -> None:
    from rich.text import Text

    from outreach.tables import wrapped

    console = out()
    width = max(len(check.name) for check in checks)
    indent = " " * (width + 8)

    def folded(text: str) -> str:
        if not console.is_terminal:
            return text
        return wrapped(text, console.width - len(indent)).replace("\n", f"\n{indent}")

    for check in checks:
        says, mend = folded(visible(check.says)), folded(f"→ {visible(as_typed(check.mend))}")
        line = Text.assemble((f"{check.verdict:<4}", _STYLES[check.verdict]), f"  {check.name:<{width}}  ", says)
        console.print(line, soft_wrap=True)
        if check.mend and check.verdict != "ok":
            console.print(Text(f"{indent}{mend}"), soft_wrap=True)


def _summed_up(failed: int, warned: int) -> str:
    notes = f"{many(warned, 'thing')} to know (warn)" if warned else ""
    if failed:
        wrong = f"{many(failed, 'thing is', 'things are')} to be mended first (fail)"
        return f"{wrong}, {notes}." if notes else f"{wrong}."
    return f"Nothing is wrong; {notes}." if notes else "All is well."


def doctor(
    ctx: typer.Context,
    connect: Annotated[bool, typer.Option("--connect", help="Log in to the mail servers; nothing is sent.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Checks that everything is in place and says how to mend what is not.

    The home folder, the database with its migrations and triggers, the model, mail, the playbooks and their sender.
    A warning is something to know; a failure makes the exit code 1.
    """
    from outreach.checks import examine

    settings = settings_of(ctx)
    checks: list[Check] = []
    with progress("Looking at everything") as bar:
        for check in examine(settings, connect=connect):
            checks.append(check)
            bar.describe(f"Looked at {check.name}")
    failed = sum(check.verdict == "fail" for check in checks)
    if as_json:
        print_json([asdict(check) for check in checks])
    else:
        _print(checks)
        warned = sum(check.verdict == "warn" for check in checks)
        say(_summed_up(failed, warned))
    if failed:
        raise typer.Exit(1)
