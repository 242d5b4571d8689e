"""What `langgraph dev` serves: the graph of one contact, answerable from a front end for approvals.

langgraph.json names `contact`. The server brings its own checkpoints and its own threads; steps, drafts, decisions and
what may leave stand in the tables as ever. Nothing here can send: an approved message waits in the outbox.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint

if TYPE_CHECKING:
    from graphs.contact import Graph
    from outreach.settings import Settings


@asynccontextmanager
async def contact() -> AsyncIterator[Graph]:
    """The contact graph over the settings in force, without a checkpointer: the server injects its own."""
    from outreach.settings import load_settings
    from outreach.wiring import open_watch

    # In a thread of its own: files are read, and the server forbids that in its event loop.
    settings = await asyncio.to_thread(load_settings)
    if settings.traced():
        from graphs.recorder import watching

        watching.set(await asyncio.to_thread(open_watch, settings))
    async with AsyncExitStack() as stack:
        yield await open_graph(settings, stack)


async def open_graph(settings: Settings, stack: AsyncExitStack) -> Graph:
    """The graph that is served; the stack closes what it holds. Raises Complaint where the database is not ready."""
    from graphs.contact import build_contact_graph
    from graphs.entry import make_entry
    from outreach.session import open_machine
    from playbooks import playbook_names, sound_playbook
    from prompts import agents

    machine = await asyncio.to_thread(open_machine, settings, stack)
    if machine.web is not None:
        await stack.enter_async_context(machine.web.fetcher)

    async def answered(answer: dict[str, Any]) -> str | None:
        return await asyncio.to_thread(_take, settings, answer)

    machine.answered = answered

    def build() -> Graph:
        # Read now, for good: in the event loop of the server, no file may be.
        machine.prompts = {name: machine.prompt(name) for name in agents()}
        for name in playbook_names():
            sound_playbook(name)
        return build_contact_graph(machine, None, entry=make_entry(machine, settings.playbook))

    return await asyncio.to_thread(build)


def _take(settings: Settings, answer: dict[str, Any]) -> str | None:
    """Takes an answer as `outreach approve --answers` takes a line; why it was refused, or None."""
    from outreach.answers import take_lines
    from outreach.wiring import open_database

    try:
        with open_database(settings, "user") as database:
            outcome = take_lines(database, settings, [(1, json.dumps(answer))])[0]
    except Complaint as complaint:
        return complaint.what
    return None if outcome.taken else outcome.because
