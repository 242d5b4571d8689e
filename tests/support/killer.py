"""Kills small runs at chosen places: `python -m tests.support.killer` reads jobs from standard input, one JSON object
a line, and answers each with one line.

A job is run twice in processes forked from this one (so that what takes long, the imports, is done once): the first
kills itself with SIGKILL at the n-th boundary, the second carries on to the end and looks at the tables. A boundary is
the moment before or after a write to the database or to the checkpoints.

A job has `home`, `url`, `task` ('contacts': run what is due; 'decisions': approve one draft, reject another, carry
on), `kill_at` (null: not at all), and `without`: null, 'memo' (no answer is taken from a row) or 'sync' (checkpoints
only where a graph stops). Every model call is awaited as if it had taken its time (`worth_s=0`).
"""

import json
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.pregel import Pregel
from sqlalchemy import select, text
from sqlalchemy.orm import Session, configure_mappers

import db.jobs
import graphs.approval
import graphs.nodes
import graphs.periodic_duties
import graphs.threads
import graphs.worker
from agents.models.rules import RulesChatModel
from db.access import Database
from db.approvals import Decision
from db.models import Approval, Contact, MessageDraft
from db.revisions import head
from graphs import recorder
from graphs.thread_locks import AdvisoryLocks
from graphs.threads import Threads
from outreach import answers
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings
from playbooks import load_playbook
from tests.support.forking import fork, was_killed
from tests.support.inbox import waiting_drafts
from tests.support.world import run_problems, world

REASON = "Please leave out the capacity"
TWICE = text(
    "INSERT INTO outreach_jobs.procrastinate_jobs (queue_name, task_name, args)"
    " SELECT 'threads', 'advance', jsonb_build_object('thread_id', CAST(:thread AS text),"
    " 'state', CAST(:state AS jsonb)) FROM generate_series(1, 2) RETURNING id"
)


class Boundaries:
    """Counts them, and ends the process at the chosen one."""

    def __init__(self, kill_at: int | None) -> None:
        self.kill_at = kill_at
        self.count = 0

    def cross(self) -> None:
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: type, name: str) -> None:
        """Makes every call of an asynchronous method cross a boundary before and one after."""
        original: Callable[..., Awaitable[Any]] = getattr(owner, name)

        async def crossing(*args: Any, **kwargs: Any) -> Any:
            self.cross()
            result = await original(*args, **kwargs)
            self.cross()
            return result

        setattr(owner, name, crossing)


def install(job: dict[str, Any], kill_at: int | None, calls: Path) -> Boundaries:
    """The hooks of one forked process."""
    boundaries = Boundaries(kill_at)
    boundaries.around(Database, "write")
    savers: list[type] = [AsyncSqliteSaver]
    if job["url"].startswith("postgresql"):
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        savers = [AsyncPostgresSaver]
    for saver in savers:
        for name in ("aput", "aput_writes", "adelete_thread"):
            boundaries.around(saver, name)

    generate = RulesChatModel._generate

    def counted(self: RulesChatModel, *args: Any, **kwargs: Any) -> Any:
        with calls.open("a", encoding="utf-8") as file:
            file.write("call\n")
        return generate(self, *args, **kwargs)

    RulesChatModel._generate = counted  # type: ignore[method-assign]
    recorder.Recorder.__init__.__kwdefaults__["worth_s"] = 0.0  # type: ignore[index]
    take_away(job.get("without"))
    return boundaries


def take_away(safeguard: str | None) -> None:
    """Takes one safeguard away from this process, for the failing baselines:

    - `memo`: no answer is taken from a row;
    - `sync`: checkpoints are written only where a graph stops;
    - `ids`: a step that is taken again does not find its own row;
    - `sweep`: nobody carries on with what was cut off, or decided;
    - `closing`: nobody closes the rows that nothing can resume;
    - `rescue`: a killed worker's jobs stay its own;
    - `hold`: nobody holds a thread while it moves (PostgreSQL);
    - `queue`: a thread may stand in the queue more than once, and stands there twice.
    """
    if safeguard == "memo":
        opened = recorder._open
        recorder._open = lambda session, opening: opened(session, replace(opening, memoised=False))
    elif safeguard == "sync":
        invoke = Pregel.ainvoke

        async def lazily(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await invoke(self, *args, **{**kwargs, "durability": "exit"} if "durability" in kwargs else kwargs)

        Pregel.ainvoke = lazily  # type: ignore[method-assign]
    elif safeguard == "ids":
        for module in (graphs.nodes, graphs.approval):
            module.step_id = lambda *_where: uuid.uuid4().hex  # type: ignore[attr-defined]
    elif safeguard == "sweep":

        async def nothing(_self: Threads, _tally: Any, **_only: Any) -> int:
            return 0

        async def none(_self: Threads) -> list[str]:
            return []

        Threads.sweep, Threads.unfinished_runs = nothing, none  # type: ignore[method-assign, assignment]
    elif safeguard == "closing":
        graphs.threads.close_lost_rows = graphs.periodic_duties.close_lost_rows = lambda _session, _threads: 0  # type: ignore[attr-defined, assignment]
    elif safeguard == "rescue":
        graphs.worker.rescue = lambda _session, _seconds: []  # type: ignore[attr-defined, assignment, misc]
    elif safeguard == "hold":

        @asynccontextmanager
        async def anybody(_self: AdvisoryLocks, _name: str) -> AsyncIterator[bool]:
            yield True

        AdvisoryLocks.hold = anybody  # type: ignore[method-assign, assignment]
    elif safeguard == "queue":
        db.jobs._ENQUEUE = TWICE  # type: ignore[misc]
    elif safeguard is not None:
        raise ValueError(safeguard)


def decide(settings: Settings, told: Path | None = None, cross: Callable[[], None] = lambda: None) -> None:
    """A person's decisions on the first drafts, as far as they are not taken yet: by name, every other one is approved
    and the rest rejected. Each is written to `told` once it is taken."""
    by = settings.actor()
    with Database(settings.effective_database_url(), "user") as database:
        names = database.read_sync(
            lambda s: s.execute(select(Contact.full_name, MessageDraft.id).join_from(MessageDraft, Contact)).all()
        )
        order = [draft_id for _name, draft_id in sorted(names)]
        taken = set(database.read_sync(lambda s: s.scalars(select(Approval.draft_id)).all()))
        for item in database.read_sync(waiting_drafts):
            if item.draft_id in taken:
                continue
            wanted: Literal["approve", "reject"] = "reject" if order.index(item.draft_id) % 2 else "approve"
            reason = REASON if wanted == "reject" else "the address is on their own page"
            cross()
            answers.decide(
                database, Decision(item.draft_id, item.version, item.content_hash, wanted, by, reason=reason), settings
            )
            if told is not None:
                with told.open("a", encoding="utf-8") as file:
                    file.write(f"{wanted} {item.draft_id} {item.version}\n")
            cross()


def seen(session: Session) -> dict[str, Any]:
    """What the tables say at the end, as plain JSON."""
    decisions = sorted(session.scalars(select(Approval.decision)))
    return {
        "world": json.loads(json.dumps({**world(session), "decisions": decisions}, default=str, sort_keys=True)),
        "problems": run_problems(session),
    }


def work(job: dict[str, Any], kill_at: int | None, answer: Path) -> None:
    """What a forked process does."""
    configure_logging("console", "error")
    home = Path(job["home"])
    boundaries = install(job, kill_at, home / "calls")
    settings = Settings(home=home, database_url=job["url"], model="rules")
    if job["task"] == "decisions":
        decide(settings, cross=boundaries.cross)
    with RunnerSession(settings) as session:
        result = session.run(settings.playbook, [], None) if job["task"] != "decisions" else session.carry_on()
    with Database(job["url"], "user") as database:
        found = {**database.read_sync(seen), "boundaries": boundaries.count, "failed": result.tally.errors}
    answer.write_text(json.dumps(found), encoding="utf-8")


def forked(job: dict[str, Any], kill_at: int | None, answer: Path) -> bool:
    """Runs `work` in a process of its own; whether it was killed."""
    return was_killed(fork(lambda: work(job, kill_at, answer)), f"that was to be killed at {kill_at}")


def main() -> None:
    """Answers every job."""
    # Once, and not in each forked process.
    configure_mappers()
    head()
    load_playbook(Settings(model="rules").playbook)
    for line in sys.stdin:
        job = json.loads(line)
        home = Path(job["home"])
        answer = home / "answer.json"
        (home / "calls").write_text("", encoding="utf-8")
        killed = forked(job, job["kill_at"], answer)
        if killed:
            forked(job, None, answer)
        found = json.loads(answer.read_text(encoding="utf-8"))
        calls = len((home / "calls").read_text(encoding="utf-8").splitlines())
        sys.stdout.write(json.dumps({**found, "killed": killed, "calls": calls}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
