"""What is known of a batch, as numbered points: counted by code, so that a brief cannot count wrongly."""

from collections import Counter
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from db.models import Batch, Contact, HygieneFlag, MessageDraft, Prospect, ResearchFact, Signal
from db.queries.batches import Member, built_by, members
from playbooks import Playbook
from tools.analyst.points import Point, many
from tools.batches.choose import REST
from tools.drafting.variants import meaning_of, said_by_group

_SAID = {
    "hiring_signals": "openings",
    "facility": "the venue",
    "recent_activity": "recent activity",
    "company_news": "news",
}


def points_of(session: Session, playbook: Playbook, batch: Batch, today: date) -> list[Point]:
    """The points, most important first within what they are about."""
    people = members(session, batch)
    ids = [one.contact_id for one in people]
    return [
        *_people(session, playbook, batch, people),
        *_reasons(session, playbook, people, ids, today),
        *_test(session, playbook, batch, people),
        *_watch(session, people, ids),
        *_first(batch, people),
    ]


def _people(session: Session, playbook: Playbook, batch: Batch, people: list[Member]) -> list[Point]:
    organisations = {one.organisation for one in people}
    found = [Point("size", f"{many(len(people), 'person', 'people')} at {many(len(organisations), 'organisation')}.")]
    shares = Counter(one.share for one in people if one.share)
    known = playbook.batches.shares
    if shares:
        parts = [f"{_who(known[s].who) if s in known else 'from the rest'} ({n})" for s, n in shares.most_common()]
        told = ", ".join(parts)
        found.append(Point("shares", f"{told[0].upper()}{told[1:]}."))
    tiers = Counter(one.tier for one in people if one.tier)
    if tiers:
        found.append(Point("tiers", f"Tier {', '.join(f'{t}: {n}' for t, n in sorted(tiers.items()))}."))
    built = built_by(session, batch.id)
    short = ((built[0].outputs or {}) if built else {}).get("short") or {}
    if short:
        parts = [f"{_who(known[s].who) if s in known else s} ({n})" for s, n in short.items() if s != REST]
        if parts:
            found.append(Point("lacking", f"Not found: {', '.join(parts)}."))
    return found


def _reasons(session: Session, playbook: Playbook, people: list[Member], ids: list[str], today: date) -> list[Point]:
    accounts = select(Contact.account_id).where(Contact.id.in_(ids))
    signals = session.execute(
        select(Signal.signal_type, func.count(func.distinct(Signal.account_id)))
        .where(Signal.account_id.in_(accounts), or_(Signal.expires_at.is_(None), Signal.expires_at >= today))
        .group_by(Signal.signal_type)
        .order_by(func.count(func.distinct(Signal.account_id)).desc(), Signal.signal_type)
    ).all()
    facts = session.execute(
        select(ResearchFact.field, func.count(func.distinct(ResearchFact.account_id)))
        .where(ResearchFact.account_id.in_(accounts), ResearchFact.field.in_(playbook.need_fact_fields))
        .group_by(ResearchFact.field)
        .order_by(func.count(func.distinct(ResearchFact.account_id)).desc(), ResearchFact.field)
    ).all()
    found = []
    if signals:
        parts = [f"{str(kind).replace('_', ' ')} at {count}" for kind, count in signals]
        found.append(Point("signals", f"Live signals: {', '.join(parts)}."))
    if facts:
        parts = [f"{_SAID.get(str(field), str(field).replace('_', ' '))} at {count}" for field, count in facts]
        found.append(Point("facts", f"Kept facts to open with: {', '.join(parts)}."))
    aside = sum(one.draft == "none" and one.set_aside for one in people)
    blank = sum(one.draft == "none" and not one.set_aside for one in people)
    if blank == len(people):
        found.append(Point("research", "Nobody is researched yet; what is found decides who gets a message."))
    elif blank:
        found.append(Point("research", f"{many(blank, 'person', 'people')} not written to yet."))
    if aside:
        found.append(Point("research", f"For {aside} research found nothing to write about: they get no message."))
    return found


def _test(session: Session, playbook: Playbook, batch: Batch, people: list[Member]) -> list[Point]:
    variable, said = said_by_group(session, batch)
    sizes = Counter(one.group for one in people if one.group)
    if not variable or not sizes:
        return [Point("test", "Nothing is tested; everybody is written to alike.")]
    found = [Point("test", f"Tested: {variable.replace('_', ' ')}.")]
    parts = [
        f"{group} ({count}): {said[group].replace('_', ' ') if said.get(group) else 'nothing asked, the control'}"
        for group, count in sorted(sizes.items())
    ]
    found.append(Point("groups", f"{'; '.join(parts)}."))
    found += [
        Point("meaning", f"{group}: {meaning}")
        for group, value in sorted(said.items())
        if (meaning := meaning_of(playbook, variable, value))
    ]
    if off := [one for one in people if one.deviates]:
        found.append(Point("deviations", f"{many(len(off), 'message')} not as the group asks; all count."))
    return found


def _watch(session: Session, people: list[Member], ids: list[str]) -> list[Point]:
    found = []
    objections = session.execute(
        select(Contact.predicted_objection, func.count())
        .where(Contact.id.in_(ids), Contact.predicted_objection.is_not(None))
        .group_by(Contact.predicted_objection)
        .order_by(func.count().desc(), Contact.predicted_objection)
    ).all()
    if objections:
        text, count = objections[0]
        found.append(Point("objection", f'Likeliest objection, of {count}: "{text}"'))
    warned = Counter(
        flag["rule"]
        for flags in session.scalars(
            select(MessageDraft.qc_flags).where(
                MessageDraft.contact_id.in_(ids), MessageDraft.approval_status != "archived"
            )
        )
        for flag in flags or []
        if flag["rule"] != "recipient.unverified"
    )
    if warned:
        rule, count = warned.most_common(1)[0]
        found.append(Point("warnings", f"QC's commonest mark: {rule}, on {count}."))
    flags = session.scalar(
        select(func.count(func.distinct(HygieneFlag.prospect_id)))
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .join(Contact, Contact.prospect_id == Prospect.id)
        .where(Contact.id.in_(ids), HygieneFlag.resolved_at.is_(None))
    )
    if flags:
        found.append(Point("flags", f"Open flags at {many(flags, 'organisation')}: outreach flags."))
    unverified = session.scalar(
        select(func.count()).select_from(Contact).where(Contact.id.in_(ids), Contact.email_verified.is_not(True))
    )
    if unverified:
        every = "All " if unverified == len(people) > 1 else ""
        found.append(
            Point("addresses", f"{every}{many(unverified, 'address', 'addresses')} unverified; bounces will tell.")
        )
    return found


def _first(batch: Batch, people: list[Member]) -> list[Point]:
    number = batch.batch_number
    waiting = [one for one in people if one.draft == "waiting"]
    blank = [one for one in people if one.draft == "none" and not one.set_aside]
    ready = [one for one in people if one.draft == "ready"]
    found = []
    if waiting:
        found.append(Point("next", f"Read {many(len(waiting), 'message')}: outreach approve --batch {number}."))
    elif blank:
        found.append(Point("next", f"Have {many(len(blank), 'message')} written: outreach run --batch {number}."))
    elif ready:
        found.append(Point("next", f"Send {many(len(ready), 'approved message')}: outreach outbox."))
    else:
        found.append(Point("next", f"See where each stands: outreach batch show {number}."))
    if top := (waiting or blank or ready):
        one = top[0]
        found.append(Point("top", f"Begin with {one.person}, {one.title or 'no title known'}, {one.organisation}."))
    return found


def _who(text: str) -> str:
    """A share's people, within a sentence: without what stands behind a colon."""
    short = text.split(":")[0]
    return short if short[:2].isupper() else short[:1].lower() + short[1:]
