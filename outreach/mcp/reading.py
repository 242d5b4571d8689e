"""What an assistant may look up."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from db.models import Contact, MessageDraft, Touchpoint
from db.queries.funnel import funnels
from db.queries.inbox import ANY, lines
from db.queries.reading import read_draft
from db.queries.runs import find_run, list_runs, load_tree
from outreach.runs_view import run_json
from outreach.screens.inbox import as_row
from tools.drafting.drafts import facts_about

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from db.queries.runs import RunNode

STATES = ("waiting", "stopped", "skipped", "held", "working", "approved")
_DEEPEST = 4


def person(session: Session, contact_id: str) -> dict[str, Any]:
    """A person with their organisation, what is known of it, and what was written. Raises LookupError."""
    contact = session.get(Contact, contact_id)
    if contact is None or contact.deleted_at is not None:
        raise LookupError(f"There is no person {contact_id}: find_people gives the ids.")
    prospect = contact.prospect
    drafts = session.scalars(
        select(MessageDraft).where(MessageDraft.contact_id == contact.id).order_by(MessageDraft.touch_number)
    )
    touches = session.scalars(
        select(Touchpoint).where(Touchpoint.contact_id == contact.id).order_by(Touchpoint.sent_at)
    )
    return {
        "contact_id": contact.id,
        "full_name": contact.full_name,
        "title": contact.title,
        "persona": contact.persona_type,
        "email": contact.email,
        "email_verified": contact.email_verified,
        "stage": contact.stage,
        "status": contact.status,
        "do_not_contact": contact.do_not_contact,
        "organisation": {
            "prospect_id": prospect.id,
            "name": prospect.name,
            "city": prospect.city,
            "state": prospect.state,
            "playbook": prospect.playbook,
            "tier": prospect.tier,
            "score": prospect.icp_score,
            "status": prospect.status,
        },
        "facts": [
            {
                "fact_id": fact.id,
                "field": fact.field,
                "sentence": fact.sentence,
                "quote": fact.quote,
                "source": fact.source_title or fact.source_url,
                "observed_on": fact.observed_on,
            }
            for fact in facts_about(session, contact.account_id, contact.id)
        ],
        "drafts": [
            {
                "draft_id": draft.id,
                "touch": draft.touch_number,
                "version": draft.version,
                "status": draft.approval_status,
                "qc_passed": draft.qc_passed,
                "subject": draft.subject_line,
            }
            for draft in drafts
        ],
        "touches": [
            {"sent_at": touch.sent_at, "channel": touch.channel, "touch": touch.touch_number, "outcome": touch.outcome}
            for touch in touches
        ],
    }


def funnel(session: Session, playbook: str | None) -> list[dict[str, Any]]:
    """Where everything stands, by playbook."""
    return [
        {**asdict(one), "tiers": {name or "none": count for name, count in one.tiers.items()}}
        for one in funnels(session, () if playbook is None else (playbook,))
    ]


def drafts(session: Session, state: Any, limit: int) -> list[dict[str, Any]]:
    """The messages in one state, a line each."""
    names = ("draft_id", "contact_id", "person", "organisation", "tier", "score", "touch_number", "version", "subject")
    return [
        {**{name: getattr(line, name) for name in names}, "note": line.note, "warnings": line.warnings}
        for line in lines(session, ANY, states=(state,))[:limit]
    ]


def draft(session: Session, draft_id: str) -> dict[str, Any]:
    """One message with its research, its checks and its versions. Raises LookupError."""
    if session.get(MessageDraft, draft_id) is None:
        raise LookupError(f"There is no draft {draft_id}: list_drafts gives the ids.")
    # Without the hash: it is what a decision must name, and no decision is taken here.
    return {name: value for name, value in as_row(read_draft(session, draft_id)).items() if name != "hash"}


def runs(session: Session, limit: int) -> list[dict[str, Any]]:
    """The newest runs, without what is below them."""
    return [
        {name: value for name, value in run_json(node).items() if name != "children"}
        for node in list_runs(session, limit=limit)
    ]


def run(session: Session, reference: str) -> dict[str, Any]:
    """A run with its steps, without what went in and out of them. Raises RunNotFound, a LookupError."""
    tree = load_tree(session, find_run(session, reference))
    _prune(tree, _DEEPEST)
    return run_json(tree)


def _prune(node: RunNode, depth: int) -> None:
    node.children = node.children if depth else []
    for child in node.children:
        _prune(child, depth - 1)
