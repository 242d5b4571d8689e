"""A command typed wrongly is told what is wrong, and a command line that would do; never the library's box."""

import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from outreach import cli
from tests.outreach.conftest import Outreach


def commands() -> Iterator[tuple[str, Any]]:
    for name, entry in cli.COMMANDS.items():
        command = cli.load(name, entry)
        yield name, command
        for below, sub in getattr(command, "commands", {}).items():
            yield f"{name} {below}", sub


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            "sent",
            "outreach sent needs DRAFTS: ids of drafts, or the beginnings of them.\n"
            "For instance: outreach sent 4f1c\nWhat it takes: outreach sent --help\n",
        ),
        (
            "replies correct 4f1c",
            "outreach replies correct needs --reason: why; it is kept.\nFor instance: outreach replies correct 4f1c "
            '--intent positive --reason "they say yes, in their way"\nWhat it takes: outreach replies correct --help\n',
        ),
        (
            "eval add cases.jsonl",
            "outreach eval add needs --suite: which suite they are for.\n"
            "Write it so: outreach eval add FILE --suite TEXT\nWhat it takes: outreach eval add --help\n",
        ),
        (
            "run --limit 0",
            "--limit is to be 1 or more, not 0.\nFor instance: outreach run --limit 5\n"
            "What it takes: outreach run --help\n",
        ),
        (
            "review --limit three",
            "--limit is to be a whole number, not 'three'.\nFor instance: outreach review\n"
            "What it takes: outreach review --help\n",
        ),
        (
            "completion tcsh",
            "SHELL cannot be 'tcsh'; it is one of bash, zsh, fish.\n"
            "For instance: outreach completion fish > ~/.config/fish/completions/outreach.fish\n"
            "What it takes: outreach completion --help\n",
        ),
        (
            "runs list --limt 3",
            "outreach runs list has no option --limt.\n"
            "Did you mean --limit? What it takes: outreach runs list --help\n",
        ),
        (
            "status soon",
            "outreach status takes nothing like 'soon'.\nFor instance: outreach status\n"
            "What it takes: outreach status --help\n",
        ),
        ("batch drop 3 --reason", "--reason needs a value after it.\nWhat it takes: outreach batch drop --help\n"),
        ("send --resolve 4f1c", "--resolve needs 2 values after it.\nWhat it takes: outreach send --help\n"),
        ("--home", "--home needs a value after it.\nWhat it takes: outreach --help\n"),
        (
            "approve show 4f1c",
            "outreach approve has no command 'show'.\n"
            "It has: list, undo, bulk. See what each does: outreach approve --help\n",
        ),
        (
            "repleis show '4 f'",
            "outreach has no command 'repleis'.\nDid you mean: outreach replies show '4 f'\n",
        ),
        ("xyzzy", "outreach has no command 'xyzzy'.\nSee what each does: outreach --help\n"),
        (
            "--playbook qa-software runs list --status soon",
            "There is no status 'soon'.\nKnown are: running, waiting, success, partial, error.\n"
            "What it takes: outreach runs list --help\n",
        ),
    ],
)
def test_it_says_what_is_wrong_and_what_would_do(outreach: Outreach, typed: str, told: str) -> None:
    result = outreach(*shlex.split(typed))
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", told)


def test_every_command_that_needs_something_says_what_and_how_it_is_written(outreach: Outreach) -> None:
    for path, command in commands():
        needed = [param for param in command.params if param.required]
        if not needed:
            continue
        result = outreach(*path.split())
        assert (result.exit_code, result.stdout) == (2, ""), path
        what, way, where = result.stderr.splitlines()
        assert what.startswith(f"outreach {path} needs "), path
        assert f": outreach {path}" in way, path
        assert where == f"What it takes: outreach {path} --help"
        for option in (param for param in needed if param.param_type_name == "option"):
            assert option.opts[0] in shlex.split(way), path


def test_a_number_that_no_database_counts_with_is_refused(outreach: Outreach) -> None:
    for path, command in commands():
        if any("--limit" in param.opts for param in command.params):
            needed = ["x" for param in command.params if param.required]
            result = outreach(*path.split(), *needed, "--limit", "99999999999999999999")
            assert result.exit_code == 2, path
            assert result.stderr.startswith("--limit is to be 1000000 or less"), path


def test_a_question_left_open_is_told_as_a_ctrl_c(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    def status() -> None:
        import typer

        typer.confirm("Go on?", err=True)

    monkeypatch.setattr(cli, "load", lambda name, _entry: _single(name, status))
    result = outreach("status")  # nothing can be read: the end of the input at once
    assert result.exit_code == 130
    assert "Nothing is lost" in result.stderr
    assert "Aborted" not in result.stderr


def _single(name: str, function: Any) -> Any:
    import typer

    single = typer.Typer(add_completion=False)
    single.command(name)(function)
    return typer.main.get_command(single)
