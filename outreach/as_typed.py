"""The commands that the program names, as they do the same for the person who typed this one: with its --home and
--playbook. What is set in the environment holds for the next command as well, and is not told."""

from __future__ import annotations

import re
import shlex
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outreach.errors import Complaint

_WITHOUT_PLAYBOOK = frozenset(
    ("init", "config", "db", "doctor", "playbook", "prompts", "eval", "completion", "workers", "runs", "suppressions")
)
"""Commands that do the same whatever the playbook."""


@dataclass(frozen=True)
class _Given:
    home: str = ""
    playbook: str = ""


_given: ContextVar[_Given | None] = ContextVar("given", default=None)


def remember(home: Path | None = None, playbook: str | None = None) -> None:
    """What stood before the command; a home folder that is in force without it need not be told again."""
    named = ""
    if home is not None:
        from outreach.settings import find_home

        try:
            usual: Path | None = find_home()
        except Complaint:  # told where the settings are read
            usual = None
        named = "" if home.expanduser().absolute() == usual else f"--home {shlex.quote(str(home))} "
    _given.set(_Given(named, f"--playbook {shlex.quote(playbook)} " if playbook else ""))


def as_typed(text: str, *, playbook: bool = True) -> str:
    """The text with what was given before the command in each command that it names, asking for help apart.

    Without `playbook` that one is left out: for commands that name their own.
    """
    given = _given.get()
    if given is None or given == _Given():
        return text

    def whole(found: re.Match[str]) -> str:
        own = found[1] or ""
        wanted = playbook and not own and found[2] not in _WITHOUT_PLAYBOOK
        return f"outreach {given.home}{own}{given.playbook if wanted else ''}{found[2]}"

    return _commands().sub(whole, text)


@cache
def _commands() -> re.Pattern[str]:
    from outreach.cli import COMMANDS

    names = "|".join(sorted(COMMANDS, key=len, reverse=True))
    return re.compile(rf"(?<![\w.-])outreach (--playbook \S+ )?({names})(?![\w-])(?!(?: [\w-]+)* --help)")
