"""Answering one message while 10,000 wait, over answering one while ten wait.

Both inboxes are whole: organisations, scores, facts, drafts, and a thread of the graph that waits for each of them, on
SQLite files. One answer is what the terminal does between two keys: read the message with all that is shown of it,
record the decision, carry its thread on, and see whether it waits again. The inboxes take turns. The aim: a ratio of
1.25 or less. Opening the inbox, which lists what waits, is told beside it and grows with what waits.

    python -m benchmarks.approve_one [MANY]
"""

import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision
from db.migrate import upgrade
from db.models import (
    Account,
    Contact,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Prospect,
    ProspectScore,
    ResearchFact,
    ResearchSnapshot,
)
from db.queries.inbox import lines
from outreach.answers import decide
from outreach.desk import look
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks.model import DIMENSIONS

FEW, MANY = 10, 10_000
ANSWERS = 9
AIM = 1.25
FACTS = 6
PLAYBOOK = "sports-lighting"
BODY = (
    "Hi Dana,\n\n" + "The lights of your stadium came up when we looked at who plays at night. " * 8 + "\n\nBest,\nSam"
)


def fill(session: Session, first: int, count: int) -> None:
    """Adds `count` messages that wait, each with what a person reads beside it."""
    rows: dict[type[Any], list[dict[str, Any]]] = {}
    for n in range(first, first + count):
        key = f"{n:032x}"
        ids = {"account_id": key, "prospect_id": key, "contact_id": key}
        text = {"subject_line": "Lights", "body": BODY, "version": 1}
        fact = {
            "account_id": key,
            "field": "facility",
            "quote": "Year Built: 1915",
            "source_title": "A list",
            "confidence": 4,
        }
        made: list[tuple[type[Any], dict[str, Any]]] = [
            (Account, {"id": key, "name": f"College {n}"}),
            (
                Prospect,
                {
                    "id": key,
                    "account_id": key,
                    "playbook": PLAYBOOK,
                    "name": f"College {n}",
                    "venue_type": "college_d3",
                    "state": "OH",
                    "tier": "A2",
                    "icp_score": 60 + n % 10,
                    "status": "research_complete",
                },
            ),
            (
                Contact,
                {"id": key, **ids, "first_name": "Dana", "last_name": f"R{n}", "email": f"d{n}@c{n}.example"},
            ),
            (OutreachSequence, {"id": key, **ids, "template_id": "t", "tier": "A2", "total_steps": 3}),
            (
                MessageDraft,
                {
                    "id": key,
                    "contact_id": key,
                    "sequence_id": key,
                    "channel": "email",
                    "touch_number": 1,
                    "touch_type": "email",
                    "qc_passed": True,
                    "qc_flags": [],
                    **text,
                },
            ),
            (MessageVersion, {"draft_id": key, **text, "author": "agent:x", "reason": "draft", "claims": []}),
            *(
                (ProspectScore, {"prospect_id": key, "dimension": name, "score": 6, "weight": 3, "notes": "So."})
                for name in DIMENSIONS
            ),
            (ResearchSnapshot, {"id": key, "account_id": key, "contact_id": key, "entity_type": "company"}),
            *(
                (ResearchFact, {**fact, "snapshot_id": key, "fact_key": f"{key}{k}", "sentence": f"Fact {k}."})
                for k in range(FACTS)
            ),
        ]
        for model, row in made:
            if model in (Contact, OutreachSequence):
                row = {k: v for k, v in row.items() if k in model.__table__.columns}
            rows.setdefault(model, []).append(row)
    for model, values in rows.items():
        session.execute(insert(model), values)


class Inbox:
    """An inbox of `count` messages with a thread for each, open as at the terminal."""

    def __init__(self, home: Path, count: int) -> None:
        self.settings = Settings(home=home)
        home.mkdir()
        upgrade(self.settings.effective_database_url())
        with Database(self.settings.effective_database_url(), "owner") as database, acting_as("user:bench"):
            for first in range(0, count, 500):
                database.write_sync(lambda s, first=first: fill(s, first, min(500, count - first)))  # type: ignore[misc]
        with RunnerSession(self.settings) as machine:
            machine.carry_on()

    def __enter__(self) -> "Inbox":
        began = time.perf_counter()
        self.database = Database(self.settings.effective_database_url(), "user")
        self.machine = RunnerSession(self.settings).__enter__()
        self.machine.wake()
        self.queue = [line.draft_id for line in self.database.read_sync(lines)]
        self.opening = time.perf_counter() - began
        return self

    def __exit__(self, *_exc: object) -> None:
        self.machine.__exit__()
        self.database.close()

    def answer(self) -> float:
        """Approves the next message; seconds from its look to the end of its thread."""
        draft_id = self.queue.pop(0)
        began = time.perf_counter()
        view = look(self.database, draft_id, "")
        assert view is not None
        item = view.item
        made = Decision(item.draft_id, item.version, item.content_hash, "approve", "user:bench")
        self.machine.carry_on([decide(self.database, made, self.settings)])
        assert look(self.database, draft_id, "") is None
        return time.perf_counter() - began


def main() -> None:
    """Prints the figures and the ratio; exit code 1 where the aim is missed."""
    many = int(sys.argv[1]) if len(sys.argv) > 1 else MANY
    configure_logging("console", "error")
    with TemporaryDirectory() as folder:
        began = datetime.now(UTC)
        small, large = Inbox(Path(folder, "few"), FEW), Inbox(Path(folder, "many"), many)
        print(f"filled in {(datetime.now(UTC) - began).total_seconds():.0f} s")
        with small, large:
            small.answer(), large.answer()
            times = [(small.answer(), large.answer()) for _ in range(ANSWERS)]
            opening = f"opening the inbox: {small.opening:.2f} s of {FEW}, {large.opening:.2f} s of {many:,}"
    few, more = (statistics.median(column) for column in zip(*times, strict=True))
    print(f"one answer, {FEW} waiting: {few * 1000:.1f} ms")
    print(f"one answer, {many:,} waiting: {more * 1000:.1f} ms")
    print(opening)
    print(f"ratio: {more / few:.2f} (aim: at most {AIM})")
    sys.exit(more / few > AIM)


if __name__ == "__main__":
    main()
