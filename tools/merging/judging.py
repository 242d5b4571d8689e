"""Doubtful pairs of organisations put before a model that may decide them: merge, keep apart, or leave to a person."""

import json
from collections.abc import Sequence
from typing import Any, Literal

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import ToolException
from sqlalchemy import select
from sqlalchemy.orm import Session

from db.actors import agent
from db.models import AgentAuditLog, ExternalId, HygieneFlag, Prospect
from db.stamps import utc_now
from tools.context import ToolContext
from tools.importing.cleaning import BY_NAME, OPENING
from tools.journal import note
from tools.merging.merge import CannotMerge
from tools.merging.organisations import FLAGGED, JUDGED
from tools.merging.unattended import merge_pair
from tools.research.sources import PAGES

Verdict = Literal["same", "different", "unsure"]


def questions(session: Session, playbook: str, most: int = 20) -> list[tuple[HygieneFlag, float]]:
    """The open flags of doubtful pairs that no model has judged, with their likeness in percent; likeliest first."""
    judged = {
        (details or {}).get("flag")
        for details in session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == JUDGED))
    }
    likeness = {
        details["flag"]: float(details["likeness"])
        for details in session.scalars(select(AgentAuditLog.details).where(AgentAuditLog.action == FLAGGED))
        if details
    }
    flags = session.scalars(
        select(HygieneFlag)
        .join(Prospect, Prospect.id == HygieneFlag.prospect_id)
        .where(
            Prospect.playbook == playbook,
            HygieneFlag.resolved_at.is_(None),
            HygieneFlag.other_prospect_id.is_not(None),
        )
        .order_by(HygieneFlag.created_at, HygieneFlag.id)
    )
    found = [(flag, likeness[flag.id]) for flag in flags if flag.id in likeness and flag.id not in judged]
    return sorted(found, key=lambda item: -item[1])[:most]


def side_by_side(session: Session, asked: Sequence[tuple[HygieneFlag, float]]) -> list[dict[str, Any]]:
    """Numbered pairs as the model is shown them."""
    return [
        {
            "number": number,
            "why": flag.message,
            "likeness": likeness,
            "a": shown(session, session.get_one(Prospect, flag.prospect_id)),
            "b": shown(session, session.get_one(Prospect, flag.other_prospect_id)),
        }
        for number, (flag, likeness) in enumerate(asked, start=1)
    ]


def shown(session: Session, prospect: Prospect) -> dict[str, Any]:
    """A record as it is put before whoever judges: what tells organisations apart."""
    records = session.execute(
        select(ExternalId.source, ExternalId.external_id).where(
            ExternalId.table_name == "accounts",
            ExternalId.record_id == prospect.account_id,
            ExternalId.source.not_in(PAGES),
            ExternalId.external_id.not_like(f"{OPENING}%"),
            ExternalId.external_id.not_like(f"{BY_NAME}%"),
        )
    )
    record = {
        "name": prospect.name,
        "venue_type": prospect.venue_type,
        "place": prospect.account.hq_location,
        "state": prospect.state,
        "city": prospect.city,
        "address": prospect.address,
        "domain": prospect.account.domain,
        "enrollment": prospect.enrollment,
        "stadium": prospect.stadium_name,
        "industry": prospect.account.industry,
        "ids": {source: external_id for source, external_id in records},  # noqa: C416 (a Result is no pairs to mypy)
    }
    return {key: value for key, value in record.items() if value}


def decide(session: Session, run_id: str, flag_id: str, verdict: Verdict, reason: str) -> str:
    """Does what a verdict says (merges the two, keeps them apart, leaves the flag to a person) and tells."""
    flag = session.get_one(HygieneFlag, flag_id)
    if flag.resolved_at is not None or flag.other_prospect_id is None:
        return "That pair was settled already."
    one, other = (session.get_one(Prospect, key) for key in (flag.prospect_id, flag.other_prospect_id))
    note(
        session,
        run_id=run_id,
        agent="hygiene",
        action=JUDGED,
        prospect_id=one.id,
        details={"other_prospect_id": other.id, "flag": flag.id, "verdict": verdict, "reason": reason},
        requires_review=verdict == "unsure",
    )
    if verdict == "unsure":
        return "Noted: a person will look at the pair."
    if verdict == "same":
        try:
            merge_pair(session, run_id, (one.account_id, other.account_id), one.playbook, reason)
        except CannotMerge as refusal:
            return f"Not merged: {refusal} A person will look at the pair."
        flag = session.get_one(HygieneFlag, flag_id)
    if flag.resolved_at is None:
        flag.resolved_at, flag.resolved_by = utc_now(), agent(run_id)
    flag.resolution_notes = f"{'merged' if verdict == 'same' else 'kept apart'}: {reason}"
    session.flush()
    return "Merged; a person can take it back." if verdict == "same" else "Kept apart."


@tool
async def judge_pair(number: int, verdict: Verdict, reason: str, runtime: ToolRuntime[ToolContext, Any]) -> str:
    """Decide whether the two records of a numbered pair are one organisation: same merges them, different keeps them
    apart, unsure leaves them to a person.

    Args:
        number: The pair's number.
        verdict: same, different, or unsure if the records do not settle it. Campuses of one university with
            teams of their own are different.
        reason: Why, in one short sentence that names what decided it.
    """
    context = runtime.context
    if not context.playbook.dedupe.model_decides:
        raise ToolException("In this playbook a person decides on doubtful pairs.")
    if not 1 <= number <= len(context.flags):
        raise ToolException(f"There is no pair {number}; the pairs are 1 to {len(context.flags)}.")
    if not reason.strip():
        raise ToolException("Give a reason.")
    flag_id, why = context.flags[number - 1], " ".join(reason.split())[:300]
    said = await context.db.write(lambda s: decide(s, context.run_id, flag_id, verdict, why))
    return json.dumps({"pair": number, "done": said})


judge_pair.handle_tool_error = True
