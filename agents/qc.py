"""QC: the rule engine over every draft, then a judge of its own, then the record of both."""

from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.qc_policy import policy
from agents.qc_schema import Verdict
from db.actors import is_user
from db.approvals import latest_decision
from db.models import MessageDraft, MessageVersion
from tools.batches.progress import follow_batch
from tools.journal import note
from tools.qc import JUDGED, DraftUnderCheck, Flag, check, passed
from tools.qc.overrides import with_overrides
from tools.qc.rows import load_for_check


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Runs the rules; where one blocks, no judge is asked."""
    draft_id: str = state["draft_id"]
    draft = await work.db.read(lambda session: load_for_check(session, work.playbook, draft_id, work.now()))
    flags = check(draft)
    if not passed(flags):
        return await _record(work, state, flags)
    contact = draft.recipient
    # What is the same for all comes first, here and in the other agents' material: servers keep what they have read.
    material = {
        "statements": [s.text for s in work.playbook.statements],
        "contact": f"{contact.first_name} {contact.last_name}".strip(),
        "organisation": draft.names[0],
        "subject": draft.subject,
        "body": draft.text,
        "facts": [{"sentence": f.sentence, "quote": f.quote} for f in draft.facts],
        "flags": [f"{flag.rule}: {flag.message}" for flag in flags],
    }
    return Briefing(material, memo={"flags": flags, "draft": draft})


async def conclude(work: Work, state: State, briefing: Briefing, verdict: Verdict) -> Done:
    """Adds the judge's flags to the rules'."""
    draft: DraftUnderCheck = briefing.memo["draft"]
    judged = [_judged(draft, f.words, f.problem, f.fix, f.severity) for f in verdict.flags]
    return await _record(work, state, [*briefing.memo["flags"], *judged])


def _judged(draft: DraftUnderCheck, words: str, problem: str, fix: str, severity: str) -> Flag:
    """A judge's flag. One that cannot show its words in the message warns at most: it may be about nothing."""
    in_subject, in_body = draft.subject.find(words), draft.body.find(words)
    found = bool(words.strip()) and (in_subject >= 0 or in_body >= 0)
    start = (in_body if in_body >= 0 else in_subject) if found else -1
    return Flag(
        rule=JUDGED,
        version=1,
        severity="block" if severity == "block" and found else "warn",
        message=problem,
        fix=fix,
        field=("body" if in_body >= 0 else "subject") if found else "message",
        text=words if found else "",
        start=start,
        end=start + len(words) if found else -1,
    )


async def _record(work: Work, state: State, flags: list[Flag]) -> Done:
    ok = passed(flags)

    def write(session: Session) -> bool:
        draft, author = session.execute(_with_author(), {"draft": state["draft_id"]}).one()
        kept = with_overrides(flags, draft.qc_flags)
        draft.qc_passed, draft.qc_flags, draft.qc_run_id = ok, kept, work.run_id
        decision = latest_decision(session, draft)
        stands = decision is not None and decision.decision == "edit" and decision.version == draft.version
        last = not ok and (state.get("revision") or 0) >= work.playbook.limits.qc_revisions
        note(
            session,
            run_id=work.run_id,
            agent="qc",
            action="qc_passed" if ok else "qc_failed",
            prospect_id=state["prospect_id"],
            contact_id=state["contact_id"],
            details={
                "draft_id": draft.id,
                "version": draft.version,
                "blocked_by": sorted({f.rule for f in flags if f.severity == "block"}),
            },
            requires_review=last and not is_user(author),
        )
        if draft.batch is not None:
            follow_batch(session, draft.batch)
        return stands

    stands = await work.db.write(write)
    update: dict[str, Any] = {"qc_passed": ok, "edit_stands": stands}
    return Done(
        update,
        outputs={"flags": [f.as_json() for f in flags]},
        decisions=[{"passed": ok, "blocks": sum(f.severity == "block" for f in flags), "of": len(flags)}],
        processed=1,
        partial=None if ok else "; ".join(f"{f.rule}: {f.message}" for f in flags if f.severity == "block")[:500],
    )


@cache
def _with_author() -> Select[MessageDraft, str | None]:
    """A draft and who wrote its current version."""
    version = (MessageVersion.draft_id == MessageDraft.id) & (MessageVersion.version == MessageDraft.version)
    return (
        select(MessageDraft, MessageVersion.author)
        .outerjoin(MessageVersion, version)
        .where(MessageDraft.id == bindparam("draft"))
    )


AGENT = AnswerAgent(name="qc", run_type="qc", schema=Verdict, policy=policy, prepare=prepare, conclude=conclude)
