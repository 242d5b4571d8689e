"""`outreach prompts`: the versions of each agent's instructions, what differs between two, and which is in force."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, Annotated

import typer

from outreach.console import print_table, say, show
from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from outreach.settings import Settings
    from prompts import Prompt

EPILOG = """
[bold]Examples[/bold]
  outreach prompts list
  outreach prompts diff reply_triage@v1 reply_triage@v2
  outreach prompts activate reply_triage@v2        from now on; measure it first: outreach eval run

Your own versions stand in OUTREACH_HOME/prompts/AGENT/vN.md, numbered on from the shipped ones.
"""

prompts_app = typer.Typer(
    help="The versions of the agents' prompts: list, compare, put in force.",
    no_args_is_help=True,
    epilog=EPILOG,
    rich_markup_mode="rich",
)


@prompts_app.command("list")
def list_prompts(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Lists every version of every prompt, with its hash, where it comes from, and which is in force."""
    from outreach.wiring import own_prompts, prompts_in_force
    from prompts import agents, load_prompt, newest, versions

    settings = settings_of(ctx)
    own, chosen = own_prompts(settings), prompts_in_force(settings)
    rows = []
    for agent in agents():
        active = chosen.get(agent) or newest(agent)
        for version in versions(agent, own):
            prompt = load_prompt(agent, version, own)
            whose = "shipped" if version in versions(agent) else "yours"
            rows.append((prompt.id, prompt.hash, len(prompt.text.split()), whose, prompt.id == active.id))
    objects = [dict(zip(("prompt", "hash", "words", "whose", "in_force"), row, strict=True)) for row in rows]
    shown = [(p, h[:12], w, whose, "in force" if now else "") for p, h, w, whose, now in rows]
    print_table("", ("prompt", "hash", "words", "whose", ""), shown, as_json=as_json, json_rows=objects)


@prompts_app.command()
def diff(
    ctx: typer.Context,
    first: Annotated[str, typer.Argument(metavar="A", help="agent@version.")],
    second: Annotated[str, typer.Argument(metavar="B", help="agent@version.")],
) -> None:
    """Shows what differs between two prompts, line by line. Exit code 1 where they differ."""
    settings = settings_of(ctx)
    a, b = _found(settings, first), _found(settings, second)
    lines = list(unified_diff(a.text.splitlines(), b.text.splitlines(), a.id, b.id, lineterm=""))
    if not lines:
        say(f"{a.id} and {b.id} say the same.")
        return
    show("\n".join(lines))
    raise typer.Exit(1)


@prompts_app.command()
def activate(
    ctx: typer.Context, reference: Annotated[str, typer.Argument(metavar="AGENT@VERSION", help="What to put in force.")]
) -> None:
    """Puts a version in force for every command from now on; kept in OUTREACH_HOME/prompts/active.toml.

    Every step's row says by which prompt it was made (`outreach runs show`), and it must fit every playbook.
    """
    from outreach.wiring import own_prompts, prompts_in_force
    from playbooks import playbook_names, sound_playbook
    from prompts import PromptInvalid, choose, newest

    settings = settings_of(ctx)
    prompt = _found(settings, reference)
    before = prompts_in_force(settings).get(prompt.agent) or newest(prompt.agent)
    for playbook in filter(None, map(sound_playbook, playbook_names())):
        try:
            prompt.render(playbook=playbook)
        except PromptInvalid as exc:
            raise Complaint(f"For the playbook {playbook.name}, {exc}.", "Correct the file, then again.") from exc
    choose(own_prompts(settings), prompt)
    say(f"{prompt.id} is in force (before: {before.id}).")


def _found(settings: Settings, reference: str) -> Prompt:
    from outreach.wiring import own_prompts
    from prompts import PromptInvalid, PromptNotFound, find_prompt

    try:
        return find_prompt(reference, own_prompts(settings))
    except (PromptNotFound, PromptInvalid) as exc:
        raise Complaint(str(exc), "See them with: outreach prompts list", code=2) from exc
