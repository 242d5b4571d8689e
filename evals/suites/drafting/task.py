"""One message to one person, from rows of an organisation, a person and facts, through the graph of a touch: who is
due, the draft, QC, and where it waits for a decision. Judged by the draft's rows; its style by a judge
(evals/judging.py)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal

from langgraph.checkpoint.memory import InMemorySaver
from pydantic import Field
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from db.enums import FactField, LightingType
from db.models import (
    Account,
    AgentRun,
    Contact,
    Followup,
    MessageDraft,
    MessageVersion,
    Prospect,
    ResearchFact,
    ResearchSnapshot,
)
from db.queries.due import DueTouch, first_touches_due, followups_due
from evals.judge import AGENT as JUDGE
from evals.judge import STYLE, message_of, verdict_of
from evals.suites.sent import approved
from evals.tasks import Judgement, Mark, Part, Task
from evals.worlds import PERSON, World
from graphs.contact import build_contact_graph
from playbooks import load_playbook
from tools.drafting.drafts import with_footer, without_footer
from tools.hygiene.tidy import settle_people, tidy
from tools.normalise import person_name, tidy_person
from tools.outbox import mark_sent

TIER = "A2"
"""Its first two touches are mails."""


class Person(Part):
    """The recipient, as a list or an export has them."""

    first_name: str
    last_name: str
    title: str
    email: str


class Organisation(Part):
    """Whose people they are."""

    name: str
    city: str
    state: str
    current_lighting_type: LightingType | None = None


class GivenFact(Part):
    """A fact as research kept it. `about_organisation` is whom it is about, where that is somebody else: research keeps
    such a fact by mistake, from a page that speaks of both, so it stands with the others and is not marked."""

    id: str
    statement: str
    quote: str
    url: str
    date: date
    field: FactField
    about_organisation: str | None = None


class Earlier(Part):
    """The mail before a follow-up."""

    subject: str
    sent: date


class Input(Part):
    """Whom to write to, about what, on which day."""

    playbook: str
    touch: Literal["first", "follow-up"]
    today: date
    contact: Person
    organisation: Organisation
    facts: list[GivenFact]
    notes: str | None = None
    earlier: Earlier | None = None


class Expected(Part):
    """What a good message has; or that none is to be written. SOURCES.md says what each field means."""

    why: str
    greeting: str | None = None
    greeting_also: list[str] = Field(default=[])
    must_cite_one_of: list[str] = Field(default=[])
    must_not_mention: list[str] = Field(default=[])
    max_words: int | None = None
    no_draft: bool = False
    reason: str | None = None


async def run(world: World, given: Input) -> None:
    """Writes the rows, asks who is due, and runs the touch up to the person who decides."""
    world.now = _when(given.today)
    await world.write(lambda session: _arrange(session, given))
    due = await world.read(lambda session: _due(session, given))
    if due is not None:
        await world.invoke(
            "contact",
            lambda: build_contact_graph(world.machine, InMemorySaver()),
            due.state("", given.playbook) | {"root_run_id": None},
        )


def _when(day: date) -> datetime:
    return datetime.combine(day, time(15), UTC)


def _arrange(session: Session, given: Input) -> None:
    book = load_playbook(given.playbook)
    place, who = given.organisation, given.contact
    account = Account(name=place.name)
    prospect = Prospect(
        account=account,
        name=place.name,
        playbook=book.name,
        venue_type=_kind(given),
        city=place.city,
        state=place.state if place.state in ("OH", "IN", "KY", "PA", "IL") else "OTHER",
        current_lighting_type=place.current_lighting_type.value if place.current_lighting_type else None,
        status="scored",
        tier=TIER,
    )
    # Names as an import writes them.
    first, last = tidy_person(who.first_name, who.last_name) if who.first_name else person_name(who.last_name)
    contact = Contact(
        account=account,
        prospect=prospect,
        first_name=first,
        last_name=last,
        title=who.title,
        email=who.email,
        notes=given.notes,
    )
    snapshot = ResearchSnapshot(account=account, entity_type="company", summary="Researched before.")
    session.add_all([prospect, contact, snapshot])
    session.flush()
    for number, fact in enumerate(given.facts):
        session.add(
            ResearchFact(
                snapshot_id=snapshot.id,
                account_id=account.id,
                prospect_id=prospect.id,
                field=fact.field.value,
                sentence=fact.statement,
                quote=fact.quote,
                source_url=fact.url,
                observed_on=fact.date,
                confidence=4,
                fact_key=hashlib.sha256(f"{number}/{fact.id}".encode()).hexdigest(),
                created_at=_when(given.today) + timedelta(seconds=number),
            )
        )
    session.flush()
    # As hygiene leaves records behind: names tidied, titles classified.
    tidy(session, book, [prospect.id])
    settle_people(session, book, [prospect.id])
    if given.earlier is not None:
        _send_earlier(session, given, given.earlier, prospect, contact)


def _kind(given: Input) -> str:
    if given.playbook != "sports-lighting":
        return "company"
    college = re.search(r"\b(?:College|University|Institute)\b", given.organisation.name)
    return "college_d3" if college else "high_school_other"


def _send_earlier(session: Session, given: Input, earlier: Earlier, prospect: Prospect, contact: Contact) -> None:
    """The first touch, which told no fact, approved and sent on its day; what marks it as sent plans the next mail."""
    book = load_playbook(given.playbook)
    prospect.status, contact.stage = "ready_for_outreach", "drafted"
    session.flush()
    asked = "is this a matter for you, or for somebody else there?"
    body = f"Hi {contact.first_name},\n\n{asked}\n\nBest,\n{book.sender.name}"
    draft = approved(session, contact, earlier.subject, with_footer(body, book.sender, "email"))
    mark_sent(session, draft.id, _when(earlier.sent), PERSON, book.sender)
    # The day of the next touch is the playbook's; that it has come is given.
    session.execute(update(Followup).values(due_date=given.today))


def _due(session: Session, given: Input) -> DueTouch | None:
    book = load_playbook(given.playbook)
    if given.touch == "first":
        due = first_touches_due(session, book.name, book.draft_tiers, book.contact_personas, limit=1, today=given.today)
    else:
        due = followups_due(session, book.name, today=given.today, limit=1)
    return due[0] if due else None


async def rate(world: World, given: Input) -> None:
    """Asks the judge about the style of what waits for a decision."""
    message = await world.read(lambda session: _message(session, given))
    if message is not None:
        await world.rate(JUDGE, {"playbook": given.playbook, "message": message})


def _message(session: Session, given: Input) -> dict[str, Any] | None:
    draft = _draft(session, given)
    if draft is None or not draft.qc_passed:
        return None
    contact = draft.contact
    return message_of(
        touch=given.touch,
        contact=f"{contact.full_name}, {contact.title}",
        organisation=contact.prospect.name,
        facts=[fact.statement for fact in given.facts],
        subject=draft.subject_line or "",
        body=without_footer(draft.body, load_playbook(given.playbook).sender, draft.channel),
    )


def _draft(session: Session, given: Input) -> MessageDraft | None:
    first = given.touch == "first"
    where = MessageDraft.touch_number == 1 if first else MessageDraft.touch_number > 1
    return session.scalars(select(MessageDraft).where(where)).one_or_none()


async def state(world: World, given: Input) -> dict[str, Any]:
    """The draft as its rows have it; why there is none; what the judge said."""
    book = load_playbook(given.playbook)

    def read(session: Session) -> dict[str, Any]:
        draft = _draft(session, given)
        steps = session.execute(
            select(AgentRun.agent_name, AgentRun.error_message)
            .where(AgentRun.run_type != JUDGE.run_type)
            .order_by(AgentRun.started_at, AgentRun.id)
        ).all()
        found: dict[str, Any] = {
            "due": bool(steps),
            "ended": next((f"{s.agent_name}: {s.error_message}" for s in reversed(steps) if s.error_message), None),
            "draft": None,
            "verdict": verdict_of(session),
        }
        if draft is None:
            return found
        rows = session.scalars(select(ResearchFact)).all()
        numbers = {row.id: fact.id for row in rows for fact in given.facts if row.sentence == fact.statement}
        claims = session.scalars(
            select(MessageVersion.claims).where(
                MessageVersion.draft_id == draft.id, MessageVersion.version == draft.version
            )
        ).one()
        body = without_footer(draft.body, book.sender, draft.channel)
        found["draft"] = {
            "subject": draft.subject_line,
            "body": body,
            "versions": draft.version,
            "waits": bool(draft.qc_passed) and draft.approval_status == "draft",
            "claims": [{"sentence": c["sentence"], "fact": numbers.get(c["fact_id"])} for c in claims],
            "blocked_by": [f"{f['rule']}: {f['message']}" for f in draft.qc_flags or [] if f["severity"] == "block"],
        }
        return found

    return await world.read(read)


def judge(given: Input, expected: Expected, got: Mapping[str, Any]) -> Judgement:  # noqa: ARG001
    """Checks what can be checked without taste."""
    draft = got["draft"]
    waits = draft is not None and draft["waits"]
    if expected.no_draft:
        wrong = (f"a draft waits, and none should: {expected.reason}",) if waits else ()
        return Judgement({"held_back": not waits}, wrong)
    if not waits:
        why = (
            "; ".join(draft["blocked_by"])
            if draft
            else got["ended"] or ("no step wrote one" if got["due"] else "nobody is due")
        )
        return Judgement({"written": False}, (f"no draft waits: {why}",))
    body, text = draft["body"], f"{draft['subject'] or ''}\n{draft['body']}"
    names = [expected.greeting or "", *expected.greeting_also]
    greeted = _greeted(body)
    cited = {claim["fact"] for claim in draft["claims"]}
    astray = [c["sentence"] for c in draft["claims"] if c["fact"] is None or c["sentence"] not in body]
    said = [words for words in expected.must_not_mention if _mentions(text, words, names)]
    words, asks = len(body.split()), body.count("?")
    blank = re.findall(r"\{\{.*?\}\}|\[[A-Za-z _]+\]", text)
    checks: dict[str, list[str]] = {
        "greeting": [] if greeted in names else [f"it greets {greeted!r}, not {expected.greeting!r}"],
        "grounded": [f"a claim rests on nothing: {s}" for s in astray]
        + (
            []
            if cited & set(expected.must_cite_one_of)
            else [f"it cites {sorted(map(str, cited))}, none of {expected.must_cite_one_of}"]
        ),
        "kept_out": [f"it says {words!r}" for words in said],
        "length": [] if words <= (expected.max_words or words) else [f"{words} words, more than {expected.max_words}"],
        "one_ask": [] if asks == 1 else [f"{asks} questions, not one"],
        "complete": [f"left unfilled: {each}" for each in blank],
    }
    marks: dict[str, Mark] = {"written": True, **{name: not wrong for name, wrong in checks.items()}}
    if got["verdict"] is not None:
        marks[STYLE] = bool(got["verdict"]["good"])
    return Judgement(marks, tuple(each for wrong in checks.values() for each in wrong))


def _greeted(body: str) -> str:
    first = body.strip().splitlines()[0] if body.strip() else ""
    return re.sub(r"^(?:Hi|Hello|Dear|Hey|Good (?:morning|afternoon))\s+", "", first).rstrip(" ,:.!")


def _mentions(text: str, words: str, names: list[str]) -> bool:
    """Whether these words are said, whatever their case; one in capitals only, and another spelling of the name to
    greet by, as they are written."""
    as_written = words.isupper() or words.rstrip(",").casefold() in {name.casefold() for name in names}
    return words in text if as_written else words.casefold() in text.casefold()


def reads(row: dict[str, Any]) -> dict[str, Any]:
    """The case, tagged by which half it is in: general mistakes were mended by the odd ones alone. One that was added
    later (`outreach eval harvest`) is in neither."""
    number = re.fullmatch(r"drf-(\d+)", str(row["id"]))
    if number is None:
        return row
    half = "tuning" if int(number[1]) % 2 else "held-out"
    return {**row, "tags": [*row.get("tags", []), half]}


TASK = Task(Input, Expected, run=run, found=state, judge=judge, rate=rate, reads=reads)
