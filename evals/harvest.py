"""Cases out of what people corrected: in the forms of the suites, without the people and organisations they are of.

A person reads them before `outreach eval add` takes them in. What cannot be anonymised with confidence, and what says
too little to be judged by, is left out and counted.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.enums import ReferralStatus, ReplyIntent
from db.models import (
    Account,
    Approval,
    LabelCorrection,
    MessageDraft,
    Prospect,
    ReferralSuggestion,
    Reply,
    ResearchFact,
)
from evals.anonymise import Anonymous
from evals.harvest_pairs import duplicates
from evals.known import Found, KnownNames, LeftOut
from playbooks import load_playbook
from tools.drafting.drafts import without_footer
from tools.wording import sentences, spoken_name


@dataclass
class Harvest:
    """The cases by suite, and how many corrections were left out, by suite and reason."""

    cases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


def harvest(session: Session, *, since: date | None = None, suites: Sequence[str] = (), today: date) -> Harvest:
    """All corrections since a day (UTC) as cases, each suite's with an id that follows from the corrected row."""
    start = datetime.combine(since, datetime.min.time(), UTC) if since else datetime.min.replace(tzinfo=UTC)
    known = KnownNames.of(session)
    out = Harvest()
    for suite, source in SOURCES.items():
        if suites and suite not in suites:
            continue
        for key, make in source(session, known, start):
            try:
                case = make()
                known.refuse(case)
            except LeftOut as exc:
                out.left_out[suite, str(exc)] += 1
                continue
            name = f"harvest-{hashlib.sha256(f'{suite}/{key}'.encode()).hexdigest()[:12]}"
            case = {"id": name, **case, "tags": ["harvest"], "source": f"harvest {today.isoformat()}"}
            out.cases.setdefault(suite, []).append(case)
    return out


def _anonymous(
    known: KnownNames, account: Account, prospect: Prospect, more: Iterable[str | None] = (), *, sender: bool = False
) -> Anonymous:
    """The stand-ins of a case about one organisation: its people, names, venue and place. Our own sender is hidden as
    well, unless the case is about a letter of ours: there QC looks for the playbook's sender by name."""
    ours = load_playbook(prospect.playbook).sender
    people = [(c.first_name, c.last_name) for c in account.contacts]
    people += [_parted(name) for name in more if name]
    names = [account.name, prospect.name, prospect.stadium_name or "", prospect.city or "", prospect.conference or ""]
    if sender:
        return Anonymous(people, names, taken=known.words, keep=(ours.name, ours.company))
    return Anonymous([*people, _parted(ours.name)], [*names, ours.company], taken=known.words)


def _parted(name: str) -> tuple[str, str]:
    first, _, last = name.partition(" ")
    return first, last


def _checked(hidden: Anonymous, *texts: str) -> tuple[str, ...]:
    done = tuple(hidden.text(text) for text in texts)
    if any(hidden.doubtful(text) for text in done):
        raise LeftOut("its text may name somebody")
    return done


def _replies(session: Session, known: KnownNames, start: datetime) -> Found:
    corrections = select(LabelCorrection).where(
        LabelCorrection.table_name == "replies", LabelCorrection.created_at >= start
    )
    changed: dict[str, dict[str, str | None]] = {}
    for one in session.scalars(corrections.order_by(LabelCorrection.created_at, LabelCorrection.id)):
        if is_user(one.corrected_by):
            changed.setdefault(one.record_id, {})[one.field] = one.new_value
    for reply_id, fields in changed.items():
        yield reply_id, lambda i=reply_id, f=fields: _reply(session, known, i, f)  # type: ignore[misc]
    dismissed = select(ReferralSuggestion).where(
        ReferralSuggestion.reply_id.is_not(None),
        ReferralSuggestion.status == ReferralStatus.DISMISSED.value,
        ReferralSuggestion.decided_at >= start,
    )
    seen = set(changed)
    for row in session.scalars(dismissed.order_by(ReferralSuggestion.decided_at, ReferralSuggestion.id)):
        if is_user(row.decided_by) and row.reply_id not in seen:
            seen.add(str(row.reply_id))
            yield f"{row.reply_id}/dismissed", lambda r=row: _dismissed(session, known, r)  # type: ignore[misc]


def _dismissed(session: Session, known: KnownNames, row: ReferralSuggestion) -> dict[str, Any]:
    """A reply that should have suggested nobody. Of a referral that is not said: its name may be right and unwanted."""
    if row.reply is not None and row.reply.intent == ReplyIntent.REFERRAL.value:
        raise LeftOut("nobody said what it is if no referral")
    if row.reply is not None and any(r.status != row.status for r in row.reply.referral_suggestions):
        raise LeftOut("somebody else whom it names is wanted")
    return _reply(session, known, str(row.reply_id), {"referral_name": row.name})


def _reply(session: Session, known: KnownNames, reply_id: str, fields: dict[str, str | None]) -> dict[str, Any]:
    reply = session.get(Reply, reply_id)
    inbound = reply.inbound_message if reply else None
    if reply is None or inbound is None or not inbound.text or reply.intent is None:
        raise LeftOut("nothing is kept of the message")
    contact = reply.contact
    named = fields.get("referral_name") or reply.referral_name
    hidden = _anonymous(known, contact.account, contact.prospect, [named])
    text, subject = _checked(hidden, inbound.text, inbound.subject or "")
    expected: dict[str, Any] = {"intent": reply.intent}
    if fields.get("reply_tag"):
        expected["reply_tag"] = fields["reply_tag"]
    if reply.intent == "referral":
        title = fields.get("referral_title") or reply.referral_title
        address = fields.get("referral_email") or next((s.email for s in reply.referral_suggestions if s.email), None)
        expected |= {"referral_name": hidden.words(named)} if named else {}
        expected |= {"referral_title": title} if title else {}
        expected |= {"referral_email": hidden.email(address)} if address else {}
    if fields.get("resume_date"):
        expected["resume_date"] = str(fields["resume_date"])[:10]
    arrived = inbound.received_at or inbound.created_at
    given = {"playbook": contact.prospect.playbook, "subject": subject, "text": text, "received": str(arrived.date())}
    return {"input": given, "expected": expected}


def _overrides(session: Session, known: KnownNames, start: datetime) -> Found:
    for draft in session.scalars(
        select(MessageDraft).where(MessageDraft.updated_at >= start).order_by(MessageDraft.id)
    ):
        flags = draft.qc_flags or []
        if any(is_user((flag.get("overridden") or {}).get("by")) for flag in flags):
            yield f"{draft.id}/{draft.version}", lambda d=draft: _overridden(session, known, d)  # type: ignore[misc]


def _overridden(session: Session, known: KnownNames, draft: MessageDraft) -> dict[str, Any]:
    contact = draft.contact
    if draft.touch_number != 1 or draft.channel != "email" or contact is None:
        raise LeftOut("only first mails make cases of QC")
    book = load_playbook(contact.prospect.playbook)
    hidden = _anonymous(known, contact.account, contact.prospect, sender=True)
    subject, body = _checked(hidden, draft.subject_line or "", _plain(draft.body, draft, book.sender.name))
    facts = [_fact(hidden, n, fact) for n, fact in enumerate(_facts(session, contact.account_id), start=1)]
    kept = [flag["rule"] for flag in draft.qc_flags or [] if not flag.get("overridden")]
    recipient = {
        "first_name": hidden.words(contact.first_name),
        "last_name": hidden.words(contact.last_name),
        "title": contact.title or "",
        "organisation": hidden.words(spoken_name(contact.prospect.name)),
        "email": hidden.email(contact.email) if contact.email else "",
        "email_verified": contact.email_verified,
    }
    given = {
        "playbook": book.name,
        "touch": 1,
        "channel": "email",
        "recipient": recipient,
        "facts": facts,
        "subject": subject,
        "body": f"{body}\n{book.sender.name}",
    }
    return {"input": {"draft": given, "today": str(draft.updated_at.date())}, "expected": {"rules": sorted(set(kept))}}


def _facts(session: Session, account_id: str) -> Sequence[ResearchFact]:
    query = select(ResearchFact).where(ResearchFact.account_id == account_id)
    return session.scalars(query.order_by(ResearchFact.created_at, ResearchFact.id)).all()


def _fact(hidden: Anonymous, number: int, fact: ResearchFact) -> dict[str, Any]:
    sentence, quote = _checked(hidden, fact.sentence, fact.quote)
    day = (fact.observed_on or fact.created_at.date()).isoformat()
    return {"id": f"f{number}", "field": fact.field, "sentence": sentence, "quote": quote, "observed_on": day}


def _drafts(session: Session, known: KnownNames, start: datetime) -> Found:
    decided = select(Approval).where(Approval.decision.in_(("edit", "reject")), Approval.decided_at >= start)
    seen: set[str] = set()
    for approval in session.scalars(decided.order_by(Approval.decided_at, Approval.id)):
        if approval.draft_id not in seen:
            seen.add(approval.draft_id)
            yield approval.draft_id, lambda d=approval.draft: _draft(session, known, d)  # type: ignore[misc]


def _draft(session: Session, known: KnownNames, draft: MessageDraft) -> dict[str, Any]:
    contact = draft.contact
    if draft.touch_number != 1 or draft.channel != "email" or contact is None:
        raise LeftOut("only first mails make cases of drafting")
    last = max(draft.approvals, key=lambda a: (a.version, a.ordinal))
    wanted = [a for a in draft.approvals if a.decision in ("edit", "reject")]
    if last.decision not in ("approve", "edit"):
        raise LeftOut("nobody has said what would have been right")
    book = load_playbook(contact.prospect.playbook)
    hidden = _anonymous(known, contact.account, contact.prospect, sender=True)
    versions = {version.version: version for version in draft.versions}
    final = versions[draft.version]
    before = [v for v in draft.versions if v.version < draft.version]
    if not before:
        raise LeftOut("the text before is gone")
    facts = _facts(session, contact.account_id)
    if not facts:
        raise LeftOut("nothing is kept that it was about")
    numbers = {fact.id: f"f{n}" for n, fact in enumerate(facts, start=1)}
    cited = [numbers[c["fact_id"]] for c in final.claims if c["fact_id"] in numbers]
    sender = book.sender.name
    body = [_plain(v.body, draft, sender) for v in (before[0], final)]
    gone = [s for s in _sentences(body[0]) if s not in set(_sentences(body[1]))]
    why = "; ".join(a.reason for a in wanted if a.reason) or "A person wrote it anew."
    told = _checked(hidden, why, *gone)
    given = {
        "playbook": book.name,
        "touch": "first",
        "today": str(draft.created_at.date()),
        "contact": {
            "first_name": hidden.words(contact.first_name),
            "last_name": hidden.words(contact.last_name),
            "title": contact.title or "",
            "email": hidden.email(contact.email) if contact.email else "",
        },
        "organisation": {
            "name": hidden.words(spoken_name(contact.prospect.name)),
            "city": hidden.words(contact.prospect.city or ""),
            "state": contact.prospect.state,
        },
        "facts": [_drafting_fact(hidden, n, fact) for n, fact in enumerate(facts, start=1)],
    }
    expected = {"why": told[0], "must_cite_one_of": cited, "must_not_mention": list(told[1:])}
    return {"input": given, "expected": expected}


def _plain(body: str, draft: MessageDraft, sender: str) -> str:
    """A text of the draft without what every message ends with."""
    book = load_playbook(draft.contact.prospect.playbook)
    return without_footer(body, book.sender, draft.channel).removesuffix(sender).rstrip()


def _sentences(text: str) -> list[str]:
    return [" ".join(s.split()) for s in sentences(text)]


def _drafting_fact(hidden: Anonymous, number: int, fact: ResearchFact) -> dict[str, Any]:
    told = _fact(hidden, number, fact)
    return {
        "id": told["id"],
        "statement": told["sentence"],
        "quote": told["quote"],
        "url": "https://site.example/page",
        "date": told["observed_on"],
        "field": told["field"],
    }


SOURCES: Final[dict[str, Callable[[Session, KnownNames, datetime], Found]]] = {
    "reply_triage": _replies,
    "hygiene_duplicates": duplicates,
    "qc": _overrides,
    "drafting": _drafts,
}
"""By suite, where its corrections stand."""
