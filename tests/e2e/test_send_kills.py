"""SIGKILL at random moments of sending: no message is lost, none leaves twice, and what nobody can know is uncertain.

The same kills on the order that a simple program has (send, then mark) are the failing baseline. The long form is
`make torture`; OUTREACH_TEST_KILLS is the number of kills of each form, OUTREACH_TEST_SEED makes the dice repeatable.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from db.access import Database
from db.actors import acting_as
from db.models import Delivery, MessageDraft, Touchpoint
from tests.support.mail import make_ready
from tests.support.mail_servers import DOVECOT, ImapServer, SmtpServer, dovecot_server, smtp_server
from tests.support.postgres import PostgresServer

KILLS = int(os.environ.get("OUTREACH_TEST_KILLS", "10"))
SEED = int(os.environ.get("OUTREACH_TEST_SEED", "20261121"))
DRAFTS = 30
"""So many messages at a time, in a database of their own."""
LONGEST = 0.4
PONDERING = 0.05
"""Seconds that the server has a message for before it says so: where a kill leaves it open what became of it."""
ROOT = Path(__file__).parents[2]


@dataclass
class Tally:
    """What was found over all rounds."""

    kills: int = 0
    messages: int = 0
    sent: int = 0
    uncertain: int = 0
    uncertain_and_left: int = 0
    doubled: int = 0
    lost: int = 0
    unsettled: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.messages} messages: {self.sent} sent, {self.uncertain} uncertain "
            f"({self.uncertain_and_left} of them had left), {self.doubled} doubled, {self.lost} lost, "
            f"{self.unsettled} unsettled"
        )


@pytest.fixture(scope="module")
def process() -> Iterator["subprocess.Popen[str]"]:
    """It imports once for all that is killed."""
    command = [sys.executable, "-m", "tests.support.sender"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        yield started
        assert started.stdin
        started.stdin.close()


def ask(process: "subprocess.Popen[str]", **job: Any) -> bool:
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps(job) + "\n")
    process.stdin.flush()
    line = process.stdout.readline()
    assert line, f"the sender ended at {job}"
    return bool(json.loads(line))


def one_round(
    process: "subprocess.Popen[str]", url: str, order: str, dice: random.Random, tally: Tally, imap: ImapServer | None
) -> None:
    """Kills one database's messages on their way, lets the rest leave, and looks what became of each."""

    def filed(letter: Any) -> None:
        if imap is not None:
            imap.put(letter.raw, "Sent")

    with Database(url, "user") as database:
        with acting_as("user:dana"):
            ids = database.write_sync(lambda s: make_ready(s, DRAFTS))
        with smtp_server(filed=filed) as server:
            ponder(server)
            job = {"url": url, "smtp_port": server.port, "imap_port": imap.port if imap else None, "order": order}
            while tally.kills < KILLS and waiting(database):
                sending = dice.random() < 0.8  # the others are killed while they look for what is left open
                tally.kills += ask(process, **job, first=sending, kill_after=dice.uniform(0.0, LONGEST))
            time.sleep(1.5)  # longer than the server ponders, and than the sender waits for it to
            ask(process, **job, first=False, kill_after=None)
            look(database, ids, server, tally)


def ponder(server: SmtpServer) -> None:
    taken = server.handle_DATA

    async def slowly(*args: Any) -> str:
        answer = await taken(*args)
        await asyncio.sleep(PONDERING)
        return answer

    server.handle_DATA = slowly  # type: ignore[method-assign]


def waiting(database: Database) -> bool:
    """Whether a message can still leave by itself."""
    uncertain = select(Delivery.id).where(Delivery.draft_id == MessageDraft.id, Delivery.state == "uncertain")
    statement = select(MessageDraft.id).where(MessageDraft.approval_status == "ready", ~uncertain.exists()).limit(1)
    return database.read_sync(lambda s: s.scalar(statement)) is not None


def look(database: Database, ids: list[str], server: SmtpServer, tally: Tally) -> None:
    left = server.counts()
    rows = database.read_sync(lambda s: {d.draft_id: d for d in s.scalars(select(Delivery))})
    touched = database.read_sync(lambda s: Counter(s.scalars(select(Touchpoint.message_draft_id))))
    drafts = database.read_sync(lambda s: dict(s.execute(select(MessageDraft.id, MessageDraft.approval_status)).all()))
    tally.messages += len(ids)
    for draft_id in ids:
        delivery = rows.get(draft_id)
        state = delivery.state if delivery else None
        times = left[f"{draft_id}@northlight.example"]
        tally.doubled += times > 1
        tally.sent += state == "sent"
        tally.lost += state == "sent" and times == 0
        tally.uncertain += state == "uncertain"
        tally.uncertain_and_left += state == "uncertain" and times > 0
        tally.unsettled += state not in ("sent", "uncertain")
        recorded = touched[draft_id] == 1 and drafts[draft_id] == "sent"
        if (state == "sent") != recorded:
            tally.wrong.append(f"{draft_id}: {state}, draft {drafts[draft_id]}, {touched[draft_id]} touchpoints")


def storm(process: "subprocess.Popen[str]", urls: Iterator[str], order: str, imap: ImapServer | None = None) -> Tally:
    dice, tally = random.Random(SEED), Tally()
    while tally.kills < KILLS:
        one_round(process, next(urls), order, dice, tally, imap)
    sys.stderr.write(f"\n{order}{' with a Sent mailbox' if imap else ''}: {tally}\n")
    return tally


@pytest.fixture
def fresh_urls(migrated_sqlite: Path, tmp_path: Path) -> Iterator[str]:
    """Migrated databases, one after the other."""

    def made() -> Iterator[str]:
        for number in range(10**6):
            path = tmp_path / f"round-{number}.db"
            path.write_bytes(migrated_sqlite.read_bytes())
            yield f"sqlite:///{path}"

    return made()


@pytest.fixture
def fresh_postgres_urls(postgres_server: PostgresServer, migrated_postgres: str) -> Iterator[Iterator[str]]:
    with ExitStack() as kept:

        def made() -> Iterator[str]:
            while True:
                yield kept.enter_context(postgres_server.database(migrated_postgres))

        yield made()


def whole(tally: Tally) -> bool:
    return (tally.doubled, tally.lost, tally.unsettled, tally.wrong) == (0, 0, 0, [])


@pytest.mark.timeout(300 + 15 * KILLS)
def test_without_a_mailbox_nothing_is_lost_or_doubled(process: "subprocess.Popen[str]", fresh_urls: Any) -> None:
    tally = storm(process, fresh_urls, "claim")
    assert whole(tally), tally
    assert tally.sent + tally.uncertain == tally.messages


@pytest.mark.timeout(300 + 15 * KILLS)
def test_nor_on_postgresql(process: "subprocess.Popen[str]", fresh_postgres_urls: Any) -> None:
    tally = storm(process, fresh_postgres_urls, "claim")
    assert whole(tally), tally


@pytest.mark.skipif(DOVECOT is None, reason="dovecot is not installed")
@pytest.mark.timeout(300 + 15 * KILLS)
def test_with_a_sent_mailbox_nothing_stays_uncertain(process: "subprocess.Popen[str]", fresh_urls: Any) -> None:
    with dovecot_server() as imap:
        tally = storm(process, fresh_urls, "claim", imap)
    assert whole(tally), tally
    assert (tally.uncertain, tally.sent) == (0, tally.messages)


@pytest.mark.timeout(300 + 15 * KILLS)
def test_sent_before_it_is_claimed_messages_leave_twice(process: "subprocess.Popen[str]", fresh_urls: Any) -> None:
    """The failing baseline: the same kills, on a program that sends and then marks."""
    assert storm(process, fresh_urls, "naive").doubled > 0
