"""Running the graphs from the command line: one runner at a time, woken and closed properly."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from outreach.errors import Complaint
from outreach.wiring import (
    check_contact_budget,
    model_settings,
    open_database,
    open_web,
    prompts_in_force,
)

if TYPE_CHECKING:
    from agents.parts import Part
    from graphs.nodes import Machine
    from graphs.runner import Goal, Runner, RunResult
    from graphs.threads import End
    from outreach.settings import Settings

BUSY = Complaint(
    "Another `outreach` is at work on this database.",
    "Wait until it is done, or end it; what you decided is kept, and the next `outreach run` carries it on.",
)


SENDING = Complaint(
    "Another `outreach send` is at work on this database.",
    "Wait until it is done, or end it: the next one settles what it left.",
)


def runner_lock(settings: Settings) -> AbstractContextManager[None]:
    """Held by the one process that moves threads. Raises Complaint where another process holds it."""
    return _only_one(settings, "runner", BUSY)


def sender_lock(settings: Settings) -> AbstractContextManager[None]:
    """Held by the one process that sends. Raises Complaint where another process holds it."""
    return _only_one(settings, "sender", SENDING)


@contextmanager
def _only_one(settings: Settings, name: str, busy: Complaint) -> Iterator[None]:
    """The operating system, or PostgreSQL, lets go of it when the process dies."""
    from db.locks import LockHeld, only_one

    with ExitStack() as stack:
        try:
            stack.enter_context(only_one(settings.effective_database_url(), name))
        except LockHeld as exc:
            raise busy from exc
        yield


def open_machine(settings: Settings, stack: AsyncExitStack) -> Machine:
    """What the graphs are built with; the stack closes the database. A web fetcher among it is not opened yet.

    Raises Complaint as `open_database` and `check_contact_budget` do.
    """
    from graphs.nodes import Machine
    from graphs.recorder import Recorder
    from playbooks import load_playbook

    check_contact_budget(settings, load_playbook)
    database = stack.enter_context(open_database(settings, "agent"))
    recorder = Recorder(database, at_once=settings.concurrency)
    return Machine(database, recorder, model_settings(settings), prompts_in_force(settings), web=open_web(settings))


class RunnerSession:
    """A runner and the event loop that it lives in, for commands that are not coroutines themselves. One that
    `handed_over` its threads leaves them to workers, and follows them."""

    def __init__(
        self, settings: Settings, on_end: Callable[[str, End], None] | None = None, *, handed_over: bool = False
    ) -> None:
        self._settings = settings
        self._handed_over = handed_over
        self._on_end = on_end
        self._stack = AsyncExitStack()
        self._loop = asyncio.Runner()

    def __enter__(self) -> RunnerSession:
        try:
            self._stack.enter_context(runner_lock(self._settings))
            self._runner: Runner = self._loop.run(self._open())
        except BaseException:
            self.__exit__()
            raise
        return self

    async def _open(self) -> Runner:
        from graphs.checkpoints import CheckpointsDamaged
        from graphs.garbage_collection import collected_rarely
        from graphs.runner import open_runner

        settings = self._settings
        machine = open_machine(settings, self._stack)
        if machine.web is not None:
            await self._stack.enter_async_context(machine.web.fetcher)
        runner = open_runner(
            machine,
            settings.effective_checkpoint_url(),
            concurrency=settings.concurrency,
            on_end=self._on_end,
            handed_over=self._handed_over,
        )
        try:
            opened = await self._stack.enter_async_context(runner)
        except CheckpointsDamaged as exc:
            raise Complaint(
                f"{exc}.",
                "Move that file away and run this again: what waits for you, and what was decided, is taken up again.",
            ) from exc
        self._stack.enter_context(collected_rarely())
        return opened

    def __exit__(self, *_exc: object) -> None:
        try:
            self._loop.run(self._stack.aclose())
        finally:
            self._loop.close()

    def run(
        self,
        playbook: str,
        files: list[dict[str, Any]],
        limit: int | None,
        *,
        only: Collection[Part] = (),
        goal: Goal | None = None,
        batch_id: str | None = None,
    ) -> RunResult:
        """The orchestrator, over what is due: `only` the parts named, and whom a goal or a batch wants to write to."""
        wanted = goal.order.wanted() if goal else None
        return self._loop.run(
            self._runner.run(
                playbook,
                files=files,
                limit=limit,
                only=only,
                wanted=wanted,
                goal_run_id=goal.run_id if goal else None,
                batch_id=batch_id,
            )
        )

    def read_goal(self, playbook: str, goal: str) -> Goal:
        """The work order that a goal in words asks for."""
        return self._loop.run(self._runner.read_goal(playbook, goal))

    def carry_on(self, thread_ids: list[str] | None = None) -> RunResult:
        """Wakes what was decided and what a crash cut off."""
        return self._loop.run(self._runner.carry_on(thread_ids))

    def wake(self) -> RunResult:
        """Wakes what was decided, and takes back into the inbox what lapsed, without a look at all that waits."""
        return self._loop.run(self._runner.wake())


def run_replies(settings: Settings) -> RunResult:
    """Triages the incoming messages that nobody has triaged yet."""
    from agents.parts import Part

    with RunnerSession(settings) as session:
        return session.run(settings.playbook, [], None, only=[Part.REPLIES])
