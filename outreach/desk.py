"""One sitting at the terminal: message after message, a key for each decision, and a way back."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from outreach.console import many, out, say, visible
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.access import Database
    from db.approvals import Decision
    from db.queries.inbox import Line, Sought
    from db.queries.reading import Waiting
    from outreach.screens.inbox import View
    from outreach.session import RunnerSession
    from outreach.settings import Settings

SKIP_DAYS = 7
MANY = 20
KEYS = "[a]pprove [e]dit [r]eject [s]kip [d]o not contact [u]ndo [m]ore [q]uit"
HELP = """a  approve: exactly this text may leave, to exactly this recipient
e  edit the text in $EDITOR; what you write is checked again, and is approved if it passes
r  reject: the next version is written to answer your reason
s  skip until a day
d  do not contact this person again, at any address we know
u  undo your last decision of this sitting, as long as the message has not left
m  more: the whole score, every known fact, all versions
q  quit; what you have not decided waits on
Enter goes to the next page."""


class Desk:
    """Asks about one message after the other; `_undoable` are the decisions of this sitting, the latest last."""

    def __init__(self, settings: Settings, sought: Sought) -> None:
        self._settings = settings
        self._sought = sought
        self._decided = 0
        self._undoable: list[tuple[Waiting, str]] = []
        self._reasons: dict[tuple[str, ...], str] = {}

    def work(self) -> None:
        """The whole sitting, from what waits to what is next."""
        from outreach.front import say_next
        from outreach.next_step import next_step
        from outreach.session import RunnerSession
        from outreach.wiring import open_database

        with open_database(self._settings, "user") as database, RunnerSession(self._settings) as session:
            woken = session.wake()
            if woken.resumed:
                say(f"Carried on with {woken.resumed} decided before.")
            self._go_through(database, session)
        say(f"{self._decided} decided.")
        step = next_step(self._settings)
        say_next(step.command, step.why)

    def _go_through(self, database: Database, session: RunnerSession) -> None:
        from db.queries.inbox import lines

        queue = [line.draft_id for line in self._greet(database.read_sync(lambda s: lines(s, self._sought)))]
        places = {draft_id: f"{number} of {len(queue)}" for number, draft_id in enumerate(queue, start=1)}
        while queue:
            draft_id = queue.pop(0)
            view = look(database, draft_id, places[draft_id])
            if view is None:
                continue  # decided elsewhere, or withdrawn, since the list was made
            decision = self.ask(view)
            if decision is None:
                return
            if decision == "undo":
                queue[:0] = [*self._undo(database, session), draft_id]
                continue
            if self._take(database, session, view.item, decision):
                queue.insert(0, draft_id)

    def _greet(self, found: list[Line]) -> list[Line]:
        if not found:
            say(
                "Nothing waits for a decision." if self._sought_all() else "Nothing that waits fits what you asked for."
            )
            return found
        tiers = ", ".join(f"{count} {tier or 'no tier'}" for tier, count in Counter(x.tier for x in found).items())
        back = sum(bool(line.note) for line in found)
        say(f"{many(len(found), 'message waits', 'messages wait')}: {tiers}{f'; {back} wait again' if back else ''}.")
        if len(found) > MANY:
            say("A line each: outreach approve list. Only some: --tier A1. Many at once: outreach approve bulk.")
        return found

    def _sought_all(self) -> bool:
        from dataclasses import replace

        from db.queries.inbox import ANY

        return replace(self._sought, playbook=None) == ANY

    def _take(self, database: Database, session: RunnerSession, item: Waiting, decision: Decision) -> bool:
        """Records the decision and lets the agents go on with it; whether the message may be back at once."""
        from outreach.answers import decide

        try:
            thread = decide(database, decision, self._settings)
        except Complaint as complaint:
            say(complaint.what, "red")
            return True
        self._decided += 1
        self._undoable.append((item, decision.decision))
        if decision.decision == "skip":
            return False
        session.carry_on([thread])
        again = look(database, item.draft_id, "") is not None
        if again:
            say("It comes back with the next version." if decision.decision == "reject" else "It comes back.")
        elif decision.decision in ("approve", "edit"):
            say("Ready to go out: outreach outbox. Not yet gone: u takes it back.", "green")
        return again

    def _undo(self, database: Database, session: RunnerSession) -> list[str]:
        """Takes the last decision back; the ids of what waits again for it."""
        from db.approvals import Decision
        from outreach.answers import decide

        if not self._undoable:
            say("There is nothing to undo in this sitting. Earlier ones: outreach approve undo DRAFT")
            return []
        item, what = self._undoable.pop()
        revoke = Decision(item.draft_id, item.version, item.content_hash, "revoke", self._settings.actor())
        try:
            thread = decide(database, revoke, self._settings)
        except Complaint as complaint:
            say(f"Your {what.replace('_', ' ')} stands. {complaint.what}", "red")
            return []
        self._decided -= 1
        session.carry_on([thread])
        say(f"Taken back: {what.replace('_', ' ')} of the message to {visible(item.person)}.")
        return [item.draft_id]

    def ask(self, view: View) -> Any:
        """Shows the message and asks until there is a Decision: that, 'undo', or None for the wish to stop."""
        from outreach.screens.inbox import pages, show_page

        item, console = view.item, out()
        left = pages(console, view)
        show_page(console, left.pop(0))
        while True:
            prompt = f"Enter: {left[0].begins} > " if left else f"{KEYS} > "
            given = _read(prompt)
            if given is None:
                return None
            key = given.strip().lower()[:1]
            if key == "" and left:
                show_page(console, left.pop(0))
                continue
            if key == "m":
                left = [*pages(console, view, more=True), *(page for page in left if page.must)]
                show_page(console, left.pop(0))
                continue
            if key in ("q", "u"):
                return None if key == "q" else "undo"
            if key == "a" and any(page.must for page in left):
                say("The message or its checks go on: Enter shows the rest.")
                continue
            decision = self._pressed(key, item)
            if decision is not None:
                return decision

    def _pressed(self, key: str, item: Waiting) -> Decision | None:
        match key:
            case "a":
                return self._approve(item)
            case "e":
                return self._edit(item)
            case "r":
                if reason := (_read("Why? The next version answers it > ") or "").strip():
                    return self._made(item, "reject", reason=reason)
                say("A rejection needs a reason.")
            case "s":
                return self._skip(item)
            case "d":
                ask = f"Never contact {visible(item.person)} again? Give a reason, or Enter to go back > "
                if reason := (_read(ask) or "").strip():
                    return self._made(item, "do_not_contact", reason=reason)
            case "?" | "h":
                say(HELP)
            case _:
                say("Press a, e, r, s, d, u, m or q, then Enter; ? says what each does.")
        return None

    def _approve(self, item: Waiting) -> Decision | None:
        from db.approvals import warnings_of

        if not item.qc_passed:
            say("QC blocks this text, and a block cannot be overridden: edit it or reject it.", "red")
            return None
        warned = tuple(warnings_of(item.qc_flags))
        if not warned:
            return self._made(item, "approve")
        # The same warnings are overridden for the same reason, mostly; Enter says so again.
        before = self._reasons.get(tuple(sorted(warned)), "")
        again = f' Enter for "{visible(before)}"' if before else ""
        given = _read(f"QC warns: {', '.join(warned)}. Why may it leave?{again} > ")
        reason = None if given is None else given.strip() or before
        if not reason:
            say("Not approved: to override a warning needs a reason, which is kept.")
            return None
        self._reasons[tuple(sorted(warned))] = reason
        return self._made(item, "approve", reason=reason)

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


def look(database: Database, draft_id: str, place: str) -> View | None:
    """One message that waits, with all that is shown of it; None where it does not wait any more."""
    from db.queries.inbox import Sought, lines
    from db.queries.reading import read_draft
    from outreach.screens.inbox import View
    from playbooks import load_playbook
    from tools.scoring import explain
    from tools.scoring.explain import NotScored

    def read(session: Any) -> View | None:
        found = lines(session, Sought(ids=[draft_id]))
        if not found:
            return None
        item = read_draft(session, draft_id, found[0].note)
        try:
            reasons = explain(session, item.prospect_id).parts
        except NotScored:
            reasons = []
        return View(item, load_playbook(item.playbook).sender, place, reasons)

    return database.read_sync(read)


def _read(prompt: str) -> str | None:
    """One line from the person; None at the end of input, which is a wish to stop and never an answer."""
    try:
        return input(prompt)
    except EOFError:
        say("")
        return None
