"""`outreach` alone: what waits, and the next best command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.console import print_table, say, show

if TYPE_CHECKING:
    from outreach.settings import Settings

FIRST = """\
Agents find organisations worth contacting, research them and write; you approve each exact text.

  outreach init      make the database
  outreach demo      the whole job, on a sample of real organisations
  outreach --help    every command"""


def show_front(settings: Settings) -> None:
    """What waits for the person, a line each with the command that deals with it; without a database how to begin."""
    from outreach.next_step import INIT, Standing, look, step_of, what_waits

    found = look(settings)
    if not isinstance(found, Standing):
        if found == INIT:
            show(FIRST)
        say_next(found.command, found.why)
        return
    if waiting := what_waits(found):
        print_table("What waits for you", ("", "what", "command"), [(w.count, w.what, w.command) for w in waiting])
    else:
        say("Nothing waits for you.")
    step = step_of(found, settings)
    say("Where everything stands: outreach status. Every command: outreach --help")
    say_next(step.command, step.why)


def say_next(command: str, why: str) -> None:
    """The next best command, said alike wherever it is said."""
    say(f"Next: {command}   ({why})", "bold")
