"""`outreach review`: what the agents did that a person should look at."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, print_table, say
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.queries.review import ReviewItem

EPILOG = """
[bold]Examples[/bold]
  outreach review
  outreach review --json
  outreach review resolve 4f1c 9a02 --note "two campuses, not a duplicate"
"""
_ID = re.compile("[0-9a-f]{32}")

review_app = typer.Typer(
    help="Lists what the agents did that a person should look at; `resolve` takes it off the list.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)


def in_words(details: dict[str, Any] | None) -> str:
    """The details of an action on one line: 'field: name, old: X'; what is empty is left out."""
    parts = [f"{key}: {_brief(value)}" for key, value in (details or {}).items() if value not in (None, "", [], {})]
    return ", ".join(parts)


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + in_words(value) + "}"
    if isinstance(value, list):
        return "; ".join(_brief(item) for item in value[:5]) + (" …" if len(value) > 5 else "")
    text = str(value)
    return text[:SHORT_ID] if _ID.fullmatch(text) else text


def _row(item: ReviewItem) -> tuple[object, ...]:
    whom = ", ".join(part for part in (item.contact, item.organisation) if part)
    what = item.action.replace("_", " ")
    details = in_words(item.details)
    return item.id[:SHORT_ID], item.created_at, item.agent_name, whom, f"{what}: {details}" if details else what


@review_app.callback()
def review(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to list, the oldest first.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists what the agents did that a person should look at; `resolve` takes it off the list."""
    if ctx.invoked_subcommand is not None:
        return
    from db.queries.review import count_to_review, to_review
    from outreach.wiring import open_database

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        items, waiting = database.read_sync(
            lambda s: (to_review(s, playbook=playbook, limit=limit), count_to_review(s, playbook=playbook))
        )
    if items or as_json:
        print_table(
            "To be reviewed",
            ("id", "when", "agent", "about", "what was done"),
            [_row(item) for item in items],
            as_json=as_json,
            json_rows=[asdict(item) for item in items],
        )
    if as_json:
        return
    if not items:
        say("Nothing waits for review. Where everything stands: outreach status")
        return
    if waiting > len(items):
        say(f"{len(items):,} of {waiting:,} are shown; --limit shows more.")
    say('Looked at it? outreach review resolve ID … --note "what you found"')


@review_app.command("resolve", epilog=EPILOG)
def resolve(
    ctx: typer.Context,
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or their beginnings, from the list.")],
    note: Annotated[str | None, typer.Option(help="What you found; it is kept beside the action.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Marks actions as looked at, by you, now. Where one of the ids fits nothing, none is marked."""
    from db.actors import acting_as
    from db.queries import review as queries
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    actor = settings.actor()
    with open_database(settings, "user") as database, acting_as(actor):
        try:
            rows = database.write_sync(
                lambda s: [
                    {"id": row.id, "reviewed_at": row.reviewed_at, "reviewed_by": row.reviewed_by}
                    for row in queries.resolve(s, ids, by=actor, note=note)
                ]
            )
        except queries.ReviewNotFound as exc:
            raise Complaint(str(exc), "See the list: outreach review") from exc
    print_table(
        "Reviewed",
        ("id", "when", "by"),
        [(str(row["id"])[:SHORT_ID], row["reviewed_at"], row["reviewed_by"]) for row in rows],
        as_json=as_json,
        json_rows=rows,
    )
