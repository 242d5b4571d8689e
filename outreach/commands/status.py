"""`outreach status`: where everything stands."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import many, print_json, print_table, say, show
from outreach.context import chosen_playbook, context_of

if TYPE_CHECKING:
    from db.queries.funnel import Funnel

EPILOG = """
[bold]Examples[/bold]
  outreach status                            every playbook
  outreach --playbook qa-software status     one of them
  outreach status --json
"""


def _sentence(value: str) -> str:
    return value.replace("_", " ")


def show_funnel(funnel: Funnel) -> None:
    """One playbook's funnel on stdout, in small tables; counts of nothing are left out."""
    people = many(funnel.total_contacts, "person", "people")
    show(f"{funnel.playbook}: {many(funnel.total_prospects, 'organisation')}, {people}", "bold")
    if funnel.total_prospects:
        statuses = [(_sentence(name), count) for name, count in funnel.prospects.items() if count]
        print_table("", ("organisations by status", "count"), statuses)
        tiers = [(name or "none yet", count) for name, count in funnel.tiers.items() if count or name]
        print_table("", [name for name, _ in [("tier", 0), *tiers]], [["count", *(count for _, count in tiers)]])
    if funnel.total_contacts:
        stages = [(_sentence(name), count) for name, count in funnel.stages.items() if count]
        print_table("", ("people by stage", "count"), stages)
    print_table(
        "",
        ("messages and what needs you", "count"),
        [
            ("drafts waiting for approval", funnel.waiting),
            ("follow-ups overdue", funnel.overdue),
            ("skipped until later", funnel.skipped),
            ("held (paused, or no address)", funnel.held),
            ("drafts in work, or stopped by QC", funnel.in_work),
            ("approved and ready to leave", funnel.ready),
            ("sent", funnel.sent),
            ("people not to be contacted", funnel.do_not_contact),
            ("open flags", funnel.open_flags),
            ("of these critical", funnel.critical_flags),
            ("actions to review", funnel.to_review),
        ],
    )


def status(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Shows the funnel of each playbook by status, tier and stage, what waits for you, and the next command.

    With --playbook at the top only that playbook is shown.
    """
    from outreach.next_step import standing, step_of, what_waits
    from outreach.wiring import open_database

    context = context_of(ctx)
    settings = context.settings
    only = chosen_playbook(context)
    wanted = () if only is None else (only,)
    with open_database(settings, "user") as database:
        now = database.read_sync(lambda s: standing(s, wanted))
    found, step = now.funnels, step_of(now, settings)
    if as_json:
        print_json(
            {
                "playbooks": [
                    {**asdict(f), "tiers": {name or "none": count for name, count in f.tiers.items()}} for f in found
                ],
                "waits": [asdict(one) for one in what_waits(now)],
                "next": asdict(step),
            }
        )
        return
    for funnel in found:
        show_funnel(funnel)
    if not found:
        say("No organisation is here yet.")
    from outreach.commands.followups import say_overdue
    from outreach.front import say_next

    say_overdue(settings, only)
    say_next(step.command, step.why)
