"""What came of each touch: the one rule by which a reply and a meeting are put down to a touch.

A touch is a row of `touchpoints` that opened or went on with a conversation: our answers to replies are none. A reply
belongs to the touch that it answers; where it names none (or one of our answers), to the last touch before it. A
meeting belongs to the touch that its row names, else to that of its reply, else to the last touch before it was booked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, and_, case, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from db.enums import ReplyIntent, TouchType
from db.models import Contact, MessageDraft, Opportunity, Prospect, Reply, Touchpoint


@dataclass(frozen=True)
class Scope:
    """Which touches are looked at. `until` is the first moment that no longer counts; `batches` None is all of them;
    drafts of the batches `without` are left out."""

    playbook: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    batches: Collection[str] | None = None
    without: Collection[str] = ()


def _ours(draft: Any) -> ColumnElement[bool]:
    """It is no answer of ours to a reply; a call made without a draft is none."""
    return or_(draft.touch_type.is_(None), draft.touch_type != TouchType.REPLY_DRAFT.value)


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if scope.playbook is not None:
        wanted.append(Prospect.playbook == scope.playbook)
    if scope.since is not None:
        wanted.append(Touchpoint.sent_at >= scope.since)
    if scope.until is not None:
        wanted.append(Touchpoint.sent_at < scope.until)
    if scope.batches is not None:
        wanted.append(MessageDraft.batch_id.in_(scope.batches))
    if scope.without:
        wanted.append(or_(MessageDraft.batch_id.is_(None), MessageDraft.batch_id.not_in(scope.without)))
    return wanted


def _last_touch(contact_id: Any, moment: Any) -> Any:
    """The last touch of a contact that was made by a moment."""
    earlier, said = aliased(Touchpoint), aliased(MessageDraft)
    return (
        select(earlier.id)
        .outerjoin(said, said.id == earlier.message_draft_id)
        .where(earlier.contact_id == contact_id, earlier.sent_at <= moment, _ours(said))
        .order_by(earlier.sent_at.desc(), earlier.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def answers() -> CTE:
    """Every reply with the touch that it is put down to: reply_id, contact_id, touch_id, intent, replied_at."""
    direct, said = aliased(Touchpoint), aliased(MessageDraft)
    moment = func.coalesce(Reply.replied_at, Reply.created_at)
    named = and_(direct.id.is_not(None), _ours(said))
    return (
        select(
            Reply.id.label("reply_id"),
            Reply.contact_id,
            case((named, direct.id), else_=_last_touch(Reply.contact_id, moment)).label("touch_id"),
            Reply.intent,
            moment.label("replied_at"),
        )
        .outerjoin(direct, direct.id == Reply.touchpoint_id)
        .outerjoin(said, said.id == direct.message_draft_id)
        .cte("answer")
    )


def meetings(answer: CTE) -> CTE:
    """Every meeting with its touch: touch_id, contact_id, held, made (an opportunity), pipeline, booked_at."""
    return (
        select(
            func.coalesce(
                Opportunity.trigger_touchpoint_id,
                answer.c.touch_id,
                _last_touch(Opportunity.contact_id, Opportunity.created_at),
            ).label("touch_id"),
            Opportunity.contact_id,
            case((Opportunity.meeting_held.is_(True), 1), else_=0).label("held"),
            case((Opportunity.opportunity_created.is_(True), 1), else_=0).label("made"),
            case((Opportunity.opportunity_created.is_(True), func.coalesce(Opportunity.pipeline_value, 0.0)), else_=0.0)
            .label("pipeline"),
            Opportunity.created_at.label("booked_at"),
        )
        .outerjoin(answer, answer.c.reply_id == Opportunity.trigger_reply_id)
        .cte("meeting")
    )  # fmt: skip


def outcomes(scope: Scope, answer: CTE | None = None) -> CTE:
    """The touches of a scope, with what each message was made of, and each with 0 or 1 for: replied, positive, left
    (asked not to be written to), met, held, made; and the pipeline that came of it.

    `answer` is that of a statement which uses it too.
    """
    answer = answers() if answer is None else answer
    meeting = meetings(answer)
    marks = ("replied", "positive", "left", "met", "held", "made", "pipeline")
    none, one = literal(0), literal(1)
    # One list, grouped once: where each is joined to the touches, SQLite looks through all of it for every touch.
    events = union_all(
        select(
            Touchpoint.id.label("touch_id"),
            *(none.label(mark) for mark in marks[:-1]),
            literal(0.0).label("pipeline"),
        ),
        select(
            answer.c.touch_id,
            one,
            case((answer.c.intent == ReplyIntent.POSITIVE.value, 1), else_=0),
            case((answer.c.intent == ReplyIntent.UNSUBSCRIBE.value, 1), else_=0),
            *(none, none, none),
            literal(0.0),
        ).where(answer.c.touch_id.is_not(None)),
        select(
            meeting.c.touch_id, none, none, none, one, meeting.c.held, meeting.c.made, meeting.c.pipeline
        ).where(meeting.c.touch_id.is_not(None)),
    ).subquery("event")  # fmt: skip
    happened = (
        select(
            events.c.touch_id,
            *(func.max(events.c[mark]).label(mark) for mark in marks[:-1]),
            func.sum(events.c.pipeline).label("pipeline"),
        )
        .group_by(events.c.touch_id)
        .subquery("happened")
    )
    return (
        select(
            Touchpoint.id,
            Touchpoint.contact_id,
            Touchpoint.sent_at,
            Touchpoint.channel,
            Touchpoint.touch_number,
            MessageDraft.opener_style,
            MessageDraft.proof_point_used,
            MessageDraft.pain_hook,
            MessageDraft.ab_group,
            MessageDraft.ab_variable,
            MessageDraft.batch_id,
            Contact.persona_type,
            Prospect.tier,
            Prospect.playbook,
            *(happened.c[mark] for mark in marks),
        )
        .select_from(happened)
        .join(Touchpoint, Touchpoint.id == happened.c.touch_id)
        .join(Contact, Contact.id == Touchpoint.contact_id)
        .join(Prospect, Prospect.id == Contact.prospect_id)
        .outerjoin(MessageDraft, MessageDraft.id == Touchpoint.message_draft_id)
        .where(_ours(MessageDraft), *_within(scope))
        .cte("outcome")
    )
