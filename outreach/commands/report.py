"""`outreach report`: the funnel, and what replies, positive replies and meetings came of which messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from outreach.console import many, print_json, say, show
from outreach.context import chosen_playbook, context_of
from outreach.errors import Complaint

EPILOG = """
[bold]Examples[/bold]
  outreach report funnel                                      all playbooks together
  outreach --playbook qa-software report funnel --since 2026-03-01
  outreach report replies --by opener                         reply, positive reply and meeting for each opener
  outreach report replies --by week --rate reply --json
  outreach report page report.html                            all of it, to send to somebody or to print

What is counted, and how a reply finds its touch: docs/reports.md.
"""
SHOWN = 20

report_app = typer.Typer(
    help="The funnel, and what came of which messages.", epilog=EPILOG, no_args_is_help=True, rich_markup_mode="rich"
)
Since = Annotated[str | None, typer.Option(help="Touches from this day on, as 2026-03-01.", show_default=False)]
Until = Annotated[str | None, typer.Option(help="Touches up to and with this day.", show_default=False)]
Book = Annotated[str | None, typer.Option(help="Of one playbook; as --playbook before the command.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON (docs/reports.md).")]


def playbook_of(ctx: typer.Context, named: str | None) -> str | None:
    """The playbook that the command's own option or the one before it names. Raises PlaybookNotFound."""
    if named is None:
        return chosen_playbook(context_of(ctx))
    from playbooks import load_playbook

    return load_playbook(named).name


@report_app.command("funnel", epilog=EPILOG)
def funnel(
    ctx: typer.Context, since: Since = None, until: Until = None, playbook: Book = None, as_json: AsJson = False
) -> None:
    """Shows how many people were sent to, and how many of them replied, met and became opportunities."""
    from outreach.charts import Line, legend, show_rates
    from outreach.reporting import FUNNEL, funnel_of, rate_of, scope_of, words_of
    from outreach.wiring import open_database

    context = context_of(ctx)
    scope = scope_of(playbook_of(ctx, playbook), since, until)
    with open_database(context.settings, "user") as database:
        told = database.read_sync(lambda s: funnel_of(s, scope))
    if as_json:
        print_json(told)
        return
    words = dict(FUNNEL)
    show_rates(
        f"{', '.join(words_of(told))}: people, of those who were sent to",
        [Line(words[step["step"]], rate_of(step["of_sent"])) for step in told["steps"]],
    )
    people, touches = many(told["written_for"], "person", "people"), many(told["touches"], "touch", "touches")
    show(f"{people} written for; {touches} made; {told['bounced']:,} bounced; {told['opted_out']:,} opted out.")
    show(f"Pipeline: {told['pipeline']:,.0f}")
    if not told["touches"]:
        say("No message has left that fits. What is ready to: outreach outbox")
        return
    say(legend())


@report_app.command("replies", epilog=EPILOG)
def replies(
    ctx: typer.Context,
    by: Annotated[
        str,
        typer.Option(help="persona, tier, playbook, ab-group, opener, proof-point, pain-hook, channel, touch, week."),
    ],
    rate: Annotated[
        str | None, typer.Option(help="Only one of them: reply, positive or meeting.", show_default=False)
    ] = None,
    since: Since = None,
    until: Until = None,
    playbook: Book = None,
    as_json: AsJson = False,
) -> None:
    """Shows which share was answered, answered positively, and led to a meeting, with its 95 % interval.

    What is of the person (persona, tier, playbook, ab-group) is counted by people, the rest by messages.
    """
    from db.queries.report import Dimension
    from outreach.charts import Line, legend, show_rates
    from outreach.reporting import MEASURES, rate_of, replies_by, scope_of, words_of
    from outreach.wiring import open_database
    from tools.rates import ENOUGH

    if by not in list(Dimension):
        raise Complaint(f"There are no rates by '{by}'.", f"There are: {', '.join(Dimension)}.", code=2)
    if rate is not None and rate not in MEASURES:
        raise Complaint(f"There is no rate '{rate}'.", f"There are: {', '.join(MEASURES)}.", code=2)
    context = context_of(ctx)
    scope = scope_of(playbook_of(ctx, playbook), since, until)
    with open_database(context.settings, "user") as database:
        told = database.read_sync(lambda s: replies_by(s, Dimension(by), scope))
    if as_json:
        print_json(told)
        return
    for name in told["withheld"]:
        say(f"Without the messages of the experiment '{name}': it runs, and looking would spoil it.", "yellow")
    rows = told["rows"]
    if not rows:
        say("No message has left that fits. What is ready to: outreach outbox")
        return
    shown = rows[-SHOWN:] if by == "week" else rows[:SHOWN]
    unit = "people" if told["unit"] == "person" else "messages"
    for name, (words, _) in MEASURES.items():
        if rate in (None, name):
            title = f"{words}, by {by.replace('-', ' ')} ({unit}; {', '.join(words_of(told))})"
            show_rates(title, [Line(row["key"] or "(none)", rate_of(row[name])) for row in shown])
    say(legend())
    if any(not row["reply"]["enough"] for row in shown):
        say(f"Too few to say: fewer than {ENOUGH}.")
    if len(rows) > len(shown):
        say(f"{len(rows) - len(shown):,} more: --json has all.")


@report_app.command("page", epilog=EPILOG)
def page(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Where to; else into your home folder.", show_default=False)
    ] = None,
    since: Since = None,
    until: Until = None,
    playbook: Book = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Writes the whole report as one page that asks nobody for anything: to read on a phone, and to print."""
    from datetime import UTC, datetime

    from db.queries.report import Dimension
    from outreach.pages.files import write_private
    from outreach.pages.report import report_page
    from outreach.reporting import funnel_of, replies_by, scope_of
    from outreach.wiring import open_database

    settings = context_of(ctx).settings
    scope = scope_of(playbook_of(ctx, playbook), since, until)
    wanted = [one for one in Dimension if one is not Dimension.PLAYBOOK or scope.playbook is None]
    with open_database(settings, "user") as database:
        funnel_told, by = database.read_sync(
            lambda s: (funnel_of(s, scope), [replies_by(s, dimension, scope) for dimension in wanted])
        )
    now = datetime.now(UTC)
    target = file or settings.home / "exports" / f"report-{now.astimezone():%Y-%m-%d}.html"
    text = report_page(funnel_told, by, now)
    show(str(write_private(target, text.encode("utf-8", "replace"), force=force)))
