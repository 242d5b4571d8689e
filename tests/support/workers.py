"""Worker processes for the tests: started, killed, frozen, and what they said to the model."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from db.access import Database
from db.queries.queue import Queue, alive, queue

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 180.0
HEARD_S = 5.0
"""As in tests.support.worker_process."""


def wait_for(what: Callable[[], object], seconds: float = MOST_SECONDS) -> None:
    """Until it is true. Raises AssertionError where it does not come true in time."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)


@dataclass
class Workers:
    """Workers over one database."""

    url: str
    home: Path
    options: tuple[str, ...] = ()
    concurrency: int = 2
    processes: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self, count: int = 1) -> None:
        """Starts so many, and waits until they are heard of."""
        self.home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.support.worker_process", str(self.home), str(self.concurrency)]
        for _ in range(count):
            with (self.home / "workers.log").open("ab") as log:
                self.processes.append(
                    subprocess.Popen(
                        [*command, *self.options],
                        cwd=ROOT,
                        env={**os.environ, "OUTREACH_DATABASE_URL": self.url, "OUTREACH_MODEL": "rules"},
                        stdout=log,
                        stderr=log,
                    )
                )

    def ready(self, count: int) -> None:
        """Waits until so many are heard of."""

        def all_heard() -> bool:
            assert [process.poll() for process in self.processes] == [None] * len(self.processes), self.said()[-2000:]
            return database.read_sync(lambda s: alive(s, HEARD_S)) >= count

        with Database(self.url, "user") as database:
            wait_for(all_heard)

    def look(self) -> Queue:
        with Database(self.url, "user") as database:
            return database.read_sync(lambda s: queue(s, HEARD_S))

    def kill(self, which: int) -> None:
        """SIGKILL."""
        process = self.processes.pop(which)
        process.kill()
        process.wait()

    def stop(self, number: int = signal.SIGTERM) -> list[int]:
        """Asks all to stop; their exit codes."""
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.send_signal(number)
        codes = [process.wait(MOST_SECONDS) for process in self.processes]
        self.processes.clear()
        return codes

    def calls(self) -> Counter[str]:
        """How often each call of a step was made of the model, whichever process made it."""
        file = self.home / "calls"
        lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
        return Counter(line.partition(" ")[2].rpartition(" ")[0] for line in lines)

    def said(self) -> str:
        file = self.home / "workers.log"
        return file.read_text(encoding="utf-8") if file.exists() else ""


@contextmanager
def workers(url: str, home: Path, count: int, *options: str, concurrency: int = 2) -> Iterator[Workers]:
    """So many workers, gone afterwards."""
    crew = Workers(url, home, options, concurrency)
    try:
        crew.start(count)
        crew.ready(count)
        yield crew
    finally:
        for process in crew.processes:
            process.kill()
            process.wait()
