"""`outreach flags`: what hygiene found that a person should settle."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from outreach.console import SHORT_ID, print_json, print_table, say, show
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from db.models import HygieneFlag, Merge
    from tools.hygiene.flag_review import FlagItem

EPILOG = """
[bold]Examples[/bold]
  outreach flags --type duplicate_suspect
  outreach flags show 4f1c                     both records, field by field
  outreach flags merge 4f1c --keep 2           the second record survives
  outreach flags keep-apart 4f1c --note "two campuses"
  outreach flags resolve 9a02 --note "looked it up"
  outreach flags undo 77be                     takes a merge back
"""
T = TypeVar("T")

flags_app = typer.Typer(
    help="Lists what hygiene found, the severest first; merges or parts doubles, resolves, takes merges back.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or their beginnings, from the list.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="An id, or its beginning, from the list.")]
Note = Annotated[str | None, typer.Option(help="Why; it is kept beside it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class Kind(StrEnum):
    """The types of flags (SB, hygiene_flags), here so that the help needs no database module."""

    MISSING_CONTACT = "missing_contact"
    MISSING_EMAIL = "missing_email"
    STALE_DATA = "stale_data"
    SCORE_ANOMALY = "score_anomaly"
    DUPLICATE_SUSPECT = "duplicate_suspect"
    DATA_QUALITY = "data_quality"
    OUTREACH_BLOCKED = "outreach_blocked"


@flags_app.callback()
def flags(
    ctx: typer.Context,
    kind: Annotated[Kind | None, typer.Option("--type", help="Only flags of this type.", show_default=False)] = None,
    resolved: Annotated[bool, typer.Option("--resolved", help="The resolved ones instead.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists open flags, the severest first. `show` puts the records of one side by side."""
    if ctx.invoked_subcommand is not None:
        return
    from db.enums import FlagType
    from outreach.wiring import open_database
    from tools.hygiene.flag_review import listed

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    wanted = FlagType(kind.value) if kind else None
    with open_database(context.settings, "user") as database:
        items: list[FlagItem] = database.read_sync(
            lambda s: listed(s, playbook=playbook, kind=wanted, resolved=resolved, limit=limit)
        )
    if items or as_json:
        print_table(
            "Flags",
            ("id", "since", "severity", "type", "about", "what"),
            [
                (i.id[:SHORT_ID], i.created_at, i.severity, i.flag_type.replace("_", " "), _about(i), i.message)
                for i in items
            ],
            as_json=as_json,
            json_rows=[asdict(item) for item in items],
        )
    if not items and not as_json:
        say("No flag was resolved yet." if resolved else "No flags. Hygiene looks for them in every run: outreach run")


def _about(item: FlagItem) -> str:
    return f"{item.organisation} / {item.other}" if item.other else item.organisation


@flags_app.command("show", epilog=EPILOG)
def show_flag(ctx: typer.Context, flag: Id, as_json: AsJson = False) -> None:
    """Shows a flag, and the record or both records that it is about, field by field."""
    from outreach.wiring import open_database
    from tools.hygiene.flag_review import side_by_side

    with open_database(settings_of(ctx), "user") as database:
        found = _found(lambda: database.read_sync(lambda s: side_by_side(s, flag)))
    if as_json:
        print_json(
            {
                "flag": asdict(found.flag),
                "table": found.table,
                "ids": list(found.ids),
                "records": [
                    {field: row[place] for field, *row in found.rows if row[place] is not None}
                    for place in range(len(found.ids))
                ],
            }
        )
        return
    show(f"{found.flag.flag_type.replace('_', ' ')} ({found.flag.severity}): {found.flag.message}", "bold")
    if found.flag.suggested_action:
        show(found.flag.suggested_action)
    two = len(found.ids) == 2
    print_table("", ("field", "1", "2") if two else ("field", "value"), [row if two else row[:2] for row in found.rows])
    if found.flag.resolved_at is not None:
        say(f"Resolved by {found.flag.resolved_by}: {found.flag.resolution_notes or 'no note'}")
    elif two:
        short = found.flag.id[:SHORT_ID]
        say(f"One: outreach flags merge {short}   Two: outreach flags keep-apart {short}")


@flags_app.command("resolve", epilog=EPILOG)
def resolve(ctx: typer.Context, flags: Ids, note: Note = None, as_json: AsJson = False) -> None:
    """Resolves flags, with your note. Where one of the ids fits nothing, none is."""
    from tools.hygiene import flag_review

    _change(ctx, lambda s, actor: flag_review.resolve(s, flags, by=actor, note=note), as_json)


@flags_app.command("keep-apart", epilog=EPILOG)
def keep_apart(ctx: typer.Context, flag: Id, note: Note = None, as_json: AsJson = False) -> None:
    """Says that the two records of a flag are two. They are not brought up again."""
    from tools.hygiene import flag_review

    def part(session: Session, actor: str) -> list[HygieneFlag]:
        if len(flag_review.side_by_side(session, flag).ids) != 2:
            raise flag_review.FlagNotFound(f"The flag {flag} is not about two records.")
        return flag_review.resolve(session, [flag], by=actor, note=f"kept apart: {note}" if note else "kept apart")

    _change(ctx, part, as_json)


@flags_app.command("reopen", epilog=EPILOG)
def reopen(ctx: typer.Context, flags: Ids, as_json: AsJson = False) -> None:
    """Opens resolved flags again."""
    from tools.hygiene import flag_review

    _change(ctx, lambda s, _actor: flag_review.reopen(s, flags), as_json)


@flags_app.command("merge", epilog=EPILOG)
def merge(
    ctx: typer.Context,
    flag: Id,
    keep: Annotated[
        int | None,
        typer.Option(min=1, max=2, help="Which record survives, as `show` numbers them.", show_default=False),
    ] = None,
    note: Note = None,
    as_json: AsJson = False,
) -> None:
    """Merges the two records of a flag. Values of the survivor stay, its blanks are filled; `undo` takes it back.

    A record with messages of its own survives, whatever --keep says.
    """
    from tools.hygiene import flag_review

    def write(session: Session, actor: str) -> dict[str, Any]:
        return _told(flag_review.merge_flagged(session, flag, by=actor, keep=keep, note=note))

    told = _as_person(ctx, write)
    if as_json:
        print_json(told)
        return
    show(f"{told['merged']} is merged into {told['kept']}.")
    say(f"To take it back: outreach flags undo {str(told['id'])[:SHORT_ID]}")


@flags_app.command("merges", epilog=EPILOG)
def merges(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists what was merged, the latest first."""
    from outreach.wiring import open_database
    from tools.hygiene.flag_review import merges as all_merges

    with open_database(settings_of(ctx), "user") as database:
        rows = database.read_sync(lambda s: [_told(entry) for entry in all_merges(s, limit)])
    if not rows and not as_json:
        say("Nothing was merged yet. Likely doubles: outreach flags --type duplicate_suspect")
        return
    print_table(
        "Merges",
        ("id", "when", "kept", "merged", "by", "why", "undone"),
        [
            (
                str(r["id"])[:SHORT_ID],
                r["merged_at"],
                r["kept"],
                r["merged"],
                r["merged_by"],
                r["reason"],
                r["undone_at"],
            )
            for r in rows
        ],
        as_json=as_json,
        json_rows=rows,
    )


@flags_app.command("undo", epilog=EPILOG)
def undo(
    ctx: typer.Context,
    merge: Annotated[str, typer.Argument(metavar="MERGE", help="A merge's id, or its beginning (`flags merges`).")],
    as_json: AsJson = False,
) -> None:
    """Takes a merge back. What was changed since stays as it is, and is named."""
    from tools.hygiene import flag_review
    from tools.merging.merge import undo as take_back

    def write(session: Session, actor: str) -> dict[str, Any]:
        entry = flag_review.find_merge(session, merge)
        left = take_back(session, entry.id, by=actor)
        return _told(entry) | {"left": left}

    told = _as_person(ctx, write)
    if as_json:
        print_json(told)
        return
    show(f"{told['merged']} and {told['kept']} are two again.")
    for sentence in told["left"]:
        say(f"Not taken back: {sentence}")


def _told(entry: Merge) -> dict[str, Any]:
    return {
        "id": entry.id,
        "table": entry.table_name,
        "kept_id": entry.kept_id,
        "kept": entry.snapshot["kept"],
        "merged_id": entry.merged_id,
        "merged": entry.snapshot["merged"],
        "reason": entry.reason,
        "certainty": entry.certainty,
        "merged_by": entry.merged_by,
        "merged_at": entry.merged_at,
        "undone_at": entry.undone_at,
        "undone_by": entry.undone_by,
    }


def _change(ctx: typer.Context, fn: Callable[[Session, str], list[HygieneFlag]], as_json: bool) -> None:
    def write(session: Session, actor: str) -> list[dict[str, Any]]:
        return [
            {
                "id": flag.id,
                "resolved_at": flag.resolved_at,
                "resolved_by": flag.resolved_by,
                "resolution_notes": flag.resolution_notes,
            }
            for flag in fn(session, actor)
        ]

    rows = _as_person(ctx, write)
    print_table(
        "Flags",
        ("id", "resolved", "by", "note"),
        [(str(r["id"])[:SHORT_ID], r["resolved_at"], r["resolved_by"], r["resolution_notes"]) for r in rows],
        as_json=as_json,
        json_rows=rows,
    )


def _as_person(ctx: typer.Context, fn: Callable[[Session, str], T]) -> T:
    """Runs a write as the person at the command line, on a person's connection."""
    from db.actors import acting_as
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    actor = settings.actor()
    with open_database(settings, "user") as database, acting_as(actor):
        return _found(lambda: database.write_sync(lambda session: fn(session, actor)))


def _found(fn: Callable[[], T]) -> T:
    from tools.hygiene.flag_review import FlagNotFound
    from tools.merging.merge import CannotMerge

    try:
        return fn()
    except FlagNotFound as exc:
        raise Complaint(str(exc), "See the lists: outreach flags, outreach flags merges") from exc
    except CannotMerge as exc:
        raise Complaint(str(exc)) from exc
