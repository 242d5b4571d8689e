"""`outreach replies show | correct | handled`: one reply after the other, as a person deals with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import print_json, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from db.models import InboundMessage, Reply
    from outreach.settings import Settings
    from tools.replies.corrections import Corrected, Label

SEE = "See the list: outreach replies"
Message = Annotated[str, typer.Argument(metavar="ID", help="A message or a reply: its id, or the beginning of it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

SHOW_EPILOG = """
[bold]Examples[/bold]
  outreach replies show 4f1c2a9b
  outreach replies show 4f1c2a9b --raw      the message as it came in, behind it
  outreach replies show 4f1c2a9b --json
"""
CORRECT_EPILOG = """
[bold]Examples[/bold]
  outreach replies correct 4f1c --intent positive --reason "they say yes, in their way"
  outreach replies correct 4f1c --intent not_now --resume-date 2027-03-01 --reason "after the season"
  outreach replies correct 4f1c --intent referral --referral-name "Maria Lopez" --reason "she decides"
  outreach replies correct 4f1c --intent neutral --yes --reason "no opt-out: a quote"
"""
HANDLED_EPILOG = """
[bold]Examples[/bold]
  outreach replies handled 4f1c --did "called back, sends drawings"
  outreach replies handled 4f1c
"""


def found(session: Session, reference: str) -> InboundMessage:
    """The message of an id. Raises Complaint."""
    from tools.replies.thread import MessageNotFound, find_message

    try:
        return find_message(session, reference)
    except MessageNotFound as exc:
        raise Complaint(str(exc), SEE) from exc


def reply_of(session: Session, reference: str) -> Reply:
    """The reply of an id. Raises Complaint where the message is none."""
    inbound = found(session, reference)
    if inbound.reply is None:
        short = inbound.id[:8]
        if inbound.kind not in (None, "human"):
            kind = (inbound.kind or "").replace("_", " ")
            raise Complaint(f"The message {short} is no reply of a person: {kind}.", SEE)
        raise Complaint(
            f"Nobody knows yet whose message {short} is.", f"Say whose: outreach replies match {short} CONTACT"
        )
    return inbound.reply


def show_message(ctx: typer.Context, message: Message, raw: Annotated[
    bool, typer.Option("--raw", help="The message as it came in as well.")
] = False, as_json: AsJson = False) -> None:  # fmt: skip
    """Shows a whole correspondence: what was sent, what came in, what it was taken for, and what followed."""
    from outreach.screens.thread import show_thread
    from outreach.wiring import open_database
    from tools.replies.thread import read_thread

    with open_database(settings_of(ctx), "user") as database:

        def read(session: Session) -> tuple[Any, str]:
            inbound = found(session, message)
            return read_thread(session, inbound), inbound.raw

        thread, kept = database.read_sync(read)
    if as_json:
        print_json(asdict(thread) | ({"raw": kept} if raw else {}))
    else:
        show_thread(thread, kept if raw else None)


def correct(
    ctx: typer.Context,
    message: Message,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")],
    intent: Annotated[
        str | None,
        typer.Option("--intent", "-i", help="positive, neutral, not_now, referral, unsubscribe or negative."),
    ] = None,
    tag: Annotated[str | None, typer.Option("--tag", help="What in our message it takes up.")] = None,
    name: Annotated[str | None, typer.Option("--referral-name", help="Whom they name.")] = None,
    title: Annotated[str | None, typer.Option("--referral-title", help="Their title.")] = None,
    email: Annotated[str | None, typer.Option("--referral-email", help="Their address.")] = None,
    resume: Annotated[str | None, typer.Option("--resume-date", help="When to write again: 2027-03-01.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Agree to lift what an opt-out had suppressed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Corrects what a reply was taken for: undoes what that led to, and does what the right label asks for.

    With the label that it has, it confirms it: the reply does not wait for a look any more.
    """
    from tools.replies.corrections import WouldAllowContact

    label = _label(intent, tag, name, title, email, resume)
    if not reason.strip():
        raise Complaint("A correction needs a reason.", 'Say why: --reason "…"', code=2)
    settings = settings_of(ctx)
    try:
        done = _correct(settings, message, label, reason.strip(), may_lift=yes)
    except WouldAllowContact as exc:
        say(str(exc))
        if not _agreed():
            raise Complaint("Nothing was changed.", "To agree: the same command with --yes.") from exc
        done = _correct(settings, message, label, reason.strip(), may_lift=True)
    if as_json:
        print_json(asdict(done))
        return
    for field, old, new in done.changed:
        say(f"{field.replace('_', ' ')}: {old or '-'} -> {new}")
    if not done.changed:
        say(f"It was {done.intent.replace('_', ' ')} already; confirmed.")
    for line in done.did:
        say(line)
    for line in done.stays:
        say(f"Stays: {line}", "yellow")


def _agreed() -> bool:
    """Whether a person at the terminal says yes; nobody there is a no."""
    import sys

    return sys.stdin.isatty() and typer.confirm("Allow it?", default=False, err=True)


def _label(
    intent: str | None, tag: str | None, name: str | None, title: str | None, email: str | None, resume: str | None
) -> Label:
    from db.enums import ReplyIntent, ReplyTag, values
    from tools.replies.corrections import Label

    if not any((intent, tag, name, title, email, resume)):
        raise Complaint("Nothing is corrected.", "Give --intent, or another option: outreach replies correct --help",
                        code=2)  # fmt: skip
    return Label(
        intent=_one_of("intent", intent, values(ReplyIntent)),
        reply_tag=_one_of("tag", tag, values(ReplyTag)),
        referral_name=_text(name),
        referral_title=_text(title),
        referral_email=(_text(email) or "").lower() or None,
        resume_date=_day(resume) if resume else None,
    )


def _text(given: str | None) -> str | None:
    return " ".join((given or "").split()) or None


def _one_of(what: str, given: str | None, known: tuple[str, ...]) -> str | None:
    wanted = given.strip().lower().replace("-", "_").replace(" ", "_") if given else None
    if wanted is not None and wanted not in known:
        raise Complaint(f"'{given}' is no {what} of a reply.", f"Say one of: {', '.join(known)}.", code=2)
    return wanted


def _day(given: str) -> date:
    from datetime import date

    try:
        return date.fromisoformat(given.strip())
    except ValueError as exc:
        raise Complaint(f"'{given}' is no day.", "Write it as 2027-03-01.", code=2) from exc


def _correct(settings: Settings, reference: str, label: Label, reason: str, *, may_lift: bool) -> Corrected:
    from datetime import UTC, datetime

    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.replies.corrections import CorrectionRefused, WouldAllowContact
    from tools.replies.corrections import correct as set_right

    by, now = settings.actor(), datetime.now(UTC)
    with open_database(settings, "user") as database, acting_as(by):
        try:
            return database.write_sync(
                lambda s: set_right(s, reply_of(s, reference), label, by=by, reason=reason, now=now, may_lift=may_lift)
            )
        except WouldAllowContact:
            raise
        except CorrectionRefused as exc:
            raise Complaint(str(exc), "See it: outreach replies show " + reference) from exc


def handled(
    ctx: typer.Context,
    message: Message,
    did: Annotated[str, typer.Option("--did", help="What you did about it.")] = "handled by hand",
    as_json: AsJson = False,
) -> None:
    """Notes what you did about a reply outside of this program; nothing is drafted to answer it then.

    Sending an answer, taking a referral in and booking a meeting note themselves.
    """
    from datetime import UTC, datetime

    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.replies.handled import mark_handled, settle_review

    settings = settings_of(ctx)
    by, now = settings.actor(), datetime.now(UTC)
    with open_database(settings, "user") as database, acting_as(by):

        def write(session: Session) -> dict[str, Any]:
            reply = reply_of(session, message)
            new = mark_handled(session, reply, did, now)
            settle_review(session, str(reply.inbound_message_id), by=by, because=did, now=now)
            return {
                "reply_id": reply.id,
                "contact": reply.contact.full_name,
                "next_step_taken": reply.next_step_taken,
                "handled_at": reply.handled_at,
                "new": new,
            }

        done = database.write_sync(write)
    if as_json:
        print_json(done)
    else:
        say(f"The reply of {done['contact']} {'is' if done['new'] else 'was'} handled: {done['next_step_taken']}.")
