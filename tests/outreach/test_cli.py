"""The door: what is listed, how errors are told, how light it is."""

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from psycopg.errors import DiskFull, LockNotAvailable
from sqlalchemy.exc import OperationalError

from agents.models.errors import CallLimitReached
from outreach import cli
from outreach.errors import Complaint
from outreach.failures import as_complaint
from playbooks import playbook_names
from tests.outreach.conftest import Outreach

ROOT = Path(__file__).parents[2]
PANELS = {entry.panel for entry in cli.COMMANDS.values()}


def command(*args: str, home: Path, **more: Any) -> subprocess.Popen[str]:
    """`outreach` in a process of its own, with nothing in its environment but where things are."""
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "OUTREACH_HOME": str(home), "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "outreach", *args],
        env={**env, **more.pop("env", {})},
        cwd=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


@pytest.fixture
def nouns(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Commands of the test's own, by name, in place of the real ones."""
    found: dict[str, Any] = {}
    monkeypatch.setattr(cli, "load", lambda name, _entry: _command(name, found[name]))
    return found


def _command(name: str, function: Any) -> Any:
    single = typer.Typer(add_completion=False)
    single.command(name)(function)
    return typer.main.get_command(single)


def test_help_lists_every_command_and_teaches(outreach: Outreach) -> None:
    result = outreach("--help")
    assert result.exit_code == 0
    for name, entry in cli.COMMANDS.items():
        assert f" {name} " in result.stdout
        assert entry.help in result.stdout
    assert all(panel in result.stdout for panel in PANELS)
    assert "outreach runs show last" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_alone_it_says_how_to_begin(outreach: Outreach) -> None:
    result = outreach()
    assert result.exit_code == 0
    assert "outreach demo " in result.stdout
    assert result.stderr == "Next: outreach init   (there is no database yet)\n"


def test_every_listed_command_is_there_and_says_how_it_is_used(outreach: Outreach) -> None:
    for name in cli.COMMANDS:
        result = outreach(name, "--help")
        assert result.exit_code == 0, name
        assert f"Usage: outreach {name}" in result.stdout


def test_a_mistyped_command_is_wrong_usage_with_a_suggestion(outreach: Outreach) -> None:
    result = outreach("stauts")
    assert result.exit_code == 2
    assert result.stderr == "outreach has no command 'stauts'.\nDid you mean: outreach status\n"
    assert result.stdout == ""


def test_help_needs_no_valid_settings(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OUTREACH_CONCURRENCY", "many")
    assert outreach("status", "--help").exit_code == 0
    result = outreach("status")
    assert result.exit_code == 1
    assert "OUTREACH_CONCURRENCY is wrong (environment)" in result.stderr
    assert "outreach config" in result.stderr


def test_a_complaint_is_two_lines_on_stderr_and_its_code(outreach: Outreach, nouns: dict[str, Any]) -> None:
    def status() -> None:
        raise Complaint("The \x1b[2Jmail is full.", "Empty it.", code=3)

    nouns["status"] = status
    result = outreach("status")
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "The <U+001B>[2Jmail is full.\nEmpty it.\n"


def test_an_unknown_error_keeps_its_traceback(outreach: Outreach, nouns: dict[str, Any]) -> None:
    def status() -> None:
        raise ZeroDivisionError("a fault of the program")

    nouns["status"] = status
    with pytest.raises(ZeroDivisionError):
        outreach("status")


def test_ctrl_c_says_that_nothing_is_lost(outreach: Outreach, nouns: dict[str, Any]) -> None:
    def status() -> None:
        raise KeyboardInterrupt

    nouns["status"] = status
    result = outreach("status")
    assert result.exit_code == 130
    assert "Nothing is lost" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_missing_database_says_what_to_do(outreach: Outreach) -> None:
    for args in (["status"], ["runs", "list"], ["runs", "show", "last"], ["review"], ["db", "check"]):
        result = outreach(*args)
        assert result.exit_code == 1, args
        assert "There is no database yet at sqlite:" in result.stderr
        assert "Run: outreach init" in result.stderr


def test_a_command_that_is_named_does_what_was_meant(
    outreach: Outreach, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "a b"
    mine = f"outreach --home '{other}'"

    def there(*args: str) -> Any:
        monkeypatch.setenv("OUTREACH_HOME", str(home))  # the call before has put its own there
        return outreach("--home", str(other), *args)

    assert f"Run: {mine} init" in there("status").stderr
    front = there()
    assert f"  {mine} demo " in front.stdout
    assert f"Next: {mine} init" in front.stderr
    assert f"Did you mean: {mine} status" in there("stauts").stderr
    assert f"→ Run: {mine} init" in there("doctor").stdout
    # What holds for the next command as well need not be told, and help is the same everywhere.
    assert "What it takes: outreach batch show --help" in there("batch", "show").stderr
    monkeypatch.setenv("OUTREACH_HOME", str(home))
    assert "Run: outreach init" in outreach("--home", str(home), "status").stderr
    assert "Run: outreach init" in outreach("status").stderr
    outreach("init")
    here = ("--playbook", "qa-software")
    assert "`outreach --playbook qa-software run` looks" in outreach(*here, "approve", "list").stderr
    assert "outreach runs list" in outreach(*here, "runs", "show", "zzz").stderr


def test_what_a_program_starts_says_so_in_a_terminal(outreach: Outreach, monkeypatch: pytest.MonkeyPatch) -> None:
    outreach("init")
    monkeypatch.setattr("outreach.commands.mcp.sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    result = outreach("mcp")
    assert (result.exit_code, "docs/integrations.md" in result.stderr) == (2, True)


def test_a_mailbox_is_not_looked_through_before_anything_left(
    outreach: Outreach, monkeypatch: pytest.MonkeyPatch
) -> None:
    outreach("init")
    monkeypatch.setenv("OUTREACH_IMAP_URL", "imap://me:secret@127.0.0.1:9")
    result = outreach("replies", "fetch")
    assert result.exit_code == 0
    assert "Nothing to take in" in result.stderr
    assert "outreach doctor --connect" in result.stderr


def test_an_unknown_playbook_is_wrong_usage(outreach: Outreach) -> None:
    outreach("init")
    result = outreach("--playbook", "submarines", "status")
    assert result.exit_code == 2
    assert f"There is no playbook 'submarines'; there are: {', '.join(playbook_names())}." in result.stderr


def test_a_model_that_never_comes_to_an_end_is_told_in_words() -> None:
    endless = as_complaint(CallLimitReached(12))
    assert endless is not None
    assert "The model made 12 calls and came to no end" in str(endless)


def test_database_errors_in_plain_words() -> None:
    from db.errors import DatabaseBusy, InvariantViolated, NotMigrated

    assert as_complaint(ValueError("x")) is None
    busy = as_complaint(DatabaseBusy("the database is locked"))
    assert busy is not None
    assert busy.what == "The database is locked."
    old = as_complaint(NotMigrated("no such table: contacts"))
    assert old is not None
    assert old.mend == "Run: outreach init"
    refused = as_complaint(InvariantViolated("contact is do-not-contact"))
    assert refused is not None
    assert "contact is do-not-contact" in refused.what
    full = as_complaint(OperationalError("INSERT", {}, DiskFull("could not extend file: No space left on device")))
    assert full is not None
    assert "takes nothing more" in full.what
    locked = as_complaint(OperationalError("SELECT 1", {}, LockNotAvailable("canceling statement due to lock timeout")))
    assert locked is not None
    assert "locked by another process" in locked.what
    gone = as_complaint(OperationalError("SELECT 1", {}, Exception("connection refused\nmore")))
    assert gone is not None
    assert gone.what == "The database did not answer: connection refused"


def test_a_real_process_sets_up_and_reports(tmp_path: Path) -> None:
    made = command("init", home=tmp_path)
    out, err = made.communicate(timeout=60)
    assert made.returncode == 0, err
    assert str(tmp_path / "outreach.db") in out
    assert "outreach demo" in err
    status = command("status", "--json", home=tmp_path)
    out, err = status.communicate(timeout=60)
    assert (status.returncode, err) == (0, "")
    assert '"command": "outreach demo"' in out


def test_a_closed_pipe_ends_quietly(tmp_path: Path) -> None:
    for args in (["config"], ["config", "--json"], ["--help"]):
        process = command(*args, home=tmp_path)
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        told = process.stderr.read()
        process.stderr.close()
        process.wait(timeout=60)
        assert "Traceback" not in told
        assert "BrokenPipe" not in told


@pytest.fixture
def interrupts() -> Iterator[None]:
    """What is started here heeds Ctrl-C, also where the tests themselves run in the background, which ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interrupts")
def test_an_interrupted_process_says_so(tmp_path: Path) -> None:
    """A real SIGINT, while the command waits for a model's server that never answers."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        env = {"OUTREACH_MODEL": "some", "OPENAI_BASE_URL": address}
        process = command("doctor", home=tmp_path, env=env)
        silent.settimeout(60)
        connection, _ = silent.accept()
        with connection:
            asked = b""
            while b"\r\n\r\n" not in asked:
                asked += connection.recv(65536)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Nothing is lost" in err
    assert "Traceback" not in err


def test_text_that_the_terminal_cannot_encode_is_escaped(tmp_path: Path) -> None:
    env = {"PYTHONIOENCODING": "ascii", "OUTREACH_USER": "Ånn"}
    process = command("config", home=tmp_path, env=env)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "\\xc5nn" in out


def test_errno_of_a_broken_pipe_is_no_complaint() -> None:
    assert as_complaint(BrokenPipeError(errno.EPIPE, "pipe")) is None


def test_verbose_and_log_format_reach_the_settings(nouns: dict[str, Any], outreach: Outreach) -> None:
    seen: list[Any] = []

    def status(ctx: typer.Context) -> None:
        from outreach.context import settings_of

        settings = settings_of(ctx)
        seen.append((settings.log_level, settings.log_format))

    nouns["status"] = status
    outreach("status")
    outreach("-v", "--log-format", "json", "status")
    outreach("-vv", "status")
    assert seen == [("warning", "console"), ("info", "json"), ("debug", "console")]
    wrong = outreach("--log-format", "xml", "status")
    assert wrong.exit_code == 2
    assert "OUTREACH_LOG_FORMAT is wrong (command line)" in wrong.stderr
