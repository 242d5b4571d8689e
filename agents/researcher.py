"""The researcher: what is known about one organisation, each fact with its source and the words it rests on."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agents.base import Briefing, Done, State, ToolAgent, Work
from agents.researcher_policy import policy
from db.lifecycle import move_contact, move_prospect
from db.models import Account, Contact, Prospect, ResearchFact, ResearchSnapshot
from tools.context import Source, ToolContext
from tools.facts import RESEARCH_TOOLS
from tools.journal import activity, note
from tools.sources import load_sources

SHORT = 2_000
TEXT_FIELDS = (
    "responsibilities",
    "recent_activity",
    "company_products",
    "company_metrics",
    "company_news",
    "hiring_signals",
)
LIST_FIELDS = ("career_history", "tech_stack_signals", "pain_indicators")


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Lists the sources; no model is asked where a snapshot is young enough to be used again."""
    account_id, prospect_id = state["account_id"], state["prospect_id"]
    oldest = datetime.now(UTC) - timedelta(days=work.playbook.limits.snapshot_days)

    def fresh(session: Session) -> str | None:
        snapshot = session.scalars(
            select(ResearchSnapshot)
            .where(
                ResearchSnapshot.account_id == account_id,
                ResearchSnapshot.contact_id.is_(None),
                ResearchSnapshot.created_at > oldest,
                ResearchSnapshot.summary.is_not(None),
            )
            .order_by(ResearchSnapshot.created_at.desc())
        ).first()
        return snapshot.id if snapshot else None

    if known := await work.db.read(fresh):
        facts = await work.db.write(lambda session: _finish(session, work, state, known, reused=True))
        return Done({"snapshot_id": known, "facts": facts}, decisions=[{"reused_snapshot": known}])

    def begin(session: Session) -> tuple[str, Briefing]:
        prospect = session.get_one(Prospect, prospect_id)
        sources = load_sources(session, account_id)
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
            snapshot_id=snapshot_id,
            sources=sources,
        )
        material = {
            "organisation": prospect.name,
            "sources": [_listed(source) for source in sources],
            "offers": [s.text for s in work.playbook.statements_of("value", None)],
        }
        return snapshot_id, Briefing(material, context)

    snapshot_id, briefing = await work.db.write(begin)
    briefing.memo["snapshot_id"] = snapshot_id
    return briefing


def _listed(source: Source) -> dict[str, Any]:
    """A source as the model is told of it: a short one at once, a long one only by name, to be read if wanted."""
    short = {"text": source.text} if len(source.text) <= SHORT else {"characters": len(source.text)}
    return {"number": source.number, "title": source.title, **short}


async def conclude(work: Work, state: State, briefing: Briefing) -> Done:
    """Fills the snapshot from the kept facts and moves the prospect on."""
    snapshot_id: str = briefing.memo["snapshot_id"]
    usable = await work.db.write(lambda session: _finish(session, work, state, snapshot_id, reused=False))
    sources = briefing.context.sources if briefing.context else ()
    return Done(
        {"snapshot_id": snapshot_id, "facts": usable},
        outputs={"usable_facts": usable},
        sources=[source.url or source.title for source in sources],
        processed=1,
        partial=None if usable else "no fact that a first message could open with",
    )


def _finish(session: Session, work: Work, state: State, snapshot_id: str, *, reused: bool) -> int:
    facts = session.scalars(
        select(ResearchFact)
        .where(ResearchFact.account_id == state["account_id"], ResearchFact.snapshot_id == snapshot_id)
        .order_by(ResearchFact.created_at, ResearchFact.id)
    ).all()
    prospect = session.get_one(Prospect, state["prospect_id"])
    if not reused:
        _fill(session.get_one(ResearchSnapshot, snapshot_id), facts)
        session.get_one(Account, state["account_id"]).research_freshness = datetime.now(UTC).date()
        _tell(session, work, prospect, len(facts))
    usable = sum(fact.field in work.playbook.need_fact_fields for fact in facts)
    if usable:
        for status in ("needs_research", "research_complete"):
            if prospect.status in ("scored", "needs_research") and prospect.status != status:
                move_prospect(session, prospect, status)
        move_contact(session, session.get_one(Contact, state["contact_id"]), "researched")
    else:
        move_prospect(session, prospect, "nurture")
    return usable


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
)
