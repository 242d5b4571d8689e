"""`outreach replies add | match`: whose a message is, by your word."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.commands.reply_desk import AsJson, Message, found
from outreach.console import say
from outreach.context import settings_of
from outreach.errors import Complaint, why_unread
from outreach.told_times import time_past

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.models import Contact
    from outreach.settings import Settings

ADD_EPILOG = """
[bold]Examples[/bold]
  outreach replies add vbell@uc.example --channel linkedin --text "Happy to talk in March"
  outreach replies add "Veronica Bell" --channel call --file notes.txt --at 2026-03-02T09:30
  pbpaste | outreach replies add 4f1c --channel email -
  outreach replies add 4f1c --channel linkedin      opens your editor
"""
MATCH_EPILOG = """
[bold]Examples[/bold]
  outreach replies --waiting
  outreach replies match 4f1c2a9b vbell@uc.example
  outreach replies match 4f1c2a9b --nobody          a wrong match, before anything followed
"""
CHANNELS = ("linkedin", "call", "email")


def add(
    ctx: typer.Context,
    contact: Annotated[str, typer.Argument(help="Who said it: id, address, number or full name.")],
    channel: Annotated[str, typer.Option("--channel", "-c", help="linkedin, call or email.")],
    source: Annotated[str | None, typer.Argument(metavar="[-]", help="- reads standard input.")] = None,
    text: Annotated[str | None, typer.Option("--text", help="What they said.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A text file of what they said.")] = None,
    at: Annotated[
        str | None, typer.Option("--at", help="When, as 2026-03-02T09:30 by this machine's clock; now, if left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Takes in what somebody said on LinkedIn, by telephone or in another mail program, and triages it.

    The same words of the same person on the same day are taken in once.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.replies.matching import MatchRefused, add_typed

    way = channel.strip().lower()
    if way not in CHANNELS:
        raise Complaint(f"'{channel}' is no channel.", f"Say one of: {', '.join(CHANNELS)}.", code=2)
    when, words, settings = time_past(at), _words(source, text, file), settings_of(ctx)

    def write(session: Session) -> tuple[str, bool, str]:
        who = _contact(session, contact)
        inbound, new = add_typed(session, who, way, words, when)
        return inbound.id, new, who.full_name or who.first_name

    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            inbound_id, new, name = database.write_sync(write)
        except MatchRefused as exc:
            raise Complaint(str(exc), "Give it with --text, --file, or - for standard input.", code=2) from exc
    if not new:
        say(f"Taken in before: what {name} said is kept already, and nothing changed.")
    _triage_and_tell(settings, inbound_id, as_json=as_json)


def match(
    ctx: typer.Context,
    message: Message,
    contact: Annotated[str | None, typer.Argument(help="Whose it is: id, address, number or full name.")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="It is nobody's: take a wrong match back.")] = False,
    as_json: AsJson = False,
) -> None:
    """Says whose a message is that was matched to nobody, or whose sender proves nothing; it is triaged then.

    `--nobody` takes a match back with all that triage did because of it, before anything followed from that.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.replies.matching import MatchRefused, match_to, unmatch

    if nobody == (contact is not None):
        raise Complaint("Say whose it is.", "Name a contact, or --nobody.", code=2)
    settings, now = settings_of(ctx), datetime.now(UTC)
    by = settings.actor()

    def write(session: Session) -> tuple[str, bool, list[str]]:
        inbound = found(session, message)
        if contact is not None:
            return inbound.id, match_to(session, inbound, _contact(session, contact), by=by, now=now), []
        known = inbound.contact_id is not None
        return inbound.id, known, unmatch(session, inbound, by=by, now=now)

    with open_database(settings, "user") as database, acting_as(by):
        try:
            inbound_id, changed, left = database.write_sync(write)
        except MatchRefused as exc:
            raise Complaint(str(exc), f"See it: outreach replies show {message}") from exc
    for line in left:
        say(f"Stays: {line}", "yellow")
    if not changed:
        say("It was so already, and nothing changed.")
    elif nobody:
        say(f"It is nobody's again. Whose it is: outreach replies match {inbound_id[:8]} CONTACT")
    _triage_and_tell(settings, inbound_id, as_json=as_json)


def _contact(session: Session, reference: str) -> Contact:
    from db.queries.references import ContactNotFound, find_contact

    try:
        return find_contact(session, reference)
    except ContactNotFound as exc:
        raise Complaint(str(exc), "Give an id, an address or a full name.") from exc


def _words(source: str | None, text: str | None, file: Path | None) -> str:
    """What was said: given, from a file, from standard input, or written in the editor."""
    if source not in (None, "-"):
        raise Complaint(
            f"'{source}' is not understood.", "Give the words with --text, or - for standard input.", code=2
        )
    if sum(one is not None for one in (source, text, file)) > 1:
        raise Complaint("The words are given twice.", "Give one of --text, --file and -.", code=2)
    if text is not None:
        return text
    try:
        if file is not None:
            return file.read_text(encoding="utf-8")
        if source == "-":
            return sys.stdin.read()
    except (OSError, UnicodeDecodeError) as exc:
        raise Complaint(
            f"{file or 'Standard input'} cannot be read: {why_unread(exc)}.", "Name a file of UTF-8 text.", code=2
        ) from exc
    return _edited()


def _edited() -> str:
    import click

    if not sys.stdin.isatty():
        raise Complaint("There is no text.", "Give it with --text, --file, or - for standard input.", code=2)
    try:
        return click.edit("", extension=".txt") or ""
    except click.ClickException as exc:
        raise Complaint(f"The editor did not start: {exc.message}", "Set EDITOR, or use --text.") from exc


def _triage_and_tell(settings: Settings, inbound_id: str, *, as_json: bool) -> None:
    from outreach.commands.replies import refuse_untriaged, show_rows, triage_waiting

    rows = triage_waiting(settings, [inbound_id])
    show_rows(rows, as_json)
    if not as_json:
        say(f"All of it: outreach replies show {inbound_id[:8]}")
    refuse_untriaged(rows)
