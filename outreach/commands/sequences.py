"""`outreach sequences`: who is being written to in which step, and what a person may do about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, print_table, say
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from sqlalchemy.orm import Session

    from db.models import OutreachSequence
    from db.queries.sequences import SequenceRow

EPILOG = """
[bold]Examples[/bold]
  outreach sequences                              where each stands, what is due first
  outreach sequences --status paused              those that a reply, or you, halted
  outreach sequences pause 4f1c                   nothing more, until you resume it
  outreach sequences resume 4f1c --on 2027-03-01  its next touch is due on that day
  outreach sequences stop 4f1c 9a02               nothing more, for good
"""

sequences_app = typer.Typer(
    help="Lists who is being written to, step by step; `pause`, `resume` and `stop` change that.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)
Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids, or their beginnings, from the list.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@sequences_app.callback()
def sequences(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help="pending, active, paused, completed or stopped.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="How many to list.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Lists who is being written to, step by step; `pause`, `resume` and `stop` change that."""
    if ctx.invoked_subcommand is not None:
        return
    from db.enums import SequenceStatus, values
    from db.queries.sequences import list_sequences
    from outreach.wiring import open_database

    if status is not None and status not in values(SequenceStatus):
        raise Complaint(f"'{status}' is no status.", f"Those are {', '.join(values(SequenceStatus))}.", code=2)
    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        rows, total = database.read_sync(lambda s: list_sequences(s, playbook, status=status, limit=limit))
    if rows or as_json:
        print_table(
            "Sequences",
            ("id", "person", "organisation", "tier", "status", "step", "next", "due"),
            [_row(row) for row in rows],
            as_json=as_json,
            json_rows=[asdict(row) for row in rows],
        )
    if as_json:
        return
    if not rows:
        say("Nobody is being written to yet. A sequence begins with its first draft: outreach run")
    elif total > len(rows):
        say(f"{len(rows):,} of {total:,} are shown; --limit shows more.")


def _row(row: SequenceRow) -> tuple[object, ...]:
    coming = f"{row.next_touch or 'yours,'} by {row.next_channel}" if row.next_channel else ""
    status = f"{row.status} ({row.last_reply.replace('_', ' ')})" if row.last_reply else row.status
    due = row.next_step_at.date() if row.next_step_at else row.next_due or ""
    late = f"{due}, overdue" if row.overdue else due
    return row.id[:SHORT_ID], row.person, row.organisation, row.tier, status, f"{row.step} of {row.steps}", coming, late


@sequences_app.command("pause", epilog=EPILOG)
def pause(ctx: typer.Context, ids: Ids, as_json: AsJson = False) -> None:
    """Halts sequences: what was planned is skipped, what waits for your decision is held, until you resume them."""
    from tools import sequences as tools

    _change(ctx, ids, lambda session, sequence, now: tools.pause(session, sequence, now), as_json=as_json)


@sequences_app.command("stop", epilog=EPILOG)
def stop(ctx: typer.Context, ids: Ids, as_json: AsJson = False) -> None:
    """Ends sequences for good: nothing more is written, and what waits for your decision is put away."""
    from tools import sequences as tools

    _change(ctx, ids, lambda session, sequence, now: tools.stop(session, sequence, now), as_json=as_json)


@sequences_app.command("resume", epilog=EPILOG)
def resume(
    ctx: typer.Context,
    ids: Ids,
    on: Annotated[str | None, typer.Option(help="When its next touch is due, as 2027-03-01; else today.")] = None,
    as_json: AsJson = False,
) -> None:
    """Goes on with paused sequences: the next touch is due today, or on the day you name, or the first working day."""
    from playbooks import load_playbook
    from tools import sequences as tools

    day = day_ahead(on) if on is not None else None

    def go_on(session: Session, sequence: OutreachSequence, now: Any) -> None:
        tools.resume(session, load_playbook(sequence.prospect.playbook), sequence, now, day)

    _change(ctx, ids, go_on, as_json=as_json)
    if not as_json:
        say("What is due is written by: outreach run")


def day_ahead(on: str) -> date:
    """The day that an option names: today or later, and not beyond any plan. Raises Complaint."""
    from datetime import UTC, date, datetime

    try:
        day = date.fromisoformat(on)
    except ValueError as exc:
        raise Complaint(f"'{on}' is not a day.", "Write it as 2027-03-01.", code=2) from exc
    if day < datetime.now(UTC).date():
        raise Complaint(f"{on} lies in the past.", "Name today or a later day.", code=2)
    if day.year > datetime.now(UTC).year + _YEARS_AHEAD:
        raise Complaint(f"{on} is too far ahead to plan for.", f"Name a day of the next {_YEARS_AHEAD} years.", code=2)
    return day


_YEARS_AHEAD = 10


def _change(
    ctx: typer.Context, ids: list[str], what: Callable[[Session, OutreachSequence, Any], object], *, as_json: bool
) -> None:
    """Does it to each; all or none, where one of the ids fits nothing or refuses."""
    from datetime import UTC, datetime

    from db.actors import acting_as
    from db.queries.sequences import SequenceNotFound, find_sequence
    from outreach.wiring import open_database
    from tools.sequences import SequenceRefused

    settings = settings_of(ctx)

    def work(session: Session) -> list[dict[str, Any]]:
        changed = []
        for reference in ids:
            sequence = find_sequence(session, reference)
            try:
                what(session, sequence, datetime.now(UTC))
            except SequenceRefused as exc:
                raise SequenceRefused(f"The sequence with {sequence.contact.full_name}: {exc}") from exc
            changed.append(
                {
                    "id": sequence.id,
                    "person": sequence.contact.full_name,
                    "status": sequence.status,
                    "next_step_at": sequence.next_step_at,
                }
            )
        return changed

    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            rows = database.write_sync(work)
        except (SequenceNotFound, SequenceRefused) as exc:
            raise Complaint(str(exc), "See where each stands: outreach sequences") from exc
    print_table(
        "Changed",
        ("id", "person", "status", "next"),
        [(row["id"][:SHORT_ID], row["person"], row["status"], row["next_step_at"]) for row in rows],
        as_json=as_json,
        json_rows=rows,
    )
