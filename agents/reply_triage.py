"""Reply triage: says what an incoming message is and wants, and lets code do what follows.

It reads text that anybody may have written, so it holds no tools. What its answer may change is decided by code:
a name or an address counts only where the text has it, a date only in the future, an opt-out whatever the model says.
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from agents.agent import AnswerAgent, Briefing, Done, State, Work
from agents.reply_triage_policy import policy
from agents.reply_triage_schema import Triage
from db.enums import InboundKind, ReplyIntent, ReplyTag
from db.models import InboundMessage
from tools.mail import UnreadableMail, asks_to_stop, own_lines, read_mail, sort_mail
from tools.mail.reading import Mail
from tools.replies.automatic import record_automatic
from tools.replies.effects import NEXT_STEPS, Verdict, doubt, opt_out, record_reply
from tools.replies.intake import TYPED

NAME = "reply_triage"
_FURTHEST = timedelta(days=2 * 366)
MOST_TEXT = 6000
_MOST_QUOTED = 2000


def checked(triage: Triage, text: str, subject: str, stops: bool, today: date) -> Verdict:
    """The model's answer as far as the message bears it out.

    `stops` is the rule's word on an opt-out, which outranks the model's. `text` is what names and addresses must
    stand in; a date must lie after `today`, within two years.
    """
    said = " ".join(f"{subject} {text}".lower().split())

    def there(value: str | None) -> str | None:
        words = " ".join((value or "").split())
        return words if words and words.lower() in said else None

    day = triage.resume_date
    intent, confidence, tag = triage.intent, triage.confidence / 100, triage.reply_tag
    step, summary = triage.recommended_next_step, triage.summary
    if stops and intent is not ReplyIntent.UNSUBSCRIBE:
        intent, confidence, tag = ReplyIntent.UNSUBSCRIBE, 1.0, ReplyTag.NOT_INTERESTED
        step = NEXT_STEPS[intent]
    email = there(triage.referral_email)
    return Verdict(
        intent=intent.value,
        reply_tag=tag.value,
        confidence=confidence,
        summary=summary,
        referral_name=there(triage.referral_name),
        referral_title=there(triage.referral_title),
        referral_email=email.lower() if email and "@" in email else None,
        resume_date=day if day is not None and today < day <= today + _FURTHEST else None,
        recommended_next_step=step,
    )


async def prepare(work: Work, state: State) -> Briefing | Done:
    """Reads the message. What a machine wrote, and what is done already, needs no model."""
    inbound_id = str(state["inbound_id"])
    return await work.db.write(lambda session: _prepare(session, work, inbound_id, work.now()))


def _prepare(session: Session, work: Work, inbound_id: str, now: datetime) -> Briefing | Done:
    inbound = session.get(InboundMessage, inbound_id)
    if inbound is None:
        return _done(None, {"error": f"there is no incoming message {inbound_id}"}, partial="nothing to triage")
    if inbound.processed_at is not None:
        return _done(inbound, {"kind": inbound.kind, "done": "before"})
    mail = _mail(inbound)
    day = (inbound.received_at or now).date()
    if inbound.kind not in (None, InboundKind.HUMAN.value):
        return _done(inbound, record_automatic(session, inbound, sort_mail(mail, day), work.run_id, now))
    if inbound.contact is None:
        stops = _stops(inbound, mail)
        if stops:
            opt_out(session, inbound, work.run_id, "asked not to be written to")
        inbound.processed_at = now
        return _done(inbound, {"kind": "human", "matched": False, "opted_out": stops})
    # An opt-out is kept at once, before a model is asked: a model that fails must not delay it.
    if _stops(inbound, mail):
        opt_out(session, inbound, work.run_id, "asked not to be written to")
    draft = inbound.delivery.draft if inbound.delivery is not None else None
    ours = None if draft is None else {"subject": draft.subject_line, "body": draft.body[:_MOST_QUOTED]}
    return Briefing(
        material={
            "kind": InboundKind.HUMAN.value,
            "subject": inbound.subject,
            "text": (inbound.text or "")[:MOST_TEXT],
            "our_message": ours,
            "today": day.isoformat(),  # what 'in two weeks' counts from, however late it is read
        }
    )


async def conclude(work: Work, state: State, briefing: Briefing, triage: Triage) -> Done:
    """Does what follows from the answer, in one transaction."""
    inbound_id = str(state["inbound_id"])
    today = date.fromisoformat(briefing.material["today"])
    return await work.db.write(lambda session: _conclude(session, work, inbound_id, triage, today))


def _conclude(session: Session, work: Work, inbound_id: str, triage: Triage, today: date) -> Done:
    inbound = session.get_one(InboundMessage, inbound_id)
    text = inbound.text or ""
    verdict = checked(triage, text, inbound.subject or "", _stops(inbound, _mail(inbound)), today)
    enough = work.playbook.limits.reply_confidence
    reply_id = record_reply(session, inbound, verdict, work.run_id, work.now(), enough=enough)
    result = {
        "kind": InboundKind.HUMAN.value,
        "intent": verdict.intent,
        "reply_tag": verdict.reply_tag,
        "confidence": verdict.confidence,
        "reply_id": reply_id,
        "for_review": doubt(inbound, verdict.confidence, enough) is not None,
    }
    done = _done(inbound, result, created=int(reply_id is not None))
    done.decisions = [{"model_said": triage.model_dump(mode="json"), "stands": verdict.intent}]
    return done


def _stops(inbound: InboundMessage, mail: Mail) -> bool:
    return asks_to_stop(inbound.text or "", inbound.subject or "", below=own_lines(mail.text))


def _mail(inbound: InboundMessage) -> Mail:
    if inbound.message_id.endswith(TYPED):
        return Mail(text=inbound.raw)
    try:
        return read_mail(inbound.raw.encode("utf-8", "replace"))
    except UnreadableMail:
        # It was read once, when it came in; what is left is what was kept of it.
        return Mail(text=inbound.text or "", subject=inbound.subject or "")


def _done(
    inbound: InboundMessage | None,
    result: Mapping[str, Any],
    *,
    created: int = 0,
    partial: str | None = None,
) -> Done:
    contact = inbound.contact if inbound is not None else None
    update: dict[str, Any] = {"result": dict(result), "outcome": str(result.get("intent") or result.get("kind"))}
    if contact is not None:
        update |= {"contact_id": contact.id, "prospect_id": contact.prospect_id}
    sources = [f"inbound_messages:{inbound.id}"] if inbound is not None else []
    return Done(update, outputs=dict(result), sources=sources, processed=1, created=created, partial=partial)


AGENT = AnswerAgent(name=NAME, run_type=NAME, schema=Triage, policy=policy, prepare=prepare, conclude=conclude)
