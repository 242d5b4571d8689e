"""A home whose drafts wait for a person, and whoever works in it: to carry on with its threads, process by process."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, take_decision
from db.models import (
    Contact,
    MessageDraft,
    OutreachSequence,
)
from db.queries.reading import Waiting
from graphs.runner import RunResult
from outreach.session import RunnerSession
from outreach.settings import Settings
from tests.support.inbox import waiting_drafts

T = TypeVar("T")
DRAFTS = 3
"""How many wait in it."""
GOOD = "Whatever you decide, thank you for reading."
"""What a person may add to any of them."""


@dataclass
class Desk:
    """A home whose drafts wait, and a person who decides on them."""

    settings: Settings

    @property
    def checkpoints(self) -> Path:
        return self.settings.home / "checkpoints.db"

    def carry_on(self) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.carry_on()

    def run(self, limit: int | None = None) -> RunResult:
        with RunnerSession(self.settings) as session:
            return session.run(self.settings.playbook, [], limit)

    def read(self, fn: Callable[[Session], T]) -> T:
        with Database(self.settings.effective_database_url(), "user") as database:
            return database.read_sync(fn)

    def write(self, fn: Callable[[Session], Any]) -> None:
        with Database(self.settings.effective_database_url(), "user") as database, acting_as("user:test"):
            database.write_sync(lambda session: fn(session) and None)

    def waiting(self) -> list[Waiting]:
        return self.read(waiting_drafts)

    def decide(self, item: Waiting, decision: str, *, days: int = 14, **more: Any) -> None:
        if decision == "approve":
            more.setdefault("reason", "the address is on their own page")
        self.write(
            lambda session: take_decision(
                session,
                Decision(item.draft_id, item.version, item.content_hash, decision, "user:test", **more),  # type: ignore[arg-type]
                approval_days=days,
            )
        )

    def again(self, item: Waiting) -> Waiting:
        """The item with the present text of its draft, whether or not it waits."""
        from db.approvals import draft_hash

        def present(session: Session) -> dict[str, Any]:
            draft = session.get_one(MessageDraft, item.draft_id)
            return {"version": draft.version, "content_hash": draft_hash(draft), "body": draft.body}

        from dataclasses import replace

        return replace(item, **self.read(present))

    def edit(self, item: Waiting, sentence: str, **more: Any) -> None:
        body = item.body.replace("Best,", f"{sentence}\n\nBest,", 1)
        self.decide(item, "edit", subject=item.subject, body=body, **more)

    def draft(self, item: Waiting) -> MessageDraft:
        return self.read(lambda session: session.get_one(MessageDraft, item.draft_id))

    def contact(self, item: Waiting, **values: Any) -> None:
        def change(session: Session) -> None:
            contact = session.get_one(Contact, session.get_one(MessageDraft, item.draft_id).contact_id)
            for name, value in values.items():
                setattr(contact, name, value)

        self.write(change)

    def sequence(self, item: Waiting, status: str) -> None:
        self.write(lambda s: setattr(s.get_one(OutreachSequence, item.sequence_id), "status", status))

    def rows_of_checkpoints(self) -> tuple[int, int]:
        with sqlite3.connect(self.checkpoints) as connection:
            counts = [
                connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("checkpoints", "writes")
            ]
        connection.close()
        return counts[0], counts[1]

    def threads(self) -> set[str]:
        with sqlite3.connect(self.checkpoints) as connection:
            found = {row[0] for row in connection.execute("SELECT DISTINCT thread_id FROM checkpoints")}
        connection.close()
        return found

    def lose_checkpoints(self) -> None:
        for path in self.settings.home.glob("checkpoints.db*"):
            path.unlink()
