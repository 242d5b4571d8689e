"""The tree of `agent_runs`: found by a part of its id, loaded whole, its sums rolled up.

Only the rows of model calls carry tokens and cost; what a parent cost is the sum of what is below it, made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal, select
from sqlalchemy.orm import Session, aliased

from db.enums import RunStatus, RunType
from db.models import AgentRun, Contact, InboundMessage, Prospect
from db.queries.references import begins, prefix_in
from db.thread_ids import contact_of, inbound_of

CALLS = ("model_call", "tool_call")
LAST = "last"


class RunNotFound(LookupError):
    """No run has this id, or a prefix fits several; the message says which."""


@dataclass
class Sums:
    """Tokens and cost of a run with everything below it; `cost_usd` in US dollars."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    cost_usd: float = 0.0
    model_calls: int = 0
    tool_calls: int = 0
    errors: int = 0

    def add(self, other: Sums) -> None:
        """Adds another subtree's sums to these."""
        self.tokens_in += other.tokens_in
        self.tokens_out += other.tokens_out
        self.tokens_cached += other.tokens_cached
        self.cost_usd += other.cost_usd
        self.model_calls += other.model_calls
        self.tool_calls += other.tool_calls
        self.errors += other.errors


def spent_by(session: Session, thread_id: str) -> tuple[int, int, int, float]:
    """What the answered model calls of a thread came to, in all its steps and attempts: calls, tokens in, tokens out,
    US dollars."""
    total = select(
        func.count(),
        func.coalesce(func.sum(AgentRun.tokens_in), 0),
        func.coalesce(func.sum(AgentRun.tokens_out), 0),
        func.coalesce(func.sum(AgentRun.cost_usd), 0.0),
    ).where(
        AgentRun.thread_id == thread_id,
        AgentRun.run_type == RunType.MODEL_CALL.value,
        AgentRun.status == RunStatus.SUCCESS.value,
    )
    calls, tokens_in, tokens_out, cost = session.execute(total).one()
    return int(calls), int(tokens_in), int(tokens_out), float(cost)


@dataclass(frozen=True)
class Payload:
    """What a run was given and what it left; loaded only when asked for."""

    inputs: Any
    outputs: Any
    decisions: Any
    sources_used: Any
    error_traceback: str | None


@dataclass
class RunNode:
    """One row of `agent_runs` with its children, oldest first. `called` is the tool or model of a call."""

    id: str
    run_type: str
    agent_name: str
    status: str
    parent_run_id: str | None
    thread_id: str | None
    contact_id: str | None
    contact: str | None
    organisation: str | None
    called: str | None
    model: str | None
    prompt_id: str | None
    prompt_hash: str | None
    attempt: int
    duration_ms: int | None
    started_at: datetime
    completed_at: datetime | None
    error_message: str | None
    records: tuple[int, int, int]
    own: Sums
    total: Sums = field(default_factory=Sums)
    payload: Payload | None = None
    children: list[RunNode] = field(default_factory=list)

    @property
    def is_call(self) -> bool:
        """Whether this is one call of a model or a tool."""
        return self.run_type in CALLS

    def walk(self) -> Iterator[RunNode]:
        """This run and everything below it, from the top, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def find_run(session: Session, reference: str) -> str:
    """The id of the run that a person means: `last` (the newest root), a whole id, or the beginning of one.

    Raises:
        RunNotFound: none fits, or several do.
    """
    if reference == LAST:
        found = session.scalar(_newest(select(AgentRun.id).where(AgentRun.parent_run_id.is_(None))).limit(1))
        if found is None:
            raise RunNotFound("There is no run yet.")
        return str(found)
    prefix = prefix_in(reference.replace("-", ""))
    if prefix is None:
        raise RunNotFound(f"'{reference}' is no run: give the beginning of an id (0-9, a-f), or {LAST}.")
    fitting = session.scalars(
        select(AgentRun.id).where(begins(AgentRun.id, prefix)).order_by(AgentRun.id).limit(6)
    ).all()
    if not fitting:
        raise RunNotFound(f"No run's id begins with {prefix}.")
    if len(fitting) > 1 and fitting[0] != prefix:
        some = ", ".join(run_id[: len(prefix) + 4] for run_id in fitting[:5])
        raise RunNotFound(f"Several runs' ids begin with {prefix}: {some}{' …' if len(fitting) > 5 else ''}")
    return fitting[0]


def _newest(statement: Select[Any]) -> Select[Any]:
    return statement.order_by(AgentRun.started_at.desc(), AgentRun.id.desc())


def _columns(payload: bool) -> list[Any]:
    columns: list[Any] = [
        AgentRun.id,
        AgentRun.run_type,
        AgentRun.agent_name,
        AgentRun.status,
        AgentRun.parent_run_id,
        AgentRun.thread_id,
        AgentRun.contact_id,
        AgentRun.model,
        AgentRun.prompt_id,
        AgentRun.prompt_hash,
        AgentRun.attempt,
        AgentRun.duration_ms,
        AgentRun.started_at,
        AgentRun.completed_at,
        AgentRun.error_message,
        AgentRun.records_processed,
        AgentRun.records_created,
        AgentRun.records_updated,
        AgentRun.tokens_in,
        AgentRun.tokens_out,
        AgentRun.tokens_cached,
        AgentRun.cost_usd,
        AgentRun.inputs["name"].as_string().label("called"),
        Contact.full_name.label("contact"),
        Prospect.name.label("organisation"),
    ]
    if payload:
        columns += [
            AgentRun.inputs,
            AgentRun.outputs,
            AgentRun.decisions,
            AgentRun.sources_used,
            AgentRun.error_traceback,
        ]
    return columns


def _with_contact(statement: Select[Any]) -> Select[Any]:
    return statement.outerjoin(Contact, Contact.id == AgentRun.contact_id).outerjoin(
        Prospect, Prospect.id == Contact.prospect_id
    )


def _node(row: Any, payload: bool) -> RunNode:
    return RunNode(
        id=row.id,
        run_type=row.run_type,
        agent_name=row.agent_name,
        status=row.status,
        parent_run_id=row.parent_run_id,
        thread_id=row.thread_id,
        contact_id=row.contact_id,
        contact=row.contact,
        organisation=row.organisation,
        called=row.called if row.run_type in CALLS else None,
        model=row.model,
        prompt_id=row.prompt_id,
        prompt_hash=row.prompt_hash,
        attempt=row.attempt,
        duration_ms=row.duration_ms,
        started_at=row.started_at,
        completed_at=row.completed_at,
        error_message=row.error_message,
        records=(row.records_processed, row.records_created, row.records_updated),
        own=Sums(
            tokens_in=row.tokens_in,
            tokens_out=row.tokens_out,
            tokens_cached=row.tokens_cached,
            cost_usd=row.cost_usd,
            model_calls=int(row.run_type == "model_call"),
            tool_calls=int(row.run_type == "tool_call"),
            errors=int(row.status == "error"),
        ),
        payload=Payload(row.inputs, row.outputs, row.decisions, row.sources_used, row.error_traceback)
        if payload
        else None,
    )


def load_tree(session: Session, run_id: str, *, payload: bool = False) -> RunNode:
    """The run with everything below it, sums rolled up.

    Args:
        session: any session that may read.
        run_id: the whole id.
        payload: load inputs, outputs, decisions and sources as well; a tree of many contacts is large then.

    Raises:
        RunNotFound: there is no such run.
    """
    below = select(AgentRun.id).where(AgentRun.id == run_id).cte("below", recursive=True)
    child = aliased(AgentRun)
    # UNION, not UNION ALL: rows that point at each other in a circle end the walk instead of going on for ever.
    below = below.union(select(child.id).join(below, child.parent_run_id == below.c.id))
    statement = (
        _with_contact(select(*_columns(payload)).join(below, below.c.id == AgentRun.id))
        .order_by(AgentRun.started_at, AgentRun.id)
        .execution_options(include_deleted=True)
    )
    nodes = {row.id: _node(row, payload) for row in session.execute(statement)}
    if run_id not in nodes:
        raise RunNotFound(f"There is no run {run_id}.")
    for node in nodes.values():
        if node.id != run_id and node.parent_run_id in nodes:
            nodes[node.parent_run_id].children.append(node)
    roll_up(nodes[run_id])
    return nodes[run_id]


def roll_up(node: RunNode) -> Sums:
    """Sets `total` of a run and of everything below it: each row is counted once."""
    node.total = Sums()
    node.total.add(node.own)
    for child in node.children:
        node.total.add(roll_up(child))
    return node.total


def list_runs(
    session: Session, *, agent: str | None = None, status: str | None = None, limit: int = 20
) -> list[RunNode]:
    """Runs, newest first, each with the sums of what is below it.

    Without a filter these are the roots; with `agent` or `status`, every run but single calls that fits.
    """
    chosen = select(AgentRun.id)
    if agent is None and status is None:
        chosen = chosen.where(AgentRun.parent_run_id.is_(None))
    else:
        chosen = chosen.where(AgentRun.run_type.not_in(CALLS))
    if agent is not None:
        chosen = chosen.where(AgentRun.agent_name == agent)
    if status is not None:
        chosen = chosen.where(AgentRun.status == status)
    ids = session.scalars(_newest(chosen).limit(limit)).all()
    rows = session.execute(
        _newest(_with_contact(select(*_columns(False)).where(AgentRun.id.in_(ids)))).execution_options(
            include_deleted=True
        )
    )
    nodes = [_node(row, False) for row in rows]
    totals = _totals(session, list(ids))
    for node in nodes:
        node.total = totals.get(node.id, Sums())
    return nodes


def _totals(session: Session, ids: list[str]) -> dict[str, Sums]:
    top = select(AgentRun.id.label("root"), AgentRun.id.label("id")).where(AgentRun.id.in_(ids))
    below = top.cte("below", recursive=True)
    child = aliased(AgentRun)
    below = below.union(select(below.c.root, child.id).join(below, child.parent_run_id == below.c.id))
    totals: dict[str, Sums] = {}
    for row in session.execute(
        select(
            below.c.root,
            AgentRun.run_type,
            AgentRun.status,
            AgentRun.tokens_in,
            AgentRun.tokens_out,
            AgentRun.tokens_cached,
            AgentRun.cost_usd,
        ).join(AgentRun, AgentRun.id == below.c.id)
    ):
        totals.setdefault(row.root, Sums()).add(
            Sums(
                row.tokens_in,
                row.tokens_out,
                row.tokens_cached,
                row.cost_usd,
                int(row.run_type == "model_call"),
                int(row.run_type == "tool_call"),
                int(row.status == "error"),
            )
        )
    return totals


def partial_steps(session: Session, run_id: str) -> list[tuple[str, str]]:
    """Agent and remark of the set-level steps of a run that were done only in part, in their order."""
    query = (
        select(AgentRun.agent_name, AgentRun.error_message)
        .where(AgentRun.parent_run_id == run_id, AgentRun.status == "partial", AgentRun.contact_id.is_(None))
        .order_by(AgentRun.started_at, AgentRun.id)
    )
    return [(agent, message or "") for agent, message in session.execute(query)]


def remarks_about_people(session: Session, run_id: str) -> list[tuple[str, int]]:
    """Why steps about single people were done only in part, and how often; the commonest first."""
    query = (
        select(AgentRun.error_message, func.count())
        .where(AgentRun.parent_run_id == run_id, AgentRun.status == "partial", AgentRun.contact_id.is_not(None))
        .group_by(AgentRun.error_message)
        .order_by(func.count().desc(), AgentRun.error_message)
    )
    return [(message or "", count) for message, count in session.execute(query)]


def has_unfinished_runs(session: Session) -> bool:
    """Whether a run was begun and never ended: it is under way elsewhere, or its process was stopped.

    Sending is not carried on by a run: `outreach send` settles what it left.
    """
    return bool(
        session.scalar(
            select(literal(True))
            .where(
                AgentRun.parent_run_id.is_(None),
                AgentRun.status == "running",
                AgentRun.run_type != RunType.DISPATCH.value,
            )
            .limit(1)
        )
    )


def whose_thread(session: Session, thread_id: str) -> str:
    """Whom a thread is about, for a person to read; its id where the tables do not say."""
    contact_id, inbound_id = contact_of(thread_id), inbound_of(thread_id)
    if contact_id is not None:
        named = select(Contact.full_name, Prospect.name).join(Contact.prospect).where(Contact.id == contact_id)
        if row := session.execute(named).one_or_none():
            return ", ".join(name for name in row if name)
    if inbound_id is not None and (sender := session.scalar(_sender(), {"inbound": inbound_id})):
        return f"the reply from {sender}"
    return thread_id


def _sender() -> Select[str | None]:
    return select(InboundMessage.from_address).where(InboundMessage.id == bindparam("inbound"))
