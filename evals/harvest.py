"""Cases out of what people corrected: in the forms of the suites, without the people and organisations they are of.

A person reads them before `outreach eval add` takes them in. What cannot be anonymised with confidence, and what says
too little to be judged by, is left out and counted.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import is_user
from db.enums import FlagType
from db.models import (
    Account,
    Approval,
    Contact,
    HygieneFlag,
    LabelCorrection,
    Merge,
    MessageDraft,
    MessageVersion,
    Prospect,
    Reply,
    ResearchFact,
)
from evals.anonymise import Anonymous, strings_in
from playbooks import load_playbook
from tools.drafts import without_footer
from tools.wording import sentences, spoken_name

EVERYBODY: Final = {"include_deleted": True}


class LeftOut(Exception):
    """A correction makes no case; the message says why, in a few words that say nothing of anybody."""


@dataclass
class Harvest:
    """The cases by suite, and how many corrections were left out, by suite and reason."""

    cases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)


Make = Callable[[], dict[str, Any]]
Found = Iterator[tuple[str, Make]]


def harvest(session: Session, *, since: date | None = None, suites: Sequence[str] = (), today: date) -> Harvest:
    """All corrections since a day (UTC) as cases, each suite's with an id that follows from the corrected row."""
    start = datetime.combine(since, datetime.min.time(), UTC) if since else datetime.min.replace(tzinfo=UTC)
    known = Known.of(session)
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


@dataclass(frozen=True)
class Known:
    """What the database knows of people and organisations: none of it may stand in a case."""

    names: frozenset[str]
    words: frozenset[str]
    longest: int

    @classmethod
    def of(cls, session: Session) -> "Known":
        """Reads them all, the deleted ones too."""
        found: set[str] = set()
        people = select(Contact.full_name, Contact.email, Contact.phone, Contact.linkedin_url)
        for row in session.execute(people.execution_options(**EVERYBODY)):
            found.update(value for value in row if value)
        places = select(Prospect.name, Prospect.stadium_name, Prospect.address)
        for place in session.execute(places.execution_options(**EVERYBODY)):
            found.update(value for value in place if value)
        for name, domain in session.execute(select(Account.name, Account.domain).execution_options(**EVERYBODY)):
            found.update(value for value in (name, spoken_name(name), domain) if value)
        folded = {" ".join(_tokens(value)) for value in found}
        folded.discard("")
        people_words = {
            word
            for first, last in session.execute(
                select(Contact.first_name, Contact.last_name).execution_options(**EVERYBODY)
            )
            for word in _tokens(f"{first} {last}")
        }
        return cls(frozenset(folded), frozenset(people_words), max((len(name.split()) for name in folded), default=0))

    def refuse(self, case: dict[str, Any]) -> None:
        """Raises LeftOut where something known stands in the case after all."""
        for text in strings_in(case):
            words = _tokens(text)
            for start in range(len(words)):
                for end in range(start + 1, min(start + self.longest, len(words)) + 1):
                    if " ".join(words[start:end]) in self.names:
                        raise LeftOut("somebody known is named")


def _tokens(text: str) -> list[str]:
    return "".join(c.lower() if c.isalnum() or c in "@." else " " for c in text).replace(". ", " ").split()


def _anonymous(
    known: Known, account: Account, prospect: Prospect, more: Iterable[str | None] = (), *, sender: bool = False
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


def _replies(session: Session, known: Known, start: datetime) -> Found:
    corrections = select(LabelCorrection).where(
        LabelCorrection.table_name == "replies", LabelCorrection.created_at >= start
    )
    changed: dict[str, dict[str, str | None]] = {}
    for one in session.scalars(corrections.order_by(LabelCorrection.created_at, LabelCorrection.id)):
        if is_user(one.corrected_by):
            changed.setdefault(one.record_id, {})[one.field] = one.new_value
    for reply_id, fields in changed.items():
        yield reply_id, lambda i=reply_id, f=fields: _reply(session, known, i, f)  # type: ignore[misc]


def _reply(session: Session, known: Known, reply_id: str, fields: dict[str, str | None]) -> dict[str, Any]:
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


def _duplicates(session: Session, known: Known, start: datetime) -> Found:
    flags = select(HygieneFlag).where(
        HygieneFlag.flag_type == FlagType.DUPLICATE_SUSPECT.value,
        HygieneFlag.other_prospect_id.is_not(None),
        HygieneFlag.resolved_at >= start,
    )
    for flag in session.scalars(flags.order_by(HygieneFlag.created_at, HygieneFlag.id)):
        if is_user(flag.resolved_by):
            yield flag.id, lambda f=flag: _pair(session, known, f)  # type: ignore[misc]


def _pair(session: Session, known: Known, flag: HygieneFlag) -> dict[str, Any]:
    ids = (flag.prospect_id, flag.other_prospect_id)
    two = session.scalars(select(Prospect).where(Prospect.id.in_(ids)).execution_options(**EVERYBODY)).all()
    if len(two) != 2 or two[0].account_id == two[1].account_id:
        raise LeftOut("one of the two records is gone")
    first, second = sorted(two, key=lambda p: ids.index(p.id))
    accounts = {first.account_id, second.account_id}
    merged = session.scalars(
        select(Merge).where(
            Merge.table_name == "accounts",
            Merge.kept_id.in_(accounts),
            Merge.merged_id.in_(accounts),
            Merge.undone_at.is_(None),
        )
    ).first()
    apart = (flag.resolution_notes or "").startswith("kept apart")
    if (merged is not None) == apart:
        raise LeftOut("nobody said whether the two are one")
    names = [p.name for p in (first, second)] + [p.account.name for p in (first, second)]
    places = [p.city or "" for p in (first, second)] + [p.stadium_name or "" for p in (first, second)]
    hidden = Anonymous([], [*names, *places], taken=known.words)
    given: dict[str, Any] = {"kind": "organisation", "playbook": first.playbook}
    given |= {side: _record(hidden, prospect) for side, prospect in (("a", first), ("b", second))}
    return {"input": given, "expected": {"same": not apart}}


def _record(hidden: Anonymous, prospect: Prospect) -> dict[str, str]:
    account = prospect.account
    found = {
        "name": hidden.words(prospect.name),
        "domain": hidden.domain(account.domain) if account.domain else None,
        "address": hidden.street(prospect.address) if prospect.address else None,
        "city": hidden.words(prospect.city) if prospect.city else None,
        "state": prospect.state if prospect.state != "OTHER" else None,
    }
    return {name: value for name, value in found.items() if value}


def _overrides(session: Session, known: Known, start: datetime) -> Found:
    for draft in session.scalars(
        select(MessageDraft).where(MessageDraft.updated_at >= start).order_by(MessageDraft.id)
    ):
        flags = draft.qc_flags or []
        if any(is_user((flag.get("overridden") or {}).get("by")) for flag in flags):
            yield f"{draft.id}/{draft.version}", lambda d=draft: _overridden(session, known, d)  # type: ignore[misc]


def _overridden(session: Session, known: Known, draft: MessageDraft) -> dict[str, Any]:
    contact = draft.contact
    if draft.touch_number != 1 or draft.channel != "email" or contact is None:
        raise LeftOut("only first mails make cases of QC")
    book = load_playbook(contact.prospect.playbook)
    hidden = _anonymous(known, contact.account, contact.prospect, sender=True)
    subject, body = _checked(hidden, draft.subject_line or "", _without_sender(draft, book.sender.name))
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


def _without_sender(draft: MessageDraft, sender: str) -> str:
    book = load_playbook(draft.contact.prospect.playbook)
    return without_footer(draft.body, book.sender, draft.channel).removesuffix(sender).rstrip()


def _facts(session: Session, account_id: str) -> Sequence[ResearchFact]:
    query = select(ResearchFact).where(ResearchFact.account_id == account_id)
    return session.scalars(query.order_by(ResearchFact.created_at, ResearchFact.id)).all()


def _fact(hidden: Anonymous, number: int, fact: ResearchFact) -> dict[str, Any]:
    sentence, quote = _checked(hidden, fact.sentence, fact.quote)
    day = (fact.observed_on or fact.created_at.date()).isoformat()
    return {"id": f"f{number}", "field": fact.field, "sentence": sentence, "quote": quote, "observed_on": day}


def _drafts(session: Session, known: Known, start: datetime) -> Found:
    decided = select(Approval).where(Approval.decision.in_(("edit", "reject")), Approval.decided_at >= start)
    seen: set[str] = set()
    for approval in session.scalars(decided.order_by(Approval.decided_at, Approval.id)):
        if approval.draft_id not in seen:
            seen.add(approval.draft_id)
            yield approval.draft_id, lambda d=approval.draft: _draft(session, known, d)  # type: ignore[misc]


def _draft(session: Session, known: Known, draft: MessageDraft) -> dict[str, Any]:
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
    numbers = {fact.id: f"f{n}" for n, fact in enumerate(facts, start=1)}
    cited = [numbers[c["fact_id"]] for c in final.claims if c["fact_id"] in numbers]
    sender = book.sender.name
    body = [_plain(v, draft, sender) for v in (before[0], final)]
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


def _plain(version: MessageVersion, draft: MessageDraft, sender: str) -> str:
    book = load_playbook(draft.contact.prospect.playbook)
    return without_footer(version.body, book.sender, draft.channel).removesuffix(sender).rstrip()


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


SOURCES: Final[dict[str, Callable[[Session, Known, datetime], Found]]] = {
    "reply_triage": _replies,
    "hygiene_duplicates": _duplicates,
    "qc": _overrides,
    "drafting": _drafts,
}
"""By suite, where its corrections stand."""
