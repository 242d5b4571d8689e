"""`outreach approve`: a person reads each message and decides."""

from __future__ import annotations

import json
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import print_json, print_table, say, visible
from outreach.context import context_of
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
    playbook = settings.playbook if "playbook" in context.overrides else None
    if as_json:
        from outreach.screens.inbox import as_row

        print_json([as_row(item) for item in _waiting(settings, playbook)])
        return
    if answers is not None:
        _take_answers(settings, answers)
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
    print_table(
        "Waiting for a decision",
        ("draft", "person", "organisation", "tier", "subject"),
        [(i.draft_id[:12], i.person, i.organisation, i.tier, i.subject) for i in items],
    )
    if items:
        say("This is no terminal, so nothing was decided. Run it in one, or use --json and --answers.")
    else:
        say("Nothing waits for a decision. `outreach run` looks for what is due.")


def _decide(database: Database, decision: Decision, settings: Settings, playbook: str) -> None:
    from db.actors import acting_as
    from db.approvals import DecisionRefused, take_decision
    from playbooks import load_playbook

    days = load_playbook(playbook).limits.approval_days
    try:
        with acting_as(settings.actor()):
            database.write_sync(lambda session: take_decision(session, decision, approval_days=days) and None)
    except DecisionRefused as exc:
        raise Complaint(str(exc), "Nothing was decided; `outreach approve` shows the present text.") from exc


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
                _decide(database, decision, self._settings, item.playbook)
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
            key = _read(f"{KEYS} > ").strip().lower()[:1]
            match key:
                case "a" if item.qc_passed:
                    return self._made(item, "approve")
                case "a":
                    say("QC blocks this text, and a block cannot be overridden: edit it or reject it.", "red")
                case "e":
                    if (edited := self._edit(item)) is not None:
                        return edited
                case "r":
                    if reason := _read("Why? The next version answers it > ").strip():
                        return self._made(item, "reject", reason=reason)
                    say("A rejection needs a reason.")
                case "s":
                    return self._skip(item)
                case "d":
                    reason = _read(f"Never contact {visible(item.person)} again? Give a reason, or Enter to go back > ")
                    if reason.strip():
                        return self._made(item, "do_not_contact", reason=reason.strip())
                case "q" | "\x04":
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

    def _skip(self, item: Waiting) -> Decision:
        day = datetime.now(UTC).date() + timedelta(days=SKIP_DAYS)
        while True:
            given = _read(f"Until when? Enter for {day.isoformat()} > ").strip()
            try:
                return self._made(item, "skip", until=date.fromisoformat(given) if given else day)
            except ValueError:
                say("Write a date as 2027-01-31.")

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


def _read(prompt: str) -> str:
    """One line from the person; the end of input is a wish to stop."""
    try:
        return input(prompt)
    except EOFError:
        return "q"


def _take_answers(settings: Settings, path: Path) -> None:
    """Decisions from a file: each is taken or refused by itself, and all that were taken are carried on at once."""
    from db.approvals import Decision
    from db.queries.inbox import waiting_drafts
    from outreach.wiring import open_database
    from outreach.work import Session

    lines = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    taken, refused = 0, []
    with open_database(settings, "user") as database:
        known = {i.draft_id: i for i in database.read_sync(waiting_drafts)}
        for number, line in enumerate(lines.splitlines(), start=1):
            if not line.strip():
                continue
            try:
                answer = json.loads(line)
                item = known.get(answer["draft_id"])
                if item is None:
                    raise Complaint(f"draft {answer['draft_id']} does not wait for a decision", "")
                until = date.fromisoformat(answer["until"]) if answer.get("until") else None
                decision = Decision(
                    draft_id=answer["draft_id"],
                    version=int(answer["version"]),
                    content_hash=answer["hash"],
                    decision=answer["decision"],
                    by=settings.actor(),
                    reason=answer.get("reason"),
                    until=until,
                    subject=answer.get("subject", item.subject),
                    body=answer.get("body", item.body),
                )
                _decide(database, decision, settings, item.playbook)
                taken += 1
            except Complaint as complaint:
                refused.append(f"line {number}: {complaint.what}")
            except (ValueError, KeyError, TypeError) as exc:
                refused.append(f"line {number}: it is not an answer ({type(exc).__name__}: {exc})")
    with Session(settings) as machine:
        machine.carry_on()
    say(f"{taken} decided, {len(refused)} refused.")
    for reason in refused:
        say(reason, "red")
    if refused:
        raise typer.Exit(3 if taken else 1)
