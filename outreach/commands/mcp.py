"""`outreach mcp`: an assistant reads, and writes drafts for a person to review."""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import typer

from outreach.context import settings_of
from outreach.errors import Complaint

if TYPE_CHECKING:
    from outreach.settings import Settings

EPILOG = """
[bold]Examples[/bold]
  outreach mcp                 for a program that starts it, such as an assistant on your desktop

It speaks the Model Context Protocol on standard input and output until that ends: docs/integrations.md.
"""


def mcp(ctx: typer.Context) -> None:
    """Serves an assistant over the Model Context Protocol, on standard input and output.

    It may look up people, facts, drafts and runs, and write drafts, which QC checks and you review. It cannot send,
    approve or lift anything.
    """
    from importlib.util import find_spec

    if find_spec("mcp") is None:
        raise Complaint(
            "The Model Context Protocol's package is not installed.",
            "Run: pip install 'outreach-command-center[mcp]'",
        )
    if sys.stdin.isatty():
        raise Complaint(
            "This is for a program to start: it speaks its protocol where you would type.",
            "How an assistant is told to start it: docs/integrations.md",
            code=2,
        )
    asyncio.run(_serve(settings_of(ctx)))


async def _serve(settings: Settings) -> None:
    from outreach.mcp.server import make_server
    from outreach.session import open_machine
    from playbooks import load_playbook

    async with AsyncExitStack() as stack:
        machine = open_machine(settings, stack)
        machine.web = None
        limits = load_playbook(settings.playbook).limits
        await make_server(machine, most_drafts=limits.drafts_per_run).run_stdio_async()
