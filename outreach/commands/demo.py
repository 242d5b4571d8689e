"""`outreach demo`: the whole job, on a sample of real organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import say
from outreach.context import context_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach demo                            colleges in five states, field lighting
  outreach demo --playbook qa-software     software companies, QA-testing software
"""


def demo(
    ctx: typer.Context,
    playbook: Annotated[
        str | None, typer.Option(help="sports-lighting or qa-software; the one in force if not given.")
    ] = None,
) -> None:
    """Takes a sample of real organisations, with invented people, from a list to drafts that wait for your decision.

    It makes the database if there is none. Organisations are real, people are invented, addresses end in .example.
    """
    from outreach.commands.init import set_up
    from outreach.commands.run import finish, report, work
    from outreach.commands.status import show_funnel
    from samples import load_manifest

    context = context_of(ctx)
    if playbook is not None:
        context.overrides["playbook"] = playbook
    settings = context.settings
    files = sample_files(settings.playbook)
    set_up(settings)
    refuse_own_records(settings)
    result = work(settings, files, load_manifest(settings.playbook).drafts)
    for funnel in _funnel(settings):
        show_funnel(funnel)
    report(settings, result, as_json=False)
    say("Then: outreach runs show last, outreach batch build; and what waits at any time: outreach status")
    finish(result)


def sample_files(playbook: str) -> list[dict[str, Any]]:
    """The sample's files in the order of its manifest, as the prospector takes them."""
    from outreach.commands.run import described
    from playbooks import load_playbook
    from samples import UnknownSampleError, load_manifest, sample_dir

    load_playbook(playbook)
    try:
        manifest = load_manifest(playbook)
    except UnknownSampleError as exc:
        raise Complaint(f"There is {exc}.", "Name another one with --playbook.", code=2) from exc
    return [
        described(
            sample_dir(playbook) / file.name,
            what=file.what.value,
            source=file.source,
            source_url=file.source_url,
            licence=file.licence,
            id_column=file.id_column,
            organisation_column=file.organisation_column,
            observed_on=file.observed.isoformat() if file.observed else None,
        )
        for file in manifest.files
    ]


def refuse_own_records(settings: Settings) -> None:
    """The demo keeps out of a database that holds a person's own records."""
    from db.queries.samples import records_from_elsewhere
    from outreach.wiring import open_database
    from samples import load_manifest, playbooks_with_samples

    known = {file.source for name in playbooks_with_samples() for file in load_manifest(name).files}
    with open_database(settings, "user") as database:
        foreign = database.read_sync(lambda session: records_from_elsewhere(session, known))
    if foreign:
        raise Complaint(
            f"This database holds {foreign} organisations of your own; the demo would mix its sample with them.",
            "Give the demo a home of its own: outreach --home ~/outreach-demo demo",
        )


def _funnel(settings: Settings) -> Any:
    from db.queries.funnel import funnels
    from outreach.wiring import open_database

    with open_database(settings, "user") as database:
        return database.read_sync(lambda session: funnels(session, (settings.playbook,)))
