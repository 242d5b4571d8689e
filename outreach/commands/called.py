"""`outreach called`: what came of a call."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import print_json, say
from outreach.context import settings_of
from outreach.errors import Complaint
from outreach.told_times import time_past

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from db.models import MessageDraft
    from tools.outbox import Call

EPILOG = """
[bold]Examples[/bold]
  outreach called 4f1c --outcome voicemail                     a call that the outbox has a draft for
  outreach called vbell@uc.example --outcome connected --duration 4:30 --notes "Send the study in March"
  outreach called "+1 513 555 0144" --outcome wrong_number --at 2026-03-02T09:30
"""


@dataclass(frozen=True)
class RecordedCall:
    """What was recorded."""

    contact_id: str
    contact: str
    organisation: str
    touchpoint_id: str | None
    draft_id: str | None
    outcome: str
    seconds: int | None
    again: bool = False
    next_due: datetime | None = None


def called(
    ctx: typer.Context,
    whom: Annotated[str, typer.Argument(help="A draft of the outbox, or a contact: id, address, number or full name.")],
    outcome: Annotated[str, typer.Option("--outcome", "-o", help="connected, voicemail, no_answer or wrong_number.")],
    duration: Annotated[str | None, typer.Option("--duration", "-d", help="How long: 4:30, 4m, 45s.")] = None,
    notes: Annotated[str | None, typer.Option("--notes", help="What was said.")] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="When, as 2026-03-02T09:30 by this machine's clock; now, if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Records a call: a touchpoint with its outcome, duration and notes, and a line in the prospect's history.

    A draft of the outbox is recorded as done, once. A contact may be called as often as you like: each time is a call.
    """
    from db.actors import acting_as
    from db.queries.references import ContactNotFound
    from outreach.wiring import open_database
    from tools.outbox import NotReady

    when, call, settings = time_past(at), _call(outcome, duration, notes), settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            told = database.write_sync(lambda s: _record(s, whom, call, when, settings.actor()))
        except (ContactNotFound, NotReady) as exc:
            raise Complaint(str(exc), "Name a draft that `outreach outbox` lists, or a contact.") from exc
    if as_json:
        print_json(asdict(told))
        return
    again = "was recorded before" if told.again else "is recorded"
    say(f"The call to {told.contact} of {told.organisation} {again}: {told.outcome.replace('_', ' ')}.")
    if told.next_due is not None:
        say(f"The next touch is due {told.next_due:%Y-%m-%d}.")


def _call(outcome: str, duration: str | None, notes: str | None) -> Call:
    from db.enums import CallOutcome, values
    from tools.outbox import Call, seconds_of

    wanted = outcome.strip().lower().replace("-", "_").replace(" ", "_")
    if wanted not in values(CallOutcome):
        raise Complaint(
            f"'{outcome}' is no outcome of a call.", f"Say one of: {', '.join(values(CallOutcome))}.", code=2
        )
    try:
        return Call(wanted, seconds_of(duration) if duration else None, (notes or "").strip() or None)
    except ValueError as exc:
        raise Complaint(f"{exc}.", "The option is --duration.", code=2) from exc


def _record(session: Session, whom: str, call: Call, when: datetime, by: str) -> RecordedCall:
    from db.queries.references import find_contact
    from playbooks import load_playbook
    from tools.outbox import NotReady, mark_sent, record_call

    draft = _draft(session, whom)
    if draft is None:
        contact = find_contact(session, whom)
        touchpoint = record_call(session, contact, call, when, by)
        name = contact.full_name or contact.first_name
        return RecordedCall(contact.id, name, contact.prospect.name, touchpoint.id, None, call.outcome, call.seconds)
    if draft.channel != "call":
        raise NotReady(f"The message {draft.id[:8]} goes by {draft.channel}; to record a call, name the contact.")
    sender = load_playbook(draft.contact.prospect.playbook).sender
    done = mark_sent(session, draft.id, when, by, sender, call)
    return RecordedCall(
        contact_id=draft.contact_id,
        contact=done.contact_name,
        organisation=done.organisation,
        touchpoint_id=done.touchpoint_id,
        draft_id=draft.id,
        outcome=call.outcome,
        seconds=call.seconds,
        again=done.again,
        next_due=done.next_due,
    )


def _draft(session: Session, whom: str) -> MessageDraft | None:
    """The draft that is meant, if it is one."""
    from tools.outbox import NotReady, find

    try:
        return find(session, whom)
    except NotReady:
        return None
