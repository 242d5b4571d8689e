"""`outreach experiment`: plans a test of two groups, says how far it is, and ends it once, by its plan."""

from __future__ import annotations

import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say, show
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from db.models import Experiment, ExperimentPlan
    from outreach.settings import Settings
    from tools.experiments.counts import Counts

EPILOG = """
[bold]Examples[/bold]
  outreach experiment new openers --variable opener_style --a career_reference --b company_metric \\
      --baseline 0.06 --lift 0.04
  outreach experiment add openers 3          the batch of this number, before its first message
  outreach experiment show openers           how far it is
  outreach experiment conclude openers       its end, once the planned number and the window are reached

What is counted, and why there is no look before the end: docs/experiments.md.
"""

experiment_app = typer.Typer(
    help="Plans a test of two groups and ends it once, by its plan.",
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
)
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/experiments.md).")]
Named = Annotated[str, typer.Argument(help="Its name, or the beginning of its id.")]


@experiment_app.command("new", epilog=EPILOG)
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="A name of its own.")],
    variable: Annotated[str, typer.Option(help="What differs: opener_style, pain_hook, ask_intensity, ….")],
    a: Annotated[str, typer.Option("--a", help="What group A gets.")],
    b: Annotated[str, typer.Option("--b", help="What group B gets.")],
    baseline: Annotated[float, typer.Option(help="The rate as it is now, such as 0.06.")],
    lift: Annotated[float, typer.Option(help="The difference worth finding, such as 0.04 (from 6 % to 10 %).")],
    metric: Annotated[str, typer.Option(help="What counts: reply, positive or meeting.")] = "reply",
    power: Annotated[float, typer.Option(help="The chance to find such a difference.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="The chance to find one where there is none.")] = 0.05,
    window: Annotated[int, typer.Option(help="Days after the last touch in which an answer counts.")] = 21,
    as_json: AsJson = False,
) -> None:
    """Lays down what is tested, what counts, and how many people each group needs. It cannot be changed afterwards."""
    from db.enums import ExperimentMetric, ExperimentVariable, values
    from tools.experiments.plan import Plan, begin

    _one_of("variable", variable, values(ExperimentVariable))
    _one_of("metric", metric, values(ExperimentMetric))
    wanted = Plan(metric, baseline, lift, alpha, power, window)

    def work(session: Session) -> dict[str, Any]:
        experiment, plan = begin(session, name, variable, (a, b), wanted)
        return _told(session, experiment, plan)

    told = _write(settings_of(ctx), work, "How one is planned: outreach experiment new --help. Those there are: ")
    if as_json:
        print_json(told)
        return
    needed = told["plan"]["per_group"]
    show(f"'{told['name']}' needs {many(needed, 'person', 'people')} in each group, {2 * needed:,} in all.")
    say(f"Build its batches: outreach batch build --experiment '{told['name']}'. Then nobody looks until the end.")


@experiment_app.command("add", epilog=EPILOG)
def add(
    ctx: typer.Context,
    name: Named,
    batch: Annotated[str, typer.Argument(help="The batch's number, or the beginning of its id.")],
) -> None:
    """Takes a batch into an experiment, before the first message of the batch has left."""
    from db.queries.batches import BatchNotFound, find_batch
    from tools.experiments.plan import find, include

    def work(session: Session) -> bool:
        experiment = find(session, name)
        try:
            return include(session, experiment, find_batch(session, batch))
        except BatchNotFound as exc:
            raise Complaint(str(exc), "See them: outreach batch list") from exc

    added = _write(settings_of(ctx), work)
    say(f"Batch {batch} is part of '{name}'." if added else f"Batch {batch} was part of '{name}' before.")


@experiment_app.command("list", epilog=EPILOG)
def list_experiments(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Lists the experiments, the newest first."""
    from sqlalchemy import select

    from db.models import Experiment, ExperimentPlan

    def work(session: Session) -> list[dict[str, Any]]:
        rows = session.execute(
            select(Experiment, ExperimentPlan)
            .join(ExperimentPlan, ExperimentPlan.experiment_id == Experiment.id)
            .order_by(Experiment.created_at.desc())
        )
        return [_told(session, experiment, plan) for experiment, plan in rows]

    found = _write(settings_of(ctx), work)
    if as_json:
        print_json(found)
        return
    if not found:
        say("No experiment yet. Plan one: outreach experiment new --help")
        return
    print_table(
        "Experiments",
        ("name", "tests", "status", "sent A", "sent B", "of each", "winner"),
        [
            (
                one["name"],
                one["variable"],
                one["status"],
                one["sent"]["A"],
                one["sent"]["B"],
                one["plan"]["per_group"],
                one["winner"],
            )
            for one in found
        ],
    )


@experiment_app.command("show", epilog=EPILOG)
def show_experiment(ctx: typer.Context, name: Named, as_json: AsJson = False) -> None:
    """Shows the plan and how far it is; what came of the groups only after the end."""
    from tools.experiments.plan import find_planned

    told = _write(settings_of(ctx), lambda s: _told(s, *find_planned(s, name)))
    if as_json:
        print_json(told)
        return
    _show(told)


@experiment_app.command("conclude", epilog=EPILOG)
def conclude_experiment(
    ctx: typer.Context,
    name: Named,
    stop_early: Annotated[bool, typer.Option("--stop-early", help="End it now, without a winner.")] = False,
    reason: Annotated[str, typer.Option(help="Why it is stopped early.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ends an experiment that has reached its number and its window, and says what it shows."""
    from tools.experiments.ending import conclude, stop
    from tools.experiments.plan import find_planned

    if stop_early and not reason.strip():
        raise Complaint("Why is it stopped early?", "Give --reason; the conclusion keeps it.", code=2)

    def work(session: Session) -> dict[str, Any]:
        experiment, plan = find_planned(session, name)
        if stop_early:
            stop(session, experiment, plan, reason)
            return _told(session, experiment, plan)
        end = conclude(session, experiment, plan, datetime.now(UTC))
        return _told(session, experiment, plan) | {"verdict": vars(end.verdict) if end.verdict else None}

    told = _write(settings_of(ctx), work)
    if as_json:
        print_json(told)
        return
    _show(told)


def _told(session: Session, experiment: Experiment, plan: ExperimentPlan) -> dict[str, Any]:
    """What is told of an experiment; of its groups' answers nothing while it runs."""
    from tools.experiments.ending import refresh, stopped_early, waiting_for
    from tools.experiments.judge import mismatch

    counts: Counts = refresh(session, experiment, plan)
    over = experiment.status != "active"
    laid = ("metric", "baseline", "lift", "alpha", "power", "per_group", "window_days")
    results = {
        group: {
            name: getattr(experiment, f"group_{group.lower()}_{name}")
            for name in ("sent", "replies", "meetings", "opps")
        }
        for group in ("A", "B")
    }
    return {
        "id": experiment.id,
        "name": experiment.name,
        "variable": experiment.variable,
        "A": experiment.group_a_desc,
        "B": experiment.group_b_desc,
        "status": experiment.status,
        "plan": {name: getattr(plan, name) for name in laid},
        "batches": list(experiment.batches_included or []),
        "assigned": counts.assigned,
        "sent": counts.sent,
        "waiting_for": None if over else waiting_for(counts, plan, datetime.now(UTC)),
        "in_both_groups": counts.both,
        "got_the_other_message": counts.strayed,
        "unequal_by_chance": round(mismatch(counts.sent["A"], counts.sent["B"]), 4),
        "results": results if over and experiment.group_a_sent and not stopped_early(experiment) else None,
        "winner": experiment.winner,
        "conclusion": experiment.conclusion,
    }


def _show(told: dict[str, Any]) -> None:
    from tools.experiments.judge import MISMATCH

    plan = told["plan"]
    show(f"{told['name']}: {told['variable']}, {told['status']}", "bold")
    show(f"A: {told['A']}")
    show(f"B: {told['B']}")
    show(
        f"Counts: {plan['metric']} within {plan['window_days']} days after the last touch, "
        f"from {plan['baseline']:.1%}, to find {plan['lift'] * 100:g} points; "
        f"{plan['per_group']:,} people in each group."
    )
    print_table(
        "", ("group", "assigned", "sent"), [(name, told["assigned"][name], told["sent"][name]) for name in ("A", "B")]
    )
    if told["in_both_groups"]:
        say(
            f"{many(told['in_both_groups'], 'person', 'people')} in both groups: counted where they were first.",
            "yellow",
        )
    if told["got_the_other_message"]:
        say(f"{told['got_the_other_message']:,} got a message of the other group, and count for their own.", "yellow")
    if told["unequal_by_chance"] < MISMATCH:
        say("The groups are more unequal than chance makes them: look into why before you trust this.", "yellow")
    if told["results"]:
        print_table(
            "What came of it, in the planned sample",
            ("group", "people", "replied", "met", "opportunities"),
            [(name, *one.values()) for name, one in told["results"].items()],
        )
    if told["conclusion"]:
        show(told["conclusion"])
    elif told["waiting_for"]:
        show(f"It runs: {told['waiting_for']}.")
        say("What came of the groups is shown at the end: a look before makes winners out of chance.")
    else:
        say(f"It is over: outreach experiment conclude {shlex.quote(told['name'])}")


def _one_of(what: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise Complaint(f"There is no {what} '{given}'.", f"There are: {', '.join(known)}.", code=2)


def _write(settings: Settings, work: Callable[[Session], Any], mend: str = "See them, and how far each is: ") -> Any:
    from db.actors import acting_as
    from outreach.wiring import open_database
    from tools.experiments.plan import ExperimentRefused

    try:
        with open_database(settings, "user") as database, acting_as(settings.actor()):
            return database.write_sync(work)
    except ExperimentRefused as exc:
        raise Complaint(str(exc), f"{mend}outreach experiment list") from exc
