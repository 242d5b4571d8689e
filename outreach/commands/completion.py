"""`outreach completion`: what makes a shell complete commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from outreach.console import say, show

EPILOG = """
[bold]Examples[/bold]
  eval "$(outreach completion bash)"                    in ~/.bashrc
  eval "$(outreach completion zsh)"                     in ~/.zshrc, after compinit
  outreach completion fish > ~/.config/fish/completions/outreach.fish
"""


class Shell(StrEnum):
    """The shells that there is a script for."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="bash, zsh or fish.")]) -> None:
    """Prints the script that makes a shell complete commands, options and their values.

    The shell asks the program at each Tab: only the module of the command at hand is loaded, and no database is opened.
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # named there, not exported

    show(get_completion_script(prog_name="outreach", complete_var="_OUTREACH_COMPLETE", shell=shell.value))
    say("Next: see `outreach completion --help` for where it goes.")
