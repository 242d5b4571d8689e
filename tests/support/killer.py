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
import traceback
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from langgraph.pregel import Pregel
from sqlalchemy import select
from sqlalchemy.orm import Session as OrmSession
from sqlalchemy.orm import configure_mappers

import graphs.recorder as recorder
import graphs.runner  # noqa: F401 (imported once, for all the processes forked from this one)
from agents.models.rules import RulesChatModel
from db.access import Database
from db.actors import acting_as
from db.approvals import Decision, take_decision
from db.models import Approval
from db.queries.inbox import waiting_drafts
from db.revisions import head
from graphs.checkpoints import AsyncSqliteSaver
from outreach.logs import configure_logging
from outreach.settings import Settings
from outreach.work import Session
from playbooks import load_playbook
from tests.support.world import run_problems, world

REASON = "Please leave out the capacity"


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
    recorder.Recorder.__init__.__kwdefaults__["worth_s"] = 0.0
    if job.get("without") == "memo":
        opened = recorder._open
        recorder._open = lambda session, opening: opened(session, replace(opening, memoised=False))
    if job.get("without") == "sync":
        invoke = Pregel.ainvoke

        async def lazily(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await invoke(self, *args, **{**kwargs, "durability": "exit"} if "durability" in kwargs else kwargs)

        Pregel.ainvoke = lazily  # type: ignore[method-assign]
    return boundaries


def decide(settings: Settings, boundaries: Boundaries) -> None:
    """A person's decisions, as far as they are not taken yet: the first draft is approved, the second rejected."""
    with Database(settings.effective_database_url(), "user") as database, acting_as("user:test"):
        for item in database.read_sync(waiting_drafts):
            taken = database.read_sync(lambda session: [a.decision for a in session.scalars(select(Approval))])
            wanted = next((d for d in ("approve", "reject") if d not in taken), None)
            if wanted is None:
                return
            decision = Decision(
                draft_id=item.draft_id,
                version=item.version,
                content_hash=item.content_hash,
                decision=wanted,  # type: ignore[arg-type]
                by="user:test",
                reason=REASON if wanted == "reject" else "the address is on their own page",
            )
            boundaries.cross()
            database.write_sync(lambda session, made=decision: take_decision(session, made, approval_days=14) and None)  # type: ignore[misc]
            boundaries.cross()


def seen(session: OrmSession) -> dict[str, Any]:
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
        decide(settings, boundaries)
    with Session(settings) as session:
        result = session.run(settings.playbook, [], None) if job["task"] != "decisions" else session.carry_on()
    with Database(job["url"], "user") as database:
        found = {**database.read_sync(seen), "boundaries": boundaries.count, "failed": result.tally.errors}
    answer.write_text(json.dumps(found), encoding="utf-8")


def forked(job: dict[str, Any], kill_at: int | None, answer: Path) -> bool:
    """Runs `work` in a process of its own; whether it was killed."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work(job, kill_at, answer)
            code = 0
        except BaseException:  # noqa: BLE001 (told, and the process ends with 1)
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    if os.WEXITSTATUS(status) != 0:
        raise RuntimeError(f"the process failed that was to be killed at {kill_at}")
    return False


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
