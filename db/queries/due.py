"""What is due: the questions that the orchestrator asks the database."""

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
    Delivery,
    Followup,
    InboundMessage,
    LabelCorrection,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Prospect,
    Reply,
    ResearchFact,
)
from db.models.inbound import BY_PERSON
from db.models.research import REFERRAL
from db.queries.wanted import Wanted

_NAMESPACE = uuid.UUID("3d5c1d2e-7f40-5b8a-8a64-0b7a3d7f3c11")
OPEN_BATCHES = ("building", "ready", "active")
UNDER_WAY = ("outreach_active", "engaged")
READY_TO_WRITE = ("scored", "needs_research", "research_complete", "ready_for_outreach")


def sequence_id_for(contact_id: str, playbook: str) -> str:
    """The id of a contact's first sequence under a playbook: the same however often it is asked for."""
    return uuid.uuid5(_NAMESPACE, f"{contact_id}/{playbook}/1").hex


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
        return f"touch:{self.contact_id}:{self.sequence_id}:{self.touch_number}"

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
    return uuid.uuid5(_NAMESPACE, f"re_engagement/{followup_id}").hex


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
            Contact.status == "active",
            Contact.deleted_at.is_(None),
            Prospect.deleted_at.is_(None),
            Prospect.playbook == playbook,
            ~drafted,
            ~unread,
            *_in_batch(batch_id),
        )
        .order_by(Followup.due_date, Followup.id)
        .limit(limit + len(without))
    )
    due = [DueTouch(a, p, c, s, touch or 0, tier) for a, p, c, s, touch, tier in rows]
    return [touch for touch in due if touch.thread_id not in without][:limit]


def reply_draft_id(reply_id: str, label: int = 0) -> str:
    """The id of the draft that answers a reply: the same however often it is written.

    `label` counts how often a person corrected the reply's intent: another intent needs another answer.
    """
    return uuid.uuid5(_NAMESPACE, f"reply/{reply_id}/{label}" if label else f"reply/{reply_id}").hex


def corrected_intents(session: Session, reply_id: str) -> int:
    """How often a person corrected the intent of a reply."""
    return (
        session.scalar(
            select(func.count())
            .select_from(LabelCorrection)
            .where(
                LabelCorrection.table_name == "replies",
                LabelCorrection.record_id == reply_id,
                LabelCorrection.field == "intent",
            )
        )
        or 0
    )


def reply_drafts(session: Session, reply_id: str) -> list[MessageDraft]:
    """The answers that were drafted to a reply, one for each label that it had, the earliest first."""
    ids = [reply_draft_id(reply_id, label) for label in range(corrected_intents(session, reply_id) + 1)]
    found = {draft.id: draft for draft in session.scalars(select(MessageDraft).where(MessageDraft.id.in_(ids)))}
    return [found[one] for one in ids if one in found]


ANSWERED = ("positive", "referral", "not_now")
"""The intents of replies that are answered with a draft; a question ('neutral') is a person's to answer."""
SURE = 0.6
"""Below this confidence a person reads a reply before anything is written to it."""


def _in_batch(batch_id: str | ColumnElement[str] | None) -> list[ColumnElement[bool]]:
    return [] if batch_id is None else [Contact.id.in_(members_of(batch_id))]


def answers_due(
    session: Session, playbook: str, *, limit: int, without: Collection[str] = (), batch_id: str | None = None
) -> list[DueTouch]:
    """Replies that wait for an answer and have no draft of one, the oldest first.

    Only mails that came from the address that was written to, or that a person vouched for, were read with confidence,
    and belong to a sequence; with `batch_id` only those of a batch's people. What is said on LinkedIn or by telephone
    is answered there, by hand.
    """
    rows = session.execute(
        select(
            Contact.account_id,
            Contact.prospect_id,
            Contact.id,
            OutreachSequence.id,
            Delivery.touch_number,
            OutreachSequence.tier,
            Reply.id,
        )
        .join(Contact, Contact.id == Reply.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(InboundMessage, InboundMessage.id == Reply.inbound_message_id)
        .join(Delivery, Delivery.id == InboundMessage.delivery_id)
        .join(OutreachSequence, OutreachSequence.id == Delivery.sequence_id)
        .where(
            Reply.handled_at.is_(None),
            Reply.intent.in_(ANSWERED),
            Reply.confidence >= SURE,
            or_(
                InboundMessage.matched_by == BY_PERSON,
                func.lower(InboundMessage.from_address).in_(
                    (func.lower(Delivery.recipient), func.lower(Contact.email))
                ),
            ),
            Reply.channel == "email",
            Contact.status == "active",
            Contact.deleted_at.is_(None),
            Prospect.deleted_at.is_(None),
            Prospect.playbook == playbook,
            *_in_batch(batch_id),
        )
        .order_by(Reply.replied_at, Reply.id)
    )
    open_ = []
    for account, prospect, contact, sequence, touch, tier, reply in rows:
        label = corrected_intents(session, reply)
        answers = reply_drafts(session, reply)
        fresh = reply_draft_id(reply, label)
        if any(draft.id == fresh or draft.approval_status != "archived" for draft in answers):
            continue
        due = DueTouch(account, prospect, contact, sequence, touch, tier, reply, draft_id=fresh)
        if due.thread_id not in without:
            open_.append(due)
    # Two replies to one touch share a thread: one at a time.
    return list({d.thread_id: d for d in reversed(open_)}.values())[::-1][:limit]


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
    whom = _in_batch(batch) if of_batch else [or_(~a_colleague_is_in_a_batch(), named)]
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


@dataclass(frozen=True)
class LeftDraft:
    """A draft that nobody's thread looks after any more, with what a new thread starts from."""

    thread_id: str
    state: dict[str, Any]


def left_drafts(session: Session, *, without: Collection[str], only: Collection[str] | None = None) -> list[LeftDraft]:
    """Drafts that are neither out nor over and have no thread: their checkpoints were lost.

    `without` are the threads that exist, `only` narrows it to these. What was checked begins at the approval, what
    was not, or was sent back, at QC; `state["revision"]` tells how often QC sent it back already.
    """
    rows = session.execute(
        select(MessageDraft, Contact, Prospect.playbook, OutreachSequence.tier, AgentRun.parent_run_id)
        .join(Contact, Contact.id == MessageDraft.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .join(OutreachSequence, OutreachSequence.id == MessageDraft.sequence_id)
        .join(AgentRun, AgentRun.id == MessageDraft.agent_run_id, isouter=True)
        .where(MessageDraft.approval_status == "draft")
        .order_by(MessageDraft.id)
    )
    found = []
    for draft, contact, playbook, tier, root in rows:
        thread_id = f"touch:{contact.id}:{draft.sequence_id}:{draft.touch_number}"
        if thread_id in without or (only is not None and thread_id not in only):
            continue
        by_person, revision = _history(session, draft)
        checked = draft.qc_passed is True or (draft.qc_passed is False and by_person)
        state = {
            "root_run_id": root,
            "playbook": playbook,
            "account_id": contact.account_id,
            "prospect_id": contact.prospect_id,
            "contact_id": contact.id,
            "sequence_id": draft.sequence_id,
            "touch_number": draft.touch_number,
            "tier": tier,
            "draft_id": draft.id,
            "version": draft.version,
            "revision": revision,
            "qc_passed": draft.qc_passed,
            "by_person": by_person,
            "begin": "approval" if checked else "qc",
        }
        found.append(LeftDraft(thread_id, state))
    return found


def _history(session: Session, draft: MessageDraft) -> tuple[bool, int]:
    """Whether a person wrote the present text, and how often QC sent back what led to it."""
    versions = session.execute(
        select(MessageVersion.author, MessageVersion.reason)
        .where(MessageVersion.draft_id == draft.id, MessageVersion.version <= draft.version)
        .order_by(MessageVersion.version.desc())
    ).all()
    revision = 0
    for _, reason in versions:
        if reason != "qc_revision":
            break
        revision += 1
    return bool(versions) and versions[0].author.startswith("user"), revision


def playbooks_of_replies(session: Session, ids: Collection[str]) -> dict[str, str]:
    """The playbook under which the person who replied is pursued, for the messages that are matched to a person."""
    rows = session.execute(
        select(InboundMessage.id, Prospect.playbook)
        .join(Contact, Contact.id == InboundMessage.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .where(InboundMessage.id.in_(ids))
    )
    return {row.id: row.playbook for row in rows}


def replies_to_triage(session: Session) -> list[str]:
    """Ids of incoming messages that nobody has triaged yet, oldest first."""
    return list(
        session.scalars(
            select(InboundMessage.id)
            .where(InboundMessage.processed_at.is_(None))
            .order_by(InboundMessage.received_at, InboundMessage.id)
        )
    )
