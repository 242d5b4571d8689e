"""An experiment's counts, always from the touches themselves.

Whoever was assigned to a group counts for it, whatever their message turned out to be (intention to treat). A person
counts once, from their first message in one of the experiment's batches. The first `per_group` people of each group, by
that time, are the sample: it is fixed by the plan, not by when somebody looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ReplyIntent, SequenceStatus
from db.models import BatchProspect, Experiment, ExperimentPlan, MessageDraft, OutreachSequence, Touchpoint
from db.queries.report import SEEING_ALL
from db.queries.touches import Scope, answers, meetings, outcomes


@dataclass
class Person:
    """Somebody of the experiment who was written to; what came within the window."""

    contact_id: str
    group: str
    first: datetime
    last: datetime
    replied: bool = False
    positive: bool = False
    met: bool = False
    made: bool = False


@dataclass(frozen=True)
class Counts:
    """How far an experiment is. `sample` is empty until both groups are full; `ends_at` is when the last answer that
    counts can come; `under_way` are people of the sample whose sequence still writes to them."""

    assigned: dict[str, int]
    sent: dict[str, int]
    both: int
    strayed: int
    sample: tuple[Person, ...]
    ends_at: datetime | None
    under_way: int

    def ended(self, now: datetime) -> bool:
        """Whether the planned number is reached, nobody of them is written to any more, and the window has passed."""
        return self.ends_at is not None and self.under_way == 0 and now >= self.ends_at

    def of(self, group: str) -> tuple[Person, ...]:
        """The sample's people of a group."""
        return tuple(person for person in self.sample if person.group == group)


def count(session: Session, experiment: Experiment, plan: ExperimentPlan) -> Counts:
    """The counts as they are now."""
    batches = list(experiment.batches_included or [])
    groups, both = _assigned(session, batches)
    assigned = {name: sum(group == name for group in groups.values()) for name in ("A", "B")}
    people, strayed = _written_to(session, batches, groups)
    sent = {name: sum(person.group == name for person in people) for name in ("A", "B")}
    if min(sent.values()) < plan.per_group:
        return Counts(assigned, sent, both, strayed, (), None, 0)
    sample = [p for name in ("A", "B") for p in [q for q in people if q.group == name][: plan.per_group]]
    window = timedelta(days=plan.window_days)
    _outcomes(session, batches, sample, window)
    under_way = _under_way(session, batches, {person.contact_id for person in sample})
    return Counts(
        assigned, sent, both, strayed, tuple(sample), max(person.last for person in sample) + window, under_way
    )


def _assigned(session: Session, batches: Sequence[str]) -> tuple[dict[str, str], int]:
    """Each contact's group, and how many are in both: those count for the group of the batch that came first."""
    found: dict[str, str] = {}
    both: set[str] = set()
    order = {batch: place for place, batch in enumerate(batches)}
    rows = session.execute(
        select(BatchProspect.batch_id, BatchProspect.contact_id, BatchProspect.ab_group).where(
            BatchProspect.batch_id.in_(batches), BatchProspect.ab_group.in_(("A", "B"))
        )
    ).all()
    for _batch, contact, group in sorted(rows, key=lambda row: order[row[0]]):
        if group is not None and found.setdefault(contact, group) != group:
            both.add(contact)
    return found, len(both)


def _written_to(session: Session, batches: Sequence[str], groups: dict[str, str]) -> tuple[list[Person], int]:
    """The people who got a message of these batches, by their first one; and how many got one of the other group."""
    outcome = outcomes(Scope(batches=batches)).c
    rows = session.execute(
        select(
            outcome.contact_id,
            func.min(outcome.sent_at),
            func.max(outcome.sent_at),
            func.min(outcome.ab_group),
            func.max(outcome.ab_group),
        ).group_by(outcome.contact_id),
        execution_options=SEEING_ALL,
    )
    people, strayed = [], 0
    for contact, first, last, least, most in rows:
        if (group := groups.get(contact)) is None:
            continue
        strayed += any(said is not None and said != group for said in (least, most))
        people.append(Person(contact, group, first, last))
    return sorted(people, key=lambda person: (person.first, person.contact_id)), strayed


def _outcomes(session: Session, batches: Sequence[str], sample: Sequence[Person], window: timedelta) -> None:
    """Marks what came of each, from their first message until the window after their last one."""
    by_id = {person.contact_id: person for person in sample}
    ours = select(BatchProspect.contact_id).where(BatchProspect.batch_id.in_(batches))
    answer = answers()
    replies = select(answer.c.contact_id, answer.c.intent, answer.c.replied_at).where(answer.c.contact_id.in_(ours))
    for contact, intent, when in session.execute(replies):
        person = by_id.get(contact)
        if person is not None and person.first <= _utc(when) <= person.last + window:
            person.replied = True
            person.positive = person.positive or intent == ReplyIntent.POSITIVE.value
    met = meetings(answer)
    booked = select(met.c.contact_id, met.c.made, met.c.booked_at).where(met.c.contact_id.in_(ours))
    for contact, made, when in session.execute(booked):
        person = by_id.get(contact)
        if person is not None and person.first <= _utc(when) <= person.last + window:
            person.met = True
            person.made = person.made or bool(made)


def _utc(when: datetime) -> datetime:
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def _under_way(session: Session, batches: Sequence[str], contacts: set[str]) -> int:
    """How many of these people still have a next touch coming."""
    rows = session.scalars(
        select(MessageDraft.contact_id)
        .join(OutreachSequence, OutreachSequence.id == MessageDraft.sequence_id)
        .join(Touchpoint, Touchpoint.message_draft_id == MessageDraft.id)
        .where(
            MessageDraft.batch_id.in_(batches),
            OutreachSequence.status.in_((SequenceStatus.PENDING.value, SequenceStatus.ACTIVE.value)),
        )
        .distinct()
    )
    return len(contacts.intersection(rows))
