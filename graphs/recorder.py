"""The step recorder: every step of every agent is a row of `agent_runs`, and a step done is never done twice.

A row's id is made from where the step stands (thread, task, kind, ordinal), so a step that is run again after a crash
finds its own row. Where that row succeeded, what it returned is returned again and nothing is executed; a model is
not paid twice for one answer. Model calls have no id of their own and some servers repeat tool call ids, which is
why the ordinal counts.

A step that failed is another matter: tried again, it must not be given the answers that it failed on. Its `attempt`
goes up, and its children of that attempt are rows of their own. Unless what failed it came from outside (the budget,
the endpoint, a Ctrl-C): then it goes on with the answers that it has.
"""

import asyncio
import time
import traceback
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, Protocol, cast

from langchain_core.messages import BaseMessage
from langgraph.errors import GraphBubbleUp
from sqlalchemy import Table, bindparam, insert, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from agents.models import RunBudget
from db.access import Database
from db.actors import acting_as
from db.models import AgentRun
from graphs.slots import Slots

_NAMESPACE = uuid.UUID("6f2b3c9e-2f0e-5d58-9a53-0d6c0a3f1f4b")

SOON_S = 1.0
"""How long the row of a step that is over may wait for others to be written with; one that took as long does not."""
WORTH_S = 0.02
"""A model call that took longer is written at once and waited for: it is worth more than the writing."""
_NO_SUCH_MODEL = (401, 402, 403, 404)
_OUTSIDE = (
    *("BudgetSpent:", "ModelBusy:", "ModelUnreachable:", "CancelledError:", "KeyboardInterrupt:"),
    *("DatabaseBusy:", "DatabaseFull:", "DatabaseGone:"),
    *(f"ModelRefused: the model server refused with {status}:" for status in _NO_SUCH_MODEL),
)


CUT_OFF = "cut off; what it was about is taken up again by a later step"
"""What is said of a step that a crash left open and that nothing resumes."""


def from_outside(error_message: str | None) -> bool:
    """Whether what failed a step was not its own fault, and would have failed any other as well."""
    return (error_message or "").startswith(_OUTSIDE)


def step_id(*where: str) -> str:
    """The id of the row of a step that stands at this place: 32 hexadecimal characters."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(where)).hex


@dataclass
class Scope:
    """The agent's step that is under way: whose children the model and tool calls are. `budget` is that of its
    contact, where the playbook sets one."""

    run_id: str
    agent_name: str
    thread_id: str | None
    contact_id: str | None = None
    prompt_id: str | None = None
    prompt_hash: str | None = None
    attempt: int = 1
    unwritten: "Unwritten | None" = None
    budget: RunBudget | None = None
    ordinals: dict[str, int] = field(default_factory=dict)
    batch: list[str | None] = field(default_factory=list)

    def next(self, kind: str) -> int:
        """The next ordinal of a kind of child within this step, from 1."""
        self.ordinals[kind] = self.ordinals.get(kind, 0) + 1
        return self.ordinals[kind]

    def child_id(self, kind: str, ordinal: int) -> str:
        """The id of a child of this step, in this attempt."""
        return step_id(self.run_id, kind, str(ordinal), *([str(self.attempt)] if self.attempt > 1 else []))


current_scope: ContextVar[Scope | None] = ContextVar("current_scope", default=None)


@dataclass
class Step:
    """A step under way. Fill in what it did; it is written when the step ends. `fresh`: this attempt never began
    before, so nothing is stored of its children, which `children` then takes; `first`: it is the first attempt."""

    id: str
    prior: Any = None
    replayed: bool = False
    fresh: bool = False
    first: bool = False
    children: "Unwritten | None" = None
    attempt: int = 1
    outputs: Any = None
    status: str = "success"
    error: str | None = None
    decisions: list[Any] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float = 0.0
    model: str | None = None
    processed: int = 0
    created: int = 0
    updated: int = 0


@dataclass(frozen=True)
class Opening:
    """What is known of a step before it begins. `unwritten` takes the row of one that cannot have a row yet."""

    id: str
    run_type: str
    agent_name: str
    parent_id: str | None = None
    contact_id: str | None = None
    batch_id: str | None = None
    thread_id: str | None = None
    inputs: Mapping[str, Any] | None = None
    prompt_id: str | None = None
    prompt_hash: str | None = None
    trigger: str | None = None
    memoised: bool = True
    unwritten: "Unwritten | None" = None


@dataclass(frozen=True)
class Question:
    """One call of a model that is about to be made: which agent asks what of which model, by which prompt."""

    agent_name: str
    model: str
    messages: Sequence[BaseMessage]
    prompt_hash: str | None


Ask = Callable[[Question, Callable[[], Awaitable[list[BaseMessage]]]], Awaitable[list[BaseMessage]]]
"""What stands between an agent and its model, where something does: it makes the call, or answers in its place."""


class Watch(Protocol):
    """Is told of every step that this process takes, as it begins and once it is over; not of one that was replayed,
    nor of one that goes on waiting. The times are UTC."""

    def began(self, opening: Opening) -> None: ...
    def ended(self, opening: Opening, step: Step, started: datetime, over: datetime) -> None: ...


watching: ContextVar[Watch | None] = ContextVar("watching", default=None)
"""Who is told of the steps of recorders that are made from here on; set by the door, where somebody asked for it."""


class Recorder:
    """Writes `agent_runs`. Sums are not stored in parents: only the row of a model call has tokens and cost, so that
    adding up any set of rows counts nothing twice (`db.queries.runs` rolls a tree up)."""

    def __init__(
        self, db: Database, *, worth_s: float = WORTH_S, ask: Ask | None = None, at_once: int | None = None
    ) -> None:
        self._db = db
        self.worth_s = worth_s
        self.ask = ask
        self.slots = Slots(at_once)
        self._watch = watching.get()

    @asynccontextmanager
    async def step(self, opening: Opening) -> AsyncIterator[Step]:
        """Opens the row, yields the step, closes the row. Where `step.replayed` is true, use `step.prior`."""
        if opening.unwritten is None:
            with acting_as(f"agent:{opening.id}"):
                step = await self._db.write(lambda session: _open(session, opening))
        else:
            # Nothing can be stored of it, so it is written once, when it is over: an open row tells nothing that its
            # parent's does not, and would double the cost.
            step = Step(opening.id, fresh=True)
        if step.replayed:
            yield step
            return
        if step.fresh and opening.unwritten is None:
            step.children = Unwritten(self._db, f"agent:{opening.id}")
        began, started = time.perf_counter(), datetime.now(UTC)
        if self._watch is not None:
            self._watch.began(opening)
        trace: str | None = None
        completed = True
        try:
            yield step
        except GraphBubbleUp:
            step.status, completed = "waiting", False
            raise
        except BaseException as exc:
            step.status, step.error = "error", f"{type(exc).__name__}: {exc}"
            trace = traceback.format_exc()
            raise
        finally:
            took = time.perf_counter() - began
            row = _outcome(step, trace, int(took * 1000))
            row["completed_at"] = datetime.now(UTC) if completed else None
            if self._watch is not None and completed:
                self._watch.ended(opening, step, started, row["completed_at"])
            if opening.unwritten is None:
                children = await step.children.handed_over() if step.children is not None else []
                with acting_as(f"agent:{opening.id}"):
                    await self._db.write(lambda session: _close(session, step, row, children))
            else:
                opening.unwritten.add({**_known(opening), **row, "started_at": started})
                if opening.run_type == "model_call" and took >= self.worth_s:
                    await opening.unwritten.settle()
                elif took >= SOON_S:
                    opening.unwritten.begin()


class Unwritten:
    """Rows of steps that are over, on their way to the database: written together, at most SOON_S after they came.

    A model call that took its time (WORTH_S) is written and waited for before anything is done about its answer, and
    the tool calls before it with it. What was over at once costs less to do again than to write by itself: a crash can
    lose SOON_S of such steps, and what they did stands under keys of its own.
    """

    def __init__(self, db: Database, actor: str) -> None:
        self._db = db
        self._actor = actor
        self._rows: list[dict[str, Any]] = []
        self._writes: list[asyncio.Task[None]] = []
        self._timer: asyncio.TimerHandle | None = None

    def add(self, row: dict[str, Any]) -> None:
        """Takes a row."""
        self._rows.append(row)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(SOON_S, self.begin)

    def begin(self) -> None:
        """Begins to write all that it took."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if rows := self._rows:
            self._rows = []
            with acting_as(self._actor):
                self._writes.append(asyncio.ensure_future(self._db.write(lambda session: _insert(session, rows))))

    async def settle(self) -> None:
        """Waits until all that it took is committed."""
        self.begin()
        await self._written()

    async def handed_over(self) -> list[dict[str, Any]]:
        """The rows that it has not begun to write, for the caller to write; the others are committed."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        rows, self._rows = self._rows, []
        await self._written()
        return rows

    async def _written(self) -> None:
        writes, self._writes = self._writes, []
        if writes:
            # Not one after the other: where the first fails, nobody would ask for the errors of the rest.
            await asyncio.gather(*writes)


_TABLE = cast(Table, AgentRun.__table__)
_INSERT = insert(_TABLE)
_INSERT_NEW = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing(index_elements=["id"]).returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing(index_elements=["id"]).returning(_TABLE.c.id),
}
_UPDATE = update(_TABLE).where(_TABLE.c.id == bindparam("own_id"))
_LEFT_OPEN = update(_TABLE).where(
    _TABLE.c.parent_run_id == bindparam("own_id"),
    _TABLE.c.status == "running",
    _TABLE.c.run_type.in_(("model_call", "tool_call")),
)
_HAVE_DEFAULTS = frozenset(c.name for c in _TABLE.c if c.default is not None or c.server_default is not None)


def _known(opening: Opening) -> dict[str, Any]:
    return {
        "id": opening.id,
        "run_type": opening.run_type,
        "agent_name": opening.agent_name,
        "parent_run_id": opening.parent_id,
        "contact_id": opening.contact_id,
        "batch_id": opening.batch_id,
        "thread_id": opening.thread_id,
        "inputs": dict(opening.inputs) if opening.inputs is not None else None,
        "prompt_id": opening.prompt_id,
        "prompt_hash": opening.prompt_hash,
        "trigger": opening.trigger,
    }


def _open(session: Session, opening: Opening) -> Step:
    connection = session.connection()
    begun = _given({**_known(opening), "status": "running", "started_at": datetime.now(UTC)})
    if connection.execute(_INSERT_NEW[connection.dialect.name], begun).first() is not None:
        return Step(opening.id, fresh=True, first=True)
    row = session.get_one(AgentRun, opening.id)
    if opening.memoised and row.status in ("success", "partial"):
        return Step(opening.id, prior=row.outputs, replayed=True, attempt=row.attempt)
    # What failed in a new attempt asks its model anew; what came from outside goes on with the answers that it has.
    again = row.status == "error" and not from_outside(row.error_message)
    row.attempt += again
    row.status = "running"
    row.error_message = row.error_traceback = None
    return Step(opening.id, fresh=again, attempt=row.attempt)


def _given(row: dict[str, Any]) -> dict[str, Any]:
    """The row without what is left to its default."""
    return {name: value for name, value in row.items() if value is not None or name not in _HAVE_DEFAULTS}


def _insert(session: Session, rows: list[dict[str, Any]]) -> None:
    # Not through the unit of work, which costs as much again; rows of one shape in one statement.
    for _, alike in groupby(map(_given, rows), key=lambda row: row.keys()):
        session.connection().execute(_INSERT, list(alike))


def _outcome(step: Step, trace: str | None, elapsed_ms: int) -> dict[str, Any]:
    return {
        "status": step.status,
        "error_message": step.error,
        "error_traceback": trace,
        "outputs": step.outputs,
        "model": step.model,
        "decisions": step.decisions or None,
        "sources_used": step.sources or None,
        "tokens_in": step.tokens_in,
        "tokens_out": step.tokens_out,
        "tokens_cached": step.tokens_cached,
        "tokens_used": step.tokens_in + step.tokens_out,
        "cost_usd": step.cost_usd,
        "records_processed": step.processed,
        "records_created": step.created,
        "records_updated": step.updated,
        "duration_ms": elapsed_ms,
    }


_ADDED_UP = ("tokens_in", "tokens_out", "tokens_cached", "tokens_used", "cost_usd", "duration_ms")


def _close(session: Session, step: Step, row: dict[str, Any], children: list[dict[str, Any]]) -> None:
    _insert(session, children)
    changed = {name: value for name, value in row.items() if value is not None}
    changed |= {name: row[name] for name in ("error_message", "error_traceback", "completed_at")}
    if not step.first:
        # It was opened before: what that cost and decided is kept.
        found = session.get_one(AgentRun, step.id)
        for name in _ADDED_UP:
            changed[name] += getattr(found, name) or 0
        if step.decisions:
            changed["decisions"] = [*(found.decisions or []), *step.decisions]
        if step.sources:
            changed["sources_used"] = list(dict.fromkeys([*(found.sources_used or []), *step.sources]))
        if step.status in ("success", "partial"):
            # What a crash cut off it may not have needed any more: the work that was done before is not asked for.
            cut = {"status": "partial", "error_message": CUT_OFF, "completed_at": datetime.now(UTC)}
            session.connection().execute(_LEFT_OPEN.values(cut), {"own_id": step.id})
    session.connection().execute(_UPDATE, {**changed, "own_id": step.id})
