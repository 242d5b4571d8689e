"""`outreach replies`: takes replies in, has them triaged, and shows what they ask for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.commands.classify import EPILOG as CLASSIFY_EPILOG
from outreach.commands.classify import classify
from outreach.commands.reply_desk import CORRECT_EPILOG, HANDLED_EPILOG, SHOW_EPILOG, correct, handled, show_message
from outreach.commands.reply_match import ADD_EPILOG, MATCH_EPILOG, add, match
from outreach.console import SHORT_ID, many, print_table, progress, say
from outreach.context import MOST, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from outreach.settings import Settings
    from tools.replies.intake import TakenMail

EPILOG = """
[bold]Examples[/bold]
  outreach replies                      the replies so far, the newest first
  outreach replies triage inbox/        every mail of a folder: .eml files, mboxes, maildirs
  outreach replies triage a.eml b.eml --json
  outreach replies fetch                answers from your mailbox (OUTREACH_IMAP_URL)
  outreach replies --waiting            what triage was not sure of, and what settles it
  outreach replies add bob@x.example --channel linkedin --text "Call me in March"
  outreach replies match 4f1c bob@x.example   whose it is, where nothing proves it
  outreach replies show 4f1c            a whole correspondence, and what followed from it
  outreach replies correct 4f1c --intent positive --reason "they say yes"
  outreach replies handled 4f1c --did "called back"
  outreach replies opt-out bob@x.example   somebody asked, by whatever way, for no more messages
"""

replies_app = typer.Typer(
    help="Takes in replies, sorts them, and shows what they ask for.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)
replies_app.command("classify", epilog=CLASSIFY_EPILOG)(classify)
replies_app.command("show", epilog=SHOW_EPILOG)(show_message)
replies_app.command("correct", epilog=CORRECT_EPILOG)(correct)
replies_app.command("handled", epilog=HANDLED_EPILOG)(handled)
replies_app.command("add", epilog=ADD_EPILOG)(add)
replies_app.command("match", epilog=MATCH_EPILOG)(match)


@replies_app.callback()
def replies(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many.")] = 50,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="Only those that wait for you, with the command that settles each.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists the messages that came in, the newest first, with what they want. `triage` takes in more."""
    if ctx.invoked_subcommand is not None:
        return
    if waiting:
        _waiting(context_of(ctx).settings, limit, as_json=as_json)
        return
    from outreach.wiring import open_database
    from tools.replies.intake import received

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        rows = database.read_sync(lambda s: received(s, limit=limit, playbook=playbook))
    show_rows(rows, as_json)
    if not rows and not as_json:
        say("No replies yet. Take some in: outreach replies triage FOLDER")


@replies_app.command("triage", epilog=EPILOG)
def triage(
    ctx: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="Mails: .eml, mbox, maildirs, or folders of them.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Takes mails in, matches them to what was sent, says what they want, and does what follows from it.

    A mail that was taken in before changes nothing. Files that cannot be read are named, and the exit code is 3.
    """
    settings = settings_of(ctx)
    files = _files(paths)
    taken, own, unreadable = _take_in(settings, files)
    rows = triage_waiting(settings, [one.inbound_id for one in taken])
    show_rows(rows, as_json)
    for reason in unreadable:
        say(reason, "yellow")
    if own and not as_json:
        say(f"{own:,} of our own: left alone.")
    if taken and not as_json:
        _tell(settings, taken)
    refuse_untriaged(rows)
    if unreadable:
        raise Complaint(
            f"{many(len(unreadable), 'message')} could not be read as mail.",
            "They are named above.",
            code=3 if taken else 1,
        )


@replies_app.command("fetch", epilog=EPILOG)
def fetch(
    ctx: typer.Context,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How far back to look.")] = 14,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Takes answers, bounces and opt-outs from your mailbox, and does what follows from them.

    Nothing is marked as read, moved or deleted. Of mail that has nothing to do with what you sent only the headers
    are looked at, and nothing is kept. Once every few minutes from cron is a good rhythm.
    """
    settings = settings_of(ctx)
    taken, counts, unreadable = take_from_mailbox(settings, days)
    rows = triage_waiting(settings, [one.inbound_id for one in taken])
    show_rows(rows, as_json)
    for reason in unreadable:
        say(reason, "yellow")
    if not as_json and not taken and not counts:
        say("Nothing to take in: no mail has come since your first message left, or none has left yet.")
        say("Whether the mailbox lets you in: outreach doctor --connect")
    elif not as_json:
        say(f"{counts['known']:,} taken in before, {counts['own']:,} of our own, {counts['other']:,} not about this.")
        if taken:
            _tell(settings, taken)
    refuse_untriaged(rows)
    if unreadable:
        raise Complaint(f"{len(unreadable)} messages could not be read as mail.", "They are named above.", code=3)


@replies_app.command("opt-out", epilog=EPILOG)
def opt_out(
    ctx: typer.Context,
    whom: Annotated[list[str], typer.Argument(help="Addresses, or the ids that your opt-out page was called with.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "asked not to be written to",
) -> None:
    """Suppresses addresses at once and everywhere; whoever has them is not contacted any more.

    For opt-outs that come in by telephone, on paper, or at the page that OUTREACH_UNSUBSCRIBE_URL names.
    """
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.outbox.optout import UnknownRecipient, opt_out_of

    settings = settings_of(ctx)
    unknown: list[str] = []
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        for one in whom:
            try:
                address = database.write_sync(lambda s, one=one: opt_out_of(s, one, reason))  # type: ignore[misc]
                say(f"{address} is suppressed.")
            except UnknownRecipient as exc:
                unknown.append(str(exc))
    for told in unknown:
        say(told, "yellow")
    if unknown:
        raise Complaint(
            f"{len(unknown)} of {len(whom)} could not be suppressed.",
            "Give the address itself: outreach replies opt-out ann@acme.example",
            code=3 if len(unknown) < len(whom) else 1,
        )


def _waiting(settings: Settings, limit: int, *, as_json: bool) -> None:
    from outreach.wiring import open_database
    from tools.replies.thread import waiting_messages

    with open_database(settings, "user") as database:
        rows = database.read_sync(lambda s: waiting_messages(s, limit=limit))
    if not rows and not as_json:
        say("No message waits for you. All that came in: outreach replies")
        return
    print_table(
        "Messages that wait for you",
        ("message", "received", "from", "why", "taken for", "what it says", "settle it with"),
        [
            (
                row["inbound_id"][:SHORT_ID], row["received_at"], row["contact"] or row["from"], row["why"],
                row["intent"], row["says"], row["command"],
            )
            for row in rows
        ],
        as_json=as_json,
        json_rows=rows,
    )  # fmt: skip


def take_from_mailbox(settings: Settings, days: int) -> tuple[list[TakenMail], Counter[str], list[str]]:
    """Takes in what arrived in the last days: what was taken, how much of other mail there was by kind, and what could
    not be read. Nothing is triaged. Raises Complaint."""
    from datetime import UTC, datetime

    from db.actors import acting_as
    from outreach.mail_check import IMAP
    from outreach.mailing import mailbox_of
    from outreach.wiring import open_database
    from playbooks import sender_addresses
    from tools.mail import UnreadableMail
    from tools.mail.mailbox import MailboxStopped
    from tools.replies.fetching import first_day, take_fetched, verdict_on

    opened = mailbox_of(settings)
    if opened is None:
        raise Complaint("No mailbox is set.", f"Set {IMAP.setting} like this: {IMAP.example}")
    senders = sender_addresses()
    counts: Counter[str] = Counter()
    taken: dict[str, TakenMail] = {}
    unreadable: list[str] = []
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        since = database.read_sync(lambda s: first_day(s, days, datetime.now(UTC)))
        if since is None:
            return [], counts, []
        try:
            with opened() as mailbox, progress("Looking through the mailbox") as bar:
                for found in list(mailbox.arrived(since.date())):
                    verdict = database.read_sync(lambda s, head=found.head: verdict_on(s, head, senders))  # type: ignore[misc]
                    bar.advance(1)
                    if verdict not in ("ours", "report"):
                        counts[verdict] += 1
                        continue
                    try:
                        raw = mailbox.whole(found.uid)
                        one = database.write_sync(lambda s, raw=raw, v=verdict: take_fetched(s, raw, v))  # type: ignore[misc]
                    except UnreadableMail as exc:
                        unreadable.append(f"message {found.uid}: {exc}")
                        continue
                    if one is None:
                        counts["other"] += 1
                    else:
                        taken.setdefault(one.inbound_id, one)
        except MailboxStopped as exc:
            # What was taken in is kept, and triaged by the next call.
            raise Complaint(str(exc), f"Check {IMAP.setting}: outreach doctor --connect") from exc
    return list(taken.values()), counts, unreadable


def triage_waiting(settings: Settings, ids: Sequence[str]) -> list[dict[str, Any]]:
    """Triages whatever waits, what an earlier call stored and could not finish as well; the rows of these messages."""
    from outreach.session import run_replies
    from outreach.wiring import open_database
    from tools.replies.intake import received

    if _left_to_do(settings):
        result = run_replies(settings)
        for error in result.tally.errors[:5]:
            say(f"Failed: {error}", "red")
        if result.tally.stopped:
            say(f"Stopped early: {result.tally.stopped}", "bold red")
    with open_database(settings, "user") as database:
        return database.read_sync(lambda s: received(s, ids=ids))


def _tell(settings: Settings, taken: Sequence[TakenMail]) -> None:
    from outreach.front import say_next
    from outreach.next_step import next_step

    new = sum(one.new for one in taken)
    unmatched = sum(one.contact_id is None for one in taken)
    say(f"{new:,} new, {len(taken) - new:,} known before, {unmatched:,} matched to nobody.")
    step = next_step(settings)
    say_next(step.command, step.why)


def refuse_untriaged(rows: Sequence[dict[str, Any]]) -> None:
    waiting = sum(not row["triaged"] for row in rows)
    if waiting:
        raise Complaint(
            f"{waiting} of {len(rows)} messages were taken in and not triaged.",
            "Run the command again; `outreach runs list --status error` says what went wrong.",
            code=3,
        )


def _take_in(settings: Settings, files: Sequence[Path]) -> tuple[list[TakenMail], int, list[str]]:
    """What was taken in, how many were mails of our own, and what could not be read."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from playbooks import sender_addresses
    from tools.mail import read_mail
    from tools.mail.files import messages_in
    from tools.replies.fetching import is_own
    from tools.replies.intake import take_in

    senders = sender_addresses()

    def one_mail(session: Session, raw: bytes) -> TakenMail | None:
        return None if is_own(session, read_mail(raw), senders) else take_in(session, raw)

    taken: dict[str, TakenMail] = {}
    own = 0
    unreadable: list[str] = []
    with (
        open_database(settings, "user") as database,
        acting_as(settings.actor()),
        progress("Taking in mail", len(files)) as bar,
    ):
        for path in files:
            for found in messages_in(path):
                if found.raw is None:
                    why = found.error or "a JSON line is no mail; `outreach replies classify` reads those"
                    unreadable.append(f"{found.source}: {why}")
                    continue
                one = database.write_sync(lambda s, raw=found.raw: one_mail(s, raw))  # type: ignore[misc]
                if one is None:
                    own += 1
                else:
                    taken.setdefault(one.inbound_id, one)
            bar.advance(1)
    return list(taken.values()), own, unreadable


def _left_to_do(settings: Settings) -> bool:
    """Whether a message waits to be triaged, or a run was cut off: else no run is opened, and nothing changes."""
    from db.queries.answers import replies_to_triage
    from db.queries.runs import has_unfinished_runs
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        return database.read_sync(lambda s: bool(replies_to_triage(s)) or has_unfinished_runs(s))


def _files(paths: Sequence[Path]) -> list[Path]:
    from tools.mail.files import mail_files

    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += mail_files(path)
        elif path.is_file():
            files.append(path)
        else:
            raise Complaint(f"There is no file or folder {path}.", "Name mails, mailboxes or folders of them.", code=2)
    if not files:
        raise Complaint("There is no mail there.", "Name .eml files, mboxes, maildirs or folders of them.", code=2)
    return files


def show_rows(rows: Sequence[dict[str, Any]], as_json: bool) -> None:
    if not rows and not as_json:
        return
    print_table(
        "Replies",
        ("message", "received", "from", "contact", "kind", "intent", "sure", "matched by", "summary"),
        [
            (
                row["inbound_id"][:SHORT_ID],
                row["received_at"],
                row["from"],
                row["contact"],
                row["kind"],
                row["intent"],
                f"{row['confidence']:.2f}" if row["confidence"] is not None else None,
                row["matched_by"],
                row["summary"] or row["subject"],
            )
            for row in rows
        ],
        as_json=as_json,
        json_rows=rows,
    )
