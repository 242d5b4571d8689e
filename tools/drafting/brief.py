"""What a message is written from: the contact, what is known, what was said before, and what may be said now."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from db.enums import TouchType
from db.models import (
    Approval,
    Contact,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    OutreachTemplate,
    Prospect,
    Reply,
    ResearchFact,
    Touchpoint,
)
from db.models.research import REFERRAL
from playbooks import Playbook, Statement
from playbooks.sequences import TouchKind, kind_of
from tools.drafting.drafts import facts_about, without_footer
from tools.drafting.variants import steering
from tools.sequences import is_re_engagement, step_of
from tools.signals.store import live_signals
from tools.wording import spoken_name

MOST_BEFORE = 6
MOST_SIGNALS = 5
MOST_REPLY = 3_000
SAID = ("bridge", "recall", "pain", "value", "proof", "offer", "answer", "ask", "farewell")
"""The kinds of statements, in the order in which a message says them."""


@dataclass(frozen=True)
class Subject:
    """Which message is written: to whom, under which sequence, which touch; `reply_id` is the reply that it answers,
    `version` the one to improve on, 0 where there is none yet."""

    prospect_id: str
    contact_id: str
    sequence_id: str
    tier: str
    touch: int
    draft_id: str
    version: int = 0
    reply_id: str | None = None


@dataclass(frozen=True)
class Brief:
    """All that a message is written from. `facts` are numbered from 1 in the order of `fact_ids`.

    `channel` and `touch_type` are the message's; `steered` is the batch that it is in: batch, group, variable.
    """

    material: dict[str, Any]
    fact_ids: tuple[str, ...]
    channel: str
    touch_type: str
    steered: tuple[str, str | None, str | None] | None = None


def make_brief(session: Session, playbook: Playbook, about: Subject, today: date | None = None) -> Brief:
    """Gathers the brief of one message; `today` (UTC) is the day that signals are looked at on."""
    day = today or datetime.now(UTC).date()
    prospect, contact = session.get_one(Prospect, about.prospect_id), session.get_one(Contact, about.contact_id)
    this = _touch(session, playbook, about)
    kind = kind_of(about.touch, this.type, note=this.note)
    facts = [f for f in facts_about(session, prospect.account_id, contact.id) if not too_old(playbook, f, day)]
    reply = _reply(session, about, contact.id) if kind in ("reply", "re_engagement") else None
    subject, body, use = _template(session, playbook, about, kind)
    least, most = playbook.words_of(kind)
    limits = {"note": playbook.qc.linkedin_note_chars, "inmail": playbook.qc.linkedin_inmail_chars}
    steered = steering(session, playbook, contact.id)
    touch = {
        "number": about.touch,
        "of": len(playbook.steps_of(about.tier)),
        "kind": kind,
        "type": this.type,
        "channel": this.channel,
        "purpose": playbook.purposes.get(kind),
        "most_characters": limits.get(kind),
    }
    # What is the same for all who get this touch comes first: servers keep what they have read.
    material = {
        "sender": {"name": playbook.sender.name, "company": playbook.sender.company},
        "words": {"least": least, "most": most},
        "touch": touch,
        "template": {"subject": subject, "body": body},
        "subjects": playbook.subjects_for(contact.persona_type),
        **addressee(contact, prospect),
        "facts": [
            {"number": n, "field": f.field, "sentence": f.sentence, "quote": f.quote, "source": f.source_title}
            for n, f in enumerate(facts, start=1)
        ],
        # Who named this person to us, and the fact that says so: the first message begins with it.
        "referred_by": next(
            (
                {"fact": n, "sentence": f.sentence}
                for n, f in enumerate(facts, start=1)
                if f.fact_key.startswith(REFERRAL) and kind == "first"
            ),
            None,
        ),
        "signals": _signals(session, prospect.account_id, contact.id, day),
        "statements": _statements(playbook, contact, prospect, facts, kind, use, reply),
        "said_before": _said_before(session, playbook, contact, about.draft_id, facts),
        "they_wrote": _told(reply),
        "objection": _objection(contact),
        "asked_of_earlier_messages": _wishes(session, contact.id, about.draft_id),
        "variant": steered.as_material() if steered else None,
        "earlier": _earlier(session, playbook, about.draft_id, about.version),
        # By name, not by id: a run that is repeated on another database writes the same letters.
        "seed": f"{prospect.name}/{contact.full_name}/{contact.title or ''}",
    }
    key = (steered.batch_id, steered.group, steered.variable) if steered else None
    return Brief(material, tuple(fact.id for fact in facts), this.channel, this.type, key)


def addressee(contact: Contact, prospect: Prospect) -> dict[str, Any]:
    """Who somebody is, and of which organisation, as an agent is shown it."""
    return {
        "contact": {
            "first_name": contact.first_name.strip(),
            "full_name": contact.full_name,
            "title": contact.title,
            "persona": contact.persona_type,
        },
        "organisation": {"name": spoken_name(prospect.name), "city": prospect.city, "state": prospect.state},
    }


def too_old(playbook: Playbook, fact: ResearchFact, today: date) -> bool:
    """Whether a fact is older than the playbook lets facts of its kind be: QC would block what rests on it."""
    days = playbook.qc.fact_days.get(fact.field or "", playbook.qc.fact_days.get("other"))
    return days is not None and fact.observed_on is not None and (today - fact.observed_on).days > days


class _Touch(NamedTuple):
    channel: str
    type: str
    note: bool = False


def _touch(session: Session, playbook: Playbook, about: Subject) -> _Touch:
    """What this message is: of a draft that there is already, what it was begun as."""
    draft = session.get(MessageDraft, about.draft_id)
    if draft is not None:
        return _Touch(draft.channel, draft.touch_type, draft.channel == "linkedin" and not draft.subject_line)
    if about.reply_id is not None:
        return _Touch("email", TouchType.REPLY_DRAFT.value)
    sequence = session.get(OutreachSequence, about.sequence_id)
    if sequence is not None and is_re_engagement(sequence):
        return _Touch("email", TouchType.RE_ENGAGEMENT.value)
    step = step_of(playbook, about.tier, about.touch)
    return _Touch(step.channel, step.touch, step.note) if step else _Touch("email", TouchType.EMAIL.value)


def _template(session: Session, playbook: Playbook, about: Subject, kind: TouchKind) -> tuple[str, str, frozenset[str]]:
    """Subject, body, and the statements that the template prefers: the step's own edition, else its seed template as it
    is, else the edition for its kind."""
    ordinary = kind not in ("reply", "re_engagement")
    edition = playbook.edition_for(about.tier, about.touch) if ordinary else None
    if edition is None and ordinary:
        row = session.scalars(
            select(OutreachTemplate).where(
                OutreachTemplate.playbook == playbook.name,
                OutreachTemplate.tier == about.tier,
                OutreachTemplate.step_number == about.touch,
                OutreachTemplate.is_active,
            )
        ).one_or_none()
        if row is not None:
            return row.subject_template, row.body_template.replace("\\n", "\n"), frozenset()
    edition = edition or playbook.edition_of_kind(kind)
    if edition is None:
        raise LookupError(
            f"playbook '{playbook.name}' has no template for touch {about.touch} of {about.tier} ({kind})"
        )
    return edition.subject, edition.body.strip(), frozenset(edition.use)


def _statements(
    playbook: Playbook,
    contact: Contact,
    prospect: Prospect,
    facts: list[ResearchFact],
    kind: TouchKind,
    use: frozenset[str],
    reply: Reply | None,
) -> list[dict[str, Any]]:
    said = " ".join(fact.sentence for fact in facts)
    fitting = [
        s
        for name in SAID
        for s in playbook.statements_of(name, contact.persona_type, prospect.venue_type)
        if may_be_said(s, kind, use, said, reply.intent if reply else None)
    ]
    return [_statement(s, preferred=s.id in use) for s in fitting]


def may_be_said(statement: Statement, kind: TouchKind, use: Collection[str], facts: str, intent: str | None) -> bool:
    """Whether a statement fits a kind of touch; `facts` is all that is known there, `intent` that of the reply.

    An answer to a reply ends with an ask that is meant for one: whoever pointed us on is not asked what they plan.
    """
    if kind == "reply" and statement.kind == "ask" and not statement.for_touches:
        return False
    return (
        (not statement.for_touches or kind in statement.for_touches)
        and (not statement.only_named or statement.id in use)
        and (not statement.needs_fact_words or any(word in facts for word in statement.needs_fact_words))
        and (not statement.for_intents or intent in statement.for_intents)
    )


def _statement(statement: Statement, *, preferred: bool) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": statement.id,
        "kind": statement.kind,
        "text": statement.text,
        "soft": statement.soft,
        "follows": statement.answers,
        "topic": statement.topic,
        "goes_with": statement.goes_with,
        "style": statement.style,
        "preferred": preferred,
    }
    return {key: value for key, value in found.items() if value or key in ("soft", "follows")}


def _signals(session: Session, account_id: str, contact_id: str, today: date) -> list[dict[str, Any]]:
    """What is going on there now, the newest first: background, and nothing that a sentence may rest on."""
    rows = live_signals(session, account_id, contact_id, today, MOST_SIGNALS)
    return [
        {"type": s.signal_type, "what": s.description, "seen": s.detected_at.date() if s.detected_at else None}
        for s in rows
    ]


@cache
def _touchpoints() -> Select[Touchpoint, MessageDraft, Any]:
    version = (MessageVersion.draft_id == MessageDraft.id) & (MessageVersion.version == MessageDraft.version)
    return (
        select(Touchpoint, MessageDraft, MessageVersion.claims)
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .outerjoin(MessageVersion, version)
        .where(Touchpoint.contact_id == bindparam("contact"))
        .order_by(Touchpoint.sent_at.desc(), Touchpoint.id)
        .limit(MOST_BEFORE)
    )


def _said_before(
    session: Session, playbook: Playbook, contact: Contact, draft_id: str, facts: list[ResearchFact]
) -> list[dict[str, Any]]:
    """What this person has had from us, the oldest first, with the numbers of the facts that were told."""
    numbers = {fact.id: n for n, fact in enumerate(facts, start=1)}
    rows = session.execute(_touchpoints(), {"contact": contact.id}).all()
    found = []
    for touchpoint, draft, claims in reversed(rows):
        entry: dict[str, Any] = {"touch": touchpoint.touch_number, "channel": touchpoint.channel}
        if touchpoint.outcome:
            entry["outcome"] = touchpoint.outcome
        if draft is not None and draft.id != draft_id:
            entry |= {
                "type": draft.touch_type,
                "subject": draft.subject_line,
                "body": without_footer(draft.body, playbook.sender, draft.channel),
                "facts": sorted({numbers[c["fact_id"]] for c in claims or [] if c["fact_id"] in numbers}),
            }
        found.append(entry)
    return found


def _reply(session: Session, about: Subject, contact_id: str) -> Reply | None:
    """The reply that this message answers, or the last one."""
    if about.reply_id is not None:
        return session.get(Reply, about.reply_id)
    return session.scalars(
        select(Reply).where(Reply.contact_id == contact_id).order_by(Reply.replied_at.desc(), Reply.id).limit(1)
    ).one_or_none()


def _told(reply: Reply | None) -> dict[str, Any] | None:
    if reply is None:
        return None
    return {
        "intent": reply.intent,
        "summary": reply.summary,
        "text": (reply.raw_text or "")[:MOST_REPLY],
        "on": reply.replied_at.date() if reply.replied_at else None,
    }


def _objection(contact: Contact) -> dict[str, str | None] | None:
    """OCC, contacts.predicted_objection: what they are likely to say against it, and what there is to say to that."""
    if not contact.predicted_objection:
        return None
    return {"likely": contact.predicted_objection, "response": contact.objection_response}


@cache
def _rejected() -> Select[Any]:
    return (
        select(Approval.reason)
        .join(MessageDraft, MessageDraft.id == Approval.draft_id)
        .where(
            MessageDraft.contact_id == bindparam("contact"),
            Approval.draft_id != bindparam("draft"),
            Approval.decision == "reject",
        )
        .order_by(Approval.decided_at, Approval.id)
    )


def _wishes(session: Session, contact_id: str, draft_id: str) -> list[str]:
    """Why a person rejected earlier messages to this contact: what was wrong then is wrong now."""
    return list(
        dict.fromkeys(
            reason for reason in session.scalars(_rejected(), {"contact": contact_id, "draft": draft_id}) if reason
        )
    )


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
