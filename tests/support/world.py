"""What the tables say, without ids and times: two runs that did the same have the same world."""

from collections import Counter
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.models import (
    Account,
    Activity,
    AgentAuditLog,
    AgentRun,
    Contact,
    ExternalId,
    MessageDraft,
    MessageVersion,
    OutreachSequence,
    Prospect,
    ProspectScore,
    ResearchFact,
    ResearchSnapshot,
)


def world(session: Session) -> dict[str, Any]:
    """The state that a run leaves behind, comparable between databases."""
    return {
        "accounts": sorted(session.scalars(select(Account.name))),
        "prospects": sorted(
            session.execute(select(Prospect.name, Prospect.status, Prospect.tier, Prospect.icp_score)).all()
        ),
        "contacts": sorted(
            (name, title or "", stage, status)
            for name, title, stage, status in session.execute(
                select(Contact.full_name, Contact.title, Contact.stage, Contact.status)
            )
        ),
        "external_ids": Counter(session.scalars(select(ExternalId.source))),
        "scores": Counter(session.scalars(select(ProspectScore.dimension))),
        "snapshots": session.scalar(select(func.count()).select_from(ResearchSnapshot)),
        "facts": sorted(session.scalars(select(ResearchFact.sentence))),
        "sequences": session.scalar(select(func.count()).select_from(OutreachSequence)),
        "drafts": sorted(
            (name, version, bool(ok), status)
            for name, version, ok, status in session.execute(
                select(
                    Contact.full_name, MessageDraft.version, MessageDraft.qc_passed, MessageDraft.approval_status
                ).join(Contact, Contact.id == MessageDraft.contact_id)
            )
        ),
        "versions": sorted(
            session.execute(
                select(Contact.full_name, MessageVersion.version, MessageVersion.reason)
                .join(MessageDraft, MessageDraft.id == MessageVersion.draft_id)
                .join(Contact, Contact.id == MessageDraft.contact_id)
            ).all()
        ),
        "journal": Counter(session.scalars(select(AgentAuditLog.action))),
        "activities": Counter(session.scalars(select(Activity.type))),
    }


def run_problems(session: Session) -> list[str]:
    """What is wrong with the tree of runs: orphans, steps that were left open, steps that stand twice."""
    rows = session.scalars(select(AgentRun)).all()
    ids = {row.id for row in rows}
    problems = [
        f"{r.id} has no parent {r.parent_run_id}" for r in rows if r.parent_run_id and r.parent_run_id not in ids
    ]
    problems += [f"{r.run_type} {r.id} is still running" for r in rows if r.status == "running"]
    problems += [f"{r.run_type} {r.id}: {r.error_message}" for r in rows if r.status == "error"]
    # A run of the orchestrator, or of `outreach send`, is the root of its tree.
    roots = {("orchestrate", r.trigger) for r in rows} | {("dispatch", "manual")}
    orphans = [r for r in rows if r.parent_run_id is None and (r.run_type, r.trigger) not in roots]
    return problems + [f"{r.run_type} {r.id} belongs to no run" for r in orphans]
