"""Processes that are killed while they work: `python -m tests.support.struck` reads orders from standard input, one
JSON object a line, and answers each with one line.

`{"start": JOB}` forks a process that does a job (so that the imports are done once) and answers with its id;
`{"reap": id, "wait": …}` answers with its exit code (minus nine: killed), or null where it still works. A job has
`home`, `url`, `name`, `without` (see `tests.support.killer.take_away`) and `kind`:

- `import`, `contacts`, `followups`: `outreach run` over the files of the home, or over what is due;
- `decisions`: a person's decisions, each written down in HOME/decided once it is taken, and what follows from them;
- `enqueue`, `decide`: the same two, where workers do what follows;
- `worker`: `outreach worker` with a quick pace;
- `cli`: `outreach ARGS`, by the words in `args`.

More of a job, where it is to meet trouble: `model_s`, the seconds that a model call takes (else `MODEL_S`); `fsize`,
the most bytes that a file of its may have; `wait_s`, how long it waits for another's lock; `clock`, the seconds that
its clock is set to and fro by at every seventh look.

What a process says goes to HOME/NAME.said; what it has under way stands in HOME/NAME.under (`UNDER`), which outlives
it. A model call takes longer than what the recorder waits for, and is written to HOME/calls with its step, as is each
step's end.
"""

import asyncio
import json
import mmap
import os
import resource
import signal
import struct
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, tzinfo
from itertools import count
from pathlib import Path
from typing import Any, Final

from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from sqlalchemy.orm import configure_mappers

import graphs.checkpoints
import graphs.runner
import graphs.worker
import outreach.cli
import outreach.commands.run
from agents.models.rules import RulesChatModel
from db.access import Database
from db.revisions import head
from graphs.recorder import Recorder, current_scope
from graphs.worker import Pace
from outreach.logs import configure_logging
from outreach.session import RunnerSession
from outreach.settings import Settings
from outreach.worker_process import work_on
from playbooks import load_playbook
from tests.support.killer import decide, take_away
from tests.support.pipeline import small_sample

MODEL_S: Final = 0.03
UNDER: Final = ("step", "write of the tables", "write of a checkpoint", "model call")
"""What a process can have under way; so many of each, as 32 bits each, and then 1 where it has come to its end."""
PACE: Final = Pace(
    beat_s=0.5, silent_s=10.0, stalled_s=2.0, stop_s=10.0, again_s=0.3, away_s=0.3,
    rescue="* * * * * *", wake="* * * * * *", sweep="* * * * * */5",
)  # fmt: skip
OURS: Final = ("outreach", "graphs", "agents", "tools", "db", "playbooks")
_SIZE: Final = 4 * (len(UNDER) + 1)


class Under:
    """Counts what is under way, where the one who kills can read it afterwards."""

    def __init__(self, file: Path) -> None:
        file.write_bytes(bytes(_SIZE))
        with file.open("r+b") as opened:
            self._memory = mmap.mmap(opened.fileno(), _SIZE)

    def add(self, what: str, number: int) -> None:
        """More, or fewer, of something."""
        place = 4 * UNDER.index(what)
        struct.pack_into("i", self._memory, place, struct.unpack_from("i", self._memory, place)[0] + number)

    def end(self) -> None:
        """Nothing more will come."""
        struct.pack_into("i", self._memory, 4 * len(UNDER), 1)

    def around(self, owner: type, name: str, what: str) -> None:
        """Counts a method's calls for as long as they last."""
        original: Callable[..., Awaitable[Any]] = getattr(owner, name)

        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.add(what, 1)
            try:
                return await original(*args, **kwargs)
            finally:
                self.add(what, -1)

        setattr(owner, name, counted)


def read_under(file: Path) -> tuple[dict[str, int], bool]:
    """What a process has under way, or had when it was killed; and whether it came to its end."""
    known = (file.read_bytes() if file.exists() else b"") or bytes(_SIZE)
    *numbers, over = struct.unpack(f"{len(UNDER) + 1}i", known)
    return dict(zip(UNDER, numbers, strict=True)), bool(over)


def watch(job: dict[str, Any], under: Under) -> None:
    """Slows the model down, counts what is under way, and writes down each call and each step's end."""
    calls = Path(job["home"]) / "calls"

    def note(*words: object) -> None:
        with calls.open("a", encoding="utf-8") as file:
            file.write(" ".join(map(str, words)) + "\n")

    generate, step = RulesChatModel._agenerate, Recorder.step

    async def slowly(self: RulesChatModel, *args: Any, **kwargs: Any) -> Any:
        scope = current_scope.get()
        if scope is not None:
            note("call", job["name"], scope.run_id, f"{scope.attempt}.{scope.ordinals['model_call']}")
        await asyncio.sleep(job.get("model_s", MODEL_S))
        return await generate(self, *args, **kwargs)

    @asynccontextmanager
    async def told(self: Recorder, opening: Any) -> AsyncIterator[Any]:
        top = opening.unwritten is None and opening.run_type != "orchestrate"
        under.add("step", top)
        try:
            async with step(self, opening) as found:
                yield found
        finally:
            under.add("step", -top)
        if top:
            note("done", job["name"], opening.id, "-")

    RulesChatModel._agenerate = slowly  # type: ignore[method-assign]
    Recorder.step = told  # type: ignore[method-assign]
    under.around(RulesChatModel, "_agenerate", "model call")
    under.around(Database, "write", "write of the tables")
    savers: list[type] = [AsyncSqliteSaver]
    if job["url"].startswith("postgresql"):
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver

        savers = [AsyncPostgresSaver]
    for saver in savers:
        for name in ("aput", "aput_writes", "adelete_thread"):
            under.around(saver, name, "write of a checkpoint")


def make_trouble(job: dict[str, Any]) -> None:
    """What a job is to meet, besides being killed."""
    if "fsize" in job:
        resource.setrlimit(resource.RLIMIT_FSIZE, (job["fsize"], job["fsize"]))
    if "wait_s" in job:
        Database.__init__.__kwdefaults__["busy_timeout"] = job["wait_s"]  # type: ignore[index]
        graphs.checkpoints.BUSY_TIMEOUT_S = job["wait_s"]
    if "clock" in job:
        set_clock(job["clock"])


def set_clock(seconds: float) -> None:
    """Has every module of ours see a clock that is set back and forth again."""
    looks = count()

    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) - timedelta(seconds=seconds * (next(looks) // 7 % 2))

    for module in list(sys.modules.values()):
        if module.__name__.startswith(OURS) and getattr(module, "datetime", None) is datetime:
            module.datetime = Clock  # type: ignore[attr-defined]


def work(job: dict[str, Any], under: Under) -> None:
    """What a forked process does. Raises where the job did not come to its end."""
    home, kind = Path(job["home"]), job["kind"]
    configure_logging("console", "error")
    watch(job, under)
    take_away(job["without"])
    make_trouble(job)
    if kind == "cli":
        os.environ.update(OUTREACH_HOME=str(home), OUTREACH_DATABASE_URL=job["url"], OUTREACH_MODEL="rules")
        sys.argv = ["outreach", *job["args"]]
        outreach.cli.main()
        return
    settings = Settings(home=home, database_url=job["url"], model="rules")
    if kind == "worker":
        work_on(settings, job["concurrency"], once=False, pace=PACE)
        return
    if kind in ("decisions", "decide"):
        decide(settings, home / "decided")
        if kind == "decide":
            return
    files = small_sample(home / "files", job["contacts"]) if kind == "import" else []
    with RunnerSession(settings, handed_over=kind == "enqueue") as session:
        if kind == "decisions":
            result = session.carry_on()
        else:
            result = session.run(settings.playbook, files, 0 if kind == "import" else None)
    if not result.complete:
        raise RuntimeError(f"{result.tally}")


def start(job: dict[str, Any]) -> int:
    """Forks a process that does the job; its id."""
    child = os.fork()
    if child:
        return child
    code, under = 1, Under(Path(job["home"]) / f"{job['name']}.under")
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        said = os.open(Path(job["home"]) / f"{job['name']}.said", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(said, 1)
        os.dup2(said, 2)
        work(job, under)
        code = 0
    except SystemExit as exc:
        code = exc.code if isinstance(exc.code, int) else 0
    except BaseException:  # noqa: BLE001 (told, and the process ends with 1)
        traceback.print_exc()
    finally:
        under.end()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def main() -> None:
    """Takes every order; what still works when there are no more is killed."""
    configure_mappers()
    head()
    load_playbook(Settings(model="rules").playbook)
    living: set[int] = set()
    for line in sys.stdin:
        order = json.loads(line)
        answer: int | None
        if "start" in order:
            answer = start(order["start"])
            living.add(answer)
        else:
            found, status = os.waitpid(order["reap"], 0 if order["wait"] else os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if found else None
            living -= {found}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
    for process in living:
        os.kill(process, signal.SIGKILL)


if __name__ == "__main__":
    main()
