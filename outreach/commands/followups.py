"""`outreach followups`: what is overdue, due and planned, and what a person does about it by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, many, print_table, say
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.models import Followup
    from db.queries.followups import FollowupRow
    from outreach.settings import Settings
    from playbooks import Playbook

EPILOG = """
[bold]Examples[/bold]
  outreach followups                              what is overdue, due and planned
  outreach followups --due                        only what is due today or was before
  outreach followups --state completed            what was done; or skipped
  outreach followups done 4f1c --reason "met at the fair"
  outreach followups skip 4f1c --reason "on parental leave"
  outreach followups move 4f1c --on 2027-03-01
"""

followups_app = typer.Typer(
    help="Lists who is to be followed up when; `done`, `skip` and `move` change that.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="An id, or its beginning, from the list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@followups_app.callback()
def followups(
    ctx: typer.Context,
    due: Annotated[bool, typer.Option("--due", help="Only what is due today, or was before.")] = False,
    state: Annotated[str | None, typer.Option(help="pending, overdue, completed or skipped.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to list.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists who is to be followed up when: overdue first, then by the day. A touch's text is written by `run`."""
    if ctx.invoked_subcommand is not None:
        return
    from datetime import UTC, datetime

    from db.enums import FollowupState, values
    from db.queries.followups import list_followups
    from outreach.wiring import open_database

    if state is not None and state not in values(FollowupState):
        raise Complaint(f"'{state}' is no state.", f"Those are {', '.join(values(FollowupState))}.", code=2)
    context = context_of(ctx)
    states = (state,) if state else ("overdue", "pending")
    until = datetime.now(UTC).date() if due else None
    with open_database(context.settings, "user") as database:
        rows, total = database.read_sync(
            lambda s: list_followups(s, chosen_playbook(context), states=states, until=until, limit=limit)
        )
    if rows or as_json:
        _print("Follow-ups", rows, as_json=as_json)
    if as_json:
        return
    if not rows:
        say(
            f"No follow-up is {state or 'due'}. What is planned: outreach followups"
            if state or due
            else "Nobody is to be followed up yet: one is planned once a message has left (outreach sent, send)."
        )
    elif total > len(rows):
        say(f"{len(rows):,} of {total:,} are shown; --limit shows more.")


@followups_app.command("done", epilog=EPILOG)
def done(
    ctx: typer.Context,
    id: Id,  # noqa: A002 (what a person reads in the usage)
    reason: Annotated[str | None, typer.Option("--reason", help="How it was done.")] = None,
    as_json: AsJson = False,
) -> None:
    """Says that you followed up in a way of your own; the sequence goes on with its next touch."""
    from tools.followups import complete

    said = (reason or "").strip() or None
    _change(ctx, id, lambda s, book, f, now, by: complete(s, book, f, said, now, by), as_json=as_json)


@followups_app.command("skip", epilog=EPILOG)
def skip(
    ctx: typer.Context,
    id: Id,  # noqa: A002
    reason: Annotated[str, typer.Option("--reason", help="Why.")],
    as_json: AsJson = False,
) -> None:
    """Leaves a follow-up out; the sequence goes on with its next touch."""
    from tools import followups as tools

    if not reason.strip():
        raise Complaint("The reason is empty.", "Say it in a few words.", code=2)
    _change(ctx, id, lambda s, book, f, now, by: tools.skip(s, book, f, reason.strip(), now, by), as_json=as_json)


@followups_app.command("move", epilog=EPILOG)
def move(
    ctx: typer.Context,
    id: Id,  # noqa: A002
    on: Annotated[str, typer.Option("--on", help="The new day, as 2027-03-01, or the first working day after.")],
    as_json: AsJson = False,
) -> None:
    """Gives a follow-up another day."""
    from outreach.commands.sequences import day_ahead
    from tools.followups import postpone

    day = day_ahead(on)

    def change(session: Session, book: Playbook, followup: Followup, now: datetime, by: str) -> bool:
        before = followup.due_date
        return postpone(session, book, followup, day, now, by) != before

    _change(ctx, id, change, as_json=as_json)


def _change(
    ctx: typer.Context,
    reference: str,
    what: Callable[[Session, Playbook, Followup, datetime, str], bool],
    *,
    as_json: bool,
) -> None:
    from datetime import UTC, datetime

    from db.actors import acting_as
    from db.models import Contact
    from db.queries.followups import FollowupNotFound, find_followup
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.followups import FollowupRefused

    settings = settings_of(ctx)

    def work(session: Session) -> tuple[dict[str, Any], bool]:
        followup = find_followup(session, reference)
        contact = session.get_one(Contact, followup.contact_id, execution_options={"include_deleted": True})
        book = load_playbook(contact.prospect.playbook)
        changed = what(session, book, followup, datetime.now(UTC), settings.actor())
        row = {
            "id": followup.id,
            "person": contact.full_name,
            "state": followup.state,
            "due_date": followup.due_date,
            "next": followup.sequence.next_step_at if followup.sequence else None,
        }
        return row, changed

    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            row, changed = database.write_sync(work)
        except (FollowupNotFound, FollowupRefused) as exc:
            raise Complaint(str(exc), "See what is planned: outreach followups") from exc
    print_table(
        "Follow-up",
        ("id", "person", "state", "due", "sequence goes on"),
        [(row["id"][:SHORT_ID], row["person"], row["state"], row["due_date"], row["next"])],
        as_json=as_json,
        json_rows=[{**row, "changed": changed}],
    )
    if not changed and not as_json:
        say("It was so before; nothing was changed.")


def _print(title: str, rows: Sequence[FollowupRow], *, as_json: bool) -> None:
    print_table(
        title,
        ("id", "due", "person", "organisation", "what", "text"),
        [(row.id[:SHORT_ID], _due(row), row.person, row.organisation, what_of(row), row.draft) for row in rows],
        as_json=as_json,
        json_rows=[asdict(row) for row in rows],
    )


def _due(row: FollowupRow) -> str:
    return f"{row.due_date}" if row.state == "pending" else f"{row.due_date}, {row.state}"


def what_of(row: FollowupRow) -> str:
    """What is to be done: a touch of a sequence, or something of a person's own."""
    return f"touch {row.touch_number} by {row.channel}" if row.touch_number else f"yours, by {row.channel}"


def say_overdue(settings: Settings, playbook: str | None) -> None:
    """Names what has become overdue, once; afterwards `outreach followups` lists it."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.followups import remind

    with open_database(settings, "user") as database, acting_as(settings.actor()):
        rows = database.write_sync(lambda s: remind(s, playbook))
    if not rows:
        return
    say(f"{many(len(rows), 'follow-up is', 'follow-ups are')} overdue: outreach followups", "yellow")
    for row in rows[:5]:
        say(f"  {row.person}, {row.organisation}: {what_of(row)} since {row.due_date}")
    if len(rows) > 5:
        say(f"  and {len(rows) - 5} more")
