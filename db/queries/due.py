"""What is due to be written unasked: first touches and follow-ups. Answers to replies: `db.queries.answers`."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, case, exists, func, or_, select
from sqlalchemy.orm import Session

from db.enums import PersonaType
from db.models import (
    Account,
    AgentRun,
    Batch,
    BatchProspect,
    Contact,
    Followup,
    InboundMessage,
    MessageDraft,
    OutreachSequence,
    Prospect,
    ResearchFact,
)
from db.models.research import REFERRAL
from db.queries.wanted import Wanted
from db.thread_ids import touch_thread

# Of the ids that follow from what they are for.
NAMESPACE = uuid.UUID("3d5c1d2e-7f40-5b8a-8a64-0b7a3d7f3c11")
OPEN_BATCHES = ("building", "ready", "active")
UNDER_WAY = ("outreach_active", "engaged")
READY_TO_WRITE = ("scored", "needs_research", "research_complete", "ready_for_outreach")


def sequence_id_for(contact_id: str, playbook: str) -> str:
    """The id of a contact's first sequence under a playbook: the same however often it is asked for."""
    return uuid.uuid5(NAMESPACE, f"{contact_id}/{playbook}/1").hex


@dataclass(frozen=True)
class DueTouch:
    """A touch that is due: the first, a follow-up of a sequence, or (`reply_id`) the answer to a reply."""

    account_id: str
    prospect_id: str
    contact_id: str
    sequence_id: str
    touch_number: int
    tier: str
    reply_id: str | None = None
    begin: str | None = "drafting"
    draft_id: str | None = None

    @property
    def thread_id(self) -> str:
        return touch_thread(self.contact_id, self.sequence_id, self.touch_number)

    def state(self, root_run_id: str, playbook: str) -> dict[str, Any]:
        """The state that its thread starts with. It begins at drafting where research was done for an earlier touch."""
        return {
            "root_run_id": root_run_id,
            "playbook": playbook,
            "account_id": self.account_id,
            "prospect_id": self.prospect_id,
            "contact_id": self.contact_id,
            "sequence_id": self.sequence_id,
            "touch_number": self.touch_number,
            "tier": self.tier,
            "reply_id": self.reply_id,
            "begin": self.begin,
            "draft_id": self.draft_id,
        }


def re_engagement_id(followup_id: str) -> str:
    """The id of the sequence that a 'not now' leads to, from the follow-up that was planned for it."""
    return uuid.uuid5(NAMESPACE, f"re_engagement/{followup_id}").hex


def members_of(batch_id: str | ColumnElement[str]) -> Select[str]:
    """The ids of a batch's people."""
    return select(BatchProspect.contact_id).where(BatchProspect.batch_id == batch_id)


def followups_due(
    session: Session,
    playbook: str,
    *,
    today: date,
    limit: int,
    without: Collection[str] = (),
    batch_id: str | None = None,
) -> list[DueTouch]:
    """Follow-ups whose day has come and that have no draft yet, the longest due first.

    Not of sequences that are halted, nor to people who have written what nobody has triaged. `without` are thread ids
    under way; with `batch_id` only those of a batch's people.
    """
    drafted = exists(
        select(MessageDraft.id).where(
            MessageDraft.sequence_id == Followup.sequence_id,
            MessageDraft.touch_number == Followup.touch_number,
            MessageDraft.touch_type != "reply_draft",
        )
    )
    unread = exists(
        select(InboundMessage.id).where(
            InboundMessage.contact_id == Followup.contact_id, InboundMessage.processed_at.is_(None)
        )
    )
    rows = session.execute(
        select(
            Contact.account_id,
            Contact.prospect_id,
            Contact.id,
            OutreachSequence.id,
            Followup.touch_number,
            OutreachSequence.tier,
        )
        .join(Contact, Contact.id == Followup.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(OutreachSequence, OutreachSequence.id == Followup.sequence_id)
        .where(
            Followup.state.in_(("pending", "overdue")),
            Followup.due_date <= today,
            Followup.touch_number.is_not(None),
            OutreachSequence.status.in_(("pending", "active")),
            *active_contacts(playbook, batch_id),
            ~drafted,
            ~unread,
        )
        .order_by(Followup.due_date, Followup.id)
        .limit(limit + len(without))
    )
    due = [DueTouch(a, p, c, s, touch or 0, tier) for a, p, c, s, touch, tier in rows]
    return [touch for touch in due if touch.thread_id not in without][:limit]


def in_batch(batch_id: str | ColumnElement[str] | None) -> list[ColumnElement[bool]]:
    """The condition on contacts that they are a batch's people; without a batch, none."""
    return [] if batch_id is None else [Contact.id.in_(members_of(batch_id))]


def active_contacts(playbook: str, batch_id: str | None) -> list[ColumnElement[bool]]:
    """The conditions on contacts and their prospects that they are a playbook's, of this batch if any, and that more
    may be written to them."""
    return [
        Contact.status == "active",
        Contact.deleted_at.is_(None),
        Prospect.deleted_at.is_(None),
        Prospect.playbook == playbook,
        *in_batch(batch_id),
    ]


def _reachable() -> list[ColumnElement[bool]]:
    return [
        Contact.status == "active",
        Contact.stage.in_(("new", "researched")),
        Contact.email.is_not(None),
        Contact.first_name != "",
        Contact.deleted_at.is_(None),
    ]


def _somebody_there_has_a_draft() -> ColumnElement[bool]:
    colleague = Contact.__table__.alias("colleague")
    return exists(
        select(MessageDraft.id)
        .join(colleague, colleague.c.id == MessageDraft.contact_id)
        .where(colleague.c.prospect_id == Contact.prospect_id)
    )


def introduced() -> ColumnElement[bool]:
    """Whether a contact was named by a colleague who answered us."""
    return exists(
        select(ResearchFact.id).where(ResearchFact.contact_id == Contact.id, ResearchFact.fact_key.startswith(REFERRAL))
    )


def never_written_to() -> list[ColumnElement[bool]]:
    """Conditions on contacts: reachable by mail, and neither they nor a colleague were ever written to."""
    return [*_reachable(), ~_somebody_there_has_a_draft()]


def _pursued(playbook: str | ColumnElement[str], tiers: Sequence[str]) -> list[ColumnElement[bool]]:
    return [Prospect.playbook == playbook, Prospect.deleted_at.is_(None), Prospect.tier.in_(tiers)]


def ready_organisations(playbook: str, tiers: Sequence[str]) -> list[ColumnElement[bool]]:
    """Conditions on prospects: scored well enough, and nobody has set them aside."""
    return [*_pursued(playbook, tiers), Prospect.status.in_(READY_TO_WRITE)]


def a_colleague_is_in_a_batch() -> ColumnElement[bool]:
    """Whether an open batch means to write to somebody else of a contact's organisation."""
    chosen = Contact.__table__.alias("chosen")
    return exists(
        select(BatchProspect.id)
        .join(Batch, Batch.id == BatchProspect.batch_id)
        .join(chosen, chosen.c.id == BatchProspect.contact_id)
        .where(Batch.status.in_(OPEN_BATCHES), chosen.c.prospect_id == Contact.prospect_id, chosen.c.id != Contact.id)
    )


@lru_cache(maxsize=64)
def _first_touches(
    tiers: tuple[str, ...], personas: tuple[str, ...], wanted: tuple[PersonaType, ...], of_batch: bool
) -> Select[str, str, str, str | None]:
    """The statement of `first_touches_due`, to which what is wanted of prospects is added: building it anew would take
    longer than the database needs for it. It takes `playbook`, `batch` and `most`."""
    rank = case({name: n for n, name in enumerate(personas)}, value=Contact.persona_type, else_=len(personas))
    # Somebody whom a colleague named, and a person took in, is written to although others there have been.
    named = introduced()
    place = func.row_number().over(
        partition_by=Contact.prospect_id, order_by=(named.desc(), rank, Contact.priority_score.desc(), Contact.id)
    )
    batch: Any = bindparam("batch", type_=BatchProspect.batch_id.type)
    whom = in_batch(batch) if of_batch else [or_(~a_colleague_is_in_a_batch(), named)]
    best = (
        select(Contact.id, place.label("place"), named.label("introduced"))
        .where(
            *_reachable(),
            or_(~_somebody_there_has_a_draft(), named),
            *whom,
            *Wanted(personas=list(wanted)).of_contacts(),
        )
        .subquery()
    )
    tier_rank = case({tier: n for n, tier in enumerate(tiers)}, value=Prospect.tier, else_=len(tiers))
    order: list[Any] = [tier_rank, Prospect.icp_score.desc(), Prospect.name]
    statement = (
        select(Prospect.account_id, Prospect.id, Contact.id, Prospect.tier)
        .join(Account, Account.id == Prospect.account_id)
        .join(Contact, Contact.prospect_id == Prospect.id)
        .join(best, best.c.id == Contact.id)
        .where(
            best.c.place == 1,
            *_pursued(bindparam("playbook", type_=Prospect.playbook.type), tiers),
            or_(Prospect.status.in_(READY_TO_WRITE), and_(best.c.introduced, Prospect.status.in_(UNDER_WAY))),
        )
        .limit(bindparam("most", type_=Integer))
    )
    if of_batch:
        own = (BatchProspect.contact_id == Contact.id) & (BatchProspect.batch_id == batch)
        statement, order = statement.join(BatchProspect, own), [BatchProspect.position_in_batch]
    return statement.order_by(*order)


def first_touches_due(
    session: Session,
    playbook: str,
    tiers: Sequence[str],
    personas: Sequence[str],
    *,
    limit: int,
    without: Collection[str] = (),
    wanted: Wanted | None = None,
    today: date | None = None,
    batch_id: str | None = None,
) -> list[DueTouch]:
    """Contacts to write to for the first time, best first: one person of each organisation, nobody who has a draft.

    `personas` says whom to prefer, `wanted` who may be among them at all; `without` are thread ids under way. `today`
    (UTC) is the day that signals are looked at on. With `batch_id` a batch's people, in their order; without, whom an
    open batch chose at an organisation is preferred to their colleagues.
    """
    wanted = wanted or Wanted()
    statement = _first_touches(tuple(tiers), tuple(personas), tuple(wanted.personas), batch_id is not None)
    if conditions := wanted.of_prospects(session, playbook, today or datetime.now(UTC).date()):
        statement = statement.where(*conditions)
    rows = session.execute(statement, {"playbook": playbook, "batch": batch_id, "most": limit + len(without)})
    due = [DueTouch(a, p, c, sequence_id_for(c, playbook), 1, tier or "", begin=None) for a, p, c, tier in rows]
    return [contact for contact in due if contact.thread_id not in without][:limit]


def drafts_of_run(session: Session, root_run_id: str) -> int:
    """How many drafts that passed QC a run has written so far, whichever process carried its threads on."""
    query = (
        select(func.count())
        .select_from(MessageDraft)
        .join(AgentRun, AgentRun.id == MessageDraft.agent_run_id)
        .where(AgentRun.parent_run_id == root_run_id, MessageDraft.qc_passed.is_(True))
    )
    return session.scalar(query) or 0
