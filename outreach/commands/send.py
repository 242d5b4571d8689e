"""`outreach send`: what is approved leaves by SMTP, in working hours, within the mailbox's limits."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import SHORT_ID, print_json, print_table, progress, say, show
from outreach.context import MOST, chosen_playbook, context_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from graphs.sending import Dispatched, Line, Post
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach send --dry-run                   what would leave now, as .eml files; nothing is sent
  outreach send --dry-run --into mail/      the same, in that folder
  outreach send                             send what may leave now
  outreach send 4f1c 9a02                   only these; tries again what the server refused
  outreach send --resolve 4f1c not-sent     you looked: this one has not left

It needs OUTREACH_SMTP_URL. Once an hour from cron is a good rhythm: see docs/mail.md.
"""
VERDICTS = ("sent", "not-sent")


def send(
    ctx: typer.Context,
    drafts: Annotated[
        list[str] | None, typer.Argument(help="Only these drafts; without any, all that may leave.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write .eml files and send nothing.")] = False,
    into: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where --dry-run writes; else `dry-run` in the home folder."),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, max=MOST, help="Send this many at most.")] = None,
    any_time: Annotated[bool, typer.Option("--any-time", help="Outside of working hours as well.")] = False,
    resolve: Annotated[
        tuple[str, str] | None,
        typer.Option("--resolve", metavar="DRAFT sent|not-sent", help="Say what became of an uncertain message."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Sends what you approved, by your own mail server: in the recipient's working hours, within the mailbox's limits.

    Each message is claimed, sent and recorded. One of which it is not known whether it left is never sent again by
    itself: look in your mailbox, and say with --resolve.
    """
    context = context_of(ctx)
    settings, playbook = context.settings, chosen_playbook(context)
    if resolve is not None:
        if drafts or dry_run or limit or any_time:
            raise Complaint("--resolve stands alone.", "Say it of one message: --resolve DRAFT sent", code=2)
        _resolve(settings, *resolve)
        return
    if dry_run:
        folder = into or settings.home / "dry-run"
        _rehearse(settings, playbook, drafts or [], folder, as_json=as_json, any_time=any_time, limit=limit)
        return
    if into is not None:
        raise Complaint("--into belongs to --dry-run.", "Add --dry-run, or leave it out.", code=2)
    result = dispatch_now(settings, playbook, drafts or [], limit, any_time=any_time)
    _report(result, as_json)


def dispatch_now(
    settings: Settings, playbook: str | None, drafts: Sequence[str], limit: int | None, *, any_time: bool
) -> Dispatched:
    """Sends what may leave now; `drafts` names some alone. Raises Complaint where nothing can be sent at all."""
    from graphs.sending import dispatch
    from outreach.mailing import post_of
    from outreach.session import sender_lock
    from outreach.wiring import open_database

    post = post_of(settings, any_time=any_time)
    with sender_lock(settings), open_database(settings, "agent") as database:
        ids = database.read_sync(lambda s: _ids(s, drafts))
        if not post.mailer.loopback:
            _refuse_invented(post, database.read_sync(lambda s: _playbooks(s, playbook, ids)))
        with progress("Sending") as bar:

            async def work() -> Dispatched:
                async with post.mailer:
                    return await dispatch(
                        database,
                        post,
                        playbook=playbook,
                        only=ids,
                        limit=limit,
                        on_line=lambda line: bar.describe(f"{line.what}: {line.to}"),
                    )

            return asyncio.run(work())


def _ids(session: Session, drafts: Sequence[str]) -> list[str]:
    from tools.outbox import NotReady, find

    try:
        return [find(session, one).id for one in drafts]
    except NotReady as exc:
        raise Complaint(str(exc), "See what may leave: outreach outbox") from exc


def _playbooks(session: Session, playbook: str | None, ids: Sequence[str]) -> set[str]:
    from tools.outbox import ready

    return {one.playbook for one in ready(session, playbook) if not ids or one.draft_id in ids}


def _refuse_invented(post: Post, playbooks: set[str]) -> None:
    from tools.outbox.dispatch import INVENTED

    for name in sorted(playbooks):
        sender = post.playbook_of(name).sender
        if sender.sample:
            raise Complaint(
                INVENTED.format(name=sender.name, company=sender.company, playbook=name),
                "To try it without sending anything: outreach send --dry-run",
            )


def _report(result: Dispatched, as_json: bool) -> None:
    _print(result.lines, as_json, "What became of each message", result.stopped)
    sent = result.count("sent")
    if not as_json:
        say(
            f"{sent:,} sent, {result.count('waits', 'put off', 'not left'):,} wait. Every step: outreach runs show last"
        )
    if result.count("uncertain"):
        say(
            "Uncertain: look whether it is in your Sent mailbox, then: outreach send --resolve DRAFT sent|not-sent",
            "yellow",
        )
    if result.stopped:
        raise Complaint(result.stopped, "Mend that, then: outreach send", code=3 if sent else 1)
    if wrong := result.count("refused", "uncertain", "put off", "not known yet"):
        raise Complaint(f"{wrong} of {len(result.lines)} need another look.", "They are named above.", code=3)


def _print(lines: Sequence[Line], as_json: bool, title: str, stopped: str | None = None) -> None:
    if as_json:
        print_json({"messages": [asdict(line) for line in lines], "stopped": stopped})
        return
    if not lines:
        say("Nothing is ready to leave. What waits for your decision: outreach approve")
        return
    print_table(
        title,
        ("draft", "to", "what", "said", "until"),
        [(line.draft_id[:SHORT_ID], line.to or None, line.what, line.said, line.until) for line in lines],
    )


def _rehearse(
    settings: Settings,
    playbook: str | None,
    drafts: Sequence[str],
    folder: Path,
    *,
    as_json: bool,
    any_time: bool,
    limit: int | None,
) -> None:
    """Writes what would leave now, byte for byte but for the time; claims nothing."""
    from datetime import UTC, datetime

    from db.models import MessageDraft
    from graphs.sending import held_back
    from outreach.mailing import signer_of
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.outbox import NotReady, file_name, outgoing, ready
    from tools.outbox.dispatch import mail_of

    signer, now = signer_of(settings), datetime.now(UTC)
    written: list[str] = []
    waits: list[Line] = []

    def work(session: Session) -> list[tuple[str, bytes]]:
        ids = _ids(session, drafts)
        mails: list[tuple[str, bytes]] = []
        there = ready(session, playbook, now)
        for draft_id in set(ids) - {one.draft_id for one in there}:
            try:
                outgoing(session, session.get_one(MessageDraft, draft_id), now)
            except NotReady as exc:
                say(str(exc), "yellow")
        for one in there:
            if one.channel != "email" or (ids and one.draft_id not in ids):
                continue
            held = held_back(session, one, load_playbook, now, named=bool(ids), any_time=any_time)
            if held is not None:
                waits.append(held)
            elif limit is None or len(mails) < limit:
                sender = load_playbook(one.playbook).sender
                try:
                    mails.append((file_name(one), mail_of(one, sender, now, signer, settings.unsubscribe_url)))
                except NotReady as exc:
                    say(str(exc), "yellow")
        return mails

    with open_database(settings, "agent") as database:
        mails = database.read_sync(work)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, raw in mails:
            (folder / name).write_bytes(raw)
            written.append(str(folder / name))
    except OSError as exc:
        raise Complaint(
            f"{folder} cannot be written to: {exc.strerror or exc}",
            "Name another folder: outreach send --dry-run --into DIR",
        ) from exc
    if as_json:
        print_json({"written": written, "waits": [asdict(line) for line in waits]})
        return
    for one in written:
        show(one)
    if waits:
        _print(waits, as_json, "What waits")
    say(f"{len(written):,} would leave now, {len(waits):,} would wait. Nothing was sent.")


def _resolve(settings: Settings, draft: str, verdict: str) -> None:
    from datetime import UTC, datetime

    from db.actors import acting_as
    from outreach.session import sender_lock
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.outbox import NotReady, find
    from tools.outbox.dispatch import resolve

    if verdict not in VERDICTS:
        raise Complaint(f"'{verdict}' is no answer.", "Say: --resolve DRAFT sent, or --resolve DRAFT not-sent", code=2)

    def work(session: Session) -> str:
        found = find(session, draft)
        sender = load_playbook(found.contact.prospect.playbook).sender
        said = "sent" if verdict == "sent" else "not-sent"
        return resolve(session, found, said, settings.actor(), sender, datetime.now(UTC))  # type: ignore[arg-type]

    with (
        sender_lock(settings),
        open_database(settings, "user") as database,
        acting_as(settings.actor()),
    ):
        try:
            said = database.write_sync(work)
        except NotReady as exc:
            raise Complaint(str(exc), "See where each message is: outreach outbox") from exc
    say(f"{draft}: {said}.")
