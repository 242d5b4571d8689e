"""`outreach analyse`: what a period's numbers say, in at most ten lines that each cite theirs."""

from __future__ import annotations

from typing import Annotated

import typer

from outreach.commands.report import AsJson, Book, Since, Until, playbook_of
from outreach.console import many, print_json, say, show
from outreach.context import context_of

EPILOG = """
[bold]Examples[/bold]
  outreach analyse
  outreach --playbook qa-software analyse --since 2026-03-01
  outreach analyse --rows        with the rows of numbers that each line rests on

How it is checked: docs/reports.md.
"""
_WORDS = {"overall": "In all", "worked": "Shown", "too_little": "Not shown", "next": "To try"}


def analyse(
    ctx: typer.Context,
    since: Since = None,
    until: Until = None,
    playbook: Book = None,
    rows: Annotated[bool, typer.Option("--rows", help="Show the numbers that each line rests on.")] = False,
    as_json: AsJson = False,
) -> None:
    """Says what worked, for whom, what is too little to say, and what to try next. Every number is checked."""
    from outreach.analysing import analyse as read
    from outreach.reporting import scope_of

    scope = scope_of(playbook_of(ctx, playbook), since, until)
    told = read(context_of(ctx).settings, scope).outputs
    if as_json:
        print_json(told)
        return
    by_number = {row["number"]: row for row in told["rows"]}
    for one in told["statements"]:
        cited = ", ".join(str(number) for number in one["rows"][:6]) + (", …" if len(one["rows"]) > 6 else "")
        show(f"{_WORDS[one['kind']]}: {one['text']} [{cited}]")
        if rows:
            for number in one["rows"]:
                show(f"    {number}. {by_number[number]['says']}")
    if told["refused"]:
        say(f"{many(len(told['refused']), 'line')} of the model's were not borne out, and are left out.", "yellow")
    if not any(row["kind"] in ("rate", "few") for row in told["rows"]):
        say("No message has left that fits. What is ready to: outreach outbox")
    elif not rows:
        say("The numbers in brackets are rows: --rows shows them.")
