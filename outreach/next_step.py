"""The next best command, from where things stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from outreach.console import SHORT_ID, many

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.queries.funnel import Funnel
    from outreach.settings import Settings
    from tools.agenda import Agenda


@dataclass(frozen=True)
class Step:
    """A command to run, and why."""

    command: str
    why: str


INIT = Step("outreach init", "there is no database yet")
UPGRADE = Step("outreach db upgrade", "the database is not of this version")
UNREACHABLE = Step("outreach doctor", "the database does not answer")


@dataclass(frozen=True)
class Waits:
    """One line of what waits: how much of what, and the command that deals with it."""

    count: int
    what: str
    command: str


@dataclass(frozen=True)
class Standing:
    """Where everything stands, read at one moment."""

    funnels: list[Funnel]
    unfinished: bool
    agenda: Agenda


def standing(session: Session, playbooks: Sequence[str] = ()) -> Standing:
    """Reads where things stand; `playbooks` narrows the funnels alone."""
    from db.queries.funnel import funnels
    from db.queries.runs import has_unfinished_runs
    from tools.agenda import agenda

    return Standing(funnels(session, playbooks), has_unfinished_runs(session), agenda(session, datetime.now(UTC)))


def what_waits(now: Standing) -> list[Waits]:
    """What waits for the person, the most pressing first; nothing is listed of which there is none."""
    found, there = now.agenda, now.funnels
    ready, drafts = sum(f.ready for f in there), sum(f.waiting for f in there)
    lines = (
        (found.uncertain, "message that may have left or not", "messages that may have left or not", "outreach outbox"),
        (found.replies, "reply to look at", "replies to look at", "outreach replies --waiting"),
        (drafts, "draft to read and decide on", "drafts to read and decide on", "outreach approve"),
        (ready, "approved message, ready to leave", "approved messages, ready to leave", "outreach outbox"),
        (found.followups, "follow-up due", "follow-ups due", "outreach followups --due"),
        (found.meetings, "meeting without an outcome", "meetings without an outcome", "outreach meeting list"),
        (found.actions, "action of an agent to look at", "actions of agents to look at", "outreach review"),
        (found.failed, "step that failed", "steps that failed", "outreach runs list --status error"),
        (found.duplicates, "likely double", "likely doubles", "outreach flags --type duplicate_suspect"),
        (found.flags, "flag on the records", "flags on the records", "outreach flags"),
        (found.batches, "batch under way", "batches under way", "outreach batch list"),
    )
    return [Waits(count, one if count == 1 else more, command) for count, one, more, command in lines if count]


def step_for(funnels: Sequence[Funnel], *, unfinished: bool, chosen: str, uncertain: int = 0, replies: int = 0) -> Step:
    """What to do next, the most pressing first: what waits for a person, then what the machine can go on with.

    Args:
        funnels: where each playbook stands.
        unfinished: a run was begun and has not ended.
        chosen: the playbook that commands work on without --playbook; others are named in the command.
        uncertain: messages of which nobody knows whether they left.
        replies: replies that wait for a person.
    """
    if uncertain:
        said = many(uncertain, "message")
        return Step("outreach outbox", f"of {said} nobody knows whether it left: look into your sent mail, and say so")
    if replies:
        return Step("outreach replies --waiting", f"{many(replies, 'reply waits', 'replies wait')} for a look of yours")
    if not any(funnel.total_prospects for funnel in funnels):
        return Step("outreach demo", "nothing is here yet: see the whole job on a sample of real organisations")
    for funnel in sorted(funnels, key=lambda f: f.playbook != chosen):
        top = "outreach" if funnel.playbook == chosen else f"outreach --playbook {funnel.playbook}"
        if funnel.waiting:
            return Step(f"{top} approve", f"{many(funnel.waiting, 'draft waits', 'drafts wait')} for your decision")
        if funnel.ready:
            return Step(
                f"{top} outbox",
                f"{many(funnel.ready, 'message is', 'messages are')} approved and ready to leave",
            )
        if funnel.to_review:
            return Step(
                f"{top} review",
                f"{many(funnel.to_review, 'action', 'actions')} of the agents should be looked at",
            )
    if unfinished:
        return Step("outreach run", "a run has not ended; if it is not under way elsewhere, this carries it on")
    if all(funnel.nearest for funnel in funnels if funnel.total_prospects):
        nearest = next(funnel.nearest for funnel in funnels if funnel.nearest)
        return Step(
            f"outreach score explain {nearest[:SHORT_ID]}", "all organisations are set aside; this is the nearest"
        )
    alone = len(funnels) == 1 and funnels[0].playbook != chosen
    top = f"outreach --playbook {funnels[0].playbook}" if alone else "outreach"
    return Step(f"{top} run", "the agents look for what is due")


def step_of(now: Standing, settings: Settings) -> Step:
    """What to do next, as things stand."""
    return step_for(
        now.funnels,
        unfinished=now.unfinished,
        chosen=usual_playbook(settings),
        uncertain=now.agenda.uncertain,
        replies=now.agenda.replies,
    )


def next_step(settings: Settings) -> Step:
    """The next best command for these settings; it never fails, since it is shown beside other things."""
    found = look(settings)
    return found if isinstance(found, Step) else step_of(found, settings)


def look(settings: Settings) -> Standing | Step:
    """Where everything stands, or what to do first where the database cannot tell; it never fails."""
    from sqlalchemy.exc import SQLAlchemyError

    from db.errors import DatabaseFault
    from outreach.errors import Complaint
    from outreach.wiring import open_database

    try:
        with open_database(settings, "user") as database:
            return database.read_sync(standing)
    except Complaint as complaint:
        if "outreach init" in complaint.mend:
            return INIT
        return UPGRADE if "db upgrade" in complaint.mend else UNREACHABLE
    except (SQLAlchemyError, DatabaseFault):
        return UNREACHABLE


def usual_playbook(settings: Settings) -> str:
    """The playbook in force without --playbook: the next command is typed without it, unless it is told."""
    from outreach.settings import load_settings

    return load_settings(home=settings.home).playbook
