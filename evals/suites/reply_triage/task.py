"""Replies to a mail that was sent, through the graph of one reply, judged by what it left: the reply's row, the
suppressions, the follow-up and the suggestion whom to ask instead."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.access import Database
from db.enums import FollowupState, ReplyIntent, ReplyTag
from db.models import Followup, InboundMessage, ReferralSuggestion, Reply, Suppression
from evals.suites.sent import ORGANISATIONS, Sent, found, send
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import World
from graphs.contact import build_reply_graph
from playbooks import load_playbook
from tools.replies.intake import take_in

_OURS = ("A short question", "Hi Robin,\n\nwould a short call next week be of use?\n\nBest,\nDana")


class Input(Part):
    """One reply. `sender` is who answers, where that is not the person who was written to."""

    playbook: str
    subject: str
    text: str
    received: date
    language: str = "en"
    sender: str | None = None


class Expected(Part):
    """What the reply wants. A field that is left out is not judged; a referral that is left out must not be made up."""

    intent: ReplyIntent
    reply_tag: ReplyTag | None = None
    referral_name: str | None = None
    referral_title: str | None = None
    referral_email: str | None = None
    resume_date: date | None = None


def stage(database: Database) -> None:
    """One person for each playbook, who was written to."""
    for playbook in ORGANISATIONS:
        database.write_sync(lambda session, name=playbook: send(session, name, *_OURS))  # type: ignore[misc]


def _mail(given: Input, sent: Sent) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = given.sender or sent.email, "sales@ours.example", given.subject
    mail["Date"] = format_datetime(_when(given))
    mail["Message-ID"], mail["In-Reply-To"] = "<answer@theirs.example>", f"<{sent.message_id}>"
    mail.set_content(given.text)
    return mail.as_bytes()


def _when(given: Input) -> datetime:
    return datetime.combine(given.received, time(12), UTC)


async def run(world: World, given: Input) -> None:
    """Takes the mail in and has the graph of one reply deal with it, on the day that it came."""
    world.now = _when(given)

    def arrive(session: Session) -> str:
        sent = found(session, given.playbook)
        return take_in(session, _mail(given, sent), now=world.now).inbound_id

    inbound = await world.write(arrive)
    await world.invoke(
        "reply", lambda: build_reply_graph(world.machine, None), {"inbound_id": inbound, "playbook": given.playbook}
    )


async def state(world: World, given: Input) -> dict[str, Any]:
    """What the rows say in the end."""
    enough = load_playbook(given.playbook).limits.reply_confidence

    def read(session: Session) -> dict[str, Any]:
        sent = found(session, given.playbook)
        reply = session.scalars(select(Reply)).one_or_none()
        referral = session.scalars(select(ReferralSuggestion)).one_or_none()
        due = session.scalars(
            select(Followup.due_date).where(
                Followup.contact_id == sent.contact_id, Followup.state == FollowupState.PENDING.value
            )
        ).first()
        kind = session.scalars(select(InboundMessage.kind)).one_or_none()
        return {
            "kind": kind,
            "intent": reply.intent if reply else None,
            "confidence": reply.confidence if reply else None,
            "sure": reply is not None and (reply.confidence or 0) >= enough,
            "reply_tag": reply.reply_tag if reply else None,
            "suppressed": (given.sender or sent.email) in set(session.scalars(select(Suppression.value))),
            "referral_name": referral.name if referral else None,
            "referral_title": referral.title if referral else None,
            "referral_email": referral.email if referral else None,
            "next_touch": due.isoformat() if due else None,
        }

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Compares the rows with what the reply wants."""
    wrong: list[str] = []
    intent = expected.intent.value
    right = got["intent"] == intent
    if not right:
        wrong.append(f"the intent is {got['intent']}, not {intent}")
    marks: dict[str, Mark] = {"intent": right, "left_alone": bool(got["sure"])}
    if got["sure"]:
        marks["sure"] = right
    leaves = expected.intent is ReplyIntent.UNSUBSCRIBE
    if leaves:
        marks["opt_out_found"] = got["suppressed"]
    if got["suppressed"]:
        marks["opt_out_right"] = leaves
    if leaves != got["suppressed"]:
        wrong.append(
            "the address is not suppressed" if leaves else "the address is suppressed, and nobody asked for it"
        )
    if expected.reply_tag is not None:
        marks["tag"] = got["reply_tag"] == expected.reply_tag.value
    wrong += _referral(expected, got, marks)
    if expected.resume_date is not None and expected.intent is ReplyIntent.NOT_NOW:
        day = expected.resume_date.isoformat()
        marks["resume_date"] = got["next_touch"] == day
        if got["next_touch"] != day:
            wrong.append(f"the next touch is on {got['next_touch']}, not on {day}")
    return Judgement(marks, tuple(wrong))


def _referral(expected: Expected, got: Mapping[str, Any], marks: dict[str, Mark]) -> list[str]:
    names = ("referral_name", "referral_title", "referral_email")
    wanted = {name: value for name in names if (value := getattr(expected, name)) is not None}
    wrong = [f"{name} is {got[name]!r}, not {value!r}" for name, value in wanted.items() if not _same(got[name], value)]
    if wanted:
        marks["referral"] = (float(len(wanted) - len(wrong)), float(len(wanted)))
    if got["referral_name"] or got["referral_email"]:
        marks["referral_right"] = bool(wanted)
        if not wanted:
            wrong.append(f"nobody is referred to, and {got['referral_name'] or got['referral_email']} is suggested")
    # A job without a name is no suggestion that could be kept: only a name or an address makes a row.
    if wanted and set(wanted) == {"referral_title"}:
        del marks["referral"]
        return []
    return wrong


def _same(got: str | None, expected: str) -> bool:
    return " ".join((got or "").lower().split()) == " ".join(expected.lower().split())


def reads(row: dict[str, Any]) -> dict[str, Any]:
    """A line of evals/data/reply_triage as a case."""
    if "input" in row:
        return row
    tags = [word.strip().replace(" ", "-") for word in row.get("kind_of_case", "").split(",") if word.strip()]
    held = row["id"].startswith("rs-") or int(row["id"].rpartition("-")[2]) % 2 == 0
    return {
        "id": row["id"],
        "input": {name: row[name] for name in ("playbook", "subject", "text", "received", "language")},
        "expected": row["expected"],
        "tags": [*tags, row["expected"]["intent"], "held-out" if held else "tuning"],
        "source": "evals/data/reply_triage",
    }


TASK = Task(Input, Expected, run=run, found=state, judge=judge, stage=stage, reads=reads)
