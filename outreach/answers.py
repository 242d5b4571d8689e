"""A person's decisions on their way into the database: one by one from the terminal, or from a file.

docs/approvals.md describes a line of the file; a change here is a change there.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, DecisionName, DecisionRefused, take_decision
from db.errors import InvariantViolated
from db.models import MessageDraft
from db.queries.inbox import standing
from db.queries.queue import enqueue_if_served
from db.thread_ids import touch_thread
from outreach.console import many, print_json, say
from outreach.errors import Complaint, why_unread

if TYPE_CHECKING:
    from outreach.settings import Settings

LOOK_AGAIN = "Nothing was decided; `outreach approve` shows the present text."


class Answer(BaseModel):
    """One decision, as a line of a file of answers. What `outreach approve --json` prints besides is left alone, so
    that its objects can be sent back with a decision added."""

    model_config = ConfigDict(strict=True, extra="ignore")

    draft_id: str
    version: Annotated[int, Field(ge=1, le=2_147_483_647)]
    hash: str
    decision: DecisionName
    reason: str | None = None
    subject: str | None = None
    body: str | None = None
    until: date | None = None

    @field_validator("*", mode="after")
    @classmethod
    def _can_be_kept(cls, value: object) -> object:
        if isinstance(value, str) and "\0" in value:
            raise ValueError("there is a NUL in it, which no database keeps")
        return value


@dataclass(frozen=True)
class Outcome:
    """What became of one line. `because` says why it was refused."""

    line: int
    draft_id: str | None
    decision: str | None
    taken: bool
    because: str = ""


Make = Callable[[Session, MessageDraft], Decision]


def decide(database: Database, decision: Decision, settings: "Settings") -> str:
    """Records a decision of the person's and returns the id of the message's thread. Raises Complaint where it is
    refused; nothing is changed then."""
    return _record(database, decision.draft_id, settings, lambda _session, _draft: decision)


def _record(database: Database, draft_id: str, settings: "Settings", make: Make) -> str:
    from playbooks import load_playbook

    def work(session: Session) -> str:
        draft = session.get(MessageDraft, draft_id)
        if draft is None:
            raise DecisionRefused(f"There is no draft {draft_id}.")
        decision = make(session, draft)
        if decision.decision not in ("do_not_contact", "revoke"):
            fate = standing(session, draft)
            if fate.state in ("over", "held"):
                raise DecisionRefused(f"This message cannot leave: {fate.because}.")
        days = load_playbook(draft.contact.prospect.playbook).limits.approval_days
        take_decision(session, decision, approval_days=days)
        thread_id = touch_thread(draft.contact_id, draft.sequence_id, draft.touch_number)
        enqueue_if_served(session, thread_id)
        return thread_id

    try:
        with acting_as(settings.actor()):
            return database.write_sync(work)
    except (DecisionRefused, InvariantViolated) as exc:
        raise Complaint(str(exc), LOOK_AGAIN) from exc


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a file of answers that hold something, with their numbers. Raises Complaint where there are none."""
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except OSError as exc:
        raise Complaint(
            f"{path} cannot be read: {why_unread(exc)}.", "Name a file of answers, or - for standard input.", code=2
        ) from exc
    except UnicodeDecodeError as exc:
        raise Complaint(f"{path} is not a text file.", "Write one JSON object a line, in UTF-8.", code=2) from exc
    # Not splitlines: a JSON string may hold U+2028 as it is.
    found = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    if not found:
        raise Complaint("There are no answers in it.", "Write one JSON object a line: outreach approve --help", code=2)
    if found[0][1].lstrip().startswith("["):
        raise Complaint(
            "The answers are one JSON list.",
            "Write one JSON object a line (jq -c '.[]' takes a list apart): outreach approve --help",
            code=2,
        )
    return found


def _wrong(exc: ValidationError) -> str:
    """What is wrong with a line, in a few words."""
    said = []
    for error in exc.errors(include_url=False):
        name = ".".join(str(part) for part in error["loc"])
        words = "is missing" if error["type"] == "missing" else error["msg"][:1].lower() + error["msg"][1:]
        said.append(f"{name}: {words}" if name else words)
    return "; ".join(said)


def _decision(answer: Answer, draft: MessageDraft, by: str) -> Decision:
    """The decision that a line means. Raises DecisionRefused where its parts do not fit together."""
    if answer.decision == "skip" and (answer.until is None or answer.until <= datetime.now(UTC).date()):
        raise DecisionRefused("A skip needs `until`, a day to come such as 2026-03-02.")
    given = answer.model_fields_set
    subject = answer.subject if "subject" in given else draft.subject_line
    body = answer.body if answer.body is not None else draft.body
    # An edit must not get lost by being called an approval.
    if answer.decision == "approve" and (subject or None, body) != (draft.subject_line or None, draft.body):
        raise DecisionRefused("The text is not that of the draft; to change it, the decision is edit.")
    return Decision(
        draft_id=answer.draft_id,
        version=answer.version,
        content_hash=answer.hash,
        decision=answer.decision,
        by=by,
        reason=answer.reason,
        until=answer.until,
        subject=subject,
        body=body,
    )


def take_lines(database: Database, settings: "Settings", found: list[tuple[int, str]]) -> list[Outcome]:
    """Takes or refuses each line by itself; none depends on another."""
    outcomes = []
    for number, line in found:
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError as exc:
            outcomes.append(Outcome(number, None, None, False, _wrong(exc)))
            continue
        try:
            _record(
                database,
                answer.draft_id,
                settings,
                lambda _session, draft, answer=answer: _decision(answer, draft, settings.actor()),  # type: ignore[misc]
            )
        except Complaint as complaint:
            outcomes.append(Outcome(number, answer.draft_id, answer.decision, False, complaint.what))
        else:
            outcomes.append(Outcome(number, answer.draft_id, answer.decision, True))
    return outcomes


def take_answers(settings: "Settings", path: Path, *, as_json: bool = False) -> None:
    """Decisions from a file: each is taken or refused by itself, and all that were taken are carried on at once."""
    from outreach.session import RunnerSession
    from outreach.wiring import open_database

    found = _lines(path)
    with open_database(settings, "user") as database:
        outcomes = take_lines(database, settings, found)
    taken = sum(outcome.taken for outcome in outcomes)
    refused = [outcome for outcome in outcomes if not outcome.taken]
    # Said before the threads are woken: what was decided is kept, whatever becomes of that.
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    say(f"{taken} decided, {len(refused)} refused.")
    for outcome in refused if not as_json else []:
        say(f"line {outcome.line}: {outcome.because}", "red")
    if taken:
        with RunnerSession(settings) as session:
            failed = session.wake().tally.failed
        if failed:
            say(f"{many(failed, 'message', 'messages')} could not be carried on with: outreach runs", "yellow")
    if refused:
        raise typer.Exit(3 if taken else 1)
