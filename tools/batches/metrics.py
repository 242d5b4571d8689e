"""What came of a batch, for batches.metrics (OCC): counted from its messages and what is put down to them.

While a batch's experiment runs, what came of its groups is left out: looking before the end spoils it.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from db.enums import Channel, ExperimentStatus, InboundKind, ReplyIntent
from db.models import Batch, BatchProspect, Delivery, Experiment, InboundMessage, MessageDraft
from db.queries.batches import shares_of
from db.queries.report import SEEING_ALL
from db.queries.touches import Scope, answers, outcomes
from tools.rates import rate

_CAME = ("replied", "positive", "left", "met", "held", "made")


@dataclass(frozen=True)
class _Person:
    """Somebody who was written to, with 0 or 1 for what came of it."""

    contact_id: str
    messages: int
    emails: int
    came: Mapping[str, int]


def batch_metrics(session: Session, batch: Batch) -> dict[str, Any]:
    """The figures of a batch, in people but for `messages`, `delivered` and `bounced`; rates as in docs/reports.md."""
    scope = Scope(batches=(batch.id,))
    outcome = outcomes(scope).c
    rows = session.execute(
        select(
            outcome.contact_id,
            func.count(),
            func.sum(_one_if(outcome.channel == Channel.EMAIL.value)),
            func.min(outcome.sent_at),
            func.max(outcome.sent_at),
            func.sum(outcome.pipeline),
            *(func.max(outcome[name]) for name in _CAME),
        ).group_by(outcome.contact_id),
        execution_options=SEEING_ALL,
    ).all()
    people = [_Person(row[0], row[1], int(row[2]), dict(zip(_CAME, row[6:], strict=True))) for row in rows]
    members = session.execute(
        select(BatchProspect.contact_id, BatchProspect.ab_group).where(BatchProspect.batch_id == batch.id)
    ).all()
    first, last = min((row[3] for row in rows), default=None), max((row[4] for row in rows), default=None)
    bounced = _bounced(session, batch)
    found: dict[str, Any] = {
        "people": len(members),
        **_figures(people),
        "messages": sum(one.messages for one in people),
        "delivered": sum(one.emails for one in people) - bounced,
        "bounced": bounced,
        "replies_by_intent": _intents(session, scope),
        "pipeline": float(sum(row[5] for row in rows)),
        "first_sent": first.date().isoformat() if first else None,
        "last_sent": last.date().isoformat() if last else None,
        "days": (last.date() - first.date()).days + 1 if first and last else 0,
        "by_share": _parts(people, shares_of(session, batch.id)),
    }
    groups = {contact: group for contact, group in members if group}
    running = _running(session, batch)
    if running is not None:
        sent = Counter(groups[one.contact_id] for one in people if one.contact_id in groups)
        found["by_group"] = {group: {"sent_to": sent[group]} for group in sorted(set(groups.values()))}
        found["withheld"] = f"what came of the groups, until the experiment '{running}' ends"
    elif groups:
        found["by_group"] = _parts(people, groups)
    return found


def keep_metrics(session: Session, batch: Batch) -> dict[str, Any]:
    """The figures as they are now, stored in the batch's row."""
    batch.metrics = batch_metrics(session, batch)
    session.flush()
    return batch.metrics


def _one_if(condition: Any) -> Any:
    return case((condition, 1), else_=0)


def _figures(people: list[_Person]) -> dict[str, Any]:
    came = {name: sum(int(one.came[name]) for one in people) for name in _CAME}
    return {
        "sent_to": len(people),
        "replied": came["replied"],
        "reply_rate": rate(came["replied"], len(people)).as_json(),
        "positive": came["positive"],
        "positive_rate": rate(came["positive"], len(people)).as_json(),
        "meetings": came["met"],
        "meetings_held": came["held"],
        "opportunities": came["made"],
        "opted_out": came["left"],
    }


def _parts(people: list[_Person], part_of: Mapping[str, str]) -> dict[str, Any]:
    """The figures of each part of the batch; people of no part are left out."""
    return {
        part: _figures([one for one in people if part_of.get(one.contact_id) == part])
        for part in sorted(set(part_of.values()))
    }


def _bounced(session: Session, batch: Batch) -> int:
    return (
        session.scalar(
            select(func.count(func.distinct(Delivery.id)))
            .join(MessageDraft, MessageDraft.id == Delivery.draft_id)
            .join(InboundMessage, InboundMessage.delivery_id == Delivery.id)
            .where(MessageDraft.batch_id == batch.id, InboundMessage.kind == InboundKind.BOUNCE.value)
        )
        or 0
    )


def _intents(session: Session, scope: Scope) -> dict[str, int]:
    """How many replies to the batch's messages there are, by intent, as many as they wrote."""
    answer = answers()
    touch = outcomes(scope, answer)
    rows = session.execute(
        select(answer.c.intent, func.count()).join(touch, touch.c.id == answer.c.touch_id).group_by(answer.c.intent),
        execution_options=SEEING_ALL,
    )
    counts = {intent or "unknown": many for intent, many in rows}
    order = [*(intent.value for intent in ReplyIntent), "unknown"]
    return {intent: counts[intent] for intent in order if intent in counts}


def _running(session: Session, batch: Batch) -> str | None:
    """The name of the running experiment that a batch is part of."""
    active = session.scalars(select(Experiment).where(Experiment.status == ExperimentStatus.ACTIVE.value))
    return next((one.name or one.id for one in active if batch.id in (one.batches_included or [])), None)
