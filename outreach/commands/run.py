"""`outreach run`: the orchestrator, on demand."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import Bar, print_json, progress, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from graphs.runner import RunResult
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach run                                         whatever is due
  outreach run --import leads.csv --source "Apollo"    take in a file first
  outreach run --limit 5                               at most five new drafts
"""


def run(
    ctx: typer.Context,
    imports: Annotated[
        list[Path] | None, typer.Option("--import", help="A file of organisations or people to take in first.")
    ] = None,
    source: Annotated[str | None, typer.Option(help="Where these files come from, as it shall be cited.")] = None,
    source_url: Annotated[str | None, typer.Option(help="The source's public page.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most new drafts in this run.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Finds what is due and does it: imports, replies, scoring, research, drafts, checks. Stops where you decide.

    It first carries on with whatever an earlier run, or a crash, left unfinished. Nothing is sent.
    """
    from playbooks import load_playbook

    settings = settings_of(ctx)
    load_playbook(settings.playbook)
    files = [described(path, source=source, source_url=source_url) for path in imports or []]
    result = work(settings, files, limit)
    report(settings, result, as_json=as_json)
    finish(result)


def described(path: Path, **more: Any) -> dict[str, Any]:
    """A file as the prospector takes it, bound to its present content."""
    if not path.is_file():
        raise Complaint(f"There is no file {path}.", "Check the path; the file must be readable.", code=2)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return {"path": str(path.absolute()), "sha256": digest, **{k: v for k, v in more.items() if v is not None}}


def work(settings: Settings, files: list[dict[str, Any]], limit: int | None) -> RunResult:
    """One run, with a bar that counts the contacts whose threads have come to a stop."""
    from outreach.work import Session

    with progress("Working through what is due") as bar, Session(settings, _counter(bar)) as session:
        return session.run(settings.playbook, files, limit)


def _counter(bar: Bar) -> Any:
    counts: dict[str, int] = {}

    def on_end(_thread_id: str, end: str) -> None:
        counts[end] = counts.get(end, 0) + 1
        bar.describe("Contacts: " + ", ".join(f"{n} {name}" for name, n in counts.items()))

    return on_end


def report(settings: Settings, result: RunResult, *, as_json: bool) -> None:
    """What the run did, in a few words."""
    tally = result.tally
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
                "plan": result.plan,
            }
        )
        return
    if result.resumed:
        say(f"Carried on with {result.resumed} that were left unfinished or decided since.")
    say(f"Drafts written and waiting for you: {tally.waiting}. Brought to an end: {tally.done}.")
    for error in tally.errors[:5]:
        say(f"Failed: {error}", "red")
    if tally.stopped:
        say(f"Stopped early: {tally.stopped}", "bold red")
    from outreach.next_step import next_step

    step = next_step(settings)
    say(f"Every step: outreach runs show {result.run_id[:12]}")
    say(f"Next: {step.command}   ({step.why})", "bold")


def finish(result: RunResult) -> None:
    """Exit code 0 only where the run came through: 1 where nothing could be done, 3 where a part of it was."""
    if result.complete:
        return
    some = result.tally.waiting or result.tally.done
    raise typer.Exit(3 if some else 1)
