"""`outreach playbook`: the sales motions that there are, and one of your own."""

from __future__ import annotations

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, out, print_json, print_table, say, show, visible
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from playbooks import Playbook
    from tools.playbook_files import Finding, Linted

EPILOG = """
[bold]Examples[/bold]
  outreach playbook list
  outreach playbook new my-motion                              a commented one, with blanks to fill in
  outreach playbook new my-lighting --from sports-lighting     a copy to change
  outreach playbook check my-motion                            what is wrong in it, why it matters, how to mend it
  outreach playbook show my-motion

Your own stand in OUTREACH_HOME/playbooks/NAME. Step by step: docs/playbooks.md.
"""

playbook_app = typer.Typer(
    help="Your own sales motion: begin one, check it; list and show all.",
    no_args_is_help=True,
    epilog=EPILOG,
    rich_markup_mode="rich",
)

_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@playbook_app.command("list")
def list_playbooks(ctx: typer.Context, as_json: _JSON = False) -> None:
    """Lists every playbook: what it is about, whose it is, and which is in force."""
    from playbooks.loader import playbook_folders
    from tools.playbook_files import lint

    settings = settings_of(ctx)
    objects = []
    for name, folder in playbook_folders().items():
        found = lint(folder)
        objects.append(
            {
                "playbook": name,
                "about": found.playbook.title if found.playbook else None,
                "whose": _whose(name),
                "errors": len(found.errors),
                "in_force": name == settings.playbook,
                "folder": str(folder),
            }
        )
    rows = [
        (o["playbook"], o["about"] or "cannot be read", o["whose"], _state(o["errors"], o["in_force"])) for o in objects
    ]
    print_table("", ("playbook", "about", "whose", ""), rows, as_json=as_json, json_rows=objects)


def _state(errors: object, in_force: object) -> str:
    said = ["in force"] if in_force else []
    return ", ".join([*said, many(int(str(errors)), "mistake")] if errors else said)


def _whose(name: str) -> str:
    from playbooks.loader import FOLDER, is_own

    if not is_own(name):
        return "shipped"
    return "yours, for the shipped one" if (FOLDER / name / "playbook.toml").is_file() else "yours"


@playbook_app.command("show")
def show_playbook(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The playbook; the one in force if not given.")] = None,
    as_json: _JSON = False,
) -> None:
    """Shows what a playbook sells, to whom, how it scores, and what it sends when."""
    from playbooks import load_playbook
    from playbooks.loader import folder_of

    settings = settings_of(ctx)
    chosen = name or settings.playbook
    playbook, folder = load_playbook(chosen), folder_of(chosen)
    if as_json:
        print_json({"folder": folder, "whose": _whose(chosen), **playbook.model_dump(mode="json")})
        return
    sender = playbook.sender
    show(f"{playbook.name}: {playbook.title}", "bold")
    for label, text in (
        ("sells", playbook.what_we_sell),
        ("to", playbook.who_we_write_to),
        ("first", ", ".join(playbook.contact_personas)),
        ("sender", f"{sender.name}, {sender.company} <{sender.email}>{' (invented)' if sender.sample else ''}"),
        ("scores", f"{playbook.scoring.formula}, {playbook.scoring.version}"),
        ("says", _counted(playbook)),
        ("whose", _whose(chosen)),
        ("files", str(folder)),
    ):
        _labelled(label, text)
    print_table("", ("tier", "from", "touches (days after the one before)"), _tiers(playbook))
    say(f"Next: outreach playbook check {chosen}")


def _labelled(label: str, text: str) -> None:
    from outreach.tables import wrapped

    console, line = out(), f"{label:<10}{visible(text)}"
    show(wrapped(line, console.width, hang=10) if console.is_terminal else line)


def _counted(playbook: Playbook) -> str:
    kinds = dict.fromkeys(statement.kind for statement in playbook.statements)
    return ", ".join(many(sum(s.kind == kind for s in playbook.statements), kind) for kind in kinds)


def _tiers(playbook: Playbook) -> list[tuple[Any, ...]]:
    from playbooks.sequences import kind_of

    rows: list[tuple[Any, ...]] = []
    for tier, least in playbook.tiers.items():
        steps = playbook.steps_of(tier) if tier in playbook.draft_tiers else []
        said = [
            f"{kind_of(n, step.touch, note=step.note)}{f' ({step.days})' if step.days else ''}"
            for n, step in enumerate(steps, start=1)
        ]
        rows.append((tier, least, ", ".join(said) or "nobody is written to"))
    return rows


@playbook_app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Small letters, digits and hyphens.")],
    source: Annotated[str | None, typer.Option("--from", metavar="PLAYBOOK", help="Copy this one.")] = None,
) -> None:
    """Begins a playbook of your own in OUTREACH_HOME/playbooks: commented, with what is yours to write in <brackets>.

    With --from it is a copy of another playbook. A copy under its own name stands in the place of the shipped one.
    """
    from playbooks import load_playbook
    from tools.playbook_files import BeginRefused, begin, lint

    settings = settings_of(ctx)
    if source is not None:
        load_playbook(source)
    try:
        folder = begin(settings.own_playbooks(), name, source)
    except BeginRefused as exc:
        raise Complaint(str(exc), exc.mend, code=2) from exc
    show(str(folder))
    left = len(lint(folder).errors)
    say(f"Begun. {many(left, 'place is', 'places are')} yours to write." if left else "Begun.", "green")
    say(
        f"Next: outreach playbook check {name}     what is left to write, line by line\n"
        f"      outreach --playbook {name} ...     work with it; OUTREACH_PLAYBOOK or config.toml for good"
    )


@playbook_app.command()
def check(
    ctx: typer.Context,
    named: Annotated[
        str | None, typer.Argument(metavar="[NAME|PATH]", help="The playbook, or its folder; all if not given.")
    ] = None,
    as_json: _JSON = False,
) -> None:
    """Says of each mistake in a playbook where it is, what is wrong, why it matters, and how to mend it.

    An error keeps the playbook, or a part of it, from working, and makes the exit code 1. A warning is to know of.
    """
    from tools.playbook_files import lint

    settings_of(ctx)
    found = [(folder, lint(folder)) for folder in _folders(named)]
    if as_json:
        print_json(
            [
                {"playbook": folder.name, "folder": folder, "findings": [asdict(f) for f in linted.findings]}
                for folder, linted in found
            ]
        )
    else:
        for folder, linted in found:
            _print(folder, linted)
    if any(linted.errors for _, linted in found):
        raise typer.Exit(1)


def _folders(named: str | None) -> list[Path]:
    from playbooks import PlaybookNotFound
    from playbooks.loader import folder_of, playbook_folders

    if named is None:
        return list(playbook_folders().values())
    path = Path(named).expanduser()
    if "/" not in named and named in playbook_folders():
        return [folder_of(named)]
    path = path.parent if path.name == "playbook.toml" else path
    if (path / "playbook.toml").is_file():
        return [path.resolve()]
    if path.is_dir():
        raise Complaint(f"{path} has no playbook.toml.", "Begin one: outreach playbook new NAME", code=2)
    raise PlaybookNotFound(f"There is no playbook '{named}'; there are: {', '.join(playbook_folders())}.")


def _print(folder: Path, linted: Linted) -> None:
    errors, warnings = len(linted.errors), len(linted.warnings)
    verdict = f"{many(errors, 'error')}, {many(warnings, 'warning')}" if errors or warnings else "nothing to mend"
    show(f"{folder.name}: {verdict}   ({folder})", "bold")
    for (level, why, mend), alike in groupby(linted.findings, key=lambda f: (f.level, f.why, f.mend)):
        show("")
        for finding in alike:
            show(f"{level}  {_place(finding)}", "red" if level == "error" else "yellow")
            show(f"  {finding.wrong}")
        show(f"  Why: {why}\n  Mend: {mend}")
    if errors:
        say(f"\nNext: mend it, then: outreach playbook check {folder.name}")


def _place(finding: Finding) -> str:
    where = f"{finding.file}:{finding.line}" if finding.line else finding.file
    return f"{where}  {finding.key}".rstrip()
