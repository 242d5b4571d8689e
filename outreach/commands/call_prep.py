"""`outreach call-prep`: one page before a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from outreach.console import out, print_json, progress, say
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from outreach.agent_step import StepContext, StepOutcome
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach call-prep "Dana Reyes"
  outreach call-prep 4f1c --json
"""


def call_prep(
    ctx: typer.Context,
    whom: Annotated[str, typer.Argument(metavar="CONTACT", help="Id, its beginning, address, number or full name.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """One page before a call: who it is, why now, what was said so far, what to ask, how to open.

    What it says rests on kept facts and on what the playbook has agreed to say. Nobody who is not to be contacted gets
    a page.
    """
    from outreach.screens.call_page import page

    told = prepare(settings_of(ctx), whom)
    if as_json:
        print_json(told.outputs)
    else:
        console = out()
        for line in page(told.outputs, console.width):
            console.print(line, soft_wrap=True)
        say("After it: outreach called " + told.outputs["who"]["contact_id"][:8] + " --outcome …")
    if told.partial:
        say(f"Done in part: {told.partial}", "yellow")
        raise typer.Exit(3)


def prepare(settings: Settings, whom: str) -> StepOutcome:
    """The page as JSON, from one recorded step. Raises Complaint where nobody may call them."""
    from agents.analyst_call import AGENT
    from db.queries.references import ContactNotFound, find_contact
    from outreach.agent_step import run_step
    from outreach.wiring import open_database
    from playbooks import load_playbook
    from tools.analyst.calls import CallRefused, background_of

    def read(session: Any) -> tuple[Any, str]:
        contact = find_contact(session, whom)
        playbook = load_playbook(contact.prospect.playbook)
        return background_of(session, playbook, contact), playbook.name

    with open_database(settings, "agent") as database, progress("Preparing the call"):
        try:
            known, playbook = database.read_sync(read)
        except CallRefused as exc:
            raise Complaint(str(exc), "Nothing was prepared.") from exc
        except ContactNotFound as exc:
            raise Complaint(str(exc), "Name a contact by id, address, number or full name.") from exc

        def work(step: StepContext) -> StepOutcome:
            from agents.analyst_call_policy import write
            from outreach.agent_step import StepOutcome
            from outreach.batching import asked

            state = {"material": known.material, "contact_id": known.who["contact_id"]}
            trouble, update = asked(step, state, lambda answer: answer["wrong"])
            sheet = update.get("sheet") or write(known.material).model_dump(mode="json")
            outputs = {
                "who": known.who,
                "why_now": [_with_sources(line, known.material["points"]) for line in sheet["why_now"]],
                "said_so_far": known.said,
                "questions": [line["text"] for line in sheet["questions"]],
                "objection": known.objection,
                "opening": _with_sources(sheet["opening"], known.material["points"]),
                "voicemail": sheet["voicemail"]["text"],
            }
            sources = [source for line in outputs["why_now"] for source in line["sources"]]
            partial = f"the rules wrote the page: {trouble}" if trouble else None
            return StepOutcome(outputs=outputs, sources=list(dict.fromkeys(sources)), processed=1, partial=partial)

        return run_step(
            database,
            settings,
            AGENT,
            playbook=playbook,
            inputs={"command": "call-prep", "contact_id": known.who["contact_id"]},
            work=work,
        )


def _with_sources(line: dict[str, Any], points: list[dict[str, Any]]) -> dict[str, Any]:
    cited = [point for point in points if point["number"] in line["points"]]
    return {
        "text": line["text"],
        "rests_on": [point["says"] for point in cited],
        "sources": [point["source"] for point in cited if point.get("source")],
    }
