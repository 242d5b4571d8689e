"""Drafting: one message to one person, every factual sentence resting on a kept fact."""

from typing import Any

from sqlalchemy.orm import Session

from agents.base import AnswerAgent, Briefing, Done, State, Work
from agents.drafting_policy import policy
from agents.drafting_schema import DraftAnswer
from db.actors import agent
from db.lifecycle import move_contact
from db.models import Contact, MessageDraft
from tools.drafts import draft_id_for, ensure_sequence, make_brief, store_version, with_footer
from tools.journal import note


async def prepare(work: Work, state: State) -> Briefing:
    """The brief: contact, facts, statements, template, and the version to improve on if there is one."""
    draft_id = draft_id_for(state["sequence_id"], state["touch_number"])
    brief = await work.db.read(
        lambda session: make_brief(
            session,
            work.playbook,
            prospect_id=state["prospect_id"],
            contact_id=state["contact_id"],
            tier=state["tier"],
            touch=state["touch_number"],
            draft_id=draft_id,
            version=state.get("version") or 0,
        )
    )
    return Briefing(brief.material, memo={"fact_ids": brief.fact_ids, "draft_id": draft_id})


async def conclude(work: Work, state: State, briefing: Briefing, answer: DraftAnswer) -> Done:
    """Stores the version. Its number follows from the state, so that a repeated step writes nothing twice."""
    earlier = briefing.material["earlier"]
    reason = "draft" if earlier is None else "rejection" if earlier["rejected_because"] else "qc_revision"
    version = (state.get("version") or 0) + 1
    fact_ids: tuple[str, ...] = briefing.memo["fact_ids"]
    # A claim on a fact that does not exist is kept with an empty id: QC blocks it, nobody repairs it silently.
    claims = [
        {"sentence": c.sentence, "fact_id": fact_ids[c.fact - 1] if 0 < c.fact <= len(fact_ids) else ""}
        for c in answer.claims
    ]

    def write(session: Session) -> None:
        draft = _draft(session, work, state, briefing.memo["draft_id"], answer, claims)
        store_version(
            session,
            draft=draft,
            version=version,
            subject=answer.subject.strip(),
            body=with_footer(answer.body, work.playbook.sender, draft.channel),
            author=agent(work.run_id),
            reason=reason,
            note=answer.note.strip() or None,
            claims=claims,
        )
        move_contact(session, session.get_one(Contact, state["contact_id"]), "drafted")
        note(
            session,
            run_id=work.run_id,
            agent="drafting",
            action="email_drafted",
            prospect_id=state["prospect_id"],
            contact_id=state["contact_id"],
            details={"draft_id": draft.id, "version": version, "reason": reason},
        )

    await work.db.write(write)
    update: dict[str, Any] = {
        "draft_id": briefing.memo["draft_id"],
        "version": version,
        "revision": (state.get("revision") or 0) + 1 if reason == "qc_revision" else 0,
        "decision": None,
        "edit_stands": False,
    }
    return Done(update, outputs={"subject": answer.subject, "note": answer.note}, created=1)


def _draft(
    session: Session,
    work: Work,
    state: State,
    draft_id: str,
    answer: DraftAnswer,
    claims: list[dict[str, str]],
) -> MessageDraft:
    draft = session.get(MessageDraft, draft_id)
    if draft is None:
        ensure_sequence(
            session,
            work.playbook,
            sequence_id=state["sequence_id"],
            prospect_id=state["prospect_id"],
            contact_id=state["contact_id"],
            tier=state["tier"],
        )
        draft = MessageDraft(
            id=draft_id,
            contact_id=state["contact_id"],
            sequence_id=state["sequence_id"],
            channel=work.playbook.message.channel,
            touch_number=state["touch_number"],
            touch_type="email" if work.playbook.message.channel == "email" else "inmail",
        )
    draft.personalization_score = min(3, max(1, len({claim["fact_id"] for claim in claims})))
    draft.proof_point_used, draft.pain_hook = answer.proof_point, answer.pain_hook
    draft.opener_style, draft.ask_style = answer.opener_style, answer.ask_style
    draft.agent_run_id = work.run_id
    return draft


AGENT = AnswerAgent(
    name="drafting",
    run_type="draft",
    schema=DraftAnswer,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
)
