"""Batches: who could be in one, who is in one and how far they are, and which batch is meant."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Exists, case, exists, func, select
from sqlalchemy.orm import Session

from db.enums import BatchSequenceStatus, RunType
from db.models import (
    Account,
    AgentRun,
    Batch,
    BatchProspect,
    Contact,
    MessageDraft,
    OutreachSequence,
    Prospect,
    ResearchFact,
    Signal,
)
from db.queries.due import OPEN_BATCHES, never_written_to, ready_organisations
from db.queries.inbox import of_batch
from db.queries.wanted import Wanted
from db.suppressions import plain_address, suppressed_among

SET_ASIDE = ("nurture", "deprioritized")
"""A prospect of these is not written to: research found nothing to open with, or the score is too low."""


class BatchNotFound(LookupError):
    """No batch is called that; the message says so in a sentence."""


@dataclass(frozen=True)
class Candidate:
    """Somebody who could be in a batch. `reasons` is how many live signals and facts there are to write about."""

    contact_id: str
    prospect_id: str
    person: str
    organisation: str
    persona: str | None
    tier: str
    priority: int
    score: int
    reasons: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def candidates(
    session: Session,
    playbook: str,
    tiers: Sequence[str],
    fact_fields: Sequence[str],
    wanted: Wanted,
    today: date,
) -> list[Candidate]:
    """Whom a batch may take, the best first: those of whom there is something to say, then tier, priority and score.

    Reachable, not suppressed, never written to (nor a colleague), no sequence under way, and nobody of the organisation
    in another open batch. `fact_fields` are the kinds of facts that a first message rests on.
    """
    reasons = _reasons(fact_fields, today).label("reasons")
    tier_rank = case({tier: n for n, tier in enumerate(tiers)}, value=Prospect.tier, else_=len(tiers))
    rows = session.execute(
        select(Contact, Prospect, reasons)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(Account, Account.id == Prospect.account_id)
        .where(
            *never_written_to(),
            *ready_organisations(playbook, tiers),
            ~_in_open_batch(),
            ~_in_sequence(),
            *wanted.of_contacts(),
            *wanted.of_prospects(session, playbook, today),
        )
        .order_by(
            case((reasons > 0, 0), else_=1),
            tier_rank,
            Contact.priority_score.desc(),
            func.coalesce(Prospect.icp_score, 0).desc(),
            Prospect.name,
            Contact.id,
        )
    ).all()
    suppressed = suppressed_among(session, (contact.email for contact, _, _ in rows))
    return [
        Candidate(
            contact_id=contact.id,
            prospect_id=prospect.id,
            person=contact.full_name,
            organisation=prospect.name,
            persona=contact.persona_type,
            tier=prospect.tier or "",
            priority=contact.priority_score,
            score=prospect.icp_score or 0,
            reasons=count,
        )
        for contact, prospect, count in rows
        if plain_address(contact.email) not in suppressed
    ]


def _reasons(fact_fields: Sequence[str], today: date) -> ColumnElement[int]:
    """How many facts of these fields, and signals that are live on that day, there are about a contact."""
    facts = (
        select(func.count())
        .where(ResearchFact.account_id == Contact.account_id, ResearchFact.field.in_(fact_fields))
        .correlate(Contact)
        .scalar_subquery()
    )
    signals = (
        select(func.count())
        .where(
            Signal.account_id == Contact.account_id,
            Signal.contact_id.is_(None) | (Signal.contact_id == Contact.id),
            Signal.expires_at.is_(None) | (Signal.expires_at >= today),
        )
        .correlate(Contact)
        .scalar_subquery()
    )
    return facts + signals


def _in_open_batch() -> Exists:
    """Somebody of the contact's organisation is in an open batch."""
    member = Contact.__table__.alias("member")
    return exists(
        select(BatchProspect.id)
        .join(Batch, Batch.id == BatchProspect.batch_id)
        .join(member, member.c.id == BatchProspect.contact_id)
        .where(Batch.status.in_(OPEN_BATCHES), member.c.prospect_id == Contact.prospect_id)
    )


def _in_sequence() -> Exists:
    """The contact has a sequence under way."""
    return exists(
        select(OutreachSequence.id).where(
            OutreachSequence.contact_id == Contact.id, OutreachSequence.status.in_(("pending", "active", "paused"))
        )
    )


def find_batch(session: Session, name: str) -> Batch:
    """The batch of a number, or of the beginning of an id. Raises BatchNotFound."""
    found = session.scalars(select(Batch).where(of_batch(name.strip())).limit(2)).all()
    if len(found) != 1:
        raise BatchNotFound(f"{'Several batches are' if found else 'There is no batch'} '{name}'.")
    return found[0]


@dataclass(frozen=True)
class BatchRow:
    """One batch in the list."""

    id: str
    number: int | None
    created: date | None
    status: str | None
    people: int
    varies: str | None
    drafts: int
    sent: int


def list_batches(session: Session) -> list[BatchRow]:
    """All batches, the newest first; `drafts` are first messages that exist, `sent` those that have left."""
    people = select(func.count()).where(BatchProspect.batch_id == Batch.id).correlate(Batch).scalar_subquery()
    firsts = (
        select(func.count(func.distinct(MessageDraft.contact_id)))
        .where(
            MessageDraft.batch_id == Batch.id,
            MessageDraft.touch_number == 1,
            MessageDraft.approval_status != "archived",
        )
        .correlate(Batch)
    )
    rows = session.execute(
        select(
            Batch,
            people,
            firsts.scalar_subquery(),
            firsts.where(MessageDraft.approval_status == "sent").scalar_subquery(),
        ).order_by(Batch.batch_number.desc(), Batch.created_at.desc())
    )
    return [
        BatchRow(b.id, b.batch_number, b.created_date, b.status, count, b.ab_variable, drafts, sent)
        for b, count, drafts, sent in rows
    ]


@dataclass(frozen=True)
class Member:
    """Somebody's place in a batch. `draft` is their first message's state: none, unchecked, waiting, blocked, ready,
    sent or archived; `deviates` says what of it is not as their group asks."""

    contact_id: str
    position: int | None
    person: str
    title: str | None
    persona: str | None
    organisation: str
    tier: str | None
    group: str | None
    share: str | None
    stage: str
    sequence_status: str | None
    draft: str
    draft_id: str | None
    deviates: str | None
    do_not_contact: bool
    set_aside: bool


DEVIATES = "variant.other"
"""The QC rule that marks a message which is not as its group asks."""


def members(session: Session, batch: Batch) -> list[Member]:
    """The people of a batch in their order."""
    shares = shares_of(session, batch.id)
    rows = session.execute(
        select(BatchProspect, Contact, Prospect)
        .join(Contact, Contact.id == BatchProspect.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(BatchProspect.batch_id == batch.id)
        .order_by(BatchProspect.position_in_batch, BatchProspect.id)
        .execution_options(include_deleted=True)
    ).all()
    drafts: dict[str, MessageDraft] = {}
    for draft in session.scalars(
        select(MessageDraft)
        .where(MessageDraft.batch_id == batch.id, MessageDraft.touch_number == 1)
        .where(MessageDraft.touch_type != "reply_draft")
        .order_by(MessageDraft.created_at, MessageDraft.id)
    ):
        drafts[draft.contact_id] = draft
    return [
        Member(
            contact_id=contact.id,
            position=place.position_in_batch,
            person=contact.full_name,
            title=contact.title,
            persona=contact.persona_type,
            organisation=prospect.name,
            tier=prospect.tier,
            group=place.ab_group,
            share=shares.get(contact.id),
            stage=contact.stage,
            sequence_status=place.sequence_status,
            draft=_draft_state(drafts.get(contact.id), place.sequence_status),
            draft_id=drafts[contact.id].id if contact.id in drafts else None,
            deviates=_deviation(drafts.get(contact.id)),
            do_not_contact=contact.do_not_contact,
            set_aside=prospect.status in SET_ASIDE or contact.deleted_at is not None,
        )
        for place, contact, prospect in rows
    ]


def _draft_state(draft: MessageDraft | None, sequence_status: str | None) -> str:
    if draft is None:
        return "none"
    if sequence_status == BatchSequenceStatus.STOPPED.value and draft.approval_status != "sent":
        return "archived"
    if draft.approval_status != "draft":
        return draft.approval_status
    return {None: "unchecked", True: "waiting", False: "blocked"}[draft.qc_passed]


def _deviation(draft: MessageDraft | None) -> str | None:
    flags = (draft.qc_flags if draft is not None else None) or []
    return next((str(flag["message"]) for flag in flags if flag["rule"] == DEVIATES), None)


def built_by(session: Session, batch_id: str) -> list[AgentRun]:
    """The runs that built a batch, and filled places of it since: their decisions say who was taken, and why."""
    return list(
        session.scalars(
            select(AgentRun)
            .where(AgentRun.batch_id == batch_id, AgentRun.run_type == RunType.BATCH_BUILD.value)
            .order_by(AgentRun.started_at, AgentRun.id)
        )
    )


def shares_of(session: Session, batch_id: str) -> dict[str, str]:
    """The share that each person of a batch was taken for, by contact id; from the runs that built it."""
    decided = [one for run in built_by(session, batch_id) for one in run.decisions or []]
    return {d["contact_id"]: d["share"] for d in decided if "contact_id" in d and "share" in d}
