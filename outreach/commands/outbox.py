"""`outreach outbox` and `outreach sent`: what a person approved, on its way out."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import SHORT_ID, print_json, print_table, say, show, visible
from outreach.context import chosen_playbook, context_of, settings_of
from outreach.errors import Complaint
from outreach.told_times import time_past

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from playbooks import Sender
    from tools.outbox import Outgoing
    from tools.outbox.dispatch import Open

OUTBOX_EPILOG = """
[bold]Examples[/bold]
  outreach outbox                    what is approved and ready to leave
  outreach outbox show 4f1c          one message, exactly as it would leave
  outreach outbox copy | pbcopy      the next message's text alone, to paste; --channel linkedin, call or email
  outreach outbox export mail/       each as an .eml file, to send with any mail program
  outreach sent 4f1c 9a02            say that these have left
"""
SENT_EPILOG = """
[bold]Examples[/bold]
  outreach sent 4f1c
  outreach sent 4f1c 9a02 --at 2026-03-02T09:30
"""

outbox_app = typer.Typer(
    help="Lists what is approved and ready to leave; `show` and `export` bring it out.",
    epilog=OUTBOX_EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)


def _sender(playbook: str) -> Sender:
    from playbooks import load_playbook

    return load_playbook(playbook).sender


@outbox_app.callback()
def outbox(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists what is approved and ready to leave; `show` and `export` bring it out."""
    if ctx.invoked_subcommand is not None:
        return
    from outreach.wiring import open_database
    from tools.outbox import ready
    from tools.outbox.dispatch import still_open

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    with open_database(context.settings, "user") as database:
        found = database.read_sync(lambda s: ready(s, playbook))
        left_open = database.read_sync(still_open)
    if found or as_json:
        print_table(
            "Ready to leave",
            ("draft", "to", "at", "organisation", "subject", "touch", "approved", "exported"),
            [
                (
                    one.draft_id[:SHORT_ID],
                    one.contact_name,
                    one.recipient,
                    one.organisation,
                    one.subject or f"({one.channel})",
                    one.touch_number,
                    one.approved_at,
                    one.claimed,
                )
                for one in found
            ],
            as_json=as_json,
            json_rows=[asdict(one) for one in found],
        )
    if as_json:
        return
    for one in left_open:
        _say_left_open(one)
    if found:
        say(
            "Send by your mail server: outreach send. By hand: outreach outbox copy, or export DIR, then outreach sent."
        )
    else:
        say("Nothing is ready to leave. What waits for your decision: outreach approve")


def _say_left_open(one: Open) -> None:
    short = one.draft_id[:SHORT_ID]
    if one.uncertain:
        told = f"Uncertain: whether {short} to {one.contact_name} left, nobody knows."
        say(f"{told} Look, then: outreach send --resolve {short} sent (or not-sent)", "yellow")
    else:
        say(f"{short} to {one.contact_name} is being sent, or was cut off: outreach send settles that.", "yellow")


@outbox_app.command("show", epilog=OUTBOX_EPILOG)
def show_(
    ctx: typer.Context,
    draft: Annotated[str, typer.Argument(help="A draft's id, or the beginning of it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Shows one message exactly as it would leave."""
    from datetime import UTC, datetime

    from outreach.wiring import open_database
    from tools.outbox import NotReady, build_message, find, outgoing

    with open_database(settings_of(ctx), "user") as database:
        try:
            leaving = database.read_sync(lambda s: outgoing(s, find(s, draft)))
        except NotReady as exc:
            raise Complaint(str(exc), "See what may leave: outreach outbox") from exc
    if as_json:
        print_json(asdict(leaving))
        return
    if leaving.channel == "email":
        try:
            message = build_message(leaving, _sender(leaving.playbook), datetime.now(UTC))
        except NotReady as exc:
            raise Complaint(str(exc), "Correct the contact's address, then approve the message again.") from exc
        for name in ("From", "To", "Subject", "In-Reply-To", "List-Unsubscribe"):
            if message[name] is not None:
                show(f"{name}: {message[name]}")
    else:
        show(f"To: {leaving.contact_name}, {leaving.recipient} ({leaving.channel})")
        if leaving.subject:
            show(f"Subject: {leaving.subject}")
    show(f"\n{leaving.body}")


@outbox_app.command("copy", epilog=OUTBOX_EPILOG)
def copy(
    ctx: typer.Context,
    draft: Annotated[
        str | None, typer.Argument(help="A draft's id, or the beginning of it; without, the next.")
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="The next one by email, linkedin or call.")] = None,
    subject: Annotated[bool, typer.Option("--subject", help="The subject instead of the text.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Where it goes: a mailto: with the text, a page, tel:.")] = False,
) -> None:
    """Prints the text of a message alone, unbroken, to be copied or piped; whom it is for is said beside it.

    For LinkedIn, a call, or your own mail program. Say afterwards that it has left: `outreach sent`, `outreach called`.
    """
    from db.enums import Channel, values
    from outreach.wiring import open_database
    from tools.outbox import NotReady, find, outgoing, ready

    if channel is not None and channel not in values(Channel):
        raise Complaint(f"'{channel}' is no channel.", f"Name one of: {', '.join(values(Channel))}.", code=2)
    context = context_of(ctx)
    playbook = chosen_playbook(context)

    def chosen(session: Session) -> tuple[Outgoing | None, int]:
        if draft is not None:
            return outgoing(session, find(session, draft)), 0
        queue = [one for one in ready(session, playbook) if channel in (None, one.channel)]
        return (queue[0] if queue else None), max(0, len(queue) - 1)

    with open_database(context.settings, "user") as database:
        try:
            leaving, behind = database.read_sync(chosen)
        except NotReady as exc:
            raise Complaint(str(exc), "See what may leave: outreach outbox") from exc
    if leaving is None:
        say("Nothing waits to be sent by hand. What waits for your decision: outreach approve")
        return
    say(f"{leaving.contact_name}, {leaving.organisation}: {leaving.channel}, {leaving.recipient}", "bold")
    if leaving.subject and not subject:
        say(f"Subject: {leaving.subject}")
    # Not broken into lines of the terminal's width: they would be copied too.
    typer.echo(visible(_link(leaving) if link else leaving.subject if subject else leaving.body, lines=True))
    short = leaving.draft_id[:SHORT_ID]
    after = f"outreach called {short} --outcome …" if leaving.channel == "call" else f"outreach sent {short}"
    say(f"Afterwards: {after}" + (f"   ({behind:,} more wait)" if behind else ""))


def _link(leaving: Outgoing) -> str:
    from urllib.parse import quote

    if leaving.channel == "email":
        text = leaving.body.replace("\n", "\r\n")
        return f"mailto:{quote(leaving.recipient, safe='@')}?subject={quote(leaving.subject)}&body={quote(text)}"
    return f"tel:{leaving.recipient.replace(' ', '')}" if leaving.channel == "call" else leaving.recipient


@outbox_app.command("export", epilog=OUTBOX_EPILOG)
def export(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where the .eml files go; it is made if it is not there.")],
    drafts: Annotated[list[str] | None, typer.Argument(help="Only these drafts; without any, all.")] = None,
) -> None:
    """Writes each mail that is ready as an .eml file. From then on it counts as being sent, until you say that it was.

    Running it again writes the same mails again, with the same Message-IDs.
    """
    from db.actors import acting_as
    from outreach.console import progress
    from outreach.wiring import open_database
    from tools.outbox import NotReady, export_eml, find, outgoing, ready

    context = context_of(ctx)
    playbook = chosen_playbook(context)
    refused: list[str] = []
    written: list[Path] = []
    with open_database(context.settings, "user") as database, acting_as(context.settings.actor()):

        def wanted_ids() -> list[str]:
            if drafts:
                return database.read_sync(lambda s: [find(s, one).id for one in drafts])
            return database.read_sync(lambda s: [o.draft_id for o in ready(s, playbook) if o.channel == "email"])

        def one_mail(draft_id: str) -> Path:
            def work(s: Session) -> Path:
                draft = find(s, draft_id)
                return export_eml(s, draft, _sender(outgoing(s, draft).playbook), folder)

            return database.write_sync(work)

        try:
            ids = wanted_ids()
        except NotReady as exc:
            raise Complaint(str(exc), "See what may leave: outreach outbox") from exc
        with progress("Writing mails", len(ids)) as bar:
            for draft_id in ids:
                try:
                    written.append(one_mail(draft_id))
                except NotReady as exc:
                    refused.append(str(exc))
                except OSError as exc:
                    raise Complaint(
                        f"{folder} cannot be written to: {exc.strerror or exc}",
                        "Name another folder: outreach outbox export DIR",
                    ) from exc
                bar.advance(1)
    for path in written:
        show(str(path))
    for reason in refused:
        say(reason, "yellow")
    if refused:
        raise Complaint(
            f"{len(refused)} of {len(ids)} could not be written out.",
            "See what may leave: outreach outbox",
            code=3 if written else 1,
        )
    if written:
        say(f"{len(written):,} written. Once they are sent, say so: outreach sent DRAFT …")
    else:
        say("No mail is ready to leave. What waits for your decision: outreach approve")


def sent(
    ctx: typer.Context,
    drafts: Annotated[list[str], typer.Argument(help="Ids of drafts, or the beginnings of them.")],
    at: Annotated[
        str | None,
        typer.Option("--at", help="When, as 2026-03-02T09:30 by this machine's clock; now, if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Says that messages of the outbox have left: each is recorded, and the next touch is planned."""
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.outbox import NotReady, Sent, find, mark_sent

    when = time_past(at)
    settings = settings_of(ctx)
    done: list[Sent] = []
    refused: list[str] = []
    with open_database(settings, "user") as database, acting_as(settings.actor()):

        def record(reference: str) -> Sent:
            def work(s: Session) -> Sent:
                draft = find(s, reference)
                if draft.channel == "call":
                    raise NotReady(f"A call is recorded with what came of it: outreach called {reference} --outcome …")
                return mark_sent(s, draft.id, when, settings.actor(), _sender(draft.contact.prospect.playbook))

            return database.write_sync(work)

        for reference in drafts:
            try:
                done.append(record(reference))
            except NotReady as exc:
                refused.append(str(exc))
    if done or as_json:
        print_table(
            "Sent",
            ("draft", "to", "organisation", "next touch due", "recorded"),
            [
                (
                    one.draft_id[:SHORT_ID],
                    one.contact_name,
                    one.organisation,
                    one.next_due,
                    "before" if one.again else "now",
                )
                for one in done
            ],
            as_json=as_json,
            json_rows=[asdict(one) for one in done],
        )
    for reason in refused:
        say(reason, "yellow")
    if refused:
        raise Complaint(
            f"{len(refused)} of {len(drafts)} could not be recorded as sent.",
            "See what may leave: outreach outbox",
            code=3 if done else 1,
        )
