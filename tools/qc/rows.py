"""From rows to what QC looks at."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, joinedload

from db.actors import is_user
from db.approvals import recipient_of
from db.models import Contact, Delivery, ExternalId, MessageDraft, Reply, Touchpoint
from db.queries.together import with_recipient
from db.suppressions import is_suppressed
from playbooks import Playbook
from tools.drafting.drafts import facts_about, footer, without_footer
from tools.drafting.variants import steering
from tools.qc import DraftUnderCheck, EarlierTouch, Fact, Recipient
from tools.qc.model import Variant
from tools.qc.naming import names_of
from tools.record_names import names_in_record
from tools.wording import spoken_name, without_brackets

AT_A_TIME: Final = timedelta(days=30)
"""How long a message to one person of an organisation counts as being in contact with it."""
MOST_SIBLINGS: Final = 200
"""How many drafts of a batch one is compared with, the newest first: enough to see a form letter."""


def load_for_check(session: Session, playbook: Playbook, draft_id: str, now: datetime | None = None) -> DraftUnderCheck:
    """Everything about one draft that the rules need, as it stands; `now` is the present where it is left out."""
    now = now or datetime.now(UTC)
    draft, version = with_recipient(session, draft_id)
    if version is None:
        raise NoResultFound(f"the text of draft {draft_id} is not there")
    contact = draft.contact
    prospect = contact.prospect
    found = {"draft": draft.id, "sequence": draft.sequence_id, "touch": draft.touch_number, "contact": contact.id}
    sent, replied = session.execute(_before(), found).one()
    facts = facts_about(session, prospect.account_id, contact.id)
    return DraftUnderCheck(
        playbook=playbook,
        recipient=Recipient(
            first_name=contact.first_name.strip(),
            last_name=contact.last_name.strip(),
            address=recipient_of(contact, draft.channel),
            do_not_contact=contact.do_not_contact,
            suppressed=is_suppressed(session, contact.email),
            bounced=contact.status == "bounced",
            email_verified=contact.email_verified,
            title=contact.title or "",
            others=_others(session, contact, now),
        ),
        channel=draft.channel,
        touch=draft.touch_number,
        subject=draft.subject_line or "",
        body=draft.body,
        text=without_footer(draft.body, playbook.sender, draft.channel),
        footer=footer(playbook.sender, draft.channel),
        names=_names(session, prospect.account_id, prospect.name, prospect.stadium_name),
        facts=tuple(Fact(f.id, f.sentence, f.quote, f.field, f.observed_on) for f in facts),
        claims=tuple((c["sentence"], c["fact_id"]) for c in version.claims),
        by_person=is_user(version.author),
        touch_sent=sent and draft.touch_type != "reply_draft",
        touch_type=draft.touch_type or "",
        history=_history(session, playbook, draft),
        replied=replied,
        siblings=_siblings(session, playbook, draft),
        today=now.date(),
        variant=_variant(session, playbook, draft),
    )


@cache
def _before() -> Select[bool, bool]:
    """Whether this touch has left under another draft, and whether the person has replied."""
    sent = exists().where(
        Delivery.sequence_id == bindparam("sequence"),
        Delivery.touch_number == bindparam("touch"),
        Delivery.draft_id != bindparam("draft"),
        Delivery.touch_type != "reply_draft",
        Delivery.state != "failed",
    )
    return select(sent, exists().where(Reply.contact_id == bindparam("contact")))


def _variant(session: Session, playbook: Playbook, draft: MessageDraft) -> Variant | None:
    """What its batch asks of it, by the group that it was written for."""
    steered = steering(session, playbook, draft.contact_id)
    if steered is None or steered.value is None or steered.variable is None or steered.batch_id != draft.batch_id:
        return None
    return Variant(steered.variable, steered.value, draft.ask_style, draft.pain_hook, draft.proof_point_used)


@cache
def _earlier() -> Select[Touchpoint]:
    return (
        select(Touchpoint)
        .where(
            Touchpoint.contact_id == bindparam("contact"),
            or_(Touchpoint.message_draft_id != bindparam("draft"), Touchpoint.message_draft_id.is_(None)),
        )
        .options(joinedload(Touchpoint.message_draft))
        .order_by(Touchpoint.sent_at)
    )


def _history(session: Session, playbook: Playbook, draft: MessageDraft) -> tuple[EarlierTouch, ...]:
    """What this person had before. The number of a touch counts within its own sequence alone."""
    touchpoints = session.scalars(_earlier(), {"contact": draft.contact_id, "draft": draft.id})
    return tuple(
        EarlierTouch(
            touch=t.touch_number if t.sequence_id is not None and t.sequence_id == draft.sequence_id else None,
            channel=t.channel,
            touch_type=t.message_draft.touch_type or "" if t.message_draft else "",
            subject=t.message_draft.subject_line or "" if t.message_draft else "",
            body=without_footer(t.message_draft.body, playbook.sender, t.channel) if t.message_draft else "",
            on=t.sent_at.date(),
            connected=t.outcome == "connected",
        )
        for t in touchpoints
    )


@cache
def _in_contact() -> Select[int]:
    written = select(Touchpoint.contact_id).where(Touchpoint.sent_at >= bindparam("since"))
    ready = select(MessageDraft.contact_id).where(MessageDraft.approval_status == "ready")
    return select(func.count(func.distinct(Contact.id))).where(
        Contact.account_id == bindparam("account"),
        Contact.id != bindparam("contact"),
        or_(Contact.id.in_(written), Contact.id.in_(ready)),
    )


def _others(session: Session, contact: Contact, now: datetime) -> int:
    """How many other people of the organisation have had a message of late, or have one that is about to leave."""
    found = {"account": contact.account_id, "contact": contact.id, "since": now - AT_A_TIME}
    return session.scalar(_in_contact(), found) or 0


def _siblings(session: Session, playbook: Playbook, draft: MessageDraft) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The other drafts of its batch, each with what its reader is called."""
    if draft.batch_id is None:
        return ()
    others = session.scalars(
        select(MessageDraft)
        .where(
            MessageDraft.batch_id == draft.batch_id,
            MessageDraft.id != draft.id,
            MessageDraft.channel == draft.channel,
            MessageDraft.touch_number == draft.touch_number,
            MessageDraft.approval_status != "archived",
        )
        .options(joinedload(MessageDraft.contact).joinedload(Contact.prospect))
        .order_by(MessageDraft.created_at.desc(), MessageDraft.id)
        .limit(MOST_SIBLINGS)
    )
    return tuple(
        (
            without_footer(o.body, playbook.sender, o.channel),
            (*names_of(o.contact.prospect.name), o.contact.first_name.strip(), o.contact.prospect.stadium_name or ""),
        )
        for o in others
    )


@cache
def _payloads() -> Select[Any]:
    return select(ExternalId.payload).where(
        ExternalId.table_name.in_(("accounts", "prospects")),
        ExternalId.record_id == bindparam("record"),
        ExternalId.payload.is_not(None),
    )


def _names(session: Session, account_id: str, name: str, stadium: str | None) -> tuple[str, ...]:
    """What the organisation may be called: its name, what its sources call it, its venue."""
    payloads = session.scalars(_payloads(), {"record": account_id}).all()
    said = [name, spoken_name(name)]
    for payload in payloads:
        for value in names_in_record(payload or {}):
            said += [without_brackets(part) for part in value.replace("|", ",").split(",") if len(part.strip()) > 3]
    if stadium:
        said.append(without_brackets(stadium))
    return tuple(dict.fromkeys(part.strip() for part in said if part.strip()))
