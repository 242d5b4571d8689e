"""`outreach run`: the orchestrator, on demand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agents.parts import Part
from outreach.console import Bar, print_json, progress, say
from outreach.context import MOST, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Collection

    from graphs.runner import Goal, RunResult
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach run                                         whatever is due
  outreach run --goal "10 drafts to athletic directors of D2 colleges in Ohio"
  outreach run --import leads.csv --source "Apollo"    take in a file first
  outreach run --limit 5                               at most five new drafts
  outreach run --only replies                          nothing but the replies
  outreach run --batch 3                               the messages of one batch
  outreach run --enqueue                               have your workers do it, and follow them
"""


def run(
    ctx: typer.Context,
    imports: Annotated[
        list[Path] | None, typer.Option("--import", help="A file of organisations or people to take in first.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where these files come from, as it shall be cited.")] = None,
    source_url: Annotated[str | None, typer.Option(help="The source's public page.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, max=MOST, help="Most new drafts in this run.")] = None,
    goal: Annotated[
        str | None, typer.Option(help="What you want, in words; shown as a work order before it runs (docs/goals.md).")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Run the goal's order without asking.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the goal's order, run nothing.")] = False,
    only: Annotated[list[Part] | None, typer.Option(help="Do this part alone; may be given more than once.")] = None,
    batch: Annotated[
        str | None, typer.Option(help="Write to the people of this batch alone: its number, or its id's beginning.")
    ] = None,
    enqueue: Annotated[
        bool, typer.Option("--enqueue", help="Leave the contacts to workers, and follow them (docs/workers.md).")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Finds what is due and does it: imports, replies, scoring, research, drafts, checks. Stops where you decide.

    It first carries on with whatever an earlier run, or a crash, left unfinished. Nothing is sent.
    """
    from playbooks import load_playbook

    settings = settings_of(ctx)
    load_playbook(settings.playbook)
    if enqueue:
        enqueue = _can_hand_over(settings)
    if batch is not None:
        from outreach.batching import brief_batch, run_batch

        if goal is not None or imports or only:
            raise Complaint("--batch goes with --limit alone.", "For instance: outreach run --batch 3", code=2)
        settings, result = run_batch(settings, batch, limit, handed_over=enqueue)
        if not enqueue and result.complete:
            # It says what there is to say of them, and research has just found more.
            brief_batch(settings, batch, below=result.run_id)
    elif goal is None:
        if dry_run or yes:
            raise Complaint("--dry-run and --yes belong to a --goal.", "Add --goal, or leave them out.", code=2)
        if (source or source_url) and not imports:
            raise Complaint(
                "--source and --source-url say where a file comes from.",
                "Add --import FILE, or leave them out.",
                code=2,
            )
        files = [described(path, source=source, source_url=source_url) for path in imports or []]
        result = work(settings, files, limit, only=only or [], handed_over=enqueue)
    else:
        if imports or only or limit:
            raise Complaint(
                "A goal says itself what to import, what to do and how many.",
                'For instance: --goal "import leads.csv and draft 5"',
                code=2,
            )
        found = work_goal(
            settings, goal, source, source_url, yes=yes, dry_run=dry_run, as_json=as_json, handed_over=enqueue
        )
        if found is None:
            return
        settings, result = found
    report(settings, result, as_json=as_json)
    finish(result)


def work_goal(
    settings: Settings,
    words: str,
    source: str | None,
    source_url: str | None,
    *,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    handed_over: bool = False,
) -> tuple[Settings, RunResult] | None:
    """A goal read, shown, agreed to and run; None where it was only shown, or not agreed to."""
    from agents.models import ModelError
    from outreach.goals import agreed, files_of, order_json, show_order
    from outreach.session import RunnerSession
    from playbooks import load_playbook

    if not words.strip():
        raise Complaint("The goal is empty.", 'For instance: --goal "10 drafts to CFOs in Ohio"', code=2)
    try:
        with RunnerSession(settings) as session:
            goal = session.read_goal(settings.playbook, words)
    except ModelError as exc:
        raise Complaint(f"The goal could not be read: {exc}", "Every step: outreach runs show last") from exc
    if goal.order.playbook and goal.order.playbook != settings.playbook:
        settings = settings.model_copy(update={"playbook": goal.order.playbook})
    playbook = load_playbook(settings.playbook)
    if as_json and not yes:
        print_json(order_json(goal, playbook))
        return None
    if not as_json:
        show_order(goal, playbook)
    if dry_run:
        say("Nothing was run.")
        return None
    files = [described(path, source=source, source_url=source_url) for path in files_of(goal.order)]
    if not agreed(goal, yes=yes):
        say("Nothing was run.")
        raise typer.Exit(1)
    return settings, work(settings, files, goal.order.count, only=goal.order.only, goal=goal, handed_over=handed_over)


def _can_hand_over(settings: Settings) -> bool:
    """Whether there is a queue: on SQLite the same run is made here. Raises Complaint where nobody takes from it."""
    from outreach.worker_process import NO_WORKER, has_workers

    if not settings.effective_database_url().startswith("postgresql"):
        say("A SQLite database is worked on by one process at a time: this one.", "yellow")
        return False
    if not has_workers(settings):
        raise NO_WORKER
    return True


def described(path: Path, **more: Any) -> dict[str, Any]:
    """A file as the prospector takes it, bound to its present content."""
    if not path.is_file():
        from tools.reading import absent

        raise Complaint(absent(path), "Check the path; the file must be readable.", code=2)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"path": str(path.absolute()), "sha256": digest, **{k: v for k, v in more.items() if v is not None}}


def work(
    settings: Settings,
    files: list[dict[str, Any]],
    limit: int | None,
    *,
    only: Collection[Part] = (),
    goal: Goal | None = None,
    batch_id: str | None = None,
    handed_over: bool = False,
) -> RunResult:
    """One run, with a bar that counts the contacts whose threads have come to a stop."""
    from outreach.session import RunnerSession

    with (
        progress("Working through what is due") as bar,
        RunnerSession(settings, _counter(bar), handed_over=handed_over) as session,
    ):
        return session.run(settings.playbook, files, limit, only=only, goal=goal, batch_id=batch_id)


def _counter(bar: Bar) -> Any:
    counts: dict[str, int] = {}

    def on_end(_thread_id: str, end: str) -> None:
        counts[end] = counts.get(end, 0) + 1
        bar.describe("Contacts: " + ", ".join(f"{n} {name}" for name, n in counts.items()))

    return on_end


def report(settings: Settings, result: RunResult, *, as_json: bool) -> None:
    """What the run did, in a few words."""
    tally, partly = result.tally, _partly(settings, result.run_id)
    if as_json:
        print_json(
            {
                "run_id": result.run_id,
                "resumed": result.resumed,
                "waiting": tally.waiting,
                "done": tally.done,
                "failed": tally.failed,
                "stopped": tally.stopped,
                "errors": tally.errors,
                "partly": partly,
                "plan": result.plan,
            }
        )
        return
    if result.resumed:
        say(f"Carried on with {result.resumed} that were left unfinished or decided since.")
    say(f"Drafts written and waiting for you: {tally.waiting}. Brought to an end: {tally.done}.")
    for remark, count in _about_people(settings, result.run_id):
        say(f"No message for {count:,} of them: {remark}. What can be one: docs/research.md")
    for remark in partly:
        say(f"Done in part: {remark}", "yellow")
    for error in tally.errors[:5]:
        say(f"Failed: {error}", "red")
    if tally.stopped:
        say(f"Stopped early: {tally.stopped}", "bold red")
    from outreach.commands.followups import say_overdue
    from outreach.front import say_next
    from outreach.next_step import next_step

    say_overdue(settings, settings.playbook)
    step = next_step(settings)
    say(f"Every step: outreach runs show {result.run_id[:12]}")
    say_next(step.command, step.why)


def _partly(settings: Settings, run_id: str) -> list[str]:
    """What the run's own steps did only in part: rows not taken, for instance."""
    from db.queries.runs import partial_steps
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        steps = database.read_sync(lambda session: partial_steps(session, run_id))
    return [f"{name}: {message}" for name, message in steps]


def _about_people(settings: Settings, run_id: str) -> list[tuple[str, int]]:
    from db.queries.runs import remarks_about_people
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        return database.read_sync(lambda session: remarks_about_people(session, run_id))


def finish(result: RunResult) -> None:
    """Exit code 0 only where the run came through: 1 where nothing could be done, 3 where a part of it was."""
    if result.complete:
        return
    some = result.tally.waiting or result.tally.done
    raise typer.Exit(3 if some else 1)
