"""Sends what is approved by SMTP: one step row a message, claimed before and settled after.

The order is claim, send, mark, each committed. What a crash cut off between is looked for in the Sent mailbox; where
that cannot tell, it is uncertain, for a person to decide, and never sent again by itself.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Literal

from sqlalchemy import update
from sqlalchemy.orm import Session
from tenacity import AsyncRetrying, RetryCallState, retry_if_result, stop_after_attempt, wait_exponential, wait_random
from tenacity.wait import wait_base

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun, MessageDraft
from graphs.recorder import Opening, Recorder, Step, step_id
from playbooks import Playbook, PlaybookInvalid, PlaybookNotFound, playbook_names
from tools.mail.mailbox import Mailbox, MailboxStopped
from tools.outbox.dispatch import Attempt, Open, address_is_dead, begin, left_open, may_try, not_taken, still_open
from tools.outbox.leaving import NotReady, Outgoing, outgoing, ready
from tools.outbox.limits import allowance
from tools.outbox.sending import mark_sent
from tools.outbox.signing import Signer
from tools.outbox.smtp import Kind, Mailer, MailStopped, Outcome
from tools.outbox.window import opening, zone_of

AGENT: Final = "outreach"
GRACE: Final = timedelta(minutes=10)
"""How long a server may go on with a message after the client is gone (RFC 5321, 4.5.3.2.6): before that, its absence
from the Sent mailbox proves nothing."""

What = Literal["sent", "put off", "refused", "bounced", "uncertain", "not known yet", "not left", "waits"]
_WHAT: Final[dict[Kind, What]] = {
    "accepted": "sent",
    "soft": "put off",
    "refused": "refused",
    "dead": "bounced",
    "unknown": "uncertain",
}


@dataclass(frozen=True)
class Line:
    """What became of one message. `until` is when it can go, or be judged, where that is known."""

    draft_id: str
    to: str
    recipient: str
    what: What
    said: str = ""
    until: datetime | None = None


@dataclass
class Dispatched:
    """All lines of one call, and why it was ended early, if it was."""

    run_id: str
    lines: list[Line] = field(default_factory=list)
    stopped: str | None = None

    def count(self, *what: What) -> int:
        """How many lines are of these kinds."""
        return sum(line.what in what for line in self.lines)


@dataclass(frozen=True)
class Post:
    """What sending needs beside the database; `by` is the person who sends.

    `server_files` says that the mail server itself puts a copy of what it takes into the Sent mailbox, so that what
    is not there was not sent; otherwise a copy is put there from here, and its absence proves nothing.
    """

    playbook_of: Callable[[str], Playbook]
    mailer: Mailer
    by: str
    mailbox: Callable[[], AbstractContextManager[Mailbox]] | None = None
    server_files: bool = False
    signer: Signer | None = None
    one_click: str | None = None
    any_time: bool = False
    tries: int = 3
    pause: wait_base = field(default_factory=lambda: wait_exponential(multiplier=2, max=60) + wait_random(0, 1))
    grace: timedelta = GRACE


async def dispatch(
    db: Database,
    post: Post,
    *,
    playbook: str | None = None,
    only: Sequence[str] = (),
    limit: int | None = None,
    on_line: Callable[[Line], None] = lambda _line: None,
) -> Dispatched:
    """Settles what an earlier call left open, then sends what may leave now, the longest approved first.

    `only` names drafts: what the server refused before is then tried again. The caller holds the sender's lock.
    """
    recorder = Recorder(db)
    root = step_id("dispatch", uuid.uuid4().hex)
    result = Dispatched(root)

    def tell(line: Line) -> None:
        result.lines.append(line)
        on_line(line)

    inputs = {"playbook": playbook, "drafts": list(only), "limit": limit}
    with acting_as(f"agent:{root}"):
        await db.write(_close_cut_off)
    async with recorder.step(Opening(root, "dispatch", AGENT, inputs=inputs, trigger="manual", memoised=False)) as step:
        sending = _Sending(db, recorder, post, root, tell)
        try:
            await sending.settle_open()
            await sending.send(playbook, only, limit)
        except MailStopped as exc:
            result.stopped = str(exc)
        step.outputs = {line.what: result.count(line.what) for line in result.lines}
        step.processed = result.count("sent")
        if result.stopped:
            step.status, step.error = "partial", result.stopped
    return result


def held_back(
    session: Session,
    leaving: Outgoing,
    playbook_of: Callable[[str], Playbook],
    now: datetime,
    *,
    named: bool = False,
    any_time: bool = False,
) -> Line | None:
    """Why a message that may leave does not go at `now`, if so: by hand, put off, outside of the window, the limits."""
    draft = session.get_one(MessageDraft, leaving.draft_id)
    if leaving.claimed is not None:
        return _line(leaving, "waits", "it was written out for you to send by hand")
    able, why = may_try(draft.delivery, now)
    if not able and not named:
        return _line(leaving, "waits", why)
    playbook = playbook_of(leaving.playbook)
    zone = zone_of(draft.contact, playbook.sending)
    opens = opening(playbook.sending, zone, now)
    if not any_time and (opens is None or opens > now):
        assumed = ", which is assumed" if zone.assumed else ""
        return _line(leaving, "waits", f"outside of working hours in {zone.name}{assumed}", opens)
    mailbox = playbook.sender.email.lower()
    sharing = [name for name in playbook_names() if _may_share(playbook_of, name, mailbox)]
    allowed = allowance(session, [*sharing, leaving.playbook], playbook.sending, now)
    if allowed.left <= 0:
        return _line(leaving, "waits", f"the mailbox may send {allowed.reason}", allowed.until)
    return None


def _may_share(playbook_of: Callable[[str], Playbook], name: str, mailbox: str) -> bool:
    """Whether a playbook sends from the mailbox, or might: what one sent that cannot be read now is counted as well."""
    try:
        return playbook_of(name).sender.email.lower() == mailbox
    except (PlaybookInvalid, PlaybookNotFound):
        return True


def _close_cut_off(session: Session) -> None:
    """Steps of calls that were killed: whoever calls this holds the lock, so none of them is under way."""
    session.execute(
        update(AgentRun)
        .where(AgentRun.run_type == "dispatch", AgentRun.status == "running", AgentRun.thread_id.is_(None))
        .values(status="error", error_message="cut off: the process ended", completed_at=datetime.now(UTC))
    )


def _line(one: Outgoing | Open, what: What, said: str = "", until: datetime | None = None) -> Line:
    return Line(one.draft_id, one.contact_name, one.recipient, what, said, until)


def _why_open(found: dict[str, bool] | str) -> str:
    """Why the Sent mailbox does not settle what is not found there."""
    return found if isinstance(found, str) else "it is not in the Sent mailbox, which proves nothing here"


def _outgoing(draft_id: str, session: Session) -> Outgoing:
    return outgoing(session, session.get_one(MessageDraft, draft_id))


def _last(state: RetryCallState) -> Outcome:
    """What the last try came to, where none was left."""
    if state.outcome is None:
        raise RuntimeError("no attempt was made")
    outcome: Outcome = state.outcome.result()
    return outcome


class _Sending:
    """One call's work."""

    def __init__(self, db: Database, recorder: Recorder, post: Post, root: str, tell: Callable[[Line], None]) -> None:
        self._db = db
        self._recorder = recorder
        self._post = post
        self._root = root
        self._tell = tell

    @asynccontextmanager
    async def _step(self, draft_id: str, contact_id: str, kind: str) -> AsyncIterator[Step]:
        opened = Opening(
            id=step_id(self._root, kind, draft_id),
            run_type="dispatch",
            agent_name=AGENT,
            parent_id=self._root,
            contact_id=contact_id,
            inputs={"draft_id": draft_id},
            trigger="manual",
            memoised=False,
        )
        async with self._recorder.step(opened) as step:
            with acting_as(f"agent:{opened.id}"):
                yield step

    async def settle_open(self) -> None:
        """Looks for what was under way when a process ended, and what is uncertain since."""
        left = await self._db.read(still_open)
        if not left:
            return
        found = await asyncio.to_thread(self._look_for, [one.message_id for one in left])
        for one in left:
            if one.uncertain and not (isinstance(found, dict) and found[one.message_id]):
                self._tell(_line(one, "uncertain", _why_open(found)))  # as before: nothing is done, so no step is kept
                continue
            async with self._step(one.draft_id, one.contact_id, "settle") as step:
                line = await self._settled(one, found)
                step.outputs = {"what": line.what, "said": line.said}
            self._tell(line)

    def _look_for(self, message_ids: list[str]) -> dict[str, bool] | str:
        """Which of them are in the Sent mailbox, or why that is not known."""
        if self._post.mailbox is None:
            return "no mailbox is set in which to look (OUTREACH_IMAP_URL)"
        try:
            with self._post.mailbox() as mailbox:
                return {one: mailbox.holds(one) for one in message_ids}
        except MailboxStopped as exc:
            return str(exc)

    async def _settled(self, one: Open, found: dict[str, bool] | str) -> Line:
        now, post, draft_id = datetime.now(UTC), self._post, one.draft_id
        known = isinstance(found, dict)
        if isinstance(found, dict) and found[one.message_id]:
            sender = post.playbook_of(one.playbook).sender
            await self._db.write(lambda s: mark_sent(s, draft_id, one.begun, post.by, sender))
            return _line(one, "sent", "it was cut off, and is in the Sent mailbox")
        if known and post.server_files:
            if one.begun + post.grace > now:
                return _line(one, "not known yet", "cut off; the server may still be at it", one.begun + post.grace)
            said = "cut off, and not in the Sent mailbox: not sent"
            await self._db.write(lambda s: not_taken(s, draft_id, said, now))
            return _line(one, "not left", said)
        why = _why_open(found)
        await self._db.write(lambda s: left_open(s, draft_id, f"cut off while it was sent; {why}", now))
        return _line(one, "uncertain", why)

    async def send(self, playbook: str | None, only: Sequence[str], limit: int | None) -> None:
        """Sends what may leave now. Raises MailStopped."""
        sent = 0
        for leaving in await self._candidates(playbook, only):
            held = await self._db.read(partial(self._held_back, leaving=leaving, named=bool(only)))
            if held is None and limit is not None and sent >= limit:
                held = _line(leaving, "waits", f"{limit} were asked for")
            if held is not None:
                self._tell(held)
            else:
                sent += await self._one(leaving)

    def _held_back(self, session: Session, leaving: Outgoing, named: bool) -> Line | None:
        post = self._post
        return held_back(session, leaving, post.playbook_of, datetime.now(UTC), named=named, any_time=post.any_time)

    async def _candidates(self, playbook: str | None, only: Sequence[str]) -> list[Outgoing]:
        if not only:
            found = await self._db.read(lambda s: ready(s, playbook))
            return [one for one in found if one.channel == "email"]
        named = []
        for draft_id in only:
            try:
                named.append(await self._db.read(partial(_outgoing, draft_id)))
            except NotReady as exc:
                self._tell(Line(draft_id, "", "", "waits", str(exc)))
        return named

    async def _one(self, leaving: Outgoing) -> bool:
        """Sends one message, trying again where the server puts it off; whether it left. Raises MailStopped."""
        attempts: list[Attempt] = []
        again = AsyncRetrying(
            retry=retry_if_result(lambda outcome: outcome.kind == "soft"),
            stop=stop_after_attempt(self._post.tries),
            wait=self._post.pause,
            retry_error_callback=_last,
        )
        async with self._step(leaving.draft_id, leaving.contact_id, "send") as step:
            try:
                outcome: Outcome = await again(self._attempt, leaving, attempts)
            except NotReady as exc:
                line = _line(leaving, "waits", str(exc))
                step.outputs = {"what": line.what, "said": line.said}
                self._tell(line)
                return False
            said = outcome.said
            if outcome.kind == "accepted":
                said += await asyncio.to_thread(self._file_copy, attempts[-1])
            what = _WHAT[outcome.kind]
            if outcome.kind == "unknown" and self._post.mailbox is not None:
                what = "not known yet"
            step.outputs = {"what": what, "said": said, "message_id": attempts[-1].message_id, "tries": len(attempts)}
            step.processed = 1
        self._tell(_line(leaving, what, said))
        if outcome.offline:
            raise MailStopped(f"The mail server does not take mail now: {outcome.said}")
        return outcome.kind == "accepted"

    async def _attempt(self, leaving: Outgoing, attempts: list[Attempt]) -> Outcome:
        """Claim, send, mark. Raises NotReady, MailStopped."""
        post, draft_id = self._post, leaving.draft_id
        sender = post.playbook_of(leaving.playbook).sender

        def claimed(session: Session) -> Attempt:
            draft = session.get_one(MessageDraft, draft_id)
            return begin(
                session,
                draft,
                sender,
                datetime.now(UTC),
                signer=post.signer,
                one_click=post.one_click,
                loopback=post.mailer.loopback,
            )

        def settled(session: Session) -> None:
            now = datetime.now(UTC)
            if outcome.kind == "accepted":
                mark_sent(session, draft_id, now, post.by, sender)
            elif outcome.kind == "dead":
                address_is_dead(session, draft_id, outcome.said, now)
            elif outcome.kind != "unknown":
                not_taken(session, draft_id, outcome.said, now)
            elif post.mailbox is None:
                left_open(session, draft_id, outcome.said, now)
            # Else it stays claimed: the next call looks for it in the Sent mailbox.

        attempt = await self._db.write(claimed)
        attempts.append(attempt)
        try:
            outcome = await post.mailer.submit(attempt.sender, attempt.recipient, attempt.raw)
        except MailStopped as exc:
            said = f"stopped: {exc}"
            await self._db.write(lambda s: not_taken(s, draft_id, said, datetime.now(UTC)))
            raise
        await self._db.write(settled)
        return outcome

    def _file_copy(self, attempt: Attempt) -> str:
        """Puts a copy into the Sent mailbox, where that is done from here. That it could not changes nothing about the
        message; returned is what to say of it."""
        if self._post.mailbox is None or self._post.server_files:
            return ""
        try:
            with self._post.mailbox() as mailbox:
                mailbox.file(attempt.message_id, attempt.raw)
        except MailboxStopped as exc:
            return f"; no copy is in the Sent mailbox: {exc}"
        return ""
