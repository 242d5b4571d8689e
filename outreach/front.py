"""`outreach` alone: what waits, and the next best command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from outreach.as_typed import as_typed
from outreach.console import out, say, show

if TYPE_CHECKING:
    from outreach.next_step import Waits
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
            show(as_typed(FIRST))
        say_next(found.command, found.why)
        return
    if waiting := what_waits(found):
        _list(waiting)
    else:
        say("Nothing waits for you.")
    step = step_of(found, settings)
    say("Where everything stands: outreach status. Every command: outreach --help")
    say_next(step.command, step.why)


def _list(waiting: list[Waits]) -> None:
    """A line each; where a command does not fit beside it, it stands whole on the next line, to be copied."""
    show("What waits for you", "bold")
    console = out()
    commands = [as_typed(one.command, playbook=False) for one in waiting]
    widest = max(len(w.what) for w in waiting)
    fits = widest + max(map(len, commands)) + 9 <= console.width
    for one, command in zip(waiting, commands, strict=True):
        between = f"{'':{widest - len(one.what) + 2}}" if fits or not console.is_terminal else "\n       "
        show(f"{one.count:>5,}  {one.what}{between}{command}")


def say_next(command: str, why: str) -> None:
    """The next best command, said alike wherever it is said."""
    say(f"Next: {command}   ({why})", "bold", playbook=False)
