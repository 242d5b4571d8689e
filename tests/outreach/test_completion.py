"""Completion as bash does it: the script that the program prints, and what Tab then finds."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from outreach import cli
from tests.outreach.conftest import Outreach

ROOT = Path(__file__).parents[2]
ASK = """
eval "$(outreach completion bash 2>/dev/null)"
for line in "outreach rep" "outreach replies tri" "outreach flags --type dup" "outreach --playb"; do
    COMP_WORDS=($line); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=()
    $(complete -p outreach | sed 's/.*-F \\([^ ]*\\) .*/\\1/') outreach
    echo "${COMPREPLY[*]}" | tr '\\n' ' '; echo
done
"""


def test_bash_completes_commands_options_and_values(tmp_path: Path) -> None:
    """A real bash, without a home folder or a database."""
    program = tmp_path / "bin" / "outreach"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m outreach "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    found = subprocess.run(
        ["bash", "--norc", "-c", ASK],
        env={"PATH": f"{program.parent}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert [line.split() for line in found.stdout.splitlines()] == [
        ["replies", "report"], ["triage"], ["duplicate_suspect"], ["--playbook"],
    ]  # fmt: skip
    assert found.stderr == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]


@pytest.mark.parametrize(("shell", "says"), [("zsh", "#compdef outreach"), ("fish", "complete --command outreach")])
def test_the_other_shells_have_their_scripts(outreach: Outreach, shell: str, says: str) -> None:
    result = outreach("completion", shell)
    assert (result.exit_code, says in result.stdout) == (0, True)


def test_another_shell_is_wrong_usage(outreach: Outreach) -> None:
    result = outreach("completion", "tcsh")
    assert result.exit_code == 2
    assert "tcsh" in result.stderr


def test_examples_fit_a_terminal_of_80_columns(outreach: Outreach) -> None:
    """What an example does stands below it where both do not fit on a line; words are never torn from it."""
    for name, entry in cli.COMMANDS.items():
        command = cli.load(name, entry)
        for one in (command, *getattr(command, "commands", {}).values()):
            for line in (one.epilog or "").split("\n"):
                assert not line.startswith("  ") or len(line) <= 78, f"{name}: {line}"
