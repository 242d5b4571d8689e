"""The researcher: what is known about one organisation, each fact with its source and the words it rests on."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from agents.agent import Briefing, Done, State, ToolAgent, Work
from agents.researcher_policy import policy
from db.lifecycle import move_contact, move_prospect
from db.models import Account, Contact, Prospect, ResearchFact, ResearchSnapshot
from db.queries.together import with_organisation
from tools.context import Source, ToolContext
from tools.journal import activity, note, running_note
from tools.research.facts import RESEARCH_TOOLS
from tools.research.fields import fill_prospect, person_snapshot
from tools.research.no_need import no_need
from tools.research.sources import load_sources, on_file_since
from tools.web.access import NO_SEARCH, NO_WEB
from tools.web.given import given
from tools.web.picker import Picker, host_of
from tools.web.research_sources import kept_pages
from tools.web.run_pages import ACTION as PAGES_READ
from tools.web.run_pages import RunPages, Whom
from tools.web.sites import site_of
from tools.wording import spoken_name

SHORT = 2_000
_NEWS = {"recent_activity": "news", "company_news": "news"}
"""What a search engine is asked for beside the name, for kinds of facts that any playbook looks for."""
TEXT_FIELDS = (
    "responsibilities",
    "recent_activity",
    "company_products",
    "company_metrics",
    "company_news",
    "hiring_signals",
)
LIST_FIELDS = ("career_history", "tech_stack_signals", "pain_indicators")


def _oldest(work: Work) -> datetime:
    """From when on research is young enough to be used again."""
    return work.now() - timedelta(days=work.playbook.limits.snapshot_days)


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Lists the sources and the pages on offer; no model is asked where a snapshot is young enough to be used again."""
    account_id, prospect_id = state["account_id"], state["prospect_id"]
    oldest = _oldest(work)

    def fresh(session: Session) -> str | None:
        return session.scalar(_young(), {"account": account_id, "oldest": oldest})

    if known := await work.db.read(fresh):
        facts, why = await work.db.write(lambda session: _finish(session, work, state, known, reused=True))
        return Done({"snapshot_id": known, "facts": facts}, decisions=[{"reused_snapshot": known}], partial=why)

    pages = await _pages(work, state, oldest)

    def begin(session: Session) -> tuple[str, Briefing]:
        _near = with_organisation(session, state["contact_id"])  # what is held is not asked for again
        prospect = session.get_one(Prospect, prospect_id)
        sources = load_sources(session, account_id)
        names, first = names_of(prospect), len(sources) + 1
        if pages is not None and pages.restore(session):
            sources += kept_pages(session, account_id, names, urls=pages.kept, first=first)
        else:
            kept = kept_pages(session, account_id, names, seen_since=oldest, first=first)
            sources += kept
            if pages is not None:
                pages.kept, pages.first = [page.url or "" for page in kept], first + len(kept)
                pages.save(session)
        snapshot_id = work.run_id  # one snapshot for one run of the researcher, however often that run is repeated
        if session.get(ResearchSnapshot, snapshot_id) is None:
            session.add(
                ResearchSnapshot(id=snapshot_id, account_id=account_id, entity_type="company", agent_run_id=work.run_id)
            )
        context = ToolContext(
            db=work.db,
            playbook=work.playbook,
            run_id=work.run_id,
            account_id=account_id,
            prospect_id=prospect_id,
            contact_id=state["contact_id"],
            snapshot_id=snapshot_id,
            sources=sources,
            pages=pages,
            names=names,
        )
        material: dict[str, Any] = {
            "wanted": work.playbook.need_fact_fields,
            "openings_wanted": work.playbook.research.openings,
            "offers": [s.text for s in work.playbook.statements_of("value", None)],
            "organisation": prospect.name,
            "sources": [_listed(source) for source in context.sources],
        }
        if pages is not None:
            material |= {"pages": pages.choices(), "left": pages.picker.left}
        return snapshot_id, Briefing(material, context)

    snapshot_id, briefing = await work.db.write(begin)
    briefing.memo.update(snapshot_id=snapshot_id, pages=pages)
    return briefing


async def _pages(work: Work, state: State, oldest: datetime) -> RunPages | None:
    """The pages of this run, as far as they are on offer before one is read; None where the web is off."""
    work_web = work.web
    if work_web is None:
        return None

    def look(session: Session) -> tuple[Picker, Whom, str, bool]:
        prospect = session.get_one(Prospect, state["prospect_id"])
        names, gifts = names_of(prospect), given(session, prospect.account_id)
        home = website_of(prospect.account)
        own = [home] if home else []
        own += [url for url, own_site in gifts if own_site]
        kept = {page.url or "" for page in kept_pages(session, prospect.account_id, names, seen_since=oldest)}
        picker = Picker(work_web.fetcher, names, frozenset(site_of(host_of(url)) for url in own), kept=kept)
        picker.offer(((url, "given by a person") for url, _ in gifts), same_site=False)
        if home:
            picker.offer([(home, "the organisation's own website")], same_site=False)
        personas = tuple(work.playbook.contact_personas)
        whom = Whom(work.run_id, prospect.account_id, prospect.id, state["contact_id"], names, personas)
        begun = running_note(session, run_id=work.run_id, agent="researcher", action=PAGES_READ) is not None
        return picker, whom, " ".join(part for part in (f'"{names[0]}"', prospect.city) if part), begun

    picker, whom, query, begun = await work.db.read(look)
    pages = RunPages(work.db, work_web, whom, picker)
    if not begun:
        asked = {**_NEWS, **work.playbook.research.search}
        words = (asked.get(field, "") for field in work.playbook.need_fact_fields)
        await pages.look_up(" ".join([query, *words]).strip())
    return pages


def names_of(prospect: Prospect) -> tuple[str, ...]:
    """What an organisation is called, first as one says it."""
    spoken = (spoken_name(prospect.name), spoken_name(prospect.account.name))
    return tuple(dict.fromkeys([*spoken, prospect.name, prospect.account.name]))


def website_of(account: Account) -> str:
    """Where an organisation's own website begins, by its record; '' where that has none. Fetching checks it."""
    address = (account.website_url or account.domain or "").strip()
    return address if not address or "://" in address else f"https://{address}"


def _listed(source: Source) -> dict[str, Any]:
    """A source as the model is told of it: a short one at once, a long one only by name, to be read if wanted."""
    short = {"text": source.text} if len(source.text) <= SHORT else {"characters": len(source.text)}
    stated = {"stated": [asdict(fact) for fact in source.page.stated]} if source.page else {}
    return {"number": source.number, "title": source.title, **short, **stated}


def without_use(context: ToolContext) -> frozenset[str]:
    """A model that is offered what there is nothing to do with tries it, a small one until its calls are used up."""
    if context.pages is not None:
        return frozenset()
    long = any(len(source.text) > SHORT for source in context.sources)
    return frozenset({"read_page"} if long else {"read_page", "read_source"})


async def conclude(work: Work, state: State, briefing: Briefing) -> Done:
    """Fills the snapshot from the kept facts and moves the prospect on."""
    snapshot_id: str = briefing.memo["snapshot_id"]
    pages: RunPages | None = briefing.memo["pages"]
    usable, why = await work.db.write(lambda session: _finish(session, work, state, snapshot_id, reused=False))
    sources = [source.url or source.title for source in briefing.context.sources] if briefing.context else []
    outputs: dict[str, Any] = {"usable_facts": usable, "web": NO_WEB}
    if pages is not None:
        sources = list(dict.fromkeys([*sources, *pages.sources]))
        outputs |= {"web": "searched" if pages.web.search else NO_SEARCH, "people_suggested": pages.people}
    return Done(
        {"snapshot_id": snapshot_id, "facts": usable},
        outputs=outputs,
        decisions=[*pages.picker.record(), *pages.failed] if pages is not None else [],
        sources=sources,
        processed=1,
        partial=why,
    )


def _finish(session: Session, work: Work, state: State, snapshot_id: str, *, reused: bool) -> tuple[int, str | None]:
    """How many facts a first message could open with; where there are none, why nothing is written."""
    _near = with_organisation(session, state["contact_id"])  # what is held is not asked for again
    facts = session.scalars(_facts(), {"account": state["account_id"], "snapshot": snapshot_id}).all()
    prospect, contact = session.get_one(Prospect, state["prospect_id"]), session.get_one(Contact, state["contact_id"])
    # What is looked up below is nothing that was changed here: it need not be written before each look.
    with session.no_autoflush:
        if not reused:
            snapshot, account = (
                session.get_one(ResearchSnapshot, snapshot_id),
                session.get_one(Account, state["account_id"]),
            )
            _fill(snapshot, facts)
            fill_prospect(session, prospect, facts, work.run_id, work.now().date())
            account.research_freshness = work.now().date()
            _tell(session, work, prospect, len(facts))
        person_snapshot(session, contact, work.run_id, _oldest(work))
    why = no_need(work.playbook, prospect, facts, work.now().date())
    usable = 0 if why else sum(fact.field in work.playbook.need_fact_fields for fact in facts)
    if usable:
        for status in ("needs_research", "research_complete"):
            if prospect.status in ("scored", "needs_research") and prospect.status != status:
                move_prospect(session, prospect, status)
        move_contact(session, contact, "researched")
    else:
        move_prospect(session, prospect, "nurture", why)
    return usable, why or (None if usable else "no fact that a first message could open with")


@cache
def _facts() -> Select[ResearchFact]:
    return (
        select(ResearchFact)
        .where(ResearchFact.account_id == bindparam("account"), ResearchFact.snapshot_id == bindparam("snapshot"))
        .order_by(ResearchFact.created_at, ResearchFact.id)
    )


@cache
def _young() -> Select[str]:
    """The newest snapshot of an organisation that can be used again: nothing has come in about it since."""
    return (
        select(ResearchSnapshot.id)
        .where(
            ResearchSnapshot.account_id == bindparam("account"),
            ResearchSnapshot.contact_id.is_(None),
            ResearchSnapshot.created_at > bindparam("oldest"),
            ResearchSnapshot.summary.is_not(None),
            ~on_file_since(bindparam("account"), ResearchSnapshot.created_at),
        )
        .order_by(ResearchSnapshot.created_at.desc())
        .limit(1)
    )


def _fill(snapshot: ResearchSnapshot, rows: Sequence[ResearchFact]) -> None:
    snapshot.summary = " ".join(fact.sentence for fact in rows) or "Nothing is known about it beyond its name."
    snapshot.headline = rows[0].sentence if rows else None
    for name in TEXT_FIELDS:
        setattr(snapshot, name, " ".join(f.sentence for f in rows if f.field == name) or None)
    for name in LIST_FIELDS:
        setattr(snapshot, name, [f.sentence for f in rows if f.field == name] or None)
    snapshot.sources = sorted({fact.source_url or fact.source_title or "" for fact in rows} - {""})
    snapshot.confidence_score = min((fact.confidence for fact in rows), default=1)


def _tell(session: Session, work: Work, prospect: Prospect, count: int) -> None:
    prospect.research_notes = f"{count} facts kept." if count else "No fact found."
    activity(
        session,
        run_id=work.run_id,
        agent="researcher",
        type="research_completed",
        prospect_id=prospect.id,
        description=prospect.research_notes,
    )
    note(
        session,
        run_id=work.run_id,
        agent="researcher",
        action="research_completed",
        prospect_id=prospect.id,
        details={"facts": count, "snapshot_id": work.run_id},
    )


AGENT = ToolAgent(
    name="researcher",
    run_type="research",
    tools=RESEARCH_TOOLS,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
    must_call=frozenset({"save_facts", "save_hypothesis"}),
    without_use=without_use,
)
