"""The next best command, from where things stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from outreach.console import many

if TYPE_CHECKING:
    from db.queries.funnel import Funnel
    from outreach.settings import Settings


@dataclass(frozen=True)
class Step:
    """A command to run, and why."""

    command: str
    why: str


INIT = Step("outreach init", "there is no database yet")
UPGRADE = Step("outreach db upgrade", "the database is not of this version")
UNREACHABLE = Step("outreach doctor", "the database does not answer")


def step_for(funnels: Sequence[Funnel], *, unfinished: bool, chosen: str) -> Step:
    """What to do next, the most pressing first: what waits for a person, then what the machine can go on with.

    Args:
        funnels: where each playbook stands.
        unfinished: a run was begun and has not ended.
        chosen: the playbook that commands work on without --playbook; others are named in the command.
    """
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
    return Step("outreach run", "the agents look for what is due")


def next_step(settings: Settings) -> Step:
    """The next best command for these settings; it never fails, since it is shown beside the help."""
    from sqlalchemy.exc import SQLAlchemyError

    from db.errors import DatabaseFault
    from db.queries.funnel import funnels
    from db.queries.runs import has_unfinished_runs
    from outreach.errors import Complaint
    from outreach.wiring import open_database

    try:
        with open_database(settings, "user") as database:
            found, unfinished = database.read_sync(lambda s: (funnels(s), has_unfinished_runs(s)))
    except Complaint as complaint:
        if "outreach init" in complaint.mend:
            return INIT
        return UPGRADE if "db upgrade" in complaint.mend else UNREACHABLE
    except (SQLAlchemyError, DatabaseFault):
        return UNREACHABLE
    return step_for(found, unfinished=unfinished, chosen=usual_playbook(settings))


def usual_playbook(settings: Settings) -> str:
    """The playbook in force without --playbook: the next command is typed without it, unless it is told."""
    from outreach.settings import load_settings

    return load_settings(home=settings.home).playbook
