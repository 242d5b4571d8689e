"""Sends in processes that are killed: `python -m tests.support.sender` reads jobs from standard input, one JSON object
a line, and answers each with one line: whether the process was killed.

Each job runs in a process forked from this one, so that the imports are done once. A job has `url`, `smtp_port`,
`imap_port` (null: no mailbox), `order` ('claim', or 'naive': send, then mark), and `kill_after` in seconds (null: not
at all) from when it begins, or with `first`, from when it first hands a message over.
"""

import asyncio
import json
import os
import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy.orm import configure_mappers
from tenacity import wait_none

from db.access import Database
from db.actors import acting_as
from db.models import MessageDraft
from db.revisions import head
from graphs.sending import Post, dispatch
from outreach.logs import configure_logging
from tests.support.forking import fork, was_killed
from tests.support.mail import unhurried
from tests.support.mail_servers import PASSWORD, USER
from tools.mail.mailbox import open_mailbox
from tools.mail.server import Server
from tools.outbox import mark_sent, outgoing, ready
from tools.outbox.dispatch import mail_of
from tools.outbox.smtp import Mailer, Outcome

GRACE = timedelta(seconds=1)
"""The test's server is done with a message well before that."""


def post_of(job: dict[str, Any]) -> Post:
    """How the job sends."""
    mailbox = None
    if job["imap_port"]:
        mailbox = partial(open_mailbox, Server("imap", "127.0.0.1", job["imap_port"], USER, PASSWORD))
    return Post(
        playbook_of=unhurried,
        mailer=Mailer(Server("smtp", "127.0.0.1", job["smtp_port"], None, None), timeout_s=10),
        by="user:dana",
        mailbox=mailbox,
        server_files=True,
        any_time=True,
        tries=2,
        pause=wait_none(),
        grace=GRACE,
    )


async def in_order(database: Database, post: Post) -> None:
    """What the program does."""
    async with post.mailer:
        await dispatch(database, post)


async def naively(database: Database, post: Post) -> None:
    """What a simple program does: it sends what is ready, and then writes that down."""
    async with post.mailer:
        for leaving in await database.read(ready):
            sender = post.playbook_of(leaving.playbook).sender
            raw = mail_of(leaving, sender, datetime.now(UTC), None, None)
            outcome = await post.mailer.submit(sender.email, leaving.recipient, raw)
            if outcome.kind != "accepted":
                continue

            def done(session: Any, one: Any = leaving, by: Any = sender) -> None:
                outgoing(session, session.get_one(MessageDraft, one.draft_id))
                mark_sent(session, one.draft_id, datetime.now(UTC), "user:dana", by)

            with acting_as("user:dana"):
                await database.write(done)


def work(job: dict[str, Any], began: int) -> None:
    """What a forked process does. It writes to the pipe `began` when it begins, or when it begins to send."""
    configure_logging("console", "error")
    if job["first"]:
        submit = Mailer.submit

        async def telling(self: Mailer, *args: Any) -> Outcome:
            os.write(began, b"!")
            return await submit(self, *args)

        Mailer.submit = telling  # type: ignore[method-assign, assignment]
    else:
        os.write(began, b"!")
    role = "agent" if job["order"] == "claim" else "user"
    with Database(job["url"], role) as database:  # type: ignore[arg-type]
        asyncio.run((in_order if job["order"] == "claim" else naively)(database, post_of(job)))


def killed(job: dict[str, Any]) -> bool:
    """Runs a job in a process of its own, and kills it when its time is up; whether that was so."""
    reads, writes = os.pipe()
    child = fork(lambda: work(job, writes))
    os.close(writes)
    os.read(reads, 1)
    os.close(reads)
    if job["kill_after"] is not None:
        time.sleep(job["kill_after"])
        os.kill(child, signal.SIGKILL)  # nothing happens to one that is over: nobody has asked for it yet
    return was_killed(child, f"the sending of {job}")


def main() -> None:
    """Answers every job."""
    configure_mappers()
    head()
    unhurried("sports-lighting")
    for line in sys.stdin:
        sys.stdout.write(json.dumps(killed(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
