"""A person corrects what a reply was taken for: the label, what it did and what it should have done, in one go.

Each changed field is kept in `label_corrections` with who said so and why; the text that it is about stands in the
reply (`table_name` 'replies', `record_id`), so that the evaluations can be made of it.
"""

from dataclasses import asdict, dataclass, field
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from db.enums import ApprovalStatus, ReferralStatus, ReplyIntent, ReplyTag
from db.models import AuditLog, InboundMessage, LabelCorrection, ReferralSuggestion, Reply
from db.models.inbound import BY_PERSON
from db.queries.answers import reply_drafts
from db.suppressions import open_followups
from tools.journal import note
from tools.replies.effects import (
    NEXT_STEPS,
    Verdict,
    act_on,
    follow,
    from_addressee,
    opt_out,
    sequence_of,
    suggest_referral,
)
from tools.replies.handled import settle_review
from tools.replies.intake import AGENT
from tools.replies.undoing import CORRECTED, planned_by, undo_label
from tools.sequences import moment_on

TABLE = "replies"
_TAG_OF = {
    ReplyIntent.REFERRAL.value: ReplyTag.REFERRAL.value,
    ReplyIntent.NOT_NOW.value: ReplyTag.TIMING.value,
    ReplyIntent.NEGATIVE.value: ReplyTag.NOT_INTERESTED.value,
    ReplyIntent.UNSUBSCRIBE.value: ReplyTag.NOT_INTERESTED.value,
}


class CorrectionRefused(ValueError):
    """The label cannot be corrected so; the message says why in a sentence."""


class WouldAllowContact(CorrectionRefused):
    """The correction lifts a suppression, which needs the person's explicit consent."""


@dataclass(frozen=True)
class Label:
    """What a person says that a reply is; None leaves a field as it is. The names are those of `label_corrections`."""

    intent: str | None = None
    reply_tag: str | None = None
    referral_name: str | None = None
    referral_title: str | None = None
    referral_email: str | None = None
    resume_date: date | None = None

    @property
    def names_somebody(self) -> bool:
        """Whether it says who is referred to."""
        return any((self.referral_name, self.referral_title, self.referral_email))


@dataclass
class Corrected:
    """What came of a correction: field, old and new value of what changed; what was done; what could not be undone."""

    reply_id: str
    intent: str
    changed: list[tuple[str, str | None, str | None]] = field(default_factory=list)
    did: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)


def correct(
    session: Session, reply: Reply, label: Label, *, by: str, reason: str, now: datetime, may_lift: bool = False
) -> Corrected:
    """Sets a reply's label to what a person says and brings what follows from it into line. Idempotent.

    Args:
        session: a session that writes, acting as the person.
        reply: the reply.
        label: what it is.
        by: the actor.
        reason: why, in the person's words.
        now: when.
        may_lift: the person agrees that whoever opted out by this reply may be written to again.

    Raises CorrectionRefused; WouldAllowContact where `may_lift` is missing. Nothing is to be committed then.
    """
    inbound = reply.inbound_message
    if inbound is None:
        raise CorrectionRefused("Nothing is kept of the message that this reply came in.")
    new = label.intent or reply.intent or ReplyIntent.NEUTRAL.value
    _refuse(label, new, now)
    since = _last_change(session)
    held = not from_addressee(inbound)
    done = Corrected(reply.id, new, _differences(session, inbound, reply, label))
    relabelled = held or new != reply.intent
    if relabelled:
        undone = undo_label(session, inbound, reply, now)
        if undone.freed and not may_lift:
            raise WouldAllowContact(f"This allows contact again: {', '.join(undone.freed)}.")
        done.did, done.stays = undone.did, undone.stays
        _settle_answer(session, reply, done)
        _settle_referral(session, reply, new, done, by, now)
    _keep_changes(session, reply, done, by, reason, now)
    _write_label(reply, label, new)
    session.flush()
    if relabelled:
        _do(session, inbound, reply, label, now, done, held=held)
    elif label.resume_date is not None:
        _move_followup(session, inbound, reply, label.resume_date, done)
    if label.names_somebody or (relabelled and new == ReplyIntent.REFERRAL.value):
        _suggest(session, reply, label, done)
    # A person has read it: what waited for one goes on.
    reply.confidence = 1.0
    settle_review(session, inbound.id, by=by, because=reason, now=now)
    session.flush()
    if done.changed or relabelled:
        details = {
            "reply_id": reply.id,
            "inbound_id": inbound.id,
            "by": by,
            "reason": reason,
            "changed": {name: [old, value] for name, old, value in done.changed},
            "relabelled": relabelled,
            "since": since,
            "until": _last_change(session),
        }
        note(
            session,
            run_id=None,
            agent=AGENT,
            action=CORRECTED,
            contact_id=reply.contact_id,
            prospect_id=reply.contact.prospect_id,
            details=details,
        )
        session.flush()
    return done


def _keep_changes(session: Session, reply: Reply, done: Corrected, by: str, reason: str, now: datetime) -> None:
    for name, old, value in done.changed:
        session.add(
            LabelCorrection(
                table_name=TABLE,
                record_id=reply.id,
                field=name,
                old_value=old,
                new_value=value,
                reason=reason,
                corrected_by=by,
                created_at=now,
            )
        )


def _refuse(label: Label, new: str, now: datetime) -> None:
    if label.resume_date is not None and new != ReplyIntent.NOT_NOW.value:
        raise CorrectionRefused("A day to write again goes with the intent not_now only.")
    if label.resume_date is not None and label.resume_date <= now.date():
        raise CorrectionRefused(f"{label.resume_date} is not a day to come.")
    if label.referral_email is not None and "@" not in label.referral_email:
        raise CorrectionRefused(f"'{label.referral_email}' is no e-mail address.")


def _last_change(session: Session) -> int:
    return session.scalar(select(func.max(AuditLog.id))) or 0


def _differences(
    session: Session, inbound: InboundMessage, reply: Reply, label: Label
) -> list[tuple[str, str | None, str | None]]:
    """Field, old and new value of what the person says otherwise."""
    suggestion = _suggestion(session, reply)
    planned = planned_by(session, inbound, reply) if reply.intent == ReplyIntent.NOT_NOW.value else []
    now = {
        "intent": reply.intent,
        "reply_tag": reply.reply_tag,
        "referral_name": reply.referral_name,
        "referral_title": reply.referral_title,
        "referral_email": suggestion.email if suggestion else None,
        "resume_date": planned[0].due_date if planned else None,
    }
    return [
        (name, None if now[name] is None else str(now[name]), str(value))
        for name, value in asdict(label).items()
        if value is not None and value != now[name]
    ]


def _write_label(reply: Reply, label: Label, new: str) -> None:
    if new != reply.intent:
        reply.recommended_next_step = NEXT_STEPS[ReplyIntent(new)]
        if new in _TAG_OF or reply.reply_tag in _TAG_OF.values():
            reply.reply_tag = _TAG_OF.get(new, ReplyTag.UNKNOWN.value)
    reply.intent = new
    reply.reply_tag = label.reply_tag or reply.reply_tag
    reply.referral_name = label.referral_name or reply.referral_name
    reply.referral_title = label.referral_title or reply.referral_title


def _do(
    session: Session, inbound: InboundMessage, reply: Reply, label: Label, now: datetime, done: Corrected, *, held: bool
) -> None:
    """What the new label asks for. A reply that was held, for it came from another address, is one from now on."""
    verdict = Verdict(
        intent=reply.intent or "",
        reply_tag=reply.reply_tag or "",
        confidence=1.0,
        summary=reply.summary or "",
        resume_date=label.resume_date,
    )
    if reply.intent == ReplyIntent.UNSUBSCRIBE.value:
        opt_out(session, inbound, None, "asked not to be written to")
        done.did.append(f"{reply.contact.full_name} is not written to any more; the address is suppressed.")
    if held:
        inbound.matched_by = BY_PERSON
        follow(session, inbound, reply, verdict, now)
        done.did.append(f"It counts as a reply of {reply.contact.full_name} now.")
    else:
        act_on(session, inbound, reply, verdict, now)
    session.flush()
    match reply.intent:
        case ReplyIntent.NEGATIVE.value:
            done.did.append("The sequence is stopped.")
        case ReplyIntent.NOT_NOW.value:
            day = max(f.due_date for f in open_followups(session, reply.contact) if f.due_date)
            done.did.append(f"A follow-up is planned for {day}.")
        case ReplyIntent.POSITIVE.value | ReplyIntent.REFERRAL.value:
            done.did.append("An answer is drafted by the next `outreach run`, unless there is one already.")


def _move_followup(session: Session, inbound: InboundMessage, reply: Reply, day: date, done: Corrected) -> None:
    for followup in planned_by(session, inbound, reply):
        if followup.due_date == day:
            continue
        followup.due_date = day
        sequence = sequence_of(inbound)
        if sequence is not None and sequence.next_step_at is not None:
            sequence.next_step_at = moment_on(day)
        done.did.append(f"The follow-up is on {day} now.")


def _settle_answer(session: Session, reply: Reply, done: Corrected) -> None:
    """The answer that was drafted for the old label: put away while it waits, left alone once somebody approved it."""
    for draft in reply_drafts(session, reply.id):
        if draft.approval_status == ApprovalStatus.DRAFT.value:
            draft.approval_status = ApprovalStatus.ARCHIVED.value
            done.did.append(f"The answer {draft.id[:8]} that waited for your decision is put away.")
        elif draft.approval_status == ApprovalStatus.READY.value:
            done.stays.append(
                f"The answer {draft.id[:8]} is approved and stays so; to take that back: "
                f"outreach approve undo {draft.id[:8]}"
            )
        elif draft.approval_status == ApprovalStatus.SENT.value:
            done.stays.append(f"The answer {draft.id[:8]} was sent; that stands.")


def _suggestion(session: Session, reply: Reply) -> ReferralSuggestion | None:
    """The latest suggestion that came of the reply."""
    return session.scalars(
        select(ReferralSuggestion)
        .where(ReferralSuggestion.reply_id == reply.id)
        .order_by(ReferralSuggestion.created_at.desc(), ReferralSuggestion.id)
        .limit(1)
    ).first()


def _settle_referral(session: Session, reply: Reply, new: str, done: Corrected, by: str, now: datetime) -> None:
    row = _suggestion(session, reply)
    if row is None or reply.intent != ReplyIntent.REFERRAL.value or new == ReplyIntent.REFERRAL.value:
        return
    if row.status == ReferralStatus.OPEN.value:
        row.status, row.decided_by, row.decided_at = ReferralStatus.DISMISSED.value, by, now
        done.did.append(f"The suggestion of {row.name or row.email} is put away.")
    elif row.status == ReferralStatus.ACCEPTED.value:
        done.stays.append(
            f"{row.name or row.email} was taken in as a contact and stays one; a first message to them names "
            f"{reply.contact.full_name}: read it before you approve it."
        )


def _suggest(session: Session, reply: Reply, label: Label, done: Corrected) -> None:
    """One suggestion for each reply: mended where it is open, opened again where it was put away, else made."""
    row = _suggestion(session, reply)
    if row is not None and row.status == ReferralStatus.ACCEPTED.value:
        done.stays.append(f"{row.name or row.email} was taken in as a contact before; correct the contact itself.")
        return
    if row is None:
        if not (reply.referral_name or label.referral_email):
            done.stays.append("Nobody is suggested: give --referral-name or --referral-email.")
            return
        row = suggest_referral(
            session,
            reply,
            Verdict("", "", 1.0, reply.summary or "", reply.referral_name, reply.referral_title, label.referral_email),
        )
    row.name, row.title = reply.referral_name or row.name, reply.referral_title or row.title
    row.email = label.referral_email or row.email
    row.status, row.decided_by, row.decided_at = ReferralStatus.OPEN.value, None, None
    done.did.append(f"{row.name or row.email} is suggested: outreach research accept {row.id[:8]}")
