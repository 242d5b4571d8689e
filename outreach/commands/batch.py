"""`outreach batch`: groups of people who are written to together, and what is tested on them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.commands.batch_export import EPILOG as EXPORT_EPILOG
from outreach.commands.batch_export import export
from outreach.commands.batch_metrics import EPILOG as METRICS_EPILOG
from outreach.commands.batch_metrics import metrics
from outreach.console import many, print_json, print_table, say, show
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from db.models import Batch
    from db.queries.batches import Member
    from outreach.settings import Settings
    from playbooks import Playbook
    from tools.batches.build import Plan, Trial

EPILOG = """
[bold]Examples[/bold]
  outreach batch build                                        the playbook's usual mix
  outreach batch build --size 10 --dry-run                    who it would be; nothing is written
  outreach batch build --mix qa_leaders=6,vp_eng=4
  outreach batch build --ab ask_intensity --a soft --b direct
  outreach run --batch 3                                      research it, write it, check it
  outreach batch fill 3                                       others for whom there was nothing to write about
  outreach batch show 3                                       who is in it, and how far they are
  outreach approve --batch 3
"""

batch_app = typer.Typer(
    help="Groups of people who are written to together, and what is tested on them.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
batch_app.command("export", epilog=EXPORT_EPILOG)(export)
batch_app.command("metrics", epilog=METRICS_EPILOG)(metrics)
Named = Annotated[str, typer.Argument(metavar="BATCH", help="A batch's number, or the beginning of its id.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@batch_app.command("build", epilog=EPILOG)
def build(
    ctx: typer.Context,
    size: Annotated[int | None, typer.Option(min=1, max=500, help="How many people; else as many as the mix.")] = None,
    mix: Annotated[str | None, typer.Option(help="Shares and how many of each: qa_leaders=14,vp_eng=8.")] = None,
    varies: Annotated[str | None, typer.Option("--ab", help="What is tested, such as ask_intensity.")] = None,
    a: Annotated[str | None, typer.Option("--a", help="What group A gets.")] = None,
    b: Annotated[str | None, typer.Option("--b", help="What group B gets.")] = None,
    control: Annotated[bool, typer.Option("--control", help="A third group, C, of which nothing is asked.")] = False,
    experiment: Annotated[str | None, typer.Option(help="Test what this experiment describes.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Give out the groups as this number did before.")] = None,
    leave_open: Annotated[
        bool, typer.Option("--leave-open", help="Leave places open that their share cannot fill.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who it would be; write nothing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Chooses who is written to next, by the playbook's shares, and gives out the groups of a test at random.

    Taken are people who were never written to, nor anybody of their organisation, and who are in no other batch: first
    those about whom there is something to say, then by tier, priority and score.
    """
    from outreach.batching import build_batch, order_of
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.batches.build import BatchRefused, NobodyReady, plan

    settings = settings_of(ctx)
    playbook = load_playbook(settings.playbook)
    try:
        test = _test(settings, playbook, varies, a, b, experiment, control=control)
        order = order_of(playbook, size, mix, test, seed=seed, fill=not leave_open)
        if dry_run:
            with open_database(settings, "user") as database:
                found = database.read_sync(lambda s: plan(s, playbook, order))
            _show_plan(found, as_json=as_json)
            return
        told, failed = build_batch(settings, order)
    except NobodyReady as exc:
        raise Complaint(str(exc), "Take in more: outreach import FILE. Who stands where: outreach status") from exc
    except BatchRefused as exc:
        mend = "What a test may compare: outreach batch build --help. Planned ones: outreach experiment list"
        raise Complaint(str(exc), mend) from exc
    if as_json:
        print_json({**told.outputs, "places": told.decisions})
    else:
        _show_built(told.outputs)
    if failed:
        say(f"Done in part: {failed}", "yellow")
        raise typer.Exit(3)


def _test(
    settings: Settings,
    playbook: Playbook,
    varies: str | None,
    a: str | None,
    b: str | None,
    experiment: str | None,
    *,
    control: bool,
) -> Trial | None:
    from outreach.wiring import open_database
    from tools.batches.build import trial_of, trial_of_experiment

    if experiment is not None:
        if varies or a or b or control:
            raise Complaint("An experiment says itself what it tests.", "Leave --ab, --a, --b, --control out.", code=2)
        with open_database(settings, "user") as database:
            return database.read_sync(lambda s: trial_of_experiment(s, playbook, experiment))
    if varies is None:
        if a or b or control:
            raise Complaint("--a, --b and --control belong to a test.", "Say what is tested with --ab.", code=2)
        return None
    if not a or not b:
        raise Complaint(
            "A test needs two groups.",
            f"For instance: outreach batch build --ab {varies} --a … --b … (docs/batches.md)",
            code=2,
        )
    return trial_of(playbook, varies, a, b, control=control)


def _show_plan(found: Plan, *, as_json: bool) -> None:
    people = [place.as_decision() for place in found.places]
    if as_json:
        print_json({**found.as_json(), "places": people})
        return
    print_table(
        "Would be in it",
        ("#", "group", "share", "person", "organisation", "why"),
        [
            (p["position"], p["group"], p["share"], p["person"], p["organisation"], p["because"].split(": ", 1)[1])
            for p in people
        ],
    )
    _tell(found.as_json())
    say(f"Nothing was written. The same groups again: --seed {found.order.seed}")


def _show_built(outputs: dict[str, Any]) -> None:
    number = outputs["batch"]
    say(f"Batch {number}: {many(outputs['people'], 'person', 'people')}.", "bold")
    _tell(outputs)
    show("\n".join(outputs["brief"]))
    say(f"Next: outreach run --batch {number}   (research, write and check; stop for your approval)", "bold")


def _tell(outputs: dict[str, Any]) -> None:
    print_table(
        "Shares",
        ("share", "asked", "taken", "to choose from"),
        [(name, n["asked"], n["taken"], n["to_choose_from"]) for name, n in outputs["shares"].items()],
    )
    if groups := outputs["groups"]:
        print_table(
            "Groups",
            ("group", outputs["varies"], "people"),
            [(name, g["value"] or "(nothing asked)", g["people"]) for name, g in groups.items()],
        )
    lacking = {name: n for name, n in outputs["short"].items() if name != "rest"}
    if lacking:
        short = ", ".join(f"{n} of {name}" for name, n in lacking.items())
        missing = sum(outputs["mix"].values()) - outputs["people"]
        filled = sum(lacking.values()) - missing
        said = f"Not enough people for: {short}."
        if filled:
            said += f" {filled} filled from the rest."
        if missing:
            said += f" {missing} left open."
        say(said, "yellow")


@batch_app.command("list", epilog=EPILOG)
def list_(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Lists the batches, the newest first."""
    from db.actors import acting_as
    from db.queries.batches import list_batches
    from outreach.wiring import open_database
    from tools.batches.progress import follow_open_batches

    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        database.write_sync(follow_open_batches)
        rows = database.read_sync(list_batches)
    if rows or as_json:
        print_table(
            "Batches",
            ("batch", "built", "status", "people", "written", "sent", "tested"),
            [(b.number, b.created, b.status, b.people, b.drafts, b.sent, b.varies or "") for b in rows],
            as_json=as_json,
            json_rows=[asdict(row) for row in rows],
        )
    elif not as_json:
        say("There is no batch yet. Build one: outreach batch build")


@batch_app.command("show", epilog=EPILOG)
def show_(ctx: typer.Context, name: Named, as_json: AsJson = False) -> None:
    """Shows a batch: its brief, and each person with their group, share, stage and message."""
    from db.queries.batches import members
    from tools.batches.progress import follow_batch

    def read(session: Session, batch: Batch) -> tuple[dict[str, Any], list[Member]]:
        follow_batch(session, batch)
        return _as_json(batch), members(session, batch)

    batch, people = _with_batch(settings_of(ctx), name, read)
    if as_json:
        print_json({**batch, "members": [asdict(one) for one in people]})
        return
    tested = f", tested: {batch['ab_variable']} ({batch['ab_description']})" if batch["ab_variable"] else ""
    say(f"Batch {batch['batch_number']} of {batch['created_date']}: {batch['status']}{tested}.", "bold")
    if batch["pre_brief"]:
        show(batch["pre_brief"])
    print_table(
        "People",
        ("#", "id", "group", "share", "person", "organisation", "stage", "message", "sequence"),
        [
            (
                one.position,
                one.contact_id[:8],
                one.group or "",
                one.share or "",
                one.person,
                one.organisation,
                one.stage.replace("_", " "),
                _message(one),
                (one.sequence_status or "").replace("_", " "),
            )
            for one in people
        ],
    )
    off = [one for one in people if one.deviates]
    for one in off:
        say(f"{one.person} keeps group {one.group}, but: {one.deviates}", "yellow")


def _message(one: Member) -> str:
    if one.do_not_contact:
        return "none: do not contact"
    if one.draft == "none" and one.set_aside:
        return "none: nothing to write about"
    return one.draft + (" *" if one.deviates else "")


def _as_json(batch: Batch) -> dict[str, Any]:
    return {column.key: getattr(batch, column.key) for column in batch.__table__.columns}


@batch_app.command("brief", epilog=EPILOG)
def brief(ctx: typer.Context, name: Named, as_json: AsJson = False) -> None:
    """Writes a batch's five lines anew, from what is known now."""
    from db.queries.batches import BatchNotFound
    from outreach.batching import brief_batch

    try:
        told = brief_batch(settings_of(ctx), name)
    except BatchNotFound as exc:
        raise _no_batch(exc) from exc
    if as_json:
        print_json(told.outputs)
    else:
        show("\n".join(told.outputs["brief"]))
    if told.partial:
        say(f"Done in part: {told.partial}", "yellow")
        raise typer.Exit(3)


@batch_app.command("fill", epilog=EPILOG)
def fill(ctx: typer.Context, name: Named) -> None:
    """Gives the places of people about whom research found nothing to the next best, and writes to those.

    Until every place has a message, or nobody is left. Whoever takes a place takes its group.
    """
    from db.queries.batches import BatchNotFound
    from outreach.batching import brief_batch, fill_batch

    settings = settings_of(ctx)
    try:
        replaced, empty = fill_batch(settings, name)
        say(f"Replaced: {many(replaced, 'person', 'people')}. Places without a message: {empty}.")
        if replaced:
            show("\n".join(brief_batch(settings, name).outputs["brief"]))
    except BatchNotFound as exc:
        raise _no_batch(exc) from exc


@batch_app.command("start", epilog=EPILOG)
def start(ctx: typer.Context, name: Named) -> None:
    """Says that a batch is being worked on; the first message that is sent says so by itself."""
    from tools.batches import progress

    def act(session: Session, batch: Batch) -> int | None:
        progress.start(session, batch)
        return batch.batch_number

    say(f"Batch {_with_batch(settings_of(ctx), name, act)} is active.")


@batch_app.command("close", epilog=EPILOG)
def close(ctx: typer.Context, name: Named) -> None:
    """Completes a batch by hand, also while some of its people are still being written to."""
    from tools.batches import progress

    def act(session: Session, batch: Batch) -> tuple[int | None, int]:
        return batch.batch_number, progress.close(session, batch)

    number, going = _with_batch(settings_of(ctx), name, act)
    say(f"Batch {number} is completed.")
    if going:
        say(f"{many(going, 'person', 'people')} can still be written to; those messages are outside of any test.")


@batch_app.command("drop", epilog=EPILOG)
def drop(
    ctx: typer.Context,
    name: Named,
    whom: Annotated[str, typer.Argument(metavar="CONTACT", help="Id, its beginning, address or full name.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")],
) -> None:
    """Takes somebody out of a batch; whoever has a message still counts, and is written to no more."""
    from datetime import UTC, datetime

    from db.queries.references import ContactNotFound, find_contact
    from tools.batches import progress

    settings = settings_of(ctx)

    def act(session: Session, batch: Batch) -> tuple[str, int | None, bool]:
        contact = find_contact(session, whom)
        gone = progress.drop(session, batch, contact, reason, datetime.now(UTC), settings.actor())
        return contact.full_name, batch.batch_number, gone

    try:
        person, number, gone = _with_batch(settings, name, act)
    except ContactNotFound as exc:
        raise Complaint(str(exc), f"Its people: outreach batch show {name}") from exc
    if gone:
        say(f"{person} is out of batch {number}, and may be in a later one.")
    else:
        say(f"{person} is written to no more, and still counts in batch {number}: they had a message already.")


def _with_batch(settings: Settings, name: str, act: Callable[[Session, Batch], Any]) -> Any:
    """Does something to a batch, in one transaction, as the person at the command line."""
    from db.actors import acting_as
    from db.lifecycle import NotAllowed
    from db.queries.batches import BatchNotFound, find_batch
    from outreach.wiring import open_database
    from tools.batches.build import BatchRefused

    with open_database(settings, "user") as database, acting_as(settings.actor()):
        try:
            return database.write_sync(lambda session: act(session, find_batch(session, name)))
        except BatchNotFound as exc:
            raise _no_batch(exc) from exc
        except (BatchRefused, NotAllowed) as exc:
            raise Complaint(str(exc), f"How far it is: outreach batch show {name}") from exc


def _no_batch(exc: Exception) -> Complaint:
    return Complaint(str(exc), "See them: outreach batch list")
