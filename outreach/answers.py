"""A person's decisions on their way into the database: one by one from the terminal, or from a file."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from outreach.console import say
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.access import Database
    from db.approvals import Decision
    from outreach.settings import Settings


def decide(database: Database, decision: Decision, settings: Settings, playbook: str) -> None:
    """Records a decision of the person's. Raises Complaint where it is refused; nothing is changed then."""
    from db.actors import acting_as
    from db.approvals import DecisionRefused, take_decision
    from playbooks import load_playbook

    days = load_playbook(playbook).limits.approval_days
    try:
        with acting_as(settings.actor()):
            database.write_sync(lambda session: take_decision(session, decision, approval_days=days) and None)
    except DecisionRefused as exc:
        raise Complaint(str(exc), "Nothing was decided; `outreach approve` shows the present text.") from exc


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file of answers that hold something, with their numbers. Raises Complaint where there are none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as exc:
        raise Complaint(
            f"{path} cannot be read: {exc.strerror or exc}.", "Name a file of answers, or - for standard input.", code=2
        ) from exc
    except UnicodeDecodeError as exc:
        raise Complaint(f"{path} is not a text file.", "Write one JSON object a line, in UTF-8.", code=2) from exc
    found = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    if not found:
        raise Complaint("There are no answers in it.", "Write one JSON object a line: outreach approve --help", code=2)
    if found[0][1].lstrip().startswith("["):
        raise Complaint(
            "The answers are one JSON list.",
            "Write one JSON object a line (jq -c '.[]' takes a list apart): outreach approve --help",
            code=2,
        )
    return found


def take_answers(settings: Settings, path: Path) -> None:
    """Decisions from a file: each is taken or refused by itself, and all that were taken are carried on at once."""
    from db.approvals import Decision
    from db.queries.inbox import waiting_drafts
    from outreach.wiring import open_database
    from outreach.work import Session

    lines = _lines(path)
    taken, refused = 0, []
    with open_database(settings, "user") as database:
        known = {i.draft_id: i for i in database.read_sync(waiting_drafts)}
        for number, line in lines:
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
                decide(database, decision, settings, item.playbook)
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
