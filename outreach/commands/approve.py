"""`outreach approve`: a person reads each message and decides."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import print_json, print_table, say, visible
from outreach.context import chosen_playbook, context_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.access import Database
    from db.approvals import Decision
    from db.queries.inbox import Waiting
    from outreach.settings import Settings
    from outreach.work import Session

EPILOG = """
[bold]Examples[/bold]
  outreach approve                     one message after the other, in this terminal
  outreach approve --json              everything that waits, for another program
  outreach approve --answers FILE      decisions from a file, one JSON object a line (- is standard input)

An answer has draft_id, version, hash and decision (approve, edit, reject, skip, do_not_contact), and where it
applies reason, subject, body, until (a date).
"""

SKIP_DAYS = 7
SHORT = 8
KEYS = "[a]pprove  [e]dit  [r]eject  [s]kip  [d]o not contact  [q]uit"


def approve(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="List what waits as JSON, and decide nothing.")] = False,
    answers: Annotated[
        Path | None, typer.Option(help="Read decisions from this file, one JSON object a line.", allow_dash=True)
    ] = None,
) -> None:
    """Shows each message with its research, its checks and exactly what will leave; you decide about each.

    A decision holds for exactly this text to exactly this recipient. Without a terminal nothing is decided: it says
    what waits.
    """
    context = context_of(ctx)
    settings = context.settings
    playbook = chosen_playbook(context)
    if as_json:
        from outreach.screens.inbox import as_row

        print_json([as_row(item) for item in _waiting(settings, playbook)])
        return
    if answers is not None:
        from outreach.answers import take_answers

        take_answers(settings, answers)
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        _list(_waiting(settings, playbook))
        return
    _Desk(settings, playbook).work()


def _waiting(settings: Settings, playbook: str | None) -> list[Waiting]:
    from db.queries.inbox import waiting_drafts
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        return database.read_sync(lambda session: waiting_drafts(session, playbook))


def _list(items: list[Waiting]) -> None:
    if items:
        print_table(
            "Waiting for a decision",
            ("draft", "person", "organisation", "tier", "subject"),
            [(i.draft_id[:SHORT], i.person, i.organisation, i.tier, i.subject) for i in items],
        )
        say("This is no terminal, so nothing was decided. Run it in one, or use --json and --answers.")
    else:
        say("Nothing waits for a decision. `outreach run` looks for what is due.")


class _Desk:
    """One sitting at the terminal."""

    def __init__(self, settings: Settings, playbook: str | None) -> None:
        self._settings = settings
        self._playbook = playbook
        self._decided = 0

    def work(self) -> None:
        from outreach.wiring import open_database
        from outreach.work import Session

        with open_database(self._settings, "user") as database, Session(self._settings) as machine:
            woken = machine.carry_on()
            if woken.resumed:
                say(f"Carried on with {woken.resumed} decided or cut off before.")
            self._go_through(database, machine)
        say(f"{self._decided} decided.")
        from outreach.next_step import next_step

        step = next_step(self._settings)
        say(f"Next: {step.command}   ({step.why})", "bold")

    def _go_through(self, database: Database, machine: Session) -> None:
        from db.queries.inbox import waiting_drafts
        from outreach.answers import decide

        queue = database.read_sync(lambda session: waiting_drafts(session, self._playbook))
        if not queue:
            say("Nothing waits for a decision.")
        shown = 0
        while queue:
            item = queue.pop(0)
            shown += 1
            decision = self._ask(item, f"{shown}, {len(queue)} more")
            if decision is None:
                return
            try:
                decide(database, decision, self._settings, item.playbook)
            except Complaint as complaint:
                say(complaint.what, "red")
                queue[:0] = self._again(database, item)
                continue
            self._decided += 1
            if decision.decision == "skip":
                continue
            machine.carry_on(self._threads(item))
            again = self._again(database, item)
            if again:
                say("It comes back with the next version." if decision.decision == "reject" else "It comes back.")
            elif decision.decision in ("approve", "edit"):
                say("Ready to go out: outreach outbox", "green")
            queue[:0] = again

    def _again(self, database: Database, item: Waiting) -> list[Waiting]:
        from db.queries.inbox import waiting_drafts

        return database.read_sync(lambda session: waiting_drafts(session, ids=[item.draft_id]))

    def _threads(self, item: Waiting) -> list[str]:
        from outreach.wiring import open_database

        with open_database(self._settings, "user") as database:
            return database.read_sync(lambda session: _thread_ids(session, item.draft_id))

    def _ask(self, item: Waiting, place: str) -> Decision | None:
        from outreach.console import out
        from outreach.screens.inbox import show_waiting
        from playbooks import load_playbook

        show_waiting(out(), item, load_playbook(item.playbook).sender, place)
        while True:
            given = _read(f"{KEYS} > ")
            if given is None:
                return None
            match given.strip().lower()[:1]:
                case "a" if item.qc_passed:
                    return self._made(item, "approve")
                case "a":
                    say("QC blocks this text, and a block cannot be overridden: edit it or reject it.", "red")
                case "e":
                    if (edited := self._edit(item)) is not None:
                        return edited
                case "r":
                    if reason := (_read("Why? The next version answers it > ") or "").strip():
                        return self._made(item, "reject", reason=reason)
                    say("A rejection needs a reason.")
                case "s":
                    if (skipped := self._skip(item)) is not None:
                        return skipped
                case "d":
                    ask = f"Never contact {visible(item.person)} again? Give a reason, or Enter to go back > "
                    if reason := (_read(ask) or "").strip():
                        return self._made(item, "do_not_contact", reason=reason)
                case "q":
                    return None
                case _:
                    say("Press a, e, r, s, d or q, then Enter.")

    def _made(self, item: Waiting, decision: Any, **more: Any) -> Decision:
        from db.approvals import Decision

        return Decision(
            draft_id=item.draft_id,
            version=item.version,
            content_hash=item.content_hash,
            decision=decision,
            by=self._settings.actor(),
            **more,
        )

    def _skip(self, item: Waiting) -> Decision | None:
        today = datetime.now(UTC).date()
        day = today + timedelta(days=SKIP_DAYS)
        while True:
            given = _read(f"Until when? Enter for {day.isoformat()}, q to go back > ")
            if given is None or given.strip().lower() == "q":
                return None
            try:
                until = date.fromisoformat(given.strip()) if given.strip() else day
            except ValueError:
                say(f"Write a date as {day.isoformat()}.")
                continue
            if until > today:
                return self._made(item, "skip", until=until)
            say("That day is not in the future.")

    def _edit(self, item: Waiting) -> Decision | None:
        import click

        try:
            edited = click.edit(f"Subject: {item.subject or ''}\n\n{item.body}\n", extension=".txt")
        except click.ClickException as exc:
            say(f"The editor did not start: {exc.message} Set EDITOR to one that is installed.", "red")
            return None
        if edited is None:
            say("Nothing was changed.")
            return None
        first, _, body = edited.partition("\n")
        if not first.lower().startswith("subject:"):
            say("The first line must begin with 'Subject:'. Your edit was not taken.", "red")
            return None
        return self._made(item, "edit", subject=first.split(":", 1)[1].strip(), body=body.strip())


def _thread_ids(session: Any, draft_id: str) -> list[str]:
    from db.models import MessageDraft

    draft = session.get_one(MessageDraft, draft_id)
    return [f"touch:{draft.contact_id}:{draft.sequence_id}:{draft.touch_number}"]


def _read(prompt: str) -> str | None:
    """One line from the person; None at the end of input, which is a wish to stop and never an answer."""
    try:
        return input(prompt)
    except EOFError:
        say("")
        return None
