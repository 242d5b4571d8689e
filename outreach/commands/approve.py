"""`outreach approve`: a person reads each message and decides."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, say
from outreach.context import Context, chosen_playbook, context_of, settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from db.queries.inbox import Sought
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach approve                            one message after the other, in this terminal
  outreach approve --tier A1 --clean          only these
  outreach approve list                       all that waits, a line each
  outreach approve list --state approved      what is approved and has not left
  outreach approve undo 4f1c                  take a decision back, until the message has left
  outreach approve bulk --batch 3             one batch at once, after one question
  outreach approve --json                     everything that waits, for another program
  outreach approve --answers FILE             decisions from a file, one JSON object a line (- is standard input)

An answer has draft_id, version, hash and decision (approve, edit, reject, skip, do_not_contact, revoke), and where it
applies reason, subject, body, until (a date): docs/approvals.md.
"""
STATES = ("waiting", "skipped", "approved", "held", "working", "stopped")

Tiers = Annotated[list[str] | None, typer.Option("--tier", help="Only this tier; may be repeated.")]
Touches = Annotated[list[int] | None, typer.Option("--touch", min=1, max=6, help="Only this touch of a sequence.")]
Channels = Annotated[list[str] | None, typer.Option("--channel", help="Only email, linkedin or call.")]
Batched = Annotated[str | None, typer.Option("--batch", help="Only this batch: its number, or its id's beginning.")]
Rules = Annotated[list[str] | None, typer.Option("--flag", help="Only what this QC rule has marked.")]
Clean = Annotated[bool | None, typer.Option("--clean/--warned", help="Only without, or only with, warnings of QC.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

approve_app = typer.Typer(
    help="Read each message with its research and its checks; decide what may leave.",
    epilog=EPILOG,
    invoke_without_command=True,
    rich_markup_mode="rich",
)


@approve_app.callback()
def approve(
    ctx: typer.Context,
    tier: Tiers = None,
    touch: Touches = None,
    channel: Channels = None,
    batch: Batched = None,
    flag: Rules = None,
    clean: Clean = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="List what waits as JSON; with --answers, what became of each.")
    ] = False,
    answers: Annotated[
        Path | None, typer.Option(help="Read decisions from this file, one JSON object a line.", allow_dash=True)
    ] = None,
) -> None:
    """Shows each message with its research, its checks and exactly what will leave; you decide about each.

    A decision holds for exactly this text to exactly this recipient. Without a terminal nothing is decided: it says
    what waits.
    """
    sought = _sought(context_of(ctx), tier, touch, channel, batch, flag, clean)
    if ctx.invoked_subcommand is not None:
        if sought != _sought(context_of(ctx)):
            raise Complaint(
                "What to choose stands after the subcommand.",
                f"For instance: outreach approve {ctx.invoked_subcommand} --tier A1",
                code=2,
            )
        return
    settings = context_of(ctx).settings
    if answers is not None:
        from outreach.answers import take_answers

        take_answers(settings, answers, as_json=as_json)
    elif as_json:
        _print_waiting(settings, sought)
    elif not (sys.stdin.isatty() and sys.stdout.isatty()):
        if _list(settings, sought, ("waiting",)):
            say("This is no terminal, so nothing was decided. Run it in one, or use --json and --answers.")
    else:
        from outreach.desk import Desk

        Desk(settings, sought).work()


@approve_app.command("list", epilog=EPILOG)
def list_(
    ctx: typer.Context,
    tier: Tiers = None,
    touch: Touches = None,
    channel: Channels = None,
    batch: Batched = None,
    flag: Rules = None,
    clean: Clean = None,
    state: Annotated[list[str] | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    as_json: AsJson = False,
) -> None:
    """Lists the messages that wait, a line each; with --state those in other states."""
    states = tuple(_parts(state)) or ("waiting",)
    if wrong := [name for name in states if name not in STATES]:
        raise Complaint(f"'{wrong[0]}' is no state of a message.", f"Those are {', '.join(STATES)}.", code=2)
    sought = _sought(context_of(ctx), tier, touch, channel, batch, flag, clean)
    if not _list(settings_of(ctx), sought, states, as_json=as_json) or as_json:
        return
    if "approved" in states:
        say("Take one back: outreach approve undo DRAFT. Let them leave: outreach outbox")
    elif "waiting" in states:
        say("Read and decide: outreach approve")


@approve_app.command("undo", epilog=EPILOG)
def undo(
    ctx: typer.Context,
    drafts: Annotated[list[str], typer.Argument(help="Ids of drafts, or the beginnings of them.")],
) -> None:
    """Takes back an approval or a skip, as long as the message is not on its way; it waits for you again."""
    from outreach.bulk import undo_drafts

    undo_drafts(settings_of(ctx), drafts)


@approve_app.command("bulk", epilog=EPILOG)
def bulk(
    ctx: typer.Context,
    tier: Tiers = None,
    touch: Touches = None,
    channel: Channels = None,
    batch: Batched = None,
    flag: Rules = None,
    accept: Annotated[
        list[str] | None,
        typer.Option(help="Approve in spite of this warning of QC too; may be repeated. It needs --reason."),
    ] = None,
    reason: Annotated[
        str | None, typer.Option(help="Why the warnings that you accept do not matter; it is kept.")
    ] = None,
) -> None:
    """Approves one batch at once, or what you choose otherwise: shows it, and asks once.

    Each message gets its own approval, of exactly the text that it has now. What QC warns about stays out, unless you
    accept that warning and say why.
    """
    from outreach.bulk import ALL_WARNINGS, Bulk

    sought = _sought(context_of(ctx), tier, touch, channel, batch, flag)
    if sought == _sought(context_of(ctx)):
        raise Complaint(
            "Say which messages: everything at once is not approved.",
            "For instance: outreach approve bulk --batch 3, or --tier A2",
            code=2,
        )
    _known_rules([rule for rule in _parts(accept) if rule != ALL_WARNINGS])
    if accept and not (reason or "").strip():
        raise Complaint("To accept a warning needs a reason.", "Add --reason; it is kept with each approval.", code=2)
    Bulk(settings_of(ctx), sought, tuple(_parts(accept)), (reason or "").strip()).work()


def _parts(given: list[str] | None) -> list[str]:
    """`--tier A1 --tier A2` and `--tier A1,A2` mean the same."""
    return [part for text in given or [] for part in (piece.strip() for piece in text.split(",")) if part]


def _sought(
    context: Context,
    tier: list[str] | None = None,
    touch: list[int] | None = None,
    channel: list[str] | None = None,
    batch: str | None = None,
    flag: list[str] | None = None,
    clean: bool | None = None,
) -> Sought:
    from db.enums import Channel, ProspectTier, values
    from db.queries.inbox import Sought

    tiers = [name.upper() for name in _parts(tier)]
    channels = [name.lower() for name in _parts(channel)]
    for what, given, known in (("tier", tiers, values(ProspectTier)), ("channel", channels, values(Channel))):
        if wrong := [name for name in given if name not in known]:
            raise Complaint(f"'{wrong[0]}' is no {what}.", f"Those are {', '.join(known)}.", code=2)
    _known_rules(_parts(flag))
    if batch is not None:
        _there_is(context.settings, batch)
    return Sought(
        playbook=chosen_playbook(context),
        tiers=tuple(tiers),
        touches=tuple(touch or ()),
        channels=tuple(channels),
        batch=batch,
        rules=tuple(_parts(flag)),
        clean=clean,
    )


def _known_rules(named: list[str]) -> None:
    """Raises Complaint where one is no rule of QC's: nothing would be marked with it, whatever QC found."""
    if not named:
        return
    from tools.qc import JUDGED, RULES

    if wrong := [name for name in named if name not in {JUDGED, *(rule.id for rule in RULES)}]:
        raise Complaint(f"'{wrong[0]}' is no rule of QC's.", "See them: outreach qc rules", code=2)


def _there_is(settings: Settings, batch: str) -> None:
    """Raises Complaint where there is no such batch."""
    from db.queries.batches import BatchNotFound, find_batch
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        try:
            database.read_sync(lambda session: find_batch(session, batch).id)
        except BatchNotFound as exc:
            raise Complaint(str(exc), "All of them: outreach batch list") from exc


def _print_waiting(settings: Settings, sought: Sought) -> None:
    from db.queries.inbox import lines
    from db.queries.reading import read_draft
    from outreach.screens.inbox import as_row
    from outreach.wiring import open_database

    def read(session: Any) -> list[Any]:
        return [read_draft(session, line.draft_id, line.note) for line in lines(session, sought)]

    with open_database(settings, "user") as database:
        print_json([as_row(item) for item in database.read_sync(read)])


def _list(settings: Settings, sought: Sought, states: tuple[Any, ...], *, as_json: bool = False) -> bool:
    """Prints the messages in these states; whether there are any."""
    from db.queries.inbox import lines
    from outreach.screens.inbox_list import show_lines
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        found = database.read_sync(lambda session: lines(session, sought, states=states))
    if as_json:
        print_json([asdict(line) for line in found])
    elif found:
        show_lines(found)
        say(many(len(found), "message"))
    elif sought.batch is not None:
        say(f"Nothing of batch {sought.batch} is {' or '.join(states)}. See it: outreach batch show {sought.batch}")
    elif sought.rules:
        say(f"QC marked nothing that is {' or '.join(states)} with {', '.join(sought.rules)}. Rules: outreach qc rules")
    elif states == ("waiting",):
        say("Nothing waits for a decision. `outreach run` looks for what is due.")
    else:
        say(f"Nothing is {' or '.join(states)}.")
    return bool(found)
