"""The report's numbers: the funnel, and what came of the touches by what they were made of. One statement each."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CTE, ColumnElement, String, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from db.enums import ExperimentStatus, ExperimentVariable, InboundKind, TouchType
from db.models import Contact, Experiment, InboundMessage, MessageDraft, Prospect
from db.queries.touches import Scope, outcomes

SEEING_ALL = {"include_deleted": True}
"""Somebody who was deleted since was written to all the same."""


class Dimension(StrEnum):
    """By what the rates may be told apart."""

    PERSONA = "persona"
    TIER = "tier"
    PLAYBOOK = "playbook"
    AB_GROUP = "ab-group"
    OPENER = "opener"
    PROOF_POINT = "proof-point"
    PAIN_HOOK = "pain-hook"
    CHANNEL = "channel"
    TOUCH = "touch"
    WEEK = "week"


BY_PERSON = frozenset({Dimension.PERSONA, Dimension.TIER, Dimension.PLAYBOOK, Dimension.AB_GROUP})
"""What is of the person is counted by people; all else is of the message, and counted by messages."""

_TESTED = {
    Dimension.OPENER: ExperimentVariable.OPENER_STYLE,
    Dimension.PROOF_POINT: ExperimentVariable.PROOF_POINT_STYLE,
    Dimension.PAIN_HOOK: ExperimentVariable.PAIN_HOOK,
}


@dataclass(frozen=True)
class Row:
    """One value of a dimension ('' where the touch has none): how many people or messages, and of how many of them a
    reply, a positive reply, a meeting came."""

    key: str
    sent: int
    replied: int
    positive: int
    met: int


@dataclass(frozen=True)
class Steps:
    """The funnel in people: those for whom a message was written, those to whom one was sent or who were called, and
    of these those who came so far. A meeting that was agreed on a call has no reply. `pipeline` is in the playbook's
    currency, of the opportunities that came about."""

    written_for: int
    sent: int
    replied: int
    positive: int
    met: int
    held: int
    made: int
    pipeline: float
    bounced: int
    left: int
    touches: int


@dataclass(frozen=True)
class Withheld:
    """A running experiment whose messages are left out, since their rates would tell its outcome before its end."""

    name: str
    batches: tuple[str, ...]


def withheld(session: Session, dimension: Dimension) -> list[Withheld]:
    """The running experiments whose groups this dimension would compare."""
    running = select(Experiment).where(Experiment.status == ExperimentStatus.ACTIVE.value).order_by(Experiment.name)
    if dimension is not Dimension.AB_GROUP:
        tested = _TESTED.get(dimension)
        if tested is None:
            return []
        running = running.where(Experiment.variable == tested.value)
    return [
        Withheld(one.name or one.id, tuple(one.batches_included))
        for one in session.scalars(running)
        if one.batches_included
    ]


def _day(session: Session, column: Any) -> ColumnElement[str]:
    """The UTC day of a time, as YYYY-MM-DD."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.date(func.timezone("UTC", column)), String)
    return func.date(column)


def _key(session: Session, dimension: Dimension, outcome: CTE) -> ColumnElement[Any]:
    columns = outcome.c
    if dimension is Dimension.AB_GROUP:
        return func.coalesce(columns.ab_variable, "?") + ": " + columns.ab_group
    plain = {
        Dimension.PERSONA: columns.persona_type,
        Dimension.TIER: columns.tier,
        Dimension.PLAYBOOK: columns.playbook,
        Dimension.OPENER: columns.opener_style,
        Dimension.PROOF_POINT: columns.proof_point_used,
        Dimension.PAIN_HOOK: columns.pain_hook,
        Dimension.CHANNEL: columns.channel,
        Dimension.TOUCH: cast(columns.touch_number, String),
    }
    return plain[dimension] if dimension in plain else _day(session, columns.sent_at)


def rows_by(session: Session, dimension: Dimension, scope: Scope) -> list[Row]:
    """What came of the touches by the values of a dimension: the most used first; touches and weeks in their order.

    A person counts once for a value, and as one who replied where any of their touches was answered.
    """
    outcome = outcomes(scope)
    key = _key(session, dimension, outcome).label("key")
    c = outcome.c
    if dimension in BY_PERSON:
        person = (
            select(
                key,
                c.contact_id,
                func.max(c.replied).label("replied"),
                func.max(c.positive).label("positive"),
                func.max(c.met).label("met"),
            )
            .group_by(key, c.contact_id)
            .cte("person")
        )
        p = person.c
        wanted = select(p.key, func.count(), func.sum(p.replied), func.sum(p.positive), func.sum(p.met)).group_by(p.key)
    else:
        wanted = select(key, func.count(), func.sum(c.replied), func.sum(c.positive), func.sum(c.met)).group_by(key)
    found = [
        Row("" if value is None else str(value), sent, int(replied), int(positive), int(met))
        for value, sent, replied, positive, met in session.execute(wanted, execution_options=SEEING_ALL)
    ]
    if dimension is Dimension.AB_GROUP:
        found = [row for row in found if row.key]
    if dimension is Dimension.WEEK:
        return _weeks(found)
    if dimension is Dimension.TOUCH:
        return sorted(found, key=lambda row: (row.key == "", row.key))
    return sorted(found, key=lambda row: (-row.sent, row.key))


def _weeks(days: list[Row]) -> list[Row]:
    """The days' rows by the Monday of their week."""
    weeks: dict[str, Row] = {}
    for row in sorted(days, key=lambda row: row.key):
        day = date.fromisoformat(row.key)
        monday = (day - timedelta(days=day.weekday())).isoformat()
        so_far = weeks.get(monday, Row(monday, 0, 0, 0, 0))
        weeks[monday] = Row(
            monday,
            so_far.sent + row.sent,
            so_far.replied + row.replied,
            so_far.positive + row.positive,
            so_far.met + row.met,
        )
    return list(weeks.values())


def steps(session: Session, scope: Scope) -> Steps:
    """The funnel of the people who were first or again written to within a scope."""
    outcome = outcomes(scope)
    c = outcome.c
    came = ("replied", "positive", "left", "met", "held", "made")
    person = (
        select(
            c.contact_id,
            func.count().label("touches"),
            func.sum(c.pipeline).label("pipeline"),
            *(func.max(c[name]).label(name) for name in came),
        )
        .group_by(c.contact_id)
        .cte("person")
    )
    p = person.c
    bounced = (
        select(func.count(func.distinct(InboundMessage.contact_id)))
        .where(InboundMessage.kind == InboundKind.BOUNCE.value, InboundMessage.contact_id.in_(select(p.contact_id)))
        .scalar_subquery()
    )
    total = select(
        func.count(),
        *(func.coalesce(func.sum(p[name]), 0) for name in (*came, "touches", "pipeline")),
        bounced,
        _written_for(scope, person),
    ).select_from(person)
    sent, replied, positive, left, met, held, made, made_touches, pipeline, back, written = session.execute(
        total, execution_options=SEEING_ALL
    ).one()
    return Steps(
        written_for=written,
        sent=sent,
        replied=int(replied),
        positive=int(positive),
        met=int(met),
        held=int(held),
        made=int(made),
        pipeline=float(pipeline),
        bounced=back,
        left=int(left),
        touches=int(made_touches),
    )


def _written_for(scope: Scope, person: CTE) -> Any:
    """How many people there are for whom something was drafted in a scope, or who were written to in it."""
    drafted = [MessageDraft.touch_type != TouchType.REPLY_DRAFT.value]
    if scope.since is not None:
        drafted.append(MessageDraft.created_at >= scope.since)
    if scope.until is not None:
        drafted.append(MessageDraft.created_at < scope.until)
    if scope.batches is not None:
        drafted.append(MessageDraft.batch_id.in_(scope.batches))
    wanted: list[ColumnElement[bool]] = [
        or_(
            Contact.id.in_(select(MessageDraft.contact_id).where(and_(*drafted))),
            Contact.id.in_(select(person.c.contact_id)),
        )
    ]
    if scope.playbook is not None:
        wanted.append(Prospect.playbook == scope.playbook)
    return (
        select(func.count(Contact.id))
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(*wanted)
        .scalar_subquery()
    )
