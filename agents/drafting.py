"""Drafting: one message to one person, every factual sentence resting on a kept fact."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.drafting_policy import policy
from agents.drafting_schema import DraftAnswer
from db.actors import agent
from db.enums import ContactStatus, SequenceStatus, TouchType
from db.lifecycle import LIVE, OPEN, move_contact, move_prospect
from db.models import Contact, Followup, MessageDraft, OutreachSequence, Prospect
from db.queries.answers import reply_draft_id
from db.queries.due import READY_TO_WRITE
from db.queries.together import with_organisation
from tools.drafting.brief import Brief, Subject, make_brief
from tools.drafting.drafts import draft_id_for, ensure_sequence, facts_about, store_version, with_footer
from tools.hygiene.note_effects import heed_note
from tools.journal import note
from tools.research.no_need import first_sent, no_need
from tools.sequences import pause


async def prepare(work: Work, state: State) -> Briefing | Done:
    """The brief: contact, facts, what was said before, statements, template, and the version to improve on if any.

    Nothing is written where a note or a fact speaks against it; a text that stands already is a person's to decide on.
    """
    about = Subject(
        prospect_id=state["prospect_id"],
        contact_id=state["contact_id"],
        sequence_id=state["sequence_id"],
        tier=state["tier"],
        touch=state["touch_number"],
        draft_id=state.get("draft_id") or _draft_id(state),
        version=state.get("version") or 0,
        reply_id=state.get("reply_id"),
    )

    def look(session: Session) -> Brief | str:
        _near = with_organisation(session, about.contact_id)  # what is held is not asked for again
        first = not state.get("version") and not state.get("reply_id")
        why = _held(session, work, state) if first else None
        return why or make_brief(session, work.playbook, about, work.now().date())

    brief = await work.db.write(look)
    if isinstance(brief, str):
        return Done({"draft_id": None}, decisions=[{"draft": None, "because": brief}], processed=1, partial=brief)
    return Briefing(brief.material, memo={"brief": brief, "draft_id": about.draft_id})


def _held(session: Session, work: Work, state: State) -> str | None:
    """Why this touch is not written, or None. Who has no need any more is left in peace: their sequence is paused."""
    prospect, contact = session.get_one(Prospect, state["prospect_id"]), session.get_one(Contact, state["contact_id"])
    if why := heed_note(session, contact, run_id=work.run_id, agent="drafting", now=work.now()):
        return why
    if contact.status != ContactStatus.ACTIVE.value:
        return f"{contact.full_name} may not be written to: {contact.status.replace('_', ' ')}"
    sent = first_sent(session, state["sequence_id"])
    if sent is None and state["touch_number"] > 1:
        return None  # begun elsewhere: what was known when it was, nobody can tell
    facts = facts_about(session, prospect.account_id, contact.id)
    why = no_need(work.playbook, prospect, facts, work.now().date(), since=sent)
    if why is None:
        return None
    sequence = session.get(OutreachSequence, state["sequence_id"])
    if sequence is not None and sequence.status in LIVE and sequence.status != SequenceStatus.PAUSED.value:
        pause(session, sequence, work.now())
    if prospect.status in (*READY_TO_WRITE, "outreach_active"):
        move_prospect(session, prospect, "nurture", why)
    return why


def _draft_id(state: State) -> str:
    if state.get("reply_id"):
        return reply_draft_id(state["reply_id"])
    return draft_id_for(state["sequence_id"], state["touch_number"])


async def conclude(work: Work, state: State, briefing: Briefing, answer: DraftAnswer) -> Done:
    """Stores the version. Its number follows from the state, so that a repeated step writes nothing twice."""
    earlier = briefing.material["earlier"]
    reason = "draft" if earlier is None else "rejection" if earlier["rejected_because"] else "qc_revision"
    version = (state.get("version") or 0) + 1
    brief: Brief = briefing.memo["brief"]
    fact_ids = brief.fact_ids
    # A claim on a fact that does not exist is kept with an empty id: QC blocks it, nobody repairs it silently.
    claims = [
        {"sentence": c.sentence, "fact_id": fact_ids[c.fact - 1] if 0 < c.fact <= len(fact_ids) else ""}
        for c in answer.claims
    ]

    def write(session: Session) -> None:
        draft = _draft(session, work, state, briefing.memo["draft_id"], brief, answer, claims)
        store_version(
            session,
            draft=draft,
            version=version,
            subject=answer.subject.strip() or None,
            body=with_footer(answer.body, work.playbook.sender, draft.channel),
            author=agent(work.run_id),
            reason=reason,
            note=answer.note.strip() or None,
            claims=claims,
        )
        contact = session.get_one(Contact, state["contact_id"])
        if contact.stage in ("new", "researched"):  # a follow-up leaves somebody who was written to where they are
            move_contact(session, contact, "drafted")
        _tell_followup(session, state, draft)
        note(
            session,
            run_id=work.run_id,
            agent="drafting",
            action="email_drafted",
            prospect_id=state["prospect_id"],
            contact_id=state["contact_id"],
            details={"draft_id": draft.id, "version": version, "reason": reason}
            | ({"touch": draft.touch_number, "type": draft.touch_type} if draft.touch_number > 1 else {}),
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
    brief: Brief,
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
            channel=brief.channel,
            touch_number=state["touch_number"],
            touch_type=brief.touch_type,
        )
        if brief.steered is not None:
            draft.batch_id, draft.ab_group, draft.ab_variable = brief.steered
    draft.personalization_score = min(3, max(1, len({claim["fact_id"] for claim in claims})))
    draft.proof_point_used, draft.pain_hook = answer.proof_point, answer.pain_hook
    draft.opener_style, draft.ask_style = answer.opener_style, answer.ask_style
    draft.agent_run_id = work.run_id
    return draft


def _tell_followup(session: Session, state: State, draft: MessageDraft) -> None:
    """Links the planned follow-up to its draft (OCC, followups.message_draft_id)."""
    if draft.touch_type == TouchType.REPLY_DRAFT.value:
        return
    planned = {"sequence": state["sequence_id"], "touch": state["touch_number"]}
    for followup in session.scalars(_planned(), planned):
        followup.message_draft_id = draft.id


@cache
def _planned() -> Select[Followup]:
    return select(Followup).where(
        Followup.sequence_id == bindparam("sequence"),
        Followup.touch_number == bindparam("touch"),
        Followup.state.in_(OPEN),
    )


AGENT = AnswerAgent(
    name="drafting",
    run_type="draft",
    schema=DraftAnswer,
    policy=policy,
    prepare=prepare,
    conclude=conclude,
)
