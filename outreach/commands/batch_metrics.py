"""`outreach batch metrics`: what came of a batch, kept in its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import many, print_json, print_table, say, show
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

EPILOG = """
[bold]Examples[/bold]
  outreach batch metrics 3
  outreach batch metrics 3 --json

What is counted: docs/reports.md.
"""


def metrics(
    ctx: typer.Context,
    batch: Annotated[str, typer.Argument(help="The batch's number, or the beginning of its id.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON (docs/reports.md).")] = False,
) -> None:
    """Counts what came of a batch so far and keeps it with the batch."""
    from db.actors import acting_as
    from db.queries.batches import BatchNotFound, find_batch
    from outreach.wiring import open_database
    from tools.batches.metrics import keep_metrics

    def work(session: Session) -> dict[str, Any]:
        try:
            return keep_metrics(session, find_batch(session, batch))
        except BatchNotFound as exc:
            raise Complaint(str(exc), "See them: outreach batch list") from exc

    settings = settings_of(ctx)
    with open_database(settings, "user") as database, acting_as(settings.actor()):
        told = database.write_sync(work)
    if as_json:
        print_json(told)
    else:
        _show(batch, told)


def _show(batch: str, told: dict[str, Any]) -> None:
    from outreach.charts import Line, legend, show_rates
    from tools.rates import rate

    def line(label: str, count: int, of: int) -> Line:
        return Line(label, rate(count, of))

    sent = told["sent_to"]
    show_rates(
        f"Batch {batch}: people, of those who were written to",
        [
            line("written to", sent, told["people"]),
            *(line(name.replace("_", " "), told[name], sent) for name in ("replied", "positive", "meetings")),
            line("opportunities", told["opportunities"], sent),
            line("opted out", told["opted_out"], sent),
        ],
    )
    show(
        f"{many(told['messages'], 'message')} in {many(told['days'], 'day')}; "
        f"{many(told['delivered'], 'e-mail')} delivered, {told['bounced']:,} bounced."
    )
    if told["replies_by_intent"]:
        intents = (f"{many:,} {intent.replace('_', ' ')}" for intent, many in told["replies_by_intent"].items())
        show(f"Replies: {', '.join(intents)}.")
    if told["pipeline"]:
        show(f"Pipeline: {told['pipeline']:,.0f}")
    parts = [("share", told["by_share"])]
    if "withheld" not in told:
        parts.append(("group", told.get("by_group", {})))
    for kind, of in parts:
        if of:
            print_table(
                "",
                (kind, "sent to", "replied", "positive", "meetings"),
                [(name, one["sent_to"], one["replied"], one["positive"], one["meetings"]) for name, one in of.items()],
            )
    if "withheld" in told:
        say(f"Left out: {told['withheld']}.", "yellow")
    say(legend())
