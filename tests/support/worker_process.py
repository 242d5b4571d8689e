"""A worker that is quick to notice: `python -m tests.support.worker_process HOME CONCURRENCY [--once]`.

Everything else is `outreach worker`. Each model call is written to HOME/calls as 'process step attempt ordinals time'.
`--slow S` has each take so long. `--unguarded` takes the threads' locks away, and the check of each write.
`--calm` has it keep the pace of `outreach worker`.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import db.jobs
from agents.models.rules import RulesChatModel
from graphs import recorder
from graphs.thread_locks import AdvisoryLocks
from graphs.worker import Pace
from outreach.logs import configure_logging
from outreach.settings import Settings
from outreach.worker_process import work_on

QUICK = Pace(  # but not so quick that a worker on a busy machine, not heard of for a while, has its work taken away
    beat_s=0.5, silent_s=5.0, stalled_s=5.0, stop_s=30.0, again_s=0.5,
    rescue="* * * * * */1", wake="* * * * * */2", sweep="* * * * * */5",
)  # fmt: skip


def slow_down(seconds: float, calls: Path) -> None:
    """Every model call takes so long, and is written down with the step that it belongs to."""
    generate = RulesChatModel._agenerate

    async def slowly(self: RulesChatModel, *args: Any, **kwargs: Any) -> Any:
        scope = recorder.current_scope.get()
        if scope is not None:
            with calls.open("a", encoding="utf-8") as file:
                file.write(f"{os.getpid()} {scope.run_id} {scope.attempt} {dict(scope.ordinals)} {time.time()}\n")
        await asyncio.sleep(seconds)
        return await generate(self, *args, **kwargs)

    RulesChatModel._agenerate = slowly  # type: ignore[method-assign]


def take_guards_off() -> None:
    """No thread is held, nor is a connection ended that is silent, and no write looks whose the job is."""

    @asynccontextmanager
    async def anybody(self: AdvisoryLocks, _name: str) -> AsyncIterator[bool]:
        yield True

    async def for_ever(self: AdvisoryLocks, _seconds: float) -> None: ...

    AdvisoryLocks.hold = anybody  # type: ignore[method-assign, assignment]
    AdvisoryLocks.end_when_silent = for_ever  # type: ignore[method-assign, assignment]
    db.jobs.fence = lambda _session: None  # type: ignore[assignment]


def main() -> None:
    """Works until it is asked to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("home", type=Path)
    parser.add_argument("concurrency", type=int)
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--slow", type=float, default=0.0)
    parser.add_argument("--unguarded", action="store_true")
    parser.add_argument("--calm", action="store_true")
    given = parser.parse_args()
    settings = Settings(home=given.home)
    configure_logging("console", os.environ.get("LEVEL", "warning"))
    given.home.mkdir(parents=True, exist_ok=True)
    slow_down(given.slow, given.home / "calls")
    if given.unguarded:
        take_guards_off()
    work_on(settings, given.concurrency, once=given.once, pace=None if given.calm else QUICK)


if __name__ == "__main__":
    main()
