"""Drafts as rows: the versions that a message goes through, and what is put under it."""

import uuid
from functools import cache

from sqlalchemy import Select, bindparam, or_, select
from sqlalchemy.orm import Session

from db.models import MessageDraft, MessageVersion, OutreachSequence, ResearchFact
from db.models.research import REFERRAL
from playbooks import Playbook, Sender
from tools.signals.store import mark_cited

_NAMESPACE = uuid.UUID("0a1f3f1c-6a0b-5f0e-9d6e-52b7a8f7e0c4")


def draft_id_for(sequence_id: str, touch: int) -> str:
    """The id of the draft for a touch of a sequence: the same however often it is written."""
    return uuid.uuid5(_NAMESPACE, f"{sequence_id}/{touch}").hex


def footer(sender: Sender, channel: str) -> str:
    """What a commercial e-mail must end with: who sent it, from where, and how to get no more of it."""
    if channel != "email":
        return ""
    return f"{sender.company}, {sender.postal_address}\n{sender.opt_out}"


def with_footer(body: str, sender: Sender, channel: str) -> str:
    """The text as it will leave."""
    end = footer(sender, channel)
    return f"{body.strip()}\n\n{end}" if end else body.strip()


def without_footer(body: str, sender: Sender, channel: str) -> str:
    """The text as it was written, for counting words and for showing to a model again."""
    end = footer(sender, channel)
    return body.removesuffix(end).strip() if end else body.strip()


def facts_about(session: Session, account_id: str, contact_id: str) -> list[ResearchFact]:
    """The kept facts about an organisation, in a stable order; who referred to whom only for that person."""
    return list(session.scalars(_facts(), {"account": account_id, "contact": contact_id}))


@cache
def _facts() -> Select[ResearchFact]:
    about_them = or_(~ResearchFact.fact_key.startswith(REFERRAL), ResearchFact.contact_id == bindparam("contact"))
    return (
        select(ResearchFact)
        .where(ResearchFact.account_id == bindparam("account"), about_them)
        .order_by(ResearchFact.created_at, ResearchFact.fact_key)
    )


@cache
def _written() -> Select[str]:
    return select(MessageVersion.id).where(
        MessageVersion.draft_id == bindparam("draft"), MessageVersion.version == bindparam("version")
    )


def store_version(
    session: Session,
    *,
    draft: MessageDraft,
    version: int,
    subject: str | None,
    body: str,
    author: str,
    reason: str,
    note: str | None,
    claims: list[dict[str, str]],
) -> None:
    """Writes a version of a draft and makes it the current one; a version once written is left alone.

    The signals that it cites are acted on with that (OCC, signals.acted_on).
    """
    if session.scalar(_written(), {"draft": draft.id, "version": version}) is not None:
        return
    draft.version, draft.subject_line, draft.body = version, subject, body
    draft.approval_status, draft.qc_passed, draft.qc_flags, draft.qc_run_id = "draft", None, None, None
    session.add(draft)
    session.flush()  # a draft that was given no id has one now
    session.add(
        MessageVersion(
            draft_id=draft.id,
            version=version,
            subject_line=subject,
            body=body,
            author=author,
            reason=reason,
            note=note,
            claims=claims,
        )
    )
    mark_cited(session, draft.id)


def ensure_sequence(
    session: Session, playbook: Playbook, *, sequence_id: str, prospect_id: str, contact_id: str, tier: str
) -> OutreachSequence:
    """The contact's sequence, begun as pending: A1 needs a person to start it (SB, outreach_sequences)."""
    sequence = session.get(OutreachSequence, sequence_id)
    if sequence is None:
        sequence = OutreachSequence(
            id=sequence_id,
            prospect_id=prospect_id,
            contact_id=contact_id,
            template_id=f"{playbook.name}:{tier}",
            tier=tier,
            total_steps=len(playbook.steps_of(tier)),
            requires_approval=tier == "A1",
        )
        session.add(sequence)
    return sequence
