"""What is due: the questions that the orchestrator asks the database."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlalchemy.orm import Session

from db.models import Contact, InboundMessage, MessageDraft, Prospect

_NAMESPACE = uuid.UUID("3d5c1d2e-7f40-5b8a-8a64-0b7a3d7f3c11")
READY_TO_WRITE = ("scored", "needs_research", "research_complete", "ready_for_outreach")


@dataclass(frozen=True)
class DueContact:
    """A contact whose first touch is due, with what its thread starts from."""

    account_id: str
    prospect_id: str
    contact_id: str
    sequence_id: str
    tier: str

    @property
    def thread_id(self) -> str:
        return f"touch:{self.contact_id}:{self.sequence_id}:1"

    def state(self, root_run_id: str, playbook: str) -> dict[str, Any]:
        """The state that the contact's thread starts with."""
        return {
            "root_run_id": root_run_id,
            "playbook": playbook,
            "account_id": self.account_id,
            "prospect_id": self.prospect_id,
            "contact_id": self.contact_id,
            "sequence_id": self.sequence_id,
            "touch_number": 1,
            "tier": self.tier,
        }


def sequence_id_for(contact_id: str, playbook: str) -> str:
    """The id of a contact's first sequence under a playbook: the same however often it is asked for."""
    return uuid.uuid5(_NAMESPACE, f"{contact_id}/{playbook}/1").hex


def first_touches_due(
    session: Session,
    playbook: str,
    tiers: Sequence[str],
    personas: Sequence[str],
    *,
    limit: int,
    without: Collection[str] = (),
) -> list[DueContact]:
    """Contacts to write to for the first time, best first: one person of each organisation, nobody who has a draft.

    `personas` says whom to prefer; `without` are thread ids under way.
    """
    rank = case({name: n for n, name in enumerate(personas)}, value=Contact.persona_type, else_=len(personas))
    place = func.row_number().over(
        partition_by=Contact.prospect_id, order_by=(rank, Contact.priority_score.desc(), Contact.id)
    )
    colleague = Contact.__table__.alias("colleague")
    written_to = exists(
        select(MessageDraft.id)
        .join(colleague, colleague.c.id == MessageDraft.contact_id)
        .where(colleague.c.prospect_id == Contact.prospect_id)
    )
    best = (
        select(Contact.id, place.label("place"))
        .where(
            Contact.status == "active",
            Contact.stage.in_(("new", "researched")),
            Contact.email.is_not(None),
            Contact.first_name != "",
            Contact.deleted_at.is_(None),
            ~written_to,
        )
        .subquery()
    )
    tier_rank = case({tier: n for n, tier in enumerate(tiers)}, value=Prospect.tier, else_=len(tiers))
    rows = session.execute(
        select(Prospect.account_id, Prospect.id, Contact.id, Prospect.tier)
        .join(Contact, Contact.prospect_id == Prospect.id)
        .join(best, best.c.id == Contact.id)
        .where(
            best.c.place == 1,
            Prospect.playbook == playbook,
            Prospect.deleted_at.is_(None),
            Prospect.tier.in_(tiers),
            Prospect.status.in_(READY_TO_WRITE),
        )
        .order_by(tier_rank, Prospect.icp_score.desc(), Prospect.name)
        .limit(limit + len(without))
    )
    due = [DueContact(a, p, c, sequence_id_for(c, playbook), tier or "") for a, p, c, tier in rows]
    return [contact for contact in due if contact.thread_id not in without][:limit]


def replies_to_triage(session: Session) -> list[str]:
    """Ids of incoming messages that nobody has triaged yet, oldest first."""
    return list(
        session.scalars(
            select(InboundMessage.id)
            .where(InboundMessage.processed_at.is_(None))
            .order_by(InboundMessage.received_at, InboundMessage.id)
        )
    )
