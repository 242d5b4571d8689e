"""Drafts as rows: the brief that a draft is written from, and the versions that it goes through."""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import (
    Approval,
    Contact,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    OutreachTemplate,
    Prospect,
    ResearchFact,
)
from playbooks import Playbook, Sender
from tools.signals.store import mark_cited
from tools.wording import spoken_name

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


@dataclass(frozen=True)
class Brief:
    """All that a message is written from. `facts` are numbered from 1 in this order."""

    material: dict[str, Any]
    fact_ids: tuple[str, ...]


def facts_about(session: Session, account_id: str) -> list[ResearchFact]:
    """The kept facts about an organisation, in a stable order."""
    return list(
        session.scalars(
            select(ResearchFact)
            .where(ResearchFact.account_id == account_id)
            .order_by(ResearchFact.created_at, ResearchFact.fact_key)
        )
    )


def make_brief(
    session: Session,
    playbook: Playbook,
    *,
    prospect_id: str,
    contact_id: str,
    tier: str,
    touch: int,
    draft_id: str,
    version: int,
) -> Brief:
    """Gathers the brief; `version` is the one to improve on, 0 where there is none yet."""
    prospect, contact = session.get_one(Prospect, prospect_id), session.get_one(Contact, contact_id)
    facts = facts_about(session, prospect.account_id)
    subject, body = _template(session, playbook, tier, touch)
    said = " ".join(fact.sentence for fact in facts)
    statements = [
        {"id": s.id, "kind": s.kind, "text": s.text, "soft": s.soft, "follows": s.answers}
        for kind in ("bridge", "pain", "value", "offer", "ask")
        for s in playbook.statements_of(kind, contact.persona_type, prospect.venue_type)
        if not s.needs_fact_words or any(word in said for word in s.needs_fact_words)
    ]
    material = {
        "contact": {
            "first_name": contact.first_name.strip(),
            "full_name": contact.full_name,
            "title": contact.title,
            "persona": contact.persona_type,
        },
        "organisation": {"name": spoken_name(prospect.name), "city": prospect.city, "state": prospect.state},
        "sender": {"name": playbook.sender.name, "company": playbook.sender.company},
        "facts": [
            {
                "number": n,
                "field": f.field,
                "sentence": f.sentence,
                "quote": f.quote,
                "source": f.source_title,
            }
            for n, f in enumerate(facts, start=1)
        ],
        "statements": statements,
        "template": {"subject": subject, "body": body},
        "words": {"least": playbook.message.min_words, "most": playbook.message.max_words},
        "earlier": _earlier(session, playbook, draft_id, version),
        # By name, not by id: a run that is repeated on another database writes the same letters.
        "seed": f"{prospect.name}/{contact.full_name}/{contact.title or ''}",
    }
    return Brief(material, tuple(fact.id for fact in facts))


def _template(session: Session, playbook: Playbook, tier: str, touch: int) -> tuple[str, str]:
    if edition := playbook.edition_for(tier, touch):
        return edition.subject, edition.body.strip()
    row = session.scalars(
        select(OutreachTemplate).where(
            OutreachTemplate.playbook == playbook.name,
            OutreachTemplate.tier == tier,
            OutreachTemplate.step_number == touch,
            OutreachTemplate.is_active,
        )
    ).one()
    return row.subject_template, row.body_template.replace("\\n", "\n")


def _earlier(session: Session, playbook: Playbook, draft_id: str, version: int) -> dict[str, Any] | None:
    """The version that must change, and why: the person's reason, or what QC blocks."""
    if version == 0:
        return None
    draft = session.get_one(MessageDraft, draft_id)
    rejection = session.scalars(
        select(Approval)
        .where(Approval.draft_id == draft_id, Approval.version == version, Approval.decision == "reject")
        .order_by(Approval.ordinal.desc())
    ).first()
    all_reasons = session.scalars(
        select(Approval.reason)
        .where(Approval.draft_id == draft_id, Approval.decision == "reject")
        .order_by(Approval.version, Approval.ordinal)
    ).all()
    flags = [] if rejection else [f for f in draft.qc_flags or [] if f["severity"] == "block"]
    return {
        "version": version,
        "subject": draft.subject_line,
        "body": without_footer(draft.body, playbook.sender, draft.channel),
        "rejected_because": rejection.reason if rejection else None,
        "all_rejections": [reason for reason in all_reasons if reason],
        "qc_flags": [{"rule": f["rule"], "problem": f["message"], "words": f.get("text")} for f in flags],
    }


def store_version(
    session: Session,
    *,
    draft: MessageDraft,
    version: int,
    subject: str,
    body: str,
    author: str,
    reason: str,
    note: str | None,
    claims: list[dict[str, str]],
) -> None:
    """Writes a version of a draft and makes it the current one; a version once written is left alone.

    The signals that it cites are acted on with that (OCC, signals.acted_on).
    """
    written = session.scalars(
        select(MessageVersion).where(MessageVersion.draft_id == draft.id, MessageVersion.version == version)
    ).one_or_none()
    if written is not None:
        return
    draft.version, draft.subject_line, draft.body = version, subject, body
    draft.approval_status, draft.qc_passed, draft.qc_flags, draft.qc_run_id = "draft", None, None, None
    session.add(draft)
    session.flush()
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
    session.flush()
    mark_cited(session, draft.id)


def ensure_sequence(
    session: Session, playbook: Playbook, *, sequence_id: str, prospect_id: str, contact_id: str, tier: str
) -> OutreachSequence:
    """The contact's sequence, begun as pending: A1 needs a person to start it (SB, outreach_sequences)."""
    sequence = session.get(OutreachSequence, sequence_id)
    if sequence is None:
        steps = session.scalars(
            select(OutreachTemplate.step_number).where(
                OutreachTemplate.playbook == playbook.name, OutreachTemplate.tier == tier
            )
        ).all()
        sequence = OutreachSequence(
            id=sequence_id,
            prospect_id=prospect_id,
            contact_id=contact_id,
            template_id=f"{playbook.name}:{tier}",
            tier=tier,
            total_steps=max(steps, default=1),
            requires_approval=tier == "A1",
        )
        session.add(sequence)
        session.flush()
    return sequence
