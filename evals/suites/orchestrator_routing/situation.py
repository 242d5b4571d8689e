"""A case's situation as rows: organisations, their people, what was written to them and what they answered. Whatever
came before is written by the functions that would have written it: sending, taking in, triage, pausing."""

import hashlib
from datetime import UTC, date, datetime, time, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Literal

from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from agents.parts import Part as RunPart
from db.enums import ContactStage, ContactStatus, FactField, ProspectStatus, ProspectTier, ReplyIntent
from db.models import (
    Account,
    AgentRun,
    Batch,
    BatchProspect,
    Contact,
    Delivery,
    Followup,
    IcpScore,
    InboundMessage,
    Prospect,
    ProspectScore,
    ReferralSuggestion,
    ResearchFact,
    ResearchSnapshot,
    Suppression,
)
from db.models.inbound import BY_PERSON
from db.suppressions import suppress_address
from evals.suites.sent import approved, drafted
from evals.tasks import Part
from evals.worlds import PERSON
from playbooks import Playbook, load_playbook
from tools.drafting.drafts import with_footer
from tools.hygiene.tidy import settle_people, tidy
from tools.outbox import mark_sent
from tools.replies.effects import Verdict, record_reply
from tools.replies.intake import take_in
from tools.research.suggestions import accept
from tools.scoring import score_prospects
from tools.sequences import pause, stop

_FACTS = {
    "sports-lighting": ("The stadium of {name} opened in 1962.", FactField.FACILITY),
    "qa-software": ("{name} is hiring two test automation engineers.", FactField.HIRING_SIGNALS),
}


class Answer(Part):
    """What somebody wrote back. With `text` it lies there unread, and the run reads it; with `intent` it was read
    before, and this is what it was taken for."""

    on: date
    text: str | None = None
    intent: ReplyIntent | None = None
    confidence: float = 0.9
    later: date | None = None
    from_address: str | None = None
    vouched: bool = False
    handled: bool = False
    automatic: bool = False
    names: str | None = None


class Person(Part):
    """Somebody at an organisation. `mail` is the first mail to them, if there is one, and `sent_on` its day; `email`
    null: none is known. `taken_in`: a colleague named them, and a person accepted it."""

    name: str
    title: str
    email: str | None = "theirs"
    email_checked: bool | None = None
    stage: ContactStage = ContactStage.NEW
    status: ContactStatus = ContactStatus.ACTIVE
    mail: Literal["waiting", "approved", "sent"] | None = None
    sent_on: date | None = None
    followup_due: date | None = None
    sequence: Literal["running", "paused", "stopped"] = "running"
    answer: Answer | None = None
    named_by: str | None = None
    deleted: bool = False


class Organisation(Part):
    """Whose people they are. `fact` says whether anything is on file that a message could begin with."""

    name: str
    people: list[Person]
    status: ProspectStatus = ProspectStatus.SCORED
    tier: ProspectTier | None = ProspectTier.A2
    score: int = 60
    fact: bool = True
    playbook: str | None = None
    deleted: bool = False


class Decide(Part):
    """What a person decides on the mail to somebody. An edit replaces `words` by `with_words`, or puts `with_words`
    above the whole."""

    decide: Literal["approve", "edit", "reject", "skip", "do_not_contact", "revoke"]
    person: str
    reason: str | None = None
    until: date | None = None
    words: str | None = None
    with_words: str | None = None


class Run(Part):
    """`outreach run`, with `--only`, `--limit` and `--batch`."""

    run: list[RunPart] = Field(default=[])
    limit: int | None = None
    batch: bool = False


class Input(Part):
    """The situation, and what is done about it, one thing after another."""

    playbook: str = "sports-lighting"
    today: date
    organisations: list[Organisation]
    suppressed: list[str] = Field(default=[])
    batch: list[str] = Field(default=[])
    do: list[Run | Decide]


def noon(day: date) -> datetime:
    """That day, at a time when it is the same day everywhere that matters."""
    return datetime.combine(day, time(15), UTC)


def arrange(session: Session, given: Input) -> None:
    """Writes the situation."""
    people: dict[str, Contact] = {}
    for place in given.organisations:
        _organisation(session, given, place, people)
    for value in given.suppressed:
        if "@" in value:
            suppress_address(session, value, reason="asked not to be written to", source="eval")
        else:
            session.add(Suppression(kind="domain", value=value, source="eval"))
    if given.batch:
        batch = Batch(batch_number=1, created_date=given.today, status="ready", prospect_count=len(given.batch))
        session.add(batch)
        session.flush()
        for position, name in enumerate(given.batch, start=1):
            session.add(BatchProspect(batch_id=batch.id, contact_id=people[name].id, position_in_batch=position))
    session.flush()
    _score(session, given)
    for place in given.organisations:
        for person in place.people:
            people[person.name].deleted_at = noon(given.today) if person.deleted else None


def _organisation(session: Session, given: Input, place: Organisation, people: dict[str, Contact]) -> None:
    book = load_playbook(place.playbook or given.playbook)
    account = Account(name=place.name)
    prospect = Prospect(
        account=account,
        name=place.name,
        playbook=book.name,
        venue_type="company" if book.name == "qa-software" else "college_d3",
        city="Akron",
        state="OH",
        status=place.status.value,
        tier=place.tier.value if place.tier else None,
        icp_score=place.score if place.tier else None,
        deleted_at=noon(given.today) if place.deleted else None,
    )
    snapshot = ResearchSnapshot(account=account, entity_type="company", summary="Researched before.")
    session.add_all([prospect, snapshot])
    session.flush()
    if place.fact:
        sentence, field = _FACTS[book.name]
        session.add(
            ResearchFact(
                snapshot_id=snapshot.id,
                account_id=account.id,
                prospect_id=prospect.id,
                field=field.value,
                sentence=sentence.format(name=place.name),
                quote=sentence.format(name=place.name),
                source_url="https://news.example/about",
                observed_on=given.today,
                confidence=4,
                fact_key=hashlib.sha256(prospect.id.encode()).hexdigest(),
            )
        )
    rows = [(person, _contact(person, prospect)) for person in place.people if not person.named_by]
    session.add_all([row for _, row in rows])
    session.flush()
    tidy(session, book, [prospect.id])
    settle_people(session, book, [prospect.id])
    for person, row in rows:
        people[person.name] = row
        _history(session, given, book, person, row)
    for person in place.people:
        if person.named_by:
            people[person.name] = _named(session, person, people[person.named_by])


def _score(session: Session, given: Input) -> None:
    """Has those with a tier scored, and gives them the tier of the case; nothing is to score after that."""
    scored = {place.name: place for place in given.organisations if place.tier is not None}
    step = AgentRun(run_type="hygiene", agent_name="hygiene", status="success")
    session.add(step)
    session.flush()
    for prospect in session.scalars(select(Prospect).where(Prospect.name.in_(scored))).all():
        place, status = scored[prospect.name], prospect.status
        score_prospects(session, load_playbook(prospect.playbook), [prospect.id], step.id, "hygiene")
        prospect.tier, prospect.icp_score, prospect.status = str(place.tier), place.score, status
    session.flush()
    later = datetime.now(UTC) + timedelta(hours=1)
    session.execute(update(ProspectScore).values(scored_at=later))
    session.execute(update(IcpScore).values(scored_at=later))


def address(person: Person, organisation: str) -> str | None:
    """The address that somebody has: the one given, or one of their organisation's."""
    if person.email != "theirs":
        return person.email
    return f"{person.name.lower().replace(' ', '.')}@{organisation.split()[0].lower()}.example"


def _contact(person: Person, prospect: Prospect) -> Contact:
    first, _, last = person.name.partition(" ")
    return Contact(
        account=prospect.account,
        prospect=prospect,
        first_name=first,
        last_name=last,
        title=person.title,
        email=address(person, prospect.name),
        email_verified=person.email_checked,
        stage=person.stage.value,
        status=person.status.value,
    )


def _history(session: Session, given: Input, book: Playbook, person: Person, row: Contact) -> None:
    """What was written to them, and what came back."""
    if person.mail is None:
        return
    row.stage = ContactStage.DRAFTED.value
    if row.prospect.status == ProspectStatus.SCORED.value:
        row.prospect.status = ProspectStatus.READY_FOR_OUTREACH.value
    text = f"Hi {row.first_name},\n\nIs this a matter for you, or for somebody else there?\n\nBest,\n{book.sender.name}"
    make = approved if person.mail in ("approved", "sent") else drafted
    draft = make(session, row, "A question", with_footer(text, book.sender, "email"))
    if person.mail == "sent":
        mark_sent(session, draft.id, noon(person.sent_on or given.today), PERSON, book.sender)
    if person.followup_due is not None:
        session.execute(
            update(Followup).where(Followup.contact_id == row.id).values(due_date=person.followup_due),
        )
    if person.answer is not None:
        answer(session, book, person.answer, row)
    sequence = draft.sequence
    if sequence is not None and person.sequence != "running":
        {"paused": pause, "stopped": stop}[person.sequence](session, sequence, noon(given.today))
    session.flush()


def answer(session: Session, book: Playbook, given: Answer, row: Contact) -> None:
    """Takes the answer in; where it was read already, what followed from that is done."""
    delivery = session.scalars(select(Delivery).where(Delivery.contact_id == row.id)).one()
    mail = EmailMessage()
    mail["From"], mail["To"] = given.from_address or row.email, book.sender.email
    mail["Subject"], mail["Date"] = "Re: A question", format_datetime(noon(given.on))
    mail["Message-ID"] = f"<answer-{row.id}@theirs.example>"
    mail["In-Reply-To"] = f"<{delivery.message_id}>"
    if given.automatic:
        mail["Auto-Submitted"] = "auto-replied"
    mail.set_content(given.text or "(read before)")
    taken = take_in(session, mail.as_bytes(), now=noon(given.on))
    inbound = session.get_one(InboundMessage, taken.inbound_id)
    if given.vouched:
        inbound.matched_by = BY_PERSON
    if given.intent is None:
        return
    step = AgentRun(run_type="reply_triage", agent_name="reply_triage", status="success")
    session.add(step)
    session.flush()
    verdict = Verdict(
        intent=given.intent.value,
        reply_tag="unknown",
        confidence=given.confidence,
        summary="As it was read.",
        referral_name=given.names,
        resume_date=given.later,
    )
    record_reply(session, inbound, verdict, step.id, noon(given.on), enough=book.limits.reply_confidence)
    if given.handled:
        session.flush()
        reply = inbound.reply
        assert reply is not None  # noqa: S101 (it was written a line above)
        reply.handled_at = noon(given.on)


def _named(session: Session, person: Person, beside: Contact) -> Contact:
    """Takes somebody in whom a colleague's answer names, as a person does."""
    row = session.scalars(select(ReferralSuggestion).where(ReferralSuggestion.contact_id == beside.id)).one()
    row.title = person.title
    row.email = address(person, beside.prospect.name)
    session.flush()
    return accept(session, row.id, by=PERSON)
