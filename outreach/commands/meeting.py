"""`outreach meeting` and `outreach opportunities`: what a person says of meetings, and what earned them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import SHORT_ID, cell, many, print_json, print_table, say, show
from outreach.context import chosen_playbook, context_of, settings_of
from outreach.errors import Complaint
from outreach.told_times import time_past, time_to_come

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.models import Contact
    from db.queries.meetings import MeetingRow
    from tools.meetings import MeetingUpdate

EPILOG = """
[bold]Examples[/bold]
  outreach meeting booked vbell@uc.example --on 2027-03-01T14:00 --ae "Sam Ortiz"
  outreach meeting held vbell@uc.example          or: no-show, rescheduled … --on 2027-03-08T10:00
  outreach meeting qualified vbell@uc.example --value 180000
  outreach meeting feedback vbell@uc.example "Board decides in May"
  outreach meeting list                           what waits for an outcome, what is ahead
"""
OPPORTUNITIES_EPILOG = """
[bold]Examples[/bold]
  outreach opportunities                          every meeting with what earned it, and the totals
  outreach opportunities --status opportunity_created --json
"""

meeting_app = typer.Typer(
    help="Says what became of meetings; each is credited to the message that earned it.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
Whom = Annotated[str, typer.Argument(metavar="CONTACT", help="An id or its beginning, an address, or a full name.")]
On = Annotated[str | None, typer.Option("--on", help="When it is, as 2027-03-01T14:00 by this machine's clock.")]
At = Annotated[str | None, typer.Option("--at", help="When that happened, as 2027-03-01T14:00; now, if left out.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@meeting_app.command("booked", epilog=EPILOG)
def booked(
    ctx: typer.Context,
    whom: Whom,
    on: On = None,
    ae: Annotated[str | None, typer.Option("--ae", help="Who takes the meeting.")] = None,
    value: Annotated[float | None, typer.Option("--value", min=0, help="What the deal may be worth.")] = None,
    reply: Annotated[str | None, typer.Option("--reply", help="The reply that led to it, if not the latest.")] = None,
    touch: Annotated[
        str | None, typer.Option("--touch", help="The touch that earned it, by number or id, if not by the rule.")
    ] = None,
    notes: Annotated[str | None, typer.Option("--notes", help="Anything else.")] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Says that a meeting was agreed: their sequence is paused, and the message that earned it is credited.

    Once more for the same meeting adds what you tell anew. After one that was held or lost it is another meeting.
    """
    from tools.meetings import Booking, book

    booking = Booking(
        time_to_come(on) if on is not None else None, _words(ae), value, _words(notes), _words(reply), _words(touch)
    )
    when = time_past(at)
    _say_of(ctx, whom, lambda s, c, by: book(s, c, booking, when, by), as_json=as_json)


@meeting_app.command("rescheduled", epilog=EPILOG)
def rescheduled(
    ctx: typer.Context,
    whom: Whom,
    on: Annotated[str, typer.Option("--on", help="The new time, as 2027-03-01T14:00 by this machine's clock.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Says that the meeting is on another day, also after they did not come."""
    from tools.meetings import reschedule

    day, when = time_to_come(on), time_past(at)
    _say_of(ctx, whom, lambda s, c, by: reschedule(s, c, day, when, by), as_json=as_json)


@meeting_app.command("held", epilog=EPILOG)
def held(ctx: typer.Context, whom: Whom, at: At = None, as_json: AsJson = False) -> None:
    """Says that the meeting took place: their sequence is over."""
    from tools import meetings

    when = time_past(at)
    _say_of(ctx, whom, lambda s, c, by: meetings.held(s, c, when, by), as_json=as_json)


@meeting_app.command("no-show", epilog=EPILOG)
def no_show(ctx: typer.Context, whom: Whom, at: At = None, as_json: AsJson = False) -> None:
    """Says that they did not come: following up is due on the next working day, by telephone where we have a number."""
    from playbooks import load_playbook
    from tools import meetings

    when = time_past(at)
    _say_of(
        ctx,
        whom,
        lambda s, c, by: meetings.no_show(s, c, load_playbook(c.prospect.playbook), when, by),
        as_json=as_json,
    )


@meeting_app.command("qualified", epilog=EPILOG)
def qualified(
    ctx: typer.Context,
    whom: Whom,
    value: Annotated[float | None, typer.Option("--value", min=0, help="What the deal may be worth.")] = None,
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Says that the meeting made an opportunity, and what it may be worth."""
    from tools.meetings import qualify

    when = time_past(at)
    _say_of(ctx, whom, lambda s, c, by: qualify(s, c, value, when, by), as_json=as_json)


Reason = Annotated[str, typer.Option("--reason", help="Why.")]


@meeting_app.command("disqualified", epilog=EPILOG)
def disqualified(ctx: typer.Context, whom: Whom, reason: Reason, at: At = None, as_json: AsJson = False) -> None:
    """Says that it is none for us; the reason is kept."""
    from tools.meetings import disqualify

    words, when = _reason(reason), time_past(at)
    _say_of(ctx, whom, lambda s, c, by: disqualify(s, c, words, when, by), as_json=as_json)


@meeting_app.command("lost", epilog=EPILOG)
def lost(ctx: typer.Context, whom: Whom, reason: Reason, at: At = None, as_json: AsJson = False) -> None:
    """Says that they do not want it, or bought elsewhere; the reason is kept."""
    from tools.meetings import lose

    words, when = _reason(reason), time_past(at)
    _say_of(ctx, whom, lambda s, c, by: lose(s, c, words, when, by), as_json=as_json)


@meeting_app.command("feedback", epilog=EPILOG)
def feedback(
    ctx: typer.Context,
    whom: Whom,
    words: Annotated[str, typer.Argument(help="What the AE says of the lead.")],
    at: At = None,
    as_json: AsJson = False,
) -> None:
    """Keeps what the AE says of the lead, after what was said before."""
    from tools import meetings

    said, when = _reason(words, "The feedback"), time_past(at)
    _say_of(ctx, whom, lambda s, c, by: meetings.feedback(s, c, said, when, by), as_json=as_json)


@meeting_app.command("list", epilog=EPILOG)
def list_(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="What is over as well.")] = False,
    as_json: AsJson = False,
) -> None:
    """Lists meetings: those whose day passed and that wait for you to say what came of them, then those ahead."""
    rows = _rows(ctx)
    shown = [row for row in rows if everything or row.when != "over"]
    if shown or as_json:
        print_table(
            "Meetings",
            ("when", "day", "person", "organisation", "with", "state", "value", "contact"),
            [
                (
                    {"passed": "what came of it?"}.get(row.when, row.when),
                    row.meeting_date,
                    row.person,
                    row.organisation,
                    row.ae_name,
                    _state(row),
                    _money(row.pipeline_value),
                    row.contact_id[:SHORT_ID],
                )
                for row in shown
            ],
            as_json=as_json,
            json_rows=[asdict(row) for row in shown],
        )
    if as_json:
        return
    if not shown:
        over = f" {many(len(rows), 'meeting is', 'meetings are')} over: --all" if rows else ""
        say(f"No meeting is booked. Once one is: outreach meeting booked CONTACT --on …{over}")
    if waiting := [row for row in shown if row.when == "passed"]:
        verb = "qualified" if waiting[0].status == "meeting_held" else "held"
        say(f"Say what came of it: outreach meeting {verb} {waiting[0].contact_id[:SHORT_ID]}")


@meeting_app.command("show", epilog=EPILOG)
def show_(ctx: typer.Context, whom: Whom, as_json: AsJson = False) -> None:
    """Shows a contact's meetings with what earned each, and all that went between us, with the ids of it."""
    from datetime import UTC, datetime

    from db.queries.meetings import history, meetings
    from db.queries.references import ContactNotFound, find_contact
    from outreach.wiring import open_database

    with open_database(settings_of(ctx), "user") as database:

        def read(session: Session) -> tuple[str, list[Any], list[Any]]:
            contact = find_contact(session, whom)
            rows = meetings(session, None, datetime.now(UTC), contact_id=contact.id)
            return f"{contact.full_name}, {contact.prospect.name}", rows, history(session, contact.id)

        try:
            who, rows, events = database.read_sync(read)
        except ContactNotFound as exc:
            raise Complaint(str(exc), "Give an address, an id or a full name.") from exc
    if as_json:
        print_json({"meetings": [asdict(r) for r in rows], "history": [asdict(e) for e in events]})
        return
    show(who, "bold")
    for row in rows:
        _show_one(row)
    if not rows:
        show("No meeting.")
    print_table("Between us", ("when", "what", "id"), [(e.at, e.what, e.id[:SHORT_ID]) for e in events])


def _show_one(row: MeetingRow) -> None:
    lines = {
        "Meeting": f"{cell(row.meeting_date) or 'no day yet'}, {_state(row)}",
        "With": row.ae_name,
        "Booked": cell(row.booked_at),
        "Worth": _money(row.pipeline_value),
        "Earned by": _earned(row),
        "Proof point": row.proof_point,
        "Pain hook": row.pain_hook,
        "Opener": (row.opener_style or "").replace("_", " "),
        "Personal": row.personalization_score and f"{row.personalization_score} of 3",
        "Group": row.ab_group and f"{row.ab_group} ({row.ab_variable or 'no variable'})",
        "Reason": row.reason,
        "Feedback": row.ae_feedback,
        "Notes": row.notes,
    }
    for name, value in lines.items():
        if value:
            show(f"{name + ':':<13}{value}")


def opportunities(
    ctx: typer.Context,
    status: Annotated[
        str | None,
        typer.Option(help="meeting_booked, meeting_held, opportunity_created, disqualified or lost."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Lists meetings and opportunities with what earned each; totals by channel, touch and proof point."""
    from db.enums import OpportunityStatus, values
    from db.queries.meetings import shares

    if status is not None and status not in values(OpportunityStatus):
        raise Complaint(f"'{status}' is no status.", f"Those are {', '.join(values(OpportunityStatus))}.", code=2)
    rows = _rows(ctx, status)
    totals = shares(rows)
    if as_json:
        print_json({"opportunities": [asdict(r) for r in rows], "totals": [asdict(t) for t in totals]})
        return
    if not rows:
        say("No opportunity yet. It begins with a meeting: outreach meeting booked CONTACT --on …")
        return
    print_table(
        "Opportunities",
        ("id", "person", "organisation", "state", "value", "earned by", "proof point", "group"),
        [
            (
                row.id[:SHORT_ID],
                row.person,
                row.organisation,
                _state(row),
                _money(row.pipeline_value),
                _earned(row),
                row.proof_point,
                row.ab_group,
            )
            for row in rows
        ],
    )
    print_table(
        "What earned them",
        ("by", "value", "meetings", "opportunities", "pipeline"),
        [(t.by, t.value, t.meetings, t.opportunities, _money(t.pipeline)) for t in totals],
    )
    made = [row for row in rows if row.status == "opportunity_created"]
    say(f"{many(len(made), 'opportunity', 'opportunities')}, worth {sum(r.pipeline_value or 0 for r in made):,.0f}.")


def _rows(ctx: typer.Context, status: str | None = None) -> list[MeetingRow]:
    from datetime import UTC, datetime

    from db.queries.meetings import meetings
    from outreach.wiring import open_database

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        return database.read_sync(lambda s: meetings(s, playbook, datetime.now(UTC), status=status))


def _say_of(
    ctx: typer.Context, whom: str, what: Callable[[Session, Contact, str], MeetingUpdate], *, as_json: bool
) -> None:
    """Records it of one contact, and says what stands there now."""
    from db.actors import acting_as
    from db.queries.references import ContactNotFound, find_contact
    from outreach.wiring import open_database
    from tools.meetings import MeetingRefused

    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            told = database.write_sync(lambda s: what(s, find_contact(s, whom), settings.actor()))
        except MeetingRefused as exc:
            raise Complaint(str(exc), exc.mend) from exc
        except ContactNotFound as exc:
            raise Complaint(str(exc), "Give an address, an id or a full name.") from exc
    if as_json:
        print_json(asdict(told))
        return
    say(f"The meeting with {told.contact} of {told.organisation} {told.did.rstrip('.')}.")
    if not told.changed:
        say("Nothing was changed.")


def _state(row: MeetingRow) -> str:
    outcome = {"no_show": ", no show", "rescheduled": ", moved"}.get(row.outcome or "", "")
    words = {"meeting_booked": "booked", "meeting_held": "held", "opportunity_created": "opportunity"}
    return words.get(row.status, row.status) + (outcome if row.status == "meeting_booked" else "")


def _earned(row: MeetingRow) -> str:
    if row.channel is None:
        return "nothing of ours"
    touch = f"touch {row.touch_number} by {row.channel}" if row.touch_number else f"a {row.channel} by hand"
    return f"{touch}, reply" if row.trigger_reply_id else touch


def _money(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _words(text: str | None) -> str | None:
    return (text or "").strip() or None


def _reason(text: str, what: str = "The reason") -> str:
    if not text.strip():
        raise Complaint(f"{what} is empty.", "Say it in a few words.", code=2)
    return text.strip()
