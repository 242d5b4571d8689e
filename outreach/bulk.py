"""Many decisions at once: a batch approved after one question, decisions taken back by the ids of their drafts."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import typer

from outreach.console import many, out, progress, say, visible
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.access import Database
    from db.approvals import Decision
    from db.queries.inbox import Line, Sought
    from db.queries.reading import Waiting
    from outreach.settings import Settings

ALL_WARNINGS = "all"


class Bulk:
    """Approves what is sought, if QC has nothing against it or only `accept`ed warnings, each text by itself."""

    def __init__(self, settings: Settings, sought: Sought, accept: tuple[str, ...], reason: str) -> None:
        self._settings = settings
        self._sought = sought
        self._accept = accept
        self._reason = reason

    def work(self) -> None:
        """Shows, asks once, decides. Raises Complaint where nothing fits."""
        from db.queries.inbox import lines
        from db.queries.reading import read_draft
        from outreach.screens.inbox_list import show_lines
        from outreach.session import RunnerSession
        from outreach.wiring import open_database

        with open_database(self._settings, "user") as database:
            found = database.read_sync(lambda session: lines(session, self._sought))
            chosen = [line for line in found if self._may(line)]
            self._say_left_out([line for line in found if not self._may(line)])
            if not chosen:
                raise Complaint("None of what you chose can be approved at once.", "See it: outreach approve list")
            # Read before the question: approved is what was shown, not what stands there once it is answered.
            items = database.read_sync(lambda session: [read_draft(session, line.draft_id) for line in chosen])
            show_lines(chosen)
            if not self._agreed(items):
                say("Nothing was approved.")
                return
            approved = 0
            with progress("Approving", len(items)) as bar:
                for item in items:
                    approved += self._approve(database, item)
                    bar.advance(1)
        with progress("Making ready what was approved"), RunnerSession(self._settings) as session:
            session.wake()
        say(f"{many(approved, 'message')} approved. Let them leave: outreach outbox. Undo: outreach approve undo DRAFT")
        if approved < len(items):
            raise typer.Exit(3 if approved else 1)

    def _may(self, line: Line) -> bool:
        return not line.blocks and (ALL_WARNINGS in self._accept or set(line.warnings) <= set(self._accept))

    def _say_left_out(self, left: list[Line]) -> None:
        if not left:
            return
        rules = Counter(rule for line in left for rule in line.warnings + line.blocks if rule not in self._accept)
        why = ", ".join(f"{rule} ({count})" for rule, count in rules.most_common())
        say(f"Left out, because of QC: {many(len(left), 'message')}. {why}", "yellow")
        say('To take a warning in all the same: the same command with --accept RULE --reason "why it does not matter"')

    def _agreed(self, items: list[Waiting]) -> bool:
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            say("This is no terminal, so nothing was decided. Run it in one, or use --json and --answers.")
            return False
        while True:
            try:
                given = input(f"Approve {many(len(items), 'message')}? [y]es, [n]o, [r]ead the texts first > ")
            except EOFError:
                say("")
                return False
            match given.strip().lower()[:1]:
                case "y":
                    return True
                case "n":
                    return False
                case "r":
                    for item in items:
                        self._show_text(item)
                case _:
                    say("Press y, n or r, then Enter.")

    def _show_text(self, item: Waiting) -> None:
        from rich.text import Text

        from outreach.tables import wrapped

        console = out()
        to = f"{visible(item.person)} <{visible(item.recipient or '')}>, {visible(item.organisation)}"
        text = f"── {to}\n{visible(item.subject or '')}\n\n{visible(item.body, lines=True)}\n"
        console.print(Text(wrapped(text, console.width)), soft_wrap=True)

    def _approve(self, database: Database, item: Waiting) -> bool:
        from db.approvals import Decision, warnings_of

        reason = self._reason if warnings_of(item.qc_flags) else None
        by = self._settings.actor()
        return _taken(
            database, self._settings, Decision(item.draft_id, item.version, item.content_hash, "approve", by, reason)
        )


def undo_drafts(settings: Settings, references: list[str]) -> None:
    """Takes back the decisions on the drafts of these ids or beginnings of ids, each by itself."""
    from db.approvals import Decision
    from outreach.session import RunnerSession
    from outreach.wiring import open_database
    from tools.outbox import NotReady, find

    undone = 0
    with open_database(settings, "user") as database:
        for reference in references:
            try:
                draft_id = database.read_sync(lambda session, one=reference: find(session, one).id)  # type: ignore[misc]
            except NotReady as exc:
                say(str(exc), "red")
                continue
            undone += _taken(database, settings, Decision(draft_id, 0, "", "revoke", settings.actor()))
    if undone:
        with RunnerSession(settings) as session:
            session.wake()
        say(f"{many(undone, 'decision')} taken back; decide again: outreach approve")
    if undone < len(references):
        say("See what may be taken back: outreach approve list --state approved,skipped")
        raise typer.Exit(3 if undone else 1)


def _taken(database: Database, settings: Settings, decision: Decision) -> bool:
    """Whether the decision was taken; where not, says why."""
    from outreach.answers import decide

    try:
        decide(database, decision, settings)
    except Complaint as complaint:
        say(f"{decision.draft_id[:8]}: {complaint.what}", "red")
        return False
    return True
