"""The step recorder: every step of every agent is a row of `agent_runs`, and a step done is never done twice.

A row's id is made from where the step stands (thread, task, kind, ordinal), so a step that is run again after a crash
finds its own row. Where that row succeeded, what it returned is returned again and nothing is executed; a model is
not paid twice for one answer. Model calls have no id of their own and some servers repeat tool call ids, which is
why the ordinal counts.

A step that failed is another matter: tried again, it must not be given the answers that it failed on. Its `attempt`
goes up, and its children of that attempt are rows of their own.
"""

import time
import traceback
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from langgraph.errors import GraphBubbleUp
from sqlalchemy.orm import Session

from db.access import Database
from db.actors import acting_as
from db.models import AgentRun

_NAMESPACE = uuid.UUID("6f2b3c9e-2f0e-5d58-9a53-0d6c0a3f1f4b")


def step_id(*where: str) -> str:
    """The id of the row of a step that stands at this place: 32 hexadecimal characters."""
    return uuid.uuid5(_NAMESPACE, "\x1f".join(where)).hex


@dataclass
class Scope:
    """The agent's step that is under way: whose children the model and tool calls are."""

    run_id: str
    agent_name: str
    thread_id: str | None
    contact_id: str | None = None
    prompt_id: str | None = None
    prompt_hash: str | None = None
    attempt: int = 1
    ordinals: dict[str, int] = field(default_factory=dict)
    batch: list[tuple[str, str, bool]] = field(default_factory=list)

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
    """A step under way. Fill in what it did; it is written when the step ends."""

    id: str
    prior: Any = None
    replayed: bool = False
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
    """What is known of a step before it begins."""

    id: str
    run_type: str
    agent_name: str
    parent_id: str | None = None
    contact_id: str | None = None
    thread_id: str | None = None
    inputs: Mapping[str, Any] | None = None
    prompt_id: str | None = None
    prompt_hash: str | None = None
    trigger: str | None = None
    memoised: bool = True


class Recorder:
    """Writes `agent_runs`. Sums are not stored in parents: only the row of a model call has tokens and cost, so that
    adding up any set of rows counts nothing twice (`db.queries.runs` rolls a tree up)."""

    def __init__(self, db: Database) -> None:
        self._db = db

    @asynccontextmanager
    async def step(self, opening: Opening) -> AsyncIterator[Step]:
        """Opens the row, yields the step, closes the row. Where `step.replayed` is true, use `step.prior`."""
        with acting_as(f"agent:{opening.id}"):
            found, prior, attempt = await self._db.write(lambda session: _open(session, opening))
        step = Step(opening.id, prior=prior, replayed=found, attempt=attempt)
        if found:
            yield step
            return
        began = time.perf_counter()
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
            elapsed = int((time.perf_counter() - began) * 1000)
            with acting_as(f"agent:{opening.id}"):
                await self._db.write(lambda session: _close(session, step, elapsed, trace, completed))


def _open(session: Session, opening: Opening) -> tuple[bool, Any, int]:
    row = session.get(AgentRun, opening.id)
    if row is None:
        session.add(
            AgentRun(
                id=opening.id,
                run_type=opening.run_type,
                agent_name=opening.agent_name,
                parent_run_id=opening.parent_id,
                contact_id=opening.contact_id,
                thread_id=opening.thread_id,
                inputs=dict(opening.inputs) if opening.inputs is not None else None,
                prompt_id=opening.prompt_id,
                prompt_hash=opening.prompt_hash,
                trigger=opening.trigger,
                status="running",
                started_at=datetime.now(UTC),
            )
        )
        return False, None, 1
    if opening.memoised and row.status in ("success", "partial"):
        return True, row.outputs, row.attempt
    row.attempt += row.status == "error"
    row.status = "running"
    row.error_message = row.error_traceback = None
    return False, None, row.attempt


def _close(session: Session, step: Step, elapsed_ms: int, trace: str | None, completed: bool) -> None:
    row = session.get_one(AgentRun, step.id)
    row.status = step.status
    row.error_message, row.error_traceback = step.error, trace
    if step.outputs is not None:
        row.outputs = step.outputs
    if step.model is not None:
        row.model = step.model
    if step.decisions:
        row.decisions = [*(row.decisions or []), *step.decisions]
    if step.sources:
        row.sources_used = list(dict.fromkeys([*(row.sources_used or []), *step.sources]))
    row.tokens_in += step.tokens_in
    row.tokens_out += step.tokens_out
    row.tokens_cached += step.tokens_cached
    row.tokens_used = row.tokens_in + row.tokens_out
    row.cost_usd += step.cost_usd
    row.records_processed, row.records_created, row.records_updated = (
        step.processed,
        step.created,
        step.updated,
    )
    row.duration_ms = (row.duration_ms or 0) + elapsed_ms
    row.completed_at = datetime.now(UTC) if completed else None
