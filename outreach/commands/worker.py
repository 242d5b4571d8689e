"""`outreach worker` does queued work; `outreach workers` shows who does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, moment, print_json, print_table, say
from outreach.context import settings_of
from outreach.worker_process import needs_postgres, work_on

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.queries.queue import Queue

WORKER_EPILOG = """
[bold]Examples[/bold]
  outreach worker                       until Ctrl-C; as many as you like, on any machine
  outreach worker --concurrency 32      so many model calls at a time
  outreach worker --once                what is queued and due now, then end (for cron)

It needs PostgreSQL. What it does by itself, and how it stops: docs/workers.md.
"""
WORKERS_EPILOG = """
[bold]Examples[/bold]
  outreach workers
  outreach workers --json
"""
COLUMNS = ("worker", "since", "heard of", "state", "jobs done", "running now")


def worker(
    ctx: typer.Context,
    concurrency: Annotated[
        int | None, typer.Option(min=1, max=256, help="Model calls at a time; else OUTREACH_CONCURRENCY.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="End when nothing is left to do now.")] = False,
) -> None:
    """Carries on the contacts that `outreach run --enqueue` queued, and what comes due: decisions, follow-ups,
    replies, approved mail.

    Ctrl-C or SIGTERM: it finishes the steps under way, for a minute at most, and gives the rest back. A second one ends
    it at once. Killed, frozen or cut off, its work goes to the others.
    """
    settings = settings_of(ctx)

    def begun() -> None:
        say("Working. Ctrl-C ends it; `outreach workers` shows what is done.")

    done = work_on(settings, concurrency or settings.concurrency, once=once, begun=begun)
    say(f"{many(done, 'job')} done.")


def workers(ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Lists the workers of this database, and what waits for one."""
    from db.queries.queue import queue
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    needs_postgres(settings)
    with open_database(settings, "user") as database:
        found, names = database.read_sync(lambda session: _named(session, queue(session)))
    if as_json:
        print_json(_json(found, names))
        return
    if not found.workers:
        say("No worker is at work. Start one, here or on another machine: outreach worker")
    else:
        rows = [
            (
                line.name,
                moment(line.since),
                moment(line.heard),
                "at work" if line.alive else "not heard of",
                line.done,
                "; ".join(names[name] for name, _at in line.running),
            )
            for line in found.workers
        ]
        print_table("Workers", COLUMNS, rows)
    say(f"{many(found.queued, 'contact')} or replies wait in the queue, {found.failed:,} failed.")
    if found.stalled:
        say(f"Stalled, to be taken over within a minute: {', '.join(names[name] for name in found.stalled)}", "yellow")


def _named(session: Session, found: Queue) -> tuple[Queue, dict[str, str]]:
    """The queue, and what to call the threads and duties in it."""
    from db.models import Contact

    def called(name: str) -> str:
        kind, _, rest = name.partition(":")
        if kind == "duty":
            return rest
        contact = session.get(Contact, rest.split(":")[0]) if kind == "touch" else None
        return f"{contact.full_name}, {contact.prospect.name}" if contact else name

    running = [name for line in found.workers for name, _at in line.running]
    return found, {name: called(name) for name in [*running, *found.stalled]}


def _json(found: Queue, names: dict[str, str]) -> dict[str, Any]:
    return {
        "workers": [
            {
                "worker": line.name,
                "since": line.since,
                "heard_of": line.heard,
                "alive": line.alive,
                "jobs_done": line.done,
                "running": [{"thread": name, "what": names[name], "since": at} for name, at in line.running],
            }
            for line in found.workers
        ],
        "queued": found.queued,
        "failed": found.failed,
        "stalled": [{"thread": name, "what": names[name]} for name in found.stalled],
    }
