"""What is known before a call: who they are, why now, what was said so far; and the check of what will be said."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.models import Contact, MessageDraft, Reply, ResearchFact, Signal, Touchpoint
from db.suppressions import is_suppressed
from playbooks import Playbook
from tools.analyst.points import Point
from tools.drafting.brief import addressee, too_old
from tools.drafting.drafts import facts_about
from tools.qc import DraftUnderCheck, Fact, Recipient, assertions
from tools.qc.naming import names_of
from tools.signals.store import live_signals

MOST_POINTS = 12
MOST_SAID = 6
MOST_SIGNALS = 3
_KINDS = ("pain", "value", "offer", "ask")


class CallRefused(ValueError):
    """Nobody may call this person; the message says why in a sentence."""


@dataclass(frozen=True)
class CallBackground:
    """What the records say: who, what was said so far, the likely objection. `material` is what an agent is shown."""

    who: dict[str, Any]
    said: list[dict[str, Any]]
    objection: dict[str, str | None] | None
    material: dict[str, Any]


def background_of(session: Session, playbook: Playbook, contact: Contact) -> CallBackground:
    """Gathers it. Raises CallRefused where the person is not to be contacted."""
    moment = datetime.now(UTC)
    _refuse(session, contact)
    prospect = contact.prospect
    known = facts_about(session, contact.account_id, contact.id)
    facts = [fact for fact in known if not too_old(playbook, fact, moment.date())]
    signals = live_signals(session, contact.account_id, contact.id, moment.date(), MOST_SIGNALS)
    points = [{**Point("signal", *_signal(one)).numbered(n)} for n, one in enumerate(signals, start=1)]
    wanted = sorted(facts, key=lambda f: (f.field not in playbook.need_fact_fields, -(f.confidence or 0)))
    for fact in wanted[: MOST_POINTS - len(points)]:
        shown = Point("fact", fact.sentence, _source(fact)).numbered(len(points) + 1)
        points.append(shown | {"quote": fact.quote, "field": fact.field})
    statements = [
        {"id": s.id, "kind": s.kind, "text": s.text, "topic": s.topic, "soft": s.soft, "follows": s.answers}
        for kind in _KINDS
        for s in playbook.statements_of(kind, contact.persona_type, prospect.venue_type)
        if not s.only_named and (not s.for_touches or "first" in s.for_touches or "call" in s.for_touches)
        if not s.needs_fact_words or any(w in " ".join(f.sentence for f in facts) for w in s.needs_fact_words)
    ]
    objection = _objection(playbook, contact, facts)
    said = _said(session, contact)
    material = {
        **addressee(contact, prospect),
        "names": [*names_of(prospect.name), *([prospect.stadium_name] if prospect.stadium_name else [])],
        "sender": {"name": playbook.sender.name, "company": playbook.sender.company},
        "points": points,
        "statements": statements,
        "said_so_far": said,
        "objection": objection,
    }
    return CallBackground(_who(contact, moment), said, objection, material)


def _refuse(session: Session, contact: Contact) -> None:
    name = contact.full_name
    if contact.deleted_at is not None:
        raise CallRefused(f"{name} was deleted.")
    if contact.do_not_contact:
        raise CallRefused(f"{name} is not to be contacted: {contact.dnc_reason or 'no reason is kept'}.")
    if is_suppressed(session, contact.email):
        raise CallRefused(f"{name} is not to be contacted: the address, or its domain, is suppressed.")


def _source(fact: ResearchFact) -> str | None:
    where = fact.source_url or fact.source_title
    return f"{where}, {fact.observed_on}" if where and fact.observed_on else where


def _signal(signal: Signal) -> tuple[str, str | None]:
    seen = f", seen {signal.detected_at.date()}" if signal.detected_at else ""
    what = (signal.description or signal.signal_type or "").strip().rstrip(".")
    return f"{(signal.signal_type or '').replace('_', ' ').capitalize()}: {what}{seen}.", signal.source_url


def _said(session: Session, contact: Contact) -> list[dict[str, Any]]:
    """What went back and forth, the oldest first."""
    found: list[tuple[datetime, dict[str, Any]]] = []
    for touch, subject in session.execute(
        select(Touchpoint, MessageDraft.subject_line)
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(Touchpoint.contact_id == contact.id)
        .order_by(Touchpoint.sent_at.desc(), Touchpoint.id)
        .limit(MOST_SAID)
    ):
        what = touch.call_notes or subject or ""
        entry = {"by": "us", "channel": touch.channel, "outcome": touch.outcome, "what": what}
        found.append((touch.sent_at, entry))
    for reply in session.scalars(
        select(Reply)
        .where(Reply.contact_id == contact.id, Reply.replied_at.is_not(None))
        .order_by(Reply.replied_at.desc(), Reply.id)
        .limit(MOST_SAID)
    ):
        what = reply.summary or (reply.raw_text or "")[:200]
        entry = {"by": "them", "channel": reply.channel, "outcome": reply.intent, "what": what}
        found.append((reply.replied_at or datetime.min.replace(tzinfo=UTC), entry))
    found.sort(key=lambda pair: pair[0])
    return [{"on": when.date().isoformat(), **entry} for when, entry in found[-MOST_SAID:]]


def _objection(playbook: Playbook, contact: Contact, facts: list[ResearchFact]) -> dict[str, str | None] | None:
    """OCC, contacts.predicted_objection; where hygiene has not filled it yet, what the playbook expects."""
    if contact.predicted_objection:
        return {"likely": contact.predicted_objection, "response": contact.objection_response}
    said = " ".join(fact.sentence for fact in facts)
    likely = playbook.objection_for(contact.persona_type, contact.prospect.venue_type, said)
    return {"likely": likely.text, "response": likely.response} if likely else None


def _who(contact: Contact, now: datetime) -> dict[str, Any]:
    prospect = contact.prospect
    return {
        "contact_id": contact.id,
        "name": contact.full_name,
        "title": contact.title,
        "organisation": prospect.name,
        "place": prospect.place,
        "phone": contact.phone,
        "email": contact.email,
        "linkedin": contact.linkedin_url,
        "tier": prospect.tier,
        "score": prospect.icp_score,
        "stage": contact.stage,
        "local_time": _local(contact.timezone, now),
    }


def _local(zone: str | None, now: datetime) -> str | None:
    """'Tue 14:05 (America/New_York)'."""
    if not zone:
        return None
    try:
        return f"{now.astimezone(ZoneInfo(zone)):%a %H:%M} ({zone})"
    except (ZoneInfoNotFoundError, ValueError):
        return None


def spoken_problems(playbook: Playbook, material: dict[str, Any], text: str, cited: list[int]) -> list[str]:
    """What QC would block in something said aloud that rests on these points; only facts can bear a sentence."""
    facts = tuple(
        Fact(str(p["number"]), p["says"], p.get("quote") or p["says"], p.get("field") or "")
        for p in material["points"]
        if p["about"] == "fact"
    )
    contact = material["contact"]
    last = contact["full_name"].removeprefix(contact["first_name"]).strip()
    draft = DraftUnderCheck(
        playbook=playbook,
        recipient=Recipient(contact["first_name"], last, None),
        channel="call",
        touch=1,
        touch_type="call_snippet",
        subject="",
        body=text,
        text=text,
        footer="",
        names=tuple(material["names"]),
        facts=facts,
        claims=tuple((text, str(number)) for number in cited),
        history=None,
    )
    rules = (assertions.wrong_organisation, assertions.wrong_numbers, assertions.unsupported_sentences)
    return [f"{found.words!r}: {found.wrong}" for rule in rules for found in rule(draft)]
