"""`outreach runs`: every step that any agent took."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import SHORT_ID, dollars, many, out, print_json, print_table, say, span
from outreach.context import MOST, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.queries.runs import RunNode

EPILOG = """
[bold]Examples[/bold]
  outreach runs list                            the newest runs
  outreach runs list --status error             every agent's step that failed
  outreach runs list --agent drafting -n 50
  outreach runs show last                       the newest run, as a tree
  outreach runs show 4f1c --full                with what went in and out
  outreach runs show last --json                all of it, for a program
"""
PIPE_WIDTH = 120

runs_app = typer.Typer(
    help="Looks up every step that any agent took: its time, its tokens, its cost, what went in and out.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)


def _check(value: str | None, known: tuple[str, ...], what: str) -> None:
    if value is not None and value not in known:
        raise Complaint(f"There is no {what} '{value}'.", f"Known are: {', '.join(known)}.", code=2)


def _row(node: RunNode) -> tuple[object, ...]:
    plain = node.run_type in (node.agent_name, "orchestrate")
    what = node.agent_name if plain else f"{node.agent_name} ({node.run_type})"
    total = node.total
    return (
        node.id[:SHORT_ID],
        node.started_at,
        ", ".join(part for part in (what, node.contact) if part),
        node.status,
        span(node.duration_ms),
        total.model_calls + total.tool_calls,
        total.errors,
        total.tokens_in,
        total.tokens_out,
        dollars(total.cost_usd),
    )


@runs_app.command("list", epilog=EPILOG)
def list_(
    ctx: typer.Context,
    agent: Annotated[str | None, typer.Option(help="Only this agent's runs, wherever they stand in a tree.")] = None,
    status: Annotated[str | None, typer.Option(help="Only these: running, waiting, success, partial or error.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=MOST, help="How many.")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lists runs, the newest first. Tokens, cost, calls and errors include everything below a run."""
    from db.enums import AgentName, RunStatus, values
    from db.queries.runs import list_runs
    from outreach.wiring import open_database

    _check(agent, values(AgentName), "agent")
    _check(status, values(RunStatus), "status")
    settings = settings_of(ctx)
    with open_database(settings, "user") as database:
        found = database.read_sync(lambda s: list_runs(s, agent=agent, status=status, limit=limit))
    if not found and not as_json:
        say(
            "No run is like that. All of them: outreach runs list"
            if agent or status
            else "There is no run yet. Next: outreach run"
        )
        return
    print_table(
        "Runs",
        ("id", "began", "what", "status", "took", "calls", "errors", "in", "out", "cost"),
        [_row(node) for node in found],
        as_json=as_json,
        json_rows=[_json(node) for node in found],
    )


def _json(node: RunNode) -> dict[str, object]:
    names = (
        "id",
        "run_type",
        "agent_name",
        "status",
        "parent_run_id",
        "thread_id",
        "contact_id",
        "contact",
        "model",
    )
    more = ("prompt_id", "attempt", "duration_ms", "started_at", "completed_at", "error_message")
    return {**{name: getattr(node, name) for name in (*names, *more)}, "total": asdict(node.total)}


@runs_app.command("show", epilog=EPILOG)
def show(
    ctx: typer.Context,
    run: Annotated[str, typer.Argument(metavar="RUN", help="`last`, an id, or the beginning of one.")],
    full: Annotated[bool, typer.Option("--full", help="Show what went in and out, trimmed.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Show every step, however many are alike.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole tree as JSON, untrimmed.")] = False,
) -> None:
    """Prints a run as a tree: the agents' runs in it, and their model and tool calls.

    The tokens, the cost and the calls of a run include everything below it. The time is its own clock's, so steps
    that ran side by side add up to more than their parent's. Of many alike five are shown, failed ones first; the
    rest is one line with its sums.
    """
    from db.queries.runs import RunNotFound, find_run, load_tree
    from outreach.wiring import open_database

    settings = settings_of(ctx)
    with open_database(settings, "user") as database:
        try:
            tree = database.read_sync(lambda s: load_tree(s, find_run(s, run), payload=full or as_json))
        except RunNotFound as exc:
            mend = "Next: outreach run" if run == "last" else "See which there are: outreach runs list"
            raise Complaint(str(exc), mend) from exc
    from outreach.runs_view import run_json

    if as_json:
        print_json(run_json(tree))
        return
    _print(tree, full=full, everything=everything)


def _print(tree: RunNode, *, full: bool, everything: bool) -> None:
    from rich.text import Text

    from outreach.runs_view import tree_lines

    console = out()
    width = console.width if console.is_terminal else PIPE_WIDTH
    for line in tree_lines(tree, width, everything=everything, full=full):
        console.print(Text(line.text, style=line.style), soft_wrap=True)
    total = tree.total
    calls = f"{many(total.model_calls, 'model call')}, {many(total.tool_calls, 'tool call')}"
    tokens = f"{total.tokens_in:,} tokens in ({total.tokens_cached:,} cached), {total.tokens_out:,} out"
    cost = dollars(total.cost_usd) or "no cost known"
    say(f"{calls}, {tokens}, {cost}, {many(total.errors, 'error')}.")
    if total.errors and not full:
        say(f"What went in and out: outreach runs show {tree.id[:SHORT_ID]} --full")
