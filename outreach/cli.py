"""The door: `outreach COMMAND`. Which commands there are, and what becomes of errors.

A command's module is imported when that command is called; the listing in `--help` is made from `COMMANDS` alone.
"""

from __future__ import annotations

import os
import re
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.completion import completion_init  # type: ignore[attr-defined]  # named there, not exported
from typer.core import TyperCommand, TyperGroup

from outreach.as_typed import remember
from outreach.context import Context, context_of
from outreach.errors import INTERRUPTED, Complaint
from tools.plain_json import storable_text

WRONG_USAGE = 2


class Entry(NamedTuple):
    """Where a command lives, and the line that stands for it in the list of commands."""

    module: str
    attribute: str
    help: str
    panel: str


START, WORK, LOOK, CARE = "Begin", "Work", "Look", "Keep in order"

COMMANDS: dict[str, Entry] = {
    "init": Entry("init", "init", "Make the home folder and the database.", START),
    "demo": Entry("demo", "demo", "Run the whole job on a sample of real organisations.", START),
    "import": Entry("imports", "import_file", "Take in a file of organisations or people, of any layout.", WORK),
    "run": Entry("run", "run", "Find, score, research, write, check; stop for your approval.", WORK),
    "batch": Entry("batch", "batch_app", "People written to together, and what is tested on them.", WORK),
    "approve": Entry("approve", "approve_app", "Read each message with its research; decide what may leave.", WORK),
    "outbox": Entry("outbox", "outbox_app", "What is approved and ready to leave.", WORK),
    "send": Entry("send", "send", "Send it by your mail server, in working hours, within limits.", WORK),
    "sent": Entry("outbox", "sent", "Say that a message of the outbox has left.", WORK),
    "sequences": Entry("sequences", "sequences_app", "Who is written to in which step; pause, resume, stop.", WORK),
    "followups": Entry("followups", "followups_app", "What is overdue, due and planned; done, skip, move.", WORK),
    "call-prep": Entry("call_prep", "call_prep", "One page before a call: why now, what to ask, how to open.", WORK),
    "called": Entry("called", "called", "Say what came of a call.", WORK),
    "replies": Entry("replies", "replies_app", "Take in replies, sort them, and see what they ask for.", WORK),
    "meeting": Entry("meeting", "meeting_app", "Say what became of a meeting; see what is ahead.", WORK),
    "experiment": Entry("experiment", "experiment_app", "Plan a test of two groups; one look, at its end.", WORK),
    "bids": Entry("bids", "bids_app", "Take tenders in, match them to prospects, decide on each.", WORK),
    "qc": Entry("qc", "qc_app", "Judge drafts by rule; list, measure, override rules.", LOOK),
    "signals": Entry("signals", "signals_app", "Find reasons to write now in openings, news and records.", WORK),
    "research": Entry("research", "research_app", "Pages and what they say; people whom they name.", LOOK),
    "score": Entry("score", "score_app", "How a score came about; score anew, and see what moved.", LOOK),
    "dedupe": Entry("dedupe", "dedupe", "Which rows of files are one organisation, or one person.", LOOK),
    "status": Entry("status", "status", "The funnel by stage and tier, and what to do next.", LOOK),
    "worker": Entry("worker", "worker", "Take queued work, here and on other machines (PostgreSQL).", WORK),
    "workers": Entry("worker", "workers", "The workers: since when, what they did, what they are at.", LOOK),
    "opportunities": Entry("meeting", "opportunities", "Meetings with the message that earned each; totals.", LOOK),
    "runs": Entry("runs", "runs_app", "Every step that an agent took, its time, tokens and cost.", LOOK),
    "report": Entry("report", "report_app", "The funnel, and what came of which messages.", LOOK),
    "analyse": Entry("analyse", "analyse", "What the numbers say, in ten lines that cite theirs.", LOOK),
    "review": Entry("review", "review_app", "What the agents did that a person should look at.", LOOK),
    "mcp": Entry("mcp", "mcp", "Let an assistant read, and write drafts for your review.", LOOK),
    "eval": Entry("harvest", "eval_app", "Measure agents and prompts on suites of cases; compare, gate.", CARE),
    "prompts": Entry("prompts", "prompts_app", "The versions of the agents' prompts; which is in force.", CARE),
    "playbook": Entry("playbook", "playbook_app", "Your own sales motion: begin one, check it, list, show.", CARE),
    "flags": Entry("flags", "flags_app", "What hygiene found: settle, merge, keep apart, undo merges.", CARE),
    "suppressions": Entry("suppressions", "suppressions_app", "Who must not be written to: list, add, lift.", CARE),
    "doctor": Entry("doctor", "doctor", "Check that everything is in place, and say how to mend it.", CARE),
    "completion": Entry("completion", "completion", "Print what makes your shell complete commands.", CARE),
    "config": Entry("config", "config", "Every setting in force and where it came from.", CARE),
    "db": Entry("db", "db_app", "Upgrade the database, or compare it with what it should be.", CARE),
}

EPILOG = """
[bold]A first quarter of an hour[/bold]
  outreach init              make the database
  outreach demo              real colleges, from a list to drafts that wait
  outreach                   what waits for you, and what to do next
  outreach approve           read, edit, approve or reject each message
  outreach runs show last    every step of it, with time and cost

Settings come from options, the environment, .env and config.toml; `outreach config` shows them.
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 partly done, 130 stopped. Data goes to stdout, words to stderr.
"""


class Nouns(TyperGroup):
    """A group of commands; for a name that is none of them, it says which there are."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, known = args[0], self.list_commands(ctx)
        if not ctx.resilient_parsing and name[:1] != "-" and name not in known:
            from outreach.usage import no_command

            raise no_command(ctx, args, known)
        return super().resolve_command(ctx, args)


class LazyGroup(Nouns):
    """The list of commands, each loaded when it is called; the errors of all of them end here."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 (the signature is the library's)
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        if ctx.meta.get(_LISTING):
            return TyperCommand(cmd_name, help=entry.help, rich_help_panel=entry.panel)
        return load(cmd_name, entry)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        ctx.meta[_LISTING] = True
        super().format_help(ctx, formatter)

    def shell_complete(self, ctx: Any, incomplete: str) -> Any:
        ctx.meta[_LISTING] = True
        return super().shell_complete(ctx, incomplete)

    def make_context(self, info_name: Any, args: list[str], *more: Any, **extra: Any) -> Any:
        typed = list(args)  # the parser takes them out
        with _told([]):
            ctx = super().make_context(info_name, args, *more, **extra)
        ctx.meta[_TYPED] = typed
        return ctx

    def invoke(self, ctx: Any) -> Any:
        remember(ctx.params["home"], ctx.params["playbook"])
        with _told(ctx.meta[_TYPED]):
            return super().invoke(ctx)

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        try:
            _refuse_no_text(sys.argv[1:] if args is None else args)
            return super().main(args, *more, **extra)
        except SystemExit as exc:
            if exc.code == INTERRUPTED:
                _end_line()
                _tell("Stopped. Nothing is lost: what was done is kept, and the same command carries on from there.")
            raise
        except Exception as exc:
            from outreach.failures import as_complaint

            complaint = as_complaint(exc)
            if complaint is None:
                raise
            if complaint.code == INTERRUPTED:
                _end_line()
            complain(complaint)
            if complaint.code == WRONG_USAGE and "outreach " not in complaint.mend:
                from outreach.usage import path_of

                _tell(f"What it takes: {path_of(sys.argv[1:] if args is None else args)} --help")
            sys.exit(complaint.code)
        finally:
            remember()  # of another command in the same process nothing was given yet


def _end_line() -> None:
    """A terminal has shown ^C, and stays on that line."""
    if sys.stderr.isatty():
        sys.stderr.write("\n")


@contextmanager
def _told(typed: Sequence[str]) -> Iterator[None]:
    """Tells what is wrong in a command line as any other error is told, and a question left open as a Ctrl-C."""
    try:
        yield
    except typer.Abort as exc:
        raise KeyboardInterrupt from exc
    except typer.TyperException as exc:
        from outreach.usage import told

        complaint = told(exc, typed)
        if complaint is None:
            raise
        raise complaint from exc


def _refuse_no_text(args: Sequence[str]) -> None:
    """Bytes that are no text come from a shell as halves of surrogate pairs, which no database keeps."""
    for place, arg in enumerate(args, start=1):
        if not arg.isascii() and storable_text(arg) != arg:
            raise Complaint(f"Argument {place} is no UTF-8 text.", "Check the terminal's encoding.", code=2)


_LISTING, _TYPED = "outreach.listing", "outreach.typed"


def load(name: str, entry: Entry) -> Any:
    """Imports a command. Its module gives a Typer application or a function, and for a function the examples under
    its help: `NAME_EPILOG`, or `EPILOG` where the module has one command."""
    module = import_module(f"outreach.commands.{entry.module}")
    found = getattr(module, entry.attribute)
    if isinstance(found, typer.Typer):
        found.info.cls = Nouns
        command: Any = typer.main.get_group(found)
        command.name = name
        command.help = command.help or entry.help
        for one in (command, *command.commands.values()):
            one.epilog = fitted(one.epilog)
        return command
    single = typer.Typer(add_completion=False, rich_markup_mode="rich")
    epilog = getattr(module, f"{entry.attribute.upper()}_EPILOG", getattr(module, "EPILOG", None))
    single.command(name, epilog=fitted(epilog))(found)
    return typer.main.get_command(single)


_WIDEST = 78
_EXAMPLE = re.compile(r"(  \S.*?)\s{2,}(\S.*)")


def fitted(epilog: str | None) -> str | None:
    """Examples that fit 80 columns: where a line does not, what it does stands below the command, and a command that is
    too long goes on after a backslash, as a shell takes it."""
    if epilog is None:
        return None
    lines: list[str] = []
    for line in epilog.split("\n"):
        if not line.startswith("  ") or len(line) <= _WIDEST:
            lines.append(line)
            continue
        example = _EXAMPLE.fullmatch(line)
        lines += _continued(example[1] if example else line)
        if example:
            lines += textwrap.wrap(example[2], _WIDEST, initial_indent="      ", subsequent_indent="      ")
    return "\n".join(lines)


def _continued(command: str) -> list[str]:
    lines = [""]
    for part in re.split(r" (?=--)", command):
        if lines[-1] and len(lines[-1]) + len(part) + 3 > _WIDEST:
            lines[-1] += " \\"
            lines.append(f"      {part}")
        else:
            lines[-1] += f" {part}" if lines[-1] else part
    return lines


def complain(complaint: Complaint) -> None:
    """What happened and what to do, on stderr."""
    _tell(complaint.what, "bold red")
    if complaint.mend:
        _tell(complaint.mend)


def _tell(text: str, style: str = "") -> None:
    from outreach.console import say

    say(text, style)


app = typer.Typer(
    name="outreach",
    cls=LazyGroup,
    epilog=EPILOG,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,  # `outreach completion` prints the script; nothing is written into anybody's profile unasked
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("outreach-command-center"))
        raise typer.Exit


@app.callback(invoke_without_command=True)
def outreach(
    ctx: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="Folder of the database and config.toml (OUTREACH_HOME).", show_default=False),
    ] = None,
    playbook: Annotated[
        str | None, typer.Option(help="The sales motion to work on (OUTREACH_PLAYBOOK).", show_default=False)
    ] = None,
    log_format: Annotated[
        str | None, typer.Option(help="How logs are written: console or json.", show_default=False)
    ] = None,
    verbose: Annotated[
        int,
        typer.Option("--verbose", "-v", count=True, help="More of the log: -v info, -vv debug.", show_default=False),
    ] = 0,
    version: Annotated[  # noqa: ARG001 (its callback has dealt with it)
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Agents find organisations worth contacting, research them and write; you approve each exact text.

    Nothing leaves without your approval, and every step that an agent took can be looked up.
    """
    given = {"home": home, "playbook": playbook, "log_format": log_format}
    overrides: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    if verbose:
        overrides["log_level"] = "debug" if verbose > 1 else "info"
    ctx.obj = Context(overrides)
    if ctx.invoked_subcommand is None:
        from outreach.front import show_front

        show_front(context_of(ctx).settings)


def main() -> None:
    """Runs the command line. Output that cannot be encoded is escaped; a closed pipe ends it quietly."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    completion_init()  # a shell that asks what fits is answered before anything else
    try:
        app(prog_name="outreach")
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends, and would complain then.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
